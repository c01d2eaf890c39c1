"""Every picture of the course that shows numbers; diagrams of networks are in `diagrams`.

A function here returns a `Picture`: put the call last in a cell and it shows. Pictures have a
transparent background, colours that read on light and dark pages and for colour-blind readers
(Okabe and Ito's palette, darkened or lightened to the middle), and a text for those who can't
see them.
"""

import base64
import html
import io
from collections.abc import Mapping, Sequence

import matplotlib as mpl
import numpy as np
from matplotlib.figure import Figure
from matplotlib.legend import Legend
from matplotlib.patches import Rectangle
from matplotlib.text import Text
from matplotlib.ticker import MaxNLocator
from PIL import Image

INK = "#7a7a7a"  # contrast above 4 to 1 on white and on near-black
COLOURS = ("#0b84c4", "#e0701a", "#2f9e77", "#c2588f", "#a5851a", "#8a72d0", "#b3473c")
STYLE = {
    "figure.facecolor": "none", "axes.facecolor": "none", "savefig.facecolor": "none",
    "axes.edgecolor": INK, "axes.labelcolor": INK, "xtick.color": INK, "ytick.color": INK,
    "text.color": INK, "axes.titlecolor": INK, "legend.labelcolor": INK,
    "axes.prop_cycle": mpl.cycler(color=COLOURS), "axes.spines.top": False,
    "axes.spines.right": False, "axes.grid": True, "grid.color": INK, "grid.alpha": 0.25,
    "font.size": 11, "axes.titlesize": 12, "legend.frameon": False, "lines.linewidth": 2,
}  # fmt: skip
MARKERS = "osD^vPX"


class Picture:
    """A drawn figure with its text alternative; shows itself in a notebook.

    Attributes
    ----------
    alt : str
        What the picture says, in words.
    png : bytes
    width : int
        Width on the page, in pixels; the file has twice as many.
    """

    def __init__(self, figure: Figure, alt: str):
        buffer = io.BytesIO()
        figure.savefig(buffer, format="png", dpi=160, bbox_inches="tight", pad_inches=0.08)
        photographs = any(axis.images for axis in figure.axes)
        self.png = buffer.getvalue() if photographs else with_palette(buffer)
        self.alt = alt
        self.width = int.from_bytes(self.png[16:20], "big") // 2
        self.figure = figure

    def _repr_mimebundle_(self, include=None, exclude=None) -> dict:
        return {"text/html": self.to_html(), "text/plain": f"[picture: {self.alt}]"}

    def to_html(self) -> str:
        """An ``img`` element that needs no other file."""
        data = base64.b64encode(self.png).decode()
        return (
            f'<img class="dark-light" style="max-width:100%;height:auto;background:transparent" '
            f'width="{self.width}" alt="{html.escape(self.alt)}" '
            f'src="data:image/png;base64,{data}">'
        )


def with_palette(png: io.BytesIO) -> bytes:
    """The same drawing in 256 colours, a third of the bytes. Shades of an image need more."""
    small = io.BytesIO()
    picture = Image.open(png).quantize(256, method=Image.Quantize.FASTOCTREE)
    picture.save(small, format="PNG", optimize=True)
    return small.getvalue()


def canvas(rows: int = 1, columns: int = 1, width: float = 4.0, height: float = 3.0, **options):
    """A figure and its axes in the course's style; width and height are of one axes, in inches."""
    with mpl.rc_context(STYLE):
        figure = Figure(figsize=(width * columns, height * rows), layout="constrained")
        return figure, figure.subplots(rows, columns, **options)


def show(figure: Figure, alt: str) -> Picture:
    """The picture of ``figure``; ``alt`` says in words what it shows."""
    if not alt.strip():
        raise ValueError("figures.show: alt is empty; say in words what the picture shows.")
    for text in figure.findobj(Text):
        if text.get_color() == "black":  # drawn outside the style's context
            text.set_color(INK)
    for legend in figure.findobj(Legend):
        legend.set_frame_on(False)  # its white would glare on a dark page
    return Picture(figure, alt)


def redraw(history, max_epochs: int, handle):
    """Show the curve of a run under way, in place of the one shown before; returns the handle."""
    from IPython.display import display

    picture = training_curves(history, f"epoch {history.epochs} of {max_epochs}")
    if handle is True:
        return display(picture, display_id=True)
    handle.update(picture)
    return handle


def training_curves(history, title: str = "") -> Picture:
    """Loss and accuracy of a `History` against epochs, training and test."""
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
    series: Mapping[str, tuple[Sequence[float], Sequence[float]]],
    xlabel: str,
    ylabel: str,
    alt: str,
    title: str = "",
    dashed: Sequence[str] = (),
    log: str = "",
    width: float = 6.0,
    height: float = 3.6,
    marks: Mapping[str, float] | None = None,
) -> Picture:
    """Several curves in one axes.

    Parameters
    ----------
    series : mapping of name to (x, y)
    dashed : names
        Drawn dashed and in the colour of the curve before it: its twin.
    log : str
        Contains ``"x"`` or ``"y"`` for logarithmic axes.
    marks : mapping of name to y
        Horizontal lines to compare with.
    """
    figure, axis = canvas(width=width, height=height)
    draw_lines(axis, series, dashed)
    for name, value in (marks or {}).items():
        above = value == max(marks.values())  # two close marks must not share one place
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
    if len(series) > 4:  # more names than there is room for among the curves
        axis.legend(fontsize=9, loc="center left", bbox_to_anchor=(1, 0.5))
    elif len(series) > 1:
        axis.legend(fontsize=9)
    return show(figure, alt)


def draw_lines(axis, series, dashed=()) -> None:
    """The curves of `lines` in a given axes.

    Where ``y`` holds several values for each x, each is a point, and the curve is their mean.
    """
    colour = -1
    for name, (x, y) in series.items():
        colour += name not in dashed
        shade, marker = COLOURS[colour % len(COLOURS)], MARKERS[colour % len(MARKERS)]
        y = np.asarray(y, dtype=float)
        line = {"label": name, "color": shade, "linestyle": "--" if name in dashed else "-"}
        if y.ndim == 1:
            axis.plot(x, y, marker=marker, markersize=5, **line)
        else:
            axis.plot(x, y.mean(axis=1), **line)
            axis.plot(x, y, linestyle="", marker=marker, markersize=5, color=shade, alpha=0.7)
    if all(isinstance(value, int) for x, _ in series.values() for value in x):
        axis.xaxis.set_major_locator(MaxNLocator(integer=True))  # no epoch 0.98


def panels(
    boards: Mapping[str, Mapping[str, tuple]], xlabel: str, ylabel: str, alt: str,
    dashed: Sequence[str] = (), log: str = "", sharey: bool = True,
) -> Picture:  # fmt: skip
    """Several axes side by side, each with the curves of one entry of ``boards``."""
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


def bars(values: Mapping[str, float], ylabel: str, alt: str, marks=None, fmt: str = "{:.3f}"):
    """One bar a name, its value written above."""
    figure, axis = canvas(width=max(4.0, 1.5 * len(values)), height=3.2)
    found = axis.bar(list(values), list(values.values()), color=COLOURS[0], width=0.6)
    axis.bar_label(found, fmt=fmt, color=INK, fontsize=9, padding=2)
    for name, value in (marks or {}).items():
        axis.axhline(value, color=COLOURS[1], linestyle="--", linewidth=1.5, label=name)
    if marks:
        axis.legend(fontsize=9, loc="lower right")
    axis.set_ylabel(ylabel)
    axis.margins(y=0.15)
    axis.grid(visible=False, axis="x")
    return show(figure, alt)


def image_grid(images, titles: Sequence[str], columns: int = 8, alt: str = "") -> Picture:
    """Grey images ``(N, H, W)`` in [0, 1] or 0 to 255, with a title each."""
    rows = -(-len(images) // columns)
    figure, axes = canvas(rows, columns, width=1.15, height=1.35, squeeze=False)
    for axis in axes.flat:
        axis.axis("off")
    for axis, image, title in zip(axes.flat, images, titles, strict=False):
        axis.imshow(np.asarray(image), cmap="gray")
        axis.set_title(title, fontsize=9)
    return show(figure, alt or f"{len(images)} images: " + ", ".join(titles) + ".")


def heat_map(
    matrix, xlabels, ylabels, xlabel: str, ylabel: str, alt: str, fmt: str = "{:.0f}",
    title: str = "",
) -> Picture:  # fmt: skip
    """A matrix as coloured cells with their numbers; ``nan`` leaves a cell empty."""
    matrix = np.asarray(matrix, dtype=float)
    size = 0.52 * matrix.shape[1] + 1.6, 0.42 * matrix.shape[0] + 1.2
    figure, axis = canvas(width=max(4.5, size[0]), height=max(2.5, size[1]))
    axis.imshow(matrix, cmap="cividis", aspect="auto")
    middle = (np.nanmax(matrix) + np.nanmin(matrix)) / 2
    for (i, j), value in np.ndenumerate(matrix):
        if value and not np.isnan(value):
            axis.text(j, i, fmt.format(value), ha="center", va="center", fontsize=9,
                      color="#000000" if value > middle else "white")  # fmt: skip
    axis.set_xticks(range(matrix.shape[1]), xlabels, rotation=45, ha="right")
    axis.set_yticks(range(matrix.shape[0]), ylabels)
    axis.set(xlabel=xlabel, ylabel=ylabel, title=title)
    axis.grid(visible=False)
    return show(figure, alt)


def masks(
    images: Mapping[str, np.ndarray], alt: str, cmap: str = "magma", hatched: bool = False
) -> Picture:
    """Small maps, at most three a row, each under its name, with its own scale from 0.

    With ``hatched``, cells of exactly 0 are.
    """
    columns = min(3, len(images))
    rows = -(-len(images) // columns)
    figure, axes = canvas(rows, columns, width=2.6, height=2.7, squeeze=False)
    for axis in axes.flat:
        axis.axis("off")
    for axis, (name, image) in zip(axes.flat, images.items(), strict=False):
        image = np.asarray(image)
        axis.imshow(image, cmap=cmap, vmin=0)
        for row, column in np.argwhere(image == 0) if hatched else ():
            cell = Rectangle((column - 0.5, row - 0.5), 1, 1, facecolor="#9a9a9a", linewidth=0,
                             hatch="////", edgecolor="#d8d8d8")  # fmt: skip
            axis.add_patch(cell)
        axis.set_title(name, fontsize=10)
    return show(figure, alt)


def dots(boards: Mapping[str, Mapping[str, Sequence[float]]], ylabel: str, alt: str) -> Picture:
    """Every single value as a dot over its name, a bar at their mean; one axes a board."""
    wide = max(4.2, 1.2 * max(len(groups) for groups in boards.values()))
    figure, axes = canvas(1, len(boards), width=wide, height=3.2, sharey=False, squeeze=False)
    for axis, (title, groups) in zip(axes[0], boards.items(), strict=True):
        for i, values in enumerate(groups.values()):
            axis.plot([i] * len(values), values, linestyle="", marker="o", color=COLOURS[i % 7])
            axis.hlines(np.mean(values), i - 0.25, i + 0.25, color=COLOURS[i % 7])
        axis.set_xticks(range(len(groups)), list(groups), fontsize=9)
        axis.set(title=title, xlim=(-0.6, len(groups) - 0.4))
    axes[0, 0].set_ylabel(ylabel)
    return show(figure, alt)


def grouped_bars(
    names: Sequence[str], groups: Mapping[str, Sequence[float]], ylabel: str, alt: str
) -> Picture:
    """For each name one bar a group, side by side."""
    figure, axis = canvas(width=max(4.5, 1.15 * len(names)), height=3.2)
    thickness = 0.8 / len(groups)
    for i, (group, values) in enumerate(groups.items()):
        places = np.arange(len(names)) + (i - (len(groups) - 1) / 2) * thickness
        axis.bar(places, list(values), thickness * 0.92, label=group, color=COLOURS[i])
    axis.set_xticks(range(len(names)), names)
    axis.set_ylabel(ylabel)
    axis.legend(fontsize=9, loc="lower center", bbox_to_anchor=(0.5, 1.0), ncols=len(groups))
    axis.set_axisbelow(True)
    axis.grid(visible=False, axis="x")
    return show(figure, alt)


def image_and_profile(image, t, profile, label: str, alt: str) -> Picture:
    """A grey image, and beside it a curve over its columns."""
    figure, (left, right) = canvas(1, 2, width=3.6, height=3.0, width_ratios=[1, 1.6])
    left.imshow(np.asarray(image), cmap="gray")
    left.axis("off")
    right.plot(t, profile, marker="o", markersize=4, color=COLOURS[4])
    right.set(xlabel="column, from 0 to 1", ylabel=label)
    return show(figure, alt)


def fits(t, target, curves: Mapping[str, np.ndarray], distances: Mapping[str, float]) -> Picture:
    """A target and one fit in each axes, side by side, with their distances."""
    figure, axes = canvas(1, len(curves), width=3.9, height=2.7, sharey=True)
    for i, (axis, (name, curve)) in enumerate(zip(axes, curves.items(), strict=True)):
        axis.plot(t, target, linestyle="", marker="o", markersize=4, color=COLOURS[4])
        axis.plot(t, curve, color=COLOURS[i], drawstyle="steps-mid" if name == "steps" else None)
        axis.set(title=f"{name}: distance {distances[name]:.3f}", xlabel="t", ylim=(-0.2, 0.8))
    told = ", ".join(f"{name} at distance {value:.3f}" for name, value in distances.items())
    return show(figure, f"The target and its best fits: {told}.")
