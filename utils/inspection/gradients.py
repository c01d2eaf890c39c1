"""Where gradients go: per layer, and per input pixel."""

from collections.abc import Callable, Sequence

import torch
from torch import Tensor, nn

from utils.inspection.modes import computes_in, differentiating
from utils.inspection.summary import LAYERS


def gradient_norms(net: nn.Module, X: Tensor, y: Tensor) -> dict[str, float]:
    """The norm of the loss's gradient with respect to the weight of each layer.

    One forward and one backward pass over the batch ``X, y``, as a training step would make them:
    a network in eval mode is switched to train mode; one in train mode is taken as it stands, so
    that frozen modules stay frozen. Afterwards everything is as it was, see `differentiating`.

    Parameters
    ----------
    net : nn.Module
        Gives logits ``(N, classes)``.
    X : Tensor
        What ``net`` takes, such as images ``(N, C, H, W)``, on its device.
    y : Tensor
        Labels ``(N,)``.

    Returns
    -------
    dict of layer name to Euclidean norm, in the order of the layers: convolutions and linear
    layers whose weights train, without the projections of shortcuts.

    Raises
    ------
    ValueError
        When no layer has a weight that trains.
    """
    layers = {
        name: module.weight
        for name, module in net.named_modules()
        if isinstance(module, LAYERS)
        and module.weight.requires_grad
        and "downsample" not in name.split(".")
    }
    if not layers:
        raise ValueError(
            "gradient_norms: the network has no convolution or linear layer with a trainable "
            "weight; set requires_grad to True where you want to see gradients."
        )
    with differentiating(net):
        if not net.training:
            net.train()
        loss = nn.functional.cross_entropy(net(X), y)
        gradients = torch.autograd.grad(loss, list(layers.values()), materialize_grads=True)
    return {name: float(g.norm()) for name, g in zip(layers, gradients, strict=True)}


def input_gradient(module: nn.Module | Callable[[Tensor], Tensor], shape: Sequence[int]) -> Tensor:
    """How much the outputs depend on each input pixel: ``(H, W)``, absolute values.

    A pixel at exactly 0 is never looked at. The input and the output weights are random but
    fixed, so that contributions do not cancel. Afterwards everything is as it was, see
    `differentiating`.

    Parameters
    ----------
    module : nn.Module or bound method of one
        Such as ``block``, ``block.downsample`` or ``block.branch``; used in the mode it is in.
    shape : sequence of int
        Of the input, ``(N, C, H, W)``.

    Raises
    ------
    TypeError
        When ``module`` is another kind of callable: nobody knows what to put back.
    """
    owner = getattr(module, "__self__", module)
    if not isinstance(owner, nn.Module):
        raise TypeError(
            "input_gradient: expected a module or a method of one, such as block.branch, got "
            f"{module!r}."
        )
    random = torch.Generator().manual_seed(0)
    x = torch.randn(tuple(shape), generator=random).to(computes_in(owner)).requires_grad_()
    with differentiating(owner):
        output = module(x)
        weights = torch.randn(output.shape, generator=random).to(output)
        (gradient,) = torch.autograd.grad(output, x, weights, materialize_grads=True)
    return gradient.abs().sum(dim=(0, 1))
