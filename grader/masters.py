"""A chapter with exercises, taken apart: answers, checks, probes, wrong answers.

The first line of a code cell says what it is:

- ``# @context`` is imported by every answer, and handed out;
- ``# @answer NAME`` holds the solution between ``### BEGIN SOLUTION`` and ``### END SOLUTION``;
- ``# @written NAME`` holds prose in a string, its solution marked in the same way; the grader
  collects what students write there and gives no points for it;
- ``# @check NAME: what it looks at`` is handed out and answers the student at once;
- ``# @probe NAME WHAT: message (2 points)`` defines one function and is never handed out;
- ``# @mutants NAME`` assigns a dictionary of wrong answers, each a message and the replacements
  that turn the solution into it; never handed out.

What stands between ``<!-- chapter only -->`` and ``<!-- /chapter only -->`` in the text, code
cells in between included, is for the chapter: solutions explained, experiments with them.
"""

import ast
import re
from dataclasses import dataclass
from pathlib import Path

import jupytext

from grader.answers import Answer, Mutant, Probe

FIRST_LINE = re.compile(r"# @(?P<kind>context|answer|written|check|probe|mutants)\b *(?P<rest>.*)")
REGION = re.compile(
    r"^(?P<indent> *)### BEGIN SOLUTION\n.*?^ *### END SOLUTION\n?", re.MULTILINE | re.DOTALL
)
CHAPTER_ONLY = re.compile(r"<!-- (/?)chapter only -->")
UNSOLVED = 'raise NotImplementedError("yours to write")\n'
UNWRITTEN = "(yours to write)"
POINTS = re.compile(r" \((?P<points>\d+) points?\)$")


@dataclass(frozen=True)
class Check:
    """A visible check: what it looks at, and its cell."""

    answer: str
    what: str
    code: str


@dataclass(frozen=True)
class Exercise:
    """All that a chapter asks for.

    Attributes
    ----------
    chapter : str
        The chapter's stem, such as ``"08-bottleneck"``.
    handed_out : tuple of (str, str)
        Kind (``"markdown"`` or ``"code"``) and source of the student's cells, in order.
    answers : tuple of Answer
    checks : tuple of Check
    """

    chapter: str
    handed_out: tuple[tuple[str, str], ...]
    answers: tuple[Answer, ...]
    checks: tuple[Check, ...]


def read_all(folder: Path) -> list[Exercise]:
    """The exercises of all chapters in ``folder`` that have any, or of one chapter's file.

    Raises
    ------
    ValueError
        When there is none.
    """
    files = [folder] if folder.is_file() else sorted(folder.glob("[0-9][0-9]-*.md"))
    found = [read(path) for path in files if "# @answer " in path.read_text("utf-8")]
    if not found:
        raise ValueError(
            f"No exercises in {folder}: expected chapters NN-name.md with cells that start "
            "with `# @answer NAME`."
        )
    return found


def read(path: Path) -> Exercise:
    """The exercises of one chapter.

    Raises
    ------
    ValueError
        When a cell belongs to no answer, a replacement does not fit the solution, or an answer
        has no region to fill in; the message names chapter and cell.
    """
    return parse(path.read_text("utf-8"), path.stem)


def parse(text: str, chapter: str) -> Exercise:
    """As `read`, from the chapter's Markdown."""
    notebook = jupytext.reads(text, fmt="md:myst")
    parts: dict[str, list[tuple[str, str]]] = {
        kind: [] for kind in ("context", "answer", "written", "check", "probe", "mutants")
    }
    handed_out, inside = [], False
    for cell in notebook.cells:
        if cell.cell_type == "markdown":
            kept, inside = outside(cell.source, inside)
            if kept:
                handed_out.append(("markdown", kept))
            continue
        kind, rest = kind_of(cell.source)
        if kind:
            parts[kind].append((rest, cell.source))
        if kind == "answer":
            handed_out.append(("code", starter(cell.source, chapter)))
        elif kind == "written":
            handed_out.append(("code", starter(cell.source, chapter, f"{UNWRITTEN}\n")))
        elif kind in ("context", "check") or (
            not kind and not inside and "setup" not in cell.metadata.get("tags", [])
        ):
            handed_out.append(("code", cell.source))
    names = [name for name, _ in parts["answer"]]
    for kind in ("check", "probe", "mutants"):
        for rest, _ in parts[kind]:
            if re.split(r"[ :]", rest)[0] not in names:
                raise ValueError(
                    f"{chapter}: `# @{kind} {rest}` belongs to no answer; there are "
                    f"{', '.join(names) or 'none'}."
                )
    context = tuple(source for _, source in parts["context"])
    codes = frozenset(source.strip() for kind, source in handed_out if kind == "code")
    answers = tuple(
        Answer(
            name=name,
            chapter=chapter,
            context=context,
            solution=solution(source),
            starter=starter(source, chapter),
            probes=tuple(probe(r, s) for r, s in parts["probe"] if r.split(" ")[0] == name),
            mutants=tuple(
                mutant
                for rest, wrong in parts["mutants"]
                if rest == name
                for mutant in mutants(wrong, solution(source), chapter, name)
            ),
            handed_out=codes,
        )
        for name, source in parts["answer"]
    )
    return Exercise(chapter, tuple(handed_out), answers, tuple(map(check, parts["check"])))


def kind_of(source: str) -> tuple[str, str]:
    """What a code cell is by its first line, and the rest of that line; ``""`` for no mark."""
    found = FIRST_LINE.match(source)
    return (found["kind"], found["rest"].strip()) if found else ("", "")


def outside(text: str, inside: bool) -> tuple[str, bool]:
    """The part of a Markdown cell outside chapter-only regions, and whether one is open after."""
    kept, at = [], 0
    for mark in CHAPTER_ONLY.finditer(text):
        if not inside:
            kept.append(text[at : mark.start()])
        inside, at = not mark[1], mark.end()
    if not inside:
        kept.append(text[at:])
    return "\n\n".join(filter(None, map(str.strip, kept))), inside


def solution(source: str) -> str:
    """An answer's cell, solved, without the markers."""
    return "\n".join(
        line for line in source.split("\n")
        if line.strip() not in ("### BEGIN SOLUTION", "### END SOLUTION")
    )  # fmt: skip


def starter(source: str, chapter: str, instead: str = UNSOLVED) -> str:
    """An answer's cell as handed out: ``instead`` of each solution."""
    text, regions = REGION.subn(lambda m: m["indent"] + instead, source + "\n")
    if not regions:
        raise ValueError(
            f"{chapter}: the cell `{source.splitlines()[0]}` has no ### BEGIN SOLUTION … "
            "### END SOLUTION."
        )
    return text.rstrip("\n")


def check(part: tuple[str, str]) -> Check:
    """A check from the rest of its first line and its source."""
    name, _, what = part[0].partition(":")
    return Check(name.strip(), what.strip(), part[1])


def probe(rest: str, source: str) -> Probe:
    """A probe from the rest of its first line, ``NAME WHAT: message (2 points)``."""
    head, _, message = rest.partition(":")
    points = POINTS.search(message)
    function = next(n for n in ast.parse(source).body if isinstance(n, ast.FunctionDef))
    return Probe(
        name="-".join(head.split()),
        code=f"{source}\nprobe = {function.name}\n",
        message=POINTS.sub("", message).strip(),
        points=float(points["points"]) if points else 1.0,
    )


def mutants(source: str, right: str, chapter: str, answer: str) -> list[Mutant]:
    """The wrong answers of a ``# @mutants`` cell: the solution with the replacements made."""
    (assignment,) = (node for node in ast.parse(source).body if isinstance(node, ast.Assign))
    wrong = []
    for name, (message, changes) in ast.literal_eval(assignment.value).items():
        code = right
        for old, new in changes.items():
            if code.count(old) != 1:
                raise ValueError(
                    f"{chapter}, wrong answer {name!r} of {answer}: {old!r} occurs "
                    f"{code.count(old)} times in the solution, expected once."
                )
            code = code.replace(old, new)
        wrong.append(Mutant(name, code, message))
    return wrong
