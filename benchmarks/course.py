"""How long grading the course's own exercises takes, and what strangers hand in does to it.

    python -m benchmarks.course [N ...] [--jobs 2] [--among N] [--fresh] [--record]

Generates classes of N students who answer every exercise of the course, rightly or with a known
mistake, grades each class in a process of its own, and prints seconds an answer, starting up and
the masters' own answers included, and how many answers got other points than they are worth. Then
it grades what `benchmarks.strange_files` writes, alone and as part of a class, and says whether
everyone has one row and whose row is another one than without the others.

A thousand students take about an hour and a half on two cores.
"""

import json
import sys

from benchmarks.rounds import begin, interleaved, options, positive
from utils.timing import in_a_process


def apart(kind: str, count: int, jobs: int) -> dict[str, float]:
    """One measurement of `benchmarks.classroom`, in a process of its own."""
    return json.loads(in_a_process("-m", "benchmarks.classroom", kind, str(count), str(jobs)))


def main(arguments: list[str] | None = None) -> int:
    """Measure what is not measured yet, and print a line for each."""
    top = options("course", __doc__)
    top.add_argument("sizes", type=positive, nargs="*", default=[10, 100], metavar="N")
    top.add_argument("--jobs", type=positive, default=2)
    top.add_argument(
        "--among",
        type=positive,
        default=100,
        metavar="N",
        help="students of the class in which the strange ones are (default: %(default)s)",
    )
    top.set_defaults(rounds=1)
    given = top.parse_args(arguments)
    study = begin("course", given, jobs=given.jobs)
    contestants = {
        f"{size} students": lambda size=size: apart("ordinary", size, given.jobs)
        for size in given.sizes
    }
    contestants["strange ones alone"] = lambda: apart("alone", 0, given.jobs)
    contestants[f"{given.among} students, strange ones among them"] = lambda: apart(
        "among", given.among, given.jobs
    )
    for name, (row,) in interleaved(study, contestants, given.rounds).items():
        print(f"{name}: " + "  ".join(f"{key} {value}" for key, value in row.items()))
    return 0


if __name__ == "__main__":
    sys.exit(main())
