"""How long grading takes, and whether that and its memory grow with the class.

    python -m benchmarks.homework [N ...] [--jobs 2] [--fresh] [--record]

Generates classes of N submissions (10, 100, 1,000) of `benchmarks.toy_homework`, in all the forms
that students hand in, grades each in a process of its own, and prints seconds an answer and the
largest memory of the grader and of its warm processes.
"""

import json
import sys

from benchmarks.rounds import begin, interleaved, options, positive
from utils.timing import in_a_process


def apart(count: int, jobs: int) -> dict[str, float]:
    """A class of ``count``, graded in a process of its own."""
    return json.loads(in_a_process("-m", "benchmarks.grading", str(count), str(jobs)))


def main(arguments: list[str] | None = None) -> int:
    """Measure what is not measured yet, and print a line for each size."""
    top = options("homework", __doc__)
    top.add_argument("sizes", type=positive, nargs="*", default=[10, 100, 1000], metavar="N")
    top.add_argument("--jobs", type=positive, default=2)
    top.set_defaults(rounds=1)
    given = top.parse_args(arguments)
    study = begin("homework", given, jobs=given.jobs)
    contestants = {
        f"{size} submissions": lambda size=size: apart(size, given.jobs) for size in given.sizes
    }
    rows = [row for rows in interleaved(study, contestants, given.rounds).values() for row in rows]
    for row in rows:
        print("  ".join(f"{name} {value}" for name, value in row.items()))
    if rows[-1]["answers"] > rows[0]["answers"]:
        first, last = rows[0], rows[-1]
        more = (last["seconds"] - first["seconds"]) / (last["answers"] - first["answers"])
        print(f"each further answer took {more:.3f} s, the rest is starting up")
    return 0


if __name__ == "__main__":
    sys.exit(main())
