"""Pictures have an alternative text, a transparent ground and readable ink."""

import io

import numpy as np
import pytest
from matplotlib.colors import to_rgb
from matplotlib.legend import Legend
from matplotlib.text import Text
from PIL import Image

from utils import figures
from utils.figures import COLOURS, INK, diagrams, interactive
from utils.history import History
from utils.inspection import diagram_rows
from utils.resnet import resnet8

CURVES = {"one": ([1, 2], [0.3, 0.5]), "two": ([1, 2], [0.2, 0.9])}
PICTURES = {
    "lines": lambda: figures.lines(CURVES, "x", "y", "two lines", marks={"limit": 0.4}),
    "panels": lambda: figures.panels({"a": CURVES, "b": CURVES}, "x", "y", "panels"),
    "bars": lambda: figures.bars({"a": 1.0, "b": 2.0}, "y", "bars", marks={"limit": 1.5}),
    "grouped bars": lambda: figures.grouped_bars(["a", "b"], {"g": [1, 2], "h": [2, 1]}, "y", "g"),
    "dots": lambda: figures.dots({"a": {"x": [1, 2], "y": [2, 3]}}, "y", "dots"),
    "heat map": lambda: figures.heat_map([[1, 2], [3, 0]], "ab", "ab", "x", "y", "heat"),
    "images": lambda: figures.image_grid(np.zeros((3, 4, 4)), ["a", "b", "c"]),
    "masks": lambda: figures.masks({"a": np.eye(4)}, "a mask"),
    "history": lambda: History([1.0, 0.5], [0.3, 0.6], [1.1, 0.7], [0.2, 0.5]).plot(),
    "twins": diagrams.twins,
    "shortcuts": diagrams.shortcuts,
    "block": diagrams.residual_block,
    "sets": diagrams.nested_sets,
    "network": lambda: diagrams.network(diagram_rows(resnet8(), (1, 1, 28, 28))),
}


def contrast(colour, ground):
    """WCAG's contrast ratio of two colours."""

    def luminance(c):
        parts = [v / 12.92 if v <= 0.03928 else ((v + 0.055) / 1.055) ** 2.4 for v in to_rgb(c)]
        return 0.2126 * parts[0] + 0.7152 * parts[1] + 0.0722 * parts[2]

    light, dark = sorted((luminance(colour), luminance(ground)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


@pytest.mark.parametrize("name", PICTURES)
def test_every_picture_has_words_a_transparent_ground_and_no_black_text(name):
    picture = PICTURES[name]()
    bundle = picture._repr_mimebundle_()
    assert picture.alt and f'alt="{picture.alt[:5]}' in bundle["text/html"]
    corner = Image.open(io.BytesIO(picture.png)).convert("RGBA").getpixel((0, 0))
    assert corner[3] == 0
    texts = [t for t in picture.figure.findobj(Text) if t.get_text() and t.get_visible()]
    assert texts and not any(t.get_color() == "black" for t in texts)
    assert not any(legend.get_frame_on() for legend in picture.figure.findobj(Legend))


@pytest.mark.parametrize("ground", ["white", "#121212"])
def test_ink_and_colours_stand_out_on_light_and_dark(ground):
    assert contrast(INK, ground) > 4
    assert all(contrast(colour, ground) > 2.5 for colour in COLOURS)


def test_a_picture_without_words_is_refused():
    with pytest.raises(ValueError, match="alt is empty"):
        figures.lines(CURVES, "x", "y", " ")


def test_a_slider_holds_all_pictures_and_shows_the_first():
    pictures = [PICTURES["bars"](), PICTURES["dots"]()]
    shown = interactive.slider(pictures, ["1", "2"], "size <n>").body
    assert shown.count("<img") == 2 and shown.count(" hidden>") == 1 and "size &lt;n&gt;" in shown
    with pytest.raises(ValueError, match="got 2 pictures and 1 labels"):
        interactive.slider(pictures, ["1"], "n")


def test_the_calculator_starts_with_the_right_answer():
    assert "floor((224 + 2*3 - 7) / 2) + 1 = 112" in interactive.shape_calculator().body


def test_the_nearest_point_of_a_circle_lies_on_the_line_to_the_target():
    point = diagrams.nearest_in_ellipse((0, 0), 2, 2, 0, np.array([3.0, 4.0]))
    assert point == pytest.approx([0.6, 0.8], abs=0.01)
