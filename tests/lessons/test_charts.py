"""Pictures of speed: what is blue gained, the roof is where it was measured, words say it all."""

import matplotlib as mpl
import numpy as np
import pytest

from utils.figures import COLOURS, charts


def colours(picture):
    return [mpl.colors.to_hex(bar.get_facecolor()) for bar in picture.figure.axes[0].patches]


def test_a_step_is_blue_only_if_it_gained_on_the_one_above():
    values = {"loop": [10, 11, 12], "memory": [20, 22, 24], "layout": [22, 22.3, 22.4]}
    picture = charts.steps(values, "images a second", "three bars")
    assert colours(picture) == [COLOURS[0], COLOURS[0], COLOURS[4]]
    assert [bar.get_width() for bar in picture.figure.axes[0].patches] == [11, 22, 22.3]
    words = [text.get_text().strip() for text in picture.figure.axes[0].texts]
    assert words == ["11", "22  (x 2.00)", "22  (x 1.01)"]


def test_a_step_can_be_compared_with_another_than_the_one_above():
    values = {"loop": [10], "best": [40], "threads": [20]}
    assert colours(charts.steps(values, "", "bars"))[2] == COLOURS[4]
    against = charts.steps(values, "", "bars", before={"threads": "loop"})
    assert colours(against)[2] == COLOURS[0]


def test_a_logarithmic_axis_has_dots_since_a_bar_would_begin_nowhere():
    axis = charts.steps({"loop": [10], "best": [40]}, "", "dots", log=True).figure.axes[0]
    assert axis.get_xscale() == "log" and not axis.patches
    assert [line.get_xdata()[0] for line in axis.lines if line.get_marker() == "o"] == [10, 40]


def test_the_roof_bends_where_memory_and_arithmetic_are_equal():
    picture = charts.roofline({"conv": (50, 2e11), "norm": (0.2, 3e9)}, 3e11, 2e10, "roof")
    axis = picture.figure.axes[0]
    x, roof = axis.lines[0].get_data()
    assert roof.max() == pytest.approx(300)
    assert x[roof < 299].max() == pytest.approx(15, rel=0.05)
    assert np.allclose(roof[x < 10], 20 * x[x < 10])
    assert [line.get_xydata().tolist() for line in axis.lines[1:]] == [[[50, 200]], [[0.2, 3]]]


def test_what_is_modelled_is_dashed_and_what_is_measured_is_a_point():
    picture = charts.modelled({1: 1.0, 2: 1.8}, {"ring": {1: 1.0, 4: 3.0}}, "x", "y", "two lines")
    ring, measured = picture.figure.axes[0].lines
    assert ring.get_linestyle() == "--" and ring.get_label() == "ring"
    assert measured.get_linestyle() == "None" and list(measured.get_ydata()) == [1.0, 1.8]


def test_strips_show_every_value_and_the_first_rows_mean():
    picture = charts.strips({"base": [0.5, 0.7], "more": [0.8]}, "accuracy", "two rows")
    line, *rows = picture.figure.axes[0].lines
    assert line.get_xdata()[0] == pytest.approx(0.6)
    assert [list(row.get_xdata()) for row in rows] == [[0.5, 0.7], [0.8]]
    assert picture.alt == "two rows"
