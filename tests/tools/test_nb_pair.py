"""Markdown and notebook of a chapter: the way is one, and nothing that people write is lost."""

import json
import shutil

import nbformat
import pytest
from nbformat.v4 import new_output

from tools import contents, nb_pair, nb_rules
from tools.nb_first import read_course
from tools.notebooks import ROOT
from utils import files, notebook_json

ALL = contents.chapters(ROOT)


def test_sync_fills_the_generated_parts_and_a_second_one_changes_nothing(small, capsys):
    assert small.run("sync") == 0
    text = small.source.read_text("utf-8")
    assert text.startswith("---\njupytext:") and "[Open in Colab](https://" in text
    assert text.count(":tags: [setup, hide-input]") == 1
    before = small.files()
    assert small.run("sync") == 0
    assert small.files() == before
    assert "all in sync" in capsys.readouterr().out
    assert small.run("sync", "--check") == 0


@pytest.mark.parametrize(
    "old, new, files",
    [
        ("Text.", "Other text.", ["00-one.ipynb"]),
        ("ADDRESS, TAG =", "ADDRESS, MARK =", ["00-one.md"]),
        ("[Open in Colab]", "[Open]", ["00-one.md"]),
        ("display_name: Python 3", "display_name: my-env", ["00-one.md"]),
    ],
)
def test_check_names_what_differs_and_writes_nothing(small, capsys, old, new, files):
    small.run("sync")
    small.edit(old, new)
    before = small.files()
    capsys.readouterr()
    assert small.run("sync", "--check") == 1
    said = capsys.readouterr().err
    assert [line.split()[0] for line in said.splitlines()] == [f"chapters/{f}" for f in files]
    assert small.files() == before


def test_outputs_of_unchanged_cells_and_ids_survive_an_insertion(small):
    small.run("sync")
    notebook = nbformat.read(small.notebook, as_version=4)
    for number, cell in enumerate(nb_rules.code_cells(notebook), start=1):
        cell.execution_count = number
        cell.outputs = [new_output("stream", name="stdout", text=f"{number}\n")]
    files.write(small.notebook, notebook_json.dumps(notebook))
    ids = [cell.id for cell in small.cells()]
    small.edit('print("a")\n```', 'print("a")\n```\n\n```{code-cell} ipython3\nprint("new")\n```')
    small.run("sync")
    after = small.cells()
    assert [c.outputs[0].text if c.outputs else None for c in after] == ["1\n", "2\n", None, "3\n"]
    assert [c.id for c in after if c.source != 'print("new")'] == ids
    small.edit('print("a")', 'print("A")')
    small.run("sync")
    assert small.cells()[1].outputs == [] and small.cells()[1].execution_count is None
    assert small.cells()[3].outputs[0].text == "3\n"


def test_equal_cells_get_different_ids_and_the_same_ones_each_time():
    text = "# 1. Same\n" + "\n```{code-cell}\nx = 1\n```\n" * 3
    first, second = (nb_pair.to_notebook(text, "01-same") for _ in range(2))
    ids = [cell.id for cell in first.cells]
    assert len(set(ids)) == 4 and ids == [cell.id for cell in second.cells]
    assert set(ids).isdisjoint(cell.id for cell in nb_pair.to_notebook(text, "02-same").cells)


@pytest.mark.parametrize("source", ALL, ids=lambda path: path.stem)
def test_a_chapters_notebook_says_all_that_its_markdown_does(source):
    notebook = nb_pair.read(source.with_suffix(".ipynb"))
    text = nb_pair.complete(nb_pair.to_markdown(notebook), read_course(ROOT), source.stem)
    assert text == source.read_text("utf-8")


# --- edits on both sides ---


def test_an_edit_of_the_notebook_alone_is_named_and_nothing_written(small, capsys):
    assert small.run("sync") == 0
    small.edit_notebook('print("a")', 'print("mine")')
    before = small.files()
    for command in (["sync"], ["sync", "--check"], ["outputs"]):
        assert small.run(*command) == 1
        (said,) = [line for line in capsys.readouterr().err.splitlines() if "edited" in line]
        assert said.startswith(
            "chapters/00-one.ipynb was edited since the last sync: cell 3, 'print(\"mine\")'."
        )
        assert "--take notebook 00" in said and "--take markdown 00" in said
        assert small.files() == before


def test_an_edit_of_the_notebook_is_taken_into_the_markdown_when_asked(small):
    assert small.run("sync") == 0
    small.edit_notebook('print("a")', 'print("mine")')
    assert small.run("sync", "--take", "notebook", "00") == 0
    assert 'print("mine")' in small.source.read_text("utf-8")
    assert small.cells()[1].source == 'print("mine")'
    assert small.run("sync", "--check") == 0


def test_an_edit_of_the_notebook_is_dropped_when_asked(small):
    assert small.run("sync") == 0
    before = small.files()
    small.edit_notebook('print("a")', 'print("mine")')
    assert small.run("sync", "--take", "markdown", "one") == 1, "it is called 00-one"
    assert small.run("sync", "--take", "markdown", "00-one") == 0
    assert small.files() == before


def test_edits_on_both_sides_are_left_to_a_person(small, capsys):
    assert small.run("sync") == 0
    small.edit_notebook('print("a")', 'print("mine")')
    small.edit("Text.", "Other text.")
    before = small.files()
    for extra in ([], ["--take", "notebook", "00"]):
        assert small.run("sync", *extra) == 1
        said = capsys.readouterr().err
        assert "00-one.md was edited as well: bring the notebook's edits into it by hand" in said
        assert small.files() == before
    small.edit('print("a")', 'print("mine")')  # by hand
    assert small.run("sync") == 0, "the notebook has nothing any more that the Markdown has not"
    assert "Other text." in small.notebook.read_text("utf-8")
    assert small.cells()[1].source == 'print("mine")'


def test_a_fresh_clone_with_files_of_any_age_knows_the_same(small, tmp_path_factory, capsys):
    assert small.run("sync") == 0
    small.edit_notebook('print("a")', 'print("mine")')
    clone = shutil.copytree(small.root, tmp_path_factory.mktemp("clone") / "c",
                            copy_function=shutil.copyfile)  # fmt: skip
    capsys.readouterr()
    small.root = clone
    assert small.run("sync") == 1
    assert "edited since the last sync: cell 3" in capsys.readouterr().err


def without(number):
    def change(book):
        del book["cells"][number]

    return change


def swap(book):
    book["cells"][2:4] = book["cells"][3:1:-1]


def retag(book):
    book["cells"][-1]["metadata"]["tags"] = ["raises-exception"]


def insert(book):
    book["cells"].append({"cell_type": "code", "metadata": {}, "source": "mine = 1", "outputs": [],
                          "id": "x", "execution_count": None})  # fmt: skip


@pytest.mark.parametrize(
    "change, part, inside",
    [
        (without(2), "cell 3, 'print(\"a\")', which it has no longer", 'print("b")'),
        (swap, "the order of its cells", 'print("a")'),
        (retag, "cell 4, 'print(\"b\")'", ":tags: [raises-exception]"),
        (insert, "cell 5, 'mine = 1'", "mine = 1"),
    ],
)
def test_cells_gone_moved_tagged_or_new_are_edits_too(small, capsys, change, part, inside):
    text = small.source.read_text("utf-8").replace("<!-- question", "A.\n\n<!-- question")
    small.source.write_text(text, "utf-8")
    assert small.run("sync") == 0
    book = json.loads(small.notebook.read_text("utf-8"))
    change(book)
    small.notebook.write_text(json.dumps(book), "utf-8")
    assert small.run("sync") == 1
    assert part in capsys.readouterr().err
    assert small.run("sync", "--take", "notebook", "00") == 0
    assert inside in small.source.read_text("utf-8")
    after = json.loads(small.notebook.read_text("utf-8"))["cells"]
    assert [("".join(c["source"]), c["metadata"].get("tags", [])) for c in after] == [
        ("".join(c["source"]), c["metadata"].get("tags", [])) for c in book["cells"]
    ]


@pytest.mark.parametrize("old, new", [("ADDRESS, TAG =", "ADDRESS, MINE ="), ("Text.", None)])
def test_an_edit_that_markdown_cannot_hold_is_not_taken(small, capsys, old, new):
    assert small.run("sync") == 0
    if new:
        small.edit_notebook(old, new)
    else:
        book = json.loads(small.notebook.read_text("utf-8"))
        book["cells"][0]["attachments"] = {"cat.png": {"image/png": "AAAA"}}
        small.notebook.write_text(json.dumps(book), "utf-8")
    before = small.files()
    for extra in ([], ["--take", "notebook", "00"]):
        assert small.run("sync", *extra) == 1
        assert "00-one.md cannot hold" in capsys.readouterr().err
        assert small.files() == before


def test_what_clients_change_by_themselves_is_no_edit(small):
    assert small.run("sync") == 0
    before = small.files()
    book = json.loads(small.notebook.read_text("utf-8"))
    book["nbformat_minor"] = 0  # Colab: ids in the metadata, its own keys beside ours
    book["metadata"] |= {"colab": {"provenance": []}, "language_info": {"name": "python"}}
    for cell in book["cells"]:
        cell["metadata"]["id"] = cell.pop("id")
        cell["source"] = "".join(cell["source"]).replace("\n", "\r\n")  # editors on Windows
    book["cells"].append({"cell_type": "code", "metadata": {}, "source": [], "outputs": [],
                          "execution_count": None})  # fmt: skip
    small.notebook.write_text(json.dumps(book), "utf-8")
    assert small.run("sync") == 0
    assert small.files() == before


def test_a_notebook_that_lost_its_record_is_not_written_over(small, capsys):
    assert small.run("sync") == 0
    book = json.loads(small.notebook.read_text("utf-8"))
    del book["metadata"]["course"]
    moved = json.loads(json.dumps(book))
    swap(moved)
    small.notebook.write_text(json.dumps(moved), "utf-8")
    assert small.run("sync") == 1
    small.notebook.write_text(json.dumps(book), "utf-8")
    assert small.run("sync") == 0, "both say the same"
    small.notebook.write_text(json.dumps(book), "utf-8")
    small.edit("Text.", "Other text.")
    before = small.files()
    assert small.run("sync") == 1
    assert "has no record of the last sync: cell 1," in capsys.readouterr().err
    assert small.files() == before


@pytest.mark.parametrize(
    "arguments", [["--take", "notebook"], ["--check", "--take", "markdown", "0"]]
)
def test_whose_word_counts_is_asked_for_each_chapter(small, capsys, arguments):
    assert small.run("sync") == 0
    assert small.run("sync", *arguments) == 1
    assert "--take writes, and only chapters that are named" in capsys.readouterr().err


def test_a_title_is_asked_for_and_strange_front_matter_not_dropped(small, capsys):
    small.edit("# 0. One", "---\ntitle: One\nauthor: me\n---\n# 0. One")
    before = small.files()
    assert small.run("sync") == 1
    assert (
        "00-one.md: its front matter is written by `make sync`, which keeps no author, title"
        in (capsys.readouterr().err)
    )
    assert small.files() == before
    small.edit("---\ntitle: One\nauthor: me\n---\n# 0. One", "One")
    assert small.run("sync") == 1
    assert "00-one.md: no title" in capsys.readouterr().err


def test_a_new_address_leaves_the_set_up_cell_executed(small):
    small.run("sync")
    book = json.loads(small.notebook.read_text("utf-8"))
    for number, cell in enumerate((c for c in book["cells"] if c["cell_type"] == "code"), start=1):
        cell["execution_count"] = number
    small.notebook.write_text(json.dumps(book), "utf-8")
    config = small.root / "_config.yml"
    config.write_text(config.read_text("utf-8").replace("somebody/", "else/"), "utf-8")
    assert small.run("sync") == 0
    cells = small.cells()
    assert "github.com/else/" in cells[0].source
    assert [cell.execution_count for cell in cells] == list(range(1, len(cells) + 1))
