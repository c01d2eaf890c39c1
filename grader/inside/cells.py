"""Run a student's cells and the probes on them, and write what comes out to the pipe."""

import os
import resource
import signal
import time
from typing import Any

import torch
from behaviour import behaviour_of, behaviour_of_block, draw_images, made_small
from encoding import NotPlain, encode
from kernel import ANSWER, failure, fresh, refuse, run_added
from settings import Settings, seed_all
from weights import set_weights, set_weights_by_shape

FUNCTIONS = (
    set_weights, set_weights_by_shape, behaviour_of, behaviour_of_block, draw_images, made_small
)  # fmt: skip
HELPERS = {"torch": torch, **{f.__name__: f for f in FUNCTIONS}}
# As they were before any student's code ran.
write, clock, usage = os.write, time.monotonic, resource.getrusage


class Emitter:
    """Writes records to the pipe, each at once: what is written survives what comes after."""

    def __init__(self, fd: int):
        self.fd = fd

    def __call__(self, kind: str, probe: int | None = None, **fields: object) -> None:
        rest = memoryview(encode(kind, probe, **fields))
        while rest:
            rest = rest[write(self.fd, rest) :]


class Allowance:
    """Interrupts code that is no answer and takes the answer's time; a context manager.

    Its clock goes by the processor time while the process computes, else by the wall: a process
    that others keep from computing waits without having asked to, and only asking is counted as
    a voluntary switch.

    Parameters
    ----------
    seconds : float
        What is allowed; `taken` says afterwards what it took.
    """

    TICK = 0.05  # seconds between two looks

    def __init__(self, seconds: float):
        self.seconds, self.taken = seconds, 0.0

    def __enter__(self) -> "Allowance":
        self.last = self.now()
        signal.signal(signal.SIGALRM, self.look)
        signal.setitimer(signal.ITIMER_REAL, self.TICK, self.TICK)
        return self

    def __exit__(self, *_: object) -> None:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, signal.SIG_DFL)
        self.go_on()

    def now(self) -> tuple[float, float, int]:
        """Time on the wall, time computed, and how often the process has waited by its own will."""
        used = usage(resource.RUSAGE_SELF)
        return clock(), used.ru_utime + used.ru_stime, used.ru_nvcsw

    def go_on(self) -> None:
        """Add what has passed since the last look."""
        now = self.now()
        wall, computed, waits = (b - a for a, b in zip(self.last, now, strict=True))
        self.taken += max(wall, computed) if waits else computed
        self.last = now

    def look(self, *_: object) -> None:
        """Interrupt when the time is up, and again for as long as the code goes on."""
        self.go_on()
        if self.taken > self.seconds:
            raise TimeoutError("the cell took too long")


def ask(
    code: str, seed: int, names: dict[str, Any], surroundings: dict[str, Any], candidate: str
) -> dict[str, Any]:
    """Run one probe on the student's names, and on what ``candidate``, if any, defines."""
    seed_all(seed)
    own, given = dict(surroundings), {"seed": seed}
    exec(compile(code, "probe", "exec", dont_inherit=True), own)
    if candidate:
        tried = dict(surroundings)
        exec(compile(candidate, "candidate", "exec", dont_inherit=True), tried)
        given["candidate"] = tried["candidate"]
    inputs = own["probe"].__code__
    wanted = inputs.co_varnames[: inputs.co_argcount]
    missing = [name for name in wanted if name not in given and name not in names]
    if missing:
        raise NameError(f"the cell defines no {' and no '.join(missing)}")
    return own["probe"](*({**names, **given}[name] for name in wanted))


def run(job: dict[str, Any], fd: int) -> None:
    """Run context, added cells, the answer and the probes of ``job``; write records to ``fd``."""
    emit = Emitter(fd)
    seed_all(0)  # what cells draw without a seed is the same in every run
    emit("started")  # from here on it is the student's doing when no values come
    refuse()
    kernel = fresh()
    try:
        for number, source in enumerate(job["context"], start=1):
            kernel.run(source, f"context {number}")
    except BaseException as error:
        emit("context", **failure(error))
        return
    surroundings = {**kernel.names, **HELPERS}
    settings = Settings()

    def skipped(label: str, error: BaseException) -> None:
        emit("skipped", label=label, **failure(error))

    run_added(kernel, job["before"], skipped, job["timeout"], lambda s, _: Allowance(s))
    try:
        kernel.run(job["cell"], ANSWER)
    except BaseException as error:
        emit("cell", **failure(error))
        return
    for number, (source, seed) in enumerate(job["probes"]):
        try:
            with settings.restored():
                values = ask(source, seed, kernel.names, surroundings, job.get("candidate", ""))
            emit("values", number, values=values)
        except NotPlain as error:
            emit("error", number, type="NotPlain", text=str(error)[:300])
        except BaseException as error:
            emit("error", number, **failure(error))
