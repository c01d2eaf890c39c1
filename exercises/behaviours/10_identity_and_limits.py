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


@behaviour("both_signs")
def behaviour_both_signs(
    both_signs: Callable[[int], nn.Sequential], seed: int
) -> dict[str, object]:
    """Up to 40 channels, images of any size, numbers of both signs up to a million."""
    random, chance = Random(seed), torch.Generator().manual_seed(seed)
    channels = random.randint(1, random.choice([3, 10, 40]))
    net = both_signs(channels)
    shape = random.choice([1, 2, 5]), channels, random.randint(1, 9), random.randint(1, 9)
    x = 10 ** random.uniform(-3, 6) * torch.randn(shape, generator=chance)
    with torch.no_grad():
        apart = (net(x) - x).abs().max() / x.abs().max()
    convolutions = [layer for layer in net if isinstance(layer, nn.Conv2d)]
    return {
        "layers": [type(layer).__name__ for layer in net],
        "settings": [list(c.kernel_size) for c in convolutions],
        "the identity": bool(apart < 1e-5),
    }


@behaviour("widen")
def behaviour_widen(
    widen: Callable[[nn.Conv2d, nn.Conv2d, int], tuple[nn.Conv2d, nn.Conv2d]], seed: int
) -> dict[str, object]:
    """Up to 12 channels on each side and in the middle, up to 12 more."""
    random, chance = Random(seed), torch.Generator().manual_seed(seed)
    i, middle, o, extra = (random.randint(1, random.choice([2, 12])) for _ in range(4))
    given = nn.Conv2d(i, middle, 3, padding=1), nn.Conv2d(middle, o, 3, padding=1)
    for conv in given:
        for p in conv.parameters():
            p.data = torch.randn(p.shape, generator=chance)
    before = [p.clone() for conv in given for p in conv.parameters()]
    first, second = widen(*given, extra)
    x = torch.randn(8, i, random.randint(4, 9), random.randint(4, 9), generator=chance)
    x *= 10 ** random.uniform(-2, 3)
    y = F.conv2d(x, before[0], before[1], padding=1).relu()
    y = F.conv2d(y, before[2], before[3], padding=1).detach()
    z = second(first(x).relu())
    z.backward(torch.randn(z.shape, generator=chance))
    assert first.weight.grad is not None and second.weight.grad is not None
    into, out = first.weight.grad.flatten(1), second.weight.grad.transpose(0, 1).flatten(1)
    weights = first.weight.flatten(1), second.weight.transpose(0, 1).flatten(1)
    own = torch.cat([*weights, *([first.bias[:, None]] if first.bias is not None else [])], dim=1)
    return {
        "shapes": [list(conv.weight.shape) for conv in (first, second)],
        "same": bool((z - y).abs().max() < 1e-5 * y.abs().max()),
        "given": [torch.equal(p, q) for p, q in zip(
            before, [p for conv in given for p in conv.parameters()], strict=True)],
        "learn": bool((into.norm(dim=1) + out.norm(dim=1) > 0).all()),
        "no twins": bool(torch.pdist(own.detach()).min() > 1e-6 * own.norm(dim=1).max()),
    }  # fmt: skip


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
    "widen": {
        "neither line needs the other": [
            "widen: wide_first.bias[:old] = first.bias → wide_first.bias[:old] = first.bias",
            "widen: wide_second.weight[:, :old] = second.weight → wide_second.weight[:, :old] = se"
            "cond.weight",
            "widen: wide_second.weight[:, old:] = 0 → wide_second.weight[:, old:] = 0",
        ],
    },
    "both_signs": {
        "a single one in the middle stays one when it is set again": [
            "both_signs: copy = nn.init.dirac_(torch.empty(channels, channels, 3, 3)) → copy = nn.i"
            "nit.dirac_(nn.init.dirac_(torch.empty(channels, channels, 3, 3)))",
        ],
        "neither line needs the other": [
            "both_signs: second.weight.copy_(torch.cat([copy, -copy], dim=1)) → second.weight.copy_"
            "(torch.cat([copy, -copy], dim=1))",
        ],
        "what copy_ returns is the tensor itself": [
            "both_signs: first.weight.copy_(torch.cat([copy, -copy])) → first.weight.copy_(first.we"
            "ight.copy_(torch.cat([copy, -copy])))",
            "both_signs: second.weight.copy_(torch.cat([copy, -copy], dim=1)) → second.weight.copy_"
            "(second.weight.copy_(torch.cat([copy, -copy], dim=1)))",
        ],
    },
}
