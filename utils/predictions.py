"""What readers expect before an experiment, held against what it measured.

A chapter leaves the guess empty (``guess = ...``), and the cell after the experiment calls
`reveal`. Guesses are kept on the reader's machine, in ``build/guesses.json`` or the file that
``COURSE_GUESSES`` names, and nowhere else; `scatter` draws them at the end of the course.
"""

import json
import os
from collections.abc import Mapping
from pathlib import Path
from types import EllipsisType
from typing import Any

from utils import figures, files

HERE = Path(__file__).parent.parent / "build" / "guesses.json"
Answer = float | str | bool | list[int] | tuple[int, ...]
CLOSE = 0.05  # of what was measured: nearer is called close


def reveal(
    question: str,
    guess: Answer | EllipsisType,
    measured: Answer,
    replies: Mapping[str, str] | None = None,
) -> None:
    """Print what was guessed, what was measured, and what the guess says.

    Parameters
    ----------
    question : str
        What was asked, in a few words; the guess is kept under it.
    guess : number, str, bool, list or ...
        What the reader put in place of ``...``.
    measured : number, str, bool or list
        What the experiment found.
    replies : mapping of guess to str, optional
        Sentences for guesses that deserve one, such as a common mistake.
    """
    if guess is ...:
        print(f"{question}: {say(measured)}. (No guess yet: fill in the dots "
              "above.)")  # fmt: skip
        return
    if isinstance(guess, str):
        guess = guess.strip().lower()
    number = is_number(measured)
    if number != is_number(guess):
        kind = "a number" if number else "a word in quotation marks"
        print(f"{question}: {say(measured)}. (Your guess was {guess!r}; here {kind} is expected.)")
        return
    keep(question, guess, measured)
    print(f"{question}: you said {say(guess)}, measured {say(measured)}: "
          f"{verdict(guess, measured)}.")  # fmt: skip
    if replies and str(guess) in replies:
        print(replies[str(guess)])


def is_number(value: object) -> bool:
    """Whether ``value`` is a number and no truth value."""
    return isinstance(value, int | float) and not isinstance(value, bool)


def say(value: Any) -> str:
    """A value as people write it: three digits of a number."""
    return f"{value:.3g}" if isinstance(value, float) else str(value)


def verdict(guess: Any, measured: Any) -> str:
    """What became of a guess, in a few words."""
    if not is_number(measured):
        return "right" if guess == measured else "a surprise"
    off = abs(guess - measured)
    if off <= CLOSE * abs(measured):
        return "close"
    side = "high" if guess > measured else "low"
    if guess and measured and (ratio := max(guess / measured, measured / guess)) >= 2:
        return f"too {side} by a factor of {times(ratio)}"
    return f"too {side} by {off:.3g}"


def times(ratio: float) -> str:
    """A factor in two digits, or one after the point."""
    if ratio < 10:
        return f"{ratio:.1f}"
    return f"{float(f'{ratio:.2g}'):,.0f}" if ratio < 1e15 else f"{ratio:.3g}"


def file() -> Path:
    """Where guesses are kept."""
    return Path(os.environ.get("COURSE_GUESSES") or HERE)


def kept() -> dict[str, dict[str, Any]]:
    """All guesses so far, by question: the ``guess`` and what was ``measured``."""
    path = file()
    if not path.exists():
        return {}
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except ValueError:
        raise ValueError(f"{path} is damaged; delete it to begin anew.") from None
    return found if isinstance(found, dict) else {}


def keep(question: str, guess: Answer, measured: Answer) -> None:
    """Add a guess to those that are kept; a later one to the same question takes its place."""
    path = file()
    path.parent.mkdir(parents=True, exist_ok=True)
    entries = kept() | {question: {"guess": guess, "measured": measured}}
    files.write(path, json.dumps(entries, indent=1) + "\n")


def forget() -> None:
    """Delete all guesses."""
    file().unlink(missing_ok=True)


def scatter() -> "figures.Picture | None":
    """The reader's guesses, one dot each, against what was measured; None where there are none.

    Questions with a word for an answer are counted and printed instead.
    """
    entries = kept()
    words = [e for e in entries.values() if not is_number(e["measured"])]
    if words:
        right = sum(e["guess"] == e["measured"] for e in words)
        print(f"{right} of your {len(words)} answers in words were right.")
    pairs = [(e["measured"], e["guess"]) for e in entries.values() if is_number(e["measured"])]
    shown = [(m, g) for m, g in pairs if m > 0 and g > 0]
    if not shown:
        print("No guess in numbers is kept on this machine yet.")
        return None
    figure, axis = figures.canvas(width=4.6, height=4.4)
    low = min(min(pair) for pair in shown) / 1.5
    high = max(max(pair) for pair in shown) * 1.5
    axis.plot([low, high], [low, high], color=figures.INK, linewidth=1.2, linestyle=":")
    axis.plot(*zip(*shown, strict=True), linestyle="", marker="o", color=figures.COLOURS[0])
    axis.set(xscale="log", yscale="log", xlabel="measured", ylabel="guessed",
             xlim=(low, high), ylim=(low, high))  # fmt: skip
    close = sum(verdict(g, m) == "close" for m, g in shown)
    return figures.show(figure, f"{len(shown)} guesses against what was measured; {close} of them "
                                "were close.",
                        "Your guesses in numbers. On the dotted line they were right.")  # fmt: skip
