"""Every picture of the course.

A function here returns a `Picture`: make the call the last line of a cell, and the cell shows it.
Plots of numbers are exported here; `charts` has pictures of speed, `diagrams` of structure, and
`interactive` has figures that respond to mouse and keyboard.
"""

from utils.figures.curves import lines, panels, redraw, training_curves
from utils.figures.plots import (
    bars,
    coverage,
    dots,
    fits,
    grouped_bars,
    heat_map,
    image_and_profile,
    image_grid,
    masks,
)
from utils.figures.style import (
    COLOURS,
    FAILED,
    GROUND,
    INK,
    MARKERS,
    PASSED,
    PLAIN,
    RESIDUAL,
    SMALL,
    STYLE,
    Picture,
    canvas,
    show,
)

__all__ = [
    "COLOURS",
    "FAILED",
    "GROUND",
    "INK",
    "MARKERS",
    "PASSED",
    "PLAIN",
    "Picture",
    "RESIDUAL",
    "SMALL",
    "STYLE",
    "bars",
    "canvas",
    "coverage",
    "dots",
    "fits",
    "grouped_bars",
    "heat_map",
    "image_and_profile",
    "image_grid",
    "lines",
    "masks",
    "panels",
    "redraw",
    "show",
    "training_curves",
]
