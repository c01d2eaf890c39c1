"""Curves: training, and lines in one axes or several, labelled where they end."""

import math
import textwrap
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Literal, Protocol

import numpy as np
from matplotlib.axes import Axes
from matplotlib.ticker import MaxNLocator
from numpy.typing import ArrayLike

from utils.figures.style import (
    COLOURS,
    INK,
    MARKERS,
    SMALL,
    Picture,
    canvas,
    role,
    show,
)

if TYPE_CHECKING:
    from IPython.display import DisplayHandle

Series = Mapping[str, tuple[Sequence[float], ArrayLike]]
DASHES = ("-", "--", ":", "-.")
MOST_LABELS = 6  # more curves get a legend
MOST_TICKS = 9
WIDEST = 40  # characters of a name below one of several panels, before it is broken


class Run(Protocol):
    """What is drawn of a `History`."""

    train_loss: list[float]
    train_acc: list[float]
    val_loss: list[float]
    val_acc: list[float]
    test_loss: list[float]
    test_acc: list[float]

    @property
    def epochs(self) -> int:
        """Completed epochs."""


def redraw(
    history: Run, max_epochs: int, handle: "DisplayHandle | Literal[True]"
) -> "DisplayHandle":
    """Show the curves of a run in progress in place of the ones shown before.

    Parameters
    ----------
    history : History
        The run so far.
    max_epochs : int
    handle : DisplayHandle or True
        What the last call returned, True at the first.
    """
    from IPython.display import DisplayHandle

    picture = training_curves(history, f"Epoch {history.epochs} of {max_epochs}")
    if handle is True:
        handle = DisplayHandle()
        handle.display(picture)
    else:
        handle.update(picture)
    return handle


def training_curves(history: Run, title: str = "") -> Picture:
    """Loss and accuracy of a `History` per epoch, on the training images and on others."""
    boards: dict[str, Series] = {}
    epochs = range(1, history.epochs + 1)
    for key, label in (("loss", "loss (nats)"), ("acc", "accuracy")):
        found = {
            "training": getattr(history, f"train_{key}"),
            "validation": getattr(history, f"val_{key}"),
            "test": getattr(history, f"test_{key}"),
        }
        boards[label] = {name: (epochs, values) for name, values in found.items() if values}
    figure, axes = canvas(1, 2, width=3.9)
    for axis, (label, series) in zip(axes, boards.items(), strict=True):
        label_ends(axis, draw_lines(axis, series))
        axis.set(xlabel="epoch", ylabel=label)
    alt = f"Curves over {history.epochs} epochs. " + described(boards, "epoch")
    return show(figure, alt, f"{title or 'A run'}: loss and accuracy after each epoch.")


def lines(
    series: Series,
    xlabel: str,
    ylabel: str,
    alt: str = "",
    title: str = "",
    dashed: Collection[str] = (),
    log: str = "",
    width: float = 6.4,
    height: float = 3.6,
    marks: Mapping[str, float] | None = None,
    caption: str = "",
) -> Picture:
    """Several curves in one axes.

    Parameters
    ----------
    series : mapping of name to (x, y)
        ``y`` has one value per x, or a row of several, one per run. What a curve is called
        decides its colour: see `looks`.
    alt : str
        Where the curves begin and end when not given.
    dashed : names
        Curves drawn dashed, in the colour of the curve before them.
    log : str
        The axes that are logarithmic: ``"x"``, ``"y"`` or ``"xy"``.
    marks : mapping of name to y
        Horizontal lines to compare with.
    caption : str
        What stands below the picture.
    """
    figure, axis = canvas(width=width, height=height)
    marks = marks or {}
    for value in marks.values():
        axis.axhline(value, color=INK, linestyle=":", linewidth=1.5)
    set_scales(axis, log)
    label_ends(axis, draw_lines(axis, series, dashed, title))
    for name, value in marks.items():
        above = value == max(marks.values())  # so that the names of two close marks do not overlap
        right = roomier_on_the_right(axis, value)
        axis.annotate(
            name, (0.99 if right else 0.01, value), xycoords=("axes fraction", "data"),
            fontsize=SMALL, xytext=(0, 2 if above else -3), textcoords="offset points",
            va="bottom" if above else "top", ha="right" if right else "left",
        )  # fmt: skip
    axis.set(xlabel=xlabel, ylabel=ylabel, title=title)
    return show(figure, alt or f"{ylabel}. " + described({title: series}, xlabel), caption)


def roomier_on_the_right(axis: Axes, value: float) -> bool:
    """Whether curves keep farther away from the height ``value`` on the right than on the left."""
    to_axes = axis.transData + axis.transAxes.inverted()
    height = float(to_axes.transform((axis.get_xlim()[0], value))[1])
    room = {"left": 1.0, "right": 1.0}
    for line in axis.lines:
        points = to_axes.transform(np.column_stack([np.asarray(d, float) for d in line.get_data()]))
        if line.get_linestyle() == ":" and np.ptp(points[:, 1]) == 0:
            continue  # a mark
        for side, place in (
            ("left", np.linspace(0, 0.35, 20)),
            ("right", np.linspace(0.65, 1, 20)),
        ):
            order = np.argsort(points[:, 0])
            heights = np.interp(place, points[order, 0], points[order, 1])
            room[side] = min(room[side], float(np.abs(heights - height).min()))
    return room["right"] > room["left"]


def panels(
    boards: Mapping[str, Series], xlabel: str, ylabel: str, alt: str = "",
    dashed: Collection[str] = (), log: str = "", sharey: bool = True, caption: str = "",
) -> Picture:  # fmt: skip
    """Several axes side by side; ``boards`` maps the title of each to its curves, as in `lines`.

    What a title says of a role holds for its curves: "training" and "test" below the title
    "plain" are both blue. Below the title "recorded" curves are lighter.
    """
    figure, axes = canvas(1, len(boards), width=3.9, height=3.4, sharey=sharey, squeeze=False)
    ends = []
    for axis, (title, series) in zip(axes[0], boards.items(), strict=True):
        set_scales(axis, log)
        ends.append(draw_lines(axis, series, dashed, title))
        axis.set(xlabel=textwrap.fill(xlabel, WIDEST), title=title)
    for axis, found in zip(axes[0], ends, strict=True):
        label_ends(axis, found)
    axes[0, 0].set_ylabel(ylabel)
    return show(figure, alt or f"{ylabel}. " + described(boards, xlabel), caption)


def set_scales(axis: Axes, log: str) -> None:
    """Make the axes that ``log`` names logarithmic."""
    if "x" in log:
        axis.set_xscale("log")
    if "y" in log:
        axis.set_yscale("log")


def looks(
    names: Iterable[str], dashed: Collection[str] = (), title: str = ""
) -> dict[str, tuple[str, str, str]]:
    """Colour, dashes and marker of each curve: the book's one code.

    A name, or else the title above it, that says plain (or chain) is blue; residual (or shortcut)
    orange; others take the next of `COLOURS`. What ends in "test" or stands in ``dashed`` is
    dashed, in the colour of its partner. Further curves of one colour have other dashes.
    """
    found: dict[str, tuple[str, str, str]] = {}
    used: dict[str, int] = {}
    rest = -1
    colour = ""
    for number, name in enumerate(names):
        words = name.lower()
        partner = name in dashed or words.endswith("test")
        told = role(name, title)
        if told:
            colour = told
        elif not (partner and colour):
            rest += 1
            colour = COLOURS[rest % len(COLOURS)]
        style = used.get(colour, 0)
        used[colour] = style + 1
        dashes = "--" if partner else DASHES[style % len(DASHES)]
        found[name] = (colour, dashes, MARKERS[number % len(MARKERS)])
    return found


def draw_lines(
    axis: Axes, series: Series, dashed: Collection[str] = (), title: str = ""
) -> dict[str, tuple[float, str]]:
    """The curves of `lines` in a given axes; returns where each ends, and its colour.

    Where ``y`` is ``(len(x), runs)``, each value is a dot, the curve is their mean and the band
    reaches from the smallest to the largest.
    """
    light = 0.6 if "recorded" in title.lower() else 1.0
    ends: dict[str, tuple[float, str]] = {}
    styles = looks(series, dashed, title)
    for name, (x, values) in series.items():
        colour, dashes, marker = styles[name]
        y = np.asarray(values, dtype=float)
        line: dict[str, Any] = {"label": name, "color": colour, "linestyle": dashes, "alpha": light}
        if y.ndim == 1:
            axis.plot(x, y, marker=marker if len(y) <= 20 else "", markersize=5, **line)
        else:
            axis.fill_between(
                x, y.min(axis=1), y.max(axis=1), color=colour, alpha=0.15, linewidth=0
            )
            axis.plot(x, y.mean(axis=1), **line)
            axis.plot(x, y, linestyle="", marker=marker, markersize=4.5, color=colour, alpha=0.6)
            y = y.mean(axis=1)
        last = y[np.isfinite(y)]
        ends[name] = (float(last[-1]) if last.size else math.nan, colour)
    set_ticks(axis, {value for x, _ in series.values() for value in x})
    return ends


def set_ticks(axis: Axes, values: Collection[float]) -> None:
    """Ticks at what was measured, where that is few enough to be read."""
    places = sorted(values)
    logarithmic = axis.get_xscale() == "log"
    if 1 < len(places) <= MOST_TICKS:
        at = np.log([float(p) for p in places]) if logarithmic else np.asarray(places, dtype=float)
        kept = [0]
        for number in range(1, len(places)):
            if at[number] - at[kept[-1]] > 0.07 * (at[-1] - at[0]):
                kept.append(number)
        axis.set_xticks([places[i] for i in kept], [f"{places[i]:,g}" for i in kept])
        axis.set_xticks([], minor=True)
    elif all(float(value).is_integer() for value in places) and not logarithmic:
        axis.xaxis.set_major_locator(MaxNLocator(nbins=7, integer=True))  # no epoch 0.98


def label_ends(axis: Axes, ends: Mapping[str, tuple[float, str]]) -> None:
    """Each curve's name right of its last point, in its colour; names do not overlap.

    To be called when all curves are drawn, also those of axes that share an axis with this one.
    """
    label_between_decades(axis)
    if len(ends) > MOST_LABELS:
        axis.legend(loc="center left", bbox_to_anchor=(1, 0.5))
    if not 1 < len(ends) <= MOST_LABELS:
        return
    axis.autoscale_view()
    height = axis.get_window_extent().height / axis.figure.dpi * 72  # points, before the layout
    gap = 1.25 * SMALL / height
    low, high = axis.get_ylim()
    to_axes = axis.transScale + axis.transLimits
    heights = {
        name: float(to_axes.transform((axis.get_xlim()[1], np.clip(y, low, high)))[1])
        for name, (y, _) in ends.items()
        if math.isfinite(y)
    }
    order = sorted(heights, key=heights.__getitem__)
    places = spread(np.array([heights[name] for name in order]), gap)
    for name, place in zip(order, places, strict=True):
        axis.annotate(name, (1.02, place), xycoords="axes fraction", va="center",
                      fontsize=SMALL, color=ends[name][1], annotation_clip=False)  # fmt: skip


def label_between_decades(axis: Axes) -> None:
    """On a logarithmic y-axis of less than two decades, 2 and 5 of each have their numbers too."""
    low, high = axis.get_ylim()
    if axis.get_yscale() != "log" or high / low >= 100:
        return
    decades = range(math.floor(math.log10(low)), math.ceil(math.log10(high)) + 1)
    found = [step * 10.0**power for power in decades for step in (1, 2, 5)]
    shown = [value for value in found if low <= value <= high]
    if len(shown) > 1:
        axis.set_yticks(shown, [f"{value:g}" for value in shown])


def spread(heights: np.ndarray, gap: float) -> np.ndarray:
    """Sorted ``heights``, moved as little as needed for neighbours to be ``gap`` apart."""
    # As blocks: those that touch are centred on the mean of where they wanted to be.
    blocks: list[list[float]] = []
    for height in heights:
        blocks.append([float(height)])
        while len(blocks) > 1 and bottom(blocks[-1], gap) - top(blocks[-2], gap) < gap:
            blocks[-2:] = [blocks[-2] + blocks[-1]]
    return np.array([bottom(b, gap) + i * gap for b in blocks for i in range(len(b))])


def bottom(block: Sequence[float], gap: float) -> float:
    """Where the lowest of some touching names is."""
    return sum(block) / len(block) - (len(block) - 1) * gap / 2


def top(block: Sequence[float], gap: float) -> float:
    """Where the highest of some touching names is."""
    return bottom(block, gap) + (len(block) - 1) * gap


def described(boards: Mapping[str, Series], xlabel: str) -> str:
    """Where each curve begins and ends, in words."""
    told = []
    for title, series in boards.items():
        parts = []
        for name, (x, values) in series.items():
            y = np.asarray(values, dtype=float)
            y = y.mean(axis=1) if y.ndim == 2 else y
            if len(y):
                parts.append(f"{name} from {y[0]:.3g} at {x[0]:g} to {y[-1]:.3g} at {x[-1]:g}")
        told.append((f"{title}: " if title else "") + "; ".join(parts))
    return f"By {xlabel}: " + ". ".join(told) + "."
