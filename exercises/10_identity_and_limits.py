"""Probes and wrong answers for the exercises of chapter 10."""

from collections.abc import Callable
from typing import TYPE_CHECKING

import torch
from torch import nn

from grader.exercise import probe, wrong

if TYPE_CHECKING:  # defined by the chapter

    class Plain(nn.Module):
        conv1: nn.Conv2d
        bn1: nn.BatchNorm2d
        conv2: nn.Conv2d
        bn2: nn.BatchNorm2d

        def __init__(self, channels: int) -> None: ...


@probe("identity", "values", "the block does not return its non-negative inputs", points=3)
def probe_identity(make_identity: Callable[[nn.Module], object], seed: int) -> dict[str, object]:
    found: dict[str, object] = {}
    for channels in (1, 2 + seed % 5):
        plain = Plain(channels).eval()
        make_identity(plain)
        x = torch.randn(2, channels, 5, 6, generator=torch.Generator().manual_seed(seed))
        with torch.no_grad():
            found |= {
                f"rest {channels}": (plain(x.relu()) - x.relu()) * 1e5,
                f"negative {channels}": plain(x),
            }
    return found


@wrong(
    "identity",
    "epsilon-forgotten",
    "BatchNorm divides by the root of 1 + epsilon, and nothing makes up for it",
)
def epsilon_forgotten(block: "Plain") -> None:
    for conv, bn in ((block.conv1, block.bn1), (block.conv2, block.bn2)):
        nn.init.dirac_(conv.weight)
        nn.init.constant_(bn.weight, 1.0)
        nn.init.zeros_(bn.bias)


@wrong("identity", "all-zero", "all weights are zero: that is the zero function")
def all_zero(block: "Plain") -> None:
    for conv, bn in ((block.conv1, block.bn1), (block.conv2, block.bn2)):
        nn.init.zeros_(conv.weight)
        nn.init.constant_(bn.weight, (1 + bn.eps) ** 0.5)
        nn.init.zeros_(bn.bias)


@wrong("identity", "sums-channels", "each channel holds the sum of all channels")
def sums_channels(block: "Plain") -> None:
    for conv, bn in ((block.conv1, block.bn1), (block.conv2, block.bn2)):
        nn.init.zeros_(conv.weight)
        conv.weight.data[:, :, 1, 1] = 1
        nn.init.constant_(bn.weight, (1 + bn.eps) ** 0.5)
        nn.init.zeros_(bn.bias)


@wrong("identity", "first-half-only", "only the first convolution copies")
def first_half_only(block: "Plain") -> None:
    for conv, bn in ((block.conv1, block.bn1),):
        nn.init.dirac_(conv.weight)
        nn.init.constant_(bn.weight, (1 + bn.eps) ** 0.5)
        nn.init.zeros_(bn.bias)


@wrong("identity", "wrong-corner", "the 1 is not in the middle of the window, so the image moves")
def wrong_corner(block: "Plain") -> None:
    for conv, bn in ((block.conv1, block.bn1), (block.conv2, block.bn2)):
        nn.init.dirac_(conv.weight)
        conv.weight.data = conv.weight.roll(1, -1)
        nn.init.constant_(bn.weight, (1 + bn.eps) ** 0.5)
        nn.init.zeros_(bn.bias)


@probe("counterexample", "input", "a block can return this input, or it has another shape")
def probe_counterexample(
    counterexample: Callable[[int], torch.Tensor], seed: int
) -> dict[str, object]:
    found: dict[str, object] = {}
    for channels in (1, 2 + seed % 5):
        x = torch.as_tensor(counterexample(channels))
        found |= {
            f"shape {channels}": list(x.shape),
            f"negative {channels}": bool((x < 0).any()),
            f"finite {channels}": bool(x.isfinite().all()),
            f"zero {channels}": bool((x == 0).all()),
        }
    return found


@wrong(
    "counterexample", "positive", "a non-negative input can be returned; the last layer is a ReLU"
)
def positive(channels: int) -> torch.Tensor:
    return torch.ones(1, channels, 4, 4)


@wrong("counterexample", "zero", "zero is not negative, and can be returned")
def zero(channels: int) -> torch.Tensor:
    return -torch.zeros(1, channels, 4, 4)


@wrong("counterexample", "one-channel", "the input must have as many channels as were asked for")
def one_channel(channels: int) -> torch.Tensor:
    return -torch.ones(1, 1, 4, 4)


@wrong("counterexample", "not-a-number", "not a number is no input")
def not_a_number(channels: int) -> torch.Tensor:
    return -torch.ones(1, channels, 4, 4) * torch.nan


@probe("family", "table", "the table is not the paper's", points=2)
def probe_table(
    family: Callable[[], dict[str, tuple[str, tuple[int, ...]]]], seed: int
) -> dict[str, object]:
    return {name: [kind, list(depths)] for name, (kind, depths) in sorted(family().items())}


@probe("family", "counting", "layers are not counted as the names count them")
def probe_counting(
    weighted_layers: Callable[[str, tuple[int, ...]], int], seed: int
) -> dict[str, object]:
    depths = (1 + seed % 3, 2, 3 + seed % 5, 1)
    return {kind: int(weighted_layers(kind, depths)) for kind in ("basic", "bottleneck")}


@wrong(
    "family",
    "ends-forgotten",
    "the stem and the linear layer are not counted",
    replaces="weighted_layers",
)
def ends_forgotten(kind: str, depths: tuple[int, ...]) -> int:
    per_block = {"basic": 2, "bottleneck": 3}[kind]
    return per_block * sum(depths)


@wrong(
    "family",
    "two-in-a-bottleneck",
    "a bottleneck has three convolutions, not two",
    replaces="weighted_layers",
)
def two_in_a_bottleneck(kind: str, depths: tuple[int, ...]) -> int:
    per_block = {"basic": 2, "bottleneck": 2}[kind]
    return 1 + per_block * sum(depths) + 1


@wrong(
    "family",
    "basic-50",
    "from 50 layers on the blocks are bottlenecks; 24 basic blocks also make 50",
    replaces="family",
)
def basic_50() -> dict[str, tuple[str, tuple[int, ...]]]:
    return {
        "resnet18": ("basic", (2, 2, 2, 2)),
        "resnet34": ("basic", (3, 4, 6, 3)),
        "resnet50": ("basic", (4, 6, 10, 4)),
        "resnet101": ("bottleneck", (3, 4, 23, 3)),
        "resnet152": ("bottleneck", (3, 8, 36, 3)),
    }


@wrong("family", "stages-exchanged", "the third stage has most blocks", replaces="family")
def stages_exchanged() -> dict[str, tuple[str, tuple[int, ...]]]:
    return {
        "resnet18": ("basic", (2, 2, 2, 2)),
        "resnet34": ("basic", (3, 4, 6, 3)),
        "resnet50": ("bottleneck", (3, 4, 6, 3)),
        "resnet101": ("bottleneck", (3, 4, 23, 3)),
        "resnet152": ("bottleneck", (3, 36, 8, 3)),
    }
