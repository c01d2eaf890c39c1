"""Running times at the chapters' heads are measured, by the command that stores outputs."""

import json

import pytest

from tools import nb_time


@pytest.fixture(autouse=True)
def file(tmp_path, monkeypatch):
    monkeypatch.setattr(nb_time, "FILE", tmp_path / "results" / "running_times.json")
    return nb_time.FILE


def test_a_measurement_is_kept_beside_those_at_other_budgets(file):
    nb_time.record("03-blocks", 7.04, "smoke")
    nb_time.record("03-blocks", 312.0, "cpu")
    nb_time.record("03-blocks", 9.0, "smoke")
    kept = json.loads(file.read_text())["03-blocks"]
    assert {budget: entry["seconds"] for budget, entry in kept.items()} == {"smoke": 9, "cpu": 312}
    assert "CPU cores" in kept["cpu"]["machine"]


def test_the_head_names_budget_and_machine_and_says_what_was_not_measured():
    head = "<!-- time -->\nold words\n<!-- /time -->"
    assert nb_time.fill(head, "03-blocks") == head, "nothing measured, nothing claimed"
    nb_time.record("03-blocks", 312.0, "cpu")
    filled = nb_time.fill(head, "03-blocks")
    assert "5 min at budget `cpu`" in filled and "old words" not in filled
    assert "not yet measured on a GPU" in filled
    nb_time.record("03-blocks", 40.0, "gpu")
    assert "not yet measured" not in nb_time.fill(head, "03-blocks")


@pytest.mark.parametrize(
    "seconds, words", [(0.4, "5 s"), (7.6, "10 s"), (119, "120 s"), (120, "2 min"), (312, "5 min")]
)
def test_seconds_are_rounded_as_people_say_them(seconds, words):
    assert nb_time.said(seconds) == words
