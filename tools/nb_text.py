"""What a chapter's text keeps to: Markdown and pictures that work for every reader.

Whether links lead somewhere is not looked at here: the book's build fails on one that does not.
"""

import re
from html.parser import HTMLParser

from nbformat import NotebookNode

from tools.nb_rules import code_cells

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


def without_code(text: str) -> str:
    """Return Markdown without fenced blocks and inline code."""
    text = re.sub(r"^(\s*)(`{3,}|~{3,}).*?^\s*\2[ \t]*$", "", text, flags=re.M | re.S)
    return re.sub(r"(`+)(?!`).+?(?<!`)\1(?!`)", "", text)


def markdown_cells(notebook: NotebookNode) -> list[tuple[int, str]]:
    """Return number (from 1, of all cells) and text of each Markdown cell."""
    cells = enumerate(notebook.cells, start=1)
    return [(number, cell.source) for number, cell in cells if cell.cell_type == "markdown"]


class Pictures(HTMLParser):
    """Collects from HTML the pictures without a text alternative, and their addresses."""

    def __init__(self):
        super().__init__()
        self.silent: list[str] = []
        self.sources: list[str] = []

    def handle_starttag(self, tag, attrs):
        """Look at one element."""
        values = dict(attrs)
        if tag == "img":
            self.sources.append(values.get("src") or "")
            if not (values.get("alt") or "").strip():
                self.silent.append("img")
        hidden = values.get("aria-hidden") == "true"
        if tag == "svg" and not hidden and not (values.get("aria-label") or "").strip():
            self.silent.append("svg")


def pictures(text: str) -> Pictures:
    """Return what `Pictures` finds in a piece of HTML."""
    parser = Pictures()
    parser.feed(text)
    return parser


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
        sources = [m["address"] for m in IMAGE.finditer(plain)] + pictures(plain).sources
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
        silent = [m[0] for m in IMAGE.finditer(plain) if not m["alt"].strip()]
        for what in silent + pictures(plain).silent:
            complaints.append(f"{chapter}, cell {number}: {what} has no alt text.")
    for number, cell in enumerate(code_cells(notebook), start=1):
        for output in cell.outputs:
            data, metadata = output.get("data", {}), output.get("metadata", {})
            silent = pictures(data.get("text/html", "")).silent
            silent += [
                kind
                for kind in data
                if kind.startswith("image/") and not metadata.get(kind, {}).get("alt", "").strip()
            ]
            for what in silent:
                complaints.append(
                    f"{chapter}, code cell {number}: its {what} has no alt text; end the cell with"
                    ' figures.show(figure, alt="…").'
                )
    return complaints


RULES = [is_portable, has_own_pictures, has_text_for_pictures]
