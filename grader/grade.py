"""Grade a class: every answer in the sandbox, every verdict out here, nothing lost.

A student's grade depends on that student's files, the masters, the seed and the limits; never on
anyone else's files, nor on the order or number of workers.
"""

import contextlib
import fcntl
import os
import queue
import sys
import threading
from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from contextlib import closing
from pathlib import Path
from typing import Any

from tqdm import tqdm

from grader import changes
from grader.bubblewrap import OPEN, SandboxError, bwrap_complaint
from grader.changes import record_path
from grader.decoding import one_line
from grader.diagnosis import Reference
from grader.gradebook import (
    prose,
    read_record,
    settings_key,
    submission_key,
    table,
    write_record,
    write_whole,
)
from grader.questions import Question
from grader.reading import Reader
from grader.runner import Grader, MastersError, failed, modules
from grader.sandbox import Sandbox
from grader.submissions import Submission, find
from utils import files


class Busy(Exception):
    """Another grader writes to the same folder."""


@contextlib.contextmanager
def only_one(out: Path) -> Iterator[None]:
    """Hold the folder ``out`` while grading; the system lets go of it however grading ends.

    Raises
    ------
    Busy
        When another grader holds it.
    """
    folder = os.open(out, os.O_RDONLY)
    try:
        try:
            fcntl.flock(folder, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise Busy(
                f"Another grader is at work in {out}: wait until it is done, or name another "
                "folder with -o."
            ) from None
        yield
    finally:
        os.close(folder)


def missing(
    submissions: Iterable[Submission], records: Sequence[dict[str, Any] | None]
) -> list[str]:
    """Students whose record is not there, or is another's; none is the only right answer."""
    return [
        one_line(submission.student)
        for submission, record in zip(submissions, records, strict=True)
        if record is None or record["student"] != submission.student
    ]


class Workers:
    """Threads that grade submissions, each with a sandbox of its own.

    They share the masters' own answers among them, and wait for each other until all are known.
    ``make`` is given the event upon which a sandbox leaves what it is at.
    """

    def __init__(
        self,
        count: int,
        make: Callable[[threading.Event], Sandbox],
        seed: str,
        questions: list[Question],
    ):
        self.make, self.seed, self.questions = make, seed, questions
        self.references: dict[str, Reference] = {}
        self.unknown: queue.SimpleQueue[Question] = queue.SimpleQueue()
        self.known = threading.Barrier(count)
        self.todo: queue.SimpleQueue[Any] = queue.SimpleQueue()
        self.done: queue.SimpleQueue[Any] = queue.SimpleQueue()
        self.stop = threading.Event()
        self.threads = [threading.Thread(target=self.work) for _ in range(count)]

    def work(self) -> None:
        """Grade until nothing is left to do. What stops the whole class goes to ``done``."""
        try:
            with self.make(self.stop) as sandbox, Reader() as reader:
                sandbox.start()
                grader = Grader(sandbox, self.seed, reader.read)
                self.prepare(grader)
                while not self.stop.is_set():
                    submission = self.todo.get_nowait()
                    self.done.put((submission, self.grade(grader, submission)))
        except (queue.Empty, threading.BrokenBarrierError):
            return
        except Exception as error:  # raised again by `results`, in the thread that waits
            self.known.abort()
            self.done.put((None, error))

    def prepare(self, grader: Grader) -> None:
        """Run the masters' answers that no other worker has begun, and wait for the rest."""
        while not self.stop.is_set():
            try:
                question = self.unknown.get_nowait()
            except queue.Empty:
                break
            self.references[question.name] = grader.reference(question, self.questions)
        self.known.wait()

    def grade(self, grader: Grader, submission: Submission) -> dict[str, Any]:
        """One record; no submission, however odd, may stop the others."""
        try:
            references = [self.references[question.name] for question in self.questions]
            return grader.grade_submission(submission, references)
        except (OSError, SandboxError):
            raise
        except Exception as error:
            return failed(submission, error, sum(question.points for question in self.questions))

    def results(
        self, submissions: Sequence[Submission]
    ) -> Generator[tuple[Submission, dict[str, Any]], None, None]:
        """Yield submission and record as they come."""
        for question in self.questions:
            self.unknown.put(question)
        for submission in submissions:
            self.todo.put(submission)
        for thread in self.threads:
            thread.start()
        try:
            for _ in submissions:
                submission, record = self.done.get()
                if submission is None:
                    raise record
                yield submission, record
        finally:
            self.stop.set()
            for thread in self.threads:
                thread.join()


def complaint(
    questions: Sequence[Question], submissions: Path, out: Path, sandbox: str
) -> str | None:
    """Why grading can't begin, or None."""
    if sandbox not in ("bwrap", "none"):
        return f"--sandbox is 'bwrap' or 'none', got {sandbox!r}."
    if not submissions.is_dir():
        return f"{submissions} is no folder; give the folder that holds the submissions."
    if out.resolve().is_relative_to(submissions.resolve()):
        return f"{out} lies in {submissions} and would be taken for a student; choose another."
    names = [question.name for question in questions]
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice or not names:
        return f"The masters define {twice[0]} twice." if twice else "The masters hold no answers."
    return bwrap_complaint() if sandbox == "bwrap" else None


def grade_class(
    questions: Sequence[Question],
    submissions: Path,
    out: Path,
    *,
    jobs: int = 2,
    timeout: float = 10.0,
    memory: int = 2048,
    seed: str,
    sandbox: str = "bwrap",
    hidden: Sequence[Path] = (),
    accept_changes: bool = False,
    progress: Callable[[str], None] = tqdm.write,
) -> int:
    """Grade all ``submissions`` into ``out``: a JSON a student, then ``grades.csv``.

    What an earlier run with the same settings has graded is kept, so a run that was killed goes
    on where it stopped. Where the grader, its exercises or the settings have changed since, it says
    first which grades that changes, and goes no further unless told to.

    Parameters
    ----------
    questions : sequence of Question
    submissions, out : Path
    jobs : int
        Answers run at a time.
    timeout : float
        Seconds for an answer.
    memory : int
        MB for an answer, beyond what torch takes.
    seed : str
        The teacher's secret, from which the probes' seeds derive.
    sandbox : "bwrap" or "none"
    hidden : sequence of Path
        What must not be seen inside, besides ``submissions`` and ``out``: the masters.
    accept_changes : bool
        Whether grades of before may change although nothing else was handed in.
    progress : callable
        Gets a line for every student.

    Returns
    -------
    int
        Exit status: 0 when all are graded, 1 when something stopped or failed, 2 when grading
        could not begin, 3 when grades would change and that was not accepted, 130 when it was
        interrupted.
    """
    wrong = complaint(questions, submissions, out, sandbox)
    if wrong:
        print(wrong, file=sys.stderr)
        return 2
    if sandbox == "none":
        print(OPEN, file=sys.stderr)
    secret = [submissions, out, *hidden]
    warm = modules(questions)

    def make(stop: threading.Event) -> Sandbox:
        return Sandbox(sandbox, timeout=timeout, memory=memory, warm=warm, hidden=secret, stop=stop)

    key = settings_key(questions, seed=seed, timeout=timeout, memory=memory, sandbox=sandbox)
    try:
        out.mkdir(parents=True, exist_ok=True)
        with only_one(out):
            keys = {s: submission_key(s, key) for s in find(submissions)}
            if not keys:
                print(f"{submissions} holds nothing that was handed in.", file=sys.stderr)
                return 2
            old = changes.of_before(out, keys)
            place = out / changes.WAITING if old else out
            place.mkdir(exist_ok=True)
            for folder in {out, place}:
                files.remove_unfinished(folder)
            fresh = [s for s in keys if changes.newest(out, s, keys[s]) is None]
            if fresh:
                workers = Workers(min(jobs, len(fresh)), make, seed, list(questions))
                grade_fresh(workers, fresh, keys, place, progress)
            found = [
                changes.newest(out, s, keys[s]) or read_record(record_path(place, s)) for s in keys
            ]
            lost = missing(keys, found)
            if lost:
                print(f"Grading failed: no record of {', '.join(lost)}.", file=sys.stderr)
                return 1
            records = [record for record in found if record is not None]
            new = dict(zip(keys, records, strict=True))
            if old and not changes.settled(out, keys, old, new, accept_changes):
                return 3
            if prose(records):
                write_whole(out / "written.md", prose(records))
            write_whole(out / "grades.csv", table(records, questions))
            return 1 if any(record["status"] == "failed" for record in records) else 0
    except Busy as error:
        print(error, file=sys.stderr)
        return 2
    except MastersError as error:
        print(error, file=sys.stderr)
        return 2
    except SandboxError as error:
        print(f"{error} What is graded is kept.", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("Stopped. What is graded is kept; the same command goes on.", file=sys.stderr)
        return 130
    except OSError as error:
        print(
            f"Grading stopped: {error.strerror or error} ({error.filename or out}). Once that is "
            "put right, run the same command again; what is graded is kept.",
            file=sys.stderr,
        )
        return 1


def grade_fresh(
    workers: Workers,
    fresh: Sequence[Submission],
    keys: dict[Submission, str],
    place: Path,
    progress: Callable[[str], None],
) -> None:
    """Grade what is not graded yet; each record is on the disk before the next is looked at."""
    with (
        tqdm(total=len(fresh), unit=" students", disable=None) as bar,
        closing(workers.results(fresh)) as results,
    ):
        for submission, record in results:
            # Without its key a failed one is tried again by the next run.
            key = None if record["status"] == "failed" else keys[submission]
            write_record(record_path(place, submission), {"key": key, **record})
            points = f"{record['score']:g} of {record['max']:g}"
            state = "" if record["status"] == "graded" else f" ({record['status']})"
            progress(f"{one_line(submission.student)}: {points}{state}")
            bar.update()
