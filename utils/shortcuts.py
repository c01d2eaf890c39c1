"""What a block adds to its residual branch: the identity, zero padding (A), a projection (B, C).

The options are named as in He et al. 2016a (arXiv 1512.03385), section 4.1, "Identity vs.
Projection Shortcuts", and Table 3.
"""

from collections.abc import Callable

from torch import Tensor, nn
from torch.nn import functional as F

Norm = Callable[[int], nn.Module]

SHORTCUTS = {
    "identity": "the input itself; shapes must match",
    "A": "the input, subsampled and padded with zero channels where shapes change",
    "B": "the input; a 1x1 projection where shapes change",
    "C": "a 1x1 projection in every block",
    "none": "no shortcut at all: the plain twin of a block",
}


class ZeroPadShortcut(nn.Module):
    """Option A of He et al. 2016a, sections 3.3 and 4.1: a shortcut without parameters.

    Takes every ``stride``-th pixel of every ``stride``-th row and appends channels of zeros.

    Shapes: ``(N, in_channels, H, W)`` to ``(N, out_channels, ceil(H/stride), ceil(W/stride))``,
    the size that a 3x3 convolution with padding 1 and the same stride gives.

    Raises
    ------
    ValueError
        When ``out_channels`` is smaller than ``in_channels``.
    """

    def __init__(self, in_channels: int, out_channels: int, stride: int = 1):
        super().__init__()
        if out_channels < in_channels:
            raise ValueError(
                f"Shortcut A pads channels and can't remove any: got {in_channels} in and "
                f"{out_channels} out. Use shortcut 'B' to go to fewer channels."
            )
        self.extra_channels = out_channels - in_channels
        self.stride = stride

    def forward(self, x: Tensor) -> Tensor:
        x = x[:, :, :: self.stride, :: self.stride]
        return F.pad(x, (0, 0, 0, 0, 0, self.extra_channels))

    def extra_repr(self) -> str:
        return f"extra_channels={self.extra_channels}, stride={self.stride}"


def conv(
    in_channels: int, out_channels: int, kernel: int, stride: int, norm: Norm, groups: int = 1
) -> nn.Conv2d:
    """A convolution that keeps height and width at stride 1.

    It has no bias where a normalisation follows, whose own shift would make it redundant.
    Where ``norm`` builds an ``nn.Identity``, nothing follows, and the convolution has a bias.
    ``groups`` splits it into so many that see a part of the channels each.
    """
    bias = isinstance(norm(out_channels), nn.Identity)
    return nn.Conv2d(
        in_channels, out_channels, kernel, stride, padding=kernel // 2, groups=groups, bias=bias
    )


def projection(
    in_channels: int, out_channels: int, stride: int = 1, norm: Norm = nn.BatchNorm2d
) -> nn.Sequential:
    """The projection shortcut: a 1x1 convolution with the branch's stride, then a norm.

    Shapes: ``(N, in_channels, H, W)`` to ``(N, out_channels, ceil(H/stride), ceil(W/stride))``.
    Source: He et al. 2016a, equation 2 and section 3.3; BatchNorm as in the authors' code.
    """
    return nn.Sequential(
        conv(in_channels, out_channels, 1, stride, norm),
        norm(out_channels),
    )


def make_shortcut(
    kind: str, in_channels: int, out_channels: int, stride: int = 1, norm: Norm = nn.BatchNorm2d
) -> nn.Module | None:
    """The shortcut named by ``kind``: one of ``SHORTCUTS``. ``"none"`` gives ``None``.

    Raises
    ------
    ValueError
        For an unknown kind; for ``"identity"`` when channels or stride change the shape; for
        ``"A"`` when there are fewer channels out than in.
    """
    same_shape = in_channels == out_channels and stride == 1
    if kind == "none":
        return None
    if kind == "identity" and not same_shape:
        raise ValueError(
            f"An identity shortcut can't turn {in_channels} channels into {out_channels} at "
            f"stride {stride}: x and f(x) would differ in shape. "
            "Use shortcut 'B' (projection) or 'A' (zero padding)."
        )
    if kind == "identity" or (kind in ("A", "B") and same_shape):
        return nn.Identity()
    if kind == "A":
        return ZeroPadShortcut(in_channels, out_channels, stride)
    if kind in ("B", "C"):
        return projection(in_channels, out_channels, stride, norm)
    raise ValueError(f"Unknown shortcut {kind!r}; choose one of {', '.join(SHORTCUTS)}.")
