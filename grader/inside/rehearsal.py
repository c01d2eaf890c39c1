"""Run an answer and its visible checks on a student's own machine, as `cells` runs an answer.

The process reads a job a line from its standard input and says a line of JSON for whatever
happens; `grader.check` waits for these lines and ends the process when one comes too late. Nothing
shuts the code in here: it is the student's own. This file must also run on Windows.
"""

import json
import os
import sys
import time
from collections.abc import Callable
from functools import partial
from typing import Any

from kernel import ANSWER, failure, fresh, refuse, run_added
from settings import Settings, seed_all

Say = Callable[..., None]


class Stage:
    """Tells that a cell begins, and how many seconds it may take; measures what it takes.

    A meter, see `kernel.Meter`. A cell that was ``given_up`` on once is not begun again.
    """

    def __init__(self, say: Say, given_up: list[str], seconds: float, label: str):
        self.say, self.given_up = say, given_up
        self.seconds, self.label, self.taken = seconds, label, 0.0

    def __enter__(self) -> None:
        if self.label in self.given_up:
            self.taken = self.seconds
            raise TimeoutError("the cell took too long")
        self.say("begun", label=self.label, seconds=self.seconds)
        self.began = time.monotonic()

    def __exit__(self, *_: object) -> None:
        self.taken = time.monotonic() - self.began


def rehearse(job: dict[str, Any], say: Say) -> None:
    """Run context, added cells, the answer and its checks; ``say`` what comes of them."""
    seed_all(0)
    kernel = fresh()
    for number, source in enumerate(job["context"], start=1):
        kernel.run(source, f"context {number}")
    settings = Settings()

    def skipped(label: str, error: BaseException) -> None:
        say("skipped", label=label, **failure(error))

    stage = partial(Stage, say, job["given_up"])
    run_added(kernel, job["before"], skipped, job["timeout"], stage)
    try:
        with stage(job["timeout"], ANSWER):
            kernel.run(job["cell"], ANSWER)
    except BaseException as error:
        say("cell", **failure(error))
        return
    for label, source in job["checks"]:
        try:
            with settings.restored(), stage(job["timeout"], label):
                kernel.run(source, label)
        except BaseException as error:
            say("error", label=label, **failure(error))
        else:
            say("passed", label=label)


def main() -> None:
    """Serve until nobody asks any more. What the cells print goes nowhere."""
    lines = os.fdopen(os.dup(1), "w", encoding="utf-8")
    nowhere = os.open(os.devnull, os.O_RDWR)
    for standard in (1, 2):
        os.dup2(nowhere, standard)
    jobs, sys.stdin = sys.stdin, open(os.devnull, encoding="utf-8")

    def say(kind: str, **fields: object) -> None:
        print(json.dumps({"kind": kind, **fields}), file=lines, flush=True)

    refuse()
    settings = Settings()
    for line in jobs:
        with settings.restored():
            rehearse(json.loads(line), say)
        say("done")
