"""Pictures of structure: blocks, chains of blocks, whole networks, nested sets.

They are drawn by code, to scale where a scale has a meaning.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.patches import Circle, Ellipse, FancyArrowPatch, FancyBboxPatch

from utils.figures import COLOURS, INK, RESIDUAL, SMALL, Picture, canvas, show

BOX: dict[str, Any] = {
    "boxstyle": "round,pad=0.02,rounding_size=0.08",
    "linewidth": 1.6,
}


Point = tuple[float, float]


def box(
    axis: Axes, x: float, y: float, width: float, height: float, text: str,
    colour: str = INK, size: float = SMALL, fill: str = "none",
) -> None:  # fmt: skip
    """A rounded box centred at (x, y) with a text."""
    corner = (x - width / 2, y - height / 2)
    axis.add_patch(FancyBboxPatch(corner, width, height, edgecolor=colour, facecolor=fill, **BOX))
    axis.text(x, y, text, ha="center", va="center", fontsize=size)


def arrow(
    axis: Axes, start: Point, end: Point, colour: str = INK, bend: float = 0.0,
    dashed: bool = False,
) -> None:  # fmt: skip
    """An arrow from ``start`` to ``end``, bent sideways by ``bend``."""
    axis.add_patch(FancyArrowPatch(
        start, end, arrowstyle="-|>", mutation_scale=12, color=colour, linewidth=1.6,
        connectionstyle=f"arc3,rad={bend}", linestyle="--" if dashed else "-",
        shrinkA=0, shrinkB=0,
    ))  # fmt: skip


def plus(axis: Axes, x: float, y: float, radius: float = 0.17) -> None:
    """A plus sign in a circle centred at (x, y): an addition."""
    axis.add_patch(Circle((x, y), radius, facecolor="none", edgecolor=RESIDUAL, linewidth=1.8))
    axis.text(x, y - 0.01, "+", ha="center", va="center", fontsize=13, color=RESIDUAL)


def bare(axis: Axes, xlim: Point, ylim: Point) -> None:
    """Hide the axes; set limits, with the same scale in both directions."""
    axis.set(xlim=xlim, ylim=ylim, aspect="equal")
    axis.axis("off")


def route(
    axis: Axes, points: Sequence[Point], colour: str = RESIDUAL, dashed: bool = False
) -> None:
    """A shortcut: straight lines through ``points``, an arrow at the end."""
    xs, ys = zip(*points[:-1], strict=True)
    axis.plot(xs, ys, color=colour, linewidth=1.6, linestyle="--" if dashed else "-", marker="")
    arrow(axis, points[-2], points[-1], colour, dashed=dashed)


def twins(blocks: int = 4) -> Picture:
    """A plain chain of blocks and its residual twin, side by side."""
    figure, axis = canvas(width=8, height=2.9)
    for y, title in ((1.5, "plain"), (0, "residual")):
        axis.text(-0.75, y, title, ha="right", va="center", fontsize=11)
        arrow(axis, (-0.6, y), (0.2, y))
        for i in range(blocks):
            left = 2.0 * i
            box(axis, left + 0.7, y, 1.0, 0.6, "2 conv", size=SMALL)
            arrow(axis, (left + 1.2, y), (left + (1.55 if title == "residual" else 2.2), y))
            if title == "residual":
                route(axis, [(left - 0.1, y), (left - 0.1, y - 0.62), (left + 1.7, y - 0.62),
                             (left + 1.7, y - 0.17)])  # fmt: skip
                plus(axis, left + 1.7, y, 0.15)
                arrow(axis, (left + 1.85, y), (left + 2.2, y))
    bare(axis, (-1.9, 2 * blocks + 0.3), (-0.85, 2.0))
    return show(figure, f"Two chains of {blocks} pairs of convolutions. In the residual one an "
                        "arc leads around each pair and is added to its output.",
                        "The same layers twice. Only the residual chain has a way around each "
                        "pair.")  # fmt: skip


def shortcuts() -> Picture:
    """Options A, B and C, each over two blocks: one that changes the shape, one that does not."""
    figure, axes = canvas(1, 3, width=3.2, height=3.6)
    labels = {
        "A": ("every 2nd\npixel, pad\nwith zeros", "x"),
        "B": ("1x1 conv,\nBN", "x"),
        "C": ("1x1 conv,\nBN", "1x1 conv,\nBN"),
    }
    for axis, (option, texts) in zip(axes, labels.items(), strict=True):
        axis.set_title(f"option {option}")
        for y, text, size in zip((4.1, 1.4), texts, ("shape changes", "shape stays"), strict=True):
            box(axis, 0, y, 1.5, 1.1, "branch", size=SMALL)
            arrow(axis, (0, y + 1.25), (0, y + 0.57))
            arrow(axis, (0, y - 0.57), (0, y - 0.88))
            plus(axis, 0, y - 1.05)
            top, side = y + 0.95, 1.75
            dashed = size == "shape changes"
            route(axis, [(0, top), (side, top), (side, y - 1.05), (0.17, y - 1.05)], dashed=dashed)
            if text == "x":
                axis.text(side + 0.12, y, "x", fontsize=SMALL, va="center")
            else:
                axis.text(side + 0.12, y, text, fontsize=SMALL, va="center", color=RESIDUAL)
            axis.text(-0.95, y, size, rotation=90, fontsize=SMALL, ha="center", va="center")
        bare(axis, (-1.3, 3.3), (0, 5.6))
    return show(figure, "Two blocks for each option. Where the shape changes, A pads the input "
                        "with zeros, B and C project it; where it stays, A and B add the input "
                        "itself, C projects again.",
                        "Three options for the shortcut. They differ where the shape changes; "
                        "where it stays, only C projects.")  # fmt: skip


def residual_block(names: Sequence[str] = ("conv, BN, ReLU", "conv, BN")) -> Picture:
    """A plain block that must learn g(x), and a residual one that learns g(x) - x."""
    figure, axes = canvas(1, 2, width=3.4, height=3.7)
    for axis, residual in zip(axes, (False, True), strict=True):
        axis.set_title("residual block" if residual else "plain block")
        axis.text(0, 5.35, "x", ha="center", va="center", fontsize=13)
        arrow(axis, (0, 5.1), (0, 4.5))
        for y, name in zip((4.1, 2.9), names, strict=True):
            box(axis, 0, y, 2.2, 0.75, name, size=SMALL)
        arrow(axis, (0, 3.7), (0, 3.3))
        if residual:
            arrow(axis, (0, 2.5), (0, 1.97))
            plus(axis, 0, 1.8)
            route(axis, [(0, 4.85), (1.9, 4.85), (1.9, 1.8), (0.17, 1.8)])
            axis.text(2.05, 3.4, "x", fontsize=12)
            axis.text(-0.2, 2.2, "f(x)", fontsize=11, ha="right")
            arrow(axis, (0, 1.6), (0, 1.12))
            axis.text(0.25, 1.4, "x + f(x)", fontsize=11, va="center")
        else:
            arrow(axis, (0, 2.5), (0, 1.12))
            axis.text(0.2, 1.8, "g(x)", fontsize=11, va="center")
        box(axis, 0, 0.75, 1.3, 0.6, "ReLU", size=SMALL)
        arrow(axis, (0, 0.45), (0, 0))
        bare(axis, (-1.9, 2.6), (-0.1, 5.6))
    return show(figure, "Left: two convolutions that must produce the whole mapping g of x. "
                        "Right: the same two produce f of x, and x is added before the last "
                        "ReLU.",
                        "The same two convolutions. In the residual block they only have to "
                        "produce what is to be added to x.")  # fmt: skip


def nested_sets() -> Picture:
    """Function classes as regions, not nested and nested, each with its distance to the target."""
    figure, axes = canvas(1, 2, width=4.2, height=3.4)
    target = np.array([3.6, 2.5])
    families = (
        ("not nested", [((0.6, 0.4), 2.6, 1.8, 25), ((1.2, -0.7), 3.6, 2.0, -10),
                        ((0.2, -0.9), 4.6, 2.5, -30)]),
        ("nested", [((0.4, 0.1), 1.8, 1.3, 25), ((0.7, 0.3), 3.4, 2.3, 25),
                    ((1.0, 0.5), 5.2, 3.4, 25)]),
    )  # fmt: skip
    told = {}
    for axis, (title, regions) in zip(axes, families, strict=True):
        axis.set_title(title)
        distances = []
        for i, (centre, width, height, angle) in enumerate(regions):
            colour = COLOURS[i]
            axis.add_patch(Ellipse(centre, width, height, angle=angle, facecolor=colour,
                                   edgecolor=colour, alpha=0.22, linewidth=1.5))  # fmt: skip
            point = nearest_in_ellipse(centre, width, height, angle, target)
            axis.plot(*zip(point, target, strict=True), color=colour, linewidth=1.4, marker="")
            axis.plot(*point, marker="o", color=colour, markersize=5)
            distances.append(float(np.hypot(*(target - point))))
            left = title == "not nested" and i != 1  # of its point, where no line passes
            axis.annotate(f"$F_{i + 1}$: {distances[-1]:.1f}", point,
                          xytext=(-6 if left else 6, -13), ha="right" if left else "left",
                          textcoords="offset points", fontsize=SMALL, color=colour)  # fmt: skip
        axis.plot(*target, marker="*", markersize=14, color=INK)
        axis.annotate("$f^*$", target, xytext=(7, 2), textcoords="offset points", fontsize=13)
        bare(axis, (-2.4, 4.5), (-2.8, 3.2))
        told[title] = ", ".join(f"{d:.1f}" for d in distances)
    return show(figure, "Three growing function classes and the target f*. Distances: " + "; ".join(
        f"{title} {values}" for title, values in told.items()) + ".",
                        "From a class to a larger one the best fit can move away from the target. "
                        "From a class to one that contains it, it can not.")  # fmt: skip


def nearest_in_ellipse(
    centre: Point, width: float, height: float, angle: float, target: np.ndarray
) -> np.ndarray:
    """The point ``(2,)`` of an ellipse's edge nearest to ``target``; ``angle`` is in degrees."""
    t = np.linspace(0, 2 * np.pi, 2000)
    turn = np.deg2rad(angle)
    x, y = width / 2 * np.cos(t), height / 2 * np.sin(t)
    points = np.stack([
        centre[0] + x * np.cos(turn) - y * np.sin(turn),
        centre[1] + x * np.sin(turn) + y * np.cos(turn),
    ], axis=1)  # fmt: skip
    return points[np.hypot(*(points - target).T).argmin()]


def network(rows: Sequence[Mapping[str, Any]], title: str = "", told: bool = True) -> Picture:
    """A whole network from top to bottom, from `inspection.diagram_rows`.

    The wider a box, the wider its feature map, on a logarithmic scale. Shortcuts lead around
    their blocks, dashed where they project. With ``told=False`` all boxes and shortcuts look alike
    and shapes are left out: the reader is to predict them.
    """
    figure, axis = canvas(width=7.4, height=0.62 * len(rows) + 0.4)
    gap = 1.6
    for i, row in enumerate(rows):
        y = -gap * i
        side = row["shape"][-1] if len(row["shape"]) == 3 else 1
        width = 5.6 + 0.35 * (np.log2(side) if told else 5)  # the longest text needs 6.5
        colour = COLOURS[4] if row["kind"] == "layer" else INK
        box(axis, 0, y, width, 0.78, row["text"].replace("\n", "  |  "), colour, SMALL)
        stage, _, block = row["name"].removeprefix("layer").partition(".")
        name = f"stage {stage}, block {int(block) + 1}" if block else row["name"]
        axis.text(-4.6, y, name, fontsize=SMALL, va="center", ha="right")
        shape = " x ".join(str(n) for n in row["shape"])
        axis.text(5.6, y, shape if told else "?", fontsize=SMALL, va="center")
        if i:
            arrow(axis, (0, y + gap - 0.41), (0, y + 0.41))
        if row["kind"] in ("identity", "projection"):
            out = width / 2 + 0.45
            route(axis, [(0, y + 0.74), (out, y + 0.74), (out, y - 0.56), (0.02, y - 0.56)],
                  dashed=told and row["kind"] == "projection")  # fmt: skip
    axis.text(5.6, 0.95, "output", fontsize=SMALL, style="italic")
    axis.set(xlim=(-7.4, 8.3), ylim=(-gap * len(rows) + 0.5, 1.4), title=title)
    axis.axis("off")
    kinds = [row["kind"] for row in rows]
    if not told:
        return show(figure, f"{title or 'A network'} from input to output: {len(rows)} boxes.",
                            "From input to output, top to bottom.")  # fmt: skip
    return show(figure, f"{title or 'A network'} from input to output: {len(rows)} boxes, "
                        f"{kinds.count('identity')} blocks with an identity shortcut and "
                        f"{kinds.count('projection')} with a projection (dashed).",
                        f"The shortcut is the identity in {kinds.count('identity')} blocks and a "
                        f"projection (dashed) in {kinds.count('projection')}.")  # fmt: skip
