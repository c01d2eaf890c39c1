"""One list of chapters, and every table of them is made from it."""

import pytest

from tools import contents

TABLE = "# Page\n\n<!-- chapters -->\nold\n<!-- /chapters -->\n\nMore.\n"


@pytest.fixture
def pages(small):
    """The small course with the pages that have tables, and a second chapter."""
    for page in contents.OVERVIEWS:
        (small.root / page).write_text(TABLE)
    start = small.text.replace("# 0. One", "# 0. Start") + "\n" + TABLE.partition("\n\n")[2]
    small.add("00-start-here", start)
    second = small.text.replace("# 0. One", "# 2. What `f` is").replace("Why?", "How, and $y$?")
    small.add("02-what", second.replace("say it", "say | and do it"))
    assert small.run("sync") == 0
    return small


def test_sync_writes_the_tables_in_the_order_of_the_list(pages):
    for page in contents.OVERVIEWS:
        text = (pages.root / page).read_text("utf-8")
        assert text.startswith("# Page\n") and text.endswith("\n\nMore.\n") and "old" not in text
        assert [line for line in text.splitlines() if line.startswith("| ")] == [
            "| | chapter | after it you can |",
            "| 0 | [One](chapters/00-one.ipynb) | say it |",
            "| 0 | [Start](chapters/00-start-here.ipynb) | say it |",
            "| 2 | [What `f` is](chapters/02-what.ipynb) | say \\| and do it |",
        ]
    text = (pages.root / contents.MAP).read_text("utf-8")
    assert "| [2. What `f` is](02-what.ipynb) | How, and $y$? |\n" in text
    assert "(00-start-here.ipynb)" not in text, "the map stands in this chapter"
    assert text.count("| [0. One](00-one.ipynb) | Why? |\n") == 1
    assert pages.run("sync", "--check") == 0


def test_a_stale_table_is_named(pages, capsys):
    pages.source.write_text(pages.source.read_text("utf-8").replace("say it", "say all"))
    assert pages.run("sync", "--check") == 1
    said = capsys.readouterr().err
    assert [line.split()[0] for line in said.splitlines()] == [
        "README.md", "index.md", "chapters/00-one.ipynb",
    ]  # fmt: skip


@pytest.mark.parametrize(
    "old, new, part",
    [
        ("# 0. One", "# One", "00-one.md: no title; its head needs a line like '# 3. Title'"),
        ("<!-- question: Why? -->", "", "00-one.md: no question; its head needs"),
        ("<!-- after it you can: say it -->", "", "like '<!-- after it you can: … -->'"),
    ],
)
def test_a_head_without_its_words_is_named_and_no_table_written(pages, capsys, old, new, part):
    before = (pages.root / "README.md").read_bytes()
    pages.edit(old, new)
    assert pages.run("sync") == 1
    assert part in capsys.readouterr().err
    assert (pages.root / "README.md").read_bytes() == before


def test_a_page_without_a_place_for_its_table_is_named(pages, capsys):
    (pages.root / "index.md").write_text("# Page\n")
    assert pages.run("sync") == 1
    assert "index.md: no place for the chapters" in capsys.readouterr().err


@pytest.mark.parametrize("name", ["02-what", "02", "2", "02-what.md", "chapters/02-what.ipynb"])
def test_a_chapter_is_found_by_name_number_and_file(pages, name):
    assert [path.name for path in contents.chapters(pages.root, [name])] == ["02-what.md"]


@pytest.mark.parametrize("name", ["00", "1", "what", ""])
def test_a_name_that_fits_none_or_several_is_refused(pages, name):
    with pytest.raises(ValueError, match="No chapter called .*; the chapters are 00-one, 00-start"):
        contents.chapters(pages.root, [name])
