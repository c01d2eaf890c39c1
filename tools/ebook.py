"""The whole book as an EPUB 3: ``python tools/ebook.py`` writes ``_build/residual-networks.epub``.

The pages of the site, as `make book` built them and `paper` opens them, each as a file of the book.
A reader's device has no scripts, so a live figure is its picture, and formulas are MathML.
"""

import base64
import hashlib
import html
import posixpath
import re
import sys
import zipfile
from pathlib import Path

from bs4 import BeautifulSoup, Tag

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from tools import paper  # noqa: E402

XHTML = """<?xml version="1.0" encoding="utf-8"?>
<!DOCTYPE html>
<html xmlns="http://www.w3.org/1999/xhtml" xmlns:epub="http://www.idpf.org/2007/ops" lang="en" \
xml:lang="en"><head><title>{title}</title><link rel="stylesheet" href="book.css"/></head>
<body>{body}</body></html>
"""
CONTAINER = """<?xml version="1.0"?>
<container version="1.0" xmlns="urn:oasis:names:tc:opendocument:xmlns:container"><rootfiles>
<rootfile full-path="book/book.opf" media-type="application/oebps-package+xml"/></rootfiles>
</container>
"""
PACKAGE = """<?xml version="1.0" encoding="utf-8"?>
<package xmlns="http://www.idpf.org/2007/opf" version="3.0" unique-identifier="id" xml:lang="en">
<metadata xmlns:dc="http://purl.org/dc/elements/1.1/"><dc:identifier id="id">{identifier}\
</dc:identifier><dc:title>Residual networks</dc:title><dc:language>en</dc:language>
<dc:creator>The authors of the course</dc:creator>
<meta property="dcterms:modified">2026-01-01T00:00:00Z</meta></metadata>
<manifest>{manifest}</manifest><spine>{spine}</spine></package>
"""
STYLE = """body { font-family: serif; line-height: 1.5 }
h1, h2, h3, h4, table { font-family: sans-serif }
pre { white-space: pre-wrap; font-size: .8em; line-height: 1.4 } img { max-width: 100% }
.cell_input, .highlight-sh { border: 1px solid #bbb; padding: .5em } .output pre { color: #444 }
figcaption, .costs { font-size: .9em } th, td { text-align: left; padding: .2em .6em .2em 0 }
.exercise { border-top: 2px solid #222; margin-top: 2em } .line { display: block }
"""
KINDS = {".svg": "image/svg+xml", ".png": "image/png", ".css": "text/css"}
# What HTML takes in any case and a book does not.
CAMELS = {"viewbox": "viewBox", "preserveaspectratio": "preserveAspectRatio"}
VIEW = re.compile(r"svgView\(viewBox\(([^)]+)\)\)")


def made(root: Path) -> dict[str, tuple[bytes, str, str]]:
    """Return the files of the book: by name what is in each, its kind, and its properties."""
    site, names = root / "_build" / "html", paper.pages(root)
    files: dict[str, tuple[bytes, str, str]] = {"book.css": (STYLE.encode(), KINDS[".css"], "")}
    contents = []
    for name in names:
        page = BeautifulSoup((site / name).read_text("utf-8"), "html.parser")
        article = page.find("article")
        assert isinstance(article, Tag), name
        article = paper.printed(article, name, set(names))
        plain(article, {paper.place(n, "") for n in names})
        for image in article.find_all("img"):
            files |= pictured(image, site)
        heading = article.find("h1")
        title = heading.get_text() if heading else name
        kicker = article.select_one(".kicker")
        said = f"{kicker.get_text()}: {title}" if kicker else title
        contents.append((f"{Path(name).stem}.xhtml", said))
        text = XHTML.format(title=html.escape(said), body=article.decode(formatter="minimal"))
        kinds = [k for k, tag in (("mathml", "<math"), ("svg", "<svg")) if tag in text]
        files[f"{Path(name).stem}.xhtml"] = text.encode(), "application/xhtml+xml", " ".join(kinds)
    items = "".join(f'<li><a href="{n}">{html.escape(said)}</a></li>' for n, said in contents)
    listing = f'<nav epub:type="toc"><h1>Contents</h1><ol>{items}</ol></nav>'
    text = XHTML.format(title="Contents", body=listing)
    files["contents.xhtml"] = text.encode(), "application/xhtml+xml", "nav"
    return files


def plain(article: Tag, names: set[str]) -> None:
    """Leave nothing that a book has no use for: styles, data, formulas drawn for a screen."""
    for formula in article.select(".katex"):
        math = formula.find("math")
        if isinstance(math, Tag):
            for note in math.find_all("annotation"):
                note.decompose()
            formula.replace_with(math)
    for fold in article.find_all("details"):
        fold.name = "div"
        if isinstance(summary := fold.find("summary"), Tag):
            summary.name = "p"
    for tag in [article, *article.find_all(True)]:
        for key in list(tag.attrs):
            kept = key in ("id", "class", "href", "src", "alt", "colspan", "rowspan", "lang")
            if not kept and tag.find_parent(["svg", "math"]) is None and tag.name not in (
                "svg", "math",
            ):  # fmt: skip
                del tag[key]
        if tag.name in ("svg", "math") or tag.find_parent(["svg", "math"]):
            tag.attrs = {k: v for k, v in tag.attrs.items() if not k.startswith(("data-", "aria-"))}
    for drawing in article.find_all("svg"):
        drawing["xmlns"] = "http://www.w3.org/2000/svg"
        for tag in [drawing, *drawing.find_all(True)]:
            tag.attrs = {CAMELS.get(key, key): value for key, value in tag.attrs.items()}
    for link in article.find_all("a"):
        address = str(link.get("href", ""))
        if address.startswith("#"):
            page = next((n for n in sorted(names, key=len, reverse=True)
                         if address[1:] == n or address[1:].startswith(f"{n}-")), None)  # fmt: skip
            whole = page is None or address[1:] == page
            link["href"] = f"{page}.xhtml" + ("" if whole else address) if page else "index.xhtml"
        elif ":" not in address:
            link.name = "span"  # a file to fetch
            del link["href"]


def pictured(image: Tag, site: Path) -> dict[str, tuple[bytes, str, str]]:
    """Point a picture to a file of the book, a panel to a file of its own; return the file."""
    address, _, view = str(image["src"]).partition("#")
    if address.startswith("data:"):
        content, ending = base64.b64decode(address.partition(",")[2]), ".svg"
    else:
        path = site / posixpath.relpath(address, "html")
        content, ending = path.read_bytes(), path.suffix
    if found := VIEW.search(view):
        x, y, wide, high = found[1].split(",")
        content = re.sub(
            rb'width="[^"]+" height="[^"]+" viewBox="[^"]+"',
            f'width="{wide}pt" height="{high}pt" viewBox="{x} {y} {wide} {high}"'.encode(),
            content, count=1,
        )  # fmt: skip
    content = re.sub(rb'(<image[^>]*?) id="[^"]+"', rb"\1", content)  # one for each content
    content = re.sub(rb"<metadata>.*?</metadata>", b"", content, flags=re.DOTALL)
    content = re.sub(rb"<path (?![^>]*\bd=)", b'<path d="" ', content)  # the glyph of a space
    name = f"p{hashlib.sha256(content).hexdigest()[:16]}{ending}"
    image["src"] = name
    return {name: (content, KINDS[ending], "")}


def write(root: Path) -> Path:
    """Write the book; return the file.

    Raises
    ------
    FileNotFoundError
        When the site was not built.
    """
    files, target = made(root), root / "_build" / f"{paper.NAME}.epub"
    manifest = "".join(
        f'<item id="i{number}" href="{name}" media-type="{kind}"'
        + (f' properties="{more}"' if more else "") + "/>"
        for number, (name, (_, kind, more)) in enumerate(files.items())
    )  # fmt: skip
    spine = "".join(
        f'<itemref idref="i{number}"/>'
        for number, (name, (_, kind, _)) in enumerate(files.items())
        if kind.endswith("xhtml+xml") and name != "contents.xhtml"
    )
    digest = hashlib.sha256(b"".join(content for content, _, _ in files.values())).hexdigest()
    identifier = f"urn:sha256:{digest}"
    package = PACKAGE.format(identifier=identifier, manifest=manifest, spine=spine)
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as book:
        book.writestr("mimetype", "application/epub+zip", zipfile.ZIP_STORED)
        book.writestr("META-INF/container.xml", CONTAINER)
        book.writestr("book/book.opf", package)
        for name, (content, _, _) in files.items():
            book.writestr(f"book/{name}", content)
    return target


def main(arguments: list[str] | None = None) -> int:
    """Write the book; return the exit status."""
    return paper.carry_out(write, "ebook.py", __doc__, arguments)


if __name__ == "__main__":
    sys.exit(main())
