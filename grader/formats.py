"""Cells of notebooks, scripts and Markdown files that strangers wrote.

Every parser here is one pass over lines: linear in its input, whatever is in it. No pattern spans
lines. Only what the grader needs is understood: where a cell begins and ends, and what kind it is.
"""

import ast
import json
import re
from collections.abc import Iterable, Iterator, Sized
from dataclasses import dataclass

MAX_CELLS = 2_000
MARK = re.compile(r"#[ \t]*@(context|answer|written|check)\b[ \t]*(.*)")
MAX_MARK = 300  # characters of a line with a mark that are looked at
MAX_PROSE = 30_000  # characters of a written answer's cell that Python's parser gets to see
# Where a cell begins in a script: percent cells, jupytext's light ones, nbconvert's.
PERCENT = re.compile(r"#[ \t]*%%(?P<rest>.*)")
LIGHT = re.compile(r"# [+-](?:[ \t]|$)")
CONVERTED = re.compile(r"# In\[[ \d*]*\]:")
FENCE = re.compile(r"(?P<fence>`{3,}|~{3,})[ \t]*(?P<language>\{?[\w-]*\}?)")
CODE_LANGUAGES = ("{code-cell}", "python", "ipython", "ipython3", "python3", "py")
QUOTES = ('"""', "'''")


class FormatError(Exception):
    """A text is not what its name says; the message says why."""


@dataclass(frozen=True)
class Cell:
    """A cell: its ``kind``, ``"code"`` or ``"markdown"``, and its source."""

    kind: str
    source: str


def marked(source: str) -> tuple[str, str]:
    """Kind and rest of the first mark, such as ``# @answer NAME``; ``("", "")`` without one.

    The mark may stand on any line of its own: editors put imports above it.
    """
    for line in source.split("\n"):
        found = MARK.match(line.strip()[:MAX_MARK])
        if found:
            return found[1], found[2].strip()
    return "", ""


def name_of(rest: str) -> str:
    """The name that a mark's line begins with, after its kind."""
    return (rest.replace(":", " ").split() or [""])[0]


def notebook(text: str) -> list[Cell]:
    """Cells of a notebook of format 3 or 4. Only what is needed has to be there.

    Raises
    ------
    FormatError
        When it is no JSON, or has no cells.
    """
    try:
        book = json.loads(text)
    except ValueError:
        raise FormatError("is no notebook: not valid JSON, perhaps cut short") from None
    except RecursionError:
        raise FormatError("is no notebook: its JSON is nested too deeply") from None
    found = book.get("cells") if isinstance(book, dict) else None
    if isinstance(book, dict) and isinstance(book.get("worksheets"), list):  # format 3
        sheets = (sheet.get("cells") for sheet in book["worksheets"] if isinstance(sheet, dict))
        found = [cell for cells in sheets if isinstance(cells, list) for cell in cells]
    if not isinstance(found, list):
        raise FormatError("is no notebook: it has no list of cells")
    refuse_too_many(found)
    cells = [
        Cell(cell["cell_type"], joined(cell.get("source", cell.get("input", ""))))
        for cell in found
        if isinstance(cell, dict) and cell.get("cell_type") in ("code", "markdown")
    ]
    whole = [part for cell in cells for part in (parts(cell) if cell.kind == "code" else [cell])]
    refuse_too_many(whole)
    return whole


def parts(cell: Cell) -> list[Cell]:
    """A code cell, cut where another mark begins: merged cells hold several answers."""
    pieces: list[list[str]] = [[]]
    last = ("", "")
    for line in cell.source.split("\n"):
        found = MARK.match(line[:MAX_MARK])
        if found and last not in (("", ""), (found[1], found[2])):
            pieces.append([])
        last = (found[1], found[2]) if found else last
        pieces[-1].append(line)
    return [Cell("code", "\n".join(piece)) for piece in pieces]


def refuse_too_many(cells: Sized) -> None:
    """Nobody writes thousands of cells by hand."""
    if len(cells) > MAX_CELLS:
        raise FormatError(f"has {len(cells):,} cells, more than the {MAX_CELLS:,} allowed")


def joined(source: object) -> str:
    """A cell's source, which may be stored as one text or as a list of lines."""
    if isinstance(source, str):
        return source
    if isinstance(source, list) and all(isinstance(line, str) for line in source):
        return "".join(source)
    raise FormatError("is no notebook: a cell's source is no text")


def script(text: str) -> list[Cell]:
    """Cells of a ``.py``: jupytext's percent and light forms, nbconvert's, Colab's, or none.

    A cell ends where a marker of one of these begins, or the next ``# @answer``, ``# @written``,
    ``# @check`` or ``# @context``. Prose stays where it is: a comment or a string to Python.
    """
    pieces: list[tuple[str, list[str]]] = [("code", [])]
    for line in text.split("\n"):
        percent = PERCENT.match(line)
        if percent:
            prose = any(word in percent["rest"] for word in ("[markdown]", "[md]"))
            pieces.append(("markdown" if prose else "code", []))
        elif LIGHT.match(line) or CONVERTED.match(line):
            pieces.append(("code", []))
        elif pieces[-1][0] == "code" and MARK.match(line):
            pieces.append(("code", [line]))
        else:
            pieces[-1][1].append(line)
    refuse_too_many(pieces)
    return list(filled(pieces))


def without_last_comment(lines: list[str]) -> list[str]:
    """``lines`` less the paragraphs of comments alone that they end with; marks are none."""
    end = place = len(lines)
    for place in range(len(lines) - 1, -1, -1):
        if not lines[place].strip():
            end = place
        elif not lines[place].startswith("#") or MARK.match(lines[place]):
            break
    else:
        end = 0
    return lines[:end]


def filled(pieces: Iterable[tuple[str, list[str]]]) -> Iterator[Cell]:
    """The pieces that say something; comments at the end of code are the prose of a next cell."""
    for kind, lines in pieces:
        if kind == "markdown":
            lines = [line.removeprefix("#").removeprefix(" ") for line in lines]
        else:
            lines = without_last_comment(lines)
        source = "\n".join(lines).strip("\n")
        if source.strip():
            yield Cell(kind, source)


def markdown(text: str) -> list[Cell]:
    """Cells of a Markdown file: fenced code as MyST or jupytext write it, prose in between."""
    pieces: list[tuple[str, list[str]]] = [("markdown", [])]
    fence, options = "", ""
    for line in without_header(text.split("\n")):
        found = FENCE.match(line)
        if fence:
            closing = line.strip()
            if closing.startswith(fence) and set(closing) == {fence[0]}:
                fence = ""
                pieces.append(("markdown", []))
            elif options:  # MyST's options: lines with colons, or a block between ---
                block = options == "---"
                if line.strip() == "---":
                    options = "" if block else "---"
                elif not block and not line.startswith(":"):
                    options = ""
                    pieces[-1][1].append(line)
            else:
                pieces[-1][1].append(line)
        elif found and found["language"] in CODE_LANGUAGES:
            fence = found["fence"]
            options = ":" if found["language"] == "{code-cell}" else ""
            pieces.append(("code", []))
        else:
            pieces[-1][1].append(line)
    refuse_too_many(pieces)
    return [
        Cell(kind, source)
        for kind, lines in pieces
        if (source := "\n".join(lines).strip("\n")).strip()
    ]


def without_header(lines: list[str]) -> list[str]:
    """``lines`` without the YAML block between ``---`` that they may begin with."""
    if lines and lines[0].rstrip() == "---":
        for number, line in enumerate(lines[1:], start=1):
            if line.rstrip() == "---":
                return lines[number + 1 :]
    return lines


def prose(cell: Cell) -> str:
    """The text of a written answer: a string that its cell assigns, or what else stands there.

    Of a cell that is too long to be parsed here, which is no limited process, only lines are read.
    """
    if cell.kind == "code" and len(cell.source) <= MAX_PROSE:
        try:
            nodes = ast.parse(cell.source).body
        except (SyntaxError, ValueError, RecursionError, MemoryError):
            nodes = []
        texts = [text for node in nodes for text in strings(node)]
        if texts:
            return texts[-1].strip()
    lines = cell.source.split("\n")
    start = next((n + 1 for n, line in enumerate(lines) if MARK.match(line.strip()[:MAX_MARK])), 0)
    text = "\n".join(lines[start:]).strip()
    name, _, value = text.partition("=")
    if name.strip().isidentifier() and value.lstrip()[:3] in QUOTES:
        text = value.strip()
    for quote in QUOTES:
        text = text.removeprefix(quote).removesuffix(quote)
    return text.strip()


def strings(statement: ast.stmt) -> list[str]:
    """The longest text in an assignment or in an expression that stands alone."""
    if not isinstance(statement, ast.Assign | ast.AnnAssign | ast.Expr):
        return []
    found = [
        node.value
        for node in ast.walk(statement)
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    ]
    return [max(found, key=len)] if found else []
