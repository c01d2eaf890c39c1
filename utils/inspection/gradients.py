"""Where gradients go: per layer, and per input pixel."""

from collections.abc import Sequence

import torch
from torch import Tensor, nn

from utils.inspection.summary import LEAVES


def gradient_norms(net: nn.Module, X: Tensor, y: Tensor) -> dict[str, float]:
    """The norm of the loss's gradient by each convolution's and linear layer's weight.

    One forward and backward pass in train mode over the batch ``X, y``; the network's
    gradients and BatchNorm statistics are put back as they were.

    Returns
    -------
    dict of layer name to Euclidean norm, in the order of the layers, without projections.
    """
    saved = {name: value.clone() for name, value in net.state_dict().items()}
    was_training = net.training
    net.train()
    layers = {
        name: m.weight
        for name, m in net.named_modules()
        if isinstance(m, LEAVES) and ".downsample" not in name
    }
    loss = nn.functional.cross_entropy(net(X), y)
    gradients = torch.autograd.grad(loss, list(layers.values()))
    net.load_state_dict(saved)
    net.train(was_training)
    return {name: float(g.norm()) for name, g in zip(layers, gradients, strict=True)}


def input_gradient(module: nn.Module, shape: Sequence[int]) -> Tensor:
    """How much each input pixel moves the sum of the outputs: ``(H, W)``, absolute values.

    A pixel at exactly 0 is never looked at. Inputs and signs are random but fixed, so that
    contributions don't cancel.
    """
    random = torch.Generator().manual_seed(0)
    x = torch.randn(tuple(shape), generator=random, requires_grad=True)
    output = module(x)
    output.backward(torch.randn(output.shape, generator=random))
    return x.grad.abs().sum(dim=(0, 1))
