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

ROOT = Path(__file__).parent.parent


def chapters() -> list[Path]:
    """The chapters that make a `Study`."""
    sources = sorted((ROOT / "chapters").glob("[0-9]*.md"))
    return [path for path in sources if "Study(" in path.read_text(encoding="utf-8")]


def record(path: Path) -> bool:
    """Execute one chapter while recording; whether it went through."""
    print(f"{path.stem}: recording", flush=True)
    os.environ["COURSE_COMMAND"] = f"make results ARGS={path.stem}"
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
    parser.add_argument(
        "--replace", action="store_true", help="also what was recorded with other settings"
    )
    given = parser.parse_args()
    wanted = given.chapter
    os.environ["COURSE_RECORD"] = "replace" if given.replace else "1"
    os.environ.setdefault("COURSE_BUDGET", "gpu" if torch.cuda.is_available() else "record")
    chosen = [p for p in chapters() if not wanted or any(p.stem.startswith(w) for w in wanted)]
    if not chosen:
        there = ", ".join(p.stem for p in chapters())
        print(f"No chapter that records is called {', '.join(wanted)}; there are {there}.")
        return 2
    return 0 if all([record(path) for path in chosen]) else 1


if __name__ == "__main__":
    sys.exit(main())
