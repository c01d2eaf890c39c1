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


@behaviour("rewrite")
def behaviour_rewrite(
    rewrite: Callable[[torch.Tensor, int], torch.Tensor | None], seed: int
) -> dict[str, object]:
    """Up to 60 steps of up to 3 numbers each, written with as many or with others."""
    draw = random.Random(seed)
    steps = draw.randint(1, draw.choice([2, 6, 60]))
    heights = torch.randint(-9, 9, (steps,), generator=torch.Generator().manual_seed(seed)) / 4
    heights = 10 ** draw.uniform(-2, 3) * heights.repeat_interleave(draw.randint(1, 3))
    found: dict[str, object] = {}
    for n in (steps, draw.randint(1, 80), steps * draw.randint(1, 5)):
        given = heights.clone()
        again = rewrite(given, n)
        found[f"in {n}"] = "no such staircase" if again is None else torch.as_tensor(again)
        found[f"in {n}, argument"] = given
    return found


EQUIVALENT = {
    "rewrite": {
        "as many copies twice over leave each piece constant or not, and its first nu"
        "mber the same": [
            "rewrite: pieces = heights.repeat_interleave(n).reshape(n, -1) → pieces = hei"
            "ghts.repeat_interleave(2 * n).reshape(n, -1)",
        ],
        "the numbers of a piece are equal": [
            "rewrite: return pieces[:, 0] → return pieces[:, -1]",
        ],
    },
    "staircase": {
        "the last axis of two is axis 1": [
            "staircase: means = y.reshape(n, -1).mean(dim=1) → "
            "means = y.reshape(n, -1).mean(dim=-1)",
        ],
    },
}
