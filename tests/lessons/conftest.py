"""For the tests of live figures: Node.js runs their programs, and a browser shows them."""

import os
import shutil

import pytest
import torch

from benchmarks.in_browser import OPTIONS
from tests.chromium import command, required, told

PAGE = (
    '<!doctype html><html lang="en"><meta charset="utf-8"><title>t</title>'
    "<style>:root { color-scheme: light dark }</style><main><h1>t</h1>%s</main></html>"
)


@pytest.fixture(autouse=True)
def whole_floats(monkeypatch):
    """On a GPU convolutions count in whole float32, so that they can be held to a CPU's."""
    monkeypatch.setattr(torch.backends.cudnn, "allow_tf32", False)


@pytest.fixture(scope="session")
def node():
    """The command that runs JavaScript; where tests must be complete, it must be there."""
    found = shutil.which("node")
    if found is None and os.environ.get("CI"):
        pytest.fail("Node.js is missing, which runs the programs of live figures")
    if found is None:
        pytest.skip("Node.js, which runs the programs of live figures, is not installed")
    return found


@pytest.fixture(scope="module")  # while Playwright runs, nobody else in the process may use asyncio
def browser():
    """Chromium; skipped where there is none or nothing to drive it, unless it is required."""
    api, chromium = required("playwright.sync_api"), command()
    with api.sync_playwright() as play:
        yield play.chromium.launch(executable_path=chromium, args=OPTIONS)


@pytest.fixture
def opened(browser, tmp_path):
    """A function that opens a figure's HTML as a file, at a width.

    At the end nobody may have complained or asked another host, and no page may be wider than its
    window, whatever was done to it.
    """
    heard, asked, pages = [], [], []

    def at(html, width, **options):
        path = tmp_path / "page.html"
        path.write_text(PAGE % html, encoding="utf-8")
        page = browser.new_context(viewport={"width": width, "height": 900}, **options).new_page()
        page.on("console", lambda message: heard.append(message.text))
        page.on("pageerror", lambda error: heard.append(str(error)))
        page.on("request", lambda request: asked.append(request.url.partition(":")[0]))
        page.goto(path.as_uri())
        pages.extend([page] if options.get("java_script_enabled", True) else [])
        return page

    yield at
    assert told(heard) == [] and set(asked) <= {"file", "data"}
    wide = "() => [document.documentElement.scrollWidth, innerWidth]"
    assert all(needed <= given for needed, given in (page.evaluate(wide) for page in pages))
