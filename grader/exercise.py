"""What a file in `exercises/` is written with: the marks of probes and wrong answers, and `fill`.

The grader's side of a chapter ``chapters/NN-name.md`` is Python in ``exercises/NN_name.py``, or,
where that would be longer than some 400 lines, in a folder ``exercises/NN_name/`` with a file for
each answer (several for one with very many wrong answers; they count in the order of their
names). A master outside the course is two files in the same way: ``NN_name.py``, or the folder,
is looked for beside ``NN-name.md`` first, then in ``../exercises/``. ::

    import torch
    from torch import nn

    from grader.exercise import fill, probe, wrong


    @probe("linear", "values", "the layer computes something else", points=2)
    def probe_linear(Layer: Callable[[int], nn.Module], seed: int) -> dict[str, object]:
        return {"output": fill(Layer(3), seed)(torch.ones(2, 3))}


    @wrong("linear", "no-shift", "the shift is missing")
    class NoShift(nn.Module):
        ...

**A probe** is a function. Its parameters are names that the student's cell defines, and ``seed``;
it returns a dictionary of plain values: tensors, arrays, numbers, booleans, strings, lists of
these. Before it, the sandbox runs what stands unmarked in its file: imports, helper functions.

**A wrong answer** is a complete function or class. It takes the place of the definition of the
same role in the solution, under that definition's name; in itself it may use its own. Beyond that
it uses what students have: what the chapter's ``# @context`` cells, the other answers and the rest
of its own cell define, not what its file imports or defines.

What the chapter's context defines and a probe uses besides ``torch`` is declared under
``if TYPE_CHECKING:``, so that linters know it; the grader leaves that out.

The grader never imports these files. It reads them as text, takes the marks' arguments, which
must be literals, and hands the code to the sandbox.
"""

from collections.abc import Callable
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from torch import nn

Function = TypeVar("Function", bound=Callable[..., object])
Module = TypeVar("Module", bound="nn.Module")


def probe(
    answer: str, what: str, message: str, *, points: float = 1
) -> Callable[[Function], Function]:
    """Mark a function as a probe.

    Parameters
    ----------
    answer : str
        As in the chapter's line ``# @answer NAME``.
    what : str
        The rest of the probe's name: ``"values"`` of answer ``"linear"`` is ``linear-values``.
    message : str
        Shown when it fails and no wrong answer explains why.
    points : float
        What it is worth.
    """
    return lambda function: function


def wrong(
    answer: str, name: str, message: str, *, replaces: str | None = None
) -> Callable[[Function], Function]:
    """Mark a function or class as a part of a wrong answer, mostly the whole of it.

    Parameters
    ----------
    answer : str
        As in the chapter's line ``# @answer NAME``.
    name : str
        The misconception's stable name, ``"relu-before-add"``. Definitions with the same answer,
        name and message make one wrong answer together.
    message : str
        Shown to whom makes this mistake.
    replaces : str, optional
        The definition in whose place it stands; needed where the solution has more than one.
    """
    return lambda function: function


def fill(module: Module, seed: int) -> Module:
    """Set all parameters and buffers to values that depend on their names, shapes and ``seed``.

    Two implementations with the same names get the same weights: see `grader.inside.plain.fill`,
    which is what a probe meets in the sandbox.
    """
    from grader.inside.plain import fill  # imports torch, which reading the marks does not need

    fill(module, seed)
    return module
