"""Run cells as a Jupyter kernel runs them: in the grader's sandbox and in `python -m grader check`.

A cell finds what every kernel gives it: `display`, `get_ipython`, ``await`` outside of functions,
``from __future__`` that lasts for the cells after it, and its own source for `inspect` and
TorchScript. Magics are known and do nothing. It does not find what no answer may use; whoever asks
for that is told so in the same words in both places.

This file must also run on Windows.
"""

import __future__

import ast
import asyncio
import importlib.machinery
import inspect
import linecache
import sys
import types
from collections.abc import Callable, Sequence
from typing import Any, Protocol

import IPython
import torch
from IPython.core import getipython
from IPython.core.inputtransformer2 import TransformerManager

FUTURES = [getattr(__future__, name).compiler_flag for name in __future__.all_feature_names]
MAX_MAGIC = 20_000  # characters; IPython reads a cell again for each magic in it
RUN_THEIR_CELL = ("time", "timeit", "capture", "prun")  # cell magics whose body is Python
ANSWER = "answer"  # the label of an answer's cell
OUR_OWN = ("utils", "grader", "exercises")  # the course's packages
SOLVED = "torchvision.models"


def as_python(source: str) -> str:
    """``source`` with IPython's magics, ``!`` and ``?`` lines as calls of `get_ipython`."""
    try:
        ast.parse(source)
    except (SyntaxError, ValueError):
        if len(source) <= MAX_MAGIC:
            try:
                return TransformerManager().transform_cell(source)
            except SyntaxError:
                return source  # so broken that IPython gives up; compiling will say where
    return source


def display(*values: object, **_: object) -> None:
    """Print what a notebook would show."""
    print(*values)


class ZMQInteractiveShell:
    """What `get_ipython` gives, under the name that it has in Jupyter. Its magics do nothing.

    Cell magics that only measure or hide what their cell does let it run.
    """

    def __init__(self, kernel: "Kernel"):
        self.kernel, self.user_ns = kernel, kernel.names
        self.config: dict[str, Any] = {}

    def run_line_magic(self, name: str, line: str, *_: object, **__: object) -> None:
        """No line magic does anything."""

    def run_cell_magic(self, name: str, line: str, cell: str) -> None:
        """Run ``cell`` where it is Python and counts."""
        if name in RUN_THEIR_CELL:
            self.kernel.run(f"\n{cell}", self.kernel.label)  # its first line was the magic

    def magic(self, line: str) -> None:
        """As `run_line_magic`."""

    def system(self, command: str) -> None:
        """``!command`` runs nothing."""

    def getoutput(self, command: str) -> list[str]:
        """``!!command`` and ``x = !command`` run nothing, which prints nothing."""
        return []


class Kernel:
    """Runs cells, one after the other, in one namespace.

    Parameters
    ----------
    names : dict
        The namespace.
    """

    def __init__(self, names: dict[str, Any]):
        self.names, self.flags, self.label = names, 0, ""
        self.runner: asyncio.Runner | None = None
        self.shell = ZMQInteractiveShell(self)
        names.update(display=display, get_ipython=lambda: self.shell)

    def run(self, source: str, label: str) -> None:
        """Run a cell, whose lines tracebacks and `inspect` find under ``<label>``."""
        self.label, file = label, f"<{label}>"
        source = as_python(source)
        linecache.cache[file] = (len(source), None, source.splitlines(keepends=True), file)
        flags = self.flags | ast.PyCF_ALLOW_TOP_LEVEL_AWAIT
        code = compile(source, file, "exec", flags=flags, dont_inherit=True)
        self.flags |= sum(flag for flag in FUTURES if code.co_flags & flag)
        if code.co_flags & inspect.CO_COROUTINE:
            self.runner = self.runner or asyncio.Runner()
            self.runner.run(eval(code, self.names))
        else:
            exec(code, self.names)


class Meter(Protocol):
    """A context manager that says how many seconds passed within it, and may end it."""

    taken: float

    def __enter__(self) -> object: ...

    def __exit__(self, *_: object) -> None: ...


def run_added(
    kernel: Kernel,
    cells: Sequence[Sequence[str]],
    skipped: Callable[[str, BaseException], None],
    seconds: float,
    allowance: Callable[[float, str], Meter],
) -> None:
    """Run the cells before the answer. One that fails costs nothing; ``skipped`` hears of it.

    Each may take half of what is left of half the time, so that the answer has time, too;
    ``allowance`` makes a meter from these seconds and the cell's label.
    """
    left = seconds / 2
    for label, source in cells:
        meter = allowance(max(0.1, left / 2), label)
        try:
            with meter:
                kernel.run(source, label)
        except BaseException as error:
            skipped(label, error)
        left -= meter.taken


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
        if trace.tb_frame.f_code.co_filename == f"<{ANSWER}>":
            line = trace.tb_lineno
        trace = trace.tb_next
    return f"{text} (line {line} of the cell)" if line else text


def failure(error: BaseException) -> dict[str, Any]:
    """``error`` as two short strings."""
    return {"type": type(error).__name__[:80], "text": last_line(error)[:300]}


class Refusal:
    """Finds, before anyone else, modules that no answer may use; see `sys.meta_path`."""

    @staticmethod
    def find_spec(name: str, *_: object) -> importlib.machinery.ModuleSpec | None:
        """An empty package for the solved exercises of torchvision, a sentence for the course."""
        if name.partition(".")[0] in OUR_OWN:
            raise ModuleNotFoundError(
                f"{name} is the course's own code, and an answer must do without it; write what "
                "you need of it into your cells",
                name=name,
            )
        if name == SOLVED:
            return importlib.machinery.ModuleSpec(name, None, is_package=True)
        return None


def refuse_lazy(self: torch.nn.Module, *_: object, **__: object) -> None:
    """Raise TypeError, in place of the constructor of torch's lazy layers."""
    kind = type(self).__name__
    raise TypeError(
        f"{kind} has no weights before its first input, and those of an answer are looked at "
        f"before; use nn.{kind.removeprefix('Lazy')} and say the number of channels or features"
    )


def fresh() -> Kernel:
    """A kernel whose namespace is the process's main module: classes and pickle look there."""
    main = types.ModuleType("__main__")
    sys.modules["__main__"] = main
    kernel = Kernel(main.__dict__)
    IPython.get_ipython = getipython.get_ipython = main.__dict__["get_ipython"]
    return kernel


def refuse() -> None:
    """Refuse, in this process and for good, what no answer may use."""
    sys.meta_path.insert(0, Refusal)
    mixin: Any = torch.nn.modules.lazy.LazyModuleMixin  # Any: a method of it is replaced
    mixin.__init__ = refuse_lazy
