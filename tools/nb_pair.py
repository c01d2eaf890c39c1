"""A chapter's pair: ``NN-name.md`` is the source, ``NN-name.ipynb`` is derived from it.

The way is one: Markdown to notebook. Outputs of cells whose source did not change are kept, ids are
derived from what a cell says, and the JSON is written so that equal content means equal bytes.
"""

import difflib
import hashlib
import re
from pathlib import Path

import jupytext
import nbformat

from tools.nb_first import BADGES, Course, badges, first_cell
from tools.nb_time import fill
from utils.files import METADATA, dumps

HEADER = """\
---
jupytext:
  text_representation:
    extension: .md
    format_name: myst
kernelspec:
  display_name: Python 3
  language: python
  name: python3
---

"""
CODE_CELL = re.compile(
    r"^(?P<fence>`{3,})\{code-cell\}[^\n]*\n(?P<options>(?::[^\n]*\n)*)"
    r"(?P<body>.*?)^(?P=fence)[ \t]*$",
    re.MULTILINE | re.DOTALL,
)


def chapters(root: Path, names: list[str] | None = None) -> list[Path]:
    """Return the chapters' Markdown sources in order, or only those that `names` ask for.

    Parameters
    ----------
    root : Path
        The course's folder.
    names : list of str, optional
        Chapters by name (``03-residual-blocks``), number (``03`` or ``3``) or file.

    Raises
    ------
    ValueError
        When there are no chapters, or a name fits none or several.
    """
    sources = sorted((root / "chapters").glob("[0-9][0-9]-*.md"))
    if not sources:
        raise ValueError(
            f"No chapters found: expected files like 00-name.md in {root / 'chapters'}."
        )
    if not names:
        return sources
    chosen = []
    for name in names:
        stem = Path(name).name.removesuffix(".ipynb").removesuffix(".md")
        start = f"{stem.zfill(2) if stem.isdecimal() else stem}-"
        fits = [s for s in sources if s.stem == stem or s.stem.startswith(start)]
        if len(fits) != 1:
            known = ", ".join(s.stem for s in sources)
            raise ValueError(f"No chapter called {name!r}; the chapters are {known}.")
        chosen += fits
    return sorted(set(chosen))


def complete(text: str, course: Course, chapter: str) -> str:
    """Return a chapter's Markdown with its generated parts written anew.

    These are the front matter, the badges line under the title, the running time and the cell
    tagged ``setup``; what is missing is put in, everything else stays as the author wrote it.
    """
    text = HEADER + re.sub(r"\A---\n.*?\n---\n", "", text, flags=re.DOTALL).lstrip("\n")
    text = fill(text, chapter)
    line = badges(course, chapter)
    region = re.compile(f"{re.escape(BADGES[0])}.*?{re.escape(BADGES[1])}", re.DOTALL)
    if region.search(text):
        text = region.sub(lambda _: line, text, count=1)
    else:
        text, found = re.subn(r"^# .*$", lambda m: f"{m[0]}\n\n{line}", text, count=1, flags=re.M)
        if not found:
            raise ValueError(f"{chapter}.md: no title; the first line must be like '# 3. Title'.")
    cell = f"```{{code-cell}} ipython3\n:tags: [setup]\n\n{first_cell(course)}\n```"
    fences = list(CODE_CELL.finditer(text))
    setup = next((m for m in fences if re.search(r"\bsetup\b", m["options"])), None)
    if setup:
        return text[: setup.start()] + cell + text[setup.end() :]
    start = fences[0].start() if fences else len(text)
    return text[:start] + cell + "\n\n" + text[start:]


def to_notebook(text: str, chapter: str) -> nbformat.NotebookNode:
    """Return the notebook of a chapter's Markdown, without outputs, with derived ids."""
    parsed = jupytext.reads(text, fmt="md:myst")
    notebook = nbformat.v4.new_notebook(metadata=METADATA)
    notebook.nbformat_minor = 5
    seen: dict[str, int] = {}
    for cell in parsed.cells:
        new = {"markdown": nbformat.v4.new_markdown_cell, "code": nbformat.v4.new_code_cell}.get(
            cell.cell_type
        )
        if new is None:
            raise ValueError(
                f"{chapter}.md: a {cell.cell_type} cell; use Markdown and code cells only."
            )
        key = f"{chapter}\0{cell.cell_type}\0{cell.source}"
        seen[key] = seen.get(key, 0) + 1
        tags = cell.metadata.get("tags")
        notebook.cells.append(
            new(
                cell.source,
                id=hashlib.sha256(f"{key}\0{seen[key]}".encode()).hexdigest()[:12],
                metadata=metadata_of(tags),
            )
        )
    return notebook


def metadata_of(tags: list[str] | None) -> dict:
    """A cell's metadata: its tags, and for JupyterLab that `hide-input` folds the source."""
    metadata: dict = {"tags": list(tags)} if tags else {}
    if "hide-input" in (tags or []):
        metadata["jupyter"] = {"source_hidden": True}
    return metadata


def keep_outputs(new: nbformat.NotebookNode, old: nbformat.NotebookNode) -> None:
    """Give `new` the outputs of those code cells of `old` whose source is the same, in order."""
    fresh = [cell for cell in new.cells if cell.cell_type == "code"]
    stored = [cell for cell in old.cells if cell.cell_type == "code"]
    matcher = difflib.SequenceMatcher(
        None, [c.source for c in stored], [c.source for c in fresh], autojunk=False
    )
    for block in matcher.get_matching_blocks():
        for i in range(block.size):
            cell, kept = fresh[block.b + i], stored[block.a + i]
            cell.outputs, cell.execution_count = kept.outputs, kept.execution_count


def read(path: Path) -> nbformat.NotebookNode:
    """Read a notebook; a file that is none gets a sentence with its name."""
    try:
        return nbformat.read(path, as_version=4)
    except (nbformat.reader.NotJSONError, nbformat.ValidationError, AttributeError) as error:
        raise ValueError(
            f"{path}: not a notebook ({str(error).splitlines()[0]}); delete it."
        ) from error


def expected(source: Path, course: Course) -> dict[Path, str]:
    """Return what `source` and its notebook must contain, without touching either.

    Parameters
    ----------
    source : Path
        A chapter's Markdown file; the notebook beside it lends its outputs.
    course : Course
        What the generated parts are made from.
    """
    text = complete(source.read_text("utf-8"), course, source.stem)
    notebook = to_notebook(text, source.stem)
    twin = source.with_suffix(".ipynb")
    if twin.exists():
        keep_outputs(notebook, read(twin))
    return {source: text, twin: dumps(notebook)}


def differing(source: Path, course: Course) -> dict[Path, str]:
    """Return the files of a pair that are not as `expected`, with what they should be."""
    return {
        path: text
        for path, text in expected(source, course).items()
        if not path.exists() or path.read_text("utf-8") != text
    }
