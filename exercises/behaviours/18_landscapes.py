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


EQUIVALENT = {
    "fixup_weights": {
        "each layer is scaled by itself, in whatever order": [
            "fixup_weights: for *others, last in branches: → for *others, last in list(branches)[:"
            ":-1]:",
            "fixup_weights: for layer in others: → for layer in list(others)[::-1]:",
        ],
    },
    "filter_normalised": {
        "nothing is kept between two calls": [
            "filter_normalised: (nothing) → @twice",
        ],
        "the second one is never reached": [
            "filter_normalised: (nothing) → if own.ndim < 2:; found.append(torch.zeros_like(own));"
            " continue",
        ],
        "neither line needs the other": [
            "filter_normalised: apart = (-1,) + (1,) * (own.ndim - 1) → apart = (-1,) + (1,) * (ow"
            "n.ndim - 1)",
        ],
        "a step has the shape of its weights": [
            "filter_normalised: if own.ndim < 2: → if step.ndim < 2:",
            "filter_normalised: found.append(torch.zeros_like(own)) → found.append(torch.zeros_lik"
            "e(torch.zeros_like(own)))",
            "filter_normalised: found.append(torch.zeros_like(own)) → found.append(torch.zeros_lik"
            "e(step))",
            "filter_normalised: apart = (-1,) + (1,) * (own.ndim - 1) → apart = (-1,) + (1,) * (st"
            "ep.ndim - 1)",
            "filter_normalised: found.append(torch.where(given > 0, step * wanted / given.clamp_mi"
            "n(1e-30), torch.zeros_like(step))) → found.append(torch.where(given > 0, step * wante"
            "d / given.clamp_min(1e-30), torch.zeros_like(torch.zeros_like(step))))",
            "filter_normalised: found.append(torch.where(given > 0, step * wanted / given.clamp_mi"
            "n(1e-30), torch.zeros_like(step))) → found.append(torch.where(given > 0, step * wante"
            "d / given.clamp_min(1e-30), torch.zeros_like(own)))",
            "filter_normalised: found.append(torch.where(given > 0, step * wanted / given.clamp_mi"
            "n(1e-30), torch.zeros_like(step))) → found.append(torch.where(given > 0, step * wante"
            "d / given.clamp_min(1e-30), torch.zeros_like(wanted)))",
            "filter_normalised: found.append(torch.where(given > 0, step * wanted / given.clamp_mi"
            "n(1e-30), torch.zeros_like(step))) → found.append(torch.where(given > 0, step * wante"
            "d / given.clamp_min(1e-30), torch.zeros_like(given)))",
        ],
        "the last axis of two is axis 1": [
            "filter_normalised: wanted, given = (part.flatten(1).norm(dim=1).reshape(apart) for pa"
            "rt in (own, step)) → wanted, given = (part.flatten(1).norm(dim=-1).reshape(apart) for"
            " part in (own, step))",
        ],
        "a step of zeros stays zeros whatever it is divided by": [
            "filter_normalised: found.append(torch.where(given > 0, step * wanted / given.clamp_mi"
            "n(1e-30), torch.zeros_like(step))) → found.append(step * wanted / given.clamp_min(1e-"
            "30))",
        ],
        "a length is never negative, and a step of zeros stays zeros whatever it is divided by": [
            "filter_normalised: found.append(torch.where(given > 0, step * wanted / given.clamp_mi"
            "n(1e-30), torch.zeros_like(step))) → found.append(torch.where(given != 0, step * want"
            "ed / given.clamp_min(1e-30), torch.zeros_like(step)))",
            "filter_normalised: found.append(torch.where(given > 0, step * wanted / given.clamp_mi"
            "n(1e-30), torch.zeros_like(step))) → found.append(torch.where(given >= 0, step * want"
            "ed / given.clamp_min(1e-30), torch.zeros_like(step)))",
            "filter_normalised: found.append(torch.where(given > 0, step * wanted / given.clamp_mi"
            "n(1e-30), torch.zeros_like(step))) → found.append(torch.where(given > -1, step * want"
            "ed / given.clamp_min(1e-30), torch.zeros_like(step)))",
        ],
        "beside weights of zeros a step becomes zeros, too": [
            "filter_normalised: found.append(torch.where(given > 0, step * wanted / given.clamp_mi"
            "n(1e-30), torch.zeros_like(step))) → found.append(torch.where(wanted > 0, step * want"
            "ed / given.clamp_min(1e-30), torch.zeros_like(step)))",
        ],
        "what is no number is not chosen": [
            "filter_normalised: found.append(torch.where(given > 0, step * wanted / given.clamp_mi"
            "n(1e-30), torch.zeros_like(step))) → found.append(torch.where(given > 0, step * wante"
            "d / given, torch.zeros_like(step)))",
            "filter_normalised: found.append(torch.where(given > 0, step * wanted / given.clamp_mi"
            "n(1e-30), torch.zeros_like(step))) → found.append(torch.where(given > 0, step * wante"
            "d / given.clamp_min(given.clamp_min(1e-30)), torch.zeros_like(step)))",
            "filter_normalised: found.append(torch.where(given > 0, step * wanted / given.clamp_mi"
            "n(1e-30), torch.zeros_like(step))) → found.append(torch.where(given > 0, step * wante"
            "d / given.clamp_min(-1.0), torch.zeros_like(step)))",
            "filter_normalised: found.append(torch.where(given > 0, step * wanted / given.clamp_mi"
            "n(1e-30), torch.zeros_like(step))) → found.append(torch.where(given > 0, step * wante"
            "d / given.clamp_min(0), torch.zeros_like(step)))",
            "filter_normalised: found.append(torch.where(given > 0, step * wanted / given.clamp_mi"
            "n(1e-30), torch.zeros_like(step))) → found.append(torch.where(given > 0, step * wante"
            "d / given.clamp_min(-1e-30), torch.zeros_like(step)))",
        ],
        "no step is as short as that": [
            "filter_normalised: found.append(torch.where(given > 0, step * wanted / given.clamp_mi"
            "n(1e-30), torch.zeros_like(step))) → found.append(torch.where(given > 0, step * wante"
            "d / given.clamp_min(2e-30), torch.zeros_like(step)))",
            "filter_normalised: found.append(torch.where(given > 0, step * wanted / given.clamp_mi"
            "n(1e-30), torch.zeros_like(step))) → found.append(torch.where(given > 0, step * wante"
            "d / given.clamp_min(5e-31), torch.zeros_like(step)))",
        ],
        "a step of zeros is zeros": [
            "filter_normalised: found.append(torch.where(given > 0, step * wanted / given.clamp_mi"
            "n(1e-30), torch.zeros_like(step))) → found.append(torch.where(given > 0, step * wante"
            "d / given.clamp_min(1e-30), step))",
        ],
    },
    "curvature": {
        "a loss that is asked again gives the same": [
            "curvature: (nothing) → @twice",
            "curvature: (nothing) → slope, = torch.autograd.grad(loss(at), at, create_graph=True)",
            "curvature: slope, = torch.autograd.grad(loss(at), at, create_graph=True) → slope, = ("
            "torch.autograd.grad(loss(at), at, create_graph=True), torch.autograd.grad(loss(at), a"
            "t, create_graph=True))[1]",
            "curvature: slope, = torch.autograd.grad(loss(at), at, create_graph=True) → slope, = t"
            "orch.autograd.grad((loss(at), loss(at))[1], at, create_graph=True)",
        ],
        "nobody writes into what is detached": [
            "curvature: at = w.detach().clone().requires_grad_() → at = w.detach().requires_grad_("
            ")",
        ],
        "its own gradient is asked for, and not that of w": [
            "curvature: at = w.detach().clone().requires_grad_() → at = w.clone().requires_grad_()",
        ],
        "minus zero is zero": [
            "curvature: return 0.0 → return -0.0",
        ],
        "the direction comes in twice": [
            "curvature: along = v.detach() / v.detach().norm() → along = -v.detach() / v.detach()."
            "norm()",
        ],
        "a number comes back, and that has no gradient": [
            "curvature: along = v.detach() / v.detach().norm() → along = v / v.detach().norm()",
            "curvature: along = v.detach() / v.detach().norm() → along = v.detach() / v.norm()",
        ],
        "each is read once before it is written": [
            "curvature: bent, = torch.autograd.grad((slope * along).sum(), at) → bent, = torch.aut"
            "ograd.grad(slope.mul_(along).sum(), at)",
            "curvature: return (bent * along).sum().item() → return bent.mul_(along).sum().item()",
            "curvature: return (bent * along).sum().item() → return along.mul_(bent).sum().item()",
        ],
    },
}
