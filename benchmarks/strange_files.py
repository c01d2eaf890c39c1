"""What strangers hand in: links, loops, pipes, encodings, formats, sizes and names, a kind each."""

import copy
import json
import os
import socket
from collections.abc import Callable
from pathlib import Path

import jupytext
import nbformat

from grader.submissions import file_name

Writer = Callable[[Path, nbformat.NotebookNode], object]


def text(name: str, content: str, encoding: str = "utf-8") -> Writer:
    """A file with this text."""
    return lambda folder, book: (folder / name).write_bytes(content.encode(encoding))


def answered(name: str, change: Callable[[bytes], bytes] = bytes) -> Writer:
    """The whole homework as a notebook, its bytes changed."""
    return lambda folder, book: (folder / name).write_bytes(change(nbformat.writes(book).encode()))


def script(name: str, form: str, change: Callable[[str], str] = str) -> Writer:
    """The whole homework in one of Jupytext's forms, its text changed."""
    return lambda folder, book: (folder / name).write_text(
        change(jupytext.writes(book, form)), "utf-8"
    )


def with_cells(name: str, *sources: str) -> Writer:
    """The whole homework, below some code cells more."""

    def write(folder: Path, book: nbformat.NotebookNode) -> None:
        more = [nbformat.v4.new_code_cell(source) for source in sources]
        whole = nbformat.v4.new_notebook(cells=[*more, *book.cells])
        (folder / name).write_text(nbformat.writes(whole), "utf-8")

    return write


def link(name: str, target: str) -> Writer:
    """A symbolic link."""
    return lambda folder, book: (folder / name).symlink_to(target)


def inside(name: str, *writers: Writer) -> Writer:
    """A folder, with what others write into it."""

    def write(folder: Path, book: nbformat.NotebookNode) -> None:
        (folder / name).mkdir()
        for writer in writers:
            writer(folder / name, book)

    return write


def both(*writers: Writer) -> Writer:
    """Several files beside each other."""

    def write(folder: Path, book: nbformat.NotebookNode) -> None:
        for writer in writers:
            writer(folder, book)

    return write


def closed(folder: Path, book: nbformat.NotebookNode) -> None:
    """A folder that nobody may read."""
    (folder / "closed").mkdir(mode=0)


def listening(folder: Path, book: nbformat.NotebookNode) -> None:
    """A socket. Its path may be longer than an address can be, so it is bound from near by."""
    before = os.getcwd()
    os.chdir(folder)
    try:
        with socket.socket(socket.AF_UNIX) as one:
            one.bind("socket.ipynb")
    finally:
        os.chdir(before)


def enormous(folder: Path, book: nbformat.NotebookNode) -> None:
    """A file of 200 MB that takes no room."""
    with open(folder / "enormous.ipynb", "wb") as file:
        file.truncate(200 * 2**20)


def many(name: str, cell: dict, count: int) -> Writer:
    """A notebook of one cell, many times."""
    return text(name, json.dumps({"cells": [cell] * count, "nbformat": 4, "metadata": {}}))


CODE = {"cell_type": "code", "source": "", "metadata": {}, "outputs": []}
BOMB = "---\na: &a [x, x]\nb: &b [*a, *a]\nc: &c [*b, *b]\nd: [*c, *c]\n---\n"
PICTURE = {**CODE, "outputs": [{"output_type": "display_data", "metadata": {},
                                "data": {"image/png": "x" * 15 * 2**20}}]}  # fmt: skip
# By kind. A kind is one student, whose files are named after the kind unless the name is the point.
STRANGE: dict[str, Writer] = {
    # links and what is no file
    "link to itself": link("itself.ipynb", "itself.ipynb"),
    "two links to each other": both(link("a.ipynb", "b.ipynb"), link("b.ipynb", "a.ipynb")),
    "link to nothing": link("nothing.ipynb", "there is none"),
    "link out of the folder": link("out.ipynb", "/etc/passwd"),
    "link to a classmate": link("mallory.ipynb", "capitals.IPYNB"),
    "link to a folder": link("folder-link", "/etc"),
    "link to a device without end": link("zero.ipynb", "/dev/zero"),
    "link in a folder": inside("inner", link("x.ipynb", "../capitals.IPYNB")),
    "pipe": lambda folder, book: os.mkfifo(folder / "pipe.ipynb"),
    "pipe as a script": lambda folder, book: os.mkfifo(folder / "pipe-script.py"),
    "socket": listening,
    # folders
    "empty folder": inside("empty-folder"),
    "closed folder": closed,
    "folder named as a notebook": inside("folder.ipynb"),
    "folder of other files": inside("others", text("essay.docx", "PK"), text("a.zip", "PK")),
    "folder of two notebooks": inside("two", answered("1.ipynb"), answered("2.ipynb")),
    "folder beside a file": both(inside("twin", answered("1.ipynb")), answered("twin.ipynb")),
    "two forms of one": both(answered("pair.ipynb"), script("pair.py", "py:percent")),
    # encodings
    "nothing": text("nothing-in-it.ipynb", ""),
    "blanks": text("blanks.py", " \n" * 1000),
    "random bytes": lambda folder, book: (folder / "random.ipynb").write_bytes(
        bytes(range(256)) * 1000
    ),
    "null bytes": text("null.py", "# @answer x\n\0"),
    "UTF-16": text("utf-16.py", "# @answer x\n", "utf-16"),
    "Latin-1": text("latin-1.py", "# Größe\n", "latin-1"),
    "byte order mark": answered("mark.ipynb", lambda whole: b"\xef\xbb\xbf" + whole),
    "line ends of Windows": script("windows.py", "py:percent", lambda t: t.replace("\n", "\r\n")),
    "line ends of old Macs": script("mac.py", "py:percent", lambda t: t.replace("\n", "\r")),
    # formats
    "cut off": answered("cut.ipynb", lambda whole: whole[: len(whole) // 2]),
    "a list": text("list.ipynb", "[[1, 2], 3]"),
    "a number": text("number.ipynb", "7"),
    "lists in lists": text("deep.ipynb", "[" * 200_000),
    "six million lists": text("wide.ipynb", '{"cells": [' + "[]," * 6_000_000 + "[]]}"),
    "sources that are no text": many("sources.ipynb", {**CODE, "source": [1, None, {}]}, 3),
    "format of ten years ago": lambda folder, book: (folder / "old.ipynb").write_text(
        nbformat.v3.writes_json(nbformat.convert(copy.deepcopy(book), 3))
    ),
    "references to references": script("bomb.md", "md:myst", lambda t: BOMB + t),
    "Markdown": script("markdown.md", "md"),
    "light script": script("light.py", "py:light"),
    "PyCharm's marks": script("pycharm.py", "py:percent", lambda t: t.replace("# %%", "#%%")),
    "a suffix from a browser": answered("browser.ipynb.json"),
    "another suffix from a browser": answered("mailed.ipynb.txt"),
    "capitals": answered("capitals.IPYNB"),
    "a word processor's": text("essay.docx", "PK"),
    "no suffix": answered("suffixless"),
    # sizes
    "200 MB": enormous,
    "a picture of 15 MB": many("picture.ipynb", PICTURE, 1),
    "200,000 cells": many("cells.ipynb", CODE, 200_000),
    "60,000 cells": text("cells-script.py", "# %%\n" * 60_000),
    "50,000 answers": many("answers.ipynb", {**CODE, "source": "# @answer x"}, 50_000),
    "a line without end": text("line.py", "x = " + "1 + " * 70_000 + "1"),
    "forty blank lines": with_cells("blank-lines.ipynb", "\n" * 40 + "print(1)"),
    "forty magics": with_cells("magics.ipynb", "\n%time x\n" * 40 + "print(1)"),
    "20,000 written answers": many(
        "written.ipynb", {**CODE, "source": "# @written x\n'''y'''"}, 20_000
    ),
    "a name without end": with_cells("endless.ipynb", "# @written " + "x" * 200_000),
    "blanks before the end": with_cells(
        "before.ipynb", "# @written w\nwell" + " " * 200_000 + "no"
    ),
    # names
    "name that is a formula": answered("=cmd('calc')!A0.ipynb"),
    "name with a line end": answered("one\ntwo.ipynb"),
    "name with markup": answered("<b>&amp;.ipynb"),
    "name from right to left": answered("\u202eabc.ipynb"),
    "name that is no text": answered(os.fsdecode(b"\xff\xfe.ipynb")),
    "long name": answered("x" * 240 + ".ipynb"),
    "name that looks escaped": answered(f"{file_name('Ana Lee')}.ipynb"),
    "hidden name": answered(".hidden.ipynb"),
    "target that no file can have": link("target.ipynb", "x" * 300),
    "name of another's escape": answered("Ana Lee.ipynb"),
}


def write_strange(folder: Path, book: nbformat.NotebookNode) -> None:
    """Write one of each kind into ``folder``; ``book`` is a homework, solved."""
    for writer in STRANGE.values():
        writer(folder, book)
