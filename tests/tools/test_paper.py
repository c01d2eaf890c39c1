"""The book as one PDF: the site's pages one after the other, nothing lost, nothing to click."""

import pytest
from bs4 import BeautifulSoup

from tools import paper

NAMES = {"index.html", "chapters/01-a.html", "chapters/02-b.html"}
ARTICLE = """<article><section id="a"><h1>A<a class="headerlink" href="#a">#</a></h1>
<p class="actions"><a href="../x.ipynb">Notebook</a></p>
<p><a href="02-b.html#c">there</a> <a href="#a">here</a> <a href="https://e.org/#x">out</a></p>
<picture><source srcset="../_images/p.svg"><img src="../_images/w.svg" loading="lazy"></picture>
<div class="cell tag_is-setup"><details><summary>Set-up</summary></details></div>
<details><summary>Answer</summary></details><script>x()</script>
<div class="course-slider"><p>size n: 1. (A slider stands here.)</p></div></section></article>"""


def printed():
    """A page's text for paper."""
    article = BeautifulSoup(ARTICLE, "html.parser").find("article")
    return paper.printed(article, "chapters/01-a.html", NAMES)


def test_links_lead_within_the_book_and_places_of_two_pages_differ():
    page = printed()
    assert [a["href"] for a in page.find_all("a")] == ["#02-b-c", "#01-a-a", "https://e.org/#x"]
    assert page.find("section")["id"] == "01-a-a" and page["id"] == "01-a"
    assert paper.moved("../index.html", "chapters", "chapters/01-a.html", NAMES) == "#index"


def test_answers_are_open_plumbing_is_not_and_nothing_asks_to_be_clicked():
    page = printed()
    assert [fold.has_attr("open") for fold in page.find_all("details")] == [False, True]
    assert not page.select("script, source, .actions, .headerlink")
    assert page.select_one(".course-slider").get_text() == "size n: 1."
    image = page.find("img")
    assert (image["src"], image["loading"]) == ("html/_images/w.svg", "eager")


def test_without_a_site_or_a_browser_one_sentence_says_what_to_do(tmp_path, monkeypatch, capsys):
    (tmp_path / "_toc.yml").write_text("format: jb-book\nroot: index.md\nchapters: []\n")
    monkeypatch.setattr(paper, "browser", lambda: None)
    assert paper.main(["--root", str(tmp_path)]) == 1
    assert capsys.readouterr().err.startswith("There is no Chromium to print the book: install it")
    monkeypatch.setattr(paper, "browser", lambda: "chromium")
    (tmp_path / "_build").mkdir()
    assert paper.main(["--root", str(tmp_path)]) == 1
    assert "`make book` first" in capsys.readouterr().err


@pytest.mark.slow(reason="builds the site of the real chapters")
def test_the_book_has_every_page_and_its_links_lead_somewhere(real):
    root = real.parents[1]
    page = BeautifulSoup(paper.book(root), "html.parser")
    assert len(page.find_all("article")) == len(paper.pages(root)) > 15
    ids = {tag["id"] for tag in page.find_all(id=True)}
    lost = [a["href"] for a in page.select('a[href^="#"]') if a["href"][1:] not in ids]
    assert lost == []
    sources = [image["src"] for image in page.find_all("img") if image["src"][:5] != "data:"]
    assert [s for s in sources if not (root / "_build" / s.partition("#")[0]).exists()] == []


@pytest.mark.slow(reason="builds the site of the real chapters, and prints three of them")
def test_it_is_printed(real, tmp_path):
    """Three chapters, for the whole takes more than a minute; `weekly.yml` prints all."""
    if paper.browser() is None:
        pytest.skip("no Chromium on this machine to print the book")
    names = sorted(path.stem for path in real.glob("chapters/*.html"))[:3]
    listing = "".join(f"  - file: chapters/{name}.ipynb\n" for name in names)
    (tmp_path / "_toc.yml").write_text(f"format: jb-book\nroot: index.md\nchapters:\n{listing}")
    (tmp_path / "_build").mkdir()
    (tmp_path / "_build" / "html").symlink_to(real)
    made = paper.write(tmp_path)
    assert made.read_bytes()[:5] == b"%PDF-" and made.stat().st_size > 500_000
