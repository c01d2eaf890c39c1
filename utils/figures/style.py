"""The course's style, and a picture that shows itself in a notebook.

A picture is one SVG that holds two renderings, for light and for dark pages, and its own ground,
so that it is legible wherever it is shown. Which of the two is seen follows the page where that
says what it is (``color-scheme``), else the reader's system. One colour code holds for the whole
book: plain networks are blue, residual networks and every shortcut orange, and nothing else is.
Green means passed and red failed.
"""

import base64
import html
import io
import re
from typing import Any

import matplotlib as mpl
from matplotlib import rcsetup
from matplotlib.figure import Figure
from matplotlib.legend import Legend
from matplotlib.text import Text

# Each colour as it is drawn on a light ground, and what takes its place on a dark one.
DARK = {
    "#ffffff": "#14181e",  # the ground
    "#3d4450": "#c9d1dc",  # ink
    "#d9dde3": "#3a424d",  # grid
    "#00619e": "#5cb5f2",  # plain: blue
    "#b04a00": "#ff9f5c",  # residual and every shortcut: orange
    "#6f4bb2": "#b99cf5",  # the rest: purple, magenta, teal, ochre, slate
    "#a8326f": "#f08abf",
    "#0b6a72": "#52c4cd",
    "#7a5c00": "#d8b13c",
    "#566273": "#98a6ba",
    "#1d7a3a": "#5fcf82",  # passed
    "#b3261e": "#ff8a80",  # failed
}
(
    GROUND, INK, GRID, PLAIN, RESIDUAL, PURPLE, MAGENTA, TEAL, OCHRE, SLATE, PASSED, FAILED
) = DARK  # fmt: skip
COLOURS = (PURPLE, TEAL, MAGENTA, OCHRE, SLATE)  # for what is neither plain nor residual
ROLES = {
    "plain": PLAIN, "chain": PLAIN, "residual": RESIDUAL, "shortcut": RESIDUAL,
    "plus sign": RESIDUAL, "option a": RESIDUAL, "option b": RESIDUAL, "option c": RESIDUAL,
}  # fmt: skip
MARKERS = "osD^vPX"
SMALL = 10.5  # points, the smallest text
STYLE: dict[Any, Any] = {
    "figure.facecolor": GROUND, "axes.facecolor": "none", "savefig.facecolor": GROUND,
    "axes.edgecolor": INK, "axes.labelcolor": INK, "xtick.color": INK, "ytick.color": INK,
    "text.color": INK, "axes.titlecolor": INK, "legend.labelcolor": INK,
    "axes.prop_cycle": rcsetup.cycler(color=COLOURS), "axes.spines.top": False,
    "axes.spines.right": False, "axes.grid": True, "grid.color": GRID, "grid.linewidth": 0.8,
    "axes.axisbelow": True, "font.size": 11.5, "axes.titlesize": 12, "xtick.labelsize": SMALL,
    "ytick.labelsize": SMALL, "legend.fontsize": SMALL, "legend.frameon": False,
    "lines.linewidth": 2, "svg.hashsalt": "residual networks",
}  # fmt: skip
PATHS, DIGITS = re.compile(r' d="[^"]*"'), re.compile(r"(\.\d{2})\d+")
IMAGES = re.compile(r"base64,[^\"]*")
DARK_PAGE = "@media (prefers-color-scheme: dark)"


class Picture:
    """A drawn figure with its text alternative; shows itself in a notebook.

    Attributes
    ----------
    alt : str
        What the picture says, in words.
    caption : str
        What stands below it; may be empty.
    svg : str
        The drawing, for light and dark pages.
    width : int
        Width on the page, in pixels.
    """

    def __init__(self, figure: Figure, alt: str, caption: str = ""):
        buffer = io.StringIO()
        with mpl.rc_context(STYLE):
            figure.savefig(buffer, format="svg", bbox_inches="tight", pad_inches=0.08, dpi=160,
                           metadata={"Date": None, "Creator": None})  # fmt: skip
        self.svg = for_both_pages(buffer.getvalue())
        self.alt, self.caption = alt, caption
        size = re.search(r'width="([\d.]+)pt"', self.svg)
        assert size, "matplotlib writes the width in points"
        self.width = round(float(size[1]) * 96 / 72)
        self.figure = figure

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, str]:
        return {"text/html": self.to_html(), "text/plain": f"[picture: {self.alt}]"}

    def to_html(self) -> str:
        """An ``img`` element that needs no other file, with its caption."""
        data = base64.b64encode(self.svg.encode()).decode()
        image = (
            f'<img class="dark-light" style="max-width:100%;height:auto" width="{self.width}" '
            f'alt="{html.escape(self.alt)}" src="data:image/svg+xml;base64,{data}">'
        )
        if not self.caption:
            return image
        return (
            f'<figure class="course-figure" style="margin:0">{image}'
            f"<figcaption>{html.escape(self.caption)}</figcaption></figure>"
        )


def for_both_pages(svg: str) -> str:
    """``svg`` with each colour of `DARK` as a variable that changes with the page.

    Coordinates are rounded to a hundredth of a point and white space is left out: half the bytes.
    """
    svg = svg[svg.index("<svg") :]  # without declarations, which some sanitizers cut at
    names = {light: f"--c{number}" for number, light in enumerate(DARK)}
    used = [light for light in DARK if light in svg]
    for light in used:
        svg = svg.replace(light, f"var({names[light]})")
    light_page = "".join(f"{names[light]}:{light};" for light in used)
    dark_page = "".join(f"{names[light]}:{DARK[light]};" for light in used)
    style = f"<style>:root{{{light_page}}}{DARK_PAGE}{{:root{{{dark_page}}}}}</style>"
    svg = PATHS.sub(lambda path: DIGITS.sub(r"\1", path[0]), svg)
    svg = IMAGES.sub(lambda image: "".join(image[0].split()), svg)
    svg = re.sub(r"> <", "><", re.sub(r"\s+", " ", svg))
    return svg.replace(">", f">{style}", 1)


def role(*texts: str) -> str | None:
    """The colour of the first of ``texts`` that says plain or residual, if one does."""
    for text in texts:
        for word, colour in ROLES.items():
            if word in text.lower():
                return colour
    return None


def canvas(
    rows: int = 1, columns: int = 1, width: float = 4.0, height: float = 3.0, **options: Any
) -> tuple[Figure, Any]:
    """A figure and its axes in the course's style, for `show`.

    Parameters
    ----------
    rows, columns : int
        How many axes; more than one come as an array, as from ``Figure.subplots``.
    width, height : float
        Of one axes, in inches.
    **options
        Passed on to ``Figure.subplots``.
    """
    with mpl.rc_context(STYLE):
        figure = Figure(figsize=(width * columns, height * rows), layout="constrained")
        return figure, figure.subplots(rows, columns, **options)


def show(figure: Figure, alt: str, caption: str = "") -> Picture:
    """The picture of ``figure``.

    Parameters
    ----------
    figure : Figure
    alt : str
        What the picture shows, in words, for readers who do not see it.
    caption : str
        What stands below it: on a recorded run the finding, on a reader's own what is drawn.

    Raises
    ------
    ValueError
        When ``alt`` is empty.
    """
    if not alt.strip():
        raise ValueError("figures.show: alt is empty; say in words what the picture shows.")
    for text in figure.findobj(Text):
        if text.get_color() == "black":  # drawn outside the style's context
            text.set_color(INK)
    for legend in figure.findobj(Legend):
        legend.set_frame_on(False)  # its white would glare on a dark page
    return Picture(figure, alt, caption)
