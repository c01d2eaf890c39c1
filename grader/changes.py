"""Grades that change because the grader, its exercises or its settings did, and not the student.

While grades of before are there, new records go to a folder beside them, and take their place only
when no grade changes or whoever grades accepts it.
"""

import shutil
import sys
from pathlib import Path
from typing import Any

from grader.decoding import one_line
from grader.gradebook import read_record
from grader.submissions import Submission, file_name

WAITING = "new"  # the folder, within that of the grades
Records = dict[Submission, dict[str, Any]]


def record_path(out: Path, submission: Submission) -> Path:
    """Where the record of a submission is kept."""
    return out / f"{file_name(submission.student)}.json"


def rules(key: str) -> str:
    """The part of a record's key that stands for grader, exercises and settings."""
    return key.partition("-")[0]


def handed_in(key: str) -> str:
    """The part of a record's key that stands for what the student handed in."""
    return key.partition("-")[2]


def of_before(out: Path, keys: dict[Submission, str]) -> Records:
    """Records in ``out`` of what is still handed in, made under other rules.

    A record so old that its key has no parts counts as well. One that the grader stumbled over has
    no key, and is no grade.
    """
    found = {}
    for submission, key in keys.items():
        record = read_record(record_path(out, submission)) or {}
        old = record.get("key")
        if old and rules(old) != rules(key) and handed_in(old) in ("", handed_in(key)):
            found[submission] = record
    return found


def newest(out: Path, submission: Submission, key: str) -> dict[str, Any] | None:
    """The record with this key, in its place or waiting."""
    for folder in (out, out / WAITING):
        record = read_record(record_path(folder, submission), key)
        if record is not None:
            return record
    return None


def grade(record: dict[str, Any]) -> dict[str, tuple[float, float]]:
    """Points and best points by answer, the sum and the status among them."""
    answers = {answer["name"]: (answer["score"], answer["max"]) for answer in record["answers"]}
    return {record["status"]: (record["score"], record["max"]), **answers}


def difference(old: dict[str, Any], new: dict[str, Any]) -> str | None:
    """How a grade changes, in words; None when it doesn't."""
    before, after = grade(old), grade(new)
    if before == after:
        return None
    words = [
        f"{record['score']:g} of {record['max']:g}"
        + ("" if record["status"] == "graded" else f" ({record['status']})")
        for record in (old, new)
    ]
    names = [name for name in after if name in before and after[name] != before[name]]
    if words[0] == words[1]:
        return f"{words[0]}, with other points for {', '.join(sorted(names))}"
    return " -> ".join(words)


def announcement(old: Records, new: Records) -> list[str]:
    """How many grades change, in a first line, and whose, in a line for each."""
    found = {s: difference(record, new[s]) for s, record in old.items()}
    lines = [f"  {one_line(s.student)}: {text}" for s, text in found.items() if text]
    count = (
        f"{len(lines) or 'none'} of {len(old)} grades {'change' if len(lines) > 1 else 'changes'}"
    )
    first = (
        "The grader, its exercises or its settings have changed since these grades were written: "
    )
    return [f"{first}{count}{':' if lines else '.'}", *lines]


def settled(
    out: Path, keys: dict[Submission, str], old: Records, new: Records, accepted: bool
) -> bool:
    """Say which grades change; put the records that wait into their places if they may go there.

    Each goes at once, so that whoever is ended in between can begin again.
    """
    first, *changed = announcement(old, new)
    print("\n".join([first, *changed]), file=sys.stderr)
    if changed and not accepted:
        print(
            f"Nothing in {out} was changed; the new records wait in {out / WAITING}. To let these "
            "grades change, run the same command with --accept-changes.",
            file=sys.stderr,
        )
        return False
    for submission in keys:
        waiting = record_path(out / WAITING, submission)
        if waiting.exists():
            waiting.replace(record_path(out, submission))
    shutil.rmtree(out / WAITING)
    return True
