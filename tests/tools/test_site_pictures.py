"""The site's figures: files of their own, and panels that wrap where that loses nothing."""

import base64
import re
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import pytest
from bs4 import BeautifulSoup
from matplotlib.patches import Ellipse

from tools import site_phone, site_pictures
from tools.site_words import words_of
from utils import figures
from utils.figures import block_diagrams, interactive, landscapes


def two(shared=False, title=""):
    """A figure of two panels, as HTML."""
    figure, axes = figures.canvas(1, 2, sharey=shared)
    for panel in axes:
        panel.plot([0, 1], [0, 1])
    if title:
        figure.suptitle(title)
    return figures.show(figure, alt="two lines").to_html()


def page_with(html, folder):
    """A page whose pictures were moved into a folder."""
    page = BeautifulSoup(html, "html.parser")
    site_pictures.move(page, folder, "../")
    return page


def moved(html, folder):
    """The images of a page whose pictures were moved into a folder, and its row of panels."""
    page = page_with(html, folder)
    return page.find_all("img"), page.select_one(".panels")


def test_a_picture_becomes_a_file_loaded_when_it_is_near(tmp_path):
    (image,), _ = moved(figures.lines({"a": ([1, 2], [1, 2])}, "x", "y").to_html(), tmp_path)
    assert image["src"].startswith("../_images/") and image["loading"] == "lazy"
    assert b"<svg" in (tmp_path / image["src"].removeprefix("../")).read_bytes()
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


def test_a_panel_without_room_is_drawn_narrower_for_phones_with_its_words_as_large(tmp_path):
    drawn = figures.lines({"plain network": ([1, 2], [1, 2])}, "x", "y").to_html()
    (image,), row = moved(drawn, tmp_path)
    source = row.select_one("picture > source")
    phone = (tmp_path / source["srcset"].removeprefix("../")).read_text("utf-8")
    assert "(max-width: 6" in source["media"] and int(source["width"]) == 336
    size = r"scale\(0.105 -0.105\)"
    wide = (tmp_path / image["src"].removeprefix("../")).read_text("utf-8")
    assert len(re.findall(size, phone)) == len(re.findall(size, wide)) > 5


def test_panels_that_share_an_axis_each_have_its_numbers_on_a_phone():
    found = re.search(r"base64,([^\"]+)", two(shared=True))
    svg = base64.b64decode(found[1]).decode()
    narrow = site_phone.narrow(svg)
    assert narrow.count('transform="translate(0 ') == 2, "one below the other"
    assert svg.count("<!-- 0.8 -->") == 3 and narrow.count("<!-- 0.8 -->") == 4
    height = float(re.search(r'viewBox="0 0 252 ([\d.]+)"', narrow)[1])
    assert height > 1.5 * float(re.search(r'viewBox="0 0 \S+ ([\d.]+)"', svg)[1])


def test_rows_of_panels_go_below_one_another_and_a_wide_key_below_its_panel():
    figure, rows = figures.canvas(2, 2, width=4.5)
    for number, panel in enumerate(rows.flat):
        panel.plot([0, 1], [0, 10**number], label="a name as long as the panel is wide")
    rows[0][0].legend()
    svg = figures.show(figure, alt="four lines").svg
    narrow = site_phone.narrow(svg)
    drawn = ElementTree.fromstring(narrow)
    shifts = [float(y) for y in re.findall(r'"translate\(0 (-?[\d.]+)\)"', narrow)]
    frames = [site_phone.frame_of(drawn.find(f".//*[@id='axes_{n}']"))[1] for n in (1, 2, 3, 4)]
    places = [(top + y, low + y) for y, (top, low) in zip(shifts, frames, strict=True)]
    assert all(above[1] < below[0] for above, below in zip(places, places[1:], strict=False))
    key = words_of(drawn.find(".//*[@id='legend_1']"))
    assert frames[0][1] < key.top < key.bottom + shifts[0] < places[1][0]
    assert 0 < key.left < key.right < site_phone.WIDTH


def test_panels_that_share_numbers_have_them_each_when_they_stand_below_one_another():
    figure, rows = figures.canvas(2, 2, width=9, sharex=True, sharey=True)
    for panel in rows.flat:
        panel.plot([0, 1], [0, 3])
    for panel in rows[1]:
        panel.set_xlabel("steps")
    drawn = ElementTree.fromstring(site_phone.narrow(figures.show(figure, alt="four").svg))
    frames = [site_phone.frame_of(axes) for axes in drawn.iter() if is_axes(axes)]
    for axes in [axes for axes in drawn.iter() if is_axes(axes)]:
        (left, right), (_, low) = site_phone.frame_of(axes)
        words = [words_of(g) for g in axes.iter() if g.get("id", "").startswith("text_")]
        below = [w for w in words if low < w.top < low + 40 and left - 20 < w.left < right]
        assert len(below) > 3 and max(w.bottom for w in words) < low + 40
        assert sum(w.right < left for w in words) > 2
    assert len(frames) == 4 and {frame[0] for frame in frames} == {frames[0][0]}


def is_axes(part):
    """Whether a part of a drawing is a panel."""
    return part.get("id", "").startswith("axes_")


def test_reliefs_are_cut_apart_and_lose_the_white_beside_them(tmp_path):
    values = np.add.outer(np.linspace(-1, 1, 9) ** 2, np.linspace(-1, 1, 9) ** 2) + 0.1
    board = (np.linspace(-1, 1, 9), values)
    drawn = landscapes.relief({"one": board, "other": board}, alt="two bowls").to_html()
    images, _ = moved(drawn, tmp_path)
    assert len(images) == 2
    assert all("--least:3" in image["style"] or "--least:2" in image["style"] for image in images)


def test_many_panels_wrap_by_halves(tmp_path):
    pictures = np.linspace(0, 1, 7 * 16).reshape(7, 4, 4)
    drawn = figures.image_grid(pictures, [f"name {n}" for n in range(7)], columns=7)
    page = page_with(drawn.to_html(), tmp_path)
    halves = page.select(".panels > .half")
    assert [len(half.find_all("img")) for half in halves] == [4, 3]
    sources = [image["src"] for image in page.find_all("img")]
    starts = [float(re.search(r"viewBox\(([\d.]+)", source)[1]) for source in sources]
    assert starts == sorted(starts), "in their order"
    for half in halves:
        widths = sum(int(image["width"]) for image in half.find_all("img"))
        assert half["style"] == f"--most:{widths}px"


def test_names_that_would_touch_are_slanted_and_numbers_left_out():
    names = [f"a long name {number}" for number in range(6)]
    figure, axis = figures.canvas(width=6)
    axis.bar(names, range(6))
    narrow = site_phone.narrow(figures.show(figure, alt="bars").svg)
    assert narrow.count("rotate(-45)") == 6 and 'display="none"' not in narrow
    figure, axis = figures.canvas(width=6)
    axis.plot([0, 1], [0, 1])
    axis.set_xticks([number / 20 for number in range(21)])
    narrow = site_phone.narrow(figures.show(figure, alt="a line").svg)
    assert 5 < narrow.count('display="none"') < 20 and "rotate(-45)" not in narrow


def test_a_diagram_stays_as_it_is_and_it_is_said_that_it_goes_on(tmp_path):
    drawn = block_diagrams.paths(blocks=3).to_html()
    page = page_with(drawn, tmp_path)
    assert page.select_one(".panels.single + .swipe[hidden]") and not page.find("source")


def test_the_pictures_of_a_slider_have_narrower_ones_beside_them(tmp_path):
    pictures = [figures.lines({"a": ([1, 2], [1, y])}, "x", "y") for y in (2, 3)]
    page = page_with(interactive.slider(pictures, ["2", "3"], "y").body, tmp_path)
    places = page.select_one(".course-slider")["data-phones"].split()
    written = [tmp_path / "_images" / Path(place).name for place in places]
    assert len(written) == 2 and all(path.exists() for path in written)
    assert page.select_one("picture > source")["srcset"] == places[0]


def test_what_is_drawn_by_curves_alone_is_not_cut_off():
    figure, axes = figures.canvas(1, 2)
    for axis in axes:
        axis.add_patch(Ellipse((0, 0), 4, 4))
        axis.plot([0, 1], [0, 0])
        axis.set(xlim=(-3, 3), ylim=(-3, 3))
        axis.axis("off")
    svg = base64.b64decode(
        re.search(r"base64,([^\"]+)", figures.show(figure, "two ellipses").to_html())[1]
    )
    width = float(re.search(rb'viewBox="0 0 ([\d.]+)', svg)[1])
    found = site_pictures.panels(svg.decode(), width)
    parts = ElementTree.fromstring(svg).find(f"{site_pictures.SPACE}g")
    for panel, part in zip(found, (p for p in parts if "axes" in p.get("id")), strict=True):
        path = next(p for p in part.iter(f"{site_pictures.SPACE}path") if "C" in p.get("d", ""))
        ends = [float(x) for x in re.findall(r"(-?[\d.]+) -?[\d.]+ (?=[MLCz]|$)", path.get("d"))]
        assert panel[0] <= min(ends) and max(ends) <= panel[1]
