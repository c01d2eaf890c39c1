"""Probes and wrong answers for the exercise `stage` of chapter 8."""

from collections.abc import Callable

import torch
from torch import nn

from grader.exercise import probe, wrong


@probe("stage", "blocks", "the stage is made of other blocks", points=2)
def probe_stage(stage: Callable[..., nn.Sequential], seed: int) -> dict[str, object]:
    class Recorder(nn.Module):
        def __init__(self, i: int, o: int, stride: int = 1) -> None:
            super().__init__()
            self.told, self.weight = [i, o, stride], nn.Parameter(torch.ones(1))

        def forward(self, x: torch.Tensor) -> torch.Tensor:
            return x + self.weight

    found = stage(Recorder, 8, 16, 3 + seed % 3, 2)
    return {
        "blocks": [layer.told for layer in found],
        "output": found(torch.zeros(1)),
        "parameters": len(list(found.parameters())),
        "sequential": isinstance(found, nn.Sequential),
    }


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
