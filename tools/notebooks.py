"""The chapters' notebooks: derived from their Markdown, executed, or only tried.

- ``python tools/notebooks.py sync [--check]``: Markdown to notebooks, keeping outputs; tables of
  chapters; ``--take notebook 03`` takes what was edited in a notebook back into its Markdown
- ``python tools/notebooks.py outputs [CHAPTER...]``: execute and store the outputs
- ``python tools/notebooks.py run [CHAPTER...]``: execute into build/run, print a table
"""

import argparse
import os
import sys
from functools import partial
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from tools import contents, nb_pair, nb_run  # noqa: E402
from tools.nb_first import Course, read_course  # noqa: E402
from utils import files  # noqa: E402


def sync(sources: list[Path], course: Course, check: bool, take: str | None = None) -> int:
    """Write tables and pairs anew, or with `check` only name the files that differ.

    What is wrong with one chapter is said, and the others are written all the same. `take` says
    whose word counts where a notebook was edited, ``"notebook"`` or ``"markdown"``; without it
    such a notebook is left alone and named.
    """
    bad, different = [], 0

    def settle(wanted: dict[Path, str]) -> None:
        nonlocal different
        for path, text in wanted.items():
            different += 1
            name = path.relative_to(course.root).as_posix()
            if check:
                bad.append(f"{name} is not what `make sync` would write.")
            else:
                files.write(path, text)
                print(f"{name} written")

    def pair(source: Path) -> None:
        if take == "notebook":
            files.write(source, nb_pair.taken(source, course))
        settle(nb_pair.differing(source, course, drop_edits=take == "markdown"))

    steps = [lambda: settle(contents.stale(course.root))]
    for step in steps + [partial(pair, source) for source in sources]:
        try:
            step()
        except (ValueError, OSError) as error:
            bad.append(str(error))
    for complaint in bad:
        print(complaint, file=sys.stderr)
    if not bad and not different:
        print(f"{len(sources)} chapters, all in sync.")
    return 1 if bad else 0


def parser() -> argparse.ArgumentParser:
    """Return the command line's parser."""
    top = argparse.ArgumentParser(prog="notebooks.py", description=__doc__.split("\n")[0])
    top.add_argument("--root", type=Path, default=ROOT, help="the course's folder")
    commands = top.add_subparsers(dest="command", required=True)
    one = commands.add_parser("sync", help="Markdown to notebooks, keeping outputs")
    one.add_argument("--check", action="store_true", help="write nothing, fail on a difference")
    one.add_argument(
        "--take", choices=["notebook", "markdown"],
        help="whose word counts in the chapters named, where a notebook was edited",
    )  # fmt: skip
    two = commands.add_parser("outputs", help="execute chapters and store their outputs")
    three = commands.add_parser("run", help="execute chapters into a build folder, print a table")
    three.add_argument(
        "--budget", choices=["smoke", "cpu", "gpu"], help="how much to run; default: this machine's"
    )
    three.add_argument(
        "--keep-times", action="store_true",
        help="keep the seconds in results/running_times.json; `sync` writes them into the heads",
    )  # fmt: skip
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
        sources = contents.chapters(root, given.chapter)
        if given.command == "sync":
            if given.take and (given.check or not given.chapter):
                raise ValueError(
                    "--take writes, and only chapters that are named: sync --take … 03"
                )
            return sync(sources, course, given.check, given.take)
        if given.command == "outputs":
            return nb_run.store(sources, course, given.timeout)
        if given.budget:
            os.environ["COURSE_BUDGET"] = given.budget
        folder = given.output or root / "build" / "run"
        return nb_run.run(sources, course, folder, given.timeout, given.keep_times)
    except (ValueError, OSError) as error:
        print(error, file=sys.stderr)
        return 1


if __name__ == "__main__":
    sys.exit(main())
