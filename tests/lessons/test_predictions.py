"""A guess is answered, kept on the reader's machine, and never invented for the reader."""

import json

import pytest

from utils import predictions


@pytest.fixture(autouse=True)
def file(tmp_path, monkeypatch):
    path = tmp_path / "deep" / "guesses.json"
    monkeypatch.setenv("COURSE_GUESSES", str(path))
    return path


def test_an_empty_guess_is_told_and_not_kept(capsys, file):
    predictions.reveal("accuracy", ..., 0.873)
    said = capsys.readouterr().out
    assert said.startswith("accuracy: 0.873.") and "No guess yet" in said
    assert not file.exists() and predictions.scatter() is None


@pytest.mark.parametrize(
    "guess, measured, end",
    [
        (0.87, 0.873, "close"), (0.5, 0.873, "too low by 0.373"),
        (0.9, 0.1, "too high by a factor of 9.0"),
        (0.1, 6.38e-08, "too high by a factor of 1,600,000"),
        (1, 37.2, "too low by a factor of 37"),
        (0, 0.1, "too low by 0.1"), (True, True, "right"), ("Higher ", "higher", "right"),
        ("lower", "higher", "a surprise"), ([1, 1], [2, 2], "a surprise"), (3, 3, "close"),
    ],
)  # fmt: skip
def test_a_guess_gets_a_verdict(guess, measured, end, capsys):
    predictions.reveal("q", guess, measured)
    assert capsys.readouterr().out.strip().endswith(f": {end}.")


def test_a_known_mistake_gets_its_own_sentence(capsys):
    predictions.reveal("error", "higher", "lower", {"higher": "That would be overfitting."})
    assert capsys.readouterr().out.endswith("That would be overfitting.\n")


@pytest.mark.parametrize("guess, measured", [("high", 0.3), (0.3, "high"), (True, 0.3), ([1], 2)])
def test_a_guess_of_another_kind_is_told_what_is_expected_and_not_kept(
    guess, measured, capsys, file
):
    predictions.reveal("q", guess, measured)
    assert "is expected" in capsys.readouterr().out and not file.exists()


def test_the_last_guess_counts_and_all_are_drawn_and_forgotten(file, capsys):
    for guess in (0.1, 0.5):
        predictions.reveal("accuracy", guess, 0.873)
    predictions.reveal("error", "lower", "higher")
    assert predictions.kept()["accuracy"] == {"guess": 0.5, "measured": 0.873}
    picture = predictions.scatter()
    assert "1 guesses" in picture.alt and "0 of your 1 answers" in capsys.readouterr().out
    predictions.forget()
    assert predictions.kept() == {}


def test_a_damaged_file_is_named(file):
    file.parent.mkdir()
    file.write_text("{", "utf-8")
    with pytest.raises(ValueError, match="guesses.json is damaged"):
        predictions.kept()


def test_what_is_kept_is_plain_json(file):
    predictions.reveal("ü", [1, 2], [1, 2])
    assert json.loads(file.read_text("utf-8")) == {"ü": {"guess": [1, 2], "measured": [1, 2]}}
