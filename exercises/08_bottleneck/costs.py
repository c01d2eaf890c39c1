"""Probes and wrong answers for the exercise `costs` of chapter 8."""

from collections.abc import Callable
from random import Random

from grader.exercise import probe, wrong


@probe("costs", "numbers", "the counts are not those of the two designs", points=2)
def probe_costs(
    multiply_adds: Callable[[int, int, int], tuple[int, int]], seed: int
) -> dict[str, object]:
    random = Random(seed)
    drawn = [(4 * random.randint(1, 99), *random.sample(range(1, 60), 2)) for _ in range(6)]
    c, side = 4 * random.randint(4, 99), random.randint(20, 60)
    small = [(c, 1, 2), (c, 3, 1), (c, 2, 3), (c, 1, 1), (4, 5, side), (8, 8, 1), (4, side, 2)]
    drawn += [
        (4 * random.randint(100, 600), random.randint(60, 1000), random.randint(100, 300))
        for _ in range(4)
    ]
    sizes = [*drawn, *small, (64, 56, 56), (256, 14, 7)]
    return {str(size): [int(n) for n in multiply_adds(*size)] for size in sizes}


@wrong("costs", "one-convolution", "you counted one 3x3 convolution, the design has two")
def one_convolution(c: int, h: int, w: int) -> tuple[int, int]:
    middle = c // 4
    two_3x3 = 9 * c * c
    bottleneck = c * middle + 9 * middle * middle + middle * c
    return two_3x3 * h * w, bottleneck * h * w


@wrong("costs", "no-window", "a 3x3 convolution multiplies at nine places of its window")
def no_window(c: int, h: int, w: int) -> tuple[int, int]:
    middle = c // 4
    two_3x3 = 2 * c * c
    bottleneck = c * middle + middle * middle + middle * c
    return two_3x3 * h * w, bottleneck * h * w


@wrong("costs", "no-places", "every place of the map costs the same: multiply by height and width")
def no_places(c: int, h: int, w: int) -> tuple[int, int]:
    middle = c // 4
    two_3x3 = 2 * 9 * c * c
    bottleneck = c * middle + 9 * middle * middle + middle * c
    return two_3x3, bottleneck


@wrong("costs", "no-1x1", "the two 1x1 convolutions cost something too")
def no_1x1(c: int, h: int, w: int) -> tuple[int, int]:
    middle = c // 4
    two_3x3 = 2 * 9 * c * c
    bottleneck = 9 * middle * middle
    return two_3x3 * h * w, bottleneck * h * w


@wrong("costs", "swapped", "the order is (two_3x3, bottleneck)")
def swapped(c: int, h: int, w: int) -> tuple[int, int]:
    middle = c // 4
    two_3x3 = 2 * 9 * c * c
    bottleneck = c * middle + 9 * middle * middle + middle * c
    return bottleneck * h * w, two_3x3 * h * w
