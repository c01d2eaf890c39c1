"""Residual blocks and their shortcuts, in plain PyTorch.

This file and `utils.shortcuts` can be read on their own. A block computes
``shortcut(x) + f(x)``; ``f`` is its *residual branch*.

He et al. 2016a is "Deep Residual Learning for Image Recognition" (arXiv 1512.03385),
He et al. 2016b is "Identity Mappings in Deep Residual Networks" (arXiv 1603.05027).
"""

import torch
from torch import Tensor, fx, nn
from torch.nn import functional as F

from utils.shortcuts import Norm, conv, make_shortcut


class Residual(nn.Module):
    """The smallest residual block: ``projection(x) + module(x)``.

    Parameters
    ----------
    module : nn.Module
        The residual branch ``f``.
    projection : nn.Module, optional
        Brings ``x`` to the shape of ``f(x)``. Without it the shortcut is the identity.

    Raises
    ------
    ValueError
        In ``forward``, when the two terms differ in shape. PyTorch would silently *broadcast*
        ``(N, 1) + (N, 6)``, which is never what a residual block means.

    Examples
    --------
    >>> Residual(nn.Linear(50, 50))(torch.zeros(8, 50)).shape
    torch.Size([8, 50])
    """

    def __init__(self, module: nn.Module, projection: nn.Module | None = None):
        super().__init__()
        self.module = module
        self.projection = projection

    def forward(self, x: Tensor) -> Tensor:
        branch = self.module(x)
        if self.projection is not None:
            x = self.projection(x)
        if not is_traced(x) and branch.shape != x.shape:
            raise ValueError(
                f"Residual: the branch gives {tuple(branch.shape)} but the shortcut gives "
                f"{tuple(x.shape)}, and both must have the same shape. "
                "Pass a `projection` that turns the input into the branch's shape."
            )
        return x + branch


class BasicBlock(nn.Module):
    """Two 3x3 convolutions and a shortcut: ``ReLU(shortcut(x) + BN(conv(ReLU(BN(conv(x))))))``.

    The first convolution has the stride. The shortcut is called ``downsample`` as in torchvision:
    with the same parameter names, weights can be loaded in both directions.

    Parameters
    ----------
    in_channels, out_channels : int
    stride : int
        1 keeps height and width, 2 halves them, rounding up.
    shortcut : str
        One of ``utils.shortcuts.SHORTCUTS``.
    norm : callable
        Builds a normalisation layer from a number of channels; ``nn.Identity`` switches
        normalisation off.

    Shapes: ``(N, in_channels, H, W)`` to ``(N, out_channels, ceil(H/stride), ceil(W/stride))``.
    Source: He et al. 2016a, Figure 5 left.

    Raises
    ------
    ValueError
        For a shortcut that is unknown or does not fit the block's shapes.
    """

    expansion = 1

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        stride: int = 1,
        shortcut: str = "B",
        norm: Norm = nn.BatchNorm2d,
    ):
        super().__init__()
        self.conv1 = conv(in_channels, out_channels, 3, stride, norm)
        self.bn1 = norm(out_channels)
        self.conv2 = conv(out_channels, out_channels, 3, 1, norm)
        self.bn2 = norm(out_channels)
        self.downsample = make_shortcut(shortcut, in_channels, out_channels, stride, norm)

    def branch(self, x: Tensor) -> Tensor:
        """The residual ``f(x)``, before the addition; its values may be negative."""
        x = F.relu(self.bn1(self.conv1(x)))
        return self.bn2(self.conv2(x))

    def forward(self, x: Tensor) -> Tensor:
        return add_shortcut(self.branch(x), self.downsample, x).relu()


class Bottleneck(nn.Module):
    """1x1 down, 3x3, 1x1 up: the block of ResNet-50, ResNet-101 and ResNet-152.

    Parameters
    ----------
    in_channels, out_channels : int
        ``out_channels`` must be a multiple of 4; the 3x3 convolution has a quarter of them.
    stride : int
    shortcut, norm
        As in `BasicBlock`.
    stride_on : {"3x3", "1x1"}, optional
        The first convolution or the second: ``"1x1"`` is the original placement (v1), ``"3x3"``
        is torchvision's (v1.5).

    A derived class can set what all its blocks have in common: ``stride_on``; ``widen``, by which
    factor the 3x3 convolution has more channels (2 in wide ResNets, Zagoruyko and Komodakis 2016,
    arXiv 1605.07146, as torchvision builds them); ``groups``, into how many it is split (32 in
    ResNeXt, Xie et al. 2017, arXiv 1611.05431, with ``widen = 2`` for "32x4d").

    Shapes as in `BasicBlock`. Source: He et al. 2016a, Figure 5 right.

    Raises
    ------
    ValueError
        As in `BasicBlock`, and for ``out_channels`` or ``stride_on`` that are not allowed.
    """

    expansion, groups, widen = 4, 1, 1
    stride_on = "3x3"

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        stride: int = 1,
        shortcut: str = "B",
        norm: Norm = nn.BatchNorm2d,
        stride_on: str | None = None,
    ):
        super().__init__()
        width = bottleneck_width(out_channels) * self.widen
        stride_on = self.stride_on if stride_on is None else stride_on
        if stride_on not in ("3x3", "1x1"):
            raise ValueError(f"Bottleneck: stride_on must be '3x3' or '1x1', got {stride_on!r}.")
        first, middle = (1, stride) if stride_on == "3x3" else (stride, 1)
        self.conv1 = conv(in_channels, width, 1, first, norm)
        self.bn1 = norm(width)
        self.conv2 = conv(width, width, 3, middle, norm, self.groups)
        self.bn2 = norm(width)
        self.conv3 = conv(width, out_channels, 1, 1, norm)
        self.bn3 = norm(out_channels)
        self.downsample = make_shortcut(shortcut, in_channels, out_channels, stride, norm)

    def branch(self, x: Tensor) -> Tensor:
        """The residual ``f(x)``, before the addition."""
        x = F.relu(self.bn1(self.conv1(x)))
        x = F.relu(self.bn2(self.conv2(x)))
        return self.bn3(self.conv3(x))

    def forward(self, x: Tensor) -> Tensor:
        return add_shortcut(self.branch(x), self.downsample, x).relu()


class PreActBasicBlock(nn.Module):
    """BN and ReLU *before* each convolution; nothing after the addition.

    Where the shape changes, the shortcut projects the activated input ``ReLU(BN(x))``, which is
    the branch's input too. Where it does not, the shortcut takes ``x`` itself, so that an identity
    runs through the whole stage. A network of such blocks ends in one more BN and ReLU.

    Parameters, shapes and errors as in `BasicBlock`. Source: He et al. 2016b, Figure 1b, and its
    authors' code.
    """

    expansion = 1

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        stride: int = 1,
        shortcut: str = "B",
        norm: Norm = nn.BatchNorm2d,
    ):
        super().__init__()
        self.bn1 = norm(in_channels)
        self.conv1 = conv(in_channels, out_channels, 3, stride, norm)
        self.bn2 = norm(out_channels)
        self.conv2 = conv(out_channels, out_channels, 3, 1, norm)
        self.downsample = preact_shortcut(shortcut, in_channels, out_channels, stride)

    def after_first_act(self, x: Tensor) -> Tensor:
        """The branch from the first activation on."""
        return self.conv2(F.relu(self.bn2(self.conv1(x))))

    def forward(self, x: Tensor) -> Tensor:
        activated = F.relu(self.bn1(x))
        return add_preact_shortcut(self.after_first_act(activated), self.downsample, x, activated)


class PreActBottleneck(nn.Module):
    """The bottleneck with BN and ReLU before each convolution; see `PreActBasicBlock`.

    Parameters, shapes and errors as in `Bottleneck`, with the stride on the 3x3 convolution.
    """

    expansion = 4

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        stride: int = 1,
        shortcut: str = "B",
        norm: Norm = nn.BatchNorm2d,
    ):
        super().__init__()
        width = bottleneck_width(out_channels)
        self.bn1 = norm(in_channels)
        self.conv1 = conv(in_channels, width, 1, 1, norm)
        self.bn2 = norm(width)
        self.conv2 = conv(width, width, 3, stride, norm)
        self.bn3 = norm(width)
        self.conv3 = conv(width, out_channels, 1, 1, norm)
        self.downsample = preact_shortcut(shortcut, in_channels, out_channels, stride)

    def after_first_act(self, x: Tensor) -> Tensor:
        """The branch from the first activation on."""
        x = self.conv2(F.relu(self.bn2(self.conv1(x))))
        return self.conv3(F.relu(self.bn3(x)))

    def forward(self, x: Tensor) -> Tensor:
        activated = F.relu(self.bn1(x))
        return add_preact_shortcut(self.after_first_act(activated), self.downsample, x, activated)


def bottleneck_width(out_channels: int) -> int:
    """Channels of the 3x3 convolution of a bottleneck with ``out_channels``."""
    if out_channels % 4 or out_channels < 4:
        raise ValueError(f"Bottleneck: out_channels must be a multiple of 4, got {out_channels}.")
    return out_channels // 4


def preact_shortcut(
    kind: str, in_channels: int, out_channels: int, stride: int
) -> nn.Module | None:
    """As `make_shortcut`, with a projection without norm: its input is normalised already."""
    shortcut = make_shortcut(kind, in_channels, out_channels, stride)
    return shortcut[0] if isinstance(shortcut, nn.Sequential) else shortcut


def add_shortcut(branch: Tensor, shortcut: nn.Module | None, x: Tensor) -> Tensor:
    """The sum ``branch + shortcut(x)``; ``branch`` alone where there is no shortcut."""
    return branch if shortcut is None else branch + shortcut(x)


def add_preact_shortcut(
    branch: Tensor, shortcut: nn.Module | None, x: Tensor, activated: Tensor
) -> Tensor:
    """The sum of a pre-activation block: only an identity takes ``x`` before its activation."""
    identity = isinstance(shortcut, nn.Identity)
    return add_shortcut(branch, shortcut, x if identity else activated)


def is_residual(block: nn.Module) -> bool:
    """Whether ``block`` is one of this module's blocks *with* a shortcut."""
    return isinstance(block, Residual) or getattr(block, "downsample", None) is not None


# The layer in which the residual branch ends, for each kind of block and what is derived from it.
BRANCH_ENDS = (
    (BasicBlock, "bn2"),
    (Bottleneck, "bn3"),
    (PreActBasicBlock, "conv2"),
    (PreActBottleneck, "conv3"),
)


def zero_branch(block: nn.Module) -> None:
    """Set the last layer of a residual branch to zero, so that the block starts as its shortcut.

    Raises
    ------
    ValueError
        When it is not known where the branch of ``block`` ends, when it ends in a layer without
        weights, or when the block has no shortcut: it would give zeros for ever.
    """
    kind = type(block).__name__
    ends = [name for base, name in BRANCH_ENDS if isinstance(block, base) and hasattr(block, name)]
    last = getattr(block, ends[0]) if ends else None
    if last is None:
        fault = f"{kind} is not derived from a block of utils.blocks: where does its branch end?"
    elif not is_residual(block):
        fault = f"this {kind} has no shortcut, so it would output zeros and could not train."
    elif not isinstance(getattr(last, "weight", None), Tensor):
        fault = f"it needs a norm with weights, and {kind}.{ends[0]} is {last}."
    else:
        nn.init.zeros_(last.weight)
        return
    raise ValueError(f"zero_init_residual: {fault} Leave the option out, or change block or norm.")


# Versions of PyTorch without `is_exporting` can only tell that they compile.
is_exporting = getattr(torch.compiler, "is_exporting", torch.compiler.is_compiling)


def is_traced(x: Tensor) -> bool:
    """Whether ``x`` only stands for a tensor: a tracer records operations, it has no values.

    A check in ``forward`` must not ask such an ``x`` for its shape: torch.fx would stop at the
    ``if``, and torch.export and torch.jit would record an answer that holds for one shape only.
    """
    tracing: bool = torch.jit.is_tracing()  # type: ignore[attr-defined, no-untyped-call]  # documented
    return isinstance(x, fx.Proxy) or is_exporting() or tracing
