"""Read what came out of the sandbox, believing none of it, and compare it with the reference.

The writing half is `grader.inside.plain`. This half runs in the grader: it needs no torch,
executes nothing, and turns every surprise into a sentence.
"""

import json
import math
import re

import numpy as np

MAX_HEADER = 2**18
MAX_RECORDS = 1000
DTYPE = re.compile(r"(?:\|[biu]1|<[iu][248]|<f[248]|<c(?:8|16))\Z")
KINDS = {"b": "truth values", "i": "integers", "u": "integers", "f": "real numbers"}
# No set: what is looked up in it may be a list, which can't be hashed.
RECORDS = ("started", "context", "skipped", "cell", "error", "values")
Value = None | bool | int | float | str | np.ndarray | list


class Unreadable(Exception):
    """The bytes are no record; the message says what is wrong with them."""


class Reader:
    """Takes bytes off the front of ``data``."""

    def __init__(self, data: bytes):
        self.data, self.at = memoryview(data), 0

    def take(self, count: int) -> memoryview:
        """The next ``count`` bytes."""
        if count > len(self.data) - self.at:
            raise Unreadable("it ends in the middle of a record")
        self.at += count
        return self.data[self.at - count : self.at]

    @property
    def left(self) -> int:
        """How many bytes are left."""
        return len(self.data) - self.at


def rebuild(described: object, reader: Reader) -> Value:
    """The value that ``described``, a piece of a header, announces."""
    match described:
        case ["none"]:
            return None
        case ["bool", bool(value)] | ["str", str(value)]:
            return value
        case ["int" | "float", int(value) | float(value)] if not isinstance(value, bool):
            return value
        case ["list", list(items)]:
            return [rebuild(item, reader) for item in items]
        case ["array", str(dtype), list(shape)]:
            return rebuild_array(dtype, shape, reader)
    raise Unreadable("a value is none of the plain types")


def rebuild_array(dtype: str, shape: list, reader: Reader) -> np.ndarray:
    """The array of this type and shape from the bytes that follow."""
    if not DTYPE.match(dtype):
        raise Unreadable("an array has a type that is not allowed")
    if len(shape) > 32 or any(type(n) is not int or not 0 <= n < 2**31 for n in shape):
        raise Unreadable("an array has an impossible shape")
    count = math.prod(shape)
    size = np.dtype(dtype).itemsize
    if math.prod(max(n, 1) for n in shape) * size >= 2**31:  # NumPy refuses some of no elements
        raise Unreadable("an array has an impossible shape")
    if count * size > reader.left:
        raise Unreadable("an array is larger than the bytes that came with it")
    raw = reader.take(count * size)
    if dtype == "|b1":  # a byte other than 0 and 1 would be a truth value that numpy miscounts
        return (np.frombuffer(raw, "|u1") != 0).reshape(shape)
    return np.frombuffer(raw, dtype).reshape(shape)


def header(reader: Reader) -> dict:
    """The next record's header, checked."""
    length = int.from_bytes(reader.take(4), "little")
    if length > MAX_HEADER:
        raise Unreadable("a record's header is too long")
    try:
        found = json.loads(bytes(reader.take(length)))
    except (ValueError, RecursionError):
        raise Unreadable("a record's header is no JSON") from None
    if not isinstance(found, dict) or found.get("kind") not in RECORDS:
        raise Unreadable("a record is of no known kind")
    kind, probe = found["kind"], found.get("probe")
    if (type(probe) is int) != (kind in ("values", "error")):
        raise Unreadable("a record does not say which probe it answers")
    texts = {"skipped": ("label", "type", "text"), "values": (), "started": ()}.get(
        kind, ("type", "text")
    )
    for text in texts:
        if not isinstance(found.get(text), str):
            raise Unreadable("a record lacks a text")
        found[text] = one_line(found[text])
    if kind == "values" and not isinstance(found.get("values"), dict):
        raise Unreadable("a record lacks its values")
    return found


def decode(data: bytes) -> tuple[list[dict], str]:
    """The records in ``data``, and what is wrong with the rest, if anything is.

    Records that came whole count, whatever follows them: a process that was killed leaves half
    a record, and one that writes rubbish into the pipe spoils only what it has yet to say.
    """
    reader, records = Reader(data), []
    try:
        while reader.left:
            if len(records) == MAX_RECORDS:
                raise Unreadable("there are too many records")
            found = header(reader)
            if found["kind"] == "values":
                values = found["values"].items()
                found["values"] = {key: rebuild(value, reader) for key, value in values}
            records.append(found)
    except (Unreadable, RecursionError) as error:
        return records, str(error)
    return records, ""


def one_line(text: str, limit: int = 300) -> str:
    """``text`` from outside as one printable line, the same in every run.

    Addresses of objects go, because a grade's reason must not change from run to run.
    """
    text = re.sub(r"\b0x[0-9a-fA-F]+", "0x…", text)
    text = "".join(c if c.isprintable() else " " for c in text)
    return text[:limit].strip()


def kind_of(value: Value) -> str:
    """What ``value`` is, in a word or two."""
    if isinstance(value, np.ndarray):
        return f"an array of shape {value.shape}"
    names = {"NoneType": "nothing (None)", "bool": "a truth value", "str": "a text"}
    names |= {"int": "a number", "float": "a number", "list": "a list"}
    return names[type(value).__name__]


def is_number(value: Value) -> bool:
    """Whether ``value`` is a number, or an array that holds exactly one and has no axes."""
    if isinstance(value, np.ndarray):
        return value.shape == () and value.dtype.kind in "iuf"
    return isinstance(value, int | float) and not isinstance(value, bool)


def differ_numbers(got: float, expected: float, tolerance: float) -> str | None:
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
        return f"is {kind_of(got)} where {kind_of(expected)} is expected"
    if isinstance(got, np.ndarray):
        return differ_arrays(got, expected, tolerance)
    if isinstance(got, list):
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
