"""The live ResNet in a browser: a file, a page of the site; by mouse and by keyboard."""

import re

import pytest
from bs4 import BeautifulSoup

from tools import site_live
from utils.figures import interactive

STATUS = "([words]) => document.querySelector('.course-live > :last-child').shadowRoot" \
         ".querySelector('.status').textContent.includes(words)"  # fmt: skip
TOLD = re.compile(r"([\d.]+) % of the 200 images are classified correctly")


@pytest.fixture
def live(opened, tmp_path):
    """A function that opens the figure at a width, as in a notebook or as on the site."""

    def at(width, plain=True, site=False, **options):
        html = interactive.live_resnet(plain).body
        if site:
            page = BeautifulSoup(html, "html.parser")
            site_live.place(page, tmp_path, "")
            html = str(page)
        return opened(html, width, **options)

    return at


def wait(page, words):
    """Wait until the status says so; return the accuracy it names, in per cent."""
    page.wait_for_function(STATUS, arg=[words], timeout=300_000)
    return float(TOLD.search(page.locator(".status").text_content())[1])


def test_a_block_left_out_costs_more_with_old_averages_than_with_new_ones(live):
    page = live(1100)
    whole = wait(page, "as it was trained")
    page.get_by_label("block 3", exact=True).select_option("out")
    stale = wait(page, "1 of 10 places changed, averages from training")
    page.locator("[name=averages]").select_option("fresh")
    fresh = wait(page, "averages from these images")
    assert whole > 85 and stale < whole - 20 and stale < fresh - 20
    assert page.locator(".cell.gone").count() == 1


def test_a_block_is_scaled_by_any_number_and_times_nothing_is_left_out(live):
    page = live(1100)
    whole = wait(page, "as it was trained")
    page.get_by_label("block 3", exact=True).select_option("scaled")
    assert page.evaluate("() => document.activeElement.shadowRoot.activeElement.ariaLabel"
                         ) == "block 3", "arrow keys go on through the choices"  # fmt: skip
    by = page.get_by_label("What block 3 adds, times")
    found = {}
    for scale in ("0.5", "0", "1.35", "-1"):
        by.fill(scale)
        found[scale] = wait(page, "1 of 10 places changed")
    by.fill("0.95")
    page.keyboard.press("ArrowRight")
    assert wait(page, "as it was trained") == whole
    assert page.locator(".cell.changed").count() == 0
    page.get_by_label("block 3", exact=True).select_option("out")
    assert wait(page, "1 of 10 places changed") == found["0"] < min(found["0.5"], whole)
    assert len(set(found.values())) > 2


def test_the_plain_twin_can_spare_no_block(live):
    page = live(1100)
    wait(page, "as it was trained")
    page.locator("[name=kind]").select_option("plain")
    assert wait(page, "plain twin") > 85
    page.get_by_label("block 8", exact=True).select_option("out")
    assert wait(page, "1 of 10 places changed") < 50


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_it_is_worked_by_keyboard_and_fits_a_phone(live, scheme):
    page = live(390, color_scheme=scheme)
    wait(page, "as it was trained")
    page.get_by_label("Swap block 4 with the next").focus()
    page.keyboard.press("Enter")
    wait(page, "2 of 10 places changed")
    names = page.locator(".cell b").all_text_contents()
    assert names[4:6] == ["block 5", "block 4"]
    assert page.evaluate("() => document.activeElement.shadowRoot.activeElement.textContent"
                         ).startswith("swap"), "the focus stays"  # fmt: skip
    page.get_by_role("button", name="All as trained").focus()
    page.keyboard.press("Enter")
    wait(page, "as it was trained")


def test_what_is_drawn_is_answered(live):
    page = live(1100)
    wait(page, "as it was trained")
    page.get_by_role("button", name="Draw your own").click()
    canvas = page.locator("canvas.shown")
    before = page.locator(".answers").get_attribute("aria-label")
    place = canvas.bounding_box()
    page.mouse.move(place["x"] + 60, place["y"] + 40)
    page.mouse.down()
    page.mouse.move(place["x"] + 60, place["y"] + 150, steps=8)
    page.mouse.up()
    by_mouse = page.locator(".answers").get_attribute("aria-label")
    canvas.focus()
    for key in ("ArrowRight", "ArrowRight", " "):
        page.keyboard.press(key)
    by_keys = page.locator(".answers").get_attribute("aria-label")
    assert len({before, by_mouse, by_keys}) == 3
    assert "It is" not in page.locator(".said").text_content()


def test_a_quick_stroke_is_a_line_without_gaps(live):
    page = live(1100)
    wait(page, "as it was trained")
    page.get_by_role("button", name="Draw your own").click()
    canvas = page.locator("canvas.shown")
    place = canvas.bounding_box()
    page.mouse.move(place["x"] + 10, place["y"] + place["height"] / 2)
    page.mouse.down()
    page.mouse.move(place["x"] + place["width"] - 10, place["y"] + place["height"] / 2, steps=1)
    page.mouse.up()
    inked = canvas.evaluate("""(canvas) => {
      const { data } = canvas.getContext("2d").getImageData(0, 14, 28, 1);
      return Array.from({ length: 28 }, (_, i) => data[4 * i + 3]);
    }""")
    assert min(inked[3:25]) > 100, inked


def test_images_are_found_by_the_block_that_settled_them(live):
    page = live(1100)
    wait(page, "as it was trained")
    bars = page.locator(".settled button")
    labels = [bar.get_attribute("aria-label") for bar in bars.all()]
    counts = [int(re.match(r"\d+", label)[0]) for label in labels]
    assert len(counts) == 11 and sum(counts) == 200
    bars.nth(10).click()
    shown = page.locator(".strip button")
    assert shown.count() == min(10, counts[10])
    assert shown.first.get_attribute("aria-pressed") == "true", "the first of them is looked at"
    assert (
        f"It is: {shown.first.get_attribute('aria-label')}." in page.locator(".said").text_content()
    )
    assert (
        page.locator(".of")
        .text_content()
        .startswith(f"{counts[10]} images whose answer block 10 changed last")
    )
    assert all(
        bar.is_disabled() for bar, count in zip(bars.all(), counts, strict=True) if not count
    )


def test_on_the_site_the_twin_comes_when_it_is_asked_for(live, tmp_path):
    page = live(1100, plain=False, site=True)
    wait(page, "as it was trained")
    assert not page.evaluate("() => 'plain' in CourseResNet")
    page.locator("[name=kind]").select_option("plain")
    assert wait(page, "plain twin") > 85
    assert (tmp_path / "_live" / "resnet-plain.js").exists()


def test_in_a_notebook_without_it_a_sentence_says_how(live):
    page = live(1100, plain=False)
    wait(page, "as it was trained")
    page.locator("[name=kind]").select_option("plain")
    page.wait_for_function(STATUS, arg=["live_resnet(plain=True)"])
    assert page.locator("[name=kind]").input_value() == "residual"


def test_without_scripts_there_is_the_picture(live):
    page = live(390, java_script_enabled=False)
    assert page.locator(".course-still img").is_visible() and page.locator("canvas").count() == 0
