"""The live figure of chapter 5: it counts what the networks of the course have."""

import pytest
import torchvision

from tools import live_stills
from utils.figures import interactive
from utils.inspection import summary
from utils.resnet import from_table_1, weighted_layers

pytestmark = pytest.mark.usefixtures("node")


SIZES = [(18, 17), (18, 28), (18, 224), (34, 65), (50, 33), (50, 96), (101, 40), (152, 18)]


@pytest.mark.parametrize("channels, classes", [(3, 1000), (1, 10)])
def test_it_counts_what_the_networks_of_the_course_have(channels, classes):
    asked = [[depth, size, channels, classes] for depth, size in SIZES]
    for (depth, size), told in zip(SIZES, live_stills.counted(asked), strict=True):
        net = from_table_1(f"resnet{depth}", classes, channels)
        found = summary(net, (1, channels, size, size))
        assert told["layers"] == depth == weighted_layers(net)
        assert told["parameters"] == found.parameters
        assert told["multiplyAdds"] == found.multiply_adds
        for row in told["rows"][1:-1]:
            shape = found.table.loc[row["name"].replace("stage ", "layer"), "output"]
            assert shape == f"1 x {row['channels']} x {row['side']} x {row['side']}"


def test_parameters_are_torchvisions():
    depths = (18, 34, 50, 101, 152)
    told = live_stills.counted([[depth, 224, 3, 1000] for depth in depths])
    for depth, one in zip(depths, told, strict=True):
        theirs = getattr(torchvision.models, f"resnet{depth}")()
        assert one["parameters"] == sum(p.numel() for p in theirs.parameters())


def test_it_is_worked_by_keyboard_and_fits_a_phone(opened):
    for width, scheme in ((1100, "light"), (390, "dark")):
        page = opened(interactive.family().body, width, color_scheme=scheme)
        status = page.locator(".status")
        assert "= 18 layers" in status.text_content() and "11,689,512" in status.text_content()
        page.locator("[name=name]").select_option("50")
        page.locator("[name=size]").focus()
        page.keyboard.press("ArrowRight")
        assert page.locator("[name=side]").text_content() == "225"
        assert "= 50 layers" in status.text_content()
        page.keyboard.press("Home")
        assert "Take at least 17" in status.text_content()
        assert page.locator("table").count() == 0
