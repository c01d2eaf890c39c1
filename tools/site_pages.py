"""What Sphinx made of a page, as the site shows it: the head of a chapter, cards, captions, code.

`opened` reads the text of a page, and `improve` works on what was read; the rest of this file are
its steps. None of them needs Sphinx, so that each can be tested on a few lines of HTML.
"""

import html
import re
from dataclasses import dataclass, field
from pathlib import PurePosixPath

from bs4 import BeautifulSoup, Comment, NavigableString, Tag

from tools import nb_time

WORDS_PER_MINUTE = 200
LINE = re.compile(r"<[^>]+>")
INDENT = re.compile(r'^(<span class="\w+">)?( +)')
NOT_READ = re.compile(
    r"\A---\n.*?\n---\n|^```.*?^```$|<details>.*?</details>|<!--.*?-->", re.DOTALL | re.MULTILINE
)
OURS = (
    "Nothing runs on this page: what you see is a run of ours. A guess goes into its field here,"
    " and in the notebook in place of the dots. There the cells run, and the run is yours."
)
YOURS = ("Write yours in ", "your copy", ", where it is checked at once.")
EXERCISE = re.compile(r"^Exercise \d+\.\d+")
BLOCKS = re.compile(
    r'(<div class="(?:output stream )?highlight-'
    r'(?:python|ipython3?|default|sh|bash|text|myst-ansi)[^"]*">'
    r'<div class="highlight"><pre>)'
    r"(?:<span></span>)?(.*?)</pre>",
    re.DOTALL,
)


@dataclass
class Facts:
    """What is known of a chapter beside its text."""

    question: str = ""
    minutes: int = 0  # to read it
    seconds: float | None = None  # to run it
    homework: str = ""  # address of the student's copy, from the page
    notebook: str = ""  # address of the chapter's own notebook
    links: list[tuple[str, str]] = field(default_factory=list)


def opened(body: str) -> BeautifulSoup:
    """Return a page, read once for all who work on it: reading is what takes time."""
    return BeautifulSoup(lined(body), "html.parser")


def improve(page: BeautifulSoup, facts: Facts | None = None) -> None:
    """Bring a page into the form in which the site shows it; `facts` for a chapter."""
    fold_in_words(page)
    tables(page)
    if facts is not None:
        number = head(page, facts)
        captions(page, number)
        exercises(page, facts)
    for formula in page.select(".katex-display"):
        formula["tabindex"] = "0"  # it scrolls where it is wider than the page
    for address in page.select("a.headerlink"):
        title = address.parent.get_text().removesuffix("#") if address.parent else ""
        address["aria-label"] = f"Link to: {title}"
        del address["title"]


def lined(body: str) -> str:
    """Return the text with each line of code in an element of its own, which knows its indent.

    So a line too long for a phone goes on below itself, farther in than it began.
    """

    def lines(found: re.Match[str]) -> str:
        made = []
        for line in found[2].removesuffix("\n").split("\n"):
            text = LINE.sub("", line)
            indent = len(text) - len(text.lstrip(" "))
            line = INDENT.sub(r'\1<span class="in">\2</span>', line)
            made.append(f'<span class="line" style="--in:{indent}">{line}\n</span>')
        return f"{found[1]}{''.join(made)}</pre>"

    return BLOCKS.sub(lines, body)


def fold_in_words(page: BeautifulSoup) -> None:
    """Let each fold say once what it holds, open or not."""
    for fold in page.select("details.hide"):
        said = fold.select_one("summary .collapsed")
        words = said.get_text() if said else "Code"
        summary = fold.find("summary")
        if isinstance(summary, Tag):
            summary.clear()
            summary.attrs.clear()
            summary.append(words)
        fold["class"] = "fold"


def tables(page: BeautifulSoup) -> None:
    """Say of each table's head what it heads, and let wide ones be scrolled, by keyboard too."""
    for table in page.find_all("table"):
        for cell in table.select("thead th"):
            cell["scope"] = "col"
            if not cell.get_text(strip=True):
                cell.name = "td"
                del cell["scope"]
        if table.find_parent(class_="wide") is None:
            table.wrap(page.new_tag("div", attrs={
                "class": "wide", "tabindex": "0", "role": "region", "aria-label": "Table",
            }))  # fmt: skip


def head(page: BeautifulSoup, facts: Facts) -> str:
    """Put number, title, question, times and links into a head of the page; return the number."""
    title = page.find("h1")
    if not isinstance(title, Tag):
        return ""
    link = title.find("a", class_="headerlink")
    words = title.get_text().removesuffix("#").strip()
    number, dot, name = words.partition(". ")
    if not dot or not number.isdigit():
        number, name = "", words
    top = page.new_tag("header", attrs={"class": "chapter-head"})
    title.wrap(top)
    title.clear()
    title.append(name)
    if isinstance(link, Tag):
        title.append(link)
    if number:
        kicker = page.new_tag("p", attrs={"class": "kicker"})
        kicker.string = f"Chapter {number}"
        title.insert_before(kicker)
    if facts.question:
        question = page.new_tag("p", attrs={"class": "question"})
        question.append(BeautifulSoup(inline(facts.question), "html.parser"))
        top.append(question)
    top.append(times(page, facts))
    if actions := links(page, facts):
        top.append(actions)
    if facts.notebook:
        top.append(page.new_tag("p", attrs={"class": "as-ours"}, string=OURS))
    return number


def reading_minutes(source: str) -> int:
    """Return how long a chapter's Markdown takes to read, without its code and folded answers."""
    return max(1, round(len(NOT_READ.sub("", source).split()) / WORDS_PER_MINUTE))


def times(page: BeautifulSoup, facts: Facts) -> Tag:
    """Return the list of what a chapter costs and needs."""
    listing = page.new_tag("dl", attrs={"class": "costs"})
    rows = [("Read", f"{facts.minutes} min")] if facts.minutes else []
    if facts.seconds is not None:
        rows.append(("Run", f"{nb_time.said(facts.seconds)} on 2 CPU cores"))
    if needed := needs(page):
        rows.append(("Needs", needed))
    for term, words in rows:
        pair = page.new_tag("div")
        for name, content in (("dt", term), ("dd", words)):
            part = page.new_tag(name)
            part.append(BeautifulSoup(content, "html.parser"))
            pair.append(part)
        listing.append(pair)
    return listing


def inline(text: str) -> str:
    """Return a question as HTML: code and short formulas in it, as far as questions have them."""
    text = re.sub(r"`([^`]+)`", r"<code>\1</code>", html.escape(text))
    return re.sub(r"\$([^$]+)\$", r"<i>\1</i>", text)


def needs(page: BeautifulSoup) -> str:
    """Return links to the chapters that this one needs, as its own list says."""
    for item in page.select("li"):
        strong = item.find("strong")
        if strong is not None and strong.get_text() == "You need":
            found = [a for a in item.find_all("a") if "chapter" in a.get_text()]
            return ", ".join(f'<a href="{a["href"]}">{a.get_text()}</a>' for a in found)
    return ""


def links(page: BeautifulSoup, facts: Facts) -> Tag | None:
    """Return where a chapter can be run or fetched, with the links of its badges among them."""
    found = list(facts.links)
    for note in page.find_all(string=lambda text: isinstance(text, Comment) and "badges" in text):
        badges = note.find_next_sibling("p")
        if badges is not None and "/badges" not in note:
            found += [(a.get_text(), str(a["href"])) for a in badges.find_all("a")]
            badges.decompose()
    files = {"Notebook": facts.notebook, "Homework": facts.homework}
    row = page.new_tag("p", attrs={"class": "actions"})
    for label, address in found:
        row.append(page.new_tag("a", attrs={"href": address}, string=label))
    for label, address in files.items():
        if address:
            name = PurePosixPath(address).name
            row.append(page.new_tag("a", attrs={"href": address, "download": name}, string=label))
    return row if row.contents else None


def captions(page: BeautifulSoup, number: str) -> None:
    """Number the figures that have a caption."""
    for count, caption in enumerate(page.select("figure.course-figure > figcaption"), start=1):
        caption.insert(0, NavigableString(" "))
        caption.insert(0, page.new_tag("b", string=f"Figure {number}.{count}".replace(" .", " ")))


def exercises(page: BeautifulSoup, facts: Facts) -> None:
    """Put each exercise into a card: task, hints, where to write it, solution and check."""
    for paragraph in page.select("section > p"):
        strong = paragraph.find("strong")
        if strong is None or not EXERCISE.match(strong.get_text()):
            continue
        if paragraph.find(string=True) is not strong.string:
            continue
        parts = [paragraph, *following(paragraph)]
        name = strong.get_text().rstrip(".")
        card = page.new_tag("section", attrs={"class": "exercise", "aria-label": name})
        card["id"] = name.lower().replace(" ", "-").replace(".", "-")
        paragraph.insert_before(card)
        for part in parts:
            card.append(part.extract())
        solution = card.select_one(".tag_is-solution")
        if solution is not None and facts.homework:
            said = page.new_tag("p", attrs={"class": "yours"})
            name = PurePosixPath(facts.homework).name
            link = {"href": facts.homework, "download": name}
            said.extend([YOURS[0], page.new_tag("a", attrs=link, string=YOURS[1]), YOURS[2]])
            solution.insert_before(said)


def following(paragraph: Tag) -> list[NavigableString | Tag]:
    """Return what belongs to the exercise that a paragraph begins."""
    found: list[NavigableString | Tag] = []
    for part in paragraph.next_siblings:
        if isinstance(part, Tag):
            strong = part.find("strong") if part.name == "p" else None
            if part.name in ("section", "h2", "h3", "hr") or (
                strong is not None and EXERCISE.match(strong.get_text())
            ):
                break
        if isinstance(part, NavigableString | Tag):
            found.append(part)
    return found
