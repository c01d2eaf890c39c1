"""Read the plain values that come out of the sandbox, believing none of what they say.

`grader.inside.encoding` writes them. This half runs in the grader: it needs no torch, executes
nothing, and turns every surprise into a sentence.
"""

import json
import math
import re
from typing import Any

import numpy as np

MAX_HEADER = 2**18
MAX_RECORDS = 1000
DTYPE = re.compile(r"(?:\|[biu]1|<[iu][248]|<f[248]|<c(?:8|16))\Z")
# No set: what is looked up in it may be a list, which can't be hashed.
RECORDS = ("started", "context", "skipped", "cell", "error", "values")
Value = None | bool | int | float | str | np.ndarray | list[Any]


class MalformedRecord(Exception):
    """The bytes are no record; the message says what is wrong with them."""


class ByteReader:
    """Takes bytes off the front of ``data``."""

    def __init__(self, data: bytes):
        self.data, self.at = memoryview(data), 0

    def take(self, count: int) -> memoryview:
        """The next ``count`` bytes."""
        if count > len(self.data) - self.at:
            raise MalformedRecord("it ends in the middle of a record")
        self.at += count
        return self.data[self.at - count : self.at]

    @property
    def left(self) -> int:
        """How many bytes are left."""
        return len(self.data) - self.at


def rebuild(described: object, reader: ByteReader) -> Value:
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
    raise MalformedRecord("a value is none of the plain types")


def rebuild_array(dtype: str, shape: list[Any], reader: ByteReader) -> np.ndarray:
    """The array of this type and shape from the bytes that follow."""
    if not DTYPE.match(dtype):
        raise MalformedRecord("an array has a type that is not allowed")
    if len(shape) > 32 or any(type(n) is not int or not 0 <= n < 2**31 for n in shape):
        raise MalformedRecord("an array has an impossible shape")
    count = math.prod(shape)
    size = np.dtype(dtype).itemsize
    if math.prod(max(n, 1) for n in shape) * size >= 2**31:  # NumPy refuses some of no elements
        raise MalformedRecord("an array has an impossible shape")
    if count * size > reader.left:
        raise MalformedRecord("an array is larger than the bytes that came with it")
    raw = reader.take(count * size)
    if dtype == "|b1":  # a byte other than 0 and 1 would be a truth value that numpy miscounts
        return (np.frombuffer(raw, "|u1") != 0).reshape(shape)
    return np.frombuffer(raw, dtype).reshape(shape)


def header(reader: ByteReader) -> dict[str, Any]:
    """The next record's header, checked."""
    length = int.from_bytes(reader.take(4), "little")
    if length > MAX_HEADER:
        raise MalformedRecord("a record's header is too long")
    try:
        found = json.loads(bytes(reader.take(length)))
    except (ValueError, RecursionError):
        raise MalformedRecord("a record's header is no JSON") from None
    if not isinstance(found, dict) or found.get("kind") not in RECORDS:
        raise MalformedRecord("a record is of no known kind")
    kind, probe = found["kind"], found.get("probe")
    if (type(probe) is int) != (kind in ("values", "error")):
        raise MalformedRecord("a record does not say which probe it answers")
    texts = {"skipped": ("label", "type", "text"), "values": (), "started": ()}.get(
        kind, ("type", "text")
    )
    for text in texts:
        if not isinstance(found.get(text), str):
            raise MalformedRecord("a record lacks a text")
        found[text] = one_line(found[text])
    if kind == "values" and not isinstance(found.get("values"), dict):
        raise MalformedRecord("a record lacks its values")
    return found


def decode(data: bytes) -> tuple[list[dict[str, Any]], str]:
    """The records in ``data``, and what is wrong with the rest, if anything is.

    Records that came whole count, whatever follows them: a process that was killed leaves half
    a record, and one that writes rubbish into the pipe spoils only what it has yet to say.
    """
    reader = ByteReader(data)
    records: list[dict[str, Any]] = []
    try:
        while reader.left:
            if len(records) == MAX_RECORDS:
                raise MalformedRecord("there are too many records")
            found = header(reader)
            if found["kind"] == "values":
                values = found["values"].items()
                found["values"] = {key: rebuild(value, reader) for key, value in values}
            records.append(found)
    except (MalformedRecord, RecursionError) as error:
        return records, str(error)
    return records, ""


def one_line(text: str, limit: int = 300) -> str:
    """``text`` from outside as one printable line, the same in every run.

    Addresses of objects go, because a grade's reason must not change from run to run.
    """
    text = re.sub(r"\b0x[0-9a-fA-F]+", "0x…", text)
    text = "".join(c if c.isprintable() else " " for c in text)
    return text[:limit].strip()
