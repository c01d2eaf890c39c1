"""The course's style, and a picture that shows itself in a notebook.

Pictures have a transparent background and a text alternative. Their colours are legible on light
and dark pages and for colour-blind readers: Okabe and Ito's palette, each colour darkened or
lightened to a middle brightness.
"""

import base64
import html
import io
from typing import Any

import matplotlib as mpl
from matplotlib import rcsetup
from matplotlib.figure import Figure
from matplotlib.legend import Legend
from matplotlib.text import Text
from PIL import Image

INK = "#7a7a7a"  # contrast above 4 to 1 on white and on near-black
COLOURS = ("#0b84c4", "#e0701a", "#2f9e77", "#c2588f", "#a5851a", "#8a72d0", "#b3473c")
STYLE: dict[Any, Any] = {
    "figure.facecolor": "none", "axes.facecolor": "none", "savefig.facecolor": "none",
    "axes.edgecolor": INK, "axes.labelcolor": INK, "xtick.color": INK, "ytick.color": INK,
    "text.color": INK, "axes.titlecolor": INK, "legend.labelcolor": INK,
    "axes.prop_cycle": rcsetup.cycler(color=COLOURS), "axes.spines.top": False,
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

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, str]:
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
    """The same drawing in 256 colours and a third of the bytes; photographs need more colours."""
    small = io.BytesIO()
    picture = Image.open(png).quantize(256, method=Image.Quantize.FASTOCTREE)
    picture.save(small, format="PNG", optimize=True)
    return small.getvalue()


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


def show(figure: Figure, alt: str) -> Picture:
    """The picture of ``figure``.

    Parameters
    ----------
    figure : Figure
    alt : str
        What the picture shows, in words, for readers who do not see it.

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
    return Picture(figure, alt)
