"""The live figures of a page: their programs lie in a file, fetched when a reader comes near.

A stored output holds a live figure's picture and a loader, which looks for the programs where
``data-src`` says. Each page that shows the same figure names the same file. A page opened as a file
can load it too, since it is a classic script.
"""

import shutil
from pathlib import Path

from bs4 import BeautifulSoup, Comment


def place(page: BeautifulSoup, site: Path, to_root: str) -> None:
    """Let the live figures of a page find their programs in ``_live`` of the site.

    A page of text asks for one with a comment, ``<!-- live NAME -->``.
    """
    asked = [
        note
        for note in page.find_all(string=lambda text: isinstance(text, Comment))
        if note.strip().startswith("live ")
    ]
    if not asked and page.select_one("div.course-live") is None:
        return
    from utils.figures import live  # a site without live figures needs no drawing

    for note in asked:
        figure = BeautifulSoup(live.body(note.strip().removeprefix("live ")), "html.parser")
        note.replace_with(*list(figure.contents))
    for box in page.select("div.course-live[data-figure]"):
        name = str(box["data-figure"])
        for script in box.select("script[data-live-program]"):
            script.decompose()  # of a notebook that was saved after it was run
        (site / "_live").mkdir(exist_ok=True)
        (site / "_live" / f"{name}.js").write_text(live.program(name), encoding="utf-8")
        for file in live.MORE.get(name, ()):
            shutil.copyfile(live.FOLDER / file, site / "_live" / file)
        box["data-src"] = f"{to_root}_live/{name}.js"
        words = box.select_one(".course-still > p")
        if words is not None:
            words.string = live.note(name, site=True)
