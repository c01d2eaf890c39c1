"""JupyterLab opens and saves chapters through Jupytext: neither may fail or rewrite a source."""

import os
import shutil
from pathlib import Path

import nbformat
import pytest

ROOT = Path(__file__).parents[2]
CHAPTERS = sorted(path.stem for path in (ROOT / "chapters").glob("[0-9]*.md"))


@pytest.fixture
def lab(tmp_path):
    """What stands between JupyterLab and the files, in a copy of the chapters."""
    from jupytext.sync_contentsmanager import TextFileContentsManager

    shutil.copytree(ROOT / "chapters", tmp_path / "chapters")
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    return TextFileContentsManager(root_dir=str(tmp_path))


@pytest.mark.parametrize("older", [".md", ".ipynb"])
@pytest.mark.parametrize("chapter", CHAPTERS)
def test_a_chapter_opens_whatever_file_is_younger_and_saving_it_changes_nothing(
    lab, chapter, older
):
    path = Path(lab.root_dir) / "chapters" / f"{chapter}.md"
    source = path.read_text("utf-8")
    before = nbformat.read(path.with_suffix(".ipynb"), as_version=4)
    os.utime(path.with_suffix(older), (1_000_000_000,) * 2)
    model = lab.get(f"chapters/{chapter}.ipynb")
    lab.save(model, f"chapters/{chapter}.ipynb")
    assert path.read_text("utf-8") == source
    after = nbformat.read(path.with_suffix(".ipynb"), as_version=4)
    assert [(c.id, c.source, c.get("outputs")) for c in after.cells] == [
        (c.id, c.source, c.get("outputs")) for c in before.cells
    ]


def test_a_notebook_with_other_text_than_its_older_source_opens_too(lab):
    path = Path(lab.root_dir) / "chapters" / f"{CHAPTERS[0]}.md"
    text = path.read_text("utf-8")
    path.write_text(text.replace("guess = 0.5", "guess = 0.7"), "utf-8")
    os.utime(path, (1_000_000_000,) * 2)
    cells = lab.get(f"chapters/{CHAPTERS[0]}.ipynb")["content"]["cells"]
    assert any(cell["source"] == "guess = 0.7" for cell in cells), "the source is the .md"
