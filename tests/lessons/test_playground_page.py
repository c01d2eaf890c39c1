"""The residual playground in a browser, opened as a file, by mouse and by keyboard."""

import pytest

from utils.figures import interactive


@pytest.fixture
def playground(opened):
    """A function that opens the figure at a width."""
    return lambda width, **options: opened(interactive.playground().body, width, **options)


def steps(page):
    """The number of the step that the page shows."""
    return int(page.locator(".count").text_content().removeprefix("step "))


@pytest.mark.parametrize("width, scheme", [(1100, "light"), (390, "dark")])
def test_it_trains_by_mouse_and_fits_the_page(playground, width, scheme):
    page = playground(width, color_scheme=scheme)
    assert not page.locator(".course-still").is_visible()
    first, second = (page.locator("canvas").nth(i).bounding_box() for i in (0, 1))
    assert (first["y"] == second["y"]) is (width > 600)
    page.locator("button.main").click()
    page.wait_for_timeout(1000)
    page.locator("button.main").click()
    assert f"Step {steps(page)}. Plain: " in page.locator(".status").text_content()
    assert steps(page) > 0


def test_it_trains_by_keyboard_and_shortcuts_are_switched_while_it_does(playground):
    page = playground(1100)
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    page.locator(".net input").first.focus()
    page.keyboard.press("Space")
    assert page.locator(".name").all_text_contents() == ["Residual, first", "Residual, second"]
    before = steps(page)
    page.wait_for_timeout(500)
    assert steps(page) > before and page.locator("button.main").text_content() == "Pause"


def test_what_starts_anew_says_so_and_what_is_said_is_what_stands_beside_it(playground):
    page = playground(1100)
    status = page.locator(".status")
    page.locator("button.main").click()
    page.wait_for_function(
        "() => parseInt(document.querySelector('.course-live > :last-child').shadowRoot"
        ".querySelector('.count').textContent.slice(5)) > 100"
    )
    page.locator("button.main").click()
    shown = page.locator(".score").first.text_content().partition(" of")[0]
    assert f"Plain: {shown} correct" in status.text_content()
    page.locator("[name=rate]").select_option("0.001")
    assert steps(page) == 0
    assert status.text_content() == "Started over: learning rate 0.001. Press Train."
    page.locator("button.one").click()
    assert status.text_content().startswith("Step 1. Plain: ")
    page.locator("[name=seed]").fill("-3")
    page.locator("[name=seed]").press("Tab")
    assert page.locator("[name=seed]").input_value() == "1"


def test_a_curve_keeps_the_colour_of_what_the_net_was(playground):
    page = playground(1100)
    for _ in range(30):
        page.locator("button.one").click()
    page.locator(".net input").first.check()
    for _ in range(30):
        page.locator("button.one").click()
    paths = page.locator(".loss path")
    kinds = [
        set(path.get_attribute("class").split()) & {"plain", "residual"} for path in paths.all()
    ]
    assert kinds == [{"plain"}, {"residual"}, {"residual"}]
    assert {"first", "second"} <= set(page.locator(".loss text").all_text_contents())


def test_every_control_has_a_name_of_its_own(playground):
    page = playground(1100)
    layers = page.locator("[name=layers]")
    assert (layers.get_attribute("aria-label"), layers.get_attribute("aria-valuetext")) == (
        "Layers", "64")  # fmt: skip
    names = page.get_by_role("switch").evaluate_all("(all) => all.map((one) => one.ariaLabel)")
    assert names == ["shortcuts, left network", "shortcuts, right network"]


def test_points_are_set_by_keyboard(playground):
    page = playground(1100)
    page.locator("[name=data]").select_option("own")
    assert page.locator("button.main").is_disabled()
    page.locator("canvas").first.focus()
    for key in ("Enter", "x", "ArrowLeft", "ArrowLeft", "Enter"):
        page.keyboard.press(key)
    page.locator("button.one").click()
    assert steps(page) == 1 and page.locator("canvas").first.get_attribute("role") == "application"


def test_without_scripts_there_is_the_picture(playground):
    page = playground(390, java_script_enabled=False)
    assert page.locator(".course-still img").is_visible() and page.locator("canvas").count() == 0
