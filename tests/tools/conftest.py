"""A course of one tiny chapter for the tests of the notebook tools, and the site in a browser."""

import contextlib
import functools
import http.server
import json
import os
import shutil
import subprocess
import threading
from pathlib import Path

import nbformat
import pytest
from filelock import FileLock

from benchmarks.in_browser import OPTIONS
from tests.chromium import command, required
from tools import book, nb_rules, nb_time, notebooks
from tools.address import WRITTEN

SOURCE = """\
# 0. One

<!-- question: Why? -->
<!-- after it you can: say it -->

Text.

```{code-cell} ipython3
print("a")
```

```{code-cell} ipython3
:tags: [nbval-check-output]

print("b")
print("headline: 7 of 8 right")
```
"""
PLACE, PUBLISHED = WRITTEN["_config.yml"], "https://github.com/somebody/residual-networks"


class SmallCourse:
    """The folder of a small course, and what one does with it."""

    text = SOURCE

    def __init__(self, root: Path):
        self.root = root
        self.source = root / "chapters" / "00-one.md"
        self.notebook = self.source.with_suffix(".ipynb")
        (root / "chapters").mkdir()
        for name in ("pyproject.toml", "requirements-d2l.txt", "_config.yml"):
            text = (notebooks.ROOT / name).read_text("utf-8")
            (root / name).write_text(PLACE.sub(rf"\g<1>{PUBLISHED}", text), "utf-8")
        (root / "utils").mkdir()
        for name in ("__init__.py", "blocks.py"):
            (root / "utils" / name).write_text("")
        (root / "utils" / "start.py").write_text("def ready():\n    pass\n")
        (root / "_toc.yml").write_text("format: jb-book\nroot: index.md\nchapters:\n")
        self.add("00-one", SOURCE)

    def add(self, stem: str, text: str) -> Path:
        """One more chapter, listed as the last."""
        path = self.root / "chapters" / f"{stem}.md"
        path.write_text(text, "utf-8")
        with open(self.root / "_toc.yml", "a") as toc:
            toc.write(f"  - file: chapters/{stem}.ipynb\n")
        return path

    def run(self, *arguments: str) -> int:
        """The status with which `tools/notebooks.py` ends."""
        return notebooks.main(["--root", str(self.root), *arguments])

    def edit(self, old: str, new: str) -> None:
        """Change the chapter's Markdown."""
        text = self.source.read_text("utf-8")
        assert old in text
        self.source.write_text(text.replace(old, new), "utf-8")

    def edit_notebook(self, old: str, new: str) -> None:
        """Change the cells of the chapter's notebook, as JupyterLab or Colab would."""
        book = json.loads(self.notebook.read_text("utf-8"))
        assert old in "".join("".join(cell["source"]) for cell in book["cells"])
        for cell in book["cells"]:
            cell["source"] = "".join(cell["source"]).replace(old, new)
        self.notebook.write_text(json.dumps(book), "utf-8")

    def cells(self) -> list:
        """The code cells of the chapter's notebook."""
        return nb_rules.code_cells(nbformat.read(self.notebook, as_version=4))

    def files(self) -> dict[Path, bytes]:
        """All that stands in chapters/."""
        return {path: path.read_bytes() for path in (self.root / "chapters").iterdir()}


@pytest.fixture
def small(tmp_path, monkeypatch):
    """A course of one chapter, nothing synced yet; its running times are kept in it."""
    monkeypatch.setattr(nb_time, "FILE", tmp_path / "results" / "running_times.json")
    return SmallCourse(tmp_path)


class Quiet(http.server.SimpleHTTPRequestHandler):
    """Serves a folder and says nothing."""

    def log_message(self, *_):
        """Say nothing."""


@contextlib.contextmanager
def opened(folder: Path):
    """A browser's new page, and the address at which it finds a site; skips where there is none."""
    api, chromium = required("playwright.sync_api"), command()
    handler = functools.partial(Quiet, directory=str(folder))
    with contextlib.ExitStack() as stack:
        server = stack.enter_context(http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler))
        threading.Thread(target=server.serve_forever, daemon=True).start()
        stack.callback(server.shutdown)
        play = stack.enter_context(api.sync_playwright())
        page = play.chromium.launch(executable_path=chromium, args=OPTIONS).new_page()
        yield page, f"http://127.0.0.1:{server.server_port}/"


@pytest.fixture
def axe():
    """The judge of whether everybody can use a page."""
    return required("axe_playwright_python.sync_playwright").Axe()


@pytest.fixture
def browse():
    """`opened`: a browser at a site."""
    return opened


@pytest.fixture(scope="session")
def in_node():
    """A function that calls functions of a script of the site: names and arguments to results."""
    if shutil.which("node") is None:
        pytest.skip("Node.js, which runs the site's scripts, is not installed")

    def call(script, module, calls):
        end = (f";console.log(JSON.stringify(JSON.parse(require('fs').readFileSync(0, 'utf8'))"
               f".map(([name, ...given]) => {module}[name](...given) ?? null)))")  # fmt: skip
        text = (notebooks.ROOT / "assets" / script).read_text("utf-8") + end
        done = subprocess.run(["node", "-e", text], input=json.dumps(calls),
                              capture_output=True, text=True, check=True)  # fmt: skip
        return json.loads(done.stdout)

    return call


@pytest.fixture(scope="session")
def real(tmp_path_factory):
    """The site of the real chapters, built once, for all of pytest's processes."""
    if shutil.which("node") is None:
        pytest.skip("Node.js, which draws the formulas, is not installed")
    unneeded = shutil.ignore_patterns(".*", "_build", "build", "data", "tests", "*.egg-info")
    base = tmp_path_factory.getbasetemp()
    shared = base.parent if "PYTEST_XDIST_WORKER" in os.environ else base
    copy, built = shared / "real" / "copy", shared / "real" / "built"
    with FileLock(shared / "real.lock"):
        if not built.exists():
            shutil.rmtree(copy, ignore_errors=True)
            shutil.copytree(notebooks.ROOT, copy, ignore=unneeded)
            assert book.build(copy) == []
            built.touch()
    return copy / "_build" / "html"
