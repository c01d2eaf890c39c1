"""JupyterLab in a real browser: live figures before and after they run, and what a student sees."""

import subprocess

import nbformat
import pytest
from lab_server import started

pytestmark = pytest.mark.slow(reason="drives JupyterLab in a browser")

CALLS = {  # of the cells of live figures, by chapter; the first with all that stands before it
    "01-function-classes": "slider",
    "02-degradation": "interactive.playground",
    "12-why-it-works": "interactive.live_resnet",
}
STUDENT = "91-student"
LIVE = "90-live"
RUN = 120_000  # milliseconds for all cells, on a machine that does other things too


@pytest.fixture(scope="module")
def lab(tmp_path_factory):
    with started(tmp_path_factory.mktemp("lab")) as lab:
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
            return page

        yield at
        assert wrong == []


def run_all(page):
    """Run all cells by the menu, and wait until none is at work."""
    page.get_by_role("menuitem", name="Run", exact=True).click()
    page.get_by_role("menuitem", name="Run All Cells", exact=True).click()
    idle = """() => {
      const prompts = [...document.querySelectorAll(".jp-CodeCell .jp-InputPrompt")];
      const texts = prompts.map((prompt) => prompt.textContent);
      return texts.length && texts.every((text) => /\\[\\d+\\]/.test(text));
    }"""
    page.wait_for_function(idle, timeout=RUN)


def test_what_is_not_trusted_shows_pictures_and_what_ran_works_by_mouse_and_keys(lab, notebook):
    page = notebook(f"chapters/{LIVE}")
    for figure in (".course-slider", ".course-live"):
        assert page.locator(f"{figure} img").first.is_visible()
    assert page.locator(".jp-OutputArea input, .jp-OutputArea canvas").count() == 0
    run_all(page)
