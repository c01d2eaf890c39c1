"""Compare plain values with those of the solution: how they differ, in words.

No expected value ever gets into the words.
"""

import math
from typing import TypeGuard

import numpy as np

from grader.decoding import Value, one_line

Number = int | float | np.ndarray
KINDS = {"b": "truth values", "i": "integers", "u": "integers", "f": "real numbers"}


def type_in_words(value: Value) -> str:
    """What ``value`` is, in a word or two."""
    if isinstance(value, np.ndarray):
        return f"an array of shape {value.shape}"
    names = {"NoneType": "nothing (None)", "bool": "a truth value", "str": "a text"}
    names |= {"int": "a number", "float": "a number", "list": "a list"}
    return names[type(value).__name__]


def is_number(value: Value) -> TypeGuard[Number]:
    """Whether ``value`` is a number, or an array that holds exactly one and has no axes."""
    if isinstance(value, np.ndarray):
        return value.shape == () and value.dtype.kind in "iuf"
    return isinstance(value, int | float) and not isinstance(value, bool)


def differ_numbers(got: Number, expected: Number, tolerance: float) -> str | None:
    """How two numbers differ, if they do."""
    got, expected = (v.item() if isinstance(v, np.ndarray) else v for v in (got, expected))
    if got == expected or (got != got and expected != expected):
        return None
    try:
        off = abs(float(got) - float(expected))
        whole = isinstance(got, int) and isinstance(expected, int)
        if not whole and off <= tolerance + tolerance * abs(expected) < math.inf:
            return None
    except OverflowError:
        off = math.inf
    return f"is off by {off:.3g}"


def differ_arrays(got: np.ndarray, expected: np.ndarray, tolerance: float) -> str | None:
    """How two arrays differ, if they do: in shape, in type, or in their largest deviation."""
    if got.shape != expected.shape:
        return f"has shape {got.shape} where {expected.shape} is expected"
    kinds = [KINDS.get(array.dtype.kind, "complex numbers") for array in (got, expected)]
    if kinds[0] != kinds[1]:
        return f"holds {kinds[0]} where {kinds[1]} are expected"
    if got.dtype.kind not in "fc":
        wrong = int((got != expected).sum())
        return f"differs in {wrong} of {got.size} elements" if wrong else None
    got, expected = (a.astype("c16" if a.dtype.kind == "c" else "f8") for a in (got, expected))
    with np.errstate(all="ignore"):
        if np.isclose(got, expected, rtol=tolerance, atol=tolerance, equal_nan=True).all():
            return None
        if np.isnan(got).any() and not np.isnan(expected).any():
            return "holds NaN"
        return f"is off by up to {np.nanmax(np.abs(got - expected)):.3g}"


def differ(got: Value, expected: Value, tolerance: float) -> str | None:
    """How ``got`` differs from ``expected``, as the end of a sentence, or None.

    No expected value ever gets into the sentence.
    """
    if is_number(got) and is_number(expected):
        return differ_numbers(got, expected, tolerance)
    if type(got) is not type(expected):
        return f"is {type_in_words(got)} where {type_in_words(expected)} is expected"
    if isinstance(got, np.ndarray) and isinstance(expected, np.ndarray):
        return differ_arrays(got, expected, tolerance)
    if isinstance(got, list) and isinstance(expected, list):
        if len(got) != len(expected):
            return f"has {len(got)} entries where {len(expected)} are expected"
        pairs = zip(got, expected, strict=True)
        found = (differ(mine, theirs, tolerance) for mine, theirs in pairs)
        return next((f"in entry {n} {text}" for n, text in enumerate(found) if text), None)
    return None if got == expected else "differs"


def compare(got: dict[str, Value], expected: dict[str, Value], tolerance: float) -> str | None:
    """How the values of a probe differ from the reference's, or None when they agree."""
    for key in expected:
        if key not in got:
            return f"`{one_line(key)}` is missing"
        text = differ(got[key], expected[key], tolerance)
        if text:
            return f"`{one_line(key)}` {text}"
    extra = sorted(got.keys() - expected.keys())
    return f"`{one_line(extra[0], 60)}` is not expected" if extra else None
