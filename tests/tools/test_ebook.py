"""The book as an EPUB: every file of it is XML, listed, and reached; epubcheck finds nothing."""

import zipfile
from xml.etree import ElementTree

import pytest

from tests.chromium import required
from tools import ebook, paper

pytestmark = pytest.mark.slow(reason="builds the site of the real chapters")
OPF, HTML = "{http://www.idpf.org/2007/opf}", "{http://www.w3.org/1999/xhtml}"


@pytest.fixture(scope="module")
def epub(real):
    """The book of the real chapters."""
    return ebook.write(real.parents[1])


@pytest.fixture(scope="module")
def files(epub):
    """What is in the book."""
    with zipfile.ZipFile(epub) as book:
        return {info.filename: book.read(info) for info in book.infolist()}


def test_it_begins_with_its_kind_uncompressed(epub):
    with zipfile.ZipFile(epub) as book:
        first = book.infolist()[0]
    assert (first.filename, first.compress_type) == ("mimetype", zipfile.ZIP_STORED)


def test_every_page_is_there_in_its_order_and_every_file_is_listed(files, real):
    package = ElementTree.fromstring(files["book/book.opf"])
    items = {item.get("id"): item.get("href") for item in package.iter(f"{OPF}item")}
    assert {f"book/{href}" for href in items.values()} == {
        name for name in files if name.startswith("book/") and name != "book/book.opf"
    }
    spine = [items[ref.get("idref")] for ref in package.iter(f"{OPF}itemref")]
    pages = paper.pages(real.parents[1])
    assert spine == [f"{paper.place(name, '')}.xhtml" for name in pages]


def test_links_and_pictures_lead_to_files_and_places_of_the_book_and_there_are_no_scripts(files):
    trees = {n: ElementTree.fromstring(t) for n, t in files.items() if n.endswith(".xhtml")}
    ids = {name: {tag.get("id") for tag in tree.iter()} for name, tree in trees.items()}
    for name, tree in trees.items():
        assert not list(tree.iter(f"{HTML}script"))
        for tag in tree.iter():
            path, _, anchor = (tag.get("href") or tag.get("src") or "").partition("#")
            if not path + anchor or ":" in path:
                continue
            target = f"book/{path}" if path else name
            assert target in files, (name, path)
            assert not anchor or anchor in ids[target], (name, path, anchor)


def test_formulas_are_there_and_each_live_figure_is_a_picture(files):
    chapter = files["book/01-function-classes.xhtml"]
    assert b"<math" in chapter and b'class="katex"' not in chapter
    assert chapter.count(b"<img") > 4 and b"course-slider" in chapter


def test_every_path_of_a_picture_has_a_course(files):
    pictures = [ElementTree.fromstring(t) for n, t in files.items() if n.endswith(".svg")]
    paths = [path for tree in pictures for path in tree.iter("{http://www.w3.org/2000/svg}path")]
    assert len(paths) > 1000 and all("d" in path.keys() for path in paths)


def test_epubcheck_accepts_it(epub):
    check = required("epubcheck")
    result = check.EpubCheck(str(epub))
    assert [m for m in result.messages if m.level in ("ERROR", "FATAL")] == []
