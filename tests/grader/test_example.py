"""From the command line: an example class is written and graded, each mistake told by its name."""

import csv
import json
import shutil
from pathlib import Path

import pytest

from grader import __main__ as command
from grader import example, masters
from grader.bubblewrap import bwrap_complaint

pytestmark = pytest.mark.slow(reason="grades a class with the course's real answers")

CHAPTERS = Path(__file__).parents[2] / "chapters"
ALL = masters.read_all(CHAPTERS)
EXERCISES = ALL[::4]  # `test_mutants` gives every wrong answer of the course to the grader
LAST = [exercise.questions[-1] for exercise in EXERCISES]
MISTAKEN = [(answer, answer.wrong_answers[0].name) for answer in LAST]


@pytest.fixture(scope="module")
def graded(tmp_path_factory):
    """The folder of grades of the example class: of those with a wrong answer, one a chapter."""
    folder = tmp_path_factory.mktemp("homework")
    sandbox = "none" if bwrap_complaint() else "bwrap"
    assert command.main(["example", str(folder / "class")]) == 0
    (folder / "chapters").mkdir()
    shutil.copytree(CHAPTERS.parent / "exercises", folder / "exercises")
    for exercise in EXERCISES:
        shutil.copy(CHAPTERS / f"{exercise.chapter}.md", folder / "chapters")
    kept = {example.folder_of(*one) for one in MISTAKEN}
    chosen = {exercise.chapter for exercise in EXERCISES}
    for student in list((folder / "class").iterdir()):
        if student.name.startswith("wrong-") and student.name not in kept:
            shutil.rmtree(student)
        else:
            for notebook in student.iterdir():
                if notebook.stem not in chosen:
                    notebook.unlink()
    assert command.main(
        ["grade", str(folder / "chapters"), str(folder / "class"), "-o", str(folder / "grades"),
         "--seed", "example", "--sandbox", sandbox]
    ) == 0  # fmt: skip
    return folder / "grades"


def record(graded, student):
    return json.loads((graded / f"{student}.json").read_text("utf-8"))


def test_full_marks_none_and_some(graded):
    best = sum(answer.points for exercise in EXERCISES for answer in exercise.questions)
    first = sum(exercise.questions[0].points for exercise in EXERCISES)
    scores = {name: record(graded, name)["score"]
              for name in ("all-right", "not-started", "half-way")}  # fmt: skip
    assert scores == {"all-right": best, "not-started": 0, "half-way": first}


def test_a_wrong_answer_is_told_by_its_name_and_costs_nothing_else(graded):
    for exercise, (answer, wrong_answer) in zip(EXERCISES, MISTAKEN, strict=True):
        folder = example.folder_of(answer, wrong_answer)
        own = {a["name"]: a for a in record(graded, folder)["answers"]}
        reasons = [p["reason"] for p in own[answer.name]["probes"] if p["reason"]]
        told = own[answer.name]["mutant"] == wrong_answer
        assert told or all("it raises " in reason for reason in reasons), folder
        assert own[answer.name]["score"] < answer.points
        for other in exercise.questions[:-1]:
            assert own[other.name]["score"] == other.points, (folder, other.name)


def test_the_table_has_a_row_for_every_student(graded):
    with (graded / "grades.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    wrong = {example.folder_of(*one) for one in MISTAKEN}
    assert {row["student"] for row in rows} == wrong | {"all-right", "not-started", "half-way"}
    assert all(row["status"] == "graded" for row in rows)
