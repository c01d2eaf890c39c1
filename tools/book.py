"""Build the site from the stored outputs: ``python tools/book.py`` writes ``_build/html``.

Then look at what was built: every page of ``_toc.yml`` must be there and no other, no page may make
a browser load anything from another host, and no formula and no code may be left as it is typed.
"""

import argparse
import re
import shutil
import subprocess
import sys
from pathlib import Path

from bs4 import BeautifulSoup

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from tools.contents import listed  # noqa: E402

# The page that Sphinx adds to those of the table of contents.
OWN_PAGES = {"search.html"}
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
RAW_TEX = re.compile(
    r"\\\(.+?\\\)|\\\[.+?\\\]|\$\$.+?\$\$|\\(?:frac|mathcal|begin)\b|\$[^$\s](?:[^$\n]{0,80}[^$\s])?\$"
    r"|`[^`\n]{1,80}`",
    re.DOTALL,
)


def outside_of_style(text: str) -> list[str]:
    """Return the outside addresses that a style sheet loads."""
    found = (a or b for a, b in IN_STYLE.findall(re.sub(r"/\*.*?\*/", "", text, flags=re.DOTALL)))
    return [address.strip() for address in found if OUTSIDE.match(address)]


def parsed(text: str) -> BeautifulSoup:
    """Return a page, or a drawing without the line that calls it XML."""
    return BeautifulSoup(re.sub(r"\A\s*<\?xml.*?\?>", "", text), "html.parser")


def loads(page: BeautifulSoup) -> list[str]:
    """Return the outside addresses that a browser loads for a page by itself."""
    found = []
    for element in page.find_all([*LOADING, "link"]):
        if element.name == "link" and not set(element.get_attribute_list("rel")) & STATEMENTS:
            found.append(element.get("href", ""))
        for key in LOADING.get(element.name, []):
            value = element.get(key, "")
            found += value.split(",") if key == "srcset" else [value]
    found = [address.strip() for address in found if OUTSIDE.match(address)]
    for script in page.find_all("script"):
        found += IN_SCRIPT.findall(script.text)
    for style in [e.text for e in page.find_all("style")] + [e["style"] for e in page(style=True)]:
        found += outside_of_style(style)
    return found


def outside_loads(folder: Path) -> list[str]:
    """Return a complaint for each thing that the built files load from another host.

    Links that a reader follows are no loads. A script that puts an address together from pieces
    is not recognised; a browser's own record of requests is the check for that.
    """
    look = {".css": outside_of_style, ".js": IN_SCRIPT.findall, ".mjs": IN_SCRIPT.findall}
    look |= dict.fromkeys((".html", ".svg"), lambda text: loads(parsed(text)))
    complaints = []
    for path in sorted(folder.rglob("*")):
        if path.suffix in look:
            found = look[path.suffix](path.read_text("utf-8", errors="replace"))
            name = path.relative_to(folder)
            complaints += [f"{name} loads {a} from another host." for a in dict.fromkeys(found)]
    return complaints


def raw_formulas(folder: Path) -> list[str]:
    """Return a complaint for each page that shows TeX or code as it is typed."""
    complaints = []
    for path in sorted(folder.rglob("*.html")):
        if "_static" in path.relative_to(folder).parts:
            continue
        page = parsed(path.read_text("utf-8"))
        for element in page(["script", "style", "pre", "code", "annotation"]):
            element.decompose()
        found = RAW_TEX.search(page.get_text(" "))
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


def command(root: Path, plain: bool) -> list[str]:
    """Return the command that builds the site: Jupyter Book's, or that of Sphinx alone."""
    # In this Python. No `-j`: each worker would leave Node.js behind.
    if plain:
        settings = ["-c", str(root / "tools" / "plain"), ".", "_build/html"]
        return [sys.executable, "-m", "sphinx", "-W", "-n", "--keep-going", *settings]
    start = "from jupyter_book.cli.main import main; main(prog_name='jupyter-book')"
    return [sys.executable, "-c", start, "build", ".", "-W", "-n", "--keep-going"]


def build(root: Path, plain: bool = False) -> list[str]:
    """Build the site of the course in `root` into ``_build/html``; return what is wrong with it.

    `plain` builds with Sphinx alone, without Jupyter Book.

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
    done = subprocess.run(command(root, plain), cwd=root)
    if done.returncode:
        builder = "Sphinx" if plain else "Jupyter Book"
        return [f"{builder} reported the faults above; correct them and build again."]
    folder = root / "_build" / "html"
    return wrong_pages(root, folder) + outside_loads(folder) + raw_formulas(folder)


def main(arguments: list[str] | None = None) -> int:
    """Build and check the site; return the exit status."""
    parser = argparse.ArgumentParser(prog="book.py", description=__doc__.split("\n")[0])
    parser.add_argument("--root", type=Path, default=ROOT, help="the course's folder")
    parser.add_argument("--plain", action="store_true", help="Sphinx alone, without Jupyter Book")
    given = parser.parse_args(arguments)
    root = given.root.resolve()
    try:
        complaints = build(root, given.plain)
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
