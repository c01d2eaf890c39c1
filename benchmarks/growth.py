"""How the time and the memory of a training step grow with depth, batch and image size.

    python -m benchmarks.speed growth

Each configuration runs in a process of its own, whose peak memory the system counts; what the
process held before the step is taken off. The configurations take turns, and medians of the
rounds are compared. Exponents are the slopes of straight lines through the logarithms: 1 is growth
in proportion, 2 with the square. Networks of the CIFAR family, 6n+2 layers. With activation
checkpointing only the inputs of about sqrt(blocks) pieces are kept, and each piece is computed
again in the backward pass.
"""

import argparse
import json
import math
import statistics

from benchmarks.rounds import begin, interleaved, median
from benchmarks.step import STEPS
from utils.timing import in_a_process

DEPTHS, BATCHES, SIZES = (8, 20, 32, 56, 110), (32, 64, 128, 256), (14, 28, 56)


def apart(job: dict[str, int]) -> dict[str, float]:
    """A step's seconds and megabytes, in a process of its own."""
    return json.loads(in_a_process("-m", "benchmarks.step", json.dumps(job)))


def exponent(sizes: tuple[int, ...], values: list[float]) -> float:
    """The slope of the straight line through the logarithms."""
    logarithms = [[math.log(number) for number in numbers] for numbers in (sizes, values)]
    return statistics.linear_regression(*logarithms).slope


def sweeps() -> dict[str, tuple[tuple[int, ...], list[dict[str, int]]]]:
    """What grows, over which values, and the configurations."""
    usual = {"depth": 20, "batch": 64, "size": 28, "recompute": 0}
    return {
        "depth": (DEPTHS, [{**usual, "depth": depth} for depth in DEPTHS]),
        "depth, checkpointed": (
            DEPTHS, [{**usual, "depth": depth, "recompute": 1} for depth in DEPTHS],
        ),
        "batch": (BATCHES, [{**usual, "batch": batch} for batch in BATCHES]),
        "image side": (SIZES, [{**usual, "size": size} for size in SIZES]),
    }  # fmt: skip


def growth(given: argparse.Namespace) -> str:
    """(e) What is not measured yet is measured; the tables."""
    study = begin("growth", given, steps=STEPS)
    plan = sweeps()
    jobs = {json.dumps(job): job for _, found in plan.values() for job in found}
    contestants = {name: lambda job=job: apart(job) for name, job in jobs.items()}
    # A round fewer than the others have: fifteen processes take their time, and memory is steady.
    measured = interleaved(study, contestants, max(1, given.rounds - 1))
    lines = ["growth: a training step of CIFAR networks"]
    for name, (values, found) in plan.items():
        for key, unit in (("seconds", "s"), ("megabytes", "MB")):
            numbers = [median(measured[json.dumps(job)], key) for job in found]
            shown = "  ".join(f"{v}: {n:.3g}" for v, n in zip(values, numbers, strict=True))
            lines.append(f"  {name:20} {unit:2}  {shown}  exponent {exponent(values, numbers):.2f}")
    return "\n".join(lines)
