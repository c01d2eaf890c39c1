"""Looking at a network without changing it."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from itertools import chain

import torch
from torch import Tensor, nn


@contextmanager
def unchanged(net: nn.Module) -> Iterator[nn.Module]:
    """A context that leaves ``net`` as it found it, even when an error ends it.

    It puts back each module's own training mode (a frozen BatchNorm stays frozen), the values of
    all buffers and the gradients of all parameters. It does not copy the parameters themselves:
    nothing that only looks writes to them.
    """
    modes = [(module, module.training) for module in net.modules()]
    buffers = [
        (module, name, buffer)
        for module in net.modules()
        for name, buffer in module.named_buffers(recurse=False)
    ]
    gradients = [(parameter, parameter.grad) for parameter in net.parameters()]
    tensors = [b for _, _, b in buffers] + [g for _, g in gradients if g is not None]
    values = [tensor.detach().clone() for tensor in tensors]
    try:
        yield net
    finally:
        # First through train(), which some modules override to do more than set the flag.
        net.train(modes[0][1])
        for module, training in modes:
            module.training = training
        for module, name, buffer in buffers:
            setattr(module, name, buffer)
        for parameter, gradient in gradients:
            parameter.grad = gradient
        with torch.no_grad():
            for tensor, value in zip(tensors, values, strict=True):
                tensor.copy_(value)


@contextmanager
def evaluating(net: nn.Module) -> Iterator[nn.Module]:
    """A context in which ``net`` is in eval mode and no gradients are computed.

    Afterwards ``net`` is as it was, see `unchanged`.
    """
    with unchanged(net), torch.no_grad():
        net.eval()
        yield net


@contextmanager
def differentiating(net: nn.Module) -> Iterator[nn.Module]:
    """A context in which gradients are computed, with ``net`` in the mode it is in.

    Afterwards ``net`` is as it was, see `unchanged`, and so are PyTorch's random numbers, from
    which dropout draws in train mode.
    """
    where = computes_in(net).device
    gpus = [where] if where.type == "cuda" else []
    with unchanged(net), torch.random.fork_rng(gpus), torch.enable_grad():
        yield net


def computes_in(net: nn.Module) -> Tensor:
    """A tensor that has the device and the floating-point type in which ``net`` computes."""
    tensors = chain(net.parameters(), net.buffers())
    return next((t for t in tensors if t.is_floating_point()), torch.empty(0)).detach()


def zeros_for(net: nn.Module, shape: Sequence[int]) -> Tensor:
    """A batch of zeros of ``shape`` that ``net`` can take."""
    return computes_in(net).new_zeros(tuple(shape))
