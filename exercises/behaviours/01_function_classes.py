"""Inputs from the whole range that the exercises of chapter 1 allow, for the mutation engine."""

import random
from collections.abc import Callable

import torch

from grader.exercise import behaviour


@behaviour("staircase")
def behaviour_staircase(
    staircase: Callable[[torch.Tensor, int], torch.Tensor], seed: int
) -> dict[str, object]:
    draw = random.Random(seed)
    steps = draw.choice([1, draw.randint(2, 9), draw.randint(10, 40)])
    length = steps * draw.choice([1, draw.randint(2, 9), draw.randint(10, 30)])
    y = torch.randn(length, generator=torch.Generator().manual_seed(seed))
    y = 10 ** draw.uniform(-2, 3) * (y + draw.choice([0, draw.uniform(-5, 5)]))
    given = y.clone()
    values = torch.as_tensor(staircase(given, steps))
    again = torch.as_tensor(staircase(y.flip(0), steps))
    return {"values": values, "again": again, "argument": given}


@behaviour("contains")
def behaviour_contains(steps_contain: Callable[[int, int], bool], seed: int) -> dict[str, object]:
    draw = random.Random(seed)
    small = draw.randint(1, draw.choice([3, 12, 100, 1000]))
    larges = [small * draw.randint(1, 12), draw.randint(1, 20), draw.randint(1, 2000)]
    return {"answers": [bool(steps_contain(large, small)) for large in larges]}


EQUIVALENT = {
    "staircase": {
        "the last axis of two is axis 1": [
            "staircase: means = y.reshape(n, -1).mean(dim=1) → "
            "means = y.reshape(n, -1).mean(dim=-1)",
        ],
    },
    "contains": {
        "in Python a remainder by a positive number is never negative": [
            "steps_contain: return large % small == 0 → return large % small <= 0",
        ],
        "-0 is 0, and -1 is as true as 1": [
            "steps_contain: return large % small == 0 → return -(large % small == 0)",
        ],
        "what divides a number divides its negative": [
            "steps_contain: return large % small == 0 → return -large % small == 0",
        ],
        "twice a number is 0 where the number is": [
            "steps_contain: return large % small == 0 → return 2 * (large % small) == 0",
        ],
    },
}
