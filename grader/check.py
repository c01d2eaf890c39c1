"""Run the visible checks of a student's notebook on the student's own machine."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import nbformat
from nbclient import NotebookClient
from nbclient.exceptions import DeadKernelError
from nbformat import NotebookNode

from grader.formats import marked, name_of
from grader.masters import Check, Exercise, check
from grader.reading import UnreadableFile, read


@dataclass(frozen=True)
class Found:
    """What one check said: ``fault`` is empty when it passed."""

    check: Check
    fault: str


def check_notebook(path: Path, exercises: list[Exercise], timeout: float = 120) -> list[Found]:
    """Execute a notebook and say for each visible check whether it passed.

    Parameters
    ----------
    path : Path
        A student's ``.ipynb``, ``.md`` or ``.py``; it stays untouched.
    exercises : list of Exercise
        The course's; those of the notebook's answers must not have lost a check.
    timeout : float
        Seconds a cell may take.

    Raises
    ------
    ValueError
        When the file can't be read as a notebook, or holds no answer.
    """
    try:
        sources = [cell.source for cell in read(path) if cell.kind == "code"]
    except UnreadableFile as error:
        raise ValueError(f"{path} {error}.") from None
    marks = [marked(source) for source in sources]
    answered = {name_of(rest) for kind, rest in marks if kind == "answer"}
    if not answered:
        raise ValueError(f"{path} has no answers: no cell starts with `# @answer NAME`.")
    cells = [nbformat.v4.new_code_cell(source) for source in sources]
    notebook = nbformat.v4.new_notebook(cells=cells)
    begun: list[NotebookNode] = []
    client = NotebookClient(
        notebook, timeout=timeout, kernel_name="python3", allow_errors=True,
        on_cell_execute=lambda cell, cell_index: begun.append(cell),
        resources={"metadata": {"path": str(path.resolve().parent)}},
        extra_arguments=["--log-level=40"],
    )  # fmt: skip
    ended = ""
    try:
        client.execute()
    except (DeadKernelError, RuntimeError):  # nbclient raises the latter when it asks too late
        ended = f"the kernel ended; the cells begun last end with {in_words(begun)}"
    found = [
        Found(check((rest, cell.source)), fault(cell) if cell in begun[:-1] or not ended else ended)
        for cell, (kind, rest) in zip(cells, marks, strict=True)
        if kind == "check"
    ]
    return found + [
        Found(expected, "this check is missing from your notebook; copy it back from the course's")
        for exercise in exercises
        for expected in exercise.checks
        if answered & {question.name for question in exercise.questions}
        and not any((f.check.answer, f.check.what) == (expected.answer, expected.what)
                    for f in found)
    ]  # fmt: skip


def in_words(begun: Sequence[NotebookNode]) -> str:
    """The cells that were begun last, by their last lines.

    Several, because a kernel that is told to exit still begins with the next ones.
    """
    lines = [cell.source.strip().split("\n")[-1] for cell in begun[-3:]] or ["(none)"]
    return ", ".join(f"`{line}`" for line in lines)


def fault(cell: Any) -> str:
    """The last line of what a cell raised; empty when it raised nothing."""
    for output in cell.outputs:
        if output.output_type == "error":
            name, said = output.ename, " ".join(str(output.evalue).split())
            if name == "NotImplementedError":
                return "not answered yet"
            return said if name == "AssertionError" and said else f"{name}: {said}"
    return ""


def report(found: list[Found]) -> str:
    """One line a check, and a last one that counts them."""
    lines = [
        f"{'ok   ' if not f.fault else 'WRONG'}  {f.check.answer}: {f.check.what}"
        + (f"\n       {f.fault}" if f.fault else "")
        for f in found
    ]
    good = sum(not f.fault for f in found)
    return "\n".join([*lines, f"{good} of {len(found)} checks pass."])
