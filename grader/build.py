"""Student copies: derived from the chapters, without solutions, probes or wrong answers."""

import hashlib
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import nbformat

from grader.masters import Exercise
from utils import checks
from utils.files import write
from utils.notebook_json import FOLDED, METADATA, dumps

BADGES = re.compile(r"<!-- badges -->.*?<!-- /badges -->", re.DOTALL)
LINK = re.compile(r"\]\((?=\d\d-[\w-]+\.ipynb\))")  # to a chapter, from one
INTRODUCTION = """\
This is your copy. Write your answers in the cells that begin with `# @answer`, in place of \
`raise NotImplementedError(…)`, and leave the first line of each as it is: answers are found by \
it. Cells that begin with `# @check` tell you at once what is right and, mostly, what is wrong. \
You may add cells of your own anywhere; those above an answer belong to it. Lazy layers \
(`nn.LazyConv2d`), torchvision's networks and the course's own code can't be used in answers. Hand \
in the whole notebook. It needs PyTorch and nothing else."""


def as_handed_out(source: str) -> str:
    """The source of a cell as the chapter has it, for one that a student's copy has."""
    return source.replace("](../chapters/", "](").strip()


def student_copy(exercise: Exercise) -> nbformat.NotebookNode:
    """The notebook a student gets, with ids derived from what its cells say."""
    notebook = nbformat.v4.new_notebook(metadata=METADATA)
    notebook.nbformat_minor = 5
    cells = [
        (kind, LINK.sub("](../chapters/", source) if kind == "markdown" else source)
        for kind, source in exercise.handed_out
    ]
    kind, first = cells[0]
    title, _, rest = BADGES.sub("", first).partition("\n")
    cells[0] = (kind, f"{title}: homework\n\n{INTRODUCTION}\n\n{rest.strip()}".strip())
    new: dict[str, Callable[..., Any]] = {
        "markdown": nbformat.v4.new_markdown_cell,
        "code": nbformat.v4.new_code_cell,
    }
    cells.insert(1, ("code", checks.source()))
    for number, (kind, source) in enumerate(cells):
        key = f"homework\0{exercise.chapter}\0{number}\0{source}"
        identity = hashlib.sha256(key.encode()).hexdigest()[:12]
        # "Run all" goes on after a check that fails, instead of stopping at the first.
        metadata: dict[str, Any] = {"tags": ["raises-exception"]} if kind == "code" else {}
        if source == checks.source():
            metadata = {**FOLDED, "tags": ["hide-input"]}
        notebook.cells.append(new[kind](source, id=identity, metadata=metadata))
    return notebook


def build(exercises: list[Exercise], folder: Path, check: bool = False) -> list[Path]:
    """Write the student copies that differ from what is in ``folder``; return them.

    Parameters
    ----------
    check : bool
        Write nothing.
    """
    different = []
    for exercise in exercises:
        path = folder / f"{exercise.chapter}.ipynb"
        text = dumps(student_copy(exercise))
        if path.exists() and path.read_text("utf-8") == text:
            continue
        different.append(path)
        if not check:
            write(path, text)
    return different
