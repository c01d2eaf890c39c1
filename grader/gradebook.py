"""Keep grades: one JSON a student, written whole or not at all, and a table of all of them."""

import csv
import hashlib
import io
import json
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import asdict
from itertools import groupby
from pathlib import Path
from typing import Any

from grader.decoding import one_line
from grader.masters import UNWRITTEN
from grader.questions import Question
from grader.reading import digest
from grader.sentences import NOT_ANSWERED, no_cell
from grader.submissions import Submission
from utils import files

MAX_LINE = 2_000  # characters of a line in what students wrote
FORMULA = "=+-@＝＋－＠"  # what a formula begins with, the full-width forms too
BETWEEN = ",;\t\n\r"  # what one spreadsheet or another takes for the end of a cell
MARKUP = str.maketrans({sign: f"\\{sign}" for sign in "\\`*_{}[]()<>!&|~"})


def write_whole(path: Path, text: str) -> None:
    """Write ``text`` to ``path``, all at once; what UTF-8 can't hold is escaped."""
    files.write(path, text.encode("utf-8", "backslashreplace"))


def code_hash() -> str:
    """A hash of the grader's own code, a part of every cache key."""
    sources = sorted(Path(__file__).parent.rglob("*.py"))
    return hashlib.sha256(b"\0".join(path.read_bytes() for path in sources)).hexdigest()


def settings_key(questions: Sequence[Question], **settings: object) -> str:
    """The part of the cache key that all students share: chapters, settings, the grader's code."""
    masters = [
        {**asdict(question), "handed_out": sorted(question.handed_out)} for question in questions
    ]
    return hashlib.sha256(json.dumps([masters, settings, code_hash()]).encode()).hexdigest()


def submission_key(submission: Submission, settings: str) -> str:
    """A student's cache key: it changes with whatever the grade depends on.

    Two parts: one stands for grader, exercises and settings, one for what was handed in.
    """
    files = [] if submission.status else [(p.name, digest(p)) for p in submission.files]
    parts = [submission.student, submission.status, submission.sentence, files]
    return f"{settings}-{hashlib.sha256(json.dumps(parts).encode()).hexdigest()}"


def write_record(path: Path, record: dict[str, Any]) -> None:
    """Write a student's record."""
    write_whole(path, json.dumps(record, indent=1) + "\n")


def read_record(path: Path, key: str | None = None) -> dict[str, Any] | None:
    """The record in ``path``, if it is whole and, when a ``key`` is given, of that key."""
    try:
        record = json.loads(path.read_text("utf-8"))
    except (OSError, ValueError):
        return None
    return record if isinstance(record, dict) and key in (None, record.get("key")) else None


def summarize(record: dict[str, Any], best: float) -> dict[str, Any]:
    """``record`` with its total, the ``best`` one, and why it is not that, from its answers."""
    answers = record["answers"]
    reasons = [record["sentence"]] if record["sentence"] else []
    for chapter, group in groupby(answers, lambda answer: answer["chapter"]):
        reasons += chapter_reasons(chapter, list(group))
    score = sum(answer["score"] for answer in answers)
    return {**record, "score": score, "max": best, "why": " | ".join(reasons)}


def chapter_reasons(chapter: str, answers: list[dict[str, Any]]) -> list[str]:
    """Why the answers of one chapter did not get all points; in one phrase if none was tried."""
    if len(answers) > 1:
        if all(answer["reason"] == no_cell(answer["name"]) for answer in answers):
            return [f"{chapter}: not handed in"]
        if all(answer["reason"] == NOT_ANSWERED for answer in answers):
            return [f"{chapter}: {NOT_ANSWERED}"]
    return [
        "; ".join([f"{answer['name']}: {answer['reason']}", *answer["mentions"]])
        for answer in answers
        if answer["score"] < answer["max"]
    ]


def cell(value: object) -> str:
    """``value`` for a spreadsheet, which must not take it for a formula."""
    if isinstance(value, float):
        return f"{value:g}"
    safe, begins = [], True
    for character in str(value):
        if begins and character in FORMULA:
            safe.append("'")
        safe.append(character)
        begins = character in BETWEEN or begins and (character.isspace() or character in "'\"")
    return "".join(safe)


def notes(records: Sequence[dict[str, Any]]) -> dict[str, str]:
    """Who handed in the same answers as whom, whitespace aside."""
    groups = defaultdict(list)
    for record in records:
        if record["fingerprint"]:
            groups[record["fingerprint"]].append(record["student"])
    return {
        student: f"same answers as {', '.join(one_line(s) for s in group if s != student)}"
        for group in groups.values()
        if len(group) > 1
        for student in group
    }


def table(records: Sequence[dict[str, Any]], questions: Sequence[Question]) -> str:
    """All grades as CSV; the same records give the same bytes."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    names = [question.name for question in questions]
    writer.writerow(["student", "status", "score", "max", *map(cell, names), "note", "why"])
    said = notes(records)
    best = float(sum(question.points for question in questions))
    for record in sorted(records, key=lambda record: record["student"]):
        scores = {answer["name"]: float(answer["score"]) for answer in record["answers"]}
        row = [record["student"], record["status"], float(record["score"]), best]
        row += [scores.get(name, 0.0) for name in names]
        row += [said.get(record["student"], ""), record["why"]]
        writer.writerow([cell(value) for value in row])
    return text.getvalue()


def heading(name: str) -> str:
    """A name from strangers for a heading of Markdown, where nothing in it means anything."""
    return one_line(name).translate(MARKUP)


def prose(records: Sequence[dict[str, Any]]) -> str:
    """All written answers as Markdown, indented, so that nothing in them means anything."""
    names = sorted({name for record in records for name in record["written"]})
    parts = []
    for name in names:
        parts.append(f"# {heading(name)}")
        for record in sorted(records, key=lambda record: record["student"]):
            text = record["written"].get(name, UNWRITTEN)
            lines = ["not written"] if text in (UNWRITTEN, "") else text.splitlines()
            parts.append(f"## {heading(record['student'])}")
            parts.append("\n".join(f"    {one_line(line, MAX_LINE)}" for line in lines))
    return "\n\n".join(parts) + "\n" if parts else ""
