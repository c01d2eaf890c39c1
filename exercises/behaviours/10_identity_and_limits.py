"""Inputs from the whole range that the exercises of chapter 10 allow, for the mutation engine."""

from collections.abc import Callable
from random import Random
from typing import TYPE_CHECKING

import torch
from torch import nn
from torch.nn import functional as F

from grader.exercise import behaviour

if TYPE_CHECKING:  # defined by the chapter

    class Plain(nn.Module):
        def __init__(self, channels: int) -> None: ...


# A probe accepts whatever parameters make the identity, and whatever input no block returns. So
# must these two: what they return is what the text asks for, and no more.


@behaviour("identity")
def behaviour_identity(
    make_identity: Callable[[nn.Module], object], seed: int
) -> dict[str, object]:
    """A new block of up to 24 channels, and images with values of 0 to 10,000."""
    random, chance = Random(seed), torch.Generator().manual_seed(seed)
    channels = random.randint(1, 24)
    block, new = Plain(channels), Plain(channels)
    make_identity(block)
    shape = random.choice([1, 2, 9]), channels, random.randint(1, 14), random.randint(1, 14)
    x = 10 ** random.uniform(0, 4) * torch.rand(shape, generator=chance)
    state = {**block.state_dict()}
    y = x
    for k in "12":
        averages = state[f"bn{k}.running_mean"], state[f"bn{k}.running_var"]
        y = F.conv2d(y, state[f"conv{k}.weight"], padding=1)
        y = F.relu(F.batch_norm(y, *averages, state[f"bn{k}.weight"], state[f"bn{k}.bias"]))
    apart = [(out - x).abs().max() < 2e-6 * x.max() for out in (y, block.eval()(x))]
    return {
        "the identity": [bool(one) for one in apart],
        "names": sorted(state),
        "trainable": [p.requires_grad for p in block.parameters()],
        "averages": [torch.equal(state[name], b) for name, b in new.named_buffers()],
    }


@behaviour("counterexample")
def behaviour_counterexample(
    counterexample: Callable[[int], torch.Tensor], seed: int
) -> dict[str, object]:
    """Up to 70 channels, asked for twice."""
    channels = Random(seed).randint(1, 70)
    found = [counterexample(channels) for _ in "12"]
    return {
        "shapes": [list(x.shape) for x in found],
        "not to be returned": [bool((x < 0).any() and x.isfinite().all()) for x in found],
    }


@behaviour("family")
def behaviour_family(
    family: Callable[[], dict[str, tuple[str, tuple[int, ...]]]],
    weighted_layers: Callable[[str, tuple[int, ...]], int],
    seed: int,
) -> dict[str, object]:
    """The table, asked for twice, and the layers of a network with up to 60 blocks a stage."""
    random = Random(seed)
    kind = random.choice(["basic", "bottleneck"])
    depths = tuple(random.randint(1, random.choice([2, 8, 60])) for _ in range(4))
    found: dict[str, object] = {f"layers of {kind} {depths}": weighted_layers(kind, depths)}
    for call in range(2):
        found |= {f"{n} {call}": [block, list(rows)] for n, (block, rows) in family().items()}
    return found


EQUIVALENT = {
    "identity": {
        "doing the same again changes nothing": [
            "make_identity: (nothing) → for conv, bn in ((block.conv1, block.bn1), (blo"
            "ck.conv2, block.bn2)):; nn.init.dirac_(conv.weight); nn.init.constant_(bn."
            "weight, (1 + bn.eps) ** 0.5); nn.init.zeros_(bn.bias)",
            "make_identity: nn.init.dirac_(conv.weight) → nn.init.dirac_(nn.init.dirac_"
            "(conv.weight))",
        ],
        "the two pairs are set alone, in any order": [
            "make_identity: for conv, bn in ((block.conv1, block.bn1), (block.conv2, bl"
            "ock.bn2)): → for conv, bn in ((block.conv2, block.bn2), (block.conv1, bloc"
            "k.bn1)):",
            "make_identity: for conv, bn in ((block.conv1, block.bn1), (block.conv2, bl"
            "ock.bn2)): → for conv, bn in list(((block.conv1, block.bn1), (block.conv2,"
            " block.bn2)))[::-1]:",
        ],
        "the shifts of a new block are 0": [
            "make_identity: nn.init.zeros_(bn.bias) → (nothing)",
            "make_identity: nn.init.zeros_(bn.bias) → bn.bias",
            "make_identity: nn.init.zeros_(bn.bias) → nn.init",
        ],
        "the block's BatchNorms have PyTorch's epsilon of 1e-5": [
            "make_identity: nn.init.constant_(bn.weight, (1 + bn.eps) ** 0.5) → nn.init"
            ".constant_(bn.weight, 1.0000049999875)",
            "make_identity: nn.init.constant_(bn.weight, (1 + bn.eps) ** 0.5) → nn.init"
            ".constant_(bn.weight, 1.00001 ** 0.5)",
            "make_identity: nn.init.constant_(bn.weight, (1 + bn.eps) ** 0.5) → nn.init"
            ".constant_(bn.weight, (1 + 1e-05) ** 0.5)",
        ],
    },
    "family": {
        "the table is the same in every call": [
            "family: (nothing) → @first_result",
        ],
    },
}
