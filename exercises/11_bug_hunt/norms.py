"""Probes, candidates and wrong answers for the exercise `norms` of chapter 11."""

from collections.abc import Callable
from random import Random
from typing import TYPE_CHECKING

import torch
from torch import nn
from torch.nn import functional as F

from grader.exercise import (
    behaviour_of,
    candidate,
    draw_images,
    made_small,
    probe,
    set_weights,
    wrong,
)

if TYPE_CHECKING:  # defined by the chapter

    def passes(test: Callable[..., object], candidate: object) -> bool: ...

    class SharedNorm(nn.Module):
        def __init__(self, channels: int) -> None: ...


@probe("norms", "training", "in train mode the block computes something else", points=2)
def probe_norms(TwoNorms: Callable[[int], nn.Module], seed: int) -> dict[str, object]:
    random = Random(seed)
    found: dict[str, object] = {}
    batches = random.sample([2, 3, 4], 3)
    for channels in (random.randint(2, 8), 1, random.randint(17, 20)):
        block, where = TwoNorms(channels), f"{channels} channels"
        found[f"buffers when made, {where}"] = [
            [name, buffer.clone()] for name, buffer in sorted(block.named_buffers())
        ]
        found[f"made in train mode, {where}"] = all(module.training for module in block.modules())
        set_weights(block, seed)
        x = draw_images(random, channels, batch=batches.pop(), wide=False)
        x[-1] *= random.uniform(30, 90)  # large numbers in each mode and call
        calls = {
            "train": x,
            "train, small numbers": made_small(x.flip(0, 1, 2)),
            "eval": x.mT.repeat(3, 1, 1, 1),
            "eval, one image": draw_images(
                random, channels, batch=1, magnitude=10 ** random.uniform(2, 4)
            ),
        }
        for mode, images in calls.items():
            block.train(mode.startswith("train"))
            found |= behaviour_of(block, images, where=f"{where}, {mode}")
    return found


@probe("norms", "test", "your test doesn't tell bugs from repairs", points=2)
def probe_norms_test(
    test_norms: Callable[..., object], candidate: object, seed: int
) -> dict[str, object]:
    return {"passes": passes(test_norms, candidate)}


@candidate("norms")
class InSteps(nn.Module):
    def __init__(self, channels: int) -> None:
        super().__init__()
        a, b = [[nn.Conv2d(channels, channels, 1), nn.BatchNorm2d(channels)] for _ in "ab"]
        self.steps = nn.Sequential(*a, nn.ReLU(), *b)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return F.relu(x + self.steps(x))


@candidate("norms")
class ByName(nn.Module):
    def __init__(self, channels: int) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(channels, channels, 3, padding=1, bias=False)
        self.conv2 = nn.Conv2d(channels, channels, 3, padding=1, bias=False)
        self.norm1, self.norm2 = nn.BatchNorm2d(channels), nn.BatchNorm2d(channels)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        y = self.norm2(self.conv2(self.norm1(self.conv1(x)).relu()))
        return F.relu(x + y)


@candidate("norms")
class InLists(nn.Module):
    def __init__(self, channels: int) -> None:
        super().__init__()
        convs = [nn.Conv2d(channels, channels, 3, padding=1, bias=False) for _ in "ab"]
        self.convs = nn.ModuleList(convs)
        self.norms = nn.ModuleList([nn.BatchNorm2d(channels) for _ in "ab"])

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        y = F.relu(self.norms[0](self.convs[0](x)))
        y = self.norms[1](self.convs[1](y))
        return F.relu(x + y)


@candidate("norms", bug="its two convolutions share a BatchNorm")
class OneNorm(nn.Module):
    def __init__(self, channels: int) -> None:
        super().__init__()
        convs = [nn.Conv2d(channels, channels, 3, padding=1, bias=False) for _ in "ab"]
        self.conv1, self.conv2 = convs
        self.norm1 = nn.BatchNorm2d(channels)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        y = F.relu(self.norm1(self.conv1(x)))
        y = self.norm1(self.conv2(y))
        return F.relu(x + y)


@candidate("norms", bug="its two convolutions share a BatchNorm")
class OneNormInSteps(nn.Module):
    def __init__(self, channels: int) -> None:
        super().__init__()
        a, b = [nn.Conv2d(channels, channels, 1) for _ in "ab"]
        norm = nn.BatchNorm2d(channels)
        self.steps = nn.Sequential(a, norm, nn.ReLU(), b, norm)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return F.relu(x + self.steps(x))


@candidate("norms", bug="one of its two BatchNorms is idle")
class OneIdle(nn.Module):
    def __init__(self, channels: int) -> None:
        super().__init__()
        convs = [nn.Conv2d(channels, channels, 3, padding=1, bias=False) for _ in "ab"]
        self.convs = nn.ModuleList(convs)
        self.norms = nn.ModuleList([nn.BatchNorm2d(channels) for _ in "ab"])

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        y = F.relu(self.norms[0](self.convs[0](x)))
        y = self.norms[0](self.convs[1](y))
        return F.relu(x + y)


@candidate("norms", bug="one of its two BatchNorms is idle")
class OneIdleByName(nn.Module):
    def __init__(self, channels: int) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(channels, channels, 3, padding=1, bias=False)
        self.conv2 = nn.Conv2d(channels, channels, 3, padding=1, bias=False)
        self.norm1, self.norm2 = nn.BatchNorm2d(channels), nn.BatchNorm2d(channels)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        y = self.norm2(self.conv2(self.norm2(self.conv1(x)).relu()))
        return F.relu(x + y)


@wrong("norms", "shared-bn", "one BatchNorm serves both convolutions", replaces="TwoNorms")
class SharedBn(nn.Module):
    def __init__(self, channels: int) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(channels, channels, 3, padding=1, bias=False)
        self.bn1 = nn.BatchNorm2d(channels)
        self.conv2 = nn.Conv2d(channels, channels, 3, padding=1, bias=False)
        self.bn2 = self.bn1

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        y = F.relu(self.bn1(self.conv1(x)))
        return F.relu(x + self.bn2(self.conv2(y)))


@wrong("norms", "bn-used-twice", "bn1 is used twice and bn2 never", replaces="TwoNorms")
class BnUsedTwice(nn.Module):
    def __init__(self, channels: int) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(channels, channels, 3, padding=1, bias=False)
        self.bn1 = nn.BatchNorm2d(channels)
        self.conv2 = nn.Conv2d(channels, channels, 3, padding=1, bias=False)
        self.bn2 = nn.BatchNorm2d(channels)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        y = F.relu(self.bn1(self.conv1(x)))
        return F.relu(x + self.bn1(self.conv2(y)))


@wrong(
    "norms",
    "branch-skips-conv1",
    "the second convolution takes the block's input",
    replaces="TwoNorms",
)
class BranchSkipsConv1(nn.Module):
    def __init__(self, channels: int) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(channels, channels, 3, padding=1, bias=False)
        self.bn1 = nn.BatchNorm2d(channels)
        self.conv2 = nn.Conv2d(channels, channels, 3, padding=1, bias=False)
        self.bn2 = nn.BatchNorm2d(channels)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        y = F.relu(self.bn1(self.conv1(x)))
        return F.relu(x + self.bn2(self.conv2(x)))


@wrong("norms", "bias-before-bn", "a convolution has a bias", replaces="TwoNorms")
class BiasBeforeBn(nn.Module):
    def __init__(self, channels: int) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(channels, channels, 3, padding=1)
        self.bn1 = nn.BatchNorm2d(channels)
        self.conv2 = nn.Conv2d(channels, channels, 3, padding=1, bias=False)
        self.bn2 = nn.BatchNorm2d(channels)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        y = F.relu(self.bn1(self.conv1(x)))
        return F.relu(x + self.bn2(self.conv2(y)))


@wrong(
    "norms",
    "inplace-add",
    "an addition in place destroys what backward() needs",
    replaces="TwoNorms",
)
class InplaceAdd(nn.Module):
    def __init__(self, channels: int) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(channels, channels, 3, padding=1, bias=False)
        self.bn1 = nn.BatchNorm2d(channels)
        self.conv2 = nn.Conv2d(channels, channels, 3, padding=1, bias=False)
        self.bn2 = nn.BatchNorm2d(channels)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        y = F.relu(self.bn1(self.conv1(x)))
        y = F.relu(self.bn2(self.conv2(y)))
        y += x
        return F.relu(y)


@wrong("norms", "no-shortcut", "the shortcut is missing", replaces="TwoNorms")
class NoShortcut(nn.Module):
    def __init__(self, channels: int) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(channels, channels, 3, padding=1, bias=False)
        self.bn1 = nn.BatchNorm2d(channels)
        self.conv2 = nn.Conv2d(channels, channels, 3, padding=1, bias=False)
        self.bn2 = nn.BatchNorm2d(channels)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        y = F.relu(self.bn1(self.conv1(x)))
        return F.relu(self.bn2(self.conv2(y)))


@wrong("norms", "no-final-relu", "there is no ReLU after the addition", replaces="TwoNorms")
class NoFinalRelu(nn.Module):
    def __init__(self, channels: int) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(channels, channels, 3, padding=1, bias=False)
        self.bn1 = nn.BatchNorm2d(channels)
        self.conv2 = nn.Conv2d(channels, channels, 3, padding=1, bias=False)
        self.bn2 = nn.BatchNorm2d(channels)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        y = F.relu(self.bn1(self.conv1(x)))
        return x + self.bn2(self.conv2(y))


@wrong("norms", "test-never-fails", "your test passes whatever it is given", replaces="test_norms")
def test_never_fails(Block: "Callable[[int], nn.Module]") -> None:
    block = Block(4).train()
    block(torch.rand(2, 4, 5, 5))
    norms = [m for m in block.modules() if isinstance(m, nn.BatchNorm2d)]
    pass


@wrong(
    "norms",
    "test-always-fails",
    "your test fails even on blocks that are right",
    replaces="test_norms",
)
def test_always_fails(Block: "Callable[[int], nn.Module]") -> None:
    block = Block(4).train()
    block(torch.rand(2, 4, 5, 5))
    norms = [m for m in block.modules() if isinstance(m, nn.BatchNorm2d)]
    assert [
        int(m.num_batches_tracked)  # type: ignore[arg-type]  # these norms count
        for m in norms
    ] == [1], "not two that see it once"


@wrong(
    "norms",
    "test-misses-idle",
    "your test counts the BatchNorms and not their use",
    replaces="test_norms",
)
def test_misses_idle(Block: "Callable[[int], nn.Module]") -> None:
    block = Block(4).train()
    block(torch.rand(2, 4, 5, 5))
    norms = [m for m in block.modules() if isinstance(m, nn.BatchNorm2d)]
    assert len(norms) == 2, "not two that see it once"
