"""A chapter's pair: ``NN-name.md`` is the source, ``NN-name.ipynb`` is derived from it.

The way is one: Markdown to notebook. Outputs of cells whose source did not change are kept, ids are
derived from what a cell says, and the JSON is written so that equal content means equal bytes.

People edit notebooks all the same, in JupyterLab, VS Code or Colab. So a notebook carries a record
of what its cells said when they were derived, a mark for each, in its metadata: no clock can spoil
it, and it travels with the file. A notebook whose cells no longer fit the record was edited, and is
not written over; `taken` brings its edits into the Markdown.
"""

import difflib
import hashlib
import json
import re
from collections import Counter
from collections.abc import Iterable
from pathlib import Path

import jupytext
import nbformat
from jupytext.myst import MystMetadataParsingError
from nbformat import NotebookNode
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

from tools.contents import read_text
from tools.nb_first import BADGES, Course, badges, first_cell
from tools.nb_read import read
from tools.nb_time import fill
from utils.notebook_json import FOLDED, METADATA, dumps

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
FRONT_MATTER = re.compile(r"\A---\n(.*?\n)---\n", re.DOTALL)
CODE_CELL = re.compile(
    r"^(?P<fence>`{3,})\{code-cell\}[^\n]*\n(?P<options>(?::[^\n]*\n)*)"
    r"(?P<body>.*?)^(?P=fence)[ \t]*$",
    re.MULTILINE | re.DOTALL,
)


def complete(text: str, course: Course, chapter: str) -> str:
    """Return a chapter's Markdown with its generated parts written anew.

    These are the front matter, the badges line under the title, the running time and the cell
    tagged ``setup``; what is missing is put in, everything else stays as the author wrote it.
    """
    front = FRONT_MATTER.match(text)
    own = re.findall(r"^([^\s#:][^:\n]*):", front[1], re.MULTILINE) if front else []
    strange = sorted(set(own) - {"jupytext", "kernelspec"})
    if strange:
        raise ValueError(
            f"{chapter}.md: its front matter is written by `make sync`, which keeps no"
            f" {', '.join(strange)}; take it out."
        )
    text = fill(HEADER + FRONT_MATTER.sub("", text).lstrip("\n"), chapter)
    line = badges(course, chapter)
    region = re.compile(f"{re.escape(BADGES[0])}.*?{re.escape(BADGES[1])}", re.DOTALL)
    if region.search(text):
        text = region.sub(lambda _: line, text, count=1)
    else:
        text, found = re.subn(r"^# .*$", lambda m: f"{m[0]}\n\n{line}", text, count=1, flags=re.M)
        if not found:
            raise ValueError(f"{chapter}.md: no title; the first line must be like '# 3. Title'.")
    cell = f"```{{code-cell}} ipython3\n:tags: [setup, hide-input]\n\n{first_cell(course)}\n```"
    fences = list(CODE_CELL.finditer(text))
    setup = next((m for m in fences if re.search(r"\bsetup\b", m["options"])), None)
    if setup:
        return text[: setup.start()] + cell + text[setup.end() :]
    start = fences[0].start() if fences else len(text)
    return text[:start] + cell + "\n\n" + text[start:]


def to_notebook(text: str, chapter: str) -> NotebookNode:
    """Return the notebook of a chapter's Markdown, without outputs, with derived ids."""
    try:
        parsed = jupytext.reads(text, fmt="md:myst")
    except (MystMetadataParsingError, ValueError) as error:
        raise ValueError(f"{chapter}.md: {' '.join(str(error).split())}") from error
    notebook = new_notebook(metadata=METADATA)
    notebook.nbformat_minor = 5
    seen: Counter[str] = Counter()
    for cell in parsed.cells:
        new = {"markdown": new_markdown_cell, "code": new_code_cell}.get(cell.cell_type)
        if new is None:
            raise ValueError(
                f"{chapter}.md: a {cell.cell_type} cell; use Markdown and code cells only."
            )
        key = f"{chapter}\0{cell.cell_type}\0{cell.source}"
        seen[key] += 1
        name = hashlib.sha256(f"{key}\0{seen[key]}".encode()).hexdigest()[:12]
        tags = cell.metadata.get("tags")
        folded = FOLDED if "hide-input" in (tags or []) else {}
        metadata = folded | ({"tags": list(tags)} if tags else {})
        notebook.cells.append(new(cell.source, id=name, metadata=metadata))
    notebook.metadata["course"] = {"synced": " ".join(written(notebook))}
    return notebook


def to_markdown(notebook: NotebookNode) -> str:
    """Return what `notebook` says as Markdown, without outputs: `to_notebook` the other way."""
    language = {"name": "python", "pygments_lexer": "ipython3"}
    bare = new_notebook(metadata=METADATA | {"language_info": language})
    for cell in notebook.cells:
        if cell.source.strip():
            tags = cell.metadata.get("tags")
            metadata = nbformat.from_dict({"tags": tags} if tags else {})
            bare.cells.append(NotebookNode(cell, metadata=metadata))
    return jupytext.writes(bare, fmt="md:myst")


def written(notebook: NotebookNode) -> dict[str, str]:
    """Return what people write into a notebook: a mark for each cell, and words to name it by.

    A mark is a hash of kind, source, tags and attached files, and of how many equal cells are
    above. Empty cells, such as JupyterLab adds at the end, and white space around do not count.
    """
    cells: dict[str, str] = {}
    seen: Counter[str] = Counter()
    for number, cell in enumerate(notebook.cells, start=1):
        source = cell.source.strip("\n").rstrip()
        if source:
            extra = cell.metadata.get("tags") or [], cell.get("attachments") or {}
            key = json.dumps([cell.cell_type, source, *extra])
            seen[key] += 1
            mark = hashlib.sha256(f"{seen[key]} {key}".encode()).hexdigest()[:8]
            cells[mark] = f"cell {number}, {source.lstrip().splitlines()[0][:60]!r}"
    return cells


def recorded(notebook: NotebookNode) -> list[str]:
    """Return the marks of the cells as the last sync wrote them, empty when they are gone."""
    course = notebook.metadata.get("course")
    return str(course.get("synced", "")).split() if isinstance(course, dict) else []


def in_order(some: Iterable[str], others: Iterable[str]) -> bool:
    """Whether the cells that two notebooks have in common stand in the same order."""
    some, others = list(some), list(others)
    return [m for m in some if m in set(others)] == [m for m in others if m in set(some)]


def edits(old: NotebookNode, new: NotebookNode) -> list[str]:
    """Return what people did to `old` since the last sync that is not in `new`."""
    base, theirs, ours = recorded(old), written(old), written(new)
    found = [name for mark, name in theirs.items() if mark not in {*base, *ours}]
    found = found or [  # a cell that was edited is a new one, and the old one is gone with it
        f"{name}, which it has no longer"
        for mark, name in ours.items()
        if mark not in theirs and (mark in base or not base)
    ]
    if not found and not in_order(theirs, ours) and not (base and in_order(theirs, base)):
        found = ["the order of its cells"]
    return found


def refuse_edits(source: Path, course: Course, new: NotebookNode) -> None:
    """Raise ValueError when the notebook beside `source` holds edits that `new` does not."""
    old = read(source.with_suffix(".ipynb"))
    found = edits(old, new)
    if not found:
        return
    where = "; ".join(found[:3]) + (f"; {len(found) - 3} more" if len(found) > 3 else "")
    how = (
        "was edited since" if recorded(old) else f"differs from {source.name} and has no record of"
    )
    ask = f'make sync ARGS="--take {{}} {source.stem[:2]}"'
    try:
        taken(source, course)
        way = f"To put what the notebook says into {source.name}: {ask.format('notebook')}."
    except ValueError as error:
        way = str(error)
    raise ValueError(
        f"chapters/{source.stem}.ipynb {how} the last sync: {where}. It is left as it is. {way}"
        f" To have the notebook say what {source.name} says: {ask.format('markdown')}."
    )


def taken(source: Path, course: Course) -> str:
    """Return a chapter's Markdown with the edits of the notebook beside it.

    Raises
    ------
    ValueError
        When the Markdown was edited as well, or an edit cannot stand in it.
    """
    text, old = read_text(source), read(source.with_suffix(".ipynb"))
    base, before, theirs = recorded(old), written(to_notebook(text, source.stem)), written(old)
    if base == list(theirs):
        return text
    if base not in ([], list(before)):
        raise ValueError(
            f"{source.name} was edited as well: bring the notebook's edits into it by hand."
        )
    text = complete(to_markdown(old), course, source.stem)
    held = written(to_notebook(text, source.stem))
    lost = [name for mark, name in theirs.items() if mark not in {*held, *before}]
    if lost:
        raise ValueError(
            f"{source.name} cannot hold {lost[0]}: `make sync` writes this cell, or there is a"
            " picture or text in it that Markdown does not carry. Bring the edits over by hand."
        )
    return text


def keep_outputs(new: NotebookNode, old: NotebookNode) -> None:
    """Give `new` the outputs of those code cells of `old` whose source is the same, in order.

    The set-up cell counts as the same: it prints nothing, and says anew where the course is fetched
    from when that changes.
    """

    def known_by(cell: NotebookNode) -> str:
        return "set-up" if "setup" in cell.metadata.get("tags", []) else cell.source

    fresh = [cell for cell in new.cells if cell.cell_type == "code"]
    stored = [cell for cell in old.cells if cell.cell_type == "code"]
    matcher = difflib.SequenceMatcher(
        None, [known_by(c) for c in stored], [known_by(c) for c in fresh], autojunk=False
    )
    for block in matcher.get_matching_blocks():
        for i in range(block.size):
            cell, kept = fresh[block.b + i], stored[block.a + i]
            cell.outputs, cell.execution_count = kept.outputs, kept.execution_count


def derived(source: Path, course: Course) -> tuple[str, NotebookNode]:
    """Return a chapter's Markdown, completed, and its notebook without outputs."""
    text = complete(read_text(source), course, source.stem)
    return text, to_notebook(text, source.stem)


def differing(source: Path, course: Course, drop_edits: bool = False) -> dict[Path, str]:
    """Return the files of a pair that are not as they should be, with what they should be.

    Parameters
    ----------
    source : Path
        A chapter's Markdown file; the notebook beside it lends its outputs. Both stay untouched.
    course : Course
        What the generated parts are made from.
    drop_edits : bool
        Take the Markdown's word for what the notebook says, even where people edited the notebook.

    Raises
    ------
    ValueError
        When the chapter or its notebook cannot be read, or the notebook was edited.
    """
    text, notebook = derived(source, course)
    twin = source.with_suffix(".ipynb")
    if twin.exists():
        if not drop_edits:
            refuse_edits(source, course, notebook)
        keep_outputs(notebook, read(twin))
    wanted = {source: text, twin: dumps(notebook)}
    return {
        path: text
        for path, text in wanted.items()
        if not path.exists() or path.read_bytes().replace(b"\r\n", b"\n") != text.encode()
    }
