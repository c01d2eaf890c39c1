"""Probes and wrong answers for the exercise `receptive` of chapter 7."""

from collections.abc import Callable
from random import Random

from grader.exercise import probe, wrong


@probe("receptive", "fields", "for some layers one of the two numbers is wrong", points=2)
def probe_fields(
    receptive: Callable[[list[tuple[int, int]]], tuple[int, int]], seed: int
) -> dict[str, object]:
    random, found = Random(seed), []
    counts = [0, 1, 2, random.randint(3, 6), random.randint(30, 60), random.randint(150, 220)]
    for count in random.sample(counts, len(counts)):
        for largest in random.sample([1, 3, 11, 31], 4):
            layers = [
                (random.randint(1, largest), random.choice([1, 1, 1, 2, 3]) if n < 40 else 1)
                for n in range(count)
            ]
            random.shuffle(layers)
            given = list(layers)
            pixels, apart = receptive(given)
            # As words: a network of strides alone has more pixels than a 64-bit number holds.
            found.append([str(int(pixels)), str(int(apart)), given == layers])
    return {"found": found}


@wrong("receptive", "own-stride", "a layer's own stride is taken for one before it")
def own_stride(layers: list[tuple[int, int]]) -> tuple[int, int]:
    pixels, apart = 1, 1
    for kernel, stride in layers:
        apart *= stride
        pixels += (kernel - 1) * apart
    return pixels, apart


@wrong("receptive", "no-strides", "the strides before a layer do not stretch its kernel")
def no_strides(layers: list[tuple[int, int]]) -> tuple[int, int]:
    pixels, apart = 1, 1
    for kernel, stride in layers:
        pixels += kernel - 1
        apart *= stride
    return pixels, apart


@wrong("receptive", "whole-kernel", "a kernel of k reaches k - 1 steps further, not k")
def whole_kernel(layers: list[tuple[int, int]]) -> tuple[int, int]:
    pixels, apart = 1, 1
    for kernel, stride in layers:
        pixels += kernel * apart
        apart *= stride
    return pixels, apart


@wrong("receptive", "strides-added", "strides multiply, they do not add up")
def strides_added(layers: list[tuple[int, int]]) -> tuple[int, int]:
    pixels, apart = 1, 1
    for kernel, stride in layers:
        pixels += (kernel - 1) * apart
        apart += stride - 1
    return pixels, apart


@wrong("receptive", "sees-nothing", "without any layer a place sees one pixel, not none")
def sees_nothing(layers: list[tuple[int, int]]) -> tuple[int, int]:
    pixels, apart = 0, 1
    for kernel, stride in layers:
        pixels += (kernel - 1) * apart
        apart *= stride
    return pixels, apart


@wrong("receptive", "backwards", "the layers are gone through from the last to the first")
def backwards(layers: list[tuple[int, int]]) -> tuple[int, int]:
    pixels, apart = 1, 1
    for kernel, stride in reversed(layers):
        pixels += (kernel - 1) * apart
        apart *= stride
    return pixels, apart
