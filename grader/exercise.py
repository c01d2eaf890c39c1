"""How probes, wrong answers and candidates are written: the decorators of files in `exercises/`.

What the grader needs to know about a chapter ``chapters/NN-name.md``, and readers don't, stands in
``exercises/NN_name.py``. Where that would be longer than about 400 lines it is a folder
``exercises/NN_name/`` with a file for each answer, or several where one has very many wrong
answers; the files are read in the order of their names. For a chapter elsewhere, ``NN_name.py`` or
the folder is looked for beside it first, and then in ``../exercises/``. ::

    from collections.abc import Callable

    import torch
    from torch import nn

    from grader.exercise import candidate, probe, set_weights, wrong


    @probe("scale", "values", "the layer computes something else", points=2)
    def probe_scale(Scale: Callable[[int], nn.Module], seed: int) -> dict[str, object]:
        return {"output": set_weights(Scale(3), seed)(torch.ones(2, 3))}


    @wrong("scale", "shifted", "the layer adds its weights instead of multiplying by them")
    class Shifted(nn.Module):
        def __init__(self, features):
            super().__init__()
            self.weight = nn.Parameter(torch.ones(features))

        def forward(self, x):
            return x + self.weight

**A probe** is a function. Its parameters are names that the student's cell defines, and ``seed``.
It returns a dictionary of plain values: tensors, arrays, numbers, booleans, strings, lists of
these. What its file imports, and helper functions in it without a decorator, it may use; the
sandbox runs them before it. With `draw_images`, `made_small` and `behaviour_of`, below, it draws
sizes, batches and magnitudes from its seed, and returns gradients and what a call leaves behind
beside the output.
What the chapter's ``# @context`` cells define it may use as well; it is declared under
``if TYPE_CHECKING:`` for the sake of linters, and the grader leaves that out.

**A wrong answer** is a complete function or class, which takes the place, and the name, of the
definition that it gets wrong; the rest of the solution's cell stays. It may use what students
have: the names of the chapter's ``# @context`` cells, of the answers before it and of its own
cell. What else its file imports or defines it can't use, and the grader says so.

**A candidate** is what a student's own test is tried on: a complete function or class, right or
with a bug. A probe with a parameter ``candidate`` puts the test to one, and says whether it
passes. ::

    @probe("scale", "test", "your test doesn't tell bugs from repairs", points=2)
    def probe_scale_test(
        test_scale: Callable[..., object], candidate: object, seed: int
    ) -> dict[str, object]:
        return {"passes": passes(test_scale, candidate)}


    @candidate("scale", bug="the weights are added")
    class Adds(nn.Module): ...


    @candidate("scale")
    class ByEinsum(nn.Module): ...

The grader draws several from the seed, a process for each: `grader.candidates` says how. An answer
has at least two right ones, and bugs of at least two kinds, all with the same parameters; each
should be there in several forms, written differently. A candidate may use what the chapter's
``# @context`` cells define.

**A behaviour** is written as a probe is, but for the mutation engine (`grader.mutation`), which
asks with it whether a mutant that all probes pass is a wrong answer: from a seed it draws one input
out of the whole range that the exercise's text allows, wider than the probes do, and returns
outputs, gradients and state. Mutants known to be right answers stand in a dictionary
``EQUIVALENT`` of the file: answer, then the reason, then the mutants as the engine calls them.

The grader never imports these files. It reads them as text and the decorators' arguments, which
must be literals, from that; only the sandbox runs the code.
"""

from collections.abc import Callable, Iterable
from random import Random
from typing import TYPE_CHECKING, Any, TypeVar

if TYPE_CHECKING:
    from torch import Tensor, nn

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


def behaviour(answer: str) -> Callable[[Function], Function]:
    """Mark a function as what tells whether a mutant of ``answer`` is a wrong answer at all."""
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


def candidate(answer: str, *, bug: str | None = None) -> Callable[[Function], Function]:
    """Mark a function or class as one that students' tests are tried on.

    Parameters
    ----------
    answer : str
        As in the chapter's line ``# @answer NAME``.
    bug : str, optional
        What is wrong with it, as a clause: ``"the map shrinks"``. Candidates with the same words
        are forms of one bug. One without is right, and a test must pass on it.
    """
    return lambda function: function


def set_weights(module: Module, seed: int) -> Module:
    """Set all parameters and buffers to values that depend on their names, shapes and ``seed``.

    Two implementations with the same names get the same weights. Returns ``module``. In the
    sandbox a probe meets `grader.inside.weights.set_weights`.
    """
    from grader.inside import weights  # not above: it imports torch, which reading does not need

    weights.set_weights(module, seed)
    return module


def set_weights_by_shape(module: Module, seed: int, given: Iterable["nn.Module"] = ()) -> Module:
    """Set all parameters, but those of ``given``, to values that depend on their shapes alone.

    For answers that may name their parts as they like. Returns ``module``. In the sandbox a probe
    meets `grader.inside.weights.set_weights_by_shape`.
    """
    from grader.inside import weights

    weights.set_weights_by_shape(module, seed, given)
    return module


def draw_images(
    random: Random,
    channels: int,
    *,
    batch: int | None = None,
    magnitude: float = 1.0,
    wide: bool | None = None,
) -> "Tensor":
    """Images whose number, height and width are drawn; never nearly square.

    In the sandbox a probe meets `grader.inside.behaviour.draw_images`, which has the details.
    """
    from grader.inside import behaviour

    drawn = behaviour.draw_images
    return drawn(random, channels, batch=batch, magnitude=magnitude, wide=wide)


def made_small(x: "Tensor") -> "Tensor":
    """``x``, scaled so that none of its numbers is larger than 0.09.

    In the sandbox a probe meets `grader.inside.behaviour.made_small`.
    """
    from grader.inside import behaviour

    return behaviour.made_small(x)


def behaviour_of(
    call: Callable[..., Any], *inputs: "Tensor | nn.Module", where: str = ""
) -> dict[str, Any]:
    """What one call of a module or a function gives, and what it leaves behind.

    That is: its output, gradients of inputs and parameters, parameters, buffers and modes after
    it, and whether it changed its input; ``where`` is added to each name. In the sandbox a probe
    meets `grader.inside.behaviour.behaviour_of`, which has the details.
    """
    from grader.inside import behaviour

    return behaviour.behaviour_of(call, *inputs, where=where)


def behaviour_of_block(
    block: "nn.Module", channels: int, stride: int, random: Random
) -> dict[str, Any]:
    """What a block does in two calls on images of any size, number and magnitude.

    In the sandbox a behaviour meets `grader.inside.behaviour.behaviour_of_block`, which has the
    details.
    """
    from grader.inside import behaviour

    return behaviour.behaviour_of_block(block, channels, stride, random)
