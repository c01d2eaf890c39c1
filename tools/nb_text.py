"""What a chapter's text keeps to: Markdown and pictures that work for every reader.

Whether links lead somewhere is not looked at here: the book's build fails on one that does not.
"""

import re

from bs4 import BeautifulSoup
from nbformat import NotebookNode

from tools.nb_rules import code_cells, prose, without_code

WORDS = 5_000  # of a chapter: some forty minutes

NOT_PORTABLE = {
    r"^\s*(?:`{3,}|~{3,})\{": "a MyST directive",
    r"^\s*:::": "a ::: block",
    r"\{[a-zA-Z][\w:+.-]*\}`[^`]+`": "a MyST role",
    r"^\([\w:.-]+\)=\s*$": "a MyST target",
    r"\]\([\w./-]+\.md[#)]": "a link to a source; link the .ipynb instead",
    r"<a\s[^>]*href=": "a link that the book's build does not check; write [words](address)",
    r"\[\^[^\]]+\]": "a footnote, which JupyterLab does not show",
    r"\\\(|\\\[": r"maths in \( or \[, which only some viewers show; write $…$ or $$…$$",
}
LATEX_BLOCK = re.compile(r"\\begin\{(?:equation|align|gather|eqnarray)\*?\}")
IMAGE = re.compile(r"!\[(?P<alt>[^\]]*)\]\((?P<address>[^)\s]+)[^)]*\)")


def markdown_cells(notebook: NotebookNode) -> list[tuple[int, str]]:
    """Return number (from 1, of all cells) and text of each Markdown cell."""
    cells = enumerate(notebook.cells, start=1)
    return [(number, cell.source) for number, cell in cells if cell.cell_type == "markdown"]


def silent(html: str) -> list[str]:
    """Return the names of the pictures in a piece of HTML that have no text alternative."""
    return [
        element.name
        for element in BeautifulSoup(html, "html.parser")(["img", "svg"])
        if element.get("aria-hidden") != "true" or element.name == "img"
        if not element.get("alt" if element.name == "img" else "aria-label", "").strip()
    ]


def is_portable(notebook: NotebookNode, chapter: str) -> list[str]:
    """Markdown is what JupyterLab, Colab, GitHub and the book all show."""
    complaints = []
    for number, text in markdown_cells(notebook):
        for pattern, what in NOT_PORTABLE.items():
            plain = text if "`" in pattern else without_code(text)
            for found in re.findall(pattern, plain, re.MULTILINE):
                complaints.append(f"{chapter}, cell {number}: {found.strip()!r} is {what}.")
        outside = re.sub(r"\$\$.*?\$\$", "", without_code(text), flags=re.DOTALL)
        if LATEX_BLOCK.search(outside):
            complaints.append(f"{chapter}, cell {number}: LaTeX outside $$…$$ shows as raw text.")
        if outside.count("$") % 2:
            complaints.append(f"{chapter}, cell {number}: a $ without its partner.")
    return complaints


def has_own_pictures(notebook: NotebookNode, chapter: str) -> list[str]:
    """No picture comes from another host, none is a file that Colab would not find."""
    complaints = []
    for number, text in markdown_cells(notebook):
        plain = without_code(text)
        sources = [m["address"] for m in IMAGE.finditer(plain)]
        sources += [img.get("src", "") for img in BeautifulSoup(plain, "html.parser")("img")]
        for source in sources:
            if re.match(r"https?:|//", source):
                complaints.append(f"{chapter}, cell {number}: {source} lies on another host.")
            elif not source.startswith("data:"):
                complaints.append(
                    f"{chapter}, cell {number}: {source} is a file beside the notebook, which Colab"
                    " does not have; draw the picture in a code cell."
                )
    return complaints


def has_text_for_pictures(notebook: NotebookNode, chapter: str) -> list[str]:
    """Every picture, in the text or drawn by a cell, has a text alternative."""
    complaints = []
    for number, text in markdown_cells(notebook):
        plain = without_code(text)
        mute = [m[0] for m in IMAGE.finditer(plain) if not m["alt"].strip()] + silent(plain)
        complaints += [f"{chapter}, cell {number}: {what} has no alt text." for what in mute]
    for number, cell in enumerate(code_cells(notebook), start=1):
        for output in cell.outputs:
            data, metadata = output.get("data", {}), output.get("metadata", {})
            images = [kind for kind in data if kind.startswith("image/")]
            mute = [k for k in images if not metadata.get(k, {}).get("alt", "").strip()]
            complaints += [
                f"{chapter}, code cell {number}: its {what} has no alt text; end the cell with"
                ' figures.show(figure, alt="…").'
                for what in mute + silent(data.get("text/html", ""))
            ]
    return complaints


def words(notebook: NotebookNode) -> int:
    """The number of words between spaces, formulas and references too; code blocks are none."""
    cells = (text for _, text in markdown_cells(notebook))
    text = re.sub(r"^```.*?^```|<!--.*?-->", "", "\n".join(cells), flags=re.M | re.S)
    return len(text.split())


def is_short(notebook: NotebookNode, chapter: str) -> list[str]:
    """A chapter can be read in one sitting."""
    found = words(notebook)
    if found < WORDS:
        return []
    return [f"{chapter}: {found:,} words, expected less than {WORDS:,}; split or shorten it."]


def folds_its_asides(notebook: NotebookNode, chapter: str) -> list[str]:
    """Under "Asides" nothing but its first words and the headings stands open."""
    section = re.search(
        r"^## Asides$\s*(.*?)(?=^## |\Z)", "\n".join(prose(notebook)), re.MULTILINE | re.DOTALL
    )
    open_text = re.sub(r"<details>.*?</details>", "", section[1] if section else "", flags=re.S)
    paragraphs = [line for line in open_text.split("\n") if line and not line.startswith("#")]
    return [
        f"{chapter}: an aside that is not folded: {line[:40]}…; put it into <details>."
        for line in paragraphs[1:]
    ]


RULES = [is_portable, has_own_pictures, has_text_for_pictures, is_short, folds_its_asides]
