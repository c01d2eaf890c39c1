"""How long a chapter runs: measured, kept in ``results/running_times.json``, written into its head.

``python tools/nb_time.py record CHAPTER SECONDS`` adds a measurement on this machine.
"""

import json
import os
import re
import sys
import time
from pathlib import Path

TIMES = ("<!-- time -->", "<!-- /time -->")
FILE = Path(__file__).parent.parent / "results" / "running_times.json"


def measured() -> dict[str, dict]:
    """All measurements: by chapter, then by budget."""
    return json.loads(FILE.read_text(encoding="utf-8")) if FILE.exists() else {}


def fill(text: str, chapter: str) -> str:
    """Return a chapter's Markdown with its running time, where it has been measured."""
    found = measured().get(chapter, {})
    if not found:
        return text
    words = [
        f"{said(entry['seconds'])} at budget `{budget}` ({entry['machine']}, {entry['date']})"
        for budget, entry in found.items()
    ]
    if "gpu" not in found:
        words.append("not yet measured on a GPU")
    line = f"{TIMES[0]}\n*Running time*, measured: {'; '.join(words)}.\n{TIMES[1]}"
    region = re.compile(f"{re.escape(TIMES[0])}.*?{re.escape(TIMES[1])}", re.DOTALL)
    return region.sub(lambda _: line, text, count=1)


def said(seconds: float) -> str:
    """Seconds as people say them: to 5 s below two minutes, to a minute above."""
    if seconds < 120:
        return f"{max(5, 5 * round(seconds / 5))} s"
    return f"{round(seconds / 60)} min"


def record(chapter: str, seconds: float, budget: str) -> None:
    """Keep a measurement made on this machine."""
    from utils import runtime

    times = measured()
    times.setdefault(chapter, {})[budget] = {
        "seconds": round(seconds, 1),
        "machine": f"{os.cpu_count()} CPU cores, {runtime.describe_device(runtime.device())}",
        "date": time.strftime("%Y-%m-%d", time.gmtime()),
    }
    partial = FILE.with_suffix(f".{os.getpid()}.part")
    partial.write_text(json.dumps(dict(sorted(times.items())), indent=1) + "\n", encoding="utf-8")
    partial.replace(FILE)


if __name__ == "__main__":
    if len(sys.argv) != 4 or sys.argv[1] != "record":
        sys.exit("Usage: python tools/nb_time.py record CHAPTER SECONDS")
    sys.path.insert(0, str(FILE.parent.parent))
    record(sys.argv[2], float(sys.argv[3]), os.environ.get("COURSE_BUDGET") or "cpu")
