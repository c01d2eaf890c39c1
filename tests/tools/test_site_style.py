"""The site's colours: legible on both grounds, and those of the figures."""

import re

import pytest

from tools.notebooks import ROOT
from utils.figures.style import DARK, GROUND, PLAIN, RESIDUAL

SHEET = (ROOT / "assets" / "course.css").read_text("utf-8")
PAIRS = {
    name: (light, dark)
    for name, light, dark in re.findall(r"--(\w+): light-dark\((#\w{6}), (#\w{6})\)", SHEET)
}


def luminance(colour: str) -> float:
    """Relative luminance, as WCAG 2 defines it."""
    parts = (int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5))
    red, green, blue = (p / 12.92 if p <= 0.03928 else ((p + 0.055) / 1.055) ** 2.4 for p in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


@pytest.mark.parametrize("ground", ["ground", "panel"])
@pytest.mark.parametrize("name", sorted(set(PAIRS) - {"ground", "panel", "line"}))
def test_text_of_each_colour_is_legible_on_light_and_dark_pages(name, ground):
    for colour, behind in zip(PAIRS[name], PAIRS[ground], strict=True):
        high, low = sorted((luminance(colour), luminance(behind)), reverse=True)
        assert (high + 0.05) / (low + 0.05) >= 4.5


def test_a_page_has_the_ground_of_the_figures_so_that_none_has_a_slab():
    assert PAIRS["ground"] == (GROUND, DARK[GROUND])
    assert PAIRS["plain"] == (PLAIN, DARK[PLAIN])
    assert PAIRS["shortcut"] == (RESIDUAL, DARK[RESIDUAL])


def test_every_font_of_the_style_sheet_is_there_and_its_licence_beside_it():
    named = set(re.findall(r'url\("(fonts/[^"]+)"\)', SHEET))
    files = {f"fonts/{path.name}" for path in (ROOT / "assets/fonts").glob("*.woff2")}
    assert named == files != set()
    licence = (ROOT / "assets/fonts/OFL.txt").read_text("utf-8")
    assert "SIL OPEN FONT LICENSE" in licence.upper()


def test_who_wants_less_motion_gets_none():
    moving = re.findall(r"(?:transition|animation|scroll-behavior): ?[^;}]+", SHEET)
    allowed = re.findall(r"@media \(prefers-reduced-motion: no-preference\) \{.*", SHEET)
    assert len(moving) == 3 and all(any(part in line for line in allowed) for part in moving)
