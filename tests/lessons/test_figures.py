"""Pictures have an alternative text, a ground of their own, readable ink and one colour code."""

import base64
import json
import re

import numpy as np
import pytest
from matplotlib.colors import to_rgb
from matplotlib.legend import Legend
from matplotlib.patches import FancyBboxPatch
from matplotlib.text import Text

from utils import figures
from utils.figures import COLOURS, block_diagrams, diagrams, interactive, landscapes, lineage
from utils.figures.curves import label_ends, looks, spread
from utils.figures.style import DARK, DARK_PAGE, GRID, GROUND
from utils.history import History
from utils.inspection import diagram_rows
from utils.resnet import resnet8, resnet18

PLANE = ([-1, 0, 1], [[4, 2, 3], [2, 0.5, 1], [30, 2, 5]])
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
    "coverage": lambda: figures.coverage({"a": np.eye(4), "b": np.ones((4, 4))}),
    "history": lambda: History([1.0, 0.5], [0.3, 0.6], [1.1, 0.7], [0.2, 0.5]).plot(),
    "twins": diagrams.twins,
    "shortcuts": diagrams.shortcuts,
    "block": diagrams.residual_block,
    "sets": diagrams.nested_sets,
    "bottlenecks": block_diagrams.bottlenecks,
    "orders": block_diagrams.orders,
    "identity": block_diagrams.identity_by_hand,
    "dropout": block_diagrams.dropout_places,
    "paths": block_diagrams.paths,
    "family": lineage.family_tree,
    "ladder": lambda: lineage.ladder(
        {"a": {"x": lineage.Rung([1.0, 2.0], 0.5, True), "y": lineage.Rung([0.5], 0.0, False)}},
        "points",
    ),
    "contours": lambda: landscapes.contours({"plain": PLANE, "residual": PLANE}),
    "relief": lambda: landscapes.relief({"plain": PLANE, "residual": PLANE}),
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
def test_every_picture_has_words_a_ground_of_its_own_and_no_colour_outside_the_code(name):
    picture = PICTURES[name]()
    assert picture.alt and f'alt="{picture.alt[:5]}' in picture.to_html()
    style, drawing = picture.svg.split("</style>", 1)
    assert DARK_PAGE in style and "var(--c0)" in drawing.split("<path", 2)[1], (
        "the ground comes first"
    )
    drawn = set(re.findall(r"(?:fill|stroke|stop-color): (#[0-9a-f]{6})", drawing))
    assert drawn <= {"#010101", "#fefefe"}, (
        "only the numbers on a heat map's cells have fixed colours"
    )
    texts = [t for t in picture.figure.findobj(Text) if t.get_text() and t.get_visible()]
    assert texts and not any(t.get_color() == "black" for t in texts)
    assert min(t.get_fontsize() for t in texts) * 96 / 72 >= 12, "pixels"
    assert not any(legend.get_frame_on() for legend in picture.figure.findobj(Legend))


def test_every_colour_of_text_and_lines_reaches_aa_on_both_grounds():
    for light, dark in DARK.items():
        if light not in (GROUND, GRID):
            assert contrast(light, GROUND) >= 4.5 and contrast(dark, DARK[GROUND]) >= 4.5, light


def test_drawing_twice_gives_the_same_bytes():
    assert PICTURES["panels"]().svg == PICTURES["panels"]().svg


def test_plain_is_blue_residual_is_orange_and_nothing_else_is():
    found = looks(["plain 20", "residual 20", "width", "a", "b", "c", "d"])
    colours = [colour for colour, _, _ in found.values()]
    assert colours[:2] == [figures.PLAIN, figures.RESIDUAL]
    assert not {figures.PLAIN, figures.RESIDUAL} & {*colours[2:], *COLOURS}
    assert {c for c, *_ in looks(["training", "test"], title="residual").values()} == {colours[1]}


def test_training_and_test_share_a_colour_and_differ_in_their_dashes():
    (training, test) = looks(["training", "test"]).values()
    assert training[0] == test[0] and (training[1], test[1]) == ("-", "--")
    again = looks(["plain, without", "plain, with"])
    assert len({dashes for _, dashes, _ in again.values()}) == 2


def test_names_at_the_ends_of_curves_are_moved_apart_and_no_further_than_needed():
    assert spread(np.array([0.1, 0.5, 0.9]), 0.1) == pytest.approx([0.1, 0.5, 0.9])
    assert spread(np.array([0.5, 0.5]), 0.1) == pytest.approx([0.45, 0.55])
    heights = np.sort(np.random.default_rng(0).random(12))
    places = spread(heights, 0.05)
    assert (np.diff(places) > 0.05 - 1e-9).all()
    assert abs(places - heights).max() < 0.3


def test_ticks_stand_where_it_was_measured():
    depths = ([8, 20, 32, 44, 56], [1, 2, 3, 4, 5])
    axis = figures.lines({"a": depths, "b": depths}, "layers", "error").figure.axes[0]
    assert axis.get_xticks().tolist() == depths[0]
    axis = figures.lines({"a": ([1, 2, 4, 32], [1, 2, 3, 4])}, "w", "e", log="x").figure.axes[0]
    assert [t.get_text() for t in axis.get_xticklabels()] == ["1", "2", "4", "32"]


@pytest.mark.parametrize(
    "values, shown",
    [([0.1, 0.9], ["0.1", "0.2", "0.5"]), ([0.03, 0.06], ["0.05"]), ([1e-5, 1], None)],
)
def test_a_short_logarithmic_axis_has_numbers_between_its_powers_of_ten(values, shown):
    figure, axis = figures.canvas()
    axis.set_yscale("log")
    axis.plot([1, 2], values)
    before = [label.get_text() for label in axis.get_yticklabels()]
    label_ends(axis, {})
    found = [label.get_text() for label in axis.get_yticklabels()]
    assert found == before if shown is None or len(shown) < 2 else set(shown) <= set(found)


def test_a_picture_says_where_its_curves_begin_and_end():
    assert "one from 0.3 at 1 to 0.5 at 2; two from 0.2 at 1" in figures.lines(CURVES, "x", "y").alt
    assert "a 1.000; b 2.000" in figures.bars({"a": 1.0, "b": 2.0}, "y").alt
    assert "x 1 to 2" in figures.dots({"t": {"x": [1, 2]}}, "y").alt


def test_a_caption_stands_below_the_picture_and_is_escaped():
    shown = figures.lines(CURVES, "x", "y", caption="a < b").to_html()
    assert shown.endswith("<figcaption>a &lt; b</figcaption></figure>")


def test_a_picture_without_words_is_refused():
    with pytest.raises(ValueError, match="alt is empty"):
        figures.show(figures.canvas()[0], " ")


def test_a_slider_holds_all_pictures_and_shows_the_first():
    pictures = [PICTURES["bars"](), PICTURES["dots"]()]
    shown = interactive.slider(pictures, ["1", "2"], "size <n>").body
    held = re.search(r'<script type="application/json">(.*?)</script>', shown)
    frames = json.loads(held[1])
    assert [frame["label"] for frame in frames] == ["1", "2"] and "size &lt;n&gt;: 1." in shown
    assert [base64.b64decode(frame["svg"]).decode() for frame in frames] == [
        picture.svg for picture in pictures
    ]
    with pytest.raises(ValueError, match="got 2 pictures and 1 labels"):
        interactive.slider(pictures, ["1"], "n")


def test_without_scripts_a_slider_is_one_picture_and_nothing_that_cannot_be_moved():
    pictures = [PICTURES["bars"](), PICTURES["dots"]()]
    shown = interactive.slider(pictures, ["1", "2"], "n").body
    # What JupyterLab leaves of an output that it does not trust: no script, and no `on...`.
    left = re.sub(r"<script.*?</script>", "", shown, flags=re.DOTALL)
    assert left.count("<img") == 1 and "<input" not in left and "once this cell is run" in left


def test_arrow_keys_on_a_slider_are_not_taken_for_the_notebook():
    shown = interactive.slider([PICTURES["bars"]()], ["1"], "n").body
    # JupyterLab goes to the next heading, unless the element that has the focus says this.
    assert 'input.setAttribute("data-lm-suppress-shortcuts", "true")' in shown
    assert shown.index("data-lm-suppress-shortcuts") < shown.index("addEventListener")


def test_the_calculator_starts_with_the_right_answer():
    assert "floor((224 + 2*3 - 7) / 2) + 1 = 112" in interactive.shape_calculator().body


def test_the_nearest_point_of_a_circle_lies_on_the_line_to_the_target():
    point = diagrams.nearest_in_ellipse((0, 0), 2, 2, 0, np.array([3.0, 4.0]))
    assert point == pytest.approx([0.6, 0.8], abs=0.01)


def test_the_name_of_a_mark_stands_where_no_curve_passes():
    def side(values):
        curves = {"loss": ([0, 1, 2, 3, 4], values)}
        axis = figures.lines(curves, "step", "loss", marks={"chance": 2.0}).figure.axes[0]
        (name,) = (text for text in axis.texts if text.get_text() == "chance")
        return name.get_ha()

    assert side([3, 1.9, 1, 1, 1]) == "right" and side([1, 1, 1, 1.9, 3]) == "left"


def test_the_texts_of_a_network_fit_their_boxes():
    rows = diagram_rows(resnet18(), (1, 1, 224, 224))
    figure = diagrams.network(rows).figure
    figure.dpi = 72  # as in an SVG
    figure.canvas.draw()
    axis = figure.axes[0]
    boxes = [
        patch.get_window_extent() for patch in axis.patches if isinstance(patch, FancyBboxPatch)
    ]
    inside = [text.get_window_extent() for text in axis.texts if "conv" in text.get_text()
              and text.get_ha() == "center"]  # fmt: skip
    assert len(inside) == 9
    assert all(any(b.x0 < t.x0 and t.x1 < b.x1 and b.y0 < t.y0 and t.y1 < b.y1 for b in boxes)
               for t in inside)  # fmt: skip


def test_names_below_an_axis_do_not_overlap():
    names = ["none", "augmentation", "weight decay", "fewer epochs", "ReLU before addition"]
    picture = figures.dots({"": {name: [1.0, 2.0] for name in names}}, "test error")
    figure = picture.figure
    figure.dpi = 72  # as in an SVG
    figure.canvas.draw()
    boxes = [text.get_window_extent() for text in figure.axes[0].get_xticklabels()]
    assert all(left.x1 < right.x0 for left, right in zip(boxes, boxes[1:], strict=False))


def test_a_long_name_below_panels_does_not_run_into_its_neighbour():
    name = "way from the found network (0) to the made one (1)"
    figure = figures.panels({"this run": CURVES, "recorded": CURVES}, name, "y", "panels").figure
    figure.dpi = 72
    figure.canvas.draw()
    first, second = (axis.xaxis.label.get_window_extent() for axis in figure.axes)
    assert first.x1 < second.x0


def test_levels_are_told_in_powers_of_ten_and_only_where_there_is_room():
    said = [landscapes.in_powers(level) for level in (0.01, 0.5, 100, 10_000, 1e6, 1e8)]
    assert said == ["0.01", "0.5", "100", "10,000", "$10^{6}$", "$10^{8}$"]
    away = np.hypot(*np.meshgrid(np.linspace(-1, 1, 41), np.linspace(-1, 1, 41)))
    levels = np.array([0.1, 0.12, 0.14, 0.5, 0.52, 0.9])
    assert landscapes.labelled(away, levels) == [0.12, 0.5, 0.9]
