"""Probes and wrong answers for the exercises of chapter 2."""

import random
from collections.abc import Callable

from grader.exercise import probe, wrong


@probe("diagnose", "cases", "for some pair of networks the diagnosis is wrong", points=2)
def probe_diagnose(
    diagnose: Callable[[tuple[float, ...], tuple[float, ...]], str], seed: int
) -> dict[str, object]:
    """Errors drawn from 0 to 1, of which many are equal or nearly equal."""
    draw, pairs = random.Random(seed), []
    for _ in range(400):
        shallow = draw.uniform(0, 1), draw.uniform(0, 1)
        near = [one + draw.choice([0, 0.003, -0.003]) for one in shallow]
        deep = [draw.choice([close, draw.uniform(0, 1)]) for close in near]
        pairs.append((shallow, (deep[0], deep[1])))
    return {"words": [str(diagnose(shallow, deep)) for shallow, deep in pairs]}


@wrong(
    "diagnose",
    "test-error-first",
    "whether it is degradation is decided by the training error, not by the test error",
)
def test_error_first(shallow: tuple[float, float], deep: tuple[float, float]) -> str:
    if deep[1] > shallow[1]:
        return "degradation"
    return "overfitting" if deep[1] > shallow[1] else "neither"


@wrong(
    "diagnose", "gap", "a larger gap between test and training error is not overfitting in itself"
)
def gap(shallow: tuple[float, float], deep: tuple[float, float]) -> str:
    if deep[0] > shallow[0]:
        return "degradation"
    return "overfitting" if deep[1] - deep[0] > shallow[1] - shallow[0] else "neither"


@wrong("diagnose", "exchanged", "degradation and overfitting are exchanged")
def exchanged(shallow: tuple[float, float], deep: tuple[float, float]) -> str:
    if deep[0] > shallow[0]:
        return "overfitting"
    return "degradation" if deep[1] > shallow[1] else "neither"


@wrong("diagnose", "both-must-rise", "degradation asks for the training error alone")
def both_must_rise(shallow: tuple[float, float], deep: tuple[float, float]) -> str:
    if deep[0] > shallow[0] and deep[1] > shallow[1]:
        return "degradation"
    return "overfitting" if deep[1] > shallow[1] else "neither"
