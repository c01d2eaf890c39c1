"""``make results``: run the chapters that record their measurements, in full, and keep these.

What is recorded is what the chapters' own cells do, at the budget ``gpu`` (or ``record`` on a
machine without a GPU). A killed recording goes on where it was.
"""

import argparse
import os
import sys
from pathlib import Path

import torch

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from tools import contents, nb_pair, nb_run  # noqa: E402


def chapters(names: list[str] | None = None) -> list[Path]:
    """The chapters that make a `Study`, or those of them that `names` ask for.

    Raises
    ------
    ValueError
        When a name is no chapter's, or that of one that records nothing.
    """
    sources = contents.chapters(ROOT)
    record = [path for path in sources if "Study(" in path.read_text(encoding="utf-8")]
    chosen = contents.chapters(ROOT, names)
    if names and not set(chosen) <= set(record):
        silent = ", ".join(path.stem for path in chosen if path not in record)
        there = ", ".join(path.stem for path in record)
        raise ValueError(f"Nothing is recorded in {silent}; chapters that record are {there}.")
    return [path for path in record if path in chosen]


def record(path: Path) -> bool:
    """Execute one chapter while recording; whether it went through."""
    print(f"{path.stem}: recording", flush=True)
    os.environ["COURSE_COMMAND"] = f"make results ARGS={path.stem}"
    notebook = nb_pair.to_notebook(contents.read_text(path), path.stem)
    seconds, fault = nb_run.execute(notebook, path.parent, timeout=None)
    if fault:
        print(f"{path.stem} failed, {fault}", file=sys.stderr, flush=True)
    else:
        print(f"{path.stem}: {seconds:.0f} s", flush=True)
    return not fault


def main() -> int:
    parser = argparse.ArgumentParser(description=main.__doc__ or __doc__)
    parser.add_argument("chapter", nargs="*", help="numbers or names; all that record by default")
    parser.add_argument(
        "--replace", action="store_true", help="also what was recorded with other settings"
    )
    given = parser.parse_args()
    wanted = given.chapter
    os.environ["COURSE_RECORD"] = "replace" if given.replace else "1"
    os.environ.setdefault("COURSE_BUDGET", "gpu" if torch.cuda.is_available() else "record")
    try:
        chosen = chapters(wanted)
    except ValueError as error:
        print(error, file=sys.stderr)
        return 2
    try:
        return 0 if all([record(path) for path in chosen]) else 1
    except KeyboardInterrupt:
        print("Stopped; what has been recorded stays, and is not measured again.")
        return 130


if __name__ == "__main__":
    sys.exit(main())
