"""The residual playground in a browser, opened as a file, by mouse and by keyboard."""

import shutil

import pytest

from utils.figures import interactive

PAGE = (
    '<!doctype html><html lang="en"><meta charset="utf-8"><title>t</title>'
    "<style>:root { color-scheme: light dark }</style><main><h1>t</h1>%s</main></html>"
)
FITS = "() => document.documentElement.scrollWidth <= innerWidth"


@pytest.fixture(scope="module")
def browser():
    """Chromium; skipped where there is none or nothing to drive it."""
    api = pytest.importorskip("playwright.sync_api", reason="Playwright is not installed")
    chromium = shutil.which("chromium") or shutil.which("google-chrome")
    if chromium is None:
        pytest.skip("no Chromium on this machine")
    options = ["--no-sandbox", "--disable-gpu", "--disable-background-networking",
               # What the browser itself would like to fetch is not what the page asks for.
               "--no-proxy-server", "--host-resolver-rules=MAP * ~NOTFOUND"]  # fmt: skip
    with api.sync_playwright() as play:
        yield play.chromium.launch(executable_path=chromium, args=options)


@pytest.fixture
def opened(browser, tmp_path):
    """A function that opens the figure; afterwards nobody may have complained or asked."""
    path, heard, asked = tmp_path / "page.html", [], []
    path.write_text(PAGE % interactive.playground().body, encoding="utf-8")

    def at(width, **options):
        page = browser.new_context(viewport={"width": width, "height": 900}, **options).new_page()
        page.on("console", lambda message: heard.append(message.text))
        page.on("pageerror", lambda error: heard.append(str(error)))
        page.on("request", lambda request: asked.append(request.url.partition(":")[0]))
        page.goto(path.as_uri())
        return page

    yield at
    assert heard == [] and set(asked) <= {"file", "data"} and asked.count("file") == 1


def steps(page):
    """The number of the step that the page shows."""
    return int(page.locator(".count").text_content().removeprefix("step "))


@pytest.mark.parametrize("width, scheme", [(1100, "light"), (390, "dark")])
def test_it_trains_by_mouse_and_fits_the_page(opened, width, scheme):
    page = opened(width, color_scheme=scheme)
    assert not page.locator(".course-still").is_visible() and page.evaluate(FITS)
    first, second = (page.locator("canvas").nth(i).bounding_box() for i in (0, 1))
    assert (first["y"] == second["y"]) is (width > 600)
    page.locator("button.main").click()
    page.wait_for_timeout(1000)
    page.locator("button.main").click()
    assert f"Step {steps(page)}. Plain: " in page.locator(".status").text_content()
    assert steps(page) > 0 and page.evaluate(FITS)


def test_it_trains_by_keyboard_and_shortcuts_are_switched_while_it_does(opened):
    page = opened(1100)
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    page.locator(".net input").first.focus()
    page.keyboard.press("Space")
    assert page.locator(".name").all_text_contents() == ["Residual, first", "Residual, second"]
    before = steps(page)
    page.wait_for_timeout(500)
    assert steps(page) > before and page.locator("button.main").text_content() == "Pause"


def test_points_are_set_by_keyboard(opened):
    page = opened(1100)
    page.locator("[name=data]").select_option("own")
    assert page.locator("button.main").is_disabled()
    page.locator("canvas").first.focus()
    for key in ("Enter", "x", "ArrowLeft", "ArrowLeft", "Enter"):
        page.keyboard.press(key)
    page.locator("button.one").click()
    assert steps(page) == 1 and page.locator("canvas").first.get_attribute("role") == "application"


def test_without_scripts_there_is_the_picture(opened):
    page = opened(390, java_script_enabled=False)
    assert page.locator(".course-still img").is_visible() and page.locator("canvas").count() == 0
