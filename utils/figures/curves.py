"""Curves: training, and lines in one axes or several."""

from collections.abc import Collection, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Literal, Protocol

import numpy as np
from matplotlib.axes import Axes
from matplotlib.ticker import MaxNLocator
from numpy.typing import ArrayLike

from utils.figures.style import COLOURS, INK, MARKERS, Picture, canvas, show

if TYPE_CHECKING:
    from IPython.display import DisplayHandle

Series = Mapping[str, tuple[Sequence[float], ArrayLike]]


class Run(Protocol):
    """What is drawn of a `History`."""

    train_loss: list[float]
    train_acc: list[float]
    val_loss: list[float]
    val_acc: list[float]

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

    picture = training_curves(history, f"epoch {history.epochs} of {max_epochs}")
    if handle is True:
        handle = DisplayHandle()
        handle.display(picture)
    else:
        handle.update(picture)
    return handle


def training_curves(history: Run, title: str = "") -> Picture:
    """Loss and accuracy of a `History` per epoch, on the training and on the test images."""
    figure, axes = canvas(1, 2)
    epochs = np.arange(1, history.epochs + 1)
    said = []
    for axis, key, label in zip(axes, ("loss", "acc"), ("loss (nats)", "accuracy"), strict=True):
        for split, name, marker in (("train", "training", "o"), ("val", "test", "s")):
            values = getattr(history, f"{split}_{key}")
            if values:
                axis.plot(epochs, values, marker=marker, markersize=4, label=name)
                said.append(f"{name} {label} ends at {values[-1]:.3f}")
        axis.set(xlabel="epoch", ylabel=label)
        axis.xaxis.get_major_locator().set_params(integer=True)
        axis.legend()
    figure.suptitle(title, color=INK)
    return show(figure, f"Curves over {history.epochs} epochs: " + "; ".join(said) + ".")


def lines(
    series: Series,
    xlabel: str,
    ylabel: str,
    alt: str,
    title: str = "",
    dashed: Collection[str] = (),
    log: str = "",
    width: float = 6.0,
    height: float = 3.6,
    marks: Mapping[str, float] | None = None,
) -> Picture:
    """Several curves in one axes.

    Parameters
    ----------
    series : mapping of name to (x, y)
        ``y`` has one value per x, or a row of several.
    dashed : names
        Curves drawn dashed, in the colour of the curve before them.
    log : str
        The axes that are logarithmic: ``"x"``, ``"y"`` or ``"xy"``.
    marks : mapping of name to y
        Horizontal lines to compare with.
    """
    figure, axis = canvas(width=width, height=height)
    draw_lines(axis, series, dashed)
    marks = marks or {}
    for name, value in marks.items():
        above = value == max(marks.values())  # so that the names of two close marks do not overlap
        axis.axhline(value, color=INK, linestyle=":", linewidth=1.5)
        axis.annotate(
            name, (0.01, value), xycoords=("axes fraction", "data"), fontsize=9,
            xytext=(0, 2 if above else -3), textcoords="offset points",
            va="bottom" if above else "top",
        )  # fmt: skip
    axis.set(xlabel=xlabel, ylabel=ylabel, title=title)
    if "x" in log:
        axis.set_xscale("log")
    if "y" in log:
        axis.set_yscale("log")
    if len(series) > 4:  # too many names to fit among the curves
        axis.legend(fontsize=9, loc="center left", bbox_to_anchor=(1, 0.5))
    elif len(series) > 1:
        axis.legend(fontsize=9)
    return show(figure, alt)


def draw_lines(axis: Axes, series: Series, dashed: Collection[str] = ()) -> None:
    """The curves of `lines` in a given axes.

    Where ``y`` is ``(len(x), runs)``, each value is a point, and the curve is their mean.
    """
    colour = -1
    for name, (x, values) in series.items():
        colour += name not in dashed
        shade, marker = COLOURS[colour % len(COLOURS)], MARKERS[colour % len(MARKERS)]
        y = np.asarray(values, dtype=float)
        style = "--" if name in dashed else "-"
        line: dict[str, Any] = {"label": name, "color": shade, "linestyle": style}
        if y.ndim == 1:
            axis.plot(x, y, marker=marker, markersize=5, **line)
        else:
            axis.plot(x, y.mean(axis=1), **line)
            axis.plot(x, y, linestyle="", marker=marker, markersize=5, color=shade, alpha=0.7)
    if all(isinstance(value, int) for x, _ in series.values() for value in x):
        axis.xaxis.set_major_locator(MaxNLocator(integer=True))  # no epoch 0.98


def panels(
    boards: Mapping[str, Series], xlabel: str, ylabel: str, alt: str,
    dashed: Collection[str] = (), log: str = "", sharey: bool = True,
) -> Picture:  # fmt: skip
    """Several axes side by side; ``boards`` maps the title of each to its curves, as in `lines`."""
    figure, axes = canvas(1, len(boards), width=4.2, height=3.4, sharey=sharey, squeeze=False)
    for axis, (title, series) in zip(axes[0], boards.items(), strict=True):
        draw_lines(axis, series, dashed)
        axis.set(xlabel=xlabel, title=title)
        if "x" in log:
            axis.set_xscale("log")
        if "y" in log:
            axis.set_yscale("log")
        axis.legend(fontsize=9)
    axes[0, 0].set_ylabel(ylabel)
    return show(figure, alt)
