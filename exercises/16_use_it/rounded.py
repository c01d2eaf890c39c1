"""Probes and wrong answers for the exercise `rounded` of chapter 16."""

from collections.abc import Callable
from random import Random

import torch

from grader.exercise import probe, wrong


def weight_of(random: Random, shape: tuple[int, ...]) -> torch.Tensor:
    """A weight whose channels have any size; none of its numbers is near half a step."""
    chance = torch.Generator().manual_seed(random.randrange(2**31))
    whole = torch.randint(-110, 111, shape, generator=chance).float()
    whole += torch.empty(shape).uniform_(-0.45, 0.45, generator=chance)
    flat = whole.flatten(1)
    place = torch.randint(0, flat.shape[1], (len(flat),), generator=chance)
    side = torch.randint(0, 2, (len(flat),), generator=chance) * 2.0 - 1
    flat[torch.arange(len(flat)), place] = 127 * side
    size = 10 ** torch.empty(len(flat), 1).uniform_(-7, 2, generator=chance)
    return (flat * size).reshape(shape)


@probe("rounded", "values", "for some weight numbers or scales are other ones", points=2)
def probe_rounded(
    to_int8: Callable[[torch.Tensor], tuple[torch.Tensor, torch.Tensor]], seed: int
) -> dict[str, object]:
    """Linear layers and convolutions; channels of very different sizes."""
    random = Random(seed)
    found: dict[str, object] = {}
    shapes: list[tuple[int, ...]] = [
        (random.randint(3, 9), random.randint(2, 30)), (1, random.randint(2, 6), 3, 3),
        (2, 3, random.randint(2, 4), random.randint(5, 7)), (random.randint(3, 9), 1, 1, 1),
        (random.randint(3, 9), 8, random.randint(5, 7), 2), (2, random.randint(2, 30)),
        (1, 4), (4, 2, 6, 6), (3, 5, 5, 5), (random.randint(3, 9), random.randint(1, 6), 3),
    ]  # fmt: skip
    for case, shape in enumerate(shapes):
        weight = weight_of(random, shape)
        if case % 3 == 0:  # small throughout, or so large that scales are
            weight *= (0.09 if case % 2 else 10 ** random.uniform(4, 5)) / weight.abs().max()
        before = weight.clone()
        largest = weight.abs().flatten(1).amax(dim=1)
        numbers, steps = to_int8(weight)
        found[f"{case}: types and shapes"] = [
            str(numbers.dtype), list(numbers.shape), str(steps.dtype), list(steps.shape),
        ]  # fmt: skip
        found[f"{case}: whole numbers"] = numbers.int()
        found[f"{case}: scales, by the largest weight"] = 127 * steps.flatten() / largest
        found[f"{case}: other numbers"] = to_int8(-weight.flip(0))[0].int()
        found[f"{case}: the weight is unchanged"] = torch.equal(weight, before)
    return found


@probe("rounded", "zeros", "a channel of zeros, or the weight that was given, comes out wrong")
def probe_zeros(
    to_int8: Callable[[torch.Tensor], tuple[torch.Tensor, torch.Tensor]], seed: int
) -> dict[str, object]:
    random = Random(seed)
    found: dict[str, object] = {}
    for case in range(3):
        shape = [(random.randint(3, 8), 5), (random.randint(3, 8), 2, 3, 3)][case % 2]
        weight = weight_of(random, shape)
        empty = random.sample(range(len(weight)), 1 if case < 2 else len(weight))
        weight[empty] = 0
        before = weight.clone()
        numbers, steps = to_int8(weight)
        found |= {
            f"{case}: whole numbers": numbers[empty].int(),
            f"{case}: scales": steps.flatten()[empty],
            f"{case}: nothing is NaN": bool((numbers * steps).isfinite().all()),
            f"{case}: the weight is unchanged": torch.equal(weight, before),
        }
    return found


@wrong(
    "rounded", "one-scale", "one scale for all channels: those of small weights keep few numbers"
)
def one_scale(weight: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    largest = weight.abs().max()
    scale = largest / 127 if largest > 0 else torch.tensor(1.0)
    each = scale.expand(len(weight)).reshape(-1, *[1] * (weight.ndim - 1)).clone()
    each[(weight == 0).flatten(1).all(dim=1)] = 1.0
    return (weight / each).round().to(torch.int8), each


@wrong("rounded", "cut-off", "the type int8 cuts off what stands behind the point: round first")
def cut_off(weight: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    largest = weight.abs().amax(dim=tuple(range(1, weight.ndim)), keepdim=True)
    scale = torch.where(largest > 0, largest / 127, 1.0)
    return (weight / scale).to(torch.int8), scale


@wrong("rounded", "wraps-around", "int8 ends at 127: in steps of 1/128 the largest wraps around")
def wraps_around(weight: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    largest = weight.abs().amax(dim=tuple(range(1, weight.ndim)), keepdim=True)
    scale = torch.where(largest > 0, largest / 128, 1.0)
    return (weight / scale).round().int().to(torch.int8), scale


@wrong("rounded", "positive-alone", "a negative weight can be the largest: take absolute values")
def positive_alone(weight: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    largest = weight.amax(dim=tuple(range(1, weight.ndim)), keepdim=True)
    scale = torch.where(largest > 0, largest / 127, 1.0)
    return (weight / scale).round().int().to(torch.int8), scale


@wrong("rounded", "divided-by-zero", "a channel of zeros has the scale 0, and 0 / 0 is NaN")
def scale_of_zero(weight: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    scale = weight.abs().amax(dim=tuple(range(1, weight.ndim)), keepdim=True) / 127
    return (weight / scale).nan_to_num().round().to(torch.int8), scale


@wrong("rounded", "flat-scale", "the scale lacks its dimensions of size 1")
def flat_scale(weight: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    largest = weight.abs().flatten(1).amax(dim=1)
    scale = torch.where(largest > 0, largest / 127, 1.0)
    each = scale.reshape(-1, *[1] * (weight.ndim - 1))
    return (weight / each).round().to(torch.int8), scale


@wrong("rounded", "written-over", "the weight that was given is written over")
def written_over(weight: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    largest = weight.abs().amax(dim=tuple(range(1, weight.ndim)), keepdim=True)
    scale = torch.where(largest > 0, largest / 127, 1.0)
    return weight.div_(scale).round().to(torch.int8), scale
