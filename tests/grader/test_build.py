"""Student copies, and the visible checks run from the command line."""

import json
from pathlib import Path

import nbformat
import pytest
from small_course import SOURCE

from grader import __main__ as command
from grader import build, check, masters
from utils import checks
from utils.notebook_json import dumps

ROOT = Path(__file__).parents[2]


def copy_of(text=SOURCE):
    return build.student_copy(masters.parse(text, "90-small"))


def test_a_student_gets_the_text_the_context_the_starter_and_the_checks():
    cells = [(cell.cell_type, cell.source) for cell in copy_of().cells]
    text = "\n".join(source for _, source in cells)
    assert "Why?" in text and "Public again." in text
    assert "secret" not in text and "Another" not in text and "import torchvision" not in text
    code = [source for kind, source in cells if kind == "code"]
    assert code[0] == checks.source() and code[1] == "# @context\nimport torch"
    assert code[2].endswith('    raise NotImplementedError("yours to write")')
    assert code[3].startswith("# @check double") and len(code) == 4


@pytest.mark.parametrize(
    "old, new, sentence",
    [
        ("# @check double: three", "# @check triple: three", "belongs to no answer; there are"),
        ("    ### BEGIN SOLUTION\n", "", "has no ### BEGIN SOLUTION"),
        ("# @check double: three", "# @probe double number: it is wrong", "can't stay in the"),
        (
            "# @check double: three",
            "# @mutants double",
            r"write it as @wrong\(…\) into 90_small.py",
        ),
    ],
)
def test_a_master_that_does_not_fit_together_is_refused(old, new, sentence):
    with pytest.raises(ValueError, match=sentence):
        masters.parse(SOURCE.replace(old, new), "90-small")


def run(course, *arguments):
    masters_at = [] if arguments[0] == "grade" else ["--masters", str(course / "chapters")]
    return command.main([*arguments, *masters_at])


def test_building_twice_writes_once_and_check_finds_a_stale_copy(course, capsys):
    out = ["-o", str(course / "homework")]
    assert run(course, "build", "--check", *out) == 1
    assert "is not what `make homework` would write" in capsys.readouterr().err
    assert run(course, "build", *out) == 0 and "written" in capsys.readouterr().out
    assert run(course, "build", *out) == 0 and "fresh" in capsys.readouterr().out
    path = course / "homework" / "90-small.ipynb"
    path.write_text(path.read_text("utf-8").replace("Why?", "Why not?"), "utf-8")
    assert run(course, "build", "--check", *out) == 1


def submission(course, answer, drop_check=False):
    notebook = copy_of()
    for cell in notebook.cells:
        if cell.source.startswith("# @answer"):
            cell.source = answer
    if drop_check:
        notebook.cells = [c for c in notebook.cells if not c.source.startswith("# @check")]
    path = course / "mine.ipynb"
    path.write_text(dumps(notebook), "utf-8")
    return str(path)


RIGHT = "# @answer double\ndef double(x):\n    return x + x"
WRONG = "# @answer double\ndef double(x):\n    return x * x"


def test_check_tells_right_from_wrong_from_unanswered_and_has_its_own_checks(course, capsys):
    assert run(course, "check", submission(course, RIGHT)) == 0
    assert "1 of 1 checks pass" in capsys.readouterr().out
    assert run(course, "check", submission(course, WRONG)) == 1
    assert "double(3) must be 6" in capsys.readouterr().out
    starter = masters.parse(SOURCE, "90-small").questions[0].starter
    assert run(course, "check", submission(course, starter)) == 1
    assert "not answered yet" in capsys.readouterr().out
    assert run(course, "check", submission(course, WRONG, drop_check=True)) == 1
    assert "double(3) must be 6" in capsys.readouterr().out


def test_files_that_are_no_submissions_get_a_sentence(course, capsys):
    broken = course / "broken.ipynb"
    broken.write_text("{", "utf-8")
    assert run(course, "check", str(broken)) == 2
    assert "broken.ipynb is no notebook" in capsys.readouterr().err
    empty = course / "empty.ipynb"
    empty.write_text(json.dumps(nbformat.v4.new_notebook()), "utf-8")
    assert run(course, "check", str(empty)) == 2
    assert "no cell starts with `# @answer NAME`" in capsys.readouterr().err
    assert run(course, "check", str(course / "none.ipynb")) == 2
    assert "none.ipynb" in capsys.readouterr().err


def test_the_report_counts():
    what = check.Check("double", "three", "")
    found = [check.Found(what, ""), check.Found(what, "double(3) must be 6")]
    assert check.report(found).endswith("1 of 2 checks pass.")
