"""The live figures of a page: their programs lie in a file, fetched when a reader comes near.

A stored output holds a live figure's picture and a loader, which looks for the programs where
``data-src`` says. Each page that shows the same figure names the same file. A page opened as a file
can load it too, since it is a classic script.
"""

import shutil
from pathlib import Path

from bs4 import BeautifulSoup, Comment


def placed(body: str, site: Path, to_root: str) -> str:
    """Return a page whose live figures find their programs in ``_live`` of the site.

    A page of text asks for one with a comment, ``<!-- live NAME -->``.
    """
    if "course-live" not in body and "<!-- live " not in body:
        return body
    from utils.figures import live  # a site without live figures needs no drawing

    page = BeautifulSoup(body, "html.parser")
    for note in page.find_all(string=lambda text: isinstance(text, Comment)):
        word, _, name = note.strip().partition(" ")
        if word == "live":
            note.replace_with(BeautifulSoup(live.body(name), "html.parser"))
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
    return str(page)
