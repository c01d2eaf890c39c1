"""Every picture of the course.

A function here returns a `Picture`: put the call last in a cell and it shows. Pictures of numbers
can be had from here; `charts` draws speed, `diagrams` structure, `interactive` what answers to the
mouse and the keyboard.
"""

from utils.figures.curves import draw_lines, lines, panels, redraw, training_curves
from utils.figures.plots import (
    bars,
    dots,
    fits,
    grouped_bars,
    heat_map,
    image_and_profile,
    image_grid,
    masks,
)
from utils.figures.style import COLOURS, INK, MARKERS, STYLE, Picture, canvas, show

__all__ = [
    "COLOURS",
    "INK",
    "MARKERS",
    "Picture",
    "STYLE",
    "bars",
    "canvas",
    "dots",
    "draw_lines",
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
