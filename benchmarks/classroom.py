"""Grades one class of the course's own exercises, and what strangers hand in, and measures it.

    python -m benchmarks.classroom ordinary 100 2
    python -m benchmarks.classroom alone 0 2
    python -m benchmarks.classroom among 100 2

`benchmarks.course` starts it. The first grades a class of so many students; the second the strange
submissions alone; the third a class of so many, in which the strange ones are. The last number says
how many answers run at a time. What an ordinary student should get is known: all points for a right
answer, and fewer for a wrong one.
"""

import csv
import json
import random
import sys
import tempfile
import time
from pathlib import Path

import nbformat

from benchmarks.strange_files import STRANGE, write_strange
from grader import example
from grader.grade import grade_class
from grader.masters import Exercise, read_all
from grader.submissions import find
from utils.notebook_json import dumps

EXERCISES = read_all(Path(__file__).resolve().parents[1] / "chapters")
POINTS = {question.name: question.points for one in EXERCISES for question in one.questions}
UNANSWERED = ("not-started", "half-way")  # what of an example class is left out here
LIMITS = {"timeout": 20, "memory": 2048, "seed": "benchmark"}  # as on the command line


def write_class(folder: Path, count: int, exercises: list[Exercise]) -> dict[str, dict[str, bool]]:
    """``count`` students who answer all, rightly or with a known mistake; which answers are right.

    That is a dictionary for each student, from the name of an answer to whether it is right.
    """
    chance = random.Random(0)
    right: dict[str, dict[str, bool]] = {}
    for number in range(count):
        student = f"student-{number:04d}"
        (folder / student).mkdir()
        right[student] = {}
        for exercise in exercises:
            answers = example.students(exercise)
            cells = answers[chance.choice([name for name in answers if name not in UNANSWERED])]
            mine = {name: f"{source}\n# student {number}" for name, source in cells.items()}
            path = folder / student / f"{exercise.chapter}.ipynb"
            path.write_text(dumps(example.submission(exercise, mine)), "utf-8")
            for question in exercise.questions:
                right[student][question.name] = cells[question.name] == question.solution
    return right


def solved(exercise: Exercise) -> nbformat.NotebookNode:
    """A homework, solved, that no ordinary student hands in."""
    cells = {one.name: f"{one.solution}\n# strange" for one in exercise.questions}
    return nbformat.reads(dumps(example.submission(exercise, cells)), 4)


def graded(submissions: Path, out: Path, jobs: int) -> tuple[float, dict[str, dict[str, str]]]:
    """Seconds that grading takes, and the table's rows by student."""
    questions = [question for exercise in EXERCISES for question in exercise.questions]
    began = time.perf_counter()
    status = grade_class(questions, submissions, out, jobs=jobs, progress=str, **LIMITS)
    seconds = time.perf_counter() - began
    if status:
        raise SystemExit(status)
    with open(out / "grades.csv", encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    found = {row["student"]: row for row in rows}
    if len(found) != len(rows) or len(rows) != len(find(submissions)):
        raise SystemExit(f"{len(find(submissions))} students have {len(rows)} rows")
    return seconds, found


def misjudged(rows: dict[str, dict[str, str]], right: dict[str, dict[str, bool]]) -> int:
    """How many right answers of ordinary students got less than all points, or wrong ones all.

    An answer without a row is one of them, too.
    """
    return sum(
        student not in rows or (float(rows[student][name]) == POINTS[name]) != is_right
        for student, answers in right.items()
        for name, is_right in answers.items()
    )


def ordinary(count: int, jobs: int, base: Path) -> dict[str, float]:
    """A class of ``count``."""
    folder = base / "class"
    folder.mkdir()
    right = write_class(folder, count, EXERCISES)
    seconds, rows = graded(folder, base / "out", jobs)
    return told(seconds, rows, right)


def told(
    seconds: float, rows: dict[str, dict[str, str]], right: dict[str, dict[str, bool]]
) -> dict[str, float]:
    """What is reported of a class."""
    answers = sum(map(len, right.values()))
    return {
        "rows": len(rows), "ordinary_answers": answers, "misjudged": misjudged(rows, right),
        "seconds": round(seconds, 1), "seconds_per_answer": round(seconds / answers, 3),
    }  # fmt: skip


def strange_alone(count: int, jobs: int, base: Path) -> dict[str, float]:
    """The strange submissions, and nobody else."""
    folder = base / "strange"
    folder.mkdir()
    write_strange(folder, solved(EXERCISES[0]))
    seconds, rows = graded(folder, base / "out", jobs)
    return {"kinds": len(STRANGE), "rows": len(rows), "seconds": round(seconds, 1)}


def among(count: int, jobs: int, base: Path) -> dict[str, float]:
    """A class of ``count`` in which the strange ones are; whose rows it changes that they are."""
    strangers, mixed = base / "strange", base / "mixed"
    for place in (strangers, mixed):
        place.mkdir()
        write_strange(place, solved(EXERCISES[0]))
    _, alone = graded(strangers, base / "out-strange", jobs)
    if count <= len(alone):
        raise SystemExit(f"{count} students are too few: the strange ones alone are {len(alone)}")
    right = write_class(mixed, count - len(alone), EXERCISES)
    seconds, rows = graded(mixed, base / "out-mixed", jobs)
    changed = sum(rows.get(name) != row for name, row in alone.items())
    return {
        "strange_rows": len(alone), "strange_rows_changed": changed, **told(seconds, rows, right)
    }  # fmt: skip


KINDS = {"ordinary": ordinary, "alone": strange_alone, "among": among}

if __name__ == "__main__":
    measure = KINDS[sys.argv[1]]
    with tempfile.TemporaryDirectory() as folder:
        print(json.dumps(measure(*map(int, sys.argv[2:]), Path(folder))))
