"""Whatever strangers hand in is read within limits, and every student has a row."""

import json
import subprocess
import sys

import jupytext
import pytest
from strangers_class import WORDS
from strangers_tools import EXERCISE, ROOT, SOLVED, tiny, within, write_notebooks
from test_toy import needs_bwrap, notebook

from grader import grade
from grader.formats import Cell
from grader.submissions import Submission, file_name, find, gather, written

LIMIT = 2  # seconds; a right reader needs hundredths
WHY = '# @written why\nwhy = """Because."""'
PROSE = "\n\n".join(f"Paragraph {n} of the chapter's own text." for n in range(40))


def read_one(folder):
    """The only submission in ``folder``, read."""
    (submission,) = find(folder)
    return gather(submission, EXERCISE.questions)


def percent_script():
    """The solved homework, with the prose around it, as Jupytext's percent script."""
    book = tiny()
    book.cells[0].source += f"\n\n{PROSE}"
    return jupytext.writes(book, "py:percent")


HANGING = {
    "a percent script with a header and much prose.py": percent_script,
    "forty blank lines.ipynb": lambda: added("\n" * 40 + "print(1)"),
    "forty magics.ipynb": lambda: added("\n%time x\n" * 40 + "print(1)"),
    "a name without end.ipynb": lambda: added("# @written " + "x" * 200_000),
    "blanks in a written answer.ipynb": lambda: added(
        "# @written why\nwell" + " " * 200_000 + "no"
    ),
}


def added(source):
    """The solved homework with one more cell, above the answers."""
    return notebook([source, *SOLVED.values()])


@pytest.mark.parametrize("name", HANGING)
def test_no_text_keeps_the_reader_busy(name, tmp_path):
    (tmp_path / name).write_text(HANGING[name](), "utf-8")
    with within(LIMIT):
        located = read_one(tmp_path)[1]
    assert {name: found.cell for name, found in located.items()} == SOLVED


def test_a_long_answer_in_words_is_no_work_for_pythons_parser():
    """It is looked at outside of the limited process: of a repeated one, only the last counts."""
    long = "# @written why\n" + "x = 1\n" * 300_000
    with within(LIMIT):
        found = written([Cell("code", long), *[Cell("code", WHY)] * 1_900])
    assert found == {"why": "Because."}
    with within(LIMIT):
        assert written([Cell("code", long)])["why"].startswith("x = 1\nx = 1")


MANY = {
    "marks.ipynb": lambda: added("# @answer x\n# @answer y\n" * 20_000),
    "cells.ipynb": lambda: json.dumps({"cells": [{"cell_type": "code", "source": ""}] * 200_000}),
    "cells.py": lambda: "# %%\n" * 60_000,
    "answers.ipynb": lambda: json.dumps({"cells": [
        {"cell_type": "code", "source": f"# @answer {name}"} for name in SOLVED] * 50_000}),
}  # fmt: skip


@pytest.mark.parametrize("name", MANY)
def test_too_many_cells_are_told_in_the_row(name, tmp_path):
    (tmp_path / name).write_text(MANY[name](), "utf-8")
    with within(2 * LIMIT):
        submission = read_one(tmp_path)[0]
    assert submission.status == "unreadable" and "cells" in submission.sentence


def test_a_link_to_itself_costs_its_own_student_alone(tmp_path):
    write_notebooks(tmp_path, {"anna": tiny()})
    (tmp_path / "loop.ipynb").symlink_to("loop.ipynb")
    status = {}
    for submission in find(tmp_path):
        submission = gather(submission, EXERCISE.questions)[0]
        status[submission.student] = submission.status
    assert status.keys() == {"anna", "loop"} and status["anna"] == "" != status["loop"]


@needs_bwrap
@pytest.mark.parametrize("mode", [0, 0o444], ids=["closed", "listed and not entered"])
def test_a_folder_without_read_permission_costs_its_own_student_alone(tmp_path, mode):
    write_notebooks(tmp_path, {"anna": tiny()})
    (tmp_path / "closed").mkdir()
    (tmp_path / "closed" / "x.ipynb").write_text("")
    (tmp_path / "closed").chmod(mode)
    (tmp_path / "door.ipynb").symlink_to("closed/x.ipynb")
    code = (
        "import sys\nfrom pathlib import Path\nfrom grader.submissions import find\n"
        "print([(s.student, bool(s.status)) for s in find(Path(sys.argv[1]))])"
    )
    # Even for root, to whom every folder is open, it is closed without rights.
    nobody = ["bwrap", "--dev-bind", "/", "/", "--unshare-user", "--cap-drop", "ALL"]
    command = [*nobody, sys.executable, "-c", code, str(tmp_path)]
    try:
        done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=60)
    finally:
        (tmp_path / "closed").chmod(0o700)
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip() == "[('anna', False), ('closed', True), ('door', True)]"


def test_a_link_whose_target_has_no_possible_name_costs_its_own_student_alone(tmp_path):
    write_notebooks(tmp_path, {"anna": tiny()})
    (tmp_path / "long.ipynb").symlink_to("x" * 300)
    assert {s.student: s.status for s in find(tmp_path)} == {"anna": "", "long": "refused"}


def test_a_name_that_begins_with_a_dot_has_a_row_and_what_programs_leave_behind_has_none(tmp_path):
    write_notebooks(tmp_path, {".anna": tiny()})
    for name in ("._anna.ipynb", ".~anna.ipynb", "~$anna.ipynb", ".DS_Store", ".gitignore"):
        (tmp_path / name).write_text("{}")
    (tmp_path / ".ipynb_checkpoints").mkdir()
    assert [submission.student for submission in find(tmp_path)] == [".anna"]


def test_a_student_without_a_record_is_an_error_and_there_is_no_table(
    tmp_path, monkeypatch, capsys
):
    write_notebooks(tmp_path / "in", {"anna": tiny(), "bob": tiny()})
    monkeypatch.setattr(grade, "grade_fresh", lambda *_: None)
    status = grade.grade_class(
        EXERCISE.questions, tmp_path / "in", tmp_path / "out", seed="s", sandbox="none", jobs=1
    )
    assert status == 1
    assert "no record of anna, bob" in capsys.readouterr().err
    assert not (tmp_path / "out" / "grades.csv").exists()


def test_a_record_of_somebody_else_is_none():
    anna, bob = Submission("anna", ()), Submission("bob", ())
    mine, theirs = {"student": "anna"}, {"student": "bob"}
    assert grade.missing([anna, bob], [mine, theirs]) == []
    assert grade.missing([anna, bob], [mine, mine]) == ["bob"]
    assert grade.missing([anna, bob], [None, theirs]) == ["anna"]


def test_a_link_to_a_classmates_file_is_refused(tmp_path):
    write_notebooks(tmp_path, {"bob": tiny()})
    (tmp_path / "mallory.ipynb").symlink_to("bob.ipynb")
    assert {s.student: s.status for s in find(tmp_path)} == {"bob": "", "mallory": "refused"}


@needs_bwrap
def test_nobody_gets_a_classmates_points_by_a_link(strange):
    assert strange.rows["bob"]["score"] == "5" and strange.rows["mallory"]["score"] == "0"


def test_an_escaped_name_is_no_other_students_name():
    escaped = file_name("Ana Lee")
    assert escaped != "Ana Lee" and file_name(escaped) != file_name("Ana Lee")


@needs_bwrap
def test_there_is_one_row_for_every_student(strange):
    assert len(strange.students) == len(set(strange.students))
    assert strange.rows["Ana Lee"]["score"] == "5"
    assert strange.rows[file_name("Ana Lee")]["score"] == "4"


@needs_bwrap
@pytest.mark.parametrize("name", ["BORIS", "carla", "dan"])
def test_whoever_hands_in_something_is_named(strange, name):
    assert name in "\n".join([*strange.students, *strange.lines])


@needs_bwrap
def test_anna_whose_suffix_is_as_asked_for_has_all_points(strange):
    assert strange.rows["anna"]["score"] == "5"


@needs_bwrap
def test_a_folder_that_a_mac_left_behind_is_no_student(strange):
    assert [name for name in strange.students if "MACOSX" in name] == []


def piece(strange, student):
    """What the teacher reads of a student's written answer."""
    page = (strange.out / "written.md").read_text("utf-8")
    return page.split(f"## {student}\n", 1)[1].split("\n## ", 1)[0].strip()


@needs_bwrap
@pytest.mark.parametrize("student", ["in-markdown", "below-an-import"])
def test_a_written_answer_is_collected_wherever_its_mark_stands(strange, student):
    assert WORDS in piece(strange, student)


@needs_bwrap
def test_prose_beside_an_untouched_cell_is_not_called_absent(strange):
    found = piece(strange, "below")
    assert WORDS in found or found != "not written"


@needs_bwrap
def test_the_other_answers_are_graded_beside_all_this(strange):
    row = strange.rows["below-an-import"]
    assert (row["score"], row["max"]) == ("5", "5")
