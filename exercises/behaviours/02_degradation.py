"""Inputs from the whole range that the exercise of chapter 2 allows, for the mutation engine."""

import random
from collections.abc import Callable

from grader.exercise import behaviour

Errors = tuple[float, float]


@behaviour("diagnose")
def behaviour_diagnose(diagnose: Callable[[Errors, Errors], str], seed: int) -> dict[str, object]:
    """Errors from 0 to 1; some are equal, others differ by very little."""
    draw = random.Random(seed)
    errors = [draw.choice([0.0, 1.0, draw.random(), draw.randint(0, 5) / 5]) for _ in "1234"]
    for n in (2, 3):
        if draw.random() < 0.4:
            near = errors[n - 2] + draw.choice([0, 0, 1e-3, -1e-3])
            errors[n] = min(1.0, max(0.0, near))
    return {"word": str(diagnose((errors[0], errors[1]), (errors[2], errors[3])))}


EQUIVALENT = {
    "diagnose": {
        "the last of two errors is error 1": [
            "diagnose: return 'overfitting' if deep[1] > shallow[1] else 'neither' → "
            "return 'overfitting' if deep[-1] > shallow[1] else 'neither'",
            "diagnose: return 'overfitting' if deep[1] > shallow[1] else 'neither' → "
            "return 'overfitting' if deep[1] > shallow[-1] else 'neither'",
        ],
    },
}
