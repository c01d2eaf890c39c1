"""Files are read in one pass, within limits, and whatever is in them costs their own row alone."""

import json
import os
import socket
from pathlib import Path

import jupytext
import nbformat
import pytest
from test_toy import STYLES, cells, notebook

from grader import reading
from grader.formats import Cell, marked, parts
from grader.reading import Reader, UnreadableFile, read
from grader.submissions import file_name, find, gather

ROOT = Path(__file__).parents[2]
COPIES = sorted((ROOT / "homework").glob("*.ipynb"))
CODE = cells()


@pytest.mark.parametrize("path", COPIES, ids=lambda path: path.stem)
@pytest.mark.parametrize("form", ["ipynb", "py:percent", "md:myst", "md:markdown"])
def test_cells_are_those_that_jupytext_finds(tmp_path, path, form):
    book = nbformat.read(path, 4)
    ending = form.split(":")[0]
    copy = tmp_path / f"copy.{ending}"
    copy.write_text(jupytext.writes(book, form), "utf-8")
    expected = [c.source.strip() for c in book.cells if c.cell_type == "code"]
    found = [cell.source.strip() for cell in read(copy) if cell.kind == "code"]
    assert found == [source for source in expected if source]


@pytest.mark.parametrize("style", STYLES)
def test_another_process_finds_the_same_cells(tmp_path, style):
    path = tmp_path / f"x{Path(style).suffix}"
    path.write_text(STYLES[style](CODE), "utf-8")
    with Reader() as reader:
        assert reader.read(path) == read(path)


def test_one_file_that_takes_too_long_costs_no_other(tmp_path, monkeypatch):
    (tmp_path / "slow.ipynb").write_text(notebook(CODE), "utf-8")
    (tmp_path / "good.ipynb").write_text(notebook(CODE), "utf-8")
    with Reader() as reader:
        reader.start()
        pipe = tmp_path / "pipe.py"
        os.mkfifo(pipe)
        with pytest.raises(UnreadableFile, match="no ordinary file"):
            reader.read(pipe)
        reader.seconds = 0.0
        with pytest.raises(UnreadableFile, match="can't be read within 0 s"):
            reader.read(tmp_path / "slow.ipynb")
        reader.seconds = 60.0
        assert reader.read(tmp_path / "good.ipynb") == read(tmp_path / "good.ipynb")


def test_a_file_that_needs_too_much_memory_costs_no_other(tmp_path, monkeypatch):
    deep = tmp_path / "wide.ipynb"
    deep.write_text('{"cells": [' + "[]," * 6_000_000 + "[]]}")
    good = tmp_path / "good.ipynb"
    good.write_text(notebook(CODE), "utf-8")
    with Reader() as reader:
        with pytest.raises(UnreadableFile, match="cells|memory|ends the process"):
            reader.read(deep)
        assert reader.read(good) == read(good)


def test_a_cell_that_holds_two_answers_is_cut_and_one_that_repeats_a_mark_is_not():
    two = Cell("code", "import math\n# @answer one\na = 1\n# @answer two\nb = 2")
    assert [marked(part.source) for part in parts(two)] == [("answer", "one"), ("answer", "two")]
    again = Cell("code", "# @answer one\na = 1\n# @answer one\nb = 2")
    assert parts(again) == [again]


@pytest.mark.parametrize("name", ["Ana Lee", "..", "ana", "Ünal", "a" * 300, "x-0123abcd", "-o"])
def test_names_of_records_never_meet(name):
    escaped = file_name(name)
    assert "/" not in escaped and not escaped.startswith(".") and len(escaped) < 100
    assert escaped == name or file_name(escaped) != escaped


def text(kind):
    """Content for a strange file."""
    return {
        "empty": "", "blank": " \n\t\n", "cut": notebook(CODE)[:300], "list": "[1]", "null": "null",
        "number": "1e999", "deep": "[" * 100_000, "deep objects": '{"a":' * 50_000,
        "no cells": "{}", "cells are text": '{"cells": "x"}', "cells are numbers": '{"cells": [1]}',
        "source is a number": '{"cells": [{"cell_type": "code", "source": 3}]}',
        "source is nested": '{"cells": [{"cell_type": "code", "source": [["x"]]}]}',
        "no kind": '{"cells": [{"source": "x"}]}', "old": '{"worksheets": [{"cells": []}]}',
        "old and odd": '{"worksheets": [3, {"cells": 4}]}', "html": "<!DOCTYPE html><p>Sign in",
        "many cells": json.dumps({"cells": [{"cell_type": "code", "source": "1"}] * 3_000}),
        "long source": json.dumps({"cells": [{"cell_type": "code", "source": "x" * 3_000_000}]}),
    }[kind]  # fmt: skip


TEXTS = [
    "empty", "blank", "cut", "list", "null", "number", "deep", "deep objects", "no cells",
    "cells are text", "cells are numbers", "source is a number", "source is nested", "no kind",
    "old", "old and odd", "html", "many cells", "long source",
]  # fmt: skip
BYTES = {
    "utf-16.ipynb": notebook(CODE).encode("utf-16"), "latin.py": "# é\nx = 1".encode("latin-1"),
    "nulls.py": b"x = 1\0", "zip.ipynb": b"PK\3\4" + bytes(200), "pdf.ipynb": b"%PDF-1.7\n\xe2\xe3",
    "docx.docx": b"PK\3\4", "picture.png": b"\x89PNG\r\n\x1a\n", "archive.zip": b"PK\5\6",
    "large.py": b"x = 1\n" * 60_000, "many.py": b"# %%\n" * 50_000,
    "fences.md": b"```python\n" * 25_000, "header.md": b"---\n" * 70_000,
    "quotes.py": b'"""' * 90_000, "marks.py": b"# @answer block\n" * 15_000,
    "percents.py": b"#" * 290_000, "no ending": b"x = 1", "spaces.md": b" " * 290_000,
}  # fmt: skip


def write_strangers(folder):
    """One submission of every kind; the names of those that can't count as read."""
    for kind in TEXTS:
        (folder / f"{kind}.ipynb").write_text(text(kind), "utf-8")
    for name, content in BYTES.items():
        (folder / name).write_bytes(content)
    for name, target in (
        ("loop.ipynb", "loop.ipynb"), ("there.ipynb", "back.ipynb"), ("back.ipynb", "there.ipynb"),
        ("root.ipynb", "/"), ("zero.ipynb", "/dev/zero"), ("nowhere.ipynb", "missing"),
        ("neighbour.ipynb", "good.ipynb"), ("upward", ".."),
    ):  # fmt: skip
        (folder / name).symlink_to(target)
    os.mkfifo(folder / "fifo.ipynb")
    with open(folder / "sparse.ipynb", "wb") as file:
        file.truncate(2**40)
    for name in ("nothing", "only-notes", "a.ipynb"):
        (folder / name).mkdir()
    (folder / "only-notes" / "notes.txt").write_text("x")
    os.mkfifo(folder / "nothing" / "fifo.py")
    listening = socket.socket(socket.AF_UNIX)
    here = os.getcwd()
    os.chdir(folder)  # the name of a socket may be about a hundred characters long
    listening.bind("socket.ipynb")
    listening.close()
    os.chdir(here)
    (folder / ("n" * 240 + ".ipynb")).write_text("x")
    (folder / "line\nfeed.ipynb").write_text("{")


def test_more_than_forty_kinds_of_strange_files_have_a_row_each_and_a_neighbour_keeps_its_own(
    tmp_path,
):
    write_strangers(tmp_path)
    (tmp_path / "good.ipynb").write_text(notebook(CODE), "utf-8")
    expected = {p for p in os.listdir(tmp_path)}
    submissions = find(tmp_path)
    assert len(expected) > 45
    assert len(submissions) == len({s.student for s in submissions}) == len(expected)
    with Reader() as reader:
        seen = {}
        for submission in submissions:
            if not submission.status:
                submission, _, _ = gather(submission, (), reader.read)
            seen[submission.student] = submission
    assert seen["good"].status == ""
    silent = {s for s, found in seen.items() if not found.status}
    # What is a notebook or a script, if an odd one, is read; it just holds no answer.
    assert silent <= {"good", "cells are numbers", "no kind", "old", "old and odd", "fences",
                      "header", "quotes", "percents", "marks", "many"}  # fmt: skip
    assert all(found.sentence for s, found in seen.items() if s not in silent)


def test_what_systems_leave_behind_is_no_student(tmp_path):
    for name in ("__MACOSX", ".ipynb_checkpoints", "__pycache__"):
        (tmp_path / name).mkdir()
    for name in ("Thumbs.db", "desktop.ini", ".DS_Store", "._anna.ipynb", "~$essay.docx"):
        (tmp_path / name).write_text("x")
    assert find(tmp_path) == []


def test_the_limits_are_those_that_the_sentence_names(tmp_path, monkeypatch):
    path = tmp_path / "x.ipynb"
    path.write_text(notebook(CODE), "utf-8")
    monkeypatch.setattr(reading, "MAX_NOTEBOOK", 100)
    with pytest.raises(UnreadableFile, match="more than the 100 allowed"):
        read(path)
