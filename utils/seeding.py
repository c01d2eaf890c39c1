"""One seed for every source of random numbers, and initial weights of the reader's choice."""

import random
from collections.abc import Callable
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn


def seed_everything(seed: int) -> None:
    """Seed Python's, NumPy's and PyTorch's random numbers."""
    random.seed(seed)
    np.random.seed(seed)
    torch.manual_seed(seed)


def reinitialise(net: nn.Module, draw: Callable[[Tensor], Any] | None) -> nn.Module:
    """Draw the weights of every convolution and linear layer anew.

    Biases and normalisation layers stay as they are.

    Parameters
    ----------
    net : nn.Module
        Changed in place.
    draw : callable or None
        Fills a tensor in place, as `torch.nn.init.orthogonal_` does; with ``None`` nothing changes.

    Returns
    -------
    nn.Module
        ``net`` itself.
    """
    if draw is None:
        return net
    for layer in net.modules():
        if isinstance(layer, nn.Conv1d | nn.Conv2d | nn.Linear):
            draw(layer.weight)
    return net
