"""Grades one class of the course's own exercises, and what strangers hand in, and measures it.

    python -m benchmarks.classroom ordinary 100 2
    python -m benchmarks.classroom strange 20 2

`benchmarks.course` starts it. The first grades a class of so many students; the second the strange
submissions alone, an ordinary class alone, and both together. The last number says how many answers
run at a time.
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
UNANSWERED = ("not-started", "half-way")  # what of an example class is left out here
LIMITS = {"timeout": 20, "memory": 2048, "seed": "benchmark"}  # as on the command line


def write_class(folder: Path, count: int, exercises: list[Exercise]) -> int:
    """``count`` students who answer all, rightly or with a known mistake; how many answers."""
    chance = random.Random(0)
    for number in range(count):
        for exercise in exercises:
            answers = example.students(exercise)
            cells = answers[chance.choice([name for name in answers if name not in UNANSWERED])]
            mine = {name: f"{source}\n# student {number}" for name, source in cells.items()}
            path = folder / f"student-{number:04d}" / f"{exercise.chapter}.ipynb"
            path.parent.mkdir(exist_ok=True)
            path.write_text(dumps(example.submission(exercise, mine)), "utf-8")
    return count * sum(len(exercise.questions) for exercise in exercises)


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


def ordinary(count: int, jobs: int, base: Path) -> dict[str, float]:
    """A class of ``count``."""
    folder = base / "class"
    folder.mkdir()
    answers = write_class(folder, count, EXERCISES)
    seconds, _ = graded(folder, base / "out", jobs)
    return {
        "submissions": count, "answers": answers, "seconds": round(seconds, 1),
        "seconds_per_answer": round(seconds / answers, 3),
    }  # fmt: skip


def strange(count: int, jobs: int, base: Path) -> dict[str, float]:
    """The strange ones alone, then with ``count`` ordinary students; whose rows that changes."""
    book = solved(EXERCISES[0])
    places = {name: base / name for name in ("strange", "ordinary", "mixed")}
    for place in places.values():
        place.mkdir()
    for name in ("strange", "mixed"):
        write_strange(places[name], book)
    for name in ("ordinary", "mixed"):
        write_class(places[name], count, EXERCISES)
    seconds, alone = graded(places["strange"], base / "out-strange", jobs)
    _, before = graded(places["ordinary"], base / "out-ordinary", jobs)
    _, after = graded(places["mixed"], base / "out-mixed", jobs)
    return {
        "kinds": len(STRANGE), "strange_submissions": len(alone), "seconds": round(seconds, 1),
        "ordinary_submissions": count, "rows": len(after),
        "ordinary_rows_changed": sum(after.get(name) != row for name, row in before.items()),
        "strange_rows_changed": sum(after.get(name) != row for name, row in alone.items()),
    }  # fmt: skip


if __name__ == "__main__":
    measure = {"ordinary": ordinary, "strange": strange}[sys.argv[1]]
    with tempfile.TemporaryDirectory() as folder:
        print(json.dumps(measure(*map(int, sys.argv[2:]), Path(folder))))
