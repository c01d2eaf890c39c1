"""How long grading takes, and whether that and its memory grow with the class.

    python -m benchmarks.homework [N ...] [--jobs 2] [--record]

Generates classes of N submissions (10, 100, 1,000) of the toy homework that the tests use, in all
the forms that students hand in, grades them, and prints seconds an answer and the largest memory
of the grader and of its warm processes. With ``--record`` it writes ``results/homework.json``.
"""

import argparse
import json
import os
import sys
import tempfile
import threading
import time
from pathlib import Path

from grader.grade import grade_class

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "tests" / "grader"))
from test_toy import ANSWERS, BLOCK, BLOCK_MUTANTS, STYLES, cells  # noqa: E402


def write_class(folder: Path, count: int) -> None:
    """``count`` submissions: right and wrong in turn, no two the same, all forms."""
    forms = list(STYLES.items())
    for number in range(count):
        name, form = forms[number % len(forms)]
        block = BLOCK if number % 2 else BLOCK_MUTANTS[number // 2 % len(BLOCK_MUTANTS)].code
        text = form(cells(block + f"# student {number}\n"))
        (folder / f"student-{number:04d}{Path(name).suffix}").write_text(text)


def memory(pid: int) -> float:
    """MB that no one else would free if this process ended (USS)."""
    try:
        text = Path(f"/proc/{pid}/smaps_rollup").read_text()
    except OSError:
        return 0.0  # it ended meanwhile
    private = [line for line in text.splitlines() if line.startswith("Private_")]
    return sum(int(line.split()[1]) for line in private) / 1024


def warm_processes(pid: int) -> list[int]:
    """The zygotes below ``pid``: grader, bwrap, bwrap again, zygote."""
    below = [pid]
    for _ in range(3):
        below = [child for parent in below for child in children(parent)]
    return below


def children(pid: int) -> list[int]:
    """The processes that any thread of ``pid`` started."""
    found = []
    for path in Path(f"/proc/{pid}/task").glob("*/children"):
        try:
            found += map(int, path.read_text().split())
        except OSError:
            continue  # it ended meanwhile
    return found


class Watch(threading.Thread):
    """Looks twice a second at the memory of grader and zygotes."""

    def __init__(self):
        super().__init__(daemon=True)
        self.over = threading.Event()
        self.grader, self.zygote = 0.0, 0.0

    def run(self) -> None:
        """Keep the largest values seen."""
        while not self.over.wait(0.5):
            self.grader = max(self.grader, memory(os.getpid()))
            self.zygote = max([self.zygote, *map(memory, warm_processes(os.getpid()))])


def measure(count: int, jobs: int) -> dict[str, float]:
    """Grade a class of ``count``."""
    with tempfile.TemporaryDirectory() as folder:
        submissions = Path(folder) / "submissions"
        submissions.mkdir()
        write_class(submissions, count)
        watch = Watch()
        watch.start()
        began = time.perf_counter()
        status = grade_class(
            ANSWERS, submissions, Path(folder) / "out", jobs=jobs, seed="benchmark", progress=str
        )
        seconds = time.perf_counter() - began
        watch.over.set()
    if status:
        raise SystemExit(status)
    return {
        "submissions": count,
        "answers": count * len(ANSWERS),
        "seconds": round(seconds, 1),
        "seconds_per_answer": round(seconds / (count * len(ANSWERS)), 3),
        "grader_mb": round(watch.grader),
        "zygote_mb": round(watch.zygote),
    }


def main() -> None:
    """Measure each size and print a line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("sizes", type=int, nargs="*", default=[10, 100, 1000])
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--record", action="store_true", help="write results/homework.json")
    options = parser.parse_args()
    rows = []
    for size in options.sizes:
        rows.append(measure(size, options.jobs))
        print("  ".join(f"{name} {value}" for name, value in rows[-1].items()), flush=True)
    if len(rows) > 1:
        first, last = rows[0], rows[-1]
        more = (last["seconds"] - first["seconds"]) / (last["answers"] - first["answers"])
        print(f"each further answer took {more:.3f} s, the rest is starting up")
    if options.record:
        from utils.device import machine

        found = {"machine": machine(), "jobs": options.jobs, "rows": rows}
        path = ROOT / "results" / "homework.json"
        path.write_text(json.dumps(found, indent=1) + "\n", "utf-8")


if __name__ == "__main__":
    main()
