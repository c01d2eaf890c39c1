"""Run a student's cells and the probes on them, and write what comes out to the pipe."""

import ast
import os
import re
import resource
import signal
import sys
import time
import types
from typing import Any

import torch
from behaviour import behaviour_of, draw_images
from encoding import NotPlain, encode
from IPython.core.inputtransformer2 import TransformerManager
from settings import Settings, seed_all
from weights import set_weights

MAGIC = re.compile(r"^(\s*)(?:[\w., ]+=\s*)?get_ipython\(\)\.\w+\(.*$", re.MULTILINE)
# Cell magics whose body is Python; the bodies of all others (`%%bash`) are not.
TIMERS = re.compile(r"\A\s*%%(?:time|timeit|capture|prun)\b.*\n")
MAX_MAGIC = 20_000  # characters; IPython reads a cell again for each magic in it

HELPERS = {"torch": torch, **{f.__name__: f for f in (set_weights, behaviour_of, draw_images)}}
# As they were before any student's code ran.
write, clock, usage = os.write, time.monotonic, resource.getrusage


def without_magics(source: str) -> str:
    """``source`` with IPython's magics, ``!`` and ``?`` lines turned into comments.

    They are recognised by IPython and never run.
    """
    source = TIMERS.sub("\n", source)
    try:
        ast.parse(source)
    except SyntaxError:
        if len(source) <= MAX_MAGIC:
            try:
                source = TransformerManager().transform_cell(source)
            except SyntaxError:
                return source  # so broken that IPython gives up; compiling will say where
    return MAGIC.sub(r"\1pass  # a magic, not run", source)


def last_line(error: BaseException) -> str:
    """The error's message; whatever the student's class does when asked for it."""
    try:
        if isinstance(error, SyntaxError):
            return f"{error.msg} (line {error.lineno})"
        lines = str(error).strip().splitlines()
        text = lines[-1] if lines else ""
    except BaseException:
        return "its message can't be read"
    line, trace = None, error.__traceback__
    while trace is not None:
        if trace.tb_frame.f_code.co_filename == "answer":
            line = trace.tb_lineno
        trace = trace.tb_next
    return f"{text} (line {line} of the cell)" if line else text


def failure(error: BaseException) -> dict[str, Any]:
    """``error`` as two short strings."""
    return {"type": type(error).__name__[:80], "text": last_line(error)[:300]}


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


def run_added(cells: list[Any], names: dict[str, Any], emit: Emitter, seconds: float) -> None:
    """Run the cells before the answer. One that fails costs nothing and is mentioned.

    Each may take half of what is left of half the time, so that the answer has time, too.
    """
    left = seconds / 2
    for label, source in cells:
        allowance = Allowance(max(0.1, left / 2))
        try:
            with allowance:
                exec(compile(without_magics(source), label, "exec", dont_inherit=True), names)
        except BaseException as error:
            emit("skipped", label=label, **failure(error))
        left -= allowance.taken


def ask(
    code: str, seed: int, names: dict[str, Any], surroundings: dict[str, Any]
) -> dict[str, Any]:
    """Run one probe on the student's names."""
    seed_all(seed)
    own = dict(surroundings)
    exec(compile(code, "probe", "exec", dont_inherit=True), own)
    inputs = own["probe"].__code__
    wanted = inputs.co_varnames[: inputs.co_argcount]
    missing = [name for name in wanted if name != "seed" and name not in names]
    if missing:
        raise NameError(f"the cell defines no {' and no '.join(missing)}")
    return own["probe"](*(seed if name == "seed" else names[name] for name in wanted))


def run(job: dict[str, Any], fd: int) -> None:
    """Run context, added cells, the answer and the probes of ``job``; write records to ``fd``."""
    emit = Emitter(fd)
    seed_all(0)  # what cells draw without a seed is the same in every run
    emit("started")  # from here on it is the student's doing when no values come
    main = types.ModuleType("__main__")  # dataclasses and pickle look their class up in it
    sys.modules["__main__"] = main
    names = main.__dict__
    for source in job["context"]:
        try:
            exec(compile(without_magics(source), "context", "exec", dont_inherit=True), names)
        except BaseException as error:
            emit("context", **failure(error))
            return
    surroundings = {**names, **HELPERS}
    settings = Settings()
    run_added(job["before"], names, emit, job["timeout"])
    try:
        code = compile(without_magics(job["cell"]), "answer", "exec", dont_inherit=True)
        exec(code, names)
    except BaseException as error:
        emit("cell", **failure(error))
        return
    for number, (source, seed) in enumerate(job["probes"]):
        try:
            with settings.restored():
                values = ask(source, seed, names, surroundings)
            emit("values", number, values=values)
        except NotPlain as error:
            emit("error", number, type="NotPlain", text=str(error)[:300])
        except BaseException as error:
            emit("error", number, **failure(error))
