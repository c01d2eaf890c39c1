"""Grades one class in this process, and measures seconds and memory.

    python -m benchmarks.grading 100 2

`benchmarks.homework` starts it. It imports no more than a grader does, so that its memory is one's.
"""

import json
import os
import sys
import tempfile
import threading
import time
from pathlib import Path

from benchmarks.toy_homework import ANSWERS, BLOCK, BLOCK_MUTANTS, STYLES, cells
from grader.grade import grade_class


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
    """The fork servers below ``pid``: grader, bwrap, bwrap again, fork server."""
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
    """Looks twice a second at the memory of grader and fork servers."""

    def __init__(self):
        super().__init__(daemon=True)
        self.over = threading.Event()
        self.grader, self.fork_server = 0.0, 0.0

    def run(self) -> None:
        """Keep the largest values seen."""
        while not self.over.wait(0.5):
            self.grader = max(self.grader, memory(os.getpid()))
            self.fork_server = max([self.fork_server, *map(memory, warm_processes(os.getpid()))])


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
        "zygote_mb": round(watch.fork_server),
    }


if __name__ == "__main__":
    print(json.dumps(measure(*map(int, sys.argv[1:]))))
