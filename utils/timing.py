"""How long things take, and how fast this machine can be at best."""

import os
import statistics
import subprocess
import sys
import time
from collections.abc import Callable

import torch
from torch.nn import functional as F


def wait(where: torch.device) -> None:
    """Wait until ``where`` is idle: a GPU computes while Python goes on."""
    if where.type == "cuda":
        torch.cuda.synchronize(where)


def timed(work: Callable[[], object], where: torch.device | None = None) -> float:
    """Seconds that ``work`` takes, with what it starts on ``where``."""
    where = where or torch.device("cpu")
    wait(where)
    began = time.perf_counter()
    work()
    wait(where)
    return time.perf_counter() - began


def fastest(work: Callable[[], object], where: torch.device | None = None) -> float:
    """The smallest of five times, in seconds, after one to warm up."""
    work()
    return min(timed(work, where) for _ in range(5))


def ratio(
    mine: Callable[[], object], other: Callable[[], object], rounds: int = 20,
    where: torch.device | None = None,
) -> float:  # fmt: skip
    """How many times as long ``mine`` takes as ``other``: the median of alternating rounds.

    Side by side both meet the same machine, and what slows down one slows down the other.
    """
    mine()
    other()
    return statistics.median(timed(mine, where) / timed(other, where) for _ in range(rounds))


def in_a_process(*arguments: str, **environment: str) -> str:
    """The output of a fresh Python with ``arguments``, which finds the modules that this one finds.

    In a process of its own, a measurement is not affected by the memory and threads of others.
    Raises RuntimeError, with the end of the error output, when the process fails.
    """
    paths = os.pathsep.join(path for path in sys.path if path)
    done = subprocess.run(
        [sys.executable, *arguments], capture_output=True, text=True,
        env={**os.environ, "PYTHONPATH": paths, **environment},
    )  # fmt: skip
    if done.returncode:
        words = "\n".join(done.stderr.strip().splitlines()[-20:]) or "it said nothing"
        raise RuntimeError(
            f"The process that was to measure ended with exit status {done.returncode}:\n{words}"
        )
    return done.stdout


def multiply_add_rates(
    where: torch.device, dtype: torch.dtype = torch.float32
) -> dict[str, float]:  # fmt: skip
    """Multiply-adds per second of three kinds of matrix product; the largest is the peak.

    The three are ``torch.mm`` and convolutions of 1x1 and 3x3, which are matrix products to the
    library that computes them. Which one is the fastest depends on the library.
    """
    square = torch.rand(2048, 2048, device=where, dtype=dtype)
    images = torch.rand(16, 256, 32, 32, device=where, dtype=dtype)
    images = images.to(memory_format=torch.channels_last)
    rates = {"mm": 2048**3 / fastest(lambda: torch.mm(square, square), where)}
    for kernel in (1, 3):
        weight = torch.rand(256, 256, kernel, kernel, device=where, dtype=dtype)
        weight = weight.to(memory_format=torch.channels_last)
        work = lambda w=weight, k=kernel: F.conv2d(images, w, padding=k // 2)  # noqa: E731
        rates[f"{kernel}x{kernel}"] = weight.numel() * 16 * 32 * 32 / fastest(work, where)
    return rates


def bandwidth(where: torch.device, megabytes: int = 256) -> float:
    """Bytes per second between ``where`` and its memory, read and written, during a large copy."""
    source = torch.rand(megabytes * 2**18, device=where)
    target = torch.empty_like(source)
    return 2 * source.numel() * 4 / fastest(lambda: target.copy_(source), where)
