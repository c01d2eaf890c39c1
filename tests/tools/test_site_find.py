"""The search's own list: terms of the glossary and headings, before the list of pages."""

import pytest
from bs4 import BeautifulSoup

from tools import book_pages, site_margin
from tools.notebooks import ROOT

TERMS = {"Dropout": "glossary.html#term-dropout", "Depth": "glossary.html#term-depth"}
NAMES = ["chapters/14-tables", "api", "glossary"]
TITLES = ["14. Tables", "The code", "Glossary"]
HEADINGS = {
    "Dropout, and a mistake": [[0, "dropout-and-a-mistake"]], "dropout_places": [[1, "places"]],
    "14. Tables": [[0, None]], "A mistake with <em>dropout</em>": [[0, "with"]],
}  # fmt: skip


@pytest.fixture(scope="module")
def find(in_node):
    """What the script finds for a query: text, address and page of each hit."""

    def call(query):
        (hits,) = in_node(
            "find.js", "CourseFind", [["found", query, TERMS, HEADINGS, NAMES, TITLES]]
        )
        return [(hit["text"], hit["address"], hit["page"]) for hit in hits]

    return call


def test_the_term_comes_first_then_headings_and_never_the_code(find):
    assert find("dropout") == [
        ("Dropout", "glossary.html#term-dropout", "Glossary"),
        ("Dropout, and a mistake", "chapters/14-tables.html#dropout-and-a-mistake", "14. Tables"),
        ("A mistake with dropout", "chapters/14-tables.html#with", "14. Tables"),
    ]


def test_all_words_must_be_there_and_a_page_is_not_named_twice(find):
    assert sorted(text for text, *_ in find("mistake DROPOUT")) == [
        "A mistake with dropout", "Dropout, and a mistake",
    ]  # fmt: skip
    assert find("tables") == [("14. Tables", "chapters/14-tables.html", "")]
    assert find("") == find("batch size") == []


def test_every_name_of_the_glossary_leads_to_its_entry():
    text = (ROOT / "glossary.md").read_text("utf-8")
    found = site_margin.addresses(text)
    page = BeautifulSoup(
        "".join(
            f"<p><strong>{names}.</strong></p>" for names, _ in site_margin.ENTRY.findall(text)
        ),
        "html.parser",
    )
    site_margin.anchor_terms(page)
    places = {f"glossary.html#{p['id']}" for p in page.select("p[id]")}
    assert len(found) > 40 and set(found.values()) == places


def test_in_the_menu_the_sections_stand_below_their_own_page():
    listing = (
        '<ul><li class="toctree-l1 current"><a href="#">1. A</a></li>'
        '<li class="toctree-l1"><a href="b.html">2. B</a></li></ul>'
    )
    sections = '<ul><li><a href="#one">One</a></li></ul>'
    page = BeautifulSoup(book_pages.chapter_list(listing, sections), "html.parser")
    assert page.select_one("li.current > .sections a")["href"] == "#one"
    assert len(page.select(".sections")) == 1
    assert [n.get_text() for n in page.select(".number")] == ["1", "2"]
    assert "sections" not in book_pages.chapter_list(listing, "")
