"""The table of misconceptions says truly which exercise knows which mistake."""

import re
from pathlib import Path

import pytest

from grader.masters import read_all

ROOT = Path(__file__).parents[2]
ANSWERS = [a for e in read_all(ROOT / "chapters") for a in e.questions]
KNOWN = {
    answer.name: {wrong_answer.name for wrong_answer in answer.wrong_answers} for answer in ANSWERS
}
ROWS = [
    [cell.strip() for cell in line.strip("|\n").split("|")]
    for line in (ROOT / "homework" / "misconceptions.md").read_text("utf-8").splitlines()
    if line.startswith("| `")
]


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row[0])
def test_what_the_table_says_is_caught_is_caught_and_the_rest_has_a_reason(row):
    name, _, caught, otherwise = row[0].strip("`"), *row[1:]
    answers = re.findall(r"`(\w+)`", caught)
    assert bool(answers) != bool(otherwise), "either an exercise catches it, or there is a reason"
    assert [answer for answer in answers if name not in KNOWN[answer]] == []


@pytest.mark.parametrize("answer", KNOWN)
def test_an_exercise_that_knows_a_mistake_is_named_with_it(answer):
    listed = {row[0].strip("`"): row[2] for row in ROWS}
    assert [m for m in KNOWN[answer] if m in listed and f"`{answer}`" not in listed[m]] == []
