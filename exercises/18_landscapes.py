"""Probes and wrong answers for the exercises of chapter 18."""

from collections.abc import Callable, Sequence
from random import Random

import torch
from torch import Tensor, nn

from grader.exercise import probe, wrong

Loss = Callable[[Tensor], Tensor]
Layers = Sequence[nn.Linear | nn.Conv2d]


@probe("filter_normalised", "directions", "some direction comes out with other values", points=3)
def probe_filter_normalised(
    filter_normalised: Callable[[list[Tensor], list[Tensor]], list[Tensor]], seed: int
) -> dict[str, object]:
    """Kernels, matrices, vectors and numbers of all sizes; filters of zeros on both sides.

    Tiny ones and huge ones, and the same shapes once more with other numbers.
    """
    random = Random(seed)
    torch.random.manual_seed(seed)
    found: dict[str, object] = {}
    shapes: list[tuple[int, ...]] = [
        (random.randint(1, 5), random.randint(1, 4), 3, 3), (random.randint(1, 6),),
        (random.randint(2, 5), random.randint(1, 6)), (), (2, random.randint(1, 3), 5),
    ]  # fmt: skip
    scales = [(-2.0, 3.0), (2.5, 2.5), (0.5, -4.0), (2.5, -1.0)]  # powers of ten, both lengths
    random.shuffle(scales)
    for number, powers in enumerate(scales):
        size, length = (10 ** (power + random.random() / 2) for power in powers)
        if number != 2:
            random.shuffle(shapes)
        weights = [size * torch.randn(shape) for shape in shapes]
        steps = [length * torch.randn(shape) for shape in shapes]
        for tensors in (weights, steps):
            for tensor in tensors:
                if tensor.ndim > 1 and len(tensor) > 1:
                    tensor[random.randrange(len(tensor))] = 0
        for step in steps:
            if step.ndim > 1 and step.any() and random.random() < 0.5:  # a length that is whole
                filled = random.choice(step.flatten(1).any(dim=1).nonzero().flatten().tolist())
                step[filled] = 0
                step[filled].flatten()[0] = 97.0 * random.randint(1, 9)
        given = [tensor.clone() for tensor in (*weights, *steps)]
        result = filter_normalised(steps, weights)
        found[f"{number}: result"] = [part / size for part in result]
        found[f"{number}: shapes"] = [f"{list(part.shape)} {part.dtype}" for part in result]
        same = zip(given, (*weights, *steps), strict=True)
        found[f"{number}: unchanged"] = [torch.equal(a, b) for a, b in same]
        for part in result:
            part.fill_(7)
        same = zip(given, (*weights, *steps), strict=True)
        found[f"{number}: tensors of its own"] = [torch.equal(a, b) for a, b in same]
    return found


@wrong("filter_normalised", "whole-layer", "each layer gets one length; each filter has its own")
def whole_layer(direction: list[torch.Tensor], weights: list[torch.Tensor]) -> list[torch.Tensor]:
    found = []
    for step, own in zip(direction, weights, strict=True):
        if own.ndim < 2:
            found.append(torch.zeros_like(own))
        else:
            found.append(step * own.norm() / step.norm())
    return found


@wrong("filter_normalised", "vectors-too", "biases and norms are scaled; they should not move")
def vectors_too(direction: list[torch.Tensor], weights: list[torch.Tensor]) -> list[torch.Tensor]:
    found = []
    for step, own in zip(direction, weights, strict=True):
        if own.ndim < 2:
            found.append(step * own.norm() / step.norm())
            continue
        apart = (-1,) + (1,) * (own.ndim - 1)
        wanted, given = (t.flatten(1).norm(dim=1).reshape(apart) for t in (own, step))
        found.append(torch.where(given > 0, step * wanted / given, torch.zeros_like(step)))
    return found


@wrong("filter_normalised", "vectors-kept", "biases and norms keep their direction: zeros there")
def vectors_kept(direction: list[torch.Tensor], weights: list[torch.Tensor]) -> list[torch.Tensor]:
    found = []
    for step, own in zip(direction, weights, strict=True):
        if own.ndim < 2:
            found.append(step.clone())
            continue
        apart = (-1,) + (1,) * (own.ndim - 1)
        wanted, given = (t.flatten(1).norm(dim=1).reshape(apart) for t in (own, step))
        found.append(torch.where(given > 0, step * wanted / given, torch.zeros_like(step)))
    return found


@wrong("filter_normalised", "length-one", "each filter gets the length 1, not that of its own")
def length_one(direction: list[torch.Tensor], weights: list[torch.Tensor]) -> list[torch.Tensor]:
    found = []
    for step, own in zip(direction, weights, strict=True):
        if own.ndim < 2:
            found.append(torch.zeros_like(own))
            continue
        given = step.flatten(1).norm(dim=1).reshape((-1,) + (1,) * (own.ndim - 1))
        found.append(torch.where(given > 0, step / given, torch.zeros_like(step)))
    return found


@wrong("filter_normalised", "not-divided", "the direction's own length is left in the result")
def length_left_in(
    direction: list[torch.Tensor], weights: list[torch.Tensor]
) -> list[torch.Tensor]:
    found = []
    for step, own in zip(direction, weights, strict=True):
        if own.ndim < 2:
            found.append(torch.zeros_like(own))
        else:
            apart = (-1,) + (1,) * (own.ndim - 1)
            found.append(step * own.flatten(1).norm(dim=1).reshape(apart))
    return found


@wrong("filter_normalised", "one-axis", "a kernel is more than its last axis: a filter has three")
def last_axis(direction: list[torch.Tensor], weights: list[torch.Tensor]) -> list[torch.Tensor]:
    found = []
    for step, own in zip(direction, weights, strict=True):
        if own.ndim < 2:
            found.append(torch.zeros_like(own))
            continue
        wanted, given = (t.norm(dim=-1, keepdim=True) for t in (own, step))
        found.append(torch.where(given > 0, step * wanted / given, torch.zeros_like(step)))
    return found


@wrong("filter_normalised", "inputs", "a filter makes one *output* channel: the first axis counts")
def by_input(direction: list[torch.Tensor], weights: list[torch.Tensor]) -> list[torch.Tensor]:
    found = []
    for step, own in zip(direction, weights, strict=True):
        if own.ndim < 2:
            found.append(torch.zeros_like(own))
            continue
        axes = tuple(axis for axis in range(own.ndim) if axis != 1)
        wanted, given = (t.norm(dim=axes, keepdim=True) for t in (own, step))
        found.append(torch.where(given > 0, step * wanted / given, torch.zeros_like(step)))
    return found


@wrong("filter_normalised", "nothing-by-nothing", "a filter of zeros becomes NaN: zero by zero")
def nothing_by_nothing(
    direction: list[torch.Tensor], weights: list[torch.Tensor]
) -> list[torch.Tensor]:
    found = []
    for step, own in zip(direction, weights, strict=True):
        if own.ndim < 2:
            found.append(torch.zeros_like(own))
            continue
        apart = (-1,) + (1,) * (own.ndim - 1)
        wanted, given = (t.flatten(1).norm(dim=1).reshape(apart) for t in (own, step))
        found.append(step * wanted / given)
    return found


@wrong("filter_normalised", "in-place", "the direction that was given is changed")
def changed_in_place(
    direction: list[torch.Tensor], weights: list[torch.Tensor]
) -> list[torch.Tensor]:
    for step, own in zip(direction, weights, strict=True):
        if own.ndim < 2:
            step.zero_()
            continue
        apart = (-1,) + (1,) * (own.ndim - 1)
        wanted, given = (t.flatten(1).norm(dim=1).reshape(apart) for t in (own, step))
        step.mul_(wanted / given.clamp_min(1e-30))
    return direction


def losses(random: Random, size: int) -> dict[str, Loss]:
    """Losses of ``size`` numbers: bowls, saddles, waves, ripples, a plane, and a cross-entropy."""
    matrix = torch.randn(size, size, dtype=torch.double)
    tilt = torch.randn(size, dtype=torch.double)
    factor, often = 10 ** random.uniform(-1, 1), random.uniform(30, 60)
    return {
        "saddle": lambda w: factor * w.flatten() @ (matrix + matrix.T) @ w.flatten(),
        "bowl": lambda w: factor * (matrix @ w.flatten()).square().sum(),
        "wave": lambda w: (factor * w).sin().sum(),
        "ripples": lambda w: (often * w).sin().sum(),  # a difference of losses steps over them
        "cubic": lambda w: (w.flatten() @ tilt) ** 3,
        "plane": lambda w: w.flatten() @ tilt,
        "entropy": lambda w: (matrix @ w.flatten()).logsumexp(0) - w.flatten() @ tilt,
    }


@probe("curvature", "losses", "for some loss or direction the curvature is wrong", points=3)
def probe_curvature(
    curvature: Callable[[Loss, Tensor, Tensor], float], seed: int
) -> dict[str, object]:
    """Seven losses at random places, directions from tiny to huge; values and what was given."""
    random = Random(seed)
    torch.random.manual_seed(seed)
    found: dict[str, object] = {}
    shapes = (
        (random.randint(5, 7),), (2, random.randint(1, 3)), (1, 2, random.randint(1, 2)),
        (random.randint(70, 90),),
    )  # fmt: skip
    for shape in shapes:
        size = torch.Size(shape).numel()
        for name, loss in losses(random, size).items():
            w = 10 ** random.uniform(-1, 0.5) * torch.randn(shape, dtype=torch.double)
            v = 10 ** random.uniform(-5, 5) * torch.randn(shape, dtype=torch.double)
            if random.random() < 0.2:  # both are small
                w, v = 0.02 * w / w.abs().max(), 0.02 * v / v.abs().max()
            w.requires_grad_(random.random() < 0.5)
            given = w.detach().clone(), v.clone()
            value = curvature(loss, w, v)
            where = f"{name}, {list(shape)}"
            found[where] = value
            found[f"{where}: a number"] = isinstance(value, float)
            found[f"{where}: unchanged"] = [
                torch.equal(w.detach(), given[0]), torch.equal(v, given[1]), w.grad is None
            ]  # fmt: skip
    return found


@wrong("curvature", "not-per-length", "v is not divided by its length")
def not_per_length(loss: nn.Module, w: torch.Tensor, v: torch.Tensor) -> float:
    bent = torch.func.jvp(torch.func.grad(loss), (w.detach(),), (v,))[1]
    return float((bent * v).sum())


@wrong("curvature", "length-once", "the length of v is divided out once; it is in there twice")
def length_once(loss: nn.Module, w: torch.Tensor, v: torch.Tensor) -> float:
    bent = torch.func.jvp(torch.func.grad(loss), (w.detach(),), (v,))[1]
    return float((bent * v).sum() / v.norm())


@wrong("curvature", "slope", "this is the slope along v, the first derivative")
def the_slope(loss: nn.Module, w: torch.Tensor, v: torch.Tensor) -> float:
    return float((torch.func.grad(loss)(w.detach()) * v).sum() / v.norm())


@wrong("curvature", "squared-slope", "the squared slope is not the second derivative")
def squared_slope(loss: nn.Module, w: torch.Tensor, v: torch.Tensor) -> float:
    return float((torch.func.grad(loss)(w.detach()) * v).sum() / v.norm()) ** 2


@wrong("curvature", "size-of-hv", "the length of Hv has no sign, and may point elsewhere")
def size_of_product(loss: nn.Module, w: torch.Tensor, v: torch.Tensor) -> float:
    bent = torch.func.jvp(torch.func.grad(loss), (w.detach(),), (v / v.norm(),))[1]
    return float(bent.norm())


@wrong("curvature", "no-sign", "the sign is lost: a loss can bend downwards")
def no_sign(loss: nn.Module, w: torch.Tensor, v: torch.Tensor) -> float:
    along = v / v.norm()
    bent = torch.func.jvp(torch.func.grad(loss), (w.detach(),), (along,))[1]
    return float((bent * along).sum().abs())


@wrong("curvature", "differences", "a difference of losses is not exact: take derivatives")
def differences(loss: nn.Module, w: torch.Tensor, v: torch.Tensor) -> float:
    w, step = w.detach(), 1e-2 * v / v.norm()
    return float((loss(w + step) - 2 * loss(w) + loss(w - step)) / 1e-4)


@wrong("curvature", "at-zero", "the second derivative is taken at 0 and not at w")
def at_zero(loss: nn.Module, w: torch.Tensor, v: torch.Tensor) -> float:
    along = v / v.norm()
    bent = torch.func.jvp(torch.func.grad(loss), (torch.zeros_like(w.detach()),), (along,))[1]
    return float((bent * along).sum())


@wrong("curvature", "a-tensor", "a tensor comes back; a Python number was asked for")
def a_tensor(loss: nn.Module, w: torch.Tensor, v: torch.Tensor) -> torch.Tensor:
    along = v / v.norm()
    bent = torch.func.jvp(torch.func.grad(loss), (w.detach(),), (along,))[1]
    return (bent * along).sum()


@wrong("curvature", "normalised-in-place", "v is divided in place: the caller's v changes")
def normalised_in_place(loss: nn.Module, w: torch.Tensor, v: torch.Tensor) -> float:
    v /= v.norm()
    bent = torch.func.jvp(torch.func.grad(loss), (w.detach(),), (v,))[1]
    return float((bent * v).sum())


@probe("fixup_weights", "weights", "some weight or bias is not what Fixup makes of it", points=3)
def probe_fixup_weights(
    fixup_weights: Callable[[Sequence[Layers]], object], seed: int
) -> dict[str, object]:
    """Few and many branches of two to five layers, equal ones and mixed ones."""
    random = Random(seed)
    torch.random.manual_seed(seed)
    found: dict[str, object] = {}
    first = random.sample([2, 3, 4, 5], 4)  # layers of the first branch
    for count in (1, 2, random.randint(3, 6), random.randint(7, 30)):
        branches = []
        for number in range(count):
            several = random.randint(2, 5) if number else first.pop()
            width = random.randint(1, 3)
            branches.append([
                nn.Linear(width, width, bias=random.random() < 0.7) if random.random() < 0.5
                else nn.Conv2d(width, width, random.choice([1, 3]), bias=random.random() < 0.7)
                for _ in range(several)
            ])  # fmt: skip
        result = fixup_weights(branches)
        layers = [layer for branch in branches for layer in branch]
        found[f"{count} branches: returned"] = result
        found[f"{count} branches: weights"] = [layer.weight for layer in layers]
        found[f"{count} branches: biases"] = [
            layer.bias for layer in layers if layer.bias is not None
        ]
        found[f"{count} branches: can learn"] = all(
            isinstance(p, nn.Parameter) and p.requires_grad and p.is_leaf
            for layer in layers for p in layer.parameters()
        )  # fmt: skip
    return found


@wrong("fixup_weights", "always-a-root", "one over the root is right for two layers only")
def always_a_root(branches: list[list[nn.Linear]]) -> None:
    with torch.no_grad():
        for branch in branches:
            branch[-1].weight.zero_()
            for layer in branch[:-1]:
                layer.weight.mul_(len(branches) ** -0.5)


@wrong("fixup_weights", "wrong-m", "m counts all layers of the branch, the last one included")
def wrong_m(branches: list[list[nn.Linear]]) -> None:
    with torch.no_grad():
        for branch in branches:
            branch[-1].weight.zero_()
            for layer in branch[:-1]:
                layer.weight.mul_(len(branches) ** (-0.5 / len(branch)))


@wrong("fixup_weights", "first-branch", "m is that of the first branch; each has its own")
def first_branch(branches: list[list[nn.Linear]]) -> None:
    factor = len(branches) ** (-0.5 / (len(branches[0]) - 1))
    with torch.no_grad():
        for branch in branches:
            branch[-1].weight.zero_()
            for layer in branch[:-1]:
                layer.weight.mul_(factor)


@wrong("fixup_weights", "last-kept", "the last layer of each branch is not zero")
def last_kept(branches: list[list[nn.Linear]]) -> None:
    with torch.no_grad():
        for branch in branches:
            for layer in branch[:-1]:
                layer.weight.mul_(len(branches) ** (-0.5 / (len(branch) - 1)))


@wrong("fixup_weights", "all-scaled", "the last layer is scaled like the others; it becomes zero")
def all_scaled(branches: list[list[nn.Linear]]) -> None:
    with torch.no_grad():
        for branch in branches:
            for layer in branch:
                layer.weight.mul_(len(branches) ** (-0.5 / (len(branch) - 1)))


@wrong("fixup_weights", "nothing-scaled", "the other layers are not scaled at all")
def nothing_scaled(branches: list[list[nn.Linear]]) -> None:
    for branch in branches:
        nn.init.zeros_(branch[-1].weight)


@wrong("fixup_weights", "multiplied-up", "the sign of the exponent is wrong: weights grow")
def multiplied_up(branches: list[list[nn.Linear]]) -> None:
    with torch.no_grad():
        for branch in branches:
            branch[-1].weight.zero_()
            for layer in branch[:-1]:
                layer.weight.mul_(len(branches) ** (0.5 / (len(branch) - 1)))


@wrong("fixup_weights", "biases-too", "biases are scaled too; they stay as they are")
def biases_too(branches: list[list[nn.Linear]]) -> None:
    with torch.no_grad():
        for branch in branches:
            branch[-1].weight.zero_()
            for layer in branch[:-1]:
                for parameter in layer.parameters():
                    parameter.mul_(len(branches) ** (-0.5 / (len(branch) - 1)))


@wrong("fixup_weights", "first-only", "only the first layer is scaled; all but the last are")
def first_only(branches: list[list[nn.Linear]]) -> None:
    with torch.no_grad():
        for branch in branches:
            branch[-1].weight.zero_()
            branch[0].weight.mul_(len(branches) ** (-0.5 / (len(branch) - 1)))
