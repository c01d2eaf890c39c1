"""``make results``: run the chapters that record their measurements, in full, and keep these.

What is recorded is what the chapters' own cells do, at the budget ``gpu`` (or ``record`` on a
machine without a GPU). A killed recording goes on where it was.
"""

import argparse
import os
import sys
import time
from pathlib import Path

import jupytext
import torch
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from tools import nb_pair  # noqa: E402


def chapters(names: list[str] | None = None) -> list[Path]:
    """The chapters that make a `Study`, or those of them that `names` ask for.

    Raises
    ------
    ValueError
        When a name is no chapter's, or that of one that records nothing.
    """
    sources = nb_pair.chapters(ROOT)
    record = [path for path in sources if "Study(" in path.read_text(encoding="utf-8")]
    chosen = nb_pair.chapters(ROOT, names)
    if names and not set(chosen) <= set(record):
        silent = ", ".join(path.stem for path in chosen if path not in record)
        there = ", ".join(path.stem for path in record)
        raise ValueError(f"Nothing is recorded in {silent}; chapters that record are {there}.")
    return [path for path in record if path in chosen]


def record(path: Path) -> bool:
    """Execute one chapter while recording; whether it went through."""
    print(f"{path.stem}: recording", flush=True)
    started = time.perf_counter()
    client = NotebookClient(
        jupytext.read(path), timeout=None, kernel_name="python3",
        resources={"metadata": {"path": str(path.parent)}},
    )  # fmt: skip
    try:
        client.execute()
    except CellExecutionError as error:
        print(f"{path.stem}: failed\n{error}", file=sys.stderr, flush=True)
        return False
    print(f"{path.stem}: {time.perf_counter() - started:.0f} s", flush=True)
    return True


def main() -> int:
    parser = argparse.ArgumentParser(description=main.__doc__ or __doc__)
    parser.add_argument("chapter", nargs="*", help="numbers or names; all that record by default")
    wanted = parser.parse_args().chapter
    os.environ["COURSE_RECORD"] = "1"
    os.environ.setdefault("COURSE_BUDGET", "gpu" if torch.cuda.is_available() else "record")
    try:
        chosen = chapters(wanted)
    except ValueError as error:
        print(error, file=sys.stderr)
        return 2
    return 0 if all([record(path) for path in chosen]) else 1


if __name__ == "__main__":
    sys.exit(main())
