"""Plain values, from tensors to bytes.

A record on the pipe is the length of a header (4 bytes, little-endian), the header as JSON, and
the arrays it announces as raw little-endian bytes. Never pickle: reading it would run code.
"""

import json
from typing import Any

import numpy as np
import torch

MAX_BYTES = 4 * 2**20  # of all values of one probe
DTYPES = "biufc"  # NumPy's kinds: bool, integers, floats, complex


class NotPlain(Exception):
    """A value is of a type that does not cross the pipe."""


# Taken before any student's code runs. It keeps an honest accident (a patched `torch.clone`)
# from spoiling values; safety does not rest on it, the comparison is made elsewhere.
Tensor, Parameter = torch.Tensor, torch.nn.Parameter
detach, cpu, contiguous = torch.Tensor.detach, torch.Tensor.cpu, torch.Tensor.contiguous
conj, neg, numpy = torch.Tensor.resolve_conj, torch.Tensor.resolve_neg, torch.Tensor.numpy
to = torch.Tensor.to
dumps = json.dumps


def tensor_to_array(value: torch.Tensor) -> np.ndarray:
    """``value`` as an array; bfloat16, which NumPy lacks, becomes float32."""
    if value.is_meta:
        raise NotPlain("a tensor on the device `meta`, which has a shape and no values")
    value = cpu(detach(value))
    if value.layout is not torch.strided or value.is_quantized:
        raise NotPlain("a sparse or quantized tensor; return a dense one")
    if value.dtype is torch.bfloat16:
        value = to(value, torch.float32)
    return numpy(contiguous(neg(conj(value))))


def describe(value: Any, blobs: list[bytes]) -> list[Any]:
    """``value`` as JSON, its arrays' bytes appended to ``blobs``. Only exact types pass."""
    kind = type(value)
    if value is None:
        return ["none"]
    if kind in (bool, int, float, str):
        return [kind.__name__, value]
    if kind in (list, tuple):
        return ["list", [describe(item, blobs) for item in value]]
    if kind is Tensor or kind is Parameter:
        value, kind = tensor_to_array(value), np.ndarray
    if kind is np.ndarray and value.dtype.kind in DTYPES:
        array = np.ascontiguousarray(value).astype(value.dtype.newbyteorder("<"), copy=False)
        blobs.append(array.tobytes())
        return ["array", array.dtype.str, list(value.shape)]
    if issubclass(kind, np.generic) and value.dtype.kind in "biuf":
        return describe(value.item(), blobs)
    raise NotPlain(
        f"a value of type {kind.__name__}; plain values are tensors, arrays, numbers, booleans, "
        "strings and lists of these"
    )


def encode(kind: str, probe: int | None = None, **fields: object) -> bytes:
    """One record. ``values``, if among ``fields``, is a dict of plain values.

    Raises
    ------
    NotPlain
        When a value is none of the plain types, or all of them are too large.
    """
    blobs: list[bytes] = []
    if "values" in fields:
        values = fields["values"]
        if type(values) is not dict or any(type(key) is not str for key in values):
            raise NotPlain(f"a probe returning {type(values).__name__}, not a dict of named values")
        fields["values"] = {key: describe(value, blobs) for key, value in values.items()}
    header = dumps({"kind": kind, "probe": probe, **fields}).encode()
    whole = b"".join([len(header).to_bytes(4, "little"), header, *blobs])
    if len(whole) > MAX_BYTES:
        raise NotPlain(f"{len(whole):,} bytes of values; at most {MAX_BYTES:,} cross the pipe")
    return whole
