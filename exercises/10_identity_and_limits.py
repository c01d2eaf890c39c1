"""Probes and wrong answers for the exercises of chapter 10."""

from collections.abc import Callable
from random import Random
from typing import TYPE_CHECKING

import torch
from torch import nn
from torch.nn import functional as F

from grader.exercise import draw_images, probe, wrong

if TYPE_CHECKING:  # defined by the chapter

    class Plain(nn.Module):
        conv1: nn.Conv2d
        bn1: nn.BatchNorm2d
        conv2: nn.Conv2d
        bn2: nn.BatchNorm2d

        def __init__(self, channels: int) -> None: ...


def by_hand(state: dict[str, torch.Tensor], x: torch.Tensor) -> torch.Tensor:
    """What a `Plain` block with these parameters and buffers returns in eval mode."""
    for k in "12":
        averages = state[f"bn{k}.running_mean"], state[f"bn{k}.running_var"]
        x = F.conv2d(x, state[f"conv{k}.weight"], padding=1)
        x = F.relu(F.batch_norm(x, *averages, state[f"bn{k}.weight"], state[f"bn{k}.bias"]))
    return x


@probe(
    "identity",
    "values",
    "by its parameters alone the block does not return its non-negative inputs",
    points=3,
)
def probe_identity(make_identity: Callable[[nn.Module], object], seed: int) -> dict[str, object]:
    random = Random(seed)
    found: dict[str, object] = {}
    several = random.randint(2, 8)
    one, other = Plain(1), Plain(several)
    for plain, channels, which in (
        (one, 1, "new"),
        (other, several, "new"),
        (other, several, "reset"),
    ):
        for layer in plain.children():
            if which == "reset" and isinstance(layer, nn.Conv2d | nn.BatchNorm2d):
                layer.reset_parameters()
        make_identity(plain)
        state, where = plain.state_dict(), f"a {which} block of {channels} channels"
        found[f"parameters, {where}"] = [
            [name, list(p.shape), p.requires_grad] for name, p in sorted(plain.named_parameters())
        ]
        found[f"averages as in a new block, {where}"] = [
            name in state and torch.equal(state[name], buffer)
            for name, buffer in Plain(channels).named_buffers()
        ]
        if not set(Plain(channels).state_dict()) <= set(state):
            continue
        for size in (0.1, 10 ** random.uniform(0, 3)):
            x = draw_images(random, channels, batch=random.randint(1, 3), magnitude=size).relu()
            with torch.no_grad():
                outputs = {"the block": plain.eval()(x), "its parameters alone": by_hand(state, x)}
            for what, y in outputs.items():
                said = f"{what}, {where}, numbers of about {size:.2g}"
                apart = (y - x).abs().max() / max(1, float(x.max()))
                factor = y.double().sum() / x.double().sum()
                found |= {
                    f"output: {said}": y / size,
                    f"to float precision: {said}": bool(apart < 2e-6),
                    f"by which factor: {said}": ((factor - 1) / 2.5e-6).round(),
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
    random = Random(seed)
    for channels in (1, 2, 3, *random.sample(range(4, 13), 2), random.randint(13, 70)):
        x = torch.as_tensor(counterexample(channels))
        found |= {
            f"shape, {channels} channels": list(x.shape),
            f"negative somewhere, {channels} channels": bool((x < 0).any()),
            f"finite, {channels} channels": bool(x.isfinite().all()),
            f"zero, {channels} channels": bool((x == 0).all()),
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
    found: dict[str, object] = {}
    for call in ("called once", "called again", "called a third time"):
        found |= {
            f"{name}, {call}": [kind, list(depths)] for name, (kind, depths) in family().items()
        }
    return found


@probe("family", "counting", "layers are not counted as the names count them")
def probe_counting(
    weighted_layers: Callable[[str, tuple[int, ...]], int], seed: int
) -> dict[str, object]:
    random = Random(seed)
    found: dict[str, object] = {}
    for largest in (3, 4, 40, 40):
        depths = [random.randint(1, largest) for _ in range(4)]
        for kind in random.sample(["basic", "bottleneck"], 2):
            found[f"{kind}, {depths}"] = int(weighted_layers(kind, tuple(depths)))
    return found


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
