"""The site can be built without Jupyter Book: Sphinx alone makes the same pages."""

import shutil

import pytest
from bs4 import BeautifulSoup

from tools import book
from tools.notebooks import ROOT

pytestmark = pytest.mark.slow(reason="builds the site of the real chapters twice")


def parts(path):
    """The head of a page, its text, and its lists of chapters and sections."""
    page = BeautifulSoup(path.read_text("utf-8"), "html.parser")
    return [str(found) for found in page.select("head, main, nav")]


def test_sphinx_alone_makes_the_same_pages(real, tmp_path):
    copy = tmp_path / "copy"
    unneeded = shutil.ignore_patterns(".*", "_build", "build", "data", "tests", "*.egg-info")
    shutil.copytree(ROOT, copy, ignore=unneeded)
    (copy / "jupyter_book.py").write_text("raise ImportError('there is no Jupyter Book')")
    assert book.build(copy, plain=True) == []
    site = copy / "_build" / "html"
    pages = sorted(path.relative_to(real) for path in real.rglob("*.html"))
    assert pages == sorted(path.relative_to(site) for path in site.rglob("*.html"))
    assert [name for name in pages if parts(real / name) != parts(site / name)] == []
    assert (site / "searchindex.js").exists()
