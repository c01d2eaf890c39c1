"""The recorded results of mutation: one file a chapter, and whether they are current."""

import ast
import hashlib
import json
import re
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from grader.masters import Exercise
from grader.questions import Question
from utils.files import write

TOLD = ("__init__", "command", "records")  # how results are stored and told changes none
PLACE = re.compile(r"(<!-- mutation -->\n).*?(\n<!-- /mutation -->)", re.DOTALL)
SETS = ("first", "second")


def key(exercise: Exercise, question: Question) -> str:
    """A hash of all that the result for an answer depends on, this package included."""
    folder = Path(__file__).parent
    files = sorted(file for file in folder.glob("*.py") if file.stem not in TOLD)
    engine = [file.read_text("utf-8") for file in files]
    engine.append((folder.parent / "comparison.py").read_text("utf-8"))
    content = [
        engine,
        question.context,
        question.solution,
        [
            (check.what, without_words(check.code))
            for check in exercise.checks
            if check.answer == question.name
        ],
        [(probe.name, probe.code, probe.tolerance) for probe in question.probes],
        [behaviour.code for behaviour in question.behaviours],
        sorted(question.equivalent.items()),
    ]
    return hashlib.sha256(json.dumps(content).encode()).hexdigest()[:16]


def without_words(code: str) -> str:
    """``code`` less what its assertions say when they fail, which decides about no mutant."""
    content = code.encode()
    begins = [0]  # of each line; columns are counted in bytes
    for line in content.splitlines(keepends=True):
        begins.append(begins[-1] + len(line))
    said = [
        (begins[(node.test.end_lineno or 1) - 1] + (node.test.end_col_offset or 0),
         begins[(node.end_lineno or 1) - 1] + (node.end_col_offset or 0))
        for node in ast.walk(ast.parse(code))
        if isinstance(node, ast.Assert) and node.msg is not None
    ]  # fmt: skip
    for start, end in sorted(said, reverse=True):
        content = content[:start] + content[end:]
    return content.decode()


def path(folder: Path, exercise: Exercise) -> Path:
    """The file of a chapter's results."""
    return folder / f"{exercise.chapter}.json"


def read(folder: Path, exercise: Exercise) -> dict[str, Any]:
    """What is recorded of a chapter, by answer; nothing where nothing is."""
    file = path(folder, exercise)
    found: dict[str, Any] = json.loads(file.read_text("utf-8")) if file.exists() else {}
    return found


def store(folder: Path, exercise: Exercise, question: Question, record: dict[str, Any]) -> None:
    """Add the record of an answer to its chapter's file; those of answers that are gone go."""
    names = [other.name for other in exercise.questions]
    kept = {**read(folder, exercise), question.name: record}
    kept = {name: kept[name] for name in names if name in kept}
    write(path(folder, exercise), json.dumps(kept, indent=1, ensure_ascii=False) + "\n")


def everything(folder: Path, exercises: Sequence[Exercise]) -> list[dict[str, Any]] | None:
    """The records of all answers, None where one is missing or not current."""
    found = []
    for exercise in exercises:
        kept = read(folder, exercise)
        for question in exercise.questions:
            record = kept.get(question.name, {})
            if record.get("key") != key(exercise, question):
                return None
            found.append(record)
    return found


def complaint(folder: Path, exercise: Exercise, question: Question) -> str:
    """What is wrong with the record of an answer, as a sentence; empty when nothing is."""
    found = read(folder, exercise).get(question.name, {})
    command = f"run `make mutate ARGS={question.name}`"
    if found.get("key") != key(exercise, question) or not all(name in found for name in SETS):
        return f"{question.name}: no current mutation result; {command}."
    first = found["first"]
    if first["survivors"]:
        mutants = "; ".join(one["key"] for one in first["survivors"])
        return (
            f"{question.name}: mutants that pass every probe: {mutants}. Improve a probe, or list "
            "them in EQUIVALENT with the reason."
        )
    gone = sorted(set(question.equivalent) - set(first["listed"]))
    if gone:
        return f"{question.name}: EQUIVALENT lists what is no mutant that survives: {gone}."
    return ""


def table(rows: Iterable[tuple[str, dict[str, Any]]]) -> str:
    """A line per answer: numbers of both sets."""
    lines = [f"{'answer':16} {'made':>6} {'count':>6} {'equal':>6} {'missed':>7}"
             f" | {'made':>6} {'count':>6} {'equal':>6} {'missed':>7}  rejected"]  # fmt: skip
    for name, record in rows:
        cells = []
        for which in SETS:
            one = record.get(which)
            cells.append(
                f"{one['made']:6} {one['counted']:6} {one['equivalent']:6} "
                f"{len(one['survivors']):7}" if one else " " * 28
            )  # fmt: skip
        second = record.get("second", record.get("first"))
        lines.append(f"{name:16} {cells[0]} | {cells[1]}  {share(second)}")
    return "\n".join(lines)


def share(one: dict[str, Any] | None) -> str:
    """How many of a set's mutants that count are rejected."""
    return f"{one['rejected']} of {one['counted']}" if one else ""


def sentence(records: Sequence[dict[str, Any]]) -> str:
    """All results together, for the teachers' page."""

    def total(which: str, field: str) -> int:
        return sum(record[which][field] for record in records)

    second, rejected = total("second", "counted"), total("second", "rejected")
    judged = total("second", "judgements")
    right = judged - total("second", "wrongly_passed")
    return (
        f"Of {total('first', 'made'):,} answers with one change to a solution, "
        f"{total('first', 'counted'):,} run, pass every visible check and are wrong: "
        f"{total('first', 'rejected'):,} of them are rejected by the probes, under each of "
        f"ten seeds; {total('first', 'equivalent'):,} more are right answers. Of "
        f"{second:,} others, with two changes or one that no probe was written against, "
        f"{rejected:,} are rejected ({100 * rejected / max(1, second):.1f} %; "
        f"{100 * right / max(1, judged):.1f} % of {judged:,} verdicts)."
    )


def write_page(page: Path, words: str) -> None:
    """Write the sentence into ``page``, between its marks.

    Raises
    ------
    ValueError
        When it has no place for one.
    """
    text = page.read_text("utf-8")
    if not PLACE.search(text):
        raise ValueError(f"{page} has no `<!-- mutation -->` … `<!-- /mutation -->`.")
    new = PLACE.sub(lambda place: f"{place[1]}{words}{place[2]}", text)
    if new != text:
        write(page, new)
