"""How long a chapter runs: measured by ``make outputs``, kept in ``results/running_times.json``,
written into the chapter's head.
"""

import json
import os
import re
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
    """Keep a measurement made on this machine, with the budget it was made at."""
    from utils import recordings
    from utils.device import choose_device, cpu_model, describe_device

    where = choose_device()
    model = cpu_model() if where.type == "cpu" else describe_device(where)
    found = {
        "seconds": round(seconds, 1),
        "machine": f"{os.cpu_count()} CPU cores, {model}",
        "date": time.strftime("%Y-%m-%d", time.gmtime()),
        "command": recordings.command(),
    }

    def add(times: dict | None) -> dict:
        times = times or {}
        return dict(sorted({**times, chapter: times.get(chapter, {}) | {budget: found}}.items()))

    recordings.update(FILE, add)
