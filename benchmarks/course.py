"""How long grading the course's own exercises takes, and what strangers hand in does to it.

    python -m benchmarks.course [N ...] [--jobs 2] [--beside 20] [--fresh] [--record]

Generates classes of N students who answer every exercise of the course, rightly or with a known
mistake, grades each class in a process of its own, and prints seconds an answer, starting up and
the masters' own answers included. Then it grades what `benchmarks.strange_files` writes, alone and
among ordinary students, and says whether everyone has one row and nobody's row has changed.

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
        "--beside",
        type=positive,
        default=20,
        metavar="N",
        help="ordinary students beside the strange ones (default: %(default)s)",
    )
    top.set_defaults(rounds=1)
    given = top.parse_args(arguments)
    study = begin("course", given, jobs=given.jobs)
    contestants = {
        f"{size} students": lambda size=size: apart("ordinary", size, given.jobs)
        for size in given.sizes
    }
    contestants[f"strange, beside {given.beside}"] = lambda: apart(
        "strange", given.beside, given.jobs
    )
    for name, (row,) in interleaved(study, contestants, given.rounds).items():
        print(f"{name}: " + "  ".join(f"{key} {value}" for key, value in row.items()))
    return 0


if __name__ == "__main__":
    sys.exit(main())
