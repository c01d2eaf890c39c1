"""Environment variables mean what people mean who write them."""

from pathlib import Path

import pytest

from utils import variables
from utils.display import wants_progress


@pytest.mark.parametrize("word", ["1", "true", "True", "yes", "ON", " 1 "])
def test_a_yes_is_a_yes(monkeypatch, word):
    monkeypatch.setenv("COURSE_X", word)
    assert variables.is_on("COURSE_X")


@pytest.mark.parametrize("word", [None, "", "0", "false", "No", "off"])
def test_a_no_is_a_no_and_so_is_nothing(monkeypatch, word):
    monkeypatch.delenv("COURSE_X", raising=False)
    if word is not None:
        monkeypatch.setenv("COURSE_X", word)
    assert not variables.is_on("COURSE_X")


def test_another_word_gets_a_sentence_unless_it_has_a_meaning(monkeypatch):
    monkeypatch.setenv("COURSE_X", "flase")
    with pytest.raises(ValueError, match="COURSE_X is 'flase'.*set it to 1 or 0"):
        variables.is_on("COURSE_X")
    assert variables.is_on("COURSE_X", other=True)


@pytest.mark.parametrize("word, bars", [("true", False), ("woodpecker", False), ("false", True)])
def test_bars_are_drawn_outside_continuous_integration(monkeypatch, word, bars):
    monkeypatch.setenv("COURSE_BUDGET", "cpu")
    monkeypatch.setenv("CI", word)
    assert wants_progress() is bars


def test_folders_are_the_courses_unless_they_are_whole_paths(monkeypatch, tmp_path):
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("USERPROFILE", str(tmp_path))
    found = {}
    for written in ("", "mine", "~/mine", str(tmp_path / "x")):
        monkeypatch.setenv("COURSE_X", written)
        found[written] = variables.folder("COURSE_X", Path("data"))
    course = Path(__file__).parents[2]
    assert list(found.values()) == [
        course / "data", course / "mine", tmp_path / "mine", tmp_path / "x",
    ]  # fmt: skip
