"""Build the site from the stored outputs: ``python tools/book.py`` writes ``_build/html``.

Then look at what was built: every page of ``_toc.yml`` must be there and no other, no page may make
a browser load anything from another host, and no formula may be left as raw TeX.
"""

import argparse
import re
import shutil
import subprocess
import sys
from html.parser import HTMLParser
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from tools.contents import listed  # noqa: E402

# Pages that Sphinx adds to those of the table of contents.
OWN_PAGES = {"genindex.html", "search.html"}
LOADING = {
    "script": ["src"], "img": ["src", "srcset"], "iframe": ["src"], "source": ["src", "srcset"],
    "video": ["src", "poster"], "audio": ["src"], "embed": ["src"], "object": ["data"],
    "input": ["src"], "track": ["src"], "image": ["href", "xlink:href"],
    "use": ["href", "xlink:href"],
}  # fmt: skip
# <link> with these is a statement about the page; with any other a browser may load it.
STATEMENTS = {"canonical", "author", "license", "next", "prev", "index", "search", "help"}
OUTSIDE = re.compile(r"\s*(?:https?:|wss?:)?//", re.IGNORECASE)
IN_STYLE = re.compile(r"url\(\s*['\"]?([^'\")]+)|@import\s+['\"]([^'\"]+)", re.IGNORECASE)
# What loads something when a script runs: a call or an assignment with an outside address in it.
IN_SCRIPT = re.compile(
    r"(?:\bimport\s*\(?|\bfrom|\bfetch\(|\bimportScripts\(|\bnew (?:Worker|WebSocket|EventSource)\("
    r"|\.src\s*=|\.open\(\s*['\"]\w+['\"],|\bpaths\b[^;]{0,200}?:)\s*['\"`]((?:https?:|wss?:)?//[^'\"`\s]+)"
)
RAW_TEX = re.compile(r"\\\(.+?\\\)|\\\[.+?\\\]|\$\$.+?\$\$|\\(?:frac|mathcal|begin)\b", re.DOTALL)


class Page(HTMLParser):
    """What a browser loads for a page by itself, and the text it shows outside of code."""

    def __init__(self):
        super().__init__()
        self.loads: list[str] = []
        self.text: list[str] = []
        self.scripts: list[str] = []
        self.styles: list[str] = []
        self.inside: list[str] = []

    def handle_starttag(self, tag, attrs):
        """Collect the addresses of one element."""
        values = {key: value or "" for key, value in attrs}
        for key in LOADING.get(tag, []):
            if key in values:
                parts = values[key].split(",") if key == "srcset" else [values[key]]
                self.loads += [part.strip() for part in parts]
        if tag == "link" and not set(values.get("rel", "").lower().split()) & STATEMENTS:
            self.loads.append(values.get("href", ""))
        if "style" in values:
            self.styles.append(values["style"])
        if tag in ("script", "style", "pre", "code", "annotation"):
            self.inside.append(tag)

    def handle_endtag(self, tag):
        """Leave an element whose text is not prose."""
        if tag in self.inside:
            while self.inside.pop() != tag:
                continue

    def handle_data(self, data):
        """Sort text into scripts, styles and prose."""
        where = self.inside[-1] if self.inside else ""
        target = {"script": self.scripts, "style": self.styles, "": self.text}.get(where)
        if target is not None:
            target.append(data)


def outside_of_style(text: str) -> list[str]:
    """Return the outside addresses that a style sheet loads."""
    found = (a or b for a, b in IN_STYLE.findall(re.sub(r"/\*.*?\*/", "", text, flags=re.DOTALL)))
    return [address.strip() for address in found if OUTSIDE.match(address)]


def outside_loads(folder: Path) -> list[str]:
    """Return a complaint for each thing that the built files load from another host.

    Links that a reader follows are no loads. A script that puts an address together from pieces
    is not recognised; a browser's own record of requests is the check for that.
    """
    complaints = []
    for path in sorted(folder.rglob("*")):
        if path.suffix not in (".html", ".css", ".js", ".mjs", ".svg"):
            continue
        text = path.read_text("utf-8", errors="replace")
        if path.suffix == ".css":
            found = outside_of_style(text)
        elif path.suffix in (".js", ".mjs"):
            found = IN_SCRIPT.findall(text)
        else:
            page = Page()
            page.feed(text)
            found = [address for address in page.loads if OUTSIDE.match(address)]
            found += [a for style in page.styles for a in outside_of_style(style)]
            found += [a for script in page.scripts for a in IN_SCRIPT.findall(script)]
        name = path.relative_to(folder)
        complaints += [f"{name} loads {a} from another host." for a in dict.fromkeys(found)]
    return complaints


def raw_formulas(folder: Path) -> list[str]:
    """Return a complaint for each page that shows TeX where a formula should be."""
    complaints = []
    for path in sorted(folder.rglob("*.html")):
        if "_static" in path.relative_to(folder).parts:
            continue
        page = Page()
        page.feed(path.read_text("utf-8"))
        found = RAW_TEX.search(" ".join(page.text))
        if found:
            complaints.append(f"{path.relative_to(folder)} shows raw TeX: {found[0][:60]!r}.")
    return complaints


def expected_pages(root: Path) -> set[str]:
    """Return the pages that ``_toc.yml`` names."""
    return {str(Path(name).with_suffix(".html").as_posix()) for name in listed(root)}


def wrong_pages(root: Path, folder: Path) -> list[str]:
    """Return a complaint for each page too few or too many."""
    built = {
        path.relative_to(folder).as_posix()
        for path in folder.rglob("*.html")
        if not path.relative_to(folder).parts[0].startswith("_")
    } - OWN_PAGES
    wanted = expected_pages(root) | {"index.html"}
    said = f"{len(built)} pages were built, {len(wanted)} expected"
    return [f"{said}: {name} is missing." for name in sorted(wanted - built)] + [
        f"{said}: {name} is not in _toc.yml." for name in sorted(built - wanted)
    ]


def build(root: Path) -> list[str]:
    """Build the site of the course in `root` into ``_build/html``; return what is wrong with it.

    Raises
    ------
    RuntimeError
        When Node.js, which draws the formulas, is missing.
    """
    if shutil.which("node") is None:
        raise RuntimeError(
            "Node.js is missing, which draws the book's formulas: install it (package `nodejs`, or"
            " nodejs.org), then run `make book` again."
        )
    shutil.rmtree(root / "_build", ignore_errors=True)
    # Jupyter Book's own command, in this Python. No `-j`: each worker would leave Node.js behind.
    start = "from jupyter_book.cli.main import main; main(prog_name='jupyter-book')"
    command = [sys.executable, "-c", start, "build", ".", "-W", "-n", "--keep-going"]
    done = subprocess.run(command, cwd=root)
    if done.returncode:
        return ["Jupyter Book reported the faults above; correct them and build again."]
    folder = root / "_build" / "html"
    return wrong_pages(root, folder) + outside_loads(folder) + raw_formulas(folder)


def main(arguments: list[str] | None = None) -> int:
    """Build and check the site; return the exit status."""
    parser = argparse.ArgumentParser(prog="book.py", description=__doc__.split("\n")[0])
    parser.add_argument("--root", type=Path, default=ROOT, help="the course's folder")
    root = parser.parse_args(arguments).root.resolve()
    try:
        complaints = build(root)
    except RuntimeError as error:
        complaints = [str(error)]
    for complaint in complaints:
        print(complaint, file=sys.stderr)
    if not complaints:
        print(f"{len(expected_pages(root))} pages, nothing from other hosts: open", end=" ")
        print(root / "_build" / "html" / "index.html")
    return 1 if complaints else 0


if __name__ == "__main__":
    sys.exit(main())
