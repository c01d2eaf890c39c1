"""The pages beside the chapters: a curve to guess, the chapters as a path, homework, progress.

All are drawn at build time, from what was recorded and from the chapters themselves, and can
be read without scripts; ``assets/course.js`` hides the curve until the visitor has guessed, and
``assets/ask.js`` fills in what the visitor has done.
"""

import html
import json
import re
from pathlib import Path
from statistics import mean
from typing import Any

from bs4 import BeautifulSoup, Comment, Tag

from tools import contents, nb_first, nb_time, site_guesses, site_pages

Curve = dict[str, dict[int, list[float]]]

RECORDED = "results/degradation.json"
NEEDED = re.compile(r"\]\((\d\d)-[^)]*\.ipynb\)")
# The drawing's own units; about one pixel on a phone.
WIDTH, HEIGHT, LEFT, RIGHT, TOP, BOTTOM, MOST = 400, 310, 44, 372, 38, 264, 25


def fill(page: BeautifulSoup, root: Path) -> None:
    """Draw what the comments of a page stand for in their place."""
    draw = {"curve": guess_curve, "homework": homework, "progress": progress, "fetch": fetch}
    for note in page.find_all(string=lambda text: isinstance(text, Comment)):
        word = note.strip()
        if word in draw:
            note.replace_with(*list(BeautifulSoup(draw[word](root), "html.parser").contents))
        elif word == "ways" and isinstance(listing := note.find_next_sibling(), Tag):
            listing["class"] = "ways"
        elif word == "chapters" and isinstance(table := note.find_next_sibling(), Tag):
            table.replace_with(*list(BeautifulSoup(path(root), "html.parser").contents))


def recorded(root: Path) -> Curve:
    """Return the recorded training errors, in percent: by kind, depth and seed."""
    found: Curve = {"plain": {}, "residual": {}}
    measured = json.loads((root / RECORDED).read_text("utf-8"))["measured"]
    for name, entry in measured.items():
        if told := re.fullmatch(r"(plain|residual) (\d+) seed \d+", name):
            error = 100 * (1 - entry["value"]["history"]["train_acc"][-1])
            found[told[1]].setdefault(int(told[2]), []).append(round(error, 2))
    return found


def place(depth: float, error: float, depths: list[int]) -> tuple[float, float]:
    """Return where a point of the curve lies in the drawing."""
    share = (depth - depths[0]) / (depths[-1] - depths[0])
    x = LEFT + 14 + share * (RIGHT - LEFT - 14)
    return round(x, 1), round(BOTTOM - error / MOST * (BOTTOM - TOP), 1)


def guess_curve(root: Path) -> str:
    """Return the recorded curves as a figure, with what a script needs to ask for a guess."""
    curves = recorded(root)
    depths = sorted(curves["plain"])
    means = {kind: [round(mean(curves[kind][d]), 1) for d in depths] for kind in curves}
    first, last = (f"{means['plain'][i]:.1f} %" for i in (0, -1))
    told = (
        f"Plain networks get worse from {depths[1]} layers on: with {depths[-1]} layers {last} of "
        f"the training images come out wrong, with {depths[0]} it is {first}. With a shortcut "
        f"around every two layers it is {means['residual'][-1]:.1f} %."
    )
    axes = "".join(
        f'<path class="grid" d="M{LEFT} {y}H{RIGHT}"/><text x="{LEFT - 8}" y="{y + 4.5}" '
        f'text-anchor="end">{error}</text>'
        for error in range(0, MOST + 1, 5)
        for y in [place(depths[0], error, depths)[1]]
    ) + "".join(
        f'<text x="{x}" y="{BOTTOM + 20}" text-anchor="middle">{depth}</text>'
        for depth in depths
        for x in [place(depth, 0, depths)[0]]
    )
    drawn = "".join(line(kind, curves[kind], means[kind], depths) for kind in curves)
    data: dict[str, Any] = {
        "depths": depths, "means": means, "most": MOST, "top": TOP, "bottom": BOTTOM,
        "x": [place(depth, 0, depths)[0] for depth in depths],
    }  # fmt: skip
    return (
        f'<figure class="guess" data-curve="{html.escape(json.dumps(data))}">'
        f'<p class="task" hidden>With {depths[0]} layers a plain network gets {first} of its '
        f"training images wrong. <b>Draw what happens as it gets deeper.</b></p>"
        f'<svg viewBox="0 0 {WIDTH} {HEIGHT}" role="img" aria-label="{told}">{axes}'
        f'<text x="{LEFT - 36}" y="{TOP - 18}">training error, %</text>'
        f'<text x="{(LEFT + RIGHT) / 2}" y="{HEIGHT - 4}" text-anchor="middle">layers</text>'
        f'<g class="measured">{drawn}</g></svg>'
        f'<figcaption><span class="said"></span> {told} Recorded: 20,000 images of clothing, six '
        f"epochs at one learning rate, three seeds (the dots). Chapter 2 runs it on your machine."
        "</figcaption></figure>"
    )


def line(kind: str, values: dict[int, list[float]], means: list[float], depths: list[int]) -> str:
    """Return one curve, the dots of its seeds, and its name."""
    points = [place(depth, value, depths) for depth, value in zip(depths, means, strict=True)]
    dots = "".join(
        '<circle r="2.5" cx="{}" cy="{}"/>'.format(*place(depth, value, depths))
        for depth in depths
        for value in values[depth]
    )
    way = "M" + "L".join(f"{x} {y}" for x, y in points)
    x, y = points[-1]
    label = f'<text x="{x}" y="{y - 12}" text-anchor="end">{kind}</text>'
    return f'<g class="{kind}"><path d="{way}"/>{dots}{label}</g>'


def fetch(root: Path) -> str:
    """Return how to come by the course's folder: from its address, where one is set."""
    course = nb_first.read_course(root)
    if not course.published:
        return (
            "<p>You need the course's folder. This copy of the site does not say where it is"
            " published: whoever built the site has the folder, and sets the address with"
            " <code>make address</code>.</p>"
        )
    address = html.escape(course.address)
    commands = f"git clone {address} residual-networks\ncd residual-networks"
    return (
        f'<p>Its folder is at <a href="{address}">{address}</a>. Each chapter’s page also opens in'
        " Colab, where nothing has to be installed.</p>"
        f'<div class="highlight-sh"><pre>{commands}</pre></div>'
    )


def homework(root: Path) -> str:
    """Return links to the students' copies."""
    items = []
    for source in contents.chapters(root):
        name = f"{source.stem}.ipynb"
        if (root / "homework" / name).exists():
            said = contents.head(source)
            items.append(
                f'<li><a href="homework/{name}" download="{name}">{said["number"]}. '
                f"{html.escape(said['title'])}</a></li>"
            )
    return f'<ul class="files">{"".join(items)}</ul>'


def questions(text: str) -> int:
    """Return how many questions with answers to choose from a chapter's Markdown asks."""
    quiz = text.partition("\n## Check yourself\n")[2].partition("\n## ")[0]
    items = re.split(r"^\d+\. ", quiz, flags=re.MULTILINE)[1:]
    return sum(item.count("<details>") > 1 for item in items)


def progress(root: Path) -> str:
    """Return the place of the reader's progress, with what there is to do in each chapter."""
    chapters = []
    for source in contents.chapters(root):
        said = contents.head(source)
        cells = json.loads(source.with_suffix(".ipynb").read_text("utf-8"))["cells"]
        guesses = sum(len(asked) for asked in site_guesses.found(cells).values())
        chapters.append({
            "name": source.stem, "title": f"{said['number']}. {said['title']}",
            "guesses": guesses, "questions": questions(contents.read_text(source)),
        })  # fmt: skip
    data = html.escape(json.dumps(chapters))
    return (
        f'<div class="progress" data-chapters="{data}"><p>It is shown where scripts may run.</p>'
        "</div>"
    )


def needs(text: str) -> list[int]:
    """Return the numbers of the chapters that a chapter says it needs."""
    said = re.search(r"^- \*\*You need\*\* (.+)$", text, re.MULTILINE)
    return [int(number) for number in NEEDED.findall(said[1])] if said else []


def path(root: Path) -> str:
    """Return the chapters as a list along a line, with an arc from each to those that need it."""
    rows, arcs, numbers = [], [], []
    times = nb_time.measured()
    sources = contents.chapters(root)
    for row, source in enumerate(sources):
        said, text = contents.head(source), contents.read_text(source)
        numbers.append(int(said["number"]))
        for number in needs(text):
            if number in numbers and row - numbers.index(number) > 1:
                arcs.append(arc(numbers.index(number), row))
        seconds = times.get(source.stem, {}).get("cpu", {}).get("seconds")
        cost = f"{site_pages.reading_minutes(text)} min to read"
        if seconds is not None:
            cost += f", {nb_time.said(seconds)} to run"
        rows.append(
            f'<li data-row="{row}"><span class="node">{said["number"]}</span>'
            f'<a href="chapters/{source.stem}.html">{html.escape(said["title"])}</a>'
            f'<span class="asks">{site_pages.inline(said["question"])}</span>'
            f'<span class="cost">{cost}</span></li>'
        )
    height = 100 * len(rows)
    return (
        f'<div class="path"><svg viewBox="0 0 100 {height}" preserveAspectRatio="none" '
        f'aria-hidden="true"><path class="plain" d="M100 50V{height - 50}"/>{"".join(arcs)}</svg>'
        f"<ol>{''.join(rows)}</ol></div>"
    )


def arc(start: int, end: int) -> str:
    """Return an arc between two rows of the path; the farther it goes, the wider it is."""
    x = max(0, 100 - 15 * (end - start))
    y, z = 100 * start + 50, 100 * end + 50
    return f'<path class="shortcut" data-to="{end}" d="M100 {y}C{x} {y} {x} {z} 100 {z}"/>'
