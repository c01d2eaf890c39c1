"""Compare plain values with those of the solution: how they differ, in words.

No expected value ever gets into the words, and nothing that it follows from: not by how much or in
which direction values differ, nor in how many places or in which, for whoever hands in again and
again could add that up. Types and shapes may be named.
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
    if isinstance(got, int) and isinstance(expected, int):
        return "differs"
    try:
        off = abs(float(got) - float(expected))
    except OverflowError:
        return "differs"
    return None if off <= tolerance + tolerance * abs(expected) < math.inf else "differs"


def differ_arrays(got: np.ndarray, expected: np.ndarray, tolerance: float) -> str | None:
    """How two arrays differ, if they do: in shape, in type, or in their values."""
    if got.shape != expected.shape:
        return f"has shape {got.shape} where {expected.shape} is expected"
    kinds = [KINDS.get(array.dtype.kind, "complex numbers") for array in (got, expected)]
    if kinds[0] != kinds[1]:
        return f"holds {kinds[0]} where {kinds[1]} are expected"
    if got.dtype.kind not in "fc":
        return None if np.array_equal(got, expected) else "differs"
    got, expected = (a.astype("c16" if a.dtype.kind == "c" else "f8") for a in (got, expected))
    with np.errstate(all="ignore"):
        if np.isclose(got, expected, rtol=tolerance, atol=tolerance, equal_nan=True).all():
            return None
    return "holds NaN" if np.isnan(got).any() and not np.isnan(expected).any() else "differs"


def differ(got: Value, expected: Value, tolerance: float) -> str | None:
    """How ``got`` differs from ``expected``, as the end of a sentence, or None."""
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
        text = next(filter(None, found), None)
        return text if text in (None, "differs") else f"has an entry that {text}"
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
