"""What a module or a function does on given inputs: values, gradients, and what it leaves behind.

A right answer may name its parts in its own way, and register them in its own order. So
parameters and buffers are told by numbers that depend on neither.
"""

import math
from collections.abc import Callable, Iterable
from functools import cache
from random import Random
from typing import Any

import torch

ZERO = 1e-5  # of the length of all gradients together; what rounding leaves of a gradient of zero


def draw_images(
    random: Random,
    channels: int,
    *,
    batch: int | None = None,
    magnitude: float = 1.0,
    wide: bool | None = None,
) -> torch.Tensor:
    """Images for a probe, of drawn sizes: one side is more than three times the other.

    Parameters
    ----------
    random : Random
        ``Random(seed)``, from which the sizes and the numbers are drawn, one call after another.
    channels : int
    batch : int, optional
        How many images; otherwise from 2 to 5.
    magnitude : float
        Their standard deviation; the mean is 0.
    wide : bool, optional
        Whether they are wide or tall; otherwise that is drawn, too.

    Returns
    -------
    Tensor
        Of shape (batch, channels, height, width).
    """
    short = random.randint(2, 4)
    long = 3 * short + random.randint(1, 3)
    drawn = random.random() < 0.5
    height, width = (short, long) if (drawn if wide is None else wide) else (long, short)
    shape = (batch or random.randint(2, 5), channels, height, width)
    generator = torch.Generator().manual_seed(random.getrandbits(31))
    return magnitude * torch.randn(shape, generator=generator)


def made_small(x: torch.Tensor) -> torch.Tensor:
    """``x``, scaled so that its largest number is 0.09: small throughout, whatever it holds."""
    return 0.09 * x / x.abs().max()


@cache
def directions(size: int) -> torch.Tensor:
    """Two fixed directions among vectors of ``size`` numbers, of shape (size, 2)."""
    generator = torch.Generator().manual_seed(size)
    return torch.randn(size, 2, generator=generator, dtype=torch.float64)


def scaled(tensor: torch.Tensor) -> list[Any]:
    """``tensor`` in units of its root mean square, and these, which are 1 at least.

    So a sum of large numbers that nearly cancel may differ by their rounding.
    """
    if not tensor.is_floating_point() or not tensor.numel():
        return [1.0, tensor]
    unit = max(1.0, tensor.detach().double().square().mean().sqrt().item())
    return [unit, tensor / unit if math.isfinite(unit) else tensor]


def fingerprints(tensors: Iterable[torch.Tensor], zero: float = 0.0) -> list[list[Any]]:
    """Numbers that tell ``tensors`` from others, whatever their names, axes and order.

    Parameters
    ----------
    tensors : iterable of Tensor
    zero : float
        What is not longer than this is taken for zero.

    Returns
    -------
    list
        For each number of elements that occurs, in rising order: that number, and a tensor of
        shape (3, how many tensors have so many). It holds their lengths, and their products with
        two fixed directions divided by their lengths. Each row is sorted by itself: where two
        are nearly equal, rounding may exchange them, and a sorted row hardly changes by that.
    """
    by_size: dict[int, list[torch.Tensor]] = {}
    for tensor in tensors:
        by_size.setdefault(tensor.numel(), []).append(tensor.detach().double().flatten())
    found: list[list[Any]] = []
    for size, group in sorted(by_size.items()):
        values = torch.stack(group)  # (tensors, size)
        lengths = values.norm(dim=1)
        lengths = lengths.where(~(lengths <= zero), 0)
        products = (values @ directions(size)).T / lengths.where(lengths != 0, math.inf)
        found.append([size, torch.cat([lengths[None], products]).sort(dim=1).values])
    return found


def distinct(tensors: Iterable[torch.Tensor]) -> list[torch.Tensor]:
    """Each tensor once, also where two modules share it."""
    return list({id(tensor): tensor for tensor in tensors}.values())


def behaviour_of(
    call: Callable[..., Any], *inputs: torch.Tensor | torch.nn.Module, where: str = ""
) -> dict[str, Any]:
    """What one call gives, forwards and backwards, and what has changed after it.

    Parameters
    ----------
    call : callable
        A module, or a function of ``inputs``.
    *inputs : Tensor or Module
        Tensors stay as they are, ``call`` gets copies; where they hold real numbers, their
        gradients are told. A module among them is told with its parts, as ``call`` is.
    where : str
        Added to each name, so that a probe can return several calls. A student may read it.

    Returns
    -------
    dict
        Plain values, which agree for two right answers with equal weights:

        - ``"output"``: what it returns; where that is a tensor, see `scaled`;
        - ``"gradient of the input"``: for each tensor among the inputs, of a drawn linear
          function of the output; None where no gradient arrives;
        - ``"gradients of the parameters"`` of that function: see `fingerprints`;
        - ``"parameters without a gradient"``: how many there are;
        - ``"buffers afterwards"``, running averages among them: see `fingerprints`;
        - ``"input unchanged"``, ``"parameters unchanged"``, ``"mode unchanged"``: whether the call
          left each tensor, all parameters and each module's ``training`` as they were.
    """
    owners = [one for one in (call, *inputs) if isinstance(one, torch.nn.Module)]
    parameters = distinct(p for owner in owners for p in owner.parameters())
    modes = [(module, module.training) for owner in owners for module in owner.modules()]
    for parameter in parameters:
        parameter.grad = None
    weights = [parameter.detach().clone() for parameter in parameters]
    tensors = [one for one in inputs if isinstance(one, torch.Tensor)]
    leaves = [x.detach().clone().requires_grad_(x.is_floating_point()) for x in tensors]
    given = [leaf.clone() for leaf in leaves]  # no leaves: they may be changed in place
    copies = iter(given)
    output = call(*(next(copies) if isinstance(one, torch.Tensor) else one for one in inputs))
    unchanged = [torch.equal(mine, x) for mine, x in zip(given, tensors, strict=True)]
    if isinstance(output, torch.Tensor) and output.requires_grad:
        generator = torch.Generator().manual_seed(output.numel())
        factors = torch.randn(output.shape, generator=generator)
        (output * factors).sum().backward()  # not backward(factors): a third of a second, at first
    lacking = [parameter for parameter in parameters if parameter.grad is None]
    slopes = [torch.zeros_like(p) if p.grad is None else p.grad for p in parameters]
    total = math.hypot(*(slope.double().norm().item() for slope in slopes))
    found = {
        "output": scaled(output) if isinstance(output, torch.Tensor) else output,
        "gradient of the input": [
            None if leaf.grad is None else scaled(leaf.grad) for leaf in leaves
        ],
        "gradients of the parameters": fingerprints(slopes, zero=ZERO * total),
        "parameters without a gradient": len(lacking),
        "buffers afterwards": fingerprints(distinct(b for o in owners for b in o.buffers())),
        "input unchanged": unchanged,
        "parameters unchanged": all(map(torch.equal, parameters, weights)),
        "mode unchanged": all(module.training == before for module, before in modes),
    }
    return {f"{name}, {where}" if where else name: value for name, value in found.items()}


def behaviour_of_block(
    block: torch.nn.Module, channels: int, stride: int, random: Random
) -> dict[str, Any]:
    """What a block of a network does in two calls, in modes that are drawn.

    The images are of any size, number and magnitude that a block allows, drawn wider than
    `draw_images` does.

    Parameters
    ----------
    block : Module
    channels : int
        Of its input.
    stride : int
        By which it divides height and width, so that BatchNorm sees more than one place.
    random : Random
    """
    height, width = (random.randint(1, 7) for _ in "12")
    modes = [random.random() < 0.5 for _ in "12"]
    if any(modes):
        height = max(height, 2 * stride + 1)
    generator = torch.Generator().manual_seed(random.getrandbits(31))
    x = torch.randn(random.choice([1, 2, 5]), channels, height, width, generator=generator)
    x *= 10 ** random.uniform(-3, 4)
    found: dict[str, Any] = {}
    for call, (images, training) in enumerate(zip((x, x.flip(0, 1, 2) / 2), modes, strict=True)):
        block.train(training)
        found |= behaviour_of(block, images, where=str(call))
    return found
