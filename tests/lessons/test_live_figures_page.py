"""The small live figures in a browser: by keyboard, at a phone's width, in light and dark."""

import pytest

from utils.figures import interactive

WIDTHS = [(1100, "light"), (390, "dark")]
pytestmark = pytest.mark.parametrize("width, scheme", WIDTHS)


@pytest.fixture
def shown(opened, width, scheme):
    """A function that opens a figure, and tells what a screen reader is told: its status."""

    def show(figure):
        page = opened(figure.body, width, color_scheme=scheme)
        page.locator(".status").wait_for()
        assert not page.locator(".course-still").is_visible()
        unnamed = "[...document.querySelectorAll('*')].filter((e) => e.shadowRoot)[0].shadowRoot"
        silent = f"[...{unnamed}.querySelectorAll('[role=img]')].filter((e) => !e.ariaLabel).length"
        assert page.evaluate(silent) == 0
        return page, lambda: page.locator(".status").text_content()

    return show


def test_chapter_6_the_averages_catch_up_when_the_weights_stand_still(shown):
    page, said = shown(interactive.averages())
    assert "the running averages" in said() and "no weight has changed" not in said()
    before = page.locator(".both").get_attribute("aria-label")
    page.locator("[name=hold]").select_option("8")
    assert "no weight has changed" in said() and "From step" in said()
    page.locator("[name=momentum]").select_option("0.01")
    assert page.locator(".both").get_attribute("aria-label") != before
    page.locator("[name=seed]").fill("2")
    page.keyboard.press("Enter")
    assert "widest" in said()


def test_chapter_7_any_place_of_any_network(shown):
    page, said = shown(interactive.sight())
    assert "435 pixels" in said() and "131 pixels" in said()
    page.locator("[name=block]").focus()
    page.keyboard.press("ArrowLeft")
    assert "7 of 8" in page.locator("[name=after]").text_content() and "435" not in said()
    page.keyboard.press("Home")
    assert "the stem" in page.locator("[name=after]").text_content() and "11 pixels" in said()
    page.locator("[name=name]").select_option("50")
    assert "427 pixels" in said()
    page.locator("[name=version]").select_option("v1")
    assert "483 pixels" in said()
    page.locator("[name=shortcut]").uncheck()
    assert "121 pixels" not in said() and page.locator(".profile .plain").count() == 2


def test_chapter_8_what_is_never_read(shown):
    page, said = shown(interactive.stride())
    assert "the block 75 %" in said() and "0.79 times v1.5" in said()
    assert page.locator(".branch .none").count() == 48
    page.locator("[name=place]").select_option("pooled")
    assert "the block 0 %" in said() and page.locator(".shortcut .chosen").count() == 4
    page.locator("[name=at]").focus()
    page.keyboard.press("Home")
    assert page.locator("[name=which]").text_content() == "row 1, column 1"
    page.locator(".out").click(position={"x": 5, "y": 5})
    page.locator("[name=stride]").select_option("1")
    assert page.locator(".out .chosen, .out .others").count() == 64


def test_chapter_9_a_walk_along_the_path(shown):
    page, said = shown(interactive.orders())
    assert "no negative value" in said()
    page.locator("[name=order]").select_option("e")
    assert "least value -" in said() and "after block 24" in said()
    page.locator("[name=block]").focus()
    page.keyboard.press("Home")
    assert "correlates at 1.00" in said()
    before = page.locator(".curve").get_attribute("aria-label")
    page.locator("[name=what]").select_option("mean")
    assert page.locator(".curve").get_attribute("aria-label") != before


def test_chapter_13_any_layer_on_any_machine(shown):
    page, said = shown(interactive.roof())
    assert "The limit is arithmetic" in said()
    page.locator("[name=kind]").select_option("ReLU")
    assert "The limit is memory: at best 1 %" in said()
    assert page.locator("[name=outs]").is_disabled()
    page.locator("[name=bandwidth]").focus()
    page.keyboard.press("End")
    assert page.locator("[name=bandwidth-said]").text_content() == "5,000"
    page.locator("[name=kind]").select_option("linear")
    page.locator("[name=batch]").focus()
    page.keyboard.press("Home")
    assert "for 1 image." in said()


def test_chapter_14_it_says_the_error_that_one_would_get(shown):
    page, said = shown(interactive.widths())
    error = "RuntimeError: The size of tensor a (9) must match the size of tensor b (16)"
    assert error in page.locator(".said0").text_content() and "cannot add" in said()
    assert page.locator(".said1").text_content() == "Not reached."
    for i in range(3):
        page.locator(f"[name=shortcut{i}]").select_option("matrix")
    assert "2,704 of them in shortcuts" in said()
    page.locator("[name=width2]").fill("1")
    page.locator("[name=shortcut2]").select_option("identity")
    assert "broadcasting" in page.locator(".said2").text_content() and "see the line" in said()
    page.locator("[name=width2]").fill("8")
    page.locator("[name=shortcut2]").select_option("zeros")
    assert "cuts 24 columns off" in page.locator(".said2").text_content()
    page.locator("[name=width2]").fill("")  # while one types
    assert "cuts 31 columns off" in page.locator(".said2").text_content()


def test_chapter_16_a_square_moves_by_keys_and_by_mouse(shown):
    page, said = shown(interactive.cover())
    page.locator(".status", has_text="rank correlation").wait_for()
    assert "Of 196 places to cover" in said()
    canvas, told = page.locator("canvas.shown"), page.locator(".answers")
    before = canvas.get_attribute("aria-label")
    canvas.focus()
    page.keyboard.press("ArrowUp")
    assert before != canvas.get_attribute("aria-label")
    assert "row 13" in canvas.get_attribute("aria-label")
    canvas.click(position={"x": 2, "y": 2})
    assert "row 0" in canvas.get_attribute("aria-label")
    assert "Uncovered" in told.text_content()
    page.locator("[name=image]").focus()
    page.keyboard.press("End")
    assert page.locator("[name=number]").text_content() == "200"
    assert "being covered" in said()
