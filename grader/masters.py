"""A master: a chapter with its exercises, solved, from which the students' copies are made.

The first line of a code cell says what it is:

- ``# @context`` is imported by every answer, and handed out;
- ``# @answer NAME`` holds the solution between ``### BEGIN SOLUTION`` and ``### END SOLUTION``;
- ``# @written NAME`` holds prose in a string, its solution marked in the same way; the grader
  collects what students write there and gives no points for it;
- ``# @check NAME: what it looks at`` is handed out and answers the student at once.

Probes, wrong answers and candidates are Python files of their own: see `grader.exercise`.

What stands between ``<!-- chapter only -->`` and ``<!-- /chapter only -->`` in the text, code
cells in between included, is for the chapter: solutions explained, experiments with them.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import jupytext

from grader import candidates, exercise_files
from grader.exercise_files import (
    EquivalentMutant,
    Marked,
    MarkedBehaviour,
    MarkedCandidate,
    MarkedProbe,
    WrongDefinition,
)
from grader.questions import Probe, Question
from grader.wrong_answers import wrong_answers
from utils import checks

FIRST_LINE = re.compile(r"# @(?P<kind>context|answer|written|check|probe|mutants)\b *(?P<rest>.*)")
REGION = re.compile(
    r"^(?P<indent> *)### BEGIN SOLUTION\n.*?^ *### END SOLUTION\n?", re.MULTILINE | re.DOTALL
)
CHAPTER_ONLY = re.compile(r"<!-- (/?)chapter only -->")
MOVED = {"probe": "probe", "mutants": "wrong"}  # once cells of chapters
UNSOLVED = 'raise NotImplementedError("yours to write")\n'
UNWRITTEN = "(yours to write)"


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
    questions : tuple of Question
    checks : tuple of Check
    """

    chapter: str
    handed_out: tuple[tuple[str, str], ...]
    questions: tuple[Question, ...]
    checks: tuple[Check, ...]


def files(folder: Path) -> list[Path]:
    """The chapters in ``folder`` that have exercises, or the one chapter that it is."""
    chapters = [folder] if folder.is_file() else sorted(folder.glob("[0-9][0-9]-*.md"))
    return [path for path in chapters if "# @answer " in path.read_text("utf-8")]


def read_all(folder: Path) -> list[Exercise]:
    """The exercises of all chapters in ``folder`` that have any, or of one chapter's file.

    Raises
    ------
    ValueError
        When there is none.
    """
    found = [read(path) for path in files(folder)]
    if not found:
        raise ValueError(
            f"No exercises in {folder}: expected chapters NN-name.md with cells that start "
            "with `# @answer NAME`."
        )
    return found


def read(path: Path) -> Exercise:
    """The exercises of one chapter, with the probes and wrong answers that belong to it.

    Raises
    ------
    ValueError
        When a cell belongs to no answer, an answer has no region to fill in, or a probe or a
        wrong answer does not fit; the message names chapter and cell, or file and line.
    """
    marked = [one for file in exercise_files.find(path) for one in exercise_files.read(file)]
    return parse(path.read_text("utf-8"), path.stem, marked)


def parse(text: str, chapter: str, marked: Sequence[Marked] = ()) -> Exercise:
    """As `read`, from the chapter's Markdown and what its exercise files hold."""
    notebook = jupytext.reads(text, fmt="md:myst")
    parts: dict[str, list[tuple[str, str]]] = {
        kind: [] for kind in ("context", "answer", "written", "check")
    }
    handed_out, inside = [], False
    for cell in notebook.cells:
        if cell.cell_type == "markdown":
            kept, inside = outside(cell.source, inside)
            if kept:
                handed_out.append(("markdown", kept))
            continue
        kind, rest = cell_kind(cell.source)
        if kind in MOVED:
            raise ValueError(
                f"{chapter}: the cell `# @{kind} {rest}` can't stay in the chapter; write it as "
                f"@{MOVED[kind]}(…) into {chapter.replace('-', '_')}.py, beside the chapter or in "
                "../exercises: grader/exercise.py says how."
            )
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
    for rest, _ in parts["check"]:
        if re.split(r"[ :]", rest)[0] not in names:
            raise ValueError(f"{chapter}: `# @check {rest}` {no_answer(names)}.")
    for one in marked:
        if one.answer not in names:
            raise ValueError(f"{one.place}: {one.answer!r} {no_answer(names)} in {chapter}.")
    context = tuple(source for _, source in parts["context"])
    sources = frozenset([*(source.strip() for _, source in handed_out), checks.source()])
    questions: list[Question] = []
    for name, source in parts["answer"]:
        solved = solution(source)
        mine = [one for one in marked if one.answer == name]
        wrong = [one for one in mine if isinstance(one, WrongDefinition)]
        asked = probes([one for one in mine if isinstance(one, MarkedProbe)])
        tried = [one for one in mine if isinstance(one, MarkedCandidate)]
        questions.append(
            Question(
                name=name,
                chapter=chapter,
                context=context,
                solution=solved,
                starter=starter(source, chapter),
                probes=asked,
                wrong_answers=wrong_answers(
                    wrong, solved, (*context, *(one.solution for one in questions))
                ),
                handed_out=sources,
                candidates=candidates.checked(name, tried, asked, context),
                behaviours=tuple(one.behaviour for one in mine if isinstance(one, MarkedBehaviour)),
                equivalent={
                    one.key: one.reason for one in mine if isinstance(one, EquivalentMutant)
                },
            )
        )
    return Exercise(chapter, tuple(handed_out), tuple(questions), tuple(map(check, parts["check"])))


def cell_kind(source: str) -> tuple[str, str]:
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


def no_answer(names: Sequence[str]) -> str:
    """The middle of a sentence about something that belongs to none of these answers."""
    return f"belongs to no answer; there are {', '.join(names) or 'none'}"


def probes(marked: Sequence[MarkedProbe]) -> tuple[Probe, ...]:
    """The probes of one answer, in order; no two have one name."""
    first: dict[str, str] = {}
    for one in marked:
        if one.probe.name in first:
            raise ValueError(
                f"{one.place}: there is a probe {one.probe.name} already, in "
                f"{first[one.probe.name]}; give one of them another name."
            )
        first[one.probe.name] = one.place
    return tuple(one.probe for one in marked)


def refuse_without_probes(exercises: Sequence[Exercise]) -> None:
    """Raise ValueError where an answer has no probe: it could be handed out and not graded."""
    for exercise in exercises:
        for question in exercise.questions:
            if not question.probes:
                name = exercise.chapter.replace("-", "_")
                raise ValueError(
                    f"{exercise.chapter}: answer {question.name} has no probe; its probes belong "
                    f"into {name}.py, beside the chapter or in ../exercises: grader/exercise.py "
                    "says how."
                )
