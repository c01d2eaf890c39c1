"""Notes beside the text: what a term of the glossary means, and which paper a sentence speaks of.

A term is explained at its first use in each chapter but those that explain it in their text: they
have it in bold type, or the glossary names them as its own. A paper is given in full where its
authors are named first. In narrow windows the notes are hidden, and the words lead to the glossary
or to the references.
"""

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import partial
from itertools import takewhile

from bs4 import BeautifulSoup, NavigableString, Tag

from tools import site_pages

ENTRY = re.compile(r"^\*\*([^*]+)\.\*\* (.+)$", re.MULTILINE)
LINK = re.compile(r"\[([^\]]+)\]\(([^)]+)\)")
CHAPTER = re.compile(r"\(chapters/(\d\d)-")
SENTENCE = re.compile(r"(?<=[.!?])\s+(?=[A-Z*0-9\[])")
LONGEST = 200  # letters of a note: it stands beside a paragraph, and must not reach far below it
PER_SECTION = 2  # terms: more are noise
# Where a note can't stand, or where a word is looked at for another reason.
ELSEWHERE = (
    "a", "code", "header", "details", "figure", "table", "li", "blockquote", ".cell", ".exercise",
    ".katex", ".note", "strong", ".admonition",
)  # fmt: skip
NAME = r"[A-ZÀ-Ž][\w’'-]+"


@dataclass(frozen=True)
class Term:
    """An entry of the glossary."""

    names: tuple[str, ...]
    said: str  # its first sentence, in Markdown
    chapters: frozenset[str]  # numbers of those that explain it

    @property
    def anchor(self) -> str:
        """Its place on the glossary's page."""
        return anchor(self.names[0])


def anchor(name: str) -> str:
    """Return the address of a term on the glossary's page."""
    return "term-" + re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-")


def glossary(source: str) -> list[Term]:
    """Return the entries of a glossary: paragraphs that begin with their names in bold type."""
    found = []
    for names, said in ENTRY.findall(source):
        first = SENTENCE.split(said)[0]
        if len(first) <= LONGEST and not LINK.search(first):
            parts = (name.strip() for name in names.split(","))
            known = tuple(name for name in parts if len(name) > 1)  # not the B of "Option A, B, C"
            found.append(Term(known, first, frozenset(CHAPTER.findall(said))))
    return found


def addresses(source: str) -> dict[str, str]:
    """Return where each name of a glossary is explained, from the site's first page."""
    entries = [[name.strip() for name in names.split(",")] for names, _ in ENTRY.findall(source)]
    return {name: f"glossary.html#{anchor(names[0])}" for names in entries for name in names}


def anchor_terms(page: BeautifulSoup) -> None:
    """Give each term of the glossary's page an address."""
    for strong in page.select("p > strong:first-child"):
        names = strong.get_text().removesuffix(".")
        if strong.parent is not None:
            strong.parent["id"] = anchor(names.split(",")[0])


def annotate(page: BeautifulSoup, number: str, terms: Iterable[Term], root: str) -> None:
    """Put notes beside the paragraphs of a chapter's page.

    Parameters
    ----------
    page : BeautifulSoup
        It is changed.
    number : str
        Of the chapter, such as ``"07"``.
    terms : iterable of Term
    root : str
        From the page to the site's first page, such as ``"../"``.
    """
    places = paragraphs(page)
    references(page, places)
    explained(page, places, number, terms, root)


def explained(
    page: BeautifulSoup, places: list[Tag], number: str, terms: Iterable[Term], root: str
) -> None:
    """Explain terms at their first use."""
    bold = [strong.get_text() for strong in page.select("p > strong")]
    open_terms = {
        term: pattern(term)
        for term in terms
        if term.chapters
        and number not in term.chapters
        and not any(pattern(term).fullmatch(text.strip(".")) for text in bold)
    }
    counts: dict[int, int] = {}
    for paragraph in places:
        section = paragraph.find_parent("section")
        if counts.get(id(section), 0) >= PER_SECTION or paragraph.select_one(".note"):
            continue
        for term, words in open_terms.items():
            address = f"{root}glossary.html#{term.anchor}"
            if marked(page, paragraph, words, address, partial(definition, page, term)):
                counts[id(section)] = counts.get(id(section), 0) + 1
                del open_terms[term]
                break


def references(page: BeautifulSoup, places: list[Tag]) -> None:
    """Give the papers whose authors are named, in full."""
    heading = page.find(lambda tag: tag.name == "h2" and tag.get_text().startswith("References"))
    section = heading.find_parent("section") if isinstance(heading, Tag) else None
    if section is None:
        return
    for number, item in enumerate(section.find_all("li"), start=1):
        title = item.find("a")
        parts = takewhile(lambda part, title=title: part is not title, item.descendants)
        before = "".join(part for part in parts if isinstance(part, NavigableString))
        names = re.findall(NAME, before)
        year = re.match(r", (\d{4})", str(title.next_sibling)) if title else None
        if title is None or year is None or not names:
            continue
        words = re.compile(rf"\b{names[0]}(?= and (?:others|colleagues|[A-Z])|, [A-Z]\w+ and )")
        item["id"] = f"source-{number}"

        note = partial(paper, page, before, title, year[1])
        for paragraph in places:
            if section not in paragraph.parents and marked(
                page, paragraph, words, f"#source-{number}", note
            ):
                break


def paper(page: BeautifulSoup, authors: str, title: Tag, year: str) -> Tag:
    """Return the note of a paper."""
    made = blank(page)
    made.append(authors)
    made.append(page.new_tag("a", attrs={"href": str(title["href"])}, string=title.get_text()))
    made.append(f", {year}.")
    return made


def paragraphs(page: BeautifulSoup) -> list[Tag]:
    """Return the paragraphs beside which a note may stand."""
    return [p for p in page.select("section > p") if p.find_parent(class_="exercise") is None]


def pattern(term: Term) -> re.Pattern[str]:
    """Return what finds a term in a text, in the singular and the plural."""
    names = "|".join(re.escape(name).replace(r"\ ", r"\s+") for name in term.names)
    return re.compile(rf"(?<![\w-])(?:{names})s?(?![\w-])", re.IGNORECASE)


def marked(
    page: BeautifulSoup, paragraph: Tag, words: re.Pattern[str], address: str,
    note: Callable[[], Tag],
) -> bool:  # fmt: skip
    """Make a link of the first match in a paragraph's own text, and put a note at its beginning.

    Not at the word: a note beside a last line would reach far below the paragraph.
    """
    for text in paragraph.find_all(string=words):
        if any(isinstance(up, Tag) and up.css.match(", ".join(ELSEWHERE)) for up in text.parents):
            continue
        found = words.search(text)
        if found is None:
            continue
        link = page.new_tag("a", attrs={"class": "noted", "href": address}, string=found[0])
        text.replace_with(text[: found.start()], link, text[found.end() :])
        notes = paragraph.find_all(class_="note", recursive=False)
        (notes[-1].insert_after if notes else partial(paragraph.insert, 0))(note())
        return True
    return False


def definition(page: BeautifulSoup, term: Term) -> Tag:
    """Return the note of a term."""
    made = blank(page)
    made.append(page.new_tag("b", string=f"{term.names[0]}."))
    said = re.sub(r"\*([^*]+)\*", r"<i>\1</i>", site_pages.inline(f" {term.said}"))
    made.append(BeautifulSoup(said, "html.parser"))
    return made


def blank(page: BeautifulSoup) -> Tag:
    """Return a note without words: within a paragraph, so it can't be an `aside`."""
    return page.new_tag("span", attrs={"class": "note", "role": "note"})
