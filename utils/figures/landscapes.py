"""Pictures of a loss on a plane through the weights: contours, and a relief."""

from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib.ticker import FuncFormatter
from numpy.typing import ArrayLike

from utils.figures.style import COLOURS, GROUND, INK, SMALL, Picture, canvas, role, show

LEVELS = np.array([0.01, 0.1, 0.2, 0.5, 1, 2, 3, 5, 10, 100, 1e4, 1e6, 1e8])
Plane = tuple[Sequence[float], ArrayLike]


def contours(
    boards: Mapping[str, Plane], alt: str = "", caption: str = "", columns: int = 2
) -> Picture:
    """Lines of equal loss, one axes per name, all with the same levels.

    Parameters
    ----------
    boards : mapping of name to (steps, losses)
        ``losses`` is ``(steps, steps)``, the first direction first. What a plane is called decides
        its colour: blue if it says plain, orange if it says residual.
    columns : int
        How many axes stand side by side.
    """
    rows = -(len(boards) // -columns)
    figure, axes = canvas(rows, columns, width=3.9, height=3.7, squeeze=False)
    for axis in axes.flat[len(boards) :]:
        axis.axis("off")
    for axis, (name, (steps, losses)) in zip(axes.flat, boards.items(), strict=False):
        values = np.asarray(losses, dtype=float)
        levels = LEVELS[(values.min() < LEVELS) & (values.max() > LEVELS)]
        if len(levels):
            drawn = axis.contour(steps, steps, values.T, levels=levels, linewidths=1.3,
                                 colors=role(name) or COLOURS[0])  # fmt: skip
            axis.clabel(drawn, labelled(values, levels), fmt=in_powers, fontsize=SMALL, colors=INK)
        axis.plot(0, 0, marker="o", markersize=7, color=role(name) or COLOURS[0],
                  markeredgecolor=GROUND)  # fmt: skip
        axis.set(title=name, xlabel="first direction", ylabel="second direction", aspect="equal")
        axis.label_outer()
        axis.grid(visible=False)
    return show(figure, alt or told(boards), caption)


def relief(boards: Mapping[str, Plane], alt: str = "", caption: str = "") -> Picture:
    """The loss as a height above the plane, on one logarithmic scale for all; as `contours`."""
    figure, axes = canvas(1, len(boards), width=4.2, height=4.0, squeeze=False,
                          subplot_kw={"projection": "3d"})  # fmt: skip
    heights = {name: np.log10(np.asarray(losses, float)) for name, (_, losses) in boards.items()}
    least = min(height.min() for height in heights.values())
    most = max(height.max() for height in heights.values())
    for axis, (name, (steps, _)) in zip(axes[0], boards.items(), strict=True):
        x, y = np.meshgrid(steps, steps, indexing="ij")
        axis.plot_wireframe(x, y, heights[name], linewidth=0.8, color=role(name) or COLOURS[0])
        for ruler in (axis.xaxis, axis.yaxis, axis.zaxis):
            ruler.set_pane_color((0, 0, 0, 0))
        axis.set(title=name, zlim=(least, most), xticks=[steps[0], 0, steps[-1]],
                 yticks=[steps[0], 0, steps[-1]])  # fmt: skip
        axis.zaxis.set_major_formatter(FuncFormatter(lambda power, _: in_powers(10**power)))
    return show(figure, alt or told(boards), caption)


def labelled(values: np.ndarray, levels: np.ndarray) -> list[float]:
    """Those of ``levels`` whose lines have room for a number: not within the one before."""
    found, reached = [], 0.0
    for level in levels:
        reach = float(np.sqrt((values < level).mean()))  # of the picture's side, from the middle
        if reach > reached + 0.1:
            found.append(float(level))
            reached = reach
    return found


def in_powers(value: float) -> str:
    """A level as readers write it: 0.01, 100, 10,000, and from there on in powers of ten."""
    power = np.log10(value)
    if value > 10_000 and np.isclose(power, round(power)):
        return f"$10^{{{round(power)}}}$"
    return f"{value:,.3g}" if value < 1000 else f"{value:,.0f}"


def told(boards: Mapping[str, Plane]) -> str:
    """What the planes show, in words."""
    said = []
    for name, (steps, losses) in boards.items():
        values = np.asarray(losses, float)
        middle = values[values.shape[0] // 2, values.shape[1] // 2]
        said.append(
            f"{name}: {middle:.3g} in the middle, between {values.min():.3g} and "
            f"{values.max():,.3g} up to {steps[-1]:g} away"
        )
    return "The loss around a network's weights. " + "; ".join(said) + "."
