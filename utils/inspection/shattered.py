"""How similar the gradients at neighbouring inputs are."""

from collections.abc import Callable, Sequence
from contextlib import nullcontext

import torch
from torch import Tensor, nn

from utils.inspection.modes import unchanged


def gradient_autocorrelation(
    net: nn.Module | Callable[[Tensor], Tensor], points: Tensor, lags: Sequence[int]
) -> list[float]:
    """The autocorrelation of the gradients at points along a line.

    Parameters
    ----------
    net : nn.Module or callable
        From ``(N, features)`` to ``(N,)`` or ``(N, outputs)``; the outputs are summed. A module
        is taken in the mode in which it is, and is unchanged afterwards.
    points : Tensor
        ``(N, features)``, evenly spaced.
    lags : sequence of int
        Distances, in points, from 0 to ``N - 1``.

    Returns
    -------
    list of float
        For each lag, the sum of the products of two gradients that far apart, after their mean
        was subtracted, as a share of the same sum at lag 0. White noise has about 0 elsewhere.

    Raises
    ------
    ValueError
        When a lag is too large, or all gradients are the same, as those of a linear function are.

    Source: Balduzzi et al. 2017 (arXiv 1702.08591), Figures 1 and 2.
    """
    if not all(0 <= lag < len(points) for lag in lags):
        raise ValueError(
            f"gradient_autocorrelation: lags are 0 to {len(points) - 1}, got {list(lags)}."
        )
    gradients = along(net, points).double()
    apart = gradients - gradients.mean(0)
    variance = apart.square().sum()
    if variance <= 1e-12 * gradients.square().sum():
        raise ValueError(
            "gradient_autocorrelation: the gradient is the same at all points, so it has no "
            "autocorrelation."
        )
    count = len(points)
    return [float((apart[: count - lag] * apart[lag:]).sum() / variance) for lag in lags]


def along(net: nn.Module | Callable[[Tensor], Tensor], points: Tensor) -> Tensor:
    """The gradient of the summed outputs with respect to each point, ``(N, features)``."""
    x = points.detach().clone().requires_grad_()
    with torch.enable_grad(), unchanged(net) if isinstance(net, nn.Module) else nullcontext():
        (gradients,) = torch.autograd.grad(net(x).sum(), x)
    return gradients
