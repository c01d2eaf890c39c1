"""The loss around a network's weights: slices of it, and how sharply it bends."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from itertools import product

import torch
from torch import Tensor, nn

from utils.inspection.modes import unchanged

Direction = list[Tensor]
Loss = Callable[[nn.Module], Tensor]


def random_direction(net: nn.Module, seed: int = 0, normalised: str = "filter") -> Direction:
    """A random direction in the space of a network's weights.

    Parameters
    ----------
    net : nn.Module
    seed : int
        Of the Gaussian numbers of which it is made; PyTorch's own stay as they are.
    normalised : {"filter", "none"}
        With ``"filter"`` each filter of a convolution, and each row of a linear layer, gets the
        norm of the network's own, and biases and the parameters of norms do not move: so a
        network and one whose filters were multiplied before a normalisation get slices that look
        alike. With ``"none"`` all entries of all parameters are Gaussian, with variance 1.

    Returns
    -------
    list of Tensor
        One for each parameter, in the order and the shapes of ``net.parameters()``.

    Raises
    ------
    ValueError
        For another way to normalise.

    Source: Li et al. 2018 (arXiv 1712.09913), section 4.
    """
    if normalised not in ("filter", "none"):
        raise ValueError(f"random_direction: 'filter' or 'none', got {normalised!r}.")
    chance = torch.Generator().manual_seed(seed)
    found = []
    for weights in net.parameters():
        drawn = torch.randn(weights.shape, generator=chance).to(weights)
        found.append(drawn if normalised == "none" else like_filters(drawn, weights.detach()))
    return found


def like_filters(direction: Tensor, weights: Tensor) -> Tensor:
    """``direction`` with the norm of ``weights``, row by row; zeros for vectors and numbers."""
    if weights.ndim < 2:
        return torch.zeros_like(weights)
    rows = direction.flatten(1).norm(dim=1).clamp_min(torch.finfo(weights.dtype).tiny)
    scale = weights.flatten(1).norm(dim=1) / rows
    return direction * scale.reshape(-1, *[1] * (weights.ndim - 1))


@contextmanager
def moved(net: nn.Module, direction: Iterable[Tensor]) -> Iterator[nn.Module]:
    """A context in which each parameter has moved by what ``direction`` has for it.

    Afterwards ``net`` is as it was, to the bit, see also `unchanged`.
    """
    parameters = list(net.parameters())
    start = [weights.detach().clone() for weights in parameters]
    try:
        with unchanged(net):
            with torch.no_grad():
                for weights, step in zip(parameters, direction, strict=True):
                    weights.add_(step)
            yield net
    finally:
        with torch.no_grad():
            for weights, value in zip(parameters, start, strict=True):
                weights.copy_(value)


def loss_surface(
    net: nn.Module, loss: Loss, directions: Sequence[Direction], steps: Sequence[float]
) -> Tensor:
    """The loss on a line, or on a plane, through the weights of a network.

    Parameters
    ----------
    net : nn.Module
        Taken in the mode in which it is; unchanged afterwards.
    loss : callable
        From the network to one number.
    directions : sequence of directions
        One for a line, two for a plane, as of `random_direction`.
    steps : sequence of float
        How far to go along each direction; 0 is where the network stands.

    Returns
    -------
    Tensor
        ``(steps,)`` for a line, ``(steps, steps)`` for a plane, the first direction first; in the
        unit of the loss.

    Source: Li et al. 2018 (arXiv 1712.09913), section 2.
    """
    found = []
    for place in product(steps, repeat=len(directions)):
        there = [
            sum((at * part for at, part in zip(place, parts, strict=True)), torch.zeros(()))
            for parts in zip(*directions, strict=True)
        ]
        with moved(net, there), torch.no_grad():
            found.append(float(loss(net)))
    return torch.tensor(found).reshape([len(steps)] * len(directions))


def largest_curvature(net: nn.Module, loss: Loss, iterations: int = 20, seed: int = 0) -> float:
    """The second derivative of the loss in the direction in which it bends most.

    It is the eigenvalue of the Hessian with the largest absolute value, by power iteration.
    Gradient descent with a rate above two divided by it climbs out of a quadratic.

    Parameters
    ----------
    net : nn.Module
        Taken in the mode in which it is; unchanged afterwards.
    loss : callable
        From the network to one number that can be differentiated twice.
    iterations, seed : int
        How often the Hessian is applied, at least 1; and of the direction to begin with.

    Returns
    -------
    float
        In the unit of the loss, per squared unit of the weights.

    Raises
    ------
    ValueError
        When there is no iteration to make.

    Source: Yao et al. 2020 (arXiv 1912.07145), section 3.
    """
    if iterations < 1:
        raise ValueError(f"largest_curvature: at least 1 iteration, got {iterations}.")
    parameters = [weights for weights in net.parameters() if weights.requires_grad]
    chance = torch.Generator().manual_seed(seed)
    ahead = [torch.randn(w.shape, generator=chance).to(w) for w in parameters]
    value = 0.0
    with unchanged(net), torch.enable_grad():
        slopes = torch.autograd.grad(
            loss(net), parameters, create_graph=True, materialize_grads=True
        )
        for _ in range(iterations):
            length = torch.stack([part.norm() for part in ahead]).norm()
            ahead = [part / length for part in ahead]
            bent = torch.autograd.grad(
                slopes, parameters, ahead, retain_graph=True, materialize_grads=True
            )
            value = float(sum((a * b).sum() for a, b in zip(ahead, bent, strict=True)))
            if not any(part.any() for part in bent):
                return 0.0
            ahead = [part.detach() for part in bent]
    return value
