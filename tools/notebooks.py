"""The chapters' notebooks: derived from their Markdown, executed, or only tried.

- ``python tools/notebooks.py sync [--check]``: Markdown to notebooks, keeping outputs
- ``python tools/notebooks.py outputs [CHAPTER...]``: execute and store the outputs
- ``python tools/notebooks.py run [CHAPTER...]``: execute into build/run, print a table
"""

import argparse
import os
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from tools import nb_pair, nb_run  # noqa: E402
from tools.nb_first import Course, read_course  # noqa: E402
from utils import files  # noqa: E402


def sync(sources: list[Path], course: Course, check: bool) -> int:
    """Write each chapter's pair anew, or with `check` only name the files that differ."""
    different = 0
    for source in sources:
        for path, text in nb_pair.differing(source, course).items():
            different += 1
            name = f"{path.parent.name}/{path.name}"
            if check:
                print(f"{name} is not what `make sync` would write.", file=sys.stderr)
            else:
                files.write(path, text)
                print(f"{name} written")
    if check:
        return 1 if different else 0
    if not different:
        print(f"{len(sources)} chapters, all in sync.")
    return 0


def parser() -> argparse.ArgumentParser:
    """Return the command line's parser."""
    top = argparse.ArgumentParser(prog="notebooks.py", description=__doc__.split("\n")[0])
    top.add_argument("--root", type=Path, default=ROOT, help="the course's folder")
    commands = top.add_subparsers(dest="command", required=True)
    one = commands.add_parser("sync", help="Markdown to notebooks, keeping outputs")
    one.add_argument("--check", action="store_true", help="write nothing, fail on a difference")
    two = commands.add_parser("outputs", help="execute chapters and store their outputs")
    three = commands.add_parser("run", help="execute chapters into a build folder, print a table")
    three.add_argument(
        "--budget", choices=["smoke", "cpu", "gpu"], help="how much to run; default: this machine's"
    )
    three.add_argument("-o", "--output", type=Path, help="folder to write to; default: build/run")
    for each in (one, two, three):
        each.add_argument("chapter", nargs="*", help="name or number; default: all")
    for each in (two, three):
        each.add_argument("--timeout", type=float, default=7200, help="seconds a cell may take")
    return top


def main(arguments: list[str] | None = None) -> int:
    """Do what the command line asks; return the exit status."""
    given = parser().parse_args(arguments)
    root = given.root.resolve()
    try:
        course = read_course(root)
        sources = nb_pair.chapters(root, given.chapter)
        if given.command == "sync":
            return sync(sources, course, given.check)
        if given.command == "outputs":
            return nb_run.store(sources, course, root, given.timeout)
        if given.budget:
            os.environ["COURSE_BUDGET"] = given.budget
        folder = given.output or root / "build" / "run"
        return nb_run.run(sources, course, folder, given.timeout)
    except (ValueError, OSError) as error:
        print(error, file=sys.stderr)
        return 1


if __name__ == "__main__":
    sys.exit(main())
