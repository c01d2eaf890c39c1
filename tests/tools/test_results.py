"""`make results ARGS=...` records the chapters that are asked for, and no other."""

import pytest

from tools import results


def numbers(names):
    return [path.stem[:2] for path in results.chapters(names)]


def test_all_chapters_that_record_are_found():
    assert {"02", "06", "13"} <= set(numbers([])) and "00" not in numbers([])


@pytest.mark.parametrize("name", ["2", "02", "02-degradation", "chapters/02-degradation.md"])
def test_a_chapter_is_named_by_number_name_or_file(name):
    assert numbers([name]) == ["02"]


def test_1_is_chapter_1_and_not_10_to_13():
    with pytest.raises(ValueError, match="Nothing is recorded in 01-function-classes; .* 13-"):
        results.chapters(["1"])


def test_what_is_no_chapter_is_one_sentence_and_nothing_is_recorded(monkeypatch, capsys):
    monkeypatch.setattr(results.sys, "argv", ["results.py", "2", "99"])
    monkeypatch.setattr(results, "record", None)
    monkeypatch.setenv("COURSE_RECORD", "")
    monkeypatch.setenv("COURSE_BUDGET", "smoke")
    assert results.main() == 2
    message = capsys.readouterr().err
    assert message.startswith("No chapter called '99'") and message.count("\n") == 1


@pytest.mark.parametrize(
    "code, done, said",
    [("import os; assert os.getcwd().endswith('chapters')", True, "01-two: "),
     ("1 / 0", False, "01-two failed, code cell 1: ZeroDivisionError: division by zero\n")],
)  # fmt: skip
def test_a_chapter_is_executed_in_its_folder_and_a_fault_is_one_line(
    small, capsys, code, done, said
):
    path = small.add("01-two", f"# 1. Two\n\n```{{code-cell}} ipython3\n{code}\n```\n")
    assert results.record(path) is done
    assert said in "".join(capsys.readouterr())
