"""The command line: what can't work is said in a sentence, at once, and nothing is left hanging."""

import codecs
import io
import json
import signal
import subprocess
import sys
import threading
import time

import nbformat
import pytest
from strangers_tools import (
    EXERCISE,
    ROOT,
    SOLVED,
    command,
    tiny,
    within,
    write_chapter,
    write_notebooks,
)
from test_toy import needs_bwrap

from grader.grade import grade_class
from grader.sandbox import Sandbox
from utils.notebook_json import dumps

pytestmark = pytest.mark.slow(reason="grades strange submissions within their time limits")


@pytest.fixture
def places(tmp_path):
    """The arguments of ``grade``: a tiny chapter, a class of one, a folder to write to, a seed."""
    submissions = write_notebooks(tmp_path / "class", {"anna": tiny()})
    return [write_chapter(tmp_path), submissions, "-o", tmp_path / "out", "--seed", "s"]


@pytest.fixture
def no_sandbox(monkeypatch):
    """Nothing may begin: what is wrong must be found before."""

    def start(self):
        raise AssertionError("grading began")

    monkeypatch.setattr(Sandbox, "start", start)


@needs_bwrap
@pytest.mark.parametrize("jobs", ["0", "-1"])
def test_no_workers_are_refused_in_a_sentence(places, no_sandbox, capsys, jobs):
    with within(4):
        status = command("grade", *places, "--jobs", jobs)
    assert status == 2 and "--jobs" in capsys.readouterr().err


@needs_bwrap
@pytest.mark.parametrize(
    "option, value",
    [("--timeout", value) for value in ("-1", "nan", "inf", "0")]
    + [("--memory", value) for value in ("0", "-5")],
)
def test_a_limit_that_is_none_is_refused_in_a_sentence(places, no_sandbox, capsys, option, value):
    status = command("grade", *places, option, value)
    assert status == 2 and option in capsys.readouterr().err


@needs_bwrap
def test_an_empty_folder_is_told_in_a_sentence(places, tmp_path, capsys):
    empty = tmp_path / "empty"
    empty.mkdir()
    places[1] = empty
    command("grade", *places)
    captured = capsys.readouterr()
    assert str(empty) in captured.out + captured.err


def test_check_tells_in_a_sentence_that_a_file_is_missing(tmp_path, capsys):
    path = tmp_path / "mine.ipynb"
    status = command("check", path, "--masters", write_chapter(tmp_path))
    said = capsys.readouterr().err
    assert status == 2 and str(path) in said and "Errno" not in said


def test_check_tells_in_a_sentence_that_a_list_is_no_notebook(tmp_path, capsys):
    path = tmp_path / "mine.ipynb"
    path.write_text("[1]")
    status = command("check", path, "--masters", write_chapter(tmp_path))
    assert status == 2 and str(path) in capsys.readouterr().err


def in_the_old_format():
    """The solved homework as Jupyter saved it ten years ago."""
    plain = nbformat.reads(dumps(tiny()), 4)
    return nbformat.v3.writes_json(nbformat.convert(plain, 3)).encode()


@pytest.mark.parametrize(
    "content",
    [lambda: codecs.BOM_UTF8 + dumps(tiny()).encode(), in_the_old_format],
    ids=["byte order mark", "old format"],
)
def test_check_reads_what_grade_reads(tmp_path, capsys, content):
    path = tmp_path / "mine.ipynb"
    path.write_bytes(content())
    status = command("check", path, "--masters", write_chapter(tmp_path))
    captured = capsys.readouterr()
    assert (status, captured.err) == (0, "") and "2 of 2 checks pass" in captured.out


def checked_with(cells, tmp_path, capsys):
    """Status and words of `check` on the solved homework with ``cells`` above its second answer."""
    book = tiny()
    place = next(n for n, c in enumerate(book.cells) if c.source.startswith("# @answer two"))
    book.cells[place:place] = map(nbformat.v4.new_code_cell, cells)
    path = write_notebooks(tmp_path, {"mine": book}) / "mine.ipynb"
    status = command("check", path, "--masters", write_chapter(tmp_path), "--timeout", "4")
    return status, capsys.readouterr().out


def test_check_tells_the_checks_of_other_answers_and_the_cell_that_ended_the_process(
    tmp_path, capsys
):
    ended = ["import os\nos._exit(1)", "1 + 1"]
    status, said = checked_with(ended, tmp_path, capsys)
    assert status == 1 and "ok     one: its value" in said and "WRONG  two: its value" in said
    assert "it was at cell 5, which ends with `os._exit(1)`" in said


def test_check_skips_what_grade_skips_and_says_so(tmp_path, capsys):
    fails = ["exit()", "1 / 0", "import time\ntime.sleep(30)"]
    status, said = checked_with(fails, tmp_path, capsys)
    assert status == 0 and "2 of 2 checks pass" in said
    for words in ("`exit()`", "ZeroDivisionError", "`time.sleep(30)`) failed", "took too long"):
        assert words in said, said


@needs_bwrap
def test_a_name_that_the_terminal_can_not_show_stops_nobody(places, monkeypatch):
    write_notebooks(places[1], {"José": tiny(), "Zoe": tiny()})
    screen = io.TextIOWrapper(io.BytesIO(), encoding="ascii")
    monkeypatch.setattr(sys, "stdout", screen)
    status = command("grade", *places, "--jobs", "1")
    monkeypatch.undo()
    assert status == 0 and (places[3] / "grades.csv").read_text("utf-8").count("graded") == 3


@needs_bwrap
def test_a_second_grader_on_one_folder_is_told_that_another_is_at_work(places):
    began, go_on = threading.Event(), threading.Event()

    def first_line(line):
        began.set()
        go_on.wait(120)

    def first():
        grade_class(
            EXERCISE.questions, places[1], places[3], jobs=1, timeout=5, memory=500, seed="other",
            progress=first_line,
        )  # fmt: skip

    thread = threading.Thread(target=first)
    thread.start()
    try:
        assert began.wait(60)
        second = subprocess.run(
            [sys.executable, "-m", "grader", "grade", *map(str, places)],
            cwd=ROOT, capture_output=True, text=True, timeout=60,
        )  # fmt: skip
    finally:
        go_on.set()
        thread.join()
    record = json.loads((places[3] / "anna.json").read_text("utf-8"))
    assert second.returncode != 0 and str(places[3]) in second.stderr, second.stderr
    assert record["score"] == record["max"]


@needs_bwrap
def test_an_interrupt_does_not_wait_for_an_answer_that_loops(places):
    loops = SOLVED["one"] + "\nwhile True:\n    pass\n"
    write_notebooks(places[1], {"boris": tiny(one=loops)})
    interrupted = []

    def interrupt(*_):
        interrupted.append(time.monotonic())
        raise KeyboardInterrupt

    def first_line(line):  # anna's; boris's answer is at work a second later
        signal.setitimer(signal.ITIMER_REAL, 1)

    before = signal.signal(signal.SIGALRM, interrupt)
    try:
        status = grade_class(
            EXERCISE.questions, places[1], places[3], jobs=1, timeout=8, memory=500, seed="s",
            progress=first_line,
        )  # fmt: skip
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
    assert status == 130 and time.monotonic() - interrupted[0] < 5
    assert (places[3] / "anna.json").exists()
