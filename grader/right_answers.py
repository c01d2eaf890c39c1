"""Right answers that differ in structure from the solution: the grader must accept them all.

They stand in ``exercises/right/NAME.py``, a file for each answer, as complete Python. The file
begins with what all of them import; then each one is introduced by a line ``# %% what it does
differently`` and is the whole of a student's cell. For a chapter elsewhere, a folder ``right`` is
looked for beside it first, and then in ``../exercises/``.
"""

import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from grader.diagnosis import judge
from grader.formats import PERCENT
from grader.questions import Question
from grader.runner import Grader
from grader.sandbox import Sandbox

FEWEST = 3  # right answers to each question, beside the solution


@dataclass(frozen=True)
class RightAnswer:
    """A right answer to ``question``: what is different in it, and its cell."""

    question: Question
    difference: str
    cell: str


@dataclass(frozen=True)
class Rejected:
    """A right answer that did not get all points with a seed, and why."""

    answer: RightAnswer
    seed: str
    reasons: tuple[str, ...]


def find(masters: Path) -> Path | None:
    """The folder of right answers that belongs to a chapter or a folder of chapters."""
    chapters = masters.parent if masters.is_file() else masters
    for folder in (chapters / "right", Path(os.path.normpath(chapters / "../exercises/right"))):
        if folder.is_dir():
            return folder
    return None


def read(folder: Path, questions: Sequence[Question]) -> list[RightAnswer]:
    """The right answers in ``folder`` to ``questions``, in order.

    Raises
    ------
    ValueError
        When a question has no file, or too few right answers; the message says which.
    """
    found = []
    for question in questions:
        path = folder / f"{question.name}.py"
        text = path.read_text("utf-8") if path.is_file() else ""
        mine = list(parse(text, question))
        if len(mine) < FEWEST:
            raise ValueError(
                f"{path}: {question.name} has {len(mine)} right answers; write at least {FEWEST} "
                "that differ in structure, each after a line `# %% what it does differently`."
            )
        found += mine
    return found


def parse(text: str, question: Question) -> Iterator[RightAnswer]:
    """The right answers in a file's text."""
    shared: list[str] = []
    titles: list[str] = []
    bodies: list[list[str]] = []
    for line in text.split("\n"):
        mark = PERCENT.match(line)
        if mark:
            titles.append(mark["rest"].strip())
            bodies.append([])
        else:
            (bodies[-1] if bodies else shared).append(line)
    for title, body in zip(titles, bodies, strict=True):
        source = "\n".join([f"# @answer {question.name}", *shared, *body])
        yield RightAnswer(question, title, source.strip() + "\n")


def rejected(
    sandbox: Sandbox, answers: Sequence[RightAnswer], seeds: Sequence[str]
) -> Iterator[Rejected]:
    """Grade every right answer with every seed; yield those that do not get all points."""
    # What is known of wrong answers decides about words alone, and takes long to run.
    by_name = {one.question.name: replace(one.question, wrong_answers=()) for one in answers}
    for seed in seeds:
        grader = Grader(sandbox, seed)
        for question in by_name.values():
            reference = grader.reference(question, list(by_name.values()))
            for answer in answers:
                if answer.question.name == question.name:
                    run = grader.run(question, answer.cell, [])
                    verdicts = judge(reference, grader.probe_results(question, run))
                    reasons = tuple(v.reason for v in verdicts if not v.passed)
                    if reasons:
                        yield Rejected(answer, seed, reasons)
