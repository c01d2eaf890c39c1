"""Maps of what a network looks at, and what is needed to doubt them.

Three maps, one number per pixel: the gradient of a class's logit (Simonyan, Vedaldi and Zisserman
2014, arXiv 1312.6034, section 3), the same times the input, and Grad-CAM (Selvaraju et al. 2017,
arXiv 1610.02391, section 3). `randomised` and `rank_correlation` are the sanity check of Adebayo
et al. 2018 (arXiv 1810.03292): a map of what a network has learnt must change when that is gone.
"""

import copy
from collections.abc import Iterable

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from utils.inspection.modes import differentiating


def signed_gradient(net: nn.Module, X: Tensor, classes: Tensor) -> Tensor:
    """The gradient of each image's logit for its class with respect to its pixels.

    Parameters
    ----------
    net : nn.Module
        Gives logits ``(N, classes)``; looked at in eval mode, and left as it was.
    X : Tensor
        Images ``(N, C, H, W)``.
    classes : Tensor
        The class to explain for each image, int64 ``(N,)``: not always the true one.

    Returns
    -------
    Tensor ``(N, C, H, W)``, in logits per unit of pixel value.
    """
    with differentiating(net):
        net.eval()
        x = X.detach().clone().requires_grad_()
        logits = net(x).gather(1, classes[:, None])
        return torch.autograd.grad(logits.sum(), x)[0]


def saliency(net: nn.Module, X: Tensor, classes: Tensor) -> Tensor:
    """How much the class's logit changes with each pixel: ``(N, H, W)``, 0 or more.

    The absolute value of `signed_gradient`, the largest over the channels.
    """
    return signed_gradient(net, X, classes).abs().amax(dim=1)


def gradient_times_input(net: nn.Module, X: Tensor, classes: Tensor) -> Tensor:
    """`signed_gradient` times the pixel, in absolute value, summed over channels: ``(N, H, W)``.

    A pixel of value 0 gets 0, whatever the network does with it.
    """
    return (signed_gradient(net, X, classes) * X).abs().sum(dim=1)


def grad_cam(net: nn.Module, X: Tensor, classes: Tensor, layer: str = "layer3") -> Tensor:
    """Where in a layer's maps the evidence for a class is: ``(N, h, w)``, 0 or more.

    Each map is weighted with the mean of the logit's gradient over it; of the weighted sum of the
    maps only the positive part is kept. Its size is that of the layer's maps.

    Parameters
    ----------
    net, X, classes
        As in `signed_gradient`.
    layer : str
        The name of a module whose output is ``(N, channels, h, w)``.

    Raises
    ------
    ValueError
        When ``net`` has no such module, or its output are not maps.
    """
    if layer not in dict(net.named_modules()):
        names = ", ".join(name for name, _ in net.named_children())
        raise ValueError(f"grad_cam: the network has no module {layer!r}; it has {names}.")
    seen: list[Tensor] = []

    def keep(module: nn.Module, given: object, maps: Tensor) -> None:
        seen.append(maps)

    hook = net.get_submodule(layer).register_forward_hook(keep)
    try:
        with differentiating(net):
            net.eval()
            logits = net(X.detach().clone().requires_grad_()).gather(1, classes[:, None])
            maps = seen[-1]
            if maps.ndim != 4:
                raise ValueError(
                    f"grad_cam: the output of {layer!r} has shape {tuple(maps.shape)}; choose a "
                    "layer that gives maps (N, channels, h, w), before the pooling."
                )
            (gradient,) = torch.autograd.grad(logits.sum(), maps)
    finally:
        hook.remove()
    weights = gradient.mean(dim=(2, 3), keepdim=True)
    return F.relu((weights * maps.detach()).sum(dim=1))


def edges(X: Tensor) -> Tensor:
    """Where the brightness of images changes, ``(N, H, W)``: a map that knows of no network."""
    padded = F.pad(X, (1, 1, 1, 1))
    across = padded[:, :, 1:-1, 2:] - padded[:, :, 1:-1, :-2]
    down = padded[:, :, 2:, 1:-1] - padded[:, :, :-2, 1:-1]
    return (across.square() + down.square()).sum(dim=1).sqrt()


def randomised(net: nn.Module, fresh: nn.Module, modules: Iterable[str]) -> nn.Module:
    """A copy of ``net`` in which the named modules have the weights and buffers of ``fresh``.

    Parameters
    ----------
    net, fresh : nn.Module
        Two networks of the same build, trained and not.
    modules : iterable of str
        Names of modules of both.

    Raises
    ------
    ValueError
        When one of them has no such module.
    """
    changed = copy.deepcopy(net)
    for name in modules:
        for one in (changed, fresh):
            if name not in dict(one.named_modules()):
                raise ValueError(f"randomised: there is no module {name!r} in both networks.")
        changed.get_submodule(name).load_state_dict(fresh.get_submodule(name).state_dict())
    return changed


def rank_correlation(first: Tensor, second: Tensor, where: Tensor | None = None) -> Tensor:
    """Spearman's rank correlation of two maps of each image: ``(N,)``, from -1 to 1.

    Equal values share the mean of their ranks. A map that is constant agrees with nothing: 0.

    Parameters
    ----------
    first, second : Tensor
        Maps ``(N, h, w)``.
    where : Tensor, optional
        The pixels to compare, bool ``(N, h, w)``; all when not given.

    Raises
    ------
    ValueError
        When the shapes differ.
    """
    if first.shape != second.shape or (where is not None and where.shape != first.shape):
        shapes = [tuple(m.shape) for m in (first, second, where) if m is not None]
        raise ValueError(f"rank_correlation: maps of one shape are compared, got {shapes}.")
    found = []
    for number in range(len(first)):
        kept = slice(None) if where is None else where[number].flatten()
        a, b = (ranks(maps[number].flatten()[kept]) for maps in (first, second))
        a, b = a - a.mean(), b - b.mean()
        spread = (a.square().sum() * b.square().sum()).sqrt()
        found.append((a * b).sum() / spread if spread > 0 else spread)
    return torch.stack(found)


def ranks(values: Tensor) -> Tensor:
    """The rank of each number, from 0.5 on, float64; equal ones share the mean of theirs."""
    order = values.sort().values
    low = torch.searchsorted(order, values)
    return (low + torch.searchsorted(order, values, right=True)).double() / 2
