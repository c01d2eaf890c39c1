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

import numpy as np

from grader.check import Rehearsal, check_answer
from grader.decoding import Value
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
class Judged:
    """What its visible checks, or the grader with one seed, say of a right answer.

    ``reasons`` are why they do not accept it; empty when they do.
    """

    answer: RightAnswer
    by: str
    reasons: tuple[str, ...]


@dataclass(frozen=True)
class Graded(Judged):
    """What the grader says, and how near it was to saying otherwise.

    Attributes
    ----------
    share : float
        The largest share of what is tolerated that a number differs by. An answer of which it comes
        near 1 is rejected with another seed.
    place : str
        Where that is: the probe, and the value's name in it.
    """

    share: float
    place: str


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
) -> Iterator[Graded]:
    """Grade every right answer with every seed; yield those that do not get all points."""
    return (one for one in graded(sandbox, answers, seeds) if one.reasons)


def graded(
    sandbox: Sandbox, answers: Sequence[RightAnswer], seeds: Sequence[str]
) -> Iterator[Graded]:
    """Grade every right answer with every seed."""
    # What is known of wrong answers decides about words alone, and takes long to run.
    by_name = {one.question.name: replace(one.question, wrong_answers=()) for one in answers}
    for seed in seeds:
        grader = Grader(sandbox, seed)
        for question in by_name.values():
            reference = grader.reference(question, list(by_name.values()))
            for answer in answers:
                if answer.question.name == question.name:
                    run = grader.run(question, answer.cell, [])
                    found = grader.probe_results(question, run)
                    reasons = tuple(v.reason for v in judge(reference, found) if not v.passed)
                    shares = [(0.0, "")]
                    shares += [
                        (tolerated(one.values[key], expected[key], probe.tolerance),
                         f"{probe.name}, `{key}`")
                        for probe, one, expected in zip(
                            question.probes, found, reference.expected, strict=True)
                        if one.values is not None and not probe.test
                        for key in expected.keys() & one.values.keys()
                    ]  # fmt: skip
                    yield Graded(answer, f"seed {seed}", reasons, *max(shares))


def tolerated(got: Value, expected: Value, tolerance: float) -> float:
    """The largest share of what `grader.comparison` tolerates that a number in ``got`` differs by.

    What is no finite number has no share.
    """
    if isinstance(got, list) and isinstance(expected, list):
        return max((tolerated(*pair, tolerance) for pair in zip(got, expected, strict=False)),
                   default=0.0)  # fmt: skip
    numbers = (int, float, np.ndarray)
    if not isinstance(got, numbers) or not isinstance(expected, numbers):
        return 0.0
    mine, theirs = np.asarray(got), np.asarray(expected)
    if (
        mine.shape != theirs.shape
        or not mine.size
        or {mine.dtype.kind, theirs.dtype.kind} - {*"fc"}
    ):
        return 0.0
    with np.errstate(all="ignore"):
        off = abs(mine.astype("c16") - theirs) / (tolerance + tolerance * abs(theirs.astype("c16")))
    return float(np.nan_to_num(off, nan=0.0, posinf=0.0).max())


def refused(exercises: Sequence[Exercise], answers: Sequence[RightAnswer]) -> Iterator[Judged]:
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
                            yield Judged(answer, "its checks", faults)
