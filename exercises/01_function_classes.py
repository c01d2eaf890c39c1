"""Probes and wrong answers for the exercises of chapter 1."""

import random
from collections.abc import Callable, Iterator

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
            if size == 1:  # large means in the first calls, too
                y[-1] = draw.choice([-1, 1]) * draw.uniform(40, 90) * each
            given = y.clone()
            name = f"{len(found)}: {steps} of {each}"
            values = torch.as_tensor(staircase(given, steps))
            found |= {name: values / size, f"{name}, argument": given}
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


def equal_steps(draw: random.Random, steps: int, size: int, times: int) -> list[float]:
    """So many heights of up to ``size``, each written so many times."""
    heights = [float(draw.randint(-size, size)) for _ in range(steps)]
    return [height for height in heights for _ in range(times)]


def functions(draw: random.Random) -> Iterator[tuple[list[float], int, float]]:
    """Heights in whole numbers of a unit, in how many steps to write them, and the unit.

    The units are powers of two, so that sums are exact. The first functions can be written as asked
    and are large and long, then come small ones, and such as differ inside of a step alone.
    """
    counts = [draw.randint(2, 40) for _ in range(6)]
    for steps in (*counts[:2], draw.randint(98, 130), *counts[2:]):
        times = draw.choice([1, 2, 3, 7])
        yield equal_steps(draw, steps, 4000, times), steps * draw.randint(1, 3), 0.25
    yield equal_steps(draw, 1, 4000, 1), draw.randint(1, 3), 0.25
    for _ in range(12):
        steps, times = draw.randint(1, 40), draw.choice([1, 2, 3, 7])
        yield equal_steps(draw, steps, 100, times), steps * draw.randint(1, 3), 2.0**-11
    for _ in range(12):
        steps, size = draw.randint(1, 40), draw.choice([2, 8, 4000])
        heights = equal_steps(draw, steps, size, 3)
        heights[3 * draw.randrange(steps) + 1] += 1
        yield heights, steps, 0.25
    for _ in range(90):
        steps, size = draw.randint(1, draw.choice([2, 6, 40])), draw.choice([2, 8, 4000])
        heights = equal_steps(draw, steps, size, draw.choice([1, 2, 3, 7]))
        change = draw.random()
        if change < 0.3:
            heights[draw.randrange(len(heights))] += 1
        elif change < 0.5 and len(heights) > 1:
            del heights[draw.randrange(len(heights))]
        n = draw.choice([1, steps, steps * draw.randint(1, 5), draw.randint(1, 60)])
        yield heights, n, 0.25


@probe("rewrite", "functions", "some function is written wrongly, or said not to be one", points=2)
def probe_rewrite(
    rewrite: Callable[[torch.Tensor, int], torch.Tensor | None], seed: int
) -> dict[str, object]:
    """Functions that can be written with so many steps, and such as can't."""
    found: dict[str, object] = {}
    for number, (heights, n, unit) in enumerate(functions(random.Random(seed))):
        given = unit * torch.tensor(heights)
        again = rewrite(given, n)
        where = f"{number}: {len(heights)} steps in {n}"
        found[where] = "no such staircase" if again is None else torch.as_tensor(again) / unit
        found[f"{where}, argument"] = given / unit
    return found


@wrong(
    "rewrite",
    "judges-the-class",
    "None wherever the class does not contain the other; this function may be in both",
)
def judges_the_class(heights: torch.Tensor, n: int) -> torch.Tensor | None:
    if n % len(heights) != 0:
        return None
    return heights.repeat_interleave(n // len(heights))


@wrong("rewrite", "larger-is-enough", "more steps need not be able to do what fewer can")
def larger_is_enough(heights: torch.Tensor, n: int) -> torch.Tensor | None:
    if n < len(heights):
        return None
    return heights[torch.arange(n) * len(heights) // n]


@wrong("rewrite", "nearest-function", "the closest staircase is returned where none is the same")
def nearest_function(heights: torch.Tensor, n: int) -> torch.Tensor:
    return heights.repeat_interleave(n).reshape(n, -1).mean(dim=1)


@wrong("rewrite", "tiled", "all heights are repeated one after the other, not each for itself")
def tiled(heights: torch.Tensor, n: int) -> torch.Tensor | None:
    pieces = heights.repeat(n).reshape(n, -1)
    if (pieces != pieces[:, :1]).any():
        return None
    return pieces[:, 0]


@wrong(
    "rewrite", "ends-only", "a step has one height: what lies between its two ends is not looked at"
)
def ends_only(heights: torch.Tensor, n: int) -> torch.Tensor | None:
    pieces = heights.repeat_interleave(n).reshape(n, -1)
    if (pieces[:, 0] != pieces[:, -1]).any():
        return None
    return pieces[:, 0]


@wrong(
    "rewrite",
    "common-divisor",
    "a common divisor is not enough: each height must last as long as a new step does",
)
def common_divisor(heights: torch.Tensor, n: int) -> torch.Tensor | None:
    fits = [k for k in range(2, n + 1) if n % k == len(heights) % k == 0]
    if not fits and n % len(heights) != 0:
        return None
    return heights[torch.arange(n) * len(heights) // n]
