"""Right answers that differ in structure from the solution: the grader must accept them all.

They stand in ``exercises/right/NAME.py``, a file for each answer, as complete Python. The file
begins with what all of them import; then each one is introduced by a line ``# %% what it does
differently`` and is the whole of a student's cell. For a chapter elsewhere, a folder ``right`` is
looked for beside it first, and then in ``../exercises/``.
"""

import os
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from grader.check import Rehearsal, check_answer
from grader.diagnosis import judge
from grader.formats import PERCENT
from grader.masters import Exercise
from grader.questions import Question
from grader.runner import Grader
from grader.sandbox import Sandbox
from grader.submissions import StudentAnswer

FEWEST = 3  # right answers to each question, beside the solution


@dataclass(frozen=True)
class RightAnswer:
    """A right answer to ``question``: what is different in it, and its cell."""

    question: Question
    difference: str
    cell: str


@dataclass(frozen=True)
class Rejected:
    """A right answer that its visible checks or the grader, with a seed, did not accept."""

    answer: RightAnswer
    by: str
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
                        yield Rejected(answer, f"seed {seed}", reasons)


def refused(exercises: Sequence[Exercise], answers: Sequence[RightAnswer]) -> Iterator[Rejected]:
    """Let `check` try every right answer; yield those that do not pass all visible checks."""
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        with Rehearsal(folder) as rehearsal:
            for exercise in exercises:
                for answer in answers:
                    if answer.question in exercise.questions:
                        mine = StudentAnswer(answer.cell, (), 1)
                        found = check_answer(rehearsal, exercise, answer.question, mine)
                        faults = tuple(f"{f.check.what}: {f.fault}" for f in found if f.fault)
                        if faults:
                            yield Rejected(answer, "its checks", faults)
