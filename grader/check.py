"""Run the visible checks of a student's notebook on the student's own machine.

The notebook is read as `grade` reads it, and an answer runs as it does there: after the student's
own cells above it alone, without the course, within the same time. What runs the cells,
`inside.kernel`, is the same. Only the sandbox is missing, so this runs on any system.
"""

import json
import queue
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any

from grader.masters import Check, Exercise, cell_kind
from grader.questions import Question
from grader.reading import UnreadableFile, read
from grader.sentences import (
    NOT_ANSWERED,
    error_in_words,
    named_cause,
    no_cell,
    skipped_in_words,
)
from grader.submissions import StudentAnswer, Submission, gather, same_code

INSIDE = Path(__file__).parent / "inside"
BOOT = "import sys; sys.path.insert(0, sys.argv[1]); import rehearsal; rehearsal.main()"
START = 120.0  # seconds for the other process to import torch
TIMEOUT = 20.0  # seconds for an answer, as `grade` allows it
ANSWER = "answer"


@dataclass(frozen=True)
class Found:
    """What one check said.

    Attributes
    ----------
    check : Check
    fault : str
        Empty when it passed.
    mentions : tuple of str
        Sentences about the answer's cells that don't decide, such as one that was skipped.
    """

    check: Check
    fault: str
    mentions: tuple[str, ...] = ()


class Interrupted(Exception):
    """The other process ended, or was ended, in the cell ``label``; the message says how."""

    def __init__(self, label: str, words: str, too_long: bool):
        super().__init__(words)
        self.label, self.too_long = label, too_long


class Rehearsal:
    """Another process, which runs answers and checks; see `inside.rehearsal`.

    Parameters
    ----------
    folder : str
        An empty one, where the cells run.
    """

    def __init__(self, folder: str):
        self.folder = folder
        self.process: subprocess.Popen[str] | None = None

    def __enter__(self) -> "Rehearsal":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:  # fmt: skip
        self.stop()

    def start(self) -> subprocess.Popen[str]:
        """The other process, started if there is none."""
        if self.process is None:
            self.process = subprocess.Popen(
                [sys.executable, "-P", "-c", BOOT, str(INSIDE)], cwd=self.folder, text=True,
                encoding="utf-8", stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
            )  # fmt: skip
            self.lines: queue.SimpleQueue[str] = queue.SimpleQueue()
            threading.Thread(
                target=self.listen, args=(self.process, self.lines), daemon=True
            ).start()
        return self.process

    @staticmethod
    def listen(process: subprocess.Popen[str], lines: "queue.SimpleQueue[str]") -> None:
        """Put into ``lines`` what ``process`` says, and an empty line when it has ended."""
        assert process.stdout is not None
        for line in process.stdout:
            lines.put(line)
        lines.put("")

    def stop(self) -> None:
        """End the other process."""
        if self.process is not None:
            self.process.kill()
            self.process.wait()
            self.process = None

    def run(self, job: dict[str, Any]) -> Iterator[dict[str, Any]]:
        """Run ``job``; yield what the other process says of it, as it comes.

        Raises
        ------
        Interrupted
            When it ends, or takes longer over a cell than it may.
        """
        process = self.start()
        assert process.stdin is not None
        try:
            process.stdin.write(json.dumps(job) + "\n")
            process.stdin.flush()
        except OSError:
            pass  # it has ended, as the empty line will say
        label, seconds = "", START
        deadline = time.monotonic() + seconds
        while True:
            try:
                line = self.lines.get(timeout=max(0.0, deadline - time.monotonic()))
            except queue.Empty:
                self.stop()
                raise Interrupted(label, f"it takes longer than {seconds:.3g} s", True) from None
            if not line:
                self.stop()
                raise Interrupted(label, "the process ended before it answered", False)
            said = json.loads(line)
            if said["kind"] == "done":
                return
            if said["kind"] == "begun":
                label, seconds = said["label"], said["seconds"]
                deadline = time.monotonic() + seconds
            else:
                deadline = time.monotonic() + START
                yield said


def check_notebook(path: Path, exercises: list[Exercise], timeout: float = TIMEOUT) -> list[Found]:
    """Run the answers in a notebook and say for each of their visible checks whether it passed.

    Parameters
    ----------
    path : Path
        A student's ``.ipynb``, ``.md`` or ``.py``; it stays untouched.
    exercises : list of Exercise
        The course's. Their checks are run, whatever became of those in the notebook.
    timeout : float
        Seconds an answer may take, and a check.

    Raises
    ------
    ValueError
        When the file can't be read as a notebook, holds no answer, or those of several chapters.
    """
    try:
        cells = read(path)
    except UnreadableFile as error:
        raise ValueError(f"{path} {error}.") from None
    questions = [question for exercise in exercises for question in exercise.questions]
    handed_in = Submission(path.stem, (path,))
    submission, located, _ = gather(handed_in, questions, lambda _: cells)
    if submission.status:
        raise ValueError(f"{path}: {submission.sentence}.")
    if not located:
        names = ", ".join(question.name for question in questions)
        raise ValueError(
            f"{path} has no answers: no cell starts with `# @answer NAME`, where NAME is one of "
            f"{names}."
        )
    (exercise,) = (e for e in exercises if any(q.name in located for q in e.questions))
    found: list[Found] = []
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        with Rehearsal(folder) as rehearsal:
            for question in exercise.questions:
                checks = [check for check in exercise.checks if check.answer == question.name]
                answer = located.get(question.name)
                if answer is None:
                    found += [Found(check, no_cell(question.name)) for check in checks]
                elif same_code(answer.cell, question.starter):
                    found += [Found(check, f"{NOT_ANSWERED} yet") for check in checks]
                else:
                    found += check_answer(rehearsal, exercise, question, answer, timeout)
    return found


def check_answer(
    rehearsal: Rehearsal, exercise: Exercise, question: Question, answer: StudentAnswer,
    timeout: float = TIMEOUT,
) -> list[Found]:  # fmt: skip
    """What each visible check says of an answer."""
    checks = [check for check in exercise.checks if check.answer == question.name]
    helpers = [s for kind, s in exercise.handed_out if kind == "code" and not cell_kind(s)[0]]
    mentions = []
    if answer.copies > 1:
        mentions.append(f"{answer.copies} cells have the name {question.name}; the last counts")
    faults: dict[str, str] = {}
    before = dict(answer.before)
    given_up: list[str] = []  # cells that took too long, skipped from then on
    whole = ""  # why no check could be run
    while not whole and len(faults) < len(checks):
        left = [(label, "\n\n".join([*helpers, check.code])) for check in checks
                if (label := check.what) not in faults]  # fmt: skip
        job = {"context": question.context, "before": list(before.items()), "cell": answer.cell,
               "checks": left, "timeout": timeout, "given_up": given_up}  # fmt: skip
        try:
            for said in rehearsal.run(job):
                match said["kind"]:
                    case "skipped":
                        cell = f"{said['label']} ({last_line(before[said['label']])})"
                        mentions.append(skipped_in_words(cell, said["type"], said["text"]))
                    case "passed":
                        faults[said["label"]] = ""
                    case "error":
                        faults[said["label"]] = fault(said["type"], said["text"])
                    case "cell":
                        whole = cell_fault(said["type"], said["text"])
        except Interrupted as ended:
            if ended.label in before and ended.too_long:
                given_up.append(ended.label)
            elif ended.label in [label for label, _ in left]:
                faults[ended.label] = str(ended)
            else:
                last = last_line(before.get(ended.label, answer.cell))
                where = "the answer's cell" if ended.label == ANSWER else ended.label or "its start"
                whole = f"{ended}; it was at {where}, which ends with {last}"
    unique = tuple(dict.fromkeys(mentions))
    return [Found(check, whole or faults[check.what], unique) for check in checks]


def last_line(source: str) -> str:
    """The last line of a cell, by which its author knows it."""
    return f"`{source.strip().splitlines()[-1].strip()}`"


def fault(error: str, text: str) -> str:
    """What an error in a check says: the check's own sentence, if it is one."""
    if error == "AssertionError" and text:
        return text
    return named_cause(error, text) or error_in_words(error, text)


def cell_fault(error: str, text: str) -> str:
    """What an error in the answer's cell says."""
    return named_cause(error, text) or f"the cell raises {error_in_words(error, text)}"


def report(found: list[Found]) -> str:
    """One line a check, what else there is to mention, and a last line that counts the checks."""
    lines = [
        f"{'ok   ' if not f.fault else 'WRONG'}  {f.check.answer}: {f.check.what}"
        + (f"\n       {f.fault}" if f.fault else "")
        for f in found
    ]
    lines += dict.fromkeys(f"note   {mention}" for f in found for mention in f.mentions)
    good = sum(not f.fault for f in found)
    return "\n".join([*lines, f"{good} of {len(found)} checks pass."])
