"""Residual blocks and their shortcuts, in plain PyTorch.

Reads on its own, with `utils.shortcuts` beside it.
The words used: a block computes ``shortcut(x) + f(x)``; ``f`` is the *residual branch*.
He et al. 2016a is "Deep Residual Learning for Image Recognition" (arXiv 1512.03385),
He et al. 2016b is "Identity Mappings in Deep Residual Networks" (arXiv 1603.05027).
"""

from torch import Tensor, nn
from torch.nn import functional as F

from utils.shortcuts import Norm, conv, make_shortcut


class Residual(nn.Module):
    """The smallest honest residual block: ``projection(x) + module(x)``.

    Parameters
    ----------
    module : nn.Module
        The residual branch ``f``.
    projection : nn.Module, optional
        Brings ``x`` to the shape of ``f(x)``. Without it the shortcut is the identity.

    Raises
    ------
    ValueError
        In ``forward``, when the two terms differ in shape. PyTorch would *broadcast*
        ``(N, 1) + (N, 6)`` without a word; a residual block never wants that.

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
        fx = self.module(x)
        if self.projection is not None:
            x = self.projection(x)
        if fx.shape != x.shape:
            raise ValueError(
                f"Residual: the branch gives {tuple(fx.shape)} but the shortcut gives "
                f"{tuple(x.shape)}, and both must have the same shape. "
                "Pass a `projection` that turns the input into the branch's shape."
            )
        return x + fx


class BasicBlock(nn.Module):
    """Two 3x3 convolutions and a shortcut: ``ReLU(shortcut(x) + BN(conv(ReLU(BN(conv(x))))))``.

    The stride sits on the first convolution. The shortcut is called ``downsample`` because
    torchvision calls it so, and with the same names weights load both ways.

    Parameters
    ----------
    in_channels, out_channels : int
    stride : int
        1 keeps height and width, 2 halves them (rounding up).
    shortcut : str
        One of ``utils.shortcuts.SHORTCUTS``.
    norm : callable
        Builds a normalisation layer from a channel count; ``nn.Identity`` switches it off.

    Shapes: ``(N, in_channels, H, W)`` to ``(N, out_channels, ceil(H/stride), ceil(W/stride))``.
    Source: He et al. 2016a, Figure 5 left.
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
        return add_shortcut(self, x).relu()


class Bottleneck(nn.Module):
    """1x1 down, 3x3, 1x1 up: the block of ResNet-50 and deeper.

    Parameters
    ----------
    in_channels, out_channels : int
        ``out_channels`` must be a multiple of 4; the 3x3 works on a quarter of them.
    stride : int
    shortcut, norm
        As in `BasicBlock`.
    stride_on : {"3x3", "1x1"}
        ``"1x1"`` is the paper's placement (v1), ``"3x3"`` torchvision's (v1.5).

    Source: He et al. 2016a, Figure 5 right.
    """

    expansion = 4

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        stride: int = 1,
        shortcut: str = "B",
        norm: Norm = nn.BatchNorm2d,
        stride_on: str = "3x3",
    ):
        super().__init__()
        width = bottleneck_width(out_channels)
        if stride_on not in ("3x3", "1x1"):
            raise ValueError(f"Bottleneck: stride_on must be '3x3' or '1x1', got {stride_on!r}.")
        first, middle = (1, stride) if stride_on == "3x3" else (stride, 1)
        self.conv1 = conv(in_channels, width, 1, first, norm)
        self.bn1 = norm(width)
        self.conv2 = conv(width, width, 3, middle, norm)
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
        return add_shortcut(self, x).relu()


class PreActBasicBlock(nn.Module):
    """BN and ReLU *before* each convolution; nothing after the addition.

    Where the shape changes, the shortcut takes the activated input ``ReLU(BN(x))`` (which the
    projection shares with the branch); where it does not, it takes ``x`` untouched, so that
    the identity runs from end to end. A network of these ends in one more BN and ReLU.

    Parameters and shapes as in `BasicBlock`. Source: He et al. 2016b, Figure 1b and its
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
        return add_preact_shortcut(self, x)


class PreActBottleneck(nn.Module):
    """The bottleneck with BN and ReLU before each convolution. See `PreActBasicBlock`."""

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
        return add_preact_shortcut(self, x)


def bottleneck_width(out_channels: int) -> int:
    """Channels inside a bottleneck with ``out_channels`` at its end."""
    if out_channels % 4 or out_channels < 4:
        raise ValueError(f"Bottleneck: out_channels must be a multiple of 4, got {out_channels}.")
    return out_channels // 4


def preact_shortcut(kind: str, in_channels: int, out_channels: int, stride: int):
    """As `make_shortcut`, with a projection that has no norm: the shared BN comes first."""
    shortcut = make_shortcut(kind, in_channels, out_channels, stride)
    return shortcut[0] if isinstance(shortcut, nn.Sequential) else shortcut


def add_shortcut(block: nn.Module, x: Tensor) -> Tensor:
    """``block.branch(x)`` plus the block's shortcut of ``x``, if it has one."""
    fx = block.branch(x)
    return fx if block.downsample is None else fx + block.downsample(x)


def add_preact_shortcut(block: nn.Module, x: Tensor) -> Tensor:
    """The same for pre-activation: a shortcut that does something starts at ``ReLU(BN(x))``."""
    activated = F.relu(block.bn1(x))
    fx = block.after_first_act(activated)
    if block.downsample is None:
        return fx
    return fx + (x if isinstance(block.downsample, nn.Identity) else block.downsample(activated))


def is_residual(block: nn.Module) -> bool:
    """Whether ``block`` is one of this module's blocks *with* a shortcut."""
    return isinstance(block, Residual) or getattr(block, "downsample", None) is not None
