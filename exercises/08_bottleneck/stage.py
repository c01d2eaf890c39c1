"""Probes and wrong answers for the exercise `stage` of chapter 8."""

from collections.abc import Callable
from random import Random

import torch
from torch import nn

from grader.exercise import behaviour_of, draw_images, probe, wrong


class Recorder(nn.Module):
    """A block that knows with what it was made, and what of it went before it."""

    def __init__(self, i: int, o: int, stride: int = 1) -> None:
        super().__init__()
        self.told = [i, o, stride]
        self.weight, self.shift = nn.Parameter(torch.ones(1)), nn.Parameter(torch.zeros(1))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return x * self.weight + self.shift


@probe("stage", "blocks", "the stage is made of other blocks", points=2)
def probe_stage(stage: Callable[..., nn.Sequential], seed: int) -> dict[str, object]:
    random = Random(seed)
    found: dict[str, object] = {}
    wide, narrow = sorted(random.sample(range(1, 40), 2), reverse=True)
    strides, lengths = random.sample([1, 2, 3, 4], 4), random.sample([2, 3, 4, 5, 6], 3)
    made: list[nn.Module] = []

    def function(i: int, o: int, stride: int = 1) -> nn.Module:
        made.append(Recorder(i, o, stride))
        return made[-1]

    cases = [
        ("a stage", Recorder, narrow, wide, lengths[0], strides[0]),
        ("the same again", Recorder, narrow, wide, lengths[0], strides[0]),
        ("narrower", function, wide, narrow, lengths[1], strides[1]),
        ("as wide", function, wide, wide, lengths[2], strides[2]),
        ("one block", Recorder, narrow, wide, 1, strides[3]),
        ("to one channel", Recorder, wide, 1, 2, 1),
        ("very wide", Recorder, random.randint(100, 600), random.randint(100, 600), 3, 2),
    ]
    earlier: list[nn.Module] = []
    for where, block, *numbers in cases:
        made.clear()
        layers = stage(block, *numbers)
        found[f"blocks, {where}"] = [layer.told for layer in layers]
        found[f"made, {where}"] = len(made)
        found[f"made anew, {where}"] = not any(layer is old for layer in layers for old in earlier)
        found[f"made in train mode, {where}"] = all(m.training for m in layers.modules())
        earlier += layers
        found[f"a Sequential, {where}"] = isinstance(layers, nn.Sequential)
        found[f"parameters, {where}"] = len(list(layers.parameters()))
        for number, parameter in enumerate(layers.parameters()):
            nn.init.constant_(parameter, 1 + 0.1 * number)
        found |= behaviour_of(layers, draw_images(random, numbers[0]), where=where)
    return found


@wrong("stage", "shared-block", "one block stands there several times, with one set of weights")
def shared_block(
    block: "Callable[[int, int, int], nn.Module]",
    in_channels: int,
    out_channels: int,
    blocks: int,
    stride: int,
) -> nn.Sequential:
    layers = [block(in_channels, out_channels, stride)]
    for _ in range(blocks - 1):
        layers.append(layers[-1] if _ else block(out_channels, out_channels, 1))
    return nn.Sequential(*layers)


@wrong("stage", "stride-everywhere", "every block has the stride, not only the first")
def stride_everywhere(
    block: "Callable[[int, int, int], nn.Module]",
    in_channels: int,
    out_channels: int,
    blocks: int,
    stride: int,
) -> nn.Sequential:
    layers = [block(in_channels, out_channels, stride)]
    for _ in range(blocks - 1):
        layers.append(block(out_channels, out_channels, stride))
    return nn.Sequential(*layers)


@wrong("stage", "one-too-many", "there is one block too many")
def one_too_many(
    block: "Callable[[int, int, int], nn.Module]",
    in_channels: int,
    out_channels: int,
    blocks: int,
    stride: int,
) -> nn.Sequential:
    layers = [block(in_channels, out_channels, stride)]
    for _ in range(blocks):
        layers.append(block(out_channels, out_channels, 1))
    return nn.Sequential(*layers)


@wrong("stage", "list-of-blocks", "the blocks are in a Python list, which hides their parameters")
def list_of_blocks(
    block: "Callable[[int, int, int], nn.Module]",
    in_channels: int,
    out_channels: int,
    blocks: int,
    stride: int,
) -> list[nn.Module]:
    layers = [block(in_channels, out_channels, stride)]
    for _ in range(blocks - 1):
        layers.append(block(out_channels, out_channels, 1))
    return layers


@wrong("stage", "no-stride", "the stride is not handed on")
def no_stride(
    block: "Callable[[int, int, int], nn.Module]",
    in_channels: int,
    out_channels: int,
    blocks: int,
    stride: int,
) -> nn.Sequential:
    layers = [block(in_channels, out_channels, 1)]
    for _ in range(blocks - 1):
        layers.append(block(out_channels, out_channels, 1))
    return nn.Sequential(*layers)
