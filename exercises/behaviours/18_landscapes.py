"""Inputs from the whole range that the exercises of chapter 18 allow, for the mutation engine."""

from collections.abc import Callable, Sequence
from random import Random

import torch
from torch import Tensor, nn

from grader.exercise import behaviour

Loss = Callable[[Tensor], Tensor]


@behaviour("filter_normalised")
def behaviour_filter_normalised(
    filter_normalised: Callable[[list[Tensor], list[Tensor]], list[Tensor]], seed: int
) -> dict[str, object]:
    """Up to eight tensors of up to five axes, of any size, some filters zero."""
    random = Random(seed)
    torch.manual_seed(seed)
    shapes = [
        tuple(random.randint(1, 5) for _ in range(random.randint(0, 5)))
        for _ in range(random.randint(1, 8))
    ]
    weights = [10 ** random.uniform(-4, 4) * torch.randn(shape) for shape in shapes]
    steps = [10 ** random.uniform(-4, 4) * torch.randn(shape) for shape in shapes]
    for step in steps:
        if step.ndim > 1 and random.random() < 0.3:
            step[random.randrange(len(step))] = 0
    given = [tensor.clone() for tensor in (*weights, *steps)]
    result = filter_normalised(steps, weights)
    same = zip(given, (*weights, *steps), strict=True)
    return {"result": result, "unchanged": [torch.equal(a, b) for a, b in same]}


@behaviour("curvature")
def behaviour_curvature(
    curvature: Callable[[Loss, Tensor, Tensor], float], seed: int
) -> dict[str, object]:
    """Losses of up to twelve numbers, smooth ones; directions of any length."""
    random = Random(seed)
    torch.manual_seed(seed)
    shape = [random.randint(1, 3) for _ in range(random.randint(0, 3))]
    size = torch.Size(shape).numel()
    matrix = torch.randn(size, size, dtype=torch.double)

    def loss(w: Tensor) -> Tensor:
        return (matrix @ w.flatten()).tanh().square().sum() + w.exp().mean()

    w, v = (torch.randn(shape, dtype=torch.double) for _ in range(2))
    v *= 10 ** random.uniform(-6, 6)
    w.requires_grad_(random.random() < 0.5)
    given = w.detach().clone(), v.clone()
    value = curvature(loss, w, v)
    same = torch.equal(w.detach(), given[0]) and torch.equal(v, given[1])
    return {"value": value, "unchanged": same and w.grad is None}


@behaviour("fixup_weights")
def behaviour_fixup_weights(
    fixup_weights: Callable[[Sequence[Sequence[nn.Module]]], object], seed: int
) -> dict[str, object]:
    """Up to 40 branches of two to six layers, one- to three-dimensional convolutions among them."""
    random = Random(seed)
    torch.manual_seed(seed)
    kinds: list[Callable[..., nn.Module]] = [nn.Linear, nn.Conv1d, nn.Conv2d, nn.Conv3d]
    branches = []
    for _ in range(random.randint(1, 40)):
        branch = []
        for _ in range(random.randint(2, 6)):
            kind = random.choice(kinds)
            more = [] if kind is nn.Linear else [random.randint(1, 2)]
            branch.append(kind(2, 2, *more, bias=random.random() < 0.5))
        branches.append(branch)
    result = fixup_weights(branches)
    parameters = [p for branch in branches for layer in branch for p in layer.parameters()]
    return {
        "returned": result,
        "parameters": parameters,
        "can learn": all(p.requires_grad and p.is_leaf for p in parameters),
    }
