"""Find what students handed in, read it, and find the answers in it.

Everything here was written by strangers. Nothing is executed, and nothing that is wrong with a
file is worse than a sentence about it.
"""

import hashlib
import json
import os
import re
import stat
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import jupytext
import nbformat

from grader.answers import Answer

SUFFIXES = (".ipynb", ".py", ".md")
MAX_NOTEBOOK = 20 * 2**20  # bytes; pictures in outputs take most of it
MAX_TEXT = 300_000  # bytes of a .py or .md, which holds code and prose alone
ANSWER = re.compile(r"\A(?:\s*\n|\s*%%?\w.*\n)*\s*#\s*@answer\s+(\S+)")
WRITTEN = re.compile(
    r"\A\s*#\s*@written\s+(\S+)[^\n]*\n(?:\s*\w+\s*=\s*)?\s*[rR]?(?:\"{3}|'{3})?(.*?)(?:\"{3}|'{3})?\s*\Z",
    re.DOTALL,
)
MAX_WRITTEN = 10_000  # characters of a written answer that are kept
# What starts a cell in a script: jupytext's markers, and nbconvert's.
MARKERS = re.compile(r"^# (?:%%|\+)", re.MULTILINE)
PLAIN = re.compile(r"^(?=#\s*@(?:answer|written)\s)|^# In\[[ \d]*\]:.*\n", re.MULTILINE)
# A header would only tell the format, and reading YAML from strangers is asking for trouble.
HEADERS = {".md": r"\A---\n.*?^---$", ".py": r"\A# ---\n(?:#.*\n)*?# ---$"}


class Unreadable(Exception):
    """A file can't be read as a submission; the message says why."""


@dataclass(frozen=True)
class Submission:
    """What one student handed in.

    Attributes
    ----------
    student : str
        The file's stem, or the folder's name.
    files : tuple of Path
    status : str
        ``""``, or why it is not graded at all: ``"ambiguous"``, ``"refused"``, ``"unreadable"``.
    sentence : str
        The same in words.
    written : tuple of (str, str)
        Name and text of each written answer, once the files were read.
    """

    student: str
    files: tuple[Path, ...]
    status: str = ""
    sentence: str = ""
    written: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True)
class Located:
    """An answer in a submission.

    Attributes
    ----------
    cell : str
        The answer's cell.
    before : tuple of (str, str)
        Label and source of the student's own cells before it.
    copies : int
        How many cells have that name; the last one counts.
    """

    cell: str
    before: tuple[tuple[str, str], ...]
    copies: int


def find(folder: Path) -> list[Submission]:
    """Every student's submission in ``folder``, sorted by student.

    Files count when they lie in ``folder`` (the student is the stem) or one level down (the
    student is the folder). What systems leave behind (``.ipynb_checkpoints``, ``._name``) does not
    count.
    """
    found: dict[str, list[Path]] = {}
    alone = set()  # students with a file of their own in ``folder`` itself
    for path in sorted(folder.iterdir()):
        if path.is_dir():
            if path.name.startswith(".") or path.name == "__pycache__":
                continue
            inner = sorted(path.iterdir()) if inside(path, folder) else [path]
            files = [p for p in inner if is_candidate(p) or p is path]
            found.setdefault(path.name, []).extend(files)
        elif is_candidate(path):
            found.setdefault(path.stem, []).append(path)
            alone.add(path.stem)
    return [
        judge(name, files, folder, name in alone and len(files) > 1)
        for name, files in sorted(found.items())
    ]


def is_candidate(path: Path) -> bool:
    """Whether ``path`` looks like a submission by its name."""
    return path.suffix in SUFFIXES and not path.name.startswith("._") and not path.is_dir()


def inside(path: Path, folder: Path) -> bool:
    """Whether ``path``, links followed, lies in ``folder``."""
    return path.resolve().is_relative_to(folder.resolve())


def judge(student: str, files: list[Path], folder: Path, together: bool) -> Submission:
    """The submission of ``student``, and whether it can be graded as far as names tell."""
    names = [str(path.relative_to(folder)) for path in files]
    outside = [name for name, path in zip(names, files, strict=True) if not inside(path, folder)]
    if outside:
        text = f"{outside[0]} is a link that points out of the folder; hand in the file itself"
        return Submission(student, tuple(files), "refused", text)
    if together:
        return Submission(student, tuple(files), "ambiguous", two(names))
    if not files:
        text = f"the folder {student} holds no {', '.join(SUFFIXES[:-1])} or {SUFFIXES[-1]} file"
        return Submission(student, (), "unreadable", text)
    return Submission(student, tuple(files))


def two(names: Sequence[str]) -> str:
    """The sentence about several files where one is expected."""
    return f"two submissions: {' and '.join(names)}; keep one"


def load(path: Path) -> bytes:
    """The content of ``path``, whose size is looked at first."""
    limit = MAX_NOTEBOOK if path.suffix == ".ipynb" else MAX_TEXT
    try:
        facts = path.stat()
        if not stat.S_ISREG(facts.st_mode):
            raise Unreadable("is no ordinary file")
        if facts.st_size > limit:
            size = f"{facts.st_size:,} bytes"
            raise Unreadable(f"has {size}, more than the {limit:,} allowed; clear its outputs")
        content = path.read_bytes()
    except OSError as error:
        raise Unreadable(f"can't be read: {error.strerror}") from None
    if not content.strip():
        raise Unreadable("is empty")
    return content


def digest(path: Path) -> str:
    """What stands for the content of ``path`` in a key; its size alone when it is too large."""
    try:
        return hashlib.sha256(load(path)).hexdigest()
    except Unreadable as error:
        return str(error)


def read(path: Path) -> list[str]:
    """The sources of the code cells in ``path``.

    Raises
    ------
    Unreadable
        When the file is too large, empty, binary, or no notebook.
    """
    try:
        text = load(path).decode("utf-8-sig").replace("\r\n", "\n")
    except UnicodeDecodeError:
        raise Unreadable("is no text (UTF-8)") from None
    if "\0" in text:
        raise Unreadable("is no text: it holds null bytes")
    try:
        return notebook_cells(text) if path.suffix == ".ipynb" else text_cells(text, path.suffix)
    except Exception as error:  # libraries raise what they like when fed with rubbish
        if isinstance(error, Unreadable):
            raise
        raise Unreadable(f"can't be read as {path.suffix} ({type(error).__name__})") from None


def notebook_cells(text: str) -> list[str]:
    """Code cells of a notebook. Only what is needed has to be there, whatever was stripped."""
    try:
        book = json.loads(text)
    except ValueError:
        raise Unreadable("is no notebook: not valid JSON, perhaps cut short") from None
    if isinstance(book, dict) and isinstance(book.get("worksheets"), list):
        book = nbformat.convert(nbformat.from_dict(book), 4)
    cells = book.get("cells") if isinstance(book, dict) else None
    if not isinstance(cells, list):
        raise Unreadable("is no notebook: it has no list of cells")
    sources = []
    for cell in cells:
        if isinstance(cell, dict) and cell.get("cell_type") == "code":
            source = cell.get("source", "")
            sources.append(source if isinstance(source, str) else "".join(source))
    return sources


def text_cells(text: str, suffix: str) -> list[str]:
    """Code cells of a Markdown file or a script, in any of jupytext's forms."""
    text = re.sub(HEADERS[suffix], "", text, flags=re.DOTALL | re.MULTILINE)
    if suffix == ".md":
        form = "md:myst" if re.search(r"^(?:```|~~~)\{code", text, re.MULTILINE) else "md:markdown"
    elif MARKERS.search(text):
        form = "py:percent" if re.search(r"^# %%", text, re.MULTILINE) else "py:light"
    else:
        # Without markers jupytext would cut at blank lines, through the middle of an answer.
        return [cell for cell in PLAIN.split(text) if cell.strip()]
    return [c.source for c in jupytext.reads(text, form).cells if c.cell_type == "code"]


def answer_name(cell: str) -> str | None:
    """The name in the line ``# @answer NAME`` that starts ``cell``."""
    match = ANSWER.match(cell)
    return match[1] if match else None


def written(cells: Sequence[str]) -> dict[str, str]:
    """What stands in the cells ``# @written NAME``, by name, without its quotes."""
    found = filter(None, map(WRITTEN.match, cells))
    return {match[1]: match[2].strip()[:MAX_WRITTEN] for match in found}


def locate(cells: Sequence[str], answers: Sequence[Answer]) -> dict[str, Located]:
    """The answers among ``cells``, by name.

    Before an answer run the cells that the student added or answered, those that were not handed
    out as they are; earlier versions of the same answer do not.
    """
    names = [answer_name(cell) for cell in cells]
    found = {}
    for answer in answers:
        places = [n for n, name in enumerate(names) if name == answer.name]
        if places:
            own = [
                (f"cell {n + 1}", cell)
                for n, cell in enumerate(cells[: places[-1]])
                if names[n] != answer.name and cell.strip() not in answer.handed_out
            ]
            found[answer.name] = Located(cells[places[-1]], tuple(own), len(places))
    return found


def gather(
    submission: Submission, answers: Sequence[Answer]
) -> tuple[Submission, dict[str, Located], list[str]]:
    """Read all files of a submission.

    Returns
    -------
    submission : Submission
        With its status and what was written, now that the contents are known.
    located : dict
        `Located` by the answer's name.
    remarks : list of str
        About files that can't be read beside others that can.
    """
    chapter = {answer.name: answer.chapter for answer in answers}
    located: dict[str, Located] = {}
    holders: dict[str, str] = {}
    prose: dict[str, str] = {}
    remarks = []
    for path in submission.files:
        try:
            cells = read(path)
        except Unreadable as error:
            remarks.append(f"{path.name} {error}")
            continue
        found = locate(cells, answers)
        for name in sorted({chapter[answer] for answer in found}):
            if name in holders:
                text = f"{two([holders[name], path.name])} (both answer {name})"
                return replace(submission, status="ambiguous", sentence=text), {}, []
            holders[name] = path.name
        if len({chapter[answer] for answer in found}) > 1:
            text = f"{path.name} holds answers of several chapters; hand in one file a chapter"
            return replace(submission, status="ambiguous", sentence=text), {}, []
        located |= found
        prose |= written(cells)
    if remarks and len(remarks) == len(submission.files):
        text = "; ".join(remarks)
        return replace(submission, status="unreadable", sentence=text), {}, []
    return replace(submission, written=tuple(prose.items())), located, remarks


def same_code(one: str, other: str) -> bool:
    """Whether two cells differ in whitespace at most."""
    return "".join(one.split()) == "".join(other.split())


def fingerprint(located: dict[str, Located], answers: Sequence[Answer]) -> str | None:
    """What two submissions have in common when their answers do, whitespace aside.

    None when every answer is as it was handed out.
    """
    own = {}
    for answer in answers:
        if answer.name in located and not same_code(located[answer.name].cell, answer.starter):
            own[answer.name] = "".join(located[answer.name].cell.split())
    return hashlib.sha256(json.dumps(own).encode()).hexdigest() if own else None


def file_name(student: str) -> str:
    """A name for the student's file in any folder: harmless, and no two students the same."""
    raw = os.fsencode(student)
    safe = re.sub(r"[^\w.-]+|^\.+", "_", raw.decode("utf-8", "replace"), flags=re.ASCII)[:80]
    return safe if safe == student else f"{safe}-{hashlib.sha256(raw).hexdigest()[:8]}"
