"""The whole book as one PDF: ``python tools/paper.py`` writes ``_build/residual-networks.pdf``.

The pages of the site, as `make book` built them, are put one after the other into one page, which
Chromium prints. Folded answers are open, plumbing is left out; a live figure is its picture.
"""

import argparse
import os
import posixpath
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

from bs4 import BeautifulSoup, Tag

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from tools.contents import listed  # noqa: E402

NAME = "residual-networks"
PLUMBING = ".tag_is-setup, .tag_is-imports, .tag_is-proof, .tag_is-figure"
LEFT_OUT = (
    "script, .headerlink, .actions, .for-phones, .swipe, .buttons, .task, .files, noscript, .note"
)
PATIENCE = 600  # seconds
SHELL = """<!DOCTYPE html>
<html lang="en" data-theme="light"><head><meta charset="utf-8"><title>{title}</title>
<link rel="stylesheet" href="html/_static/katex/katex.min.css">
<link rel="stylesheet" href="html/_static/course.css"></head>
<body class="paper"><main>{body}</main></body></html>
"""


def pages(root: Path) -> list[str]:
    """Return the pages of the book in their order, as the site has them."""
    names = [Path(name).with_suffix(".html").as_posix() for name in listed(root)]
    return ["index.html", *(name for name in names if name != "index.html")]


def book(root: Path) -> str:
    """Return the pages of the built site as one page that lies beside ``html``.

    Raises
    ------
    FileNotFoundError
        When the site was not built.
    """
    site = root / "_build" / "html"
    names = pages(root)
    parts = []
    for name in names:
        page = BeautifulSoup((site / name).read_text("utf-8"), "html.parser")
        article = page.find("article")
        assert isinstance(article, Tag), name
        parts.append(str(printed(article, name, set(names))))
    return SHELL.format(title="Residual networks", body="\n".join(parts))


def printed(article: Tag, name: str, names: set[str]) -> Tag:
    """Return a page's text for paper: open, without what can only be clicked, its links inside."""
    for part in article.select(LEFT_OUT):
        part.decompose()
    for words in article.select(".course-slider > p"):
        words.string = words.get_text().partition(" (")[0]  # there is no slider to stand here
    for source in article.find_all("source"):
        source.decompose()  # narrower pictures, for phones
    for fold in article.find_all("details"):
        if fold.find_parent(class_=PLUMBING.replace(".", "").split(", ")) is None:
            fold["open"] = ""
    folder = posixpath.dirname(name)
    for tag in article.find_all(id=True):
        tag["id"] = place(name, str(tag["id"]))
    for tag in article.find_all(["img", "a"]):
        key = "src" if tag.name == "img" else "href"
        tag[key] = moved(str(tag.get(key, "")), folder, name, names)
        if tag.name == "img":
            tag["loading"] = "eager"
    article["id"] = place(name, "")
    return article


def place(name: str, anchor: str) -> str:
    """Return the name that a place of a page has in the book."""
    return f"{Path(name).stem}-{anchor}".rstrip("-")


def moved(address: str, folder: str, name: str, names: set[str]) -> str:
    """Return an address of a page as the book has it."""
    path, _, anchor = address.partition("#")
    if ":" in path.partition("/")[0]:
        return address
    target = posixpath.normpath(posixpath.join(folder, path)) if path else name
    if target in names:
        return f"#{place(target, anchor)}"
    return f"html/{target}" + (f"#{anchor}" if anchor else "")


def browser() -> str | None:
    """Return the command of a Chromium; None where there is none."""
    return next(
        filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None
    )


def write(root: Path) -> Path:
    """Print the book; return the PDF.

    Raises
    ------
    RuntimeError
        When there is no Chromium, or it printed nothing.
    """
    chromium = browser()
    if chromium is None:
        raise RuntimeError(
            "There is no Chromium to print the book: install it (package `chromium`), or open"
            " _build/html in a browser and print from there."
        )
    folder = root / "_build"
    source, target = folder / "paper.html", folder / f"{NAME}.pdf"
    source.write_text(book(root), "utf-8")
    target.unlink(missing_ok=True)
    # As root, as in a container, there is no sandbox to be had; the page has no scripts.
    alone = ["--no-sandbox"] if getattr(os, "geteuid", lambda: 1)() == 0 else []
    options = ["--headless", "--disable-gpu", "--no-pdf-header-footer", "--allow-file-access"]
    # The browser itself would fetch updates; the book asks for nothing, and nothing can be reached.
    options += ["--disable-background-networking", "--disable-component-update",
                "--no-proxy-server", "--host-resolver-rules=MAP * ~NOTFOUND"]  # fmt: skip
    outline = ["--generate-pdf-document-outline", f"--print-to-pdf={target}"]
    command = [chromium, *alone, *options, *outline, source.as_uri()]
    done = subprocess.run(command, capture_output=True, text=True, timeout=PATIENCE)
    if not target.exists():
        raise RuntimeError(f"Chromium printed nothing: {done.stderr[-300:]}")
    source.unlink()
    return target


def main(arguments: list[str] | None = None) -> int:
    """Print the book; return the exit status."""
    return carry_out(write, "paper.py", __doc__, arguments)


def carry_out(
    make: Callable[[Path], Path], program: str, doc: str, arguments: list[str] | None
) -> int:
    """Let ``make`` turn the built site into one file, as a command; return the exit status."""
    parser = argparse.ArgumentParser(prog=program, description=doc.split("\n")[0])
    parser.add_argument("--root", type=Path, default=ROOT, help="the course's folder")
    root = parser.parse_args(arguments).root.resolve()
    try:
        target = make(root)
    except FileNotFoundError as error:
        print(f"The site is not built ({error.filename}): `make book` first.", file=sys.stderr)
        return 1
    except (RuntimeError, subprocess.TimeoutExpired) as error:
        print(error, file=sys.stderr)
        return 1
    print(f"{target.stat().st_size / 1e6:.1f} MB: {target}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
