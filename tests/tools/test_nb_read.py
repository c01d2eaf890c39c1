"""Files touched in other programs are read, or refused in a sentence that names them."""

import json

import pytest

from tools import nb_read


def with_output(small, output: dict) -> None:
    """Give the last cell of the small course's notebook an output, as another program wrote it."""
    assert small.run("sync") == 0
    book = json.loads(small.notebook.read_text("utf-8"))
    book["cells"][-1] |= {"outputs": [output], "execution_count": 3}
    small.notebook.write_text(json.dumps(book), "utf-8")


GOOD = {"output_type": "stream", "name": "stdout", "text": "b\n"}


@pytest.mark.parametrize(
    "output, kept",
    [
        (GOOD, GOOD),
        (GOOD | {"metadata": {"tags": []}}, GOOD),  # Colab
        ({"output_type": "stream", "text": ["b\n"]}, GOOD),  # without a name
        ({"output_type": "display_data", "data": {"text/plain": "b"}},
         {"output_type": "display_data", "data": {"text/plain": "b"}, "metadata": {}}),
        ({"output_type": "execute_result", "data": {}, "execution_count": "x"}, None),
        ({"output_type": "pyout", "text": "b"}, None),
        ({"text": "b"}, None),
        ({"output_type": "error", "ename": 3}, None),
    ],
)  # fmt: skip
def test_an_output_beyond_the_format_is_mended_or_left_out(small, output, kept):
    with_output(small, output)
    assert small.run("sync") == 0
    assert [dict(o) for o in small.cells()[-1].outputs] == ([kept] if kept else [])
    assert small.run("sync", "--check") == 0


def test_a_byte_order_mark_goes_and_windows_line_ends_stay_what_they_are(small):
    assert small.run("sync") == 0
    before = small.files()
    for path, content in before.items():
        path.write_bytes(b"\xef\xbb\xbf" + content)
    assert small.run("sync", "--check") == 1
    assert small.run("sync") == 0
    assert small.files() == before
    small.source.write_bytes(before[small.source].replace(b"\n", b"\r\n"))
    assert small.run("sync", "--check") == 0
    assert small.run("sync") == 0
    for name in ("_toc.yml", "_config.yml", "pyproject.toml", "requirements-d2l.txt"):
        path = small.root / name
        path.write_bytes(b"\xef\xbb\xbf" + path.read_bytes().replace(b"\n", b"\r\n"))
    assert small.run("sync", "--check") == 0


@pytest.mark.parametrize(
    "name, content, part",
    [
        ("chapters/00-one.ipynb", b'{"cells": [', "not a notebook"),
        ("chapters/00-one.ipynb", b"", "not a notebook"),
        ("chapters/00-one.ipynb", b"[]", "not a notebook"),
        ("chapters/00-one.ipynb", b"<<<<<<< HEAD\n{}", "not a notebook"),
        ("chapters/00-one.ipynb", b'{"nbformat": 9, "cells": []}', "not a notebook"),
        ("chapters/00-one.ipynb", b'{"nbformat": 4, "nbformat_minor": 5}', "not a notebook"),
        ("chapters/00-one.ipynb", b'{"nbformat": 4, "nbformat_minor": 5, "cells": [3]}', "no"),
        ("chapters/00-one.ipynb", "{}".encode("utf-16"), "is not UTF-8"),
        ("chapters/00-one.md", "# 0. Où\n".encode("latin-1"), "is not UTF-8"),
        ("chapters/00-one.md", "# 0. One\n".encode("utf-16"), "is not UTF-8"),
        ("chapters/00-one.md", b"# 0. One\n\n```{code-cell}\n:tags: [a\n\nx\n```\n", "tags"),
        ("chapters/00-one.md", b"---\na: [\n---\n# 0. One\n", "front matter"),
        ("chapters/00-one.md", b"# 0. One\n\n```{raw-cell}\nx\n```\n", "a raw cell"),
    ],
)  # fmt: skip
def test_a_chapter_that_cannot_be_read_is_named_and_the_others_are_written(
    small, capsys, name, content, part
):
    other = small.add("01-two", small.text.replace("# 0. One", "# 1. Two"))
    assert small.run("sync") == 0
    (small.root / name).write_bytes(content)
    other.write_text(other.read_text("utf-8").replace("Text.", "Other text."), "utf-8")
    capsys.readouterr()
    assert small.run("sync") == 1
    said = capsys.readouterr()
    assert "chapters/01-two.ipynb written" in said.out
    lines = [line for line in said.err.splitlines() if part in line]
    assert lines and all("00-one" in line for line in said.err.splitlines())
    assert (small.root / name).read_bytes() == content
    assert "Other text." in other.with_suffix(".ipynb").read_text("utf-8")


@pytest.mark.parametrize(
    "name, content, part",
    [
        ("_toc.yml", b"chapters: [", "_toc.yml: not YAML"),
        ("_toc.yml", b"root: index.md\n", "names no file in chapters/"),
        ("_toc.yml", b"chapters:\n  - file: chapters/07-gone.ipynb\n", "07-gone.md does not exist"),
        ("_config.yml", b"- a", "_config.yml: expected keys and values"),
        ("_config.yml", b"\xff\xfe", "_config.yml: byte 0 is not UTF-8"),
        ("pyproject.toml", b"[project", "pyproject.toml: "),
        ("pyproject.toml", b"", "pyproject.toml: no project.version"),
    ],
)
def test_a_setting_that_cannot_be_read_is_named(small, capsys, name, content, part):
    (small.root / name).write_bytes(content)
    assert small.run("sync") == 1
    (said,) = capsys.readouterr().err.splitlines()
    assert part in said


def test_a_notebook_of_an_old_format_is_read_as_today_s(tmp_path):
    cell = {"cell_type": "code", "language": "python", "input": "x = 1", "outputs": [],
            "metadata": {}, "prompt_number": 1, "collapsed": False}  # fmt: skip
    book = {"nbformat": 3, "nbformat_minor": 0, "metadata": {},
            "worksheets": [{"cells": [cell], "metadata": {}}]}  # fmt: skip
    (tmp_path / "old.ipynb").write_text(json.dumps(book))
    (read,) = nb_read.read(tmp_path / "old.ipynb").cells
    assert (read.source, read.execution_count) == ("x = 1", 1)
