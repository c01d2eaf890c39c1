"""Run mutants in children of this process, as the sandbox's fork server runs answers in its own.

What runs is the course's own code, changed a little, in tens of thousands of cells: bubblewrap and
the way into it and back would take ten times as long as the cells. The cells and probes are run by
the same function as there (`grader.inside.cells.run`), in a process that nothing else has used,
with limits of time and memory.
"""

import gc
import importlib
import os
import resource
import select
import signal
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from typing import Any

from grader.bubblewrap import INSIDE
from grader.decoding import decode
from grader.sandbox import Run

MEMORY = 2 * 2**30  # bytes a mutant may take beyond what this process takes
WAIT = 20  # times its limit of computing that a child may take on the wall


def prepare(modules: Sequence[str]) -> None:
    """Import once what every child needs; nothing else may run torch in this process."""
    if str(INSIDE) not in sys.path:
        sys.path.append(str(INSIDE))
    importlib.import_module("fork_server").warm_up(list(modules))
    gc.collect()
    gc.freeze()


def run_into(job: dict[str, Any], file: int) -> None:
    """Let `grader.inside.cells.run` write the records of ``job``; only in a child."""
    importlib.import_module("cells").run({"timeout": 60, **job}, file)


def run(job: dict[str, Any]) -> Run:
    """As `run_into`, and read them."""
    with tempfile.TemporaryFile() as file:
        run_into(job, file.fileno())
        file.seek(0)
        records, spoilt = decode(file.read())
    return Run(records[1:], "exit", spoilt, "", 0.0)


def in_child(work: Callable[[], bytes], seconds: int) -> bytes:
    """What ``work`` gives in a child, or nothing where that ended before.

    Parameters
    ----------
    work : callable
    seconds : int
        Of computing.
    """
    mine, its = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            os.close(mine)
            quiet = os.open(os.devnull, os.O_RDWR)
            for number in (0, 1, 2):
                os.dup2(quiet, number)
            limit(seconds)
            rest = memoryview(work())
            while rest:
                rest = rest[os.write(its, rest) :]
        finally:
            os._exit(0)
    os.close(its)
    found, deadline = b"", time.monotonic() + WAIT * seconds
    while select.select([mine], [], [], max(0.0, deadline - time.monotonic()))[0]:
        more = os.read(mine, 2**20)
        if not more:
            break
        found += more
    else:
        os.kill(child, signal.SIGKILL)
        found = b""
    os.close(mine)
    os.waitpid(child, 0)
    return found


def limit(seconds: int) -> None:
    """Limit this process's time and memory."""
    with open("/proc/self/statm") as file:
        taken = int(file.read().split()[0]) * resource.getpagesize()
    resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds))
    resource.setrlimit(resource.RLIMIT_AS, (taken + MEMORY, taken + MEMORY))
