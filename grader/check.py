"""Run the visible checks of a student's notebook on the student's own machine."""

from dataclasses import dataclass
from pathlib import Path

import jupytext
import nbformat
from nbclient import NotebookClient

from grader.masters import Check, Exercise, check, kind_of


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
        notebook = jupytext.read(path)
    except (ValueError, nbformat.reader.NotJSONError, nbformat.ValidationError) as error:
        raise ValueError(f"{path} can't be read as a notebook: {error}") from None
    cells = [cell for cell in notebook.cells if cell.cell_type == "code"]
    kinds = [kind_of(cell.source) for cell in cells]
    answered = {rest for kind, rest in kinds if kind == "answer"}
    if not answered:
        raise ValueError(f"{path} has no answers: no cell starts with `# @answer NAME`.")
    client = NotebookClient(
        notebook, timeout=timeout, kernel_name="python3", allow_errors=True,
        resources={"metadata": {"path": str(path.resolve().parent)}},
        extra_arguments=["--log-level=40"],
    )  # fmt: skip
    client.execute()
    found = [
        Found(check((rest, cell.source)), fault(cell))
        for cell, (kind, rest) in zip(cells, kinds, strict=True)
        if kind == "check"
    ]
    return found + [
        Found(expected, "this check is missing from your notebook; copy it back from the course's")
        for exercise in exercises
        for expected in exercise.checks
        if answered & {answer.name for answer in exercise.answers}
        and not any((f.check.answer, f.check.what) == (expected.answer, expected.what)
                    for f in found)
    ]  # fmt: skip


def fault(cell) -> str:
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
