"""Find what students handed in, and find the answers in it.

Everything here was written by strangers. Nothing is executed, and nothing that is wrong with a
file is worse than a sentence about it.
"""

import hashlib
import json
import os
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from itertools import takewhile
from pathlib import Path

from grader.build import as_handed_out
from grader.formats import Cell, marked, name_of, prose
from grader.masters import UNWRITTEN
from grader.questions import Question
from grader.reading import ENDINGS, UnreadableFile, form, read

MAX_WRITTEN = 10_000  # characters of a written answer that are kept
MAX_NAME = 60  # characters of a written answer's name
MAX_NAMES = 20  # written answers of one submission
# What systems and programs leave behind, in lower case; all that begins with a dot besides.
DEBRIS = {
    "__macosx", "__pycache__", "thumbs.db", "desktop.ini", "lost+found", "icon\r", "$recycle.bin",
    "system volume information",
}  # fmt: skip
PLAIN_NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,79}")
ESCAPED_NAME = re.compile(r".*-[0-9a-f]{16}")


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
class StudentAnswer:
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

    A student is a file in ``folder`` (its name without the ending) or a folder in it, whatever it
    holds; only what systems leave behind is no student. So nobody vanishes: what can't be read has
    a status and a sentence.
    """
    found: dict[str, list[Path]] = {}
    alone = set()  # students with a file of their own in ``folder`` itself
    for path in sorted(folder.iterdir()):
        if is_debris(path) and not is_hidden_homework(path):
            continue
        if not path.is_symlink() and path.is_dir():
            found.setdefault(path.name, []).extend(contents(path))
        else:
            student = student_of(path)
            found.setdefault(student, []).append(path)
            alone.add(student)
    return [
        submission_of(name, files, folder, name in alone and len(files) > 1)
        for name, files in sorted(found.items())
    ]


def is_debris(path: Path) -> bool:
    """Whether ``path`` is something that systems and programs leave behind, by its name."""
    name = path.name.lower()
    return name in DEBRIS or name.startswith((".", "~$"))


def is_hidden_homework(path: Path) -> bool:
    """Whether a student's own name begins with a dot: those of systems go on with another sign."""
    return path.name.startswith(".") and path.name[1:2].isalnum() and bool(form(path))


def student_of(path: Path) -> str:
    """A file's name without its ending, or both where a browser added one."""
    ending = form(path)
    place = path.name.lower().rfind(ending) if ending else -1
    return path.name[:place] if place > 0 else path.stem


def contents(folder: Path) -> list[Path]:
    """The files in a student's folder that look like submissions; the folder if it is closed.

    It is closed as well when its files can be listed and not looked at.
    """
    try:
        inside = sorted(folder.iterdir())
        files = [path for path in inside if path.is_symlink() or not path.is_dir()]
    except OSError:
        return [folder]
    return [path for path in files if form(path) and not is_debris(path)]


def submission_of(student: str, files: list[Path], folder: Path, together: bool) -> Submission:
    """The submission of ``student``, and whether it can be graded as far as names tell."""
    names = [str(path.relative_to(folder)) for path in files]
    links = [name for name, path in zip(names, files, strict=True) if path.is_symlink()]
    if links:
        text = f"{links[0]} is a link; hand in the file itself"
        return Submission(student, tuple(files), "refused", text)
    if together:
        return Submission(student, tuple(files), "ambiguous", two(names))
    *others, last = ENDINGS
    if not files:
        text = f"the folder {student} holds no {', '.join(others)} or {last} file"
        return Submission(student, (), "unreadable", text)
    if files[0].is_dir():
        text = f"the folder {student} can't be opened"
        return Submission(student, (), "unreadable", text)
    odd = [name for name, path in zip(names, files, strict=True) if not form(path)]
    if odd:
        text = f"{odd[0]} is no {', '.join(others)} or {last} file"
        return Submission(student, (), "unreadable", text)
    return Submission(student, tuple(files))


def two(names: Sequence[str]) -> str:
    """The sentence about several files where one is expected."""
    return f"two submissions: {' and '.join(names)}; keep one"


def answer_name(cell: Cell) -> str | None:
    """The name in the line ``# @answer NAME`` of a code cell."""
    kind, rest = marked(cell.source)
    return name_of(rest) if kind == "answer" and cell.kind == "code" else None


def written(cells: Sequence[Cell], handed_out: frozenset[str] = frozenset()) -> dict[str, str]:
    """What stands in the cells ``# @written NAME``, by name, without its quotes.

    Where a student left such a cell as it was, the student's own Markdown right below it counts.
    """
    last: dict[str, int] = {}
    for place, cell in enumerate(cells):
        kind, rest = marked(cell.source)
        name = name_of(rest)[:MAX_NAME]
        if kind == "written" and (name in last or len(last) < MAX_NAMES):
            last[name] = place
    found = {}
    for name, place in last.items():
        text = prose(cells[place])
        if text in ("", UNWRITTEN):
            below = takewhile(lambda other: other.kind == "markdown", cells[place + 1 :])
            own = [c.source for c in below if as_handed_out(c.source) not in handed_out]
            text = "\n\n".join(own) or text
        found[name] = text[:MAX_WRITTEN]
    return found


def locate(cells: Sequence[Cell], questions: Sequence[Question]) -> dict[str, StudentAnswer]:
    """The answers among ``cells``, by name.

    Before an answer run the cells that the student added or answered, those that were not handed
    out as they are; earlier versions of the same answer do not.
    """
    code = [cell for cell in cells if cell.kind == "code"]
    names = [answer_name(cell) for cell in code]
    found = {}
    for question in questions:
        places = [n for n, name in enumerate(names) if name == question.name]
        if places:
            own = [
                (f"cell {n + 1}", cell.source)
                for n, cell in enumerate(code[: places[-1]])
                if names[n] != question.name and cell.source.strip() not in question.handed_out
            ]
            found[question.name] = StudentAnswer(code[places[-1]].source, tuple(own), len(places))
    return found


def gather(
    submission: Submission,
    questions: Sequence[Question],
    reader: Callable[[Path], list[Cell]] = read,
) -> tuple[Submission, dict[str, StudentAnswer], list[str]]:
    """Read all files of a submission, each with ``reader``.

    Returns
    -------
    submission : Submission
        With its status and what was written, now that the contents are known.
    located : dict
        `StudentAnswer` by the answer's name.
    remarks : list of str
        About files that can't be read beside others that can.
    """
    chapter = {question.name: question.chapter for question in questions}
    located: dict[str, StudentAnswer] = {}
    holders: dict[str, str] = {}
    texts: dict[str, str] = {}
    handed_out = frozenset().union(*(question.handed_out for question in questions))
    remarks = []
    for path in submission.files:
        try:
            cells = reader(path)
        except UnreadableFile as error:
            remarks.append(f"{path.name} {error}")
            continue
        found = locate(cells, questions)
        for name in sorted({chapter[question] for question in found}):
            if name in holders:
                text = f"{two([holders[name], path.name])} (both answer {name})"
                return replace(submission, status="ambiguous", sentence=text), {}, []
            holders[name] = path.name
        if len({chapter[question] for question in found}) > 1:
            text = f"{path.name} holds answers of several chapters; hand in one file a chapter"
            return replace(submission, status="ambiguous", sentence=text), {}, []
        located |= found
        texts |= written(cells, handed_out)
    if remarks and len(remarks) == len(submission.files):
        text = "; ".join(remarks)
        return replace(submission, status="unreadable", sentence=text), {}, []
    return replace(submission, written=tuple(texts.items())), located, remarks


def same_code(one: str, other: str) -> bool:
    """Whether two cells differ in whitespace at most."""
    return "".join(one.split()) == "".join(other.split())


def fingerprint(located: dict[str, StudentAnswer], questions: Sequence[Question]) -> str | None:
    """What two submissions have in common when their answers do, whitespace aside.

    None when every answer is as it was handed out.
    """
    own = {}
    for question in questions:
        if question.name in located and not same_code(
            located[question.name].cell, question.starter
        ):
            own[question.name] = "".join(located[question.name].cell.split())
    return hashlib.sha256(json.dumps(own).encode()).hexdigest() if own else None


def file_name(student: str) -> str:
    """A name for the student's file in any folder: harmless, and no two students the same.

    A name that has to be changed ends with a hash of it; so does one that looks as if it did.
    """
    raw = os.fsencode(student)
    if PLAIN_NAME.fullmatch(student) and not ESCAPED_NAME.fullmatch(student):
        return student
    safe = re.sub(r"[^\w.-]+|^\.+", "_", raw.decode("utf-8", "replace"), flags=re.ASCII)[:80]
    return f"{safe}-{hashlib.sha256(raw).hexdigest()[:16]}"
