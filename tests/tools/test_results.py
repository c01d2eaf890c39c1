"""`make results` executes a chapter as the other commands do, and says in a line how it went."""

import pytest

from tools import results


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
