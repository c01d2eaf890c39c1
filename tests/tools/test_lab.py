"""JupyterLab, as `make lab` starts it, neither loses an edit nor changes what nobody touched.

A real server on loopback answers what JupyterLab's page would ask it. The page adds what a running
kernel says of itself; `as_lab_saves` does the same.
"""

import json
import os
import re
import time
import urllib.request
from pathlib import Path

import pytest
from lab_server import started

from tools import contents
from tools.notebooks import ROOT

CHAPTERS = [f"chapters/{path.stem}.ipynb" for path in contents.chapters(ROOT)]
HOMEWORK = "homework/08-bottleneck.ipynb"


def as_lab_saves(content: dict) -> dict:
    """What JupyterLab puts into a notebook's metadata once its kernel has started."""
    content["metadata"]["kernelspec"]["display_name"] = "Python 3 (ipykernel)"
    content["metadata"]["language_info"] = {
        "codemirror_mode": {"name": "ipython", "version": 3}, "file_extension": ".py",
        "mimetype": "text/x-python", "name": "python", "nbconvert_exporter": "python",
        "pygments_lexer": "ipython3", "version": "3.11.2",
    }  # fmt: skip
    return content


@pytest.fixture(scope="module")
def lab(tmp_path_factory):
    with started(tmp_path_factory.mktemp("lab")) as lab:
        yield lab


def test_everything_in_the_folder_can_be_reached_and_chapter_0_is_opened(lab):
    assert {item["name"] for item in lab.ask("")["content"]} >= {
        "chapters", "homework", "utils", "README.md",
    }  # fmt: skip
    with urllib.request.urlopen(lab.address, timeout=60) as page:
        assert page.geturl() == f"{lab.address}lab/tree/chapters/00-start-here.ipynb"


@pytest.mark.parametrize("name", [*CHAPTERS, HOMEWORK], ids=lambda name: Path(name).stem)
def test_opening_and_saving_changes_nothing_and_solutions_stay_folded(lab, name):
    content = lab.open(name)
    lab.save(name, as_lab_saves(content))
    after = lab.open(name)
    assert lab.changed() == [], "no file but those there, all as they were"
    solved = [c for c in after["cells"] if "### BEGIN SOLUTION" in c["source"]]
    assert bool(solved) == (
        "chapters" in name and "00-" not in name and "13-" not in name and "17-" not in name
    )
    for cell in solved:
        assert cell["metadata"]["jupyter"] == {"source_hidden": True}
        assert cell["metadata"]["cellView"] == "form", "what Colab goes by"


def test_a_fold_that_a_reader_opened_or_an_own_kernel_is_the_readers(lab):
    name = CHAPTERS[3]
    content = lab.open(name)
    (cell, *_) = [c for c in content["cells"] if "### BEGIN SOLUTION" in c["source"]]
    cell["metadata"]["jupyter"]["source_hidden"] = False
    content["metadata"]["kernelspec"]["name"] = "my-env"
    lab.save(name, as_lab_saves(content))
    after = lab.open(name)
    (cell, *_) = [c for c in after["cells"] if "### BEGIN SOLUTION" in c["source"]]
    assert cell["metadata"]["jupyter"] == {"source_hidden": False}
    assert after["metadata"]["kernelspec"]["name"] == "my-env"
    assert lab.changed() == [name]


def test_a_students_homework_stays_what_it_is_whatever_edits_it_where(lab):
    path = lab.root / HOMEWORK
    content = lab.open(HOMEWORK)
    content["cells"][2]["source"] = "# in Lab"
    lab.save(HOMEWORK, as_lab_saves(content))
    outside = json.loads(path.read_text("utf-8"))
    outside["cells"][3]["source"] = ["# in Colab"]
    path.write_text(json.dumps(outside), "utf-8")
    content = lab.open(HOMEWORK)
    assert [c["source"] for c in content["cells"][2:4]] == ["# in Lab", "# in Colab"]
    lab.save(HOMEWORK, as_lab_saves(content))
    assert lab.changed() == [HOMEWORK], "and no .md beside it"


@pytest.mark.parametrize("younger", [".md", ".ipynb"])
def test_edits_made_in_lab_and_elsewhere_both_reach_the_source_and_none_is_lost(
    lab, younger, capsys
):
    name, source = CHAPTERS[0], lab.root / CHAPTERS[0].replace(".ipynb", ".md")
    path = lab.root / name
    outside = json.loads(path.read_text("utf-8"))  # what VS Code or Colab does
    number = next(i for i, c in enumerate(outside["cells"]) if c["source"] == ["guess = ..."])
    outside["cells"][number]["source"] = ["guess = 0.7"]
    path.write_text(json.dumps(outside), "utf-8")
    os.utime(source.with_suffix(younger), (time.time() + 1000,) * 2)
    content = lab.open(name)
    assert content["cells"][number]["source"] == "guess = 0.7", "Lab shows what is there"
    content["cells"][0]["source"] += "\n\nWritten in Lab."
    lab.save(name, as_lab_saves(content))
    before = path.read_bytes(), source.read_bytes()
    assert lab.sync("00") == 1
    said = capsys.readouterr().err
    assert "edited since the last sync: cell 1, '# 0." in said and "guess = 0.7" in said
    assert (path.read_bytes(), source.read_bytes()) == before
    assert lab.sync("--take", "notebook", "00") == 0
    text = source.read_text("utf-8")
    assert "guess = 0.7" in text and "Written in Lab.\n" in text
    assert lab.open(name)["cells"][number]["source"] == "guess = 0.7"
    assert lab.sync("--check", "00") == 0
    assert sorted(lab.changed()) == [name, name.replace(".ipynb", ".md")]


def test_a_source_opened_as_a_notebook_is_saved_as_it_was(lab):
    name = CHAPTERS[3].replace(".ipynb", ".md")
    content = lab.open(name)
    assert any("### BEGIN SOLUTION" in cell["source"] for cell in content["cells"])
    lab.save(name, content)
    assert lab.changed() == []


def test_no_program_is_told_to_pair_a_notebook():
    settings = (ROOT / "pyproject.toml").read_text("utf-8")
    assert not re.search(r"^\s*formats\s*=", settings, re.MULTILINE)
    for folder in (ROOT, ROOT / "chapters", ROOT / "homework"):
        assert not list(folder.glob("*jupytext*"))
    for name in [*CHAPTERS, HOMEWORK]:
        assert "jupytext" not in json.loads((ROOT / name).read_text("utf-8"))["metadata"]
