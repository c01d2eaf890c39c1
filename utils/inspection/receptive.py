"""How much of an image a place on a map can see."""

import copy

import torch
from torch import Tensor, nn

HEIGHT = 32  # of the image; some networks refuse less


def receptive_field(net: nn.Module, layer: str, pixels: int = 2048) -> int:
    """The side of the square of pixels on which the output of ``layer`` depends at one place.

    Measured: in a copy of the network all weights are made positive and all normalisation is
    taken out, so that nothing cancels; then it is counted how many pixels of an image receive a
    gradient from one place in the middle of the map. The image is ``pixels`` wide and only 32
    high, which is enough, since kernels and strides are square.

    Parameters
    ----------
    net : nn.Module
        Convolutions, normalisation, pooling and ReLUs; takes ``(N, C, H, W)``. It is not changed.
    layer : str
        Whose output is looked at, as in ``net.named_modules()``, such as ``"layer4"``.
    pixels : int
        The image's width; it must be wider than the field.

    Returns
    -------
    int
        Pixels. What padding adds counts as far as it is image elsewhere.

    Raises
    ------
    ValueError
        When there is no such layer, or the field reaches the border of the image.
    """
    modules = dict(net.named_modules())
    if layer not in modules or not layer:
        raise ValueError(
            f"receptive_field: the network has no layer {layer!r}; it has "
            f"{', '.join(name for name, _ in net.named_children())}."
        )
    positive = all_positive(net)
    found: list[Tensor] = []

    def stop(module: nn.Module, inputs: tuple[Tensor, ...], output: Tensor) -> None:
        found.append(output)
        raise Reached

    handle = dict(positive.named_modules())[layer].register_forward_hook(stop)
    x = torch.ones(1, channels(net), HEIGHT, pixels, dtype=torch.float64, requires_grad=True)
    with torch.enable_grad():
        try:
            positive(x)
        except Reached:
            pass
        finally:
            handle.remove()
        (output,) = found
        output[..., output.shape[-1] // 2].sum().backward()
    assert x.grad is not None
    seen = x.grad[0].sum((0, 1)).nonzero().flatten()
    first, last = int(seen.min()), int(seen.max())
    if first == 0 or last == pixels - 1:
        raise ValueError(
            f"receptive_field: {layer} sees the border of an image of {pixels:,} pixels; give "
            f"more, such as pixels={4 * pixels}."
        )
    return last - first + 1


class Reached(Exception):
    """The layer that is looked at has its output: nothing behind it needs to run."""


def all_positive(net: nn.Module) -> nn.Module:
    """A copy whose output depends on all that it can depend on, with the same kernels and strides.

    Weights of a convolution are one over their number, so that nothing grows; the largest of a
    pooling window becomes the mean, and normalisation nothing at all.
    """
    twin = copy.deepcopy(net).to("cpu", torch.float64).eval()
    for parent in list(twin.modules()):
        for name, module in list(parent.named_children()):
            if isinstance(module, nn.MaxPool2d):
                setattr(parent, name, nn.AvgPool2d(module.kernel_size, module.stride,
                                                   module.padding, module.ceil_mode))  # fmt: skip
            elif hasattr(module, "running_mean") or isinstance(module, nn.GroupNorm):
                setattr(parent, name, nn.Identity())
    for module in twin.modules():
        if isinstance(module, nn.Conv2d):
            nn.init.constant_(module.weight, 1 / module.weight[0].numel())
    return twin


def channels(net: nn.Module) -> int:
    """How many channels the network's first convolution takes; 1 where it has none."""
    return next((m.in_channels for m in net.modules() if isinstance(m, nn.Conv2d)), 1)
