"""Notes beside the text: terms of the glossary, and papers in full."""

from pathlib import Path

import pytest
from bs4 import BeautifulSoup

from tools import paper, site_margin

ROOT = Path(__file__).resolve().parents[2]
GLOSSARY = """# Glossary

**Stride.** How far a *step* goes; `stride=2` halves $x$. [Chapter 4](chapters/04-shapes.ipynb).

**Option A, B, C.** Three kinds of shortcut. [Chapters 4](chapters/04-shapes.ipynb) and
[9](chapters/09-more.ipynb).

**Loss surface, loss landscape.** The loss as a function. More. [Chapter 2](chapters/02-a.ipynb).

**Epoch.** One pass over all images.
"""
REFERENCES = """<section id="r"><h2>References</h2><ul>
<li><p>K. He, X. Zhang, <a href="https://a.example/1">Deep</a>, 2016: section 3.</p></li>
<li><p>Veit, Wilber and Belongie, <a href="https://a.example/2">Like Ensembles</a>, 2016.</p></li>
<li><p>Krogh, <a href="https://a.example/3">Decay</a>, 1991.</p></li></ul></section>"""


def noted(text, number="07"):
    """A chapter's page with its notes."""
    terms = site_margin.glossary(GLOSSARY)
    body = f'<section id="a">{text}{REFERENCES}</section>'
    page = BeautifulSoup(body, "html.parser")
    site_margin.annotate(page, number, terms, "../")
    return page


def test_the_glossary_is_read():
    stride, option, surface, epoch = site_margin.glossary(GLOSSARY)
    assert stride.said == "How far a *step* goes; `stride=2` halves $x$."
    assert stride.chapters == {"04"} and option.chapters == {"04"}
    assert option.names == ("Option A",), "a B alone is no word of the glossary"
    assert surface.names == ("Loss surface", "loss landscape")
    assert surface.said == "The loss as a function."
    assert not epoch.chapters


def test_a_term_is_explained_at_its_first_use_and_leads_to_the_glossary():
    page = noted("<p>No. The strides differ.</p><p>A stride of 2.</p>")
    (link,) = page.select("a.noted")
    assert link["href"] == "../glossary.html#term-stride" and link.get_text() == "strides"
    note = link.find_parent("p").contents[0]
    assert note.get_text() == "Stride. How far a step goes; stride=2 halves x."
    assert note["role"] == "note" and note.find("code").get_text() == "stride=2"


@pytest.mark.parametrize(
    "text",
    [
        "<p>A <code>stride</code>.</p>", "<p><a href='b.html'>The stride</a></p>",
        "<p><strong>Stride</strong></p>", "<p>Astride, stride-free.</p>",
        "<details><p>The stride.</p></details>", "<ul><li><p>The stride.</p></li></ul>",
        "<section class='exercise'><p>The stride.</p></section>", "<p>An epoch.</p>",
        "<div class='cell'><section><p>The stride.</p></section></div>",
    ],
)  # fmt: skip
def test_it_is_not_where_it_would_be_in_the_way(text):
    assert not noted(text).select(".noted, .note")


def test_a_chapter_explains_its_own_terms_in_its_text():
    assert not noted("<p>The stride.</p>", "04").select(".note")
    assert not noted("<p>The stride.</p><p>A <strong>stride</strong> is.</p>").select(".note")


def test_a_section_has_two_terms_at_most_and_a_paragraph_one():
    page = noted("<p>The stride, and option A.</p><p>Option A.</p><p>A loss landscape.</p>")
    assert [a.get_text() for a in page.select(".noted")] == ["stride", "Option A"]


@pytest.mark.parametrize("said", ["Veit and others (2016)", "Veit and colleagues", "Veit, W and B"])
def test_a_paper_is_given_in_full_where_its_authors_are_named(said):
    page = noted(f"<p>So {said} found. Veit and others.</p><p>Veit and others.</p>")
    (link,) = page.select("a.noted")
    assert page.select_one(link["href"]).get_text().startswith("Veit, Wilber")
    (note,) = page.select(".note")
    assert note.get_text() == "Veit, Wilber and Belongie, Like Ensembles, 2016."
    assert note.find("a")["href"] == "https://a.example/2"


def test_a_name_in_another_meaning_is_no_paper():
    assert not noted("<p>He weights. He and she. With He and a ReLU.</p>").select(".note")


def test_two_papers_in_a_paragraph_stand_in_the_order_of_the_list():
    page = noted("<p>Veit and others, and Krogh and others.</p>")
    assert [n.get_text()[:5] for n in page.select("p > .note")] == ["Veit,", "Krogh"]


def test_the_glossarys_page_has_the_places_that_notes_lead_to():
    terms = site_margin.glossary((ROOT / "glossary.md").read_text("utf-8"))
    entries = "".join(f"<p><strong>{', '.join(t.names)}.</strong> x</p>" for t in terms)
    page = BeautifulSoup(entries, "html.parser")
    site_margin.anchor_terms(page)
    assert len(terms) > 40
    for term in terms:
        assert len(page.select(f"p#{term.anchor}")) == 1


def test_print_and_ebook_have_no_notes_among_their_words():
    page = BeautifulSoup("<p><span class='note'>A.</span>B</p>", "html.parser")
    assert [part.get_text() for part in page.select(paper.LEFT_OUT)] == ["A."]
