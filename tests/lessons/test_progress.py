"""Progress is kept on the reader's machine: checks that passed and chapters begun, and no more."""

import json
import os
import subprocess
import sys
from types import SimpleNamespace

import nbformat
import pytest
from nbclient import NotebookClient

from utils import predictions, progress


@pytest.fixture(autouse=True)
def file(tmp_path, monkeypatch):
    monkeypatch.setenv("COURSE_PROGRESS", str(tmp_path / "deep" / "progress.json"))
    monkeypatch.setenv("COURSE_GUESSES", str(tmp_path / "guesses.json"))
    return tmp_path / "deep" / "progress.json"


def ran(source, success=True):
    """What IPython tells of a cell that was run."""
    return SimpleNamespace(success=success, info=SimpleNamespace(raw_cell=source))


def test_a_check_that_passes_is_noted_once_and_one_that_fails_is_not(file):
    progress.passed(ran("# @check f: the first row\nassert f() == 1"))
    progress.passed(ran("# @check f: the second row\nassert f() == 2", success=False))
    progress.passed(ran("f()"))
    assert list(progress.kept()["checks"]) == ["f: the first row"]
    file.write_text(file.read_text().replace('the first row": "20', 'the first row": "19'))
    progress.passed(ran("# @check f: the first row\nassert f() == 1"))
    assert progress.kept()["checks"]["f: the first row"].startswith("19"), "the first day counts"


def test_a_notebook_keeps_what_passed_in_it(file, tmp_path):
    cells = ["from utils import start; start.ready(); start.ready()",
             "# @check f: it is\nassert True", "# @check f: it is not\nassert False",
             "# @check g\nassert True"]  # fmt: skip
    book = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(cell) for cell in cells])
    env = os.environ | {"JPY_SESSION_NAME": "chapters/03-residual-blocks.ipynb"}
    NotebookClient(book, allow_errors=True, kernel_name="python3").execute(env=env)
    kept = json.loads(file.read_text())
    assert list(kept["checks"]) == ["f: it is", "g"]
    assert list(kept["chapters"]) == ["03-residual-blocks"]


def test_outside_a_notebook_and_where_it_is_off_nothing_is_watched(file, monkeypatch):
    code = "import IPython; from utils import start; start.ready()"
    subprocess.run([sys.executable, "-c", code], check=True, cwd=progress.COURSE)
    assert not file.exists()
    registered = []
    events = SimpleNamespace(register=lambda *what: registered.append(what))
    shell = SimpleNamespace(events=events)
    monkeypatch.setitem(sys.modules, "IPython", SimpleNamespace(get_ipython=lambda: shell))
    monkeypatch.setenv("COURSE_PROGRESS", "off")
    progress.watch()
    assert registered == []
    monkeypatch.setenv("COURSE_PROGRESS", str(file))
    progress.watch()
    progress.watch()
    assert registered == [("post_run_cell", progress.passed)], "once"


def test_what_can_not_be_kept_disturbs_no_cell(file, capsys):
    file.parent.mkdir()
    file.write_text("{")
    progress.passed(ran("# @check f\nassert True"))
    assert "is damaged; delete it to begin anew" in capsys.readouterr().err
    assert file.read_text() == "{"


def test_it_is_shown_saved_and_erased(file, tmp_path, capsys):
    check = next(checks[0] for checks in progress.there().values() if checks)
    progress.passed(ran(f"# @check {check}\nassert True"))
    predictions.reveal("accuracy", 0.8, 0.81)
    progress.show()
    said = capsys.readouterr().out
    assert " 1 of " in said and "1 guesses, 1 of them right or close" in said
    progress.save(tmp_path / "mine.json")
    saved = json.loads((tmp_path / "mine.json").read_text())
    assert list(saved["checks"]) == [check] and list(saved["guesses"]) == ["accuracy"]
    progress.forget()
    assert not file.exists() and predictions.kept() == {}


def test_every_chapter_of_exercises_has_its_checks_listed():
    listed = progress.there()
    assert len(listed["03-residual-blocks"]) > 1 and listed["00-start-here"] == []
    names = [name for checks in listed.values() for name in checks]
    assert len(names) == len(set(names)), "a check is kept under its name alone"
