"""What the grader's tests share: verdicts on a cell, and one class of strange submissions."""

import csv
import json
from dataclasses import replace
from functools import cache
from types import SimpleNamespace

import pytest
from strangers_class import write_class
from test_homework_exercises import EXERCISES
from test_homework_toy import ANSWERS as TOY

from utils.homework.diagnosis import judge
from utils.homework.grade import grade_class
from utils.homework.grader import Grader
from utils.homework.submissions import file_name

ANSWERS = {answer.name: answer for exercise in EXERCISES for answer in exercise.answers}


@pytest.fixture(scope="session")
def judged(grader):
    """A function of an answer's name, a cell and a seed: points, best points and reasons."""

    @cache
    def reference(name, seed):
        # The known wrong answers decide the words alone, and these are about the points.
        plain = replace(ANSWERS[name], mutants=())
        return Grader(grader.sandbox, seed).reference(plain, list(ANSWERS.values()))

    def verdict(name, cell, seed="a seed"):
        mine, known = Grader(grader.sandbox, seed), reference(name, seed)
        verdicts = judge(known, mine.outcomes(known.answer, mine.run(known.answer, cell, [])))
        pairs = zip(known.answer.probes, verdicts, strict=True)
        points = sum(probe.points for probe, found in pairs if found.passed)
        return points, known.answer.points, [v.reason for v in verdicts if not v.passed]

    return verdict


@pytest.fixture(scope="session")
def strange(tmp_path_factory):
    """A class of strange submissions, graded: rows, records and lines of output."""
    base = tmp_path_factory.mktemp("strange")
    (base / "class").mkdir()
    write_class(base / "class")
    lines: list[str] = []
    status = grade_class(
        TOY, base / "class", base / "out", jobs=2, timeout=5, memory=1000, seed="s",
        progress=lines.append,
    )  # fmt: skip
    with open(base / "out" / "grades.csv", encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))

    def record(student):
        return json.loads((base / "out" / f"{file_name(student)}.json").read_text("utf-8"))

    return SimpleNamespace(
        status=status, lines=lines, students=[row["student"] for row in rows], record=record,
        rows={row["student"]: row for row in rows}, out=base / "out",
    )  # fmt: skip
