"""The live figures of a page: their programs lie in a file, fetched when a reader comes near.

A stored output holds a live figure's picture and a loader, which looks for the programs where
``data-src`` says. Each page that shows the same figure names the same file. A page opened as a file
can load it too, since it is a classic script.
"""

from pathlib import Path

from bs4 import BeautifulSoup

SAID = "This is a recording. Where scripts run, the network itself trains here."


def placed(body: str, site: Path, to_root: str) -> str:
    """Return a page whose live figures find their programs in ``_live`` of the site."""
    if "course-live" not in body:
        return body
    from utils.figures import live  # a site without live figures needs no drawing

    page = BeautifulSoup(body, "html.parser")
    for box in page.select("div.course-live[data-figure]"):
        name = str(box["data-figure"])
        for script in box.select("script[data-live-program]"):
            script.decompose()  # of a notebook that was saved after it was run
        (site / "_live").mkdir(exist_ok=True)
        (site / "_live" / f"{name}.js").write_text(live.program(name), encoding="utf-8")
        box["data-src"] = f"{to_root}_live/{name}.js"
        words = box.select_one(".course-still > p")
        if words is not None:
            words.string = SAID
    return str(page)
