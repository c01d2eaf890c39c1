"""A check that fails says its sentence, in a notebook, and not the way to it.

Chapters get this from `utils.start`. A student's copy needs PyTorch and nothing else, so `SOURCE`,
which needs nothing at all, stands in its first cell.
"""

import inspect
import sys
from types import TracebackType
from typing import Any

ERRORS = (AssertionError, NotImplementedError)


def failed_check(
    shell: Any, kind: type, error: Exception, trace: TracebackType, tb_offset: int | None = None
) -> None:
    """Show what a check says that failed, in a line; any other error as ever."""
    shown = shell.InteractiveTB.structured_traceback(kind, error, trace, tb_offset=tb_offset)
    if str(error) and shell.user_ns["In"][-1].startswith("# @check"):
        shown = [f"{kind.__name__}: {error}"]
    shell._showtraceback(kind, error, shown)


def watch(shell: Any = None) -> None:
    """Use `failed_check` from now on, in a notebook; elsewhere do nothing.

    Parameters
    ----------
    shell : IPython's shell, optional
        The one to do it in; this process's, if there is one.
    """
    if shell is None and "IPython" in sys.modules:
        shell = sys.modules["IPython"].get_ipython()
    if hasattr(shell, "set_custom_exc"):
        shell.set_custom_exc(ERRORS, failed_check)


def source() -> str:
    """The same for a notebook without the course."""
    lines = inspect.getsource(failed_check).splitlines()
    start = next(number for number, line in enumerate(lines) if line.startswith(")"))
    body = "\n".join(lines[start + 1 :])
    kinds = ", ".join(kind.__name__ for kind in ERRORS)
    return (
        "# A check that fails says its sentence, and not the way to it.\n"
        f"def failed_check(shell, kind, error, trace, tb_offset=None):\n{body}\n\n"
        'if "get_ipython" in globals() and hasattr(get_ipython(), "set_custom_exc"):\n'
        f"    get_ipython().set_custom_exc(({kinds}), failed_check)"
    )
