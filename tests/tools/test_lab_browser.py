"""JupyterLab in a real browser: live figures before and after they run, and what a student sees."""

import shutil
import subprocess
from pathlib import Path

import nbformat
import pytest
from lab_server import started

from tools.notebooks import ROOT

pytestmark = pytest.mark.slow(reason="drives JupyterLab in a browser")

CALLS = {  # of the cells of live figures, by chapter; the first with all that stands before it
    "01-function-classes": "slider",
    "02-degradation": "interactive.playground",
    "12-why-it-works": "interactive.live_resnet",
}
LIVE = "90-live"
RUN = 300_000  # milliseconds for all cells, on a machine that does other things too


@pytest.fixture(scope="module")
def lab(tmp_path_factory):
    with started(tmp_path_factory.mktemp("lab")) as lab:
        sample = Path("utils", "data", "sample")
        shutil.copytree(ROOT / sample, lab.root / sample)
        live_notebook(lab.root)
        git = ["git", "-C", str(lab.root), "-c", "user.name=t", "-c", "user.email=t@example.org"]
        subprocess.run([*git, "add", "."], check=True)
        subprocess.run([*git, "commit", "-qm", "two"], check=True)
        yield lab


def live_notebook(root):
    """A small notebook of real cells, as they lie in a clone: a slider and both live networks."""
    chosen = []
    for chapter, word in CALLS.items():
        cells = nbformat.read(root / "chapters" / f"{chapter}.ipynb", as_version=4).cells
        code = [cell for cell in cells if cell.cell_type == "code"]
        (place,) = (number for number, cell in enumerate(code) if f"{word}(" in cell.source)
        chosen += code[: place + 1] if not chosen else [code[place]]
    content = nbformat.read(root / "chapters" / "01-function-classes.ipynb", as_version=4)
    content.cells = chosen
    nbformat.write(content, root / "chapters" / f"{LIVE}.ipynb")


@pytest.fixture
def notebook(lab, browse):
    """A function that opens a notebook in JupyterLab."""
    with browse(lab.root) as (page, _):
        wrong = []
        page.on("pageerror", lambda error: wrong.append(str(error)))
        page.set_viewport_size({"width": 1300, "height": 1000})

        def at(name):
            page.goto(f"{lab.address}lab/tree/{name}.ipynb?reset")
            page.locator(".jp-Notebook .jp-Cell").first.wait_for(timeout=RUN)
            page.get_by_text("| Idle").wait_for(timeout=RUN)  # the kernel is there
            return page

        yield at
        assert wrong == []


def run_all(page):
    """Run all cells, by the menu."""
    page.get_by_role("menuitem", name="Run", exact=True).click()
    page.get_by_role("menuitem", name="Run All Cells", exact=True).click()


def near(page, selector, number=0):
    """An element in a cell's output, once it is there, scrolled to."""
    found = page.locator(selector).nth(number)
    found.wait_for(state="attached", timeout=RUN)
    found.scroll_into_view_if_needed(timeout=RUN)
    return found


def test_what_is_not_trusted_shows_pictures_and_what_ran_works_by_mouse_and_keys(lab, notebook):
    page = notebook(f"chapters/{LIVE}")
    for number, figure in ((0, ".course-slider"), (0, ".course-live"), (1, ".course-live")):
        near(page, f"{figure} img", number).wait_for()
    assert page.locator(".jp-OutputArea input, .jp-OutputArea canvas").count() == 0

    run_all(page)
    slider = near(page, ".course-slider input[type=range]")
    active = page.locator(".jp-Cell.jp-mod-active").get_attribute("id")
    picture = page.locator(".course-slider img").get_attribute("alt")
    slider.focus()
    page.keyboard.press("ArrowRight")
    assert slider.input_value() == "1"
    assert page.locator(".course-slider img").get_attribute("alt") != picture
    box = slider.bounding_box()
    page.mouse.click(box["x"] + 0.9 * box["width"], box["y"] + box["height"] / 2)
    assert int(slider.input_value()) > 5

    near(page, "button.main").click()  # the playground trains
    page.wait_for_function("""() => [...document.querySelectorAll(".course-live > *")].some(
        (part) => /step [1-9]/.test(part.shadowRoot?.querySelector(".count")?.textContent))""")
    page.locator("button.main").press("Enter")
    assert page.locator("button.main").text_content() == "Train"

    near(page, ".cell")  # the live ResNet answers
    status = page.locator(".status").last
    page.get_by_label("block 3", exact=True).select_option("out")
    page.get_by_text("1 of 10 places changed").wait_for(state="attached", timeout=RUN)
    page.get_by_label("Swap block 4 with the next").press("Enter")
    page.get_by_text("3 of 10 places changed").wait_for(state="attached", timeout=RUN)
    assert "of the 200 images are classified correctly" in status.text_content()
    assert page.locator(".jp-Cell.jp-mod-active").get_attribute("id") == active


def test_a_check_that_fails_says_its_sentence_to_a_student_and_nothing_is_lost(lab, notebook):
    page = notebook("homework/01-function-classes")
    assert page.locator(".jp-CodeCell .jp-InputPlaceholder, .jp-Placeholder").count() >= 1, "folded"
    run_all(page)
    error = page.locator(".jp-OutputArea-output[data-mime-type*=stderr]").first
    error.wait_for(timeout=RUN)
    assert error.inner_text().strip() == "NotImplementedError: yours to write"

    answer = page.locator(".jp-CodeCell", has_text="# @answer staircase").locator(".cm-content")
    answer.click()
    page.keyboard.press("Control+a")
    page.keyboard.insert_text("# @answer staircase\ndef staircase(y, n):\n    return y")
    run_all(page)
    said = "AssertionError: the one number closest to 1, 2, 6, 5, 5, 11 is their mean 5, not 1"
    page.get_by_text(said).wait_for(timeout=RUN)
    page.get_by_text("| Idle").wait_for(timeout=RUN)
    with page.expect_response(lambda answer: answer.request.method == "PUT", timeout=RUN):
        page.keyboard.press("Control+s")

    page = notebook("homework/01-function-classes")
    page.get_by_text(said).wait_for(timeout=RUN)
    assert "return y" in str(lab.open("homework/01-function-classes.ipynb"))
    assert lab.changed() == ["homework/01-function-classes.ipynb"]
