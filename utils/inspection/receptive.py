"""How much of an image a place on a map can see."""

import copy

import torch
from torch import Tensor, nn

from utils.inspection.modes import computes_in, differentiating

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
    find(net, layer, "receptive_field")
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


def effective_field(
    net: nn.Module, layer: str, pixels: int = 448, share: float = 0.9, seed: int = 0
) -> int:
    """The width of the stripe of an image that holds most of what ``layer`` responds to.

    ``share`` of the squared gradient of one place in the middle of the map, its channels weighted
    at random, with respect to random images, in eval mode. Unlike `receptive_field` this depends
    on the weights. After Luo, Li, Urtasun and Zemel 2016, "Understanding the effective receptive
    field in deep convolutional neural networks" (arXiv 1701.04128), who looked at its shape.

    Parameters
    ----------
    net : nn.Module
        Takes ``(N, C, pixels, pixels)``. It is not changed.
    layer : str
        As in `receptive_field`.
    pixels : int
        A side of the images; wide enough for the field.
    share : float
        Above 0, at most 1.
    seed : int
        Of the four random images and of the weights of the channels.

    Returns
    -------
    int
        Pixels: the narrowest stripe of whole columns that will do.
    """
    module = find(net, layer, "effective_field")
    if not 0 < share <= 1:
        raise ValueError(f"effective_field: share must be above 0 and at most 1, got {share}.")
    found: list[Tensor] = []
    chance = torch.Generator().manual_seed(seed)
    sample = computes_in(net)
    with differentiating(net):
        net.eval()
        x = torch.randn(4, channels(net), pixels, pixels, generator=chance)
        x = x.to(sample.device, sample.dtype).requires_grad_()
        handle = module.register_forward_hook(lambda module, inputs, output: found.append(output))
        try:
            net(x)
        finally:
            handle.remove()
        weights = torch.randn(found[-1].shape[1], generator=chance).to(sample.device, sample.dtype)
        height, width = found[-1].shape[-2:]
        place = found[-1][:, :, height // 2, width // 2]
        (gradient,) = torch.autograd.grad((place * weights).sum(), x)
    columns = gradient.double().square().sum((0, 1, 2)).cpu()
    sums = torch.cat([columns.new_zeros(1), columns.cumsum(0)]) / columns.sum()
    share -= 1e-9  # a whole may add up to a little less than 1
    for width in range(1, pixels):
        if (sums[width:] - sums[:-width]).max() >= share:
            return width
    return pixels


def find(net: nn.Module, layer: str, asked: str) -> nn.Module:
    """The layer of that name; ValueError where there is none."""
    modules = dict(net.named_modules())
    if layer not in modules or not layer:
        raise ValueError(
            f"{asked}: the network has no layer {layer!r}; it has "
            f"{', '.join(name for name, _ in net.named_children())}."
        )
    return modules[layer]


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
