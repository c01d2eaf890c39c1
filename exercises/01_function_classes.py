"""Probes and wrong answers for the exercises of chapter 1."""

import random
from collections.abc import Callable

import torch

from grader.exercise import probe, wrong


@probe("staircase", "values", "the staircase is not the closest one", points=2)
def probe_staircase(
    staircase: Callable[[torch.Tensor, int], torch.Tensor], seed: int
) -> dict[str, object]:
    """Numbers of both signs, small and large, few and many; then others of the same shape."""
    draw, chance = random.Random(seed), torch.Generator().manual_seed(seed)
    found: dict[str, object] = {}
    long = draw.randint(17, 20), draw.randint(13, 16)
    odd, even = draw.choice([3, 5, 7]), draw.choice([2, 4, 6])
    cases = [(even, odd), (odd, odd), *((steps, draw.randint(1, 9)) for steps in range(1, 10))]
    for size in (1, 0.02, 500):
        for steps, each in [*cases, (2, 1), (1, 2), (1, 1), (odd, even), long, long]:
            y = size * torch.randn(steps * each, generator=chance)
            y[-1] *= 90 if size == 1 else 1  # large numbers in the first calls, too
            given = y.clone()
            name = f"{len(found)}: {steps} of {each}"
            found |= {name: staircase(given, steps), f"{name}, argument": given}
    return found


@wrong(
    "staircase",
    "median",
    "each step has the median of its piece; the mean has the smaller squared distance",
)
def median(y: torch.Tensor, n: int) -> torch.Tensor:
    means = y.reshape(n, -1).median(dim=1).values
    return means.repeat_interleave(len(y) // n)


@wrong(
    "staircase",
    "middle-of-range",
    "each step lies halfway between its piece's smallest and largest value",
)
def middle_of_range(y: torch.Tensor, n: int) -> torch.Tensor:
    means = y.reshape(n, -1).aminmax(dim=1).min / 2 + y.reshape(n, -1).amax(1) / 2
    return means.repeat_interleave(len(y) // n)


@wrong("staircase", "first-value", "each step has the first value of its piece")
def first_value(y: torch.Tensor, n: int) -> torch.Tensor:
    means = y.reshape(n, -1).select(1, 0)
    return means.repeat_interleave(len(y) // n)


@wrong(
    "staircase", "one-value-a-step", "one value a step comes back, not one for each of the numbers"
)
def one_value_a_step(y: torch.Tensor, n: int) -> torch.Tensor:
    means = y.reshape(n, -1).mean(dim=1)
    return means


@wrong(
    "staircase", "not-in-pieces", "the pieces are not contiguous: every n-th number was averaged"
)
def not_in_pieces(y: torch.Tensor, n: int) -> torch.Tensor:
    means = y.reshape(-1, n).mean(dim=0)
    return means.repeat_interleave(len(y) // n)


@probe("contains", "pairs", "for some pair the answer is wrong", points=2)
def probe_contains(steps_contain: Callable[[int, int], bool], seed: int) -> dict[str, object]:
    draw = random.Random(seed)
    pairs = [(large, small) for large in range(1, 20) for small in range(1, 20)]
    smalls = [draw.randint(20, 999) for _ in range(20)]
    pairs += [(draw.randint(1, 12) * small + draw.choice([0, 0, 1, -1]), small) for small in smalls]
    pairs += [(draw.randint(1, 3000), draw.randint(1, 300)) for _ in range(2000)]
    return {"pairs": [bool(steps_contain(large, small)) for large, small in pairs]}


@wrong("contains", "larger-is-enough", "a larger class need not contain a smaller one")
def larger_is_enough(large: int, small: int) -> bool:
    return large >= small


@wrong("contains", "reversed", "large and small are exchanged")
def exchanged_arguments(large: int, small: int) -> bool:
    return small % large == 0


@wrong(
    "contains",
    "common-divisor",
    "a common divisor is not enough; each end of a step must be one of the other",
)
def common_divisor(large: int, small: int) -> bool:
    return large >= small and any(large % k == small % k == 0 for k in range(2, small + 1))


@wrong("contains", "not-itself", "a class contains itself, too")
def not_itself(large: int, small: int) -> bool:
    return large % small == 0 and large != small
