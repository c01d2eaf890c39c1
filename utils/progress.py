"""What a reader has done: chapters begun, guesses made, checks passed. It stays on this machine.

The first cell of a chapter calls `watch`, and from then on a check that passes is noted in
``build/progress.json``, or the file that ``COURSE_PROGRESS`` names (``off``: nowhere). Guesses are
kept by `utils.predictions`. Nothing is sent anywhere: `show` prints it, `save` writes it to a file
of the reader's choice, `forget` erases it. The web site keeps the same in the browser.
"""

import json
import os
import re
import sys
import time
from pathlib import Path
from typing import Any

from utils import files

COURSE = Path(__file__).parent.parent
HERE = COURSE / "build" / "progress.json"
CHECK = re.compile(r"^# @check (\w+(?:: .+)?)$", re.MULTILINE)
watched: set[int] = set()  # shells that report already


def file() -> Path:
    """Where it is kept."""
    return Path(os.environ.get("COURSE_PROGRESS") or HERE)


def kept() -> dict[str, dict[str, str]]:
    """``"chapters"`` and ``"checks"``, each from a name to the day on which it was first noted.

    Raises
    ------
    ValueError
        When the file is damaged.
    """
    found: dict[str, dict[str, str]] = {"chapters": {}, "checks": {}}
    if not file().exists():
        return found
    try:
        stored = json.loads(file().read_text(encoding="utf-8"))
        return {key: dict(stored.get(key, {})) for key in found}
    except (ValueError, AttributeError, TypeError):
        raise ValueError(f"{file()} is damaged; delete it to begin anew.") from None


def note(kind: str, name: str) -> None:
    """Keep that a chapter was begun or a check passed; the first day counts."""
    entries = kept()
    if name in entries[kind]:
        return
    entries[kind][name] = time.strftime("%Y-%m-%d")
    file().parent.mkdir(parents=True, exist_ok=True)
    files.write(file(), json.dumps(entries, indent=1) + "\n")


def watch() -> None:
    """Note from now on, in a notebook, which checks pass; elsewhere do nothing."""
    shell: Any = sys.modules["IPython"].get_ipython() if "IPython" in sys.modules else None
    events: Any = getattr(shell, "events", None)
    if os.environ.get("COURSE_PROGRESS") == "off":
        return
    if not hasattr(events, "register") or id(shell) in watched:
        return
    watched.add(id(shell))
    events.register("post_run_cell", passed)
    # Jupyter's servers name the notebook so; elsewhere which chapter it is stays unknown.
    chapter = Path(os.environ.get("JPY_SESSION_NAME", "")).stem
    if re.match(r"\d\d-", chapter):
        quietly("chapters", chapter)


def passed(result: Any) -> None:
    """What the notebook calls after each cell: a check without an error is one that passed."""
    if result.success and (found := CHECK.search(result.info.raw_cell or "")):
        quietly("checks", found[1])


def quietly(kind: str, name: str) -> None:
    """`note`, but a full disk or a damaged file is said in a line and disturbs no cell."""
    try:
        note(kind, name)
    except (OSError, ValueError) as error:
        print(f"(Your progress is not kept: {error})", file=sys.stderr)


def there() -> dict[str, list[str]]:
    """The checks of each chapter of this course."""
    found = {}
    for path in sorted(COURSE.glob("chapters/*.ipynb")):
        cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
        found[path.stem] = [
            check for cell in cells if cell["cell_type"] == "code"
            for check in CHECK.findall("".join(cell["source"]))
        ]  # fmt: skip
    return found


def show() -> None:
    """Print what is kept: chapter by chapter, and how the guesses came out."""
    from utils import predictions

    mine, guesses = kept(), predictions.kept()
    print(f"{'chapter':<28} {'begun':<12} checks passed")
    for chapter, checks in there().items():
        done = sum(check in mine["checks"] for check in checks)
        said = f"{done} of {len(checks)}" if checks else "none to pass"
        print(f"{chapter:<28} {mine['chapters'].get(chapter, 'not yet'):<12} {said}")
    good = sum(predictions.verdict(g["guess"], g["measured"]) in ("right", "close")
               for g in guesses.values())  # fmt: skip
    print(f"{len(guesses)} guesses, {good} of them right or close; `predictions.scatter()` draws "
          "those in numbers.")  # fmt: skip


def save(path: str | Path) -> None:
    """Write all that is kept, guesses too, to a JSON file."""
    from utils import predictions

    path = Path(path).expanduser()
    files.write(path, json.dumps(kept() | {"guesses": predictions.kept()}, indent=1) + "\n")
    print(f"written to {path}")


def forget() -> None:
    """Erase all that is kept, guesses too."""
    from utils import predictions

    file().unlink(missing_ok=True)
    predictions.forget()
