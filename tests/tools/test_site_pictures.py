"""The site's figures: files of their own, and panels that wrap where that loses nothing."""

import base64
import re

import pytest
from bs4 import BeautifulSoup

from tools import site_pictures
from utils import figures


def two(shared=False, title=""):
    """A figure of two panels, as HTML."""
    figure, axes = figures.canvas(1, 2, sharey=shared)
    for panel in axes:
        panel.plot([0, 1], [0, 1])
    if title:
        figure.suptitle(title)
    return figures.show(figure, alt="two lines").to_html()


def moved(html, folder):
    """The images of a page whose pictures were moved into a folder."""
    page = BeautifulSoup(site_pictures.moved(html, folder, "../"), "html.parser")
    return page.find_all("img"), page.select_one(".panels")


def test_a_picture_becomes_a_file_loaded_when_it_is_near(tmp_path):
    (image,), row = moved(figures.lines({"a": ([1, 2], [1, 2])}, "x", "y").to_html(), tmp_path)
    assert image["src"].startswith("../_images/") and image["loading"] == "lazy"
    (file,) = (tmp_path / "_images").iterdir()
    assert image["src"] == f"../_images/{file.name}" and b"<svg" in file.read_bytes()
    assert row["tabindex"] == "0", "a single panel that is too wide can be scrolled"
    assert int(image["width"]) > 100 and int(image["height"]) > 100


def test_panels_are_cut_apart_once_described_and_never_below_twelve_pixels(tmp_path):
    images, row = moved(two(), tmp_path)
    assert len(images) == 2 and [image["alt"] for image in images] == ["two lines", ""]
    assert len(list((tmp_path / "_images").iterdir())) == 1, "one file for both"
    views = [re.search(r"svgView\(viewBox\(([^)]+)", image["src"])[1] for image in images]
    (x, _, width, _), (y, _, _, _) = ([float(n) for n in view.split(",")] for view in views)
    assert x == 0 and y == pytest.approx(width)
    for image in images:
        least = int(re.search(r"--least:(\d+)px", image["style"])[1])
        assert least / int(image["width"]) >= 12 / 14 - 0.01
    assert row.get("tabindex") is None


@pytest.mark.parametrize("options", [{"shared": True}, {"title": "of both"}])
def test_panels_that_share_something_stay_together(tmp_path, options):
    (image,), _ = moved(two(**options), tmp_path)
    assert "#" not in image["src"]


def test_no_cut_goes_through_what_is_drawn():
    found = re.search(r"base64,([^\"]+)", two())
    svg = base64.b64decode(found[1]).decode()
    width = float(re.search(r'viewBox="0 0 ([\d.]+)', svg)[1])
    (_, cut), _ = site_pictures.panels(svg, width)
    figure = site_pictures.ElementTree.fromstring(svg).find(f"{site_pictures.SPACE}g")
    extents = [site_pictures.extent(part) for part in figure if "axes" in part.get("id")]
    assert extents[0][1] < cut < extents[1][0]
