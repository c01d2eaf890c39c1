"""Diagrams of what is inside a block, and of the paths through several."""

from collections.abc import Sequence
from itertools import product

from matplotlib.axes import Axes

from utils.figures import GROUND, INK, PLAIN, RESIDUAL, SMALL, Picture, canvas, show
from utils.figures.diagrams import arrow, bare, box, plus, route

# The five orders of He et al. 2016b, Figure 4: what the branch does, and what follows the addition.
ORDERS = {
    "a": ("original", ("conv", "BN", "ReLU", "conv", "BN"), ("ReLU",)),
    "b": ("BN after\naddition", ("conv", "BN", "ReLU", "conv"), ("BN", "ReLU")),
    "c": ("ReLU before\naddition", ("conv", "BN", "ReLU", "conv", "BN", "ReLU"), ()),
    "d": ("ReLU-only\npre-activation", ("ReLU", "conv", "BN", "ReLU", "conv", "BN"), ()),
    "e": ("full\npre-activation", ("BN", "ReLU", "conv", "BN", "ReLU", "conv"), ()),
}


def column(
    axis: Axes, top: float, layers: Sequence[tuple[str, float]], step: float = 0.95
) -> float:
    """Boxes of given widths below one another, with arrows between; where the last one ends."""
    y = top
    for number, (text, width) in enumerate(layers):
        box(axis, 0, y, width, 0.6, text)
        if number:
            arrow(axis, (0, y + step - 0.32), (0, y + 0.32))
        y -= step
    return y + step - 0.3


def bottlenecks(channels: int = 256) -> Picture:
    """The two bottlenecks, v1 and v1.5, with a stride of 2: `channels` in, twice as many out.

    The boxes of the narrow maps are narrower, not to scale.
    """
    figure, axes = canvas(1, 2, width=3.6, height=4.2)
    narrow, out = channels // 2, 2 * channels
    for axis, name, strides in zip(axes, ("v1", "v1.5"), ((2, 1), (1, 2)), strict=True):
        wide, slim = 3.4, 2.2
        kernels = (("1x1", slim, narrow, strides[0]), ("3x3", slim, narrow, strides[1]),
                   ("1x1", wide, out, 1))  # fmt: skip
        layers = [
            (f"{kernel}, {count}" + (", stride 2" if stride == 2 else ""), width)
            for kernel, width, count, stride in kernels
        ]
        axis.set_title(name)
        axis.text(0, 5.35, f"x, {channels} channels", ha="center", fontsize=SMALL)
        arrow(axis, (0, 5.25), (0, 4.62))
        end = column(axis, 4.3, layers, step=1.0)
        arrow(axis, (0, end), (0, 1.37))
        plus(axis, 0, 1.2)
        route(axis, [(0, 4.95), (2.5, 4.95), (2.5, 1.2), (0.17, 1.2)], dashed=True)
        axis.text(2.65, 3.0, "1x1,\nstride 2", fontsize=SMALL, color=RESIDUAL, va="center")
        arrow(axis, (0, 1.03), (0, 0.4))
        axis.text(0.15, 0.7, "ReLU", fontsize=SMALL, va="center")
        bare(axis, (-2.0, 4.1), (0.2, 5.8))
    return show(
        figure,
        f"Two bottleneck blocks of three convolutions, 1x1 to {narrow} channels, 3x3, 1x1 to "
        f"{out}, with a projection as shortcut. In v1 the stride of 2 is on the first 1x1, in "
        "v1.5 on the 3x3.",
        "Two versions of the block that halves the image. They differ in where the stride is.",
    )


def orders(names: Sequence[str] = tuple(ORDERS)) -> Picture:
    """The five orders of a block's layers, side by side; the shortcut's path is orange."""
    figure, axes = canvas(1, len(names), width=1.75, height=5.2, squeeze=False)
    for axis, name in zip(axes[0], names, strict=True):
        title, branch, after = ORDERS[name]
        axis.set_title(f"{name}: {title}", fontsize=SMALL)
        arrow(axis, (0, 8.4), (0, 7.75))
        end = column(axis, 7.4, [(text, 1.5) for text in branch])
        arrow(axis, (0, end), (0, 1.77 + 0.05))
        plus(axis, 0, 1.6)
        route(axis, [(0, 8.1), (1.2, 8.1), (1.2, 1.6), (0.17, 1.6)])
        y = 1.6
        for text in after:
            arrow(axis, (0, y - 0.17 if y == 1.6 else y - 0.32), (0, y - 0.5))
            y -= 0.82
            box(axis, 0, y, 1.5, 0.6, text, colour=RESIDUAL)
        arrow(axis, (0, y - (0.17 if y == 1.6 else 0.32)), (0, -0.85))
        bare(axis, (-1.0, 1.5), (-0.9, 8.5))
    told = "; ".join(
        f"{name}: {', '.join(ORDERS[name][1])}, addition"
        + "".join(f", {layer}" for layer in ORDERS[name][2])
        for name in names
    )
    return show(figure, f"Orders of a block. {told}.",
                        "The same layers in different orders. What stands below the plus sign acts "
                        "on the shortcut as well.")  # fmt: skip


def identity_by_hand() -> Picture:
    """A plain block whose weights copy: what each layer is set to, and what comes out of it."""
    figure, axis = canvas(width=7.6, height=2.5)
    half = (
        ("conv", "a single 1 in\nthe middle"),
        ("BN", "scale = spread,\nshift = mean"),
        ("ReLU", "nothing is\nnegative"),
    )
    axis.text(-1.0, 0, "x", ha="center", va="center", fontsize=13)
    arrow(axis, (-0.75, 0), (-0.02, 0))
    for number, (name, setting) in enumerate(half * 2):
        left = 2.0 * number
        box(axis, left + 0.6, 0, 1.1, 0.62, name, colour=PLAIN)
        axis.text(left + 0.6, -0.5, setting, ha="center", va="top", fontsize=SMALL)
        axis.text(left + 1.6, 0.25, "x", ha="center", fontsize=11)
        arrow(axis, (left + 1.2, 0), (left + 2.0, 0))
    bare(axis, (-1.3, 12.4), (-1.5, 0.6))
    return show(figure, "A plain block set by hand: both convolutions copy, both BatchNorms give "
                        "back what they get, and the ReLUs find nothing negative to cut; x comes "
                        "out after each layer.",
                        "A plain block that does nothing exists. One has only to set its "
                        "weights.")  # fmt: skip


def paths(blocks: int = 3) -> Picture:
    """All paths through some residual blocks: each takes or skips every branch."""
    ways = sorted(product((False, True), repeat=blocks), key=lambda way: (sum(way), way))
    figure, axis = canvas(width=5.8, height=0.42 * len(ways) + 0.7)
    for row, way in enumerate(ways):
        y = -0.8 * row
        arrow(axis, (-0.5, y), (1.6 * blocks + 0.3, y), colour=INK)
        for number, taken in enumerate(way):
            if taken:
                box(axis, 1.6 * number + 0.7, y, 0.9, 0.5, f"f{number + 1}", fill=GROUND)
            else:
                axis.plot([1.6 * number + 0.1, 1.6 * number + 1.3], [y, y], color=RESIDUAL,
                          linewidth=2.5, marker="")  # fmt: skip
        axis.text(1.6 * blocks + 0.5, y, f"{sum(way)} of {blocks} branches", fontsize=SMALL,
                  va="center")  # fmt: skip
    bare(axis, (-0.7, 1.6 * blocks + 3.0), (-0.8 * len(ways) + 0.3, 0.5))
    return show(figure, f"The {len(ways)} paths through {blocks} residual blocks: each takes or "
                        "skips every branch.",
                        f"{blocks} blocks, {len(ways)} paths.")  # fmt: skip


def dropout_places() -> Picture:
    """A plain block for tables, and residual ones with the last dropout in branch and trunk."""
    figure, axes = canvas(1, 3, width=2.4, height=4.6)
    layers = ("BatchNorm", "linear", "ReLU", "linear")
    for axis, title in zip(
        axes, ("plain", "residual,\nin the branch", "residual,\nin the trunk"), strict=True
    ):
        shortcut, in_trunk = title != "plain", "trunk" in title
        axis.set_title(title)
        arrow(axis, (0, 8.4), (0, 7.75))
        names = layers if in_trunk else (*layers, "dropout")
        end = column(axis, 7.4, [(name, 2.0) for name in names])
        after = 2.2
        if shortcut:
            arrow(axis, (0, end), (0, after + 0.17))
            plus(axis, 0, after)
            route(axis, [(0, 8.1), (1.35, 8.1), (1.35, after), (0.17, after)])
        y = after - 0.17 if shortcut else end
        if in_trunk:
            arrow(axis, (0, y), (0, 1.27))
            box(axis, 0, 0.95, 2.0, 0.6, "dropout")
            y = 0.63
        arrow(axis, (0, y), (0, -0.1))
        bare(axis, (-1.2, 1.6), (-0.2, 8.5))
    return show(
        figure,
        "Three blocks of BatchNorm, linear, ReLU and linear. Plain: dropout follows on the one "
        "path there is. Residual, in the branch: dropout, then the addition of x. Residual, in the "
        "trunk: the addition of x, then dropout, which hits x as well.",
        "One block of each kind. In the trunk, dropout hits the shortcut's x as well.",
    )
