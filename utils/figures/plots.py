"""Bars, dots, maps and images."""

import math
import textwrap
from collections.abc import Mapping, Sequence

import matplotlib
import numpy as np
from matplotlib.patches import Rectangle
from numpy.typing import ArrayLike

from utils.figures.style import (
    COLOURS,
    GRID,
    GROUND,
    INK,
    SMALL,
    TEAL,
    Picture,
    canvas,
    role,
    show,
)

EMPTY = "#80868f"  # a cell without a value: grey on both grounds, and no colour of the scale
UNSEEN = {"facecolor": GROUND, "edgecolor": GRID, "hatch": "////"}


def narrow(name: str) -> str:
    """``name`` in lines of at most 11 characters where words allow it, for below an axis."""
    lines = (textwrap.fill(line, 11, break_long_words=False) for line in name.split("\n"))
    return "\n".join(lines)


def bars(
    values: Mapping[str, float],
    ylabel: str,
    alt: str = "",
    marks: Mapping[str, float] | None = None,
    fmt: str = "{:.3f}",
    caption: str = "",
) -> Picture:
    """One bar per name, with its value above; dashed horizontal lines at ``marks``.

    Plain and residual have their colours (see `style.role`). ``alt`` gives the values when it is
    not given.
    """
    figure, axis = canvas(width=max(4.0, 1.5 * len(values)), height=3.2)
    colours = [role(name) or COLOURS[0] for name in values]
    places = range(len(values))
    found = axis.bar(places, list(values.values()), color=colours, width=0.6)
    axis.set_xticks(places, [narrow(name) for name in values])
    axis.bar_label(found, fmt=fmt, color=INK, fontsize=SMALL, padding=2)
    for name, value in (marks or {}).items():
        axis.axhline(value, color=INK, linestyle="--", linewidth=1.5, label=name)
    if marks:
        axis.legend(loc="lower right")
    axis.set_ylabel(ylabel)
    axis.margins(y=0.15)
    axis.grid(visible=False, axis="x")
    told = "; ".join(f"{' '.join(name.split())} {fmt.format(v)}" for name, v in values.items())
    return show(figure, alt or f"{ylabel}: {told}.", caption)


def image_grid(
    images: Sequence[ArrayLike] | np.ndarray,
    titles: Sequence[str],
    columns: int = 8,
    alt: str = "",
    caption: str = "",
) -> Picture:
    """Grey images ``(N, H, W)`` in [0, 1] or 0 to 255, each with a title."""
    rows = math.ceil(len(images) / columns)
    figure, axes = canvas(rows, columns, width=1.15, height=1.35, squeeze=False)
    for axis in axes.flat:
        axis.axis("off")
    for axis, image, title in zip(axes.flat, images, titles, strict=False):
        axis.imshow(np.asarray(image), cmap="gray", interpolation="none")
        axis.set_title(title, fontsize=SMALL)
    return show(figure, alt or f"{len(images)} images: " + ", ".join(titles) + ".", caption)


def heat_map(
    matrix: ArrayLike,
    xlabels: Sequence[str],
    ylabels: Sequence[str],
    xlabel: str,
    ylabel: str,
    alt: str,
    fmt: str = "{:.0f}",
    title: str = "",
    caption: str = "",
) -> Picture:
    """A matrix as coloured cells with their numbers; a ``nan`` leaves its cell empty and grey."""
    matrix = np.asarray(matrix, dtype=float)
    size = 0.52 * matrix.shape[1] + 1.6, 0.42 * matrix.shape[0] + 1.2
    figure, axis = canvas(width=max(4.5, size[0]), height=max(2.5, size[1]))
    colours = matplotlib.colormaps["cividis"].with_extremes(bad=EMPTY)
    axis.imshow(matrix, cmap=colours, aspect="auto")
    middle = (np.nanmax(matrix) + np.nanmin(matrix)) / 2
    for (i, j), value in np.ndenumerate(matrix):
        if value and not np.isnan(value):
            axis.text(j, i, fmt.format(value), ha="center", va="center", fontsize=SMALL,
                      color="#010101" if value > middle else "#fefefe")  # fmt: skip
    axis.set_xticks(range(matrix.shape[1]), xlabels, rotation=45, ha="right")
    axis.set_yticks(range(matrix.shape[0]), ylabels)
    axis.set(xlabel=xlabel, ylabel=ylabel, title=title)
    axis.grid(visible=False)
    return show(figure, alt, caption)


def masks(
    images: Mapping[str, ArrayLike], alt: str, cmap: str = "gray", caption: str = ""
) -> Picture:
    """Small maps ``(H, W)``, at most three in a row, each with its name and its own colour scale.

    Each scale starts at 0.
    """
    columns = min(3, len(images))
    rows = math.ceil(len(images) / columns)
    figure, axes = canvas(rows, columns, width=2.4, height=2.5, squeeze=False)
    for axis in axes.flat:
        axis.axis("off")
    for axis, (name, image) in zip(axes.flat, images.items(), strict=False):
        axis.imshow(np.asarray(image), cmap=cmap, vmin=0, interpolation="none")
        axis.set_title(name, fontsize=SMALL)
    return show(figure, alt, caption)


def coverage(counts: Mapping[str, ArrayLike], alt: str = "", caption: str = "") -> Picture:
    """Maps ``(H, W)`` of how many windows see each pixel, as numbers on one scale; 0 is hatched."""
    figure, axes = canvas(1, len(counts), width=2.5, height=2.7, squeeze=False)
    most = max(float(np.max(np.asarray(count))) for count in counts.values())
    told = []
    for axis, (name, count) in zip(axes[0], counts.items(), strict=True):
        count = np.asarray(count)
        for (row, column), value in np.ndenumerate(count):
            look = {"facecolor": TEAL, "alpha": 0.15 + 0.6 * value / most} if value else UNSEEN
            axis.add_patch(Rectangle((column, row), 1, 1, linewidth=0, **look))
            axis.text(column + 0.5, row + 0.5, f"{value:.0f}", ha="center", va="center",
                      fontsize=SMALL)  # fmt: skip
        height, width = count.shape
        axis.set(xlim=(0, width), ylim=(height, 0), aspect="equal")
        axis.set_title(name, fontsize=SMALL)
        axis.axis("off")
        told.append(f"{name}: {(count == 0).mean():.0%} of the pixels in no window, others in up "
                    f"to {count.max():.0f}")  # fmt: skip
    return show(figure, alt or "How many windows see each pixel. " + "; ".join(told) + ".", caption)


def dots(
    boards: Mapping[str, Mapping[str, Sequence[float]]], ylabel: str, alt: str = "",
    caption: str = "", sharey: bool = False, log: bool = False,
) -> Picture:  # fmt: skip
    """One dot per value above its name, and a bar at their mean.

    Parameters
    ----------
    boards : mapping of title to (mapping of name to values)
        One axes per title; below one that says recorded, dots are lighter.
    log : bool
        Whether the y-axis is logarithmic; the bars then stand at the geometric means.
    """
    wide = max(4.2, 1.2 * max(len(groups) for groups in boards.values()))
    figure, axes = canvas(1, len(boards), width=wide, height=3.2, sharey=sharey, squeeze=False)
    for axis, (title, groups) in zip(axes[0], boards.items(), strict=True):
        light = 0.6 if "recorded" in title.lower() else 1.0
        for i, (name, values) in enumerate(groups.items()):
            colour = role(name, title) or COLOURS[0]
            axis.plot(
                [i] * len(values), values, linestyle="", marker="o", color=colour, alpha=light
            )
            middle = np.exp(np.mean(np.log(values))) if log else np.mean(values)
            axis.hlines(middle, i - 0.25, i + 0.25, color=colour)
        axis.set_xticks(range(len(groups)), [narrow(name) for name in groups])
        axis.set(title=title, xlim=(-0.6, len(groups) - 0.4))
        if log:
            axis.set_yscale("log")
    axes[0, 0].set_ylabel(ylabel)
    told = ". ".join(
        f"{title}: "
        + "; ".join(f"{n} {min(v):.3g} to {max(v):.3g}" for n, v in groups.items() if v)
        for title, groups in boards.items()
    )
    return show(figure, alt or f"{ylabel}, one dot per run. {told}.", caption)


def grouped_bars(
    names: Sequence[str], groups: Mapping[str, Sequence[float]], ylabel: str, alt: str = "",
    caption: str = "",
) -> Picture:  # fmt: skip
    """For each name one bar per group, side by side."""
    figure, axis = canvas(width=max(4.5, 1.15 * len(names)), height=3.2)
    thickness = 0.8 / len(groups)
    for i, (group, values) in enumerate(groups.items()):
        places = np.arange(len(names)) + (i - (len(groups) - 1) / 2) * thickness
        axis.bar(
            places, list(values), thickness * 0.92, label=group, color=role(group) or COLOURS[i]
        )
    axis.set_xticks(range(len(names)), [narrow(name) for name in names])
    axis.set_ylabel(ylabel)
    axis.legend(loc="lower center", bbox_to_anchor=(0.5, 1.0), ncols=len(groups))
    axis.set_axisbelow(True)
    axis.grid(visible=False, axis="x")
    told = "; ".join(
        f"{group}: " + ", ".join(f"{n} {v:.3g}" for n, v in zip(names, values, strict=True))
        for group, values in groups.items()
    )
    return show(figure, alt or f"{ylabel}. {told}.", caption)


def image_and_profile(
    image: ArrayLike, t: ArrayLike, profile: ArrayLike, label: str, alt: str, caption: str = ""
) -> Picture:
    """A grey image ``(H, W)``, and beside it a curve over its columns."""
    figure, (left, right) = canvas(1, 2, width=3.6, height=3.0, width_ratios=[1, 1.6])
    left.imshow(np.asarray(image), cmap="gray", interpolation="none")
    left.axis("off")
    right.plot(t, profile, marker="o", markersize=4, color=INK)
    right.set(xlabel="column, from 0 to 1", ylabel=label)
    return show(figure, alt, caption)


def fits(
    t: ArrayLike,
    target: ArrayLike,
    curves: Mapping[str, ArrayLike],
    distances: Mapping[str, float],
    image: ArrayLike,
) -> Picture:
    """A target curve over ``image`` and its fits, one axes per fit, each with its distance."""
    figure, axes = canvas(1, len(curves), width=3.9, height=2.7, sharey=True)
    for i, (axis, (name, curve)) in enumerate(zip(axes, curves.items(), strict=True)):
        axis.imshow(
            np.asarray(image),
            cmap="gray",
            interpolation="none",
            alpha=0.35,
            aspect="auto",
            extent=(0, 1, -0.2, 0.8),
        )
        axis.plot(t, target, linestyle="", marker="o", markersize=4, color=INK, label="target")
        axis.plot(t, curve, color=COLOURS[i], drawstyle="steps-mid" if name == "steps" else None)
        axis.set(title=f"{name}: distance {distances[name]:.3f}", xlabel="t", ylim=(-0.2, 0.8))
        axis.grid(visible=False)
    told = ", ".join(f"{name} at distance {value:.3f}" for name, value in distances.items())
    caption = "The target, the best fit of each class, and how far it stays away."
    return show(figure, f"The target and its best fits: {told}.", caption)
