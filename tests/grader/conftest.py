"""What the grader's tests share: one grader with the course's own answers, verdicts on a cell, and
one class of strange submissions. Each takes a while.
"""

import csv
import json
from dataclasses import replace
from functools import cache
from pathlib import Path
from types import SimpleNamespace

import pytest
from small_course import PROBES, SOURCE
from strangers_class import write_class
from test_toy import ANSWERS as TOY

from grader.bubblewrap import bwrap_complaint
from grader.diagnosis import judge
from grader.grade import grade_class
from grader.masters import read_all
from grader.runner import Grader, modules
from grader.sandbox import Sandbox
from grader.submissions import file_name

ANSWERS = [a for e in read_all(Path(__file__).parents[2] / "chapters") for a in e.questions]
BY_NAME = {answer.name: answer for answer in ANSWERS}
KIND = "none" if bwrap_complaint() else "bwrap"  # what is compared is the same in both


@pytest.fixture(scope="session")
def grader():
    """A grader in its sandbox."""
    with Sandbox(KIND, timeout=20, memory=2000, warm=modules(ANSWERS)) as sandbox:
        yield Grader(sandbox, "the tests' secret")


@pytest.fixture(scope="session")
def references(grader):
    """What the solutions and the wrong answers of every question give, by its name."""
    return {answer.name: grader.reference(answer, ANSWERS) for answer in ANSWERS}


@pytest.fixture(scope="session")
def judged(grader):
    """A function of an answer's name, a cell and a seed: points, best points and reasons."""

    @cache
    def reference(name, seed):
        # The known wrong answers decide the words alone, and these are about the points.
        plain = replace(BY_NAME[name], wrong_answers=())
        return Grader(grader.sandbox, seed).reference(plain, ANSWERS)

    def verdict(name, cell, seed="a seed"):
        mine, known = Grader(grader.sandbox, seed), reference(name, seed)
        verdicts = judge(
            known, mine.probe_results(known.question, mine.run(known.question, cell, []))
        )
        pairs = zip(known.question.probes, verdicts, strict=True)
        points = sum(probe.points for probe, found in pairs if found.passed)
        return points, known.question.points, [v.reason for v in verdicts if not v.passed]

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


@pytest.fixture
def course(tmp_path):
    """A folder with the small course: ``chapters`` and ``exercises``."""
    for name, text in (("chapters/90-small.md", SOURCE), ("exercises/90_small.py", PROBES)):
        (tmp_path / name).parent.mkdir()
        (tmp_path / name).write_text(text, "utf-8")
    return tmp_path
