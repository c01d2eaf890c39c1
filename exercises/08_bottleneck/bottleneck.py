"""Probes for the exercise `bottleneck` of chapter 8, and wrong answers whose addition is wrong."""

from collections.abc import Callable
from random import Random
from typing import Any

import torch
from torch import nn
from torch.nn import functional as F

from grader.exercise import behaviour_of, draw_images, made_small, probe, set_weights, wrong


@probe("bottleneck", "evaluation", "in eval mode the block computes something else", points=2)
def probe_evaluation(
    Bottleneck: Callable[[int, int, int], nn.Module], seed: int
) -> dict[str, object]:
    random = Random(seed)
    found: dict[str, object] = {}
    a, b, c = random.sample([4, 8, 12, 16, 20], 3)
    odd = random.choice([3, 5, 6, 7, 9])
    shapes = [(a, a, 1), (max(a, b), min(a, b), 1), (odd, c, 2), (b, b, 2), (c, c, 3), (c, a, 3)]
    shapes.append((1, b, 1))
    x = [draw_images(random, i) for i, _, _ in shapes]
    x[0] = draw_images(random, a, batch=1, wide=True)
    x[1] = draw_images(random, max(a, b), magnitude=10 ** random.uniform(2, 4), wide=False)
    x[2] = draw_images(random, shapes[2][0], batch=random.randint(9, 17), wide=True)
    x[3] = x[3][:, :, :1, :1]
    x[4] = draw_images(random, c, batch=2)
    x[5] = draw_images(random, c, batch=3)
    for images, (i, o, stride) in zip(x, shapes, strict=True):
        images[-1] *= random.uniform(30, 90)
        block = set_weights(Bottleneck(i, o, stride), seed).eval()
        where = f"{i} to {o} channels, stride {stride}"
        found |= behaviour_of(block, images, where=where)
        small = made_small(images.flip(0))
        found |= behaviour_of(block, small, where=f"{where}, small numbers")
    return found


@probe(
    "bottleneck", "training", "in train mode the block computes or keeps something else", points=2
)
def probe_training(
    Bottleneck: Callable[[int, int, int], nn.Module], seed: int
) -> dict[str, object]:
    random = Random(seed)
    found: dict[str, object] = {}
    a, b = random.sample([4, 8, 12, 16], 2)
    batches = random.sample([2, 3, 4], 3)
    for i, o, stride in [(a, a, 1), (b, a, 2), (b, b, 2)]:
        block = set_weights(Bottleneck(i, o, stride), seed)
        x = draw_images(random, i, batch=batches.pop(), wide=False)
        x[-1] *= random.uniform(30, 90)  # large numbers in each mode and call
        calls = {
            "train": x,
            "train, small numbers": made_small(x.flip(0, 1, 2)),
            "eval": x.mT,
        }
        for mode, images in calls.items():
            block.train(mode != "eval")
            where = f"{i} to {o} channels, stride {stride}, {mode}"
            found |= behaviour_of(block, images, where=where)
    return found


@probe("bottleneck", "version-1", 'stride_on="1x1" does not give the paper\'s version')
def probe_version(Bottleneck: Callable[..., Any], seed: int) -> dict[str, object]:
    random = Random(seed)
    found: dict[str, object] = {}
    a, b, c = random.sample([4, 8, 12, 16, 20], 3)
    for i, o, stride, place in [
        (a, b, 2, "1x1"),
        (b, b, 1, "1x1"),
        (c, c, 3, "1x1"),
        (b, c, 3, "3x3"),
    ]:
        block = set_weights(Bottleneck(i, o, stride, place), seed).eval()
        where = f"{i} to {o} channels, stride {stride} on {place}"
        found |= behaviour_of(block, draw_images(random, i), where=where)
        found[f"strides, {where}"] = [block.conv1.stride[0], block.conv2.stride[0]]
    return found


@probe(
    "bottleneck",
    "parameters",
    "names, shapes or first states of the layers are not those asked for",
)
def probe_parameters(
    Bottleneck: Callable[[int, int, int], nn.Module], seed: int
) -> dict[str, object]:
    a, b, c, d, e, f = Random(seed).sample(range(4, 40, 4), 6)
    found: dict[str, object] = {}
    shapes = [
        (a, a, 1),
        (a, b, 1),
        (b, b, 2),
        (b, a, 3),
        (c, d, 2),
        (d, e, 1),
        (e, f, 2),
        (f, c, 1),
    ]
    for i, o, stride in shapes:
        block, where = Bottleneck(i, o, stride), f"{i} to {o} channels, stride {stride}"
        parameters, buffers = sorted(block.named_parameters()), sorted(block.named_buffers())
        found[f"parameters, {where}"] = [f"{name} {tuple(p.shape)}" for name, p in parameters]
        found[f"buffers, {where}"] = [[name, b] for name, b in buffers]
        found[f"in train mode, {where}"] = all(module.training for module in block.modules())
    return found


@wrong("bottleneck", "no-shortcut", "the shortcut is missing: the block returns its branch alone")
class NoShortcut(nn.Module):
    def __init__(
        self, in_channels: int, out_channels: int, stride: int = 1, stride_on: str = "3x3"
    ) -> None:
        super().__init__()
        width = out_channels // 4
        first, middle = (1, stride) if stride_on == "3x3" else (stride, 1)
        self.conv1 = nn.Conv2d(in_channels, width, 1, first, bias=False)
        self.bn1 = nn.BatchNorm2d(width)
        self.conv2 = nn.Conv2d(width, width, 3, middle, padding=1, bias=False)
        self.bn2 = nn.BatchNorm2d(width)
        self.conv3 = nn.Conv2d(width, out_channels, 1, bias=False)
        self.bn3 = nn.BatchNorm2d(out_channels)
        self.downsample: nn.Module = nn.Identity()
        if in_channels != out_channels or stride != 1:
            self.downsample = nn.Sequential(
                nn.Conv2d(in_channels, out_channels, 1, stride, bias=False),
                nn.BatchNorm2d(out_channels),
            )

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        y = F.relu(self.bn1(self.conv1(x)))
        y = F.relu(self.bn2(self.conv2(y)))
        y = self.bn3(self.conv3(y))
        return F.relu(y)


@wrong(
    "bottleneck",
    "overwritten-input",
    "the input is overwritten by the branch, which is then added to itself",
)
class OverwrittenInput(nn.Module):
    def __init__(
        self, in_channels: int, out_channels: int, stride: int = 1, stride_on: str = "3x3"
    ) -> None:
        super().__init__()
        width = out_channels // 4
        first, middle = (1, stride) if stride_on == "3x3" else (stride, 1)
        self.conv1 = nn.Conv2d(in_channels, width, 1, first, bias=False)
        self.bn1 = nn.BatchNorm2d(width)
        self.conv2 = nn.Conv2d(width, width, 3, middle, padding=1, bias=False)
        self.bn2 = nn.BatchNorm2d(width)
        self.conv3 = nn.Conv2d(width, out_channels, 1, bias=False)
        self.bn3 = nn.BatchNorm2d(out_channels)
        self.downsample: nn.Module = nn.Identity()
        if in_channels != out_channels or stride != 1:
            self.downsample = nn.Sequential(
                nn.Conv2d(in_channels, out_channels, 1, stride, bias=False),
                nn.BatchNorm2d(out_channels),
            )

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        y = F.relu(self.bn1(self.conv1(x)))
        y = F.relu(self.bn2(self.conv2(y)))
        y = self.bn3(self.conv3(y))
        return F.relu(y + y)


@wrong("bottleneck", "subtracted", "the branch is subtracted from the shortcut")
class Subtracted(nn.Module):
    def __init__(
        self, in_channels: int, out_channels: int, stride: int = 1, stride_on: str = "3x3"
    ) -> None:
        super().__init__()
        width = out_channels // 4
        first, middle = (1, stride) if stride_on == "3x3" else (stride, 1)
        self.conv1 = nn.Conv2d(in_channels, width, 1, first, bias=False)
        self.bn1 = nn.BatchNorm2d(width)
        self.conv2 = nn.Conv2d(width, width, 3, middle, padding=1, bias=False)
        self.bn2 = nn.BatchNorm2d(width)
        self.conv3 = nn.Conv2d(width, out_channels, 1, bias=False)
        self.bn3 = nn.BatchNorm2d(out_channels)
        self.downsample: nn.Module = nn.Identity()
        if in_channels != out_channels or stride != 1:
            self.downsample = nn.Sequential(
                nn.Conv2d(in_channels, out_channels, 1, stride, bias=False),
                nn.BatchNorm2d(out_channels),
            )

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        y = F.relu(self.bn1(self.conv1(x)))
        y = F.relu(self.bn2(self.conv2(y)))
        y = self.bn3(self.conv3(y))
        return F.relu(self.downsample(x) - y)


@wrong("bottleneck", "detached-shortcut", "the shortcut is detached: no gradient flows through it")
class DetachedShortcut(nn.Module):
    def __init__(
        self, in_channels: int, out_channels: int, stride: int = 1, stride_on: str = "3x3"
    ) -> None:
        super().__init__()
        width = out_channels // 4
        first, middle = (1, stride) if stride_on == "3x3" else (stride, 1)
        self.conv1 = nn.Conv2d(in_channels, width, 1, first, bias=False)
        self.bn1 = nn.BatchNorm2d(width)
        self.conv2 = nn.Conv2d(width, width, 3, middle, padding=1, bias=False)
        self.bn2 = nn.BatchNorm2d(width)
        self.conv3 = nn.Conv2d(width, out_channels, 1, bias=False)
        self.bn3 = nn.BatchNorm2d(out_channels)
        self.downsample: nn.Module = nn.Identity()
        if in_channels != out_channels or stride != 1:
            self.downsample = nn.Sequential(
                nn.Conv2d(in_channels, out_channels, 1, stride, bias=False),
                nn.BatchNorm2d(out_channels),
            )

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        y = F.relu(self.bn1(self.conv1(x)))
        y = F.relu(self.bn2(self.conv2(y)))
        y = self.bn3(self.conv3(y))
        return F.relu(self.downsample(x).detach() + y)


@wrong("bottleneck", "relu-before-add", "the ReLU comes before the addition here")
class ReluBeforeAdd(nn.Module):
    def __init__(
        self, in_channels: int, out_channels: int, stride: int = 1, stride_on: str = "3x3"
    ) -> None:
        super().__init__()
        width = out_channels // 4
        first, middle = (1, stride) if stride_on == "3x3" else (stride, 1)
        self.conv1 = nn.Conv2d(in_channels, width, 1, first, bias=False)
        self.bn1 = nn.BatchNorm2d(width)
        self.conv2 = nn.Conv2d(width, width, 3, middle, padding=1, bias=False)
        self.bn2 = nn.BatchNorm2d(width)
        self.conv3 = nn.Conv2d(width, out_channels, 1, bias=False)
        self.bn3 = nn.BatchNorm2d(out_channels)
        self.downsample: nn.Module = nn.Identity()
        if in_channels != out_channels or stride != 1:
            self.downsample = nn.Sequential(
                nn.Conv2d(in_channels, out_channels, 1, stride, bias=False),
                nn.BatchNorm2d(out_channels),
            )

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        y = F.relu(self.bn1(self.conv1(x)))
        y = F.relu(self.bn2(self.conv2(y)))
        y = self.bn3(self.conv3(y))
        return self.downsample(x) + F.relu(y)


@wrong("bottleneck", "no-final-relu", "there is no ReLU after the addition")
class NoFinalRelu(nn.Module):
    def __init__(
        self, in_channels: int, out_channels: int, stride: int = 1, stride_on: str = "3x3"
    ) -> None:
        super().__init__()
        width = out_channels // 4
        first, middle = (1, stride) if stride_on == "3x3" else (stride, 1)
        self.conv1 = nn.Conv2d(in_channels, width, 1, first, bias=False)
        self.bn1 = nn.BatchNorm2d(width)
        self.conv2 = nn.Conv2d(width, width, 3, middle, padding=1, bias=False)
        self.bn2 = nn.BatchNorm2d(width)
        self.conv3 = nn.Conv2d(width, out_channels, 1, bias=False)
        self.bn3 = nn.BatchNorm2d(out_channels)
        self.downsample: nn.Module = nn.Identity()
        if in_channels != out_channels or stride != 1:
            self.downsample = nn.Sequential(
                nn.Conv2d(in_channels, out_channels, 1, stride, bias=False),
                nn.BatchNorm2d(out_channels),
            )

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        y = F.relu(self.bn1(self.conv1(x)))
        y = F.relu(self.bn2(self.conv2(y)))
        y = self.bn3(self.conv3(y))
        return self.downsample(x) + y


@wrong(
    "bottleneck",
    "strides-twice",
    "both the first 1x1 and the 3x3 have the stride when it sits on the 1x1",
)
class StridesTwice(nn.Module):
    def __init__(
        self, in_channels: int, out_channels: int, stride: int = 1, stride_on: str = "3x3"
    ) -> None:
        super().__init__()
        width = out_channels // 4
        first, middle = (1, stride) if stride_on == "3x3" else (stride, stride)
        self.conv1 = nn.Conv2d(in_channels, width, 1, first, bias=False)
        self.bn1 = nn.BatchNorm2d(width)
        self.conv2 = nn.Conv2d(width, width, 3, middle, padding=1, bias=False)
        self.bn2 = nn.BatchNorm2d(width)
        self.conv3 = nn.Conv2d(width, out_channels, 1, bias=False)
        self.bn3 = nn.BatchNorm2d(out_channels)
        self.downsample: nn.Module = nn.Identity()
        if in_channels != out_channels or stride != 1:
            self.downsample = nn.Sequential(
                nn.Conv2d(in_channels, out_channels, 1, stride, bias=False),
                nn.BatchNorm2d(out_channels),
            )

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        y = F.relu(self.bn1(self.conv1(x)))
        y = F.relu(self.bn2(self.conv2(y)))
        y = self.bn3(self.conv3(y))
        return F.relu(self.downsample(x) + y)


@wrong("bottleneck", "identity-dropped", "where the shortcut is the identity, it is not added")
class IdentityDropped(nn.Module):
    def __init__(
        self, in_channels: int, out_channels: int, stride: int = 1, stride_on: str = "3x3"
    ) -> None:
        super().__init__()
        width = out_channels // 4
        first, middle = (1, stride) if stride_on == "3x3" else (stride, 1)
        self.conv1 = nn.Conv2d(in_channels, width, 1, first, bias=False)
        self.bn1 = nn.BatchNorm2d(width)
        self.conv2 = nn.Conv2d(width, width, 3, middle, padding=1, bias=False)
        self.bn2 = nn.BatchNorm2d(width)
        self.conv3 = nn.Conv2d(width, out_channels, 1, bias=False)
        self.bn3 = nn.BatchNorm2d(out_channels)
        self.downsample: nn.Module = nn.Identity()
        if in_channels != out_channels or stride != 1:
            self.downsample = nn.Sequential(
                nn.Conv2d(in_channels, out_channels, 1, stride, bias=False),
                nn.BatchNorm2d(out_channels),
            )

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        y = F.relu(self.bn1(self.conv1(x)))
        y = F.relu(self.bn2(self.conv2(y)))
        y = self.bn3(self.conv3(y))
        return F.relu(y if isinstance(self.downsample, nn.Identity) else self.downsample(x) + y)


@wrong("bottleneck", "no-middle-relu", "the ReLU between conv2 and conv3 is missing")
class NoMiddleRelu(nn.Module):
    def __init__(
        self, in_channels: int, out_channels: int, stride: int = 1, stride_on: str = "3x3"
    ) -> None:
        super().__init__()
        width = out_channels // 4
        first, middle = (1, stride) if stride_on == "3x3" else (stride, 1)
        self.conv1 = nn.Conv2d(in_channels, width, 1, first, bias=False)
        self.bn1 = nn.BatchNorm2d(width)
        self.conv2 = nn.Conv2d(width, width, 3, middle, padding=1, bias=False)
        self.bn2 = nn.BatchNorm2d(width)
        self.conv3 = nn.Conv2d(width, out_channels, 1, bias=False)
        self.bn3 = nn.BatchNorm2d(out_channels)
        self.downsample: nn.Module = nn.Identity()
        if in_channels != out_channels or stride != 1:
            self.downsample = nn.Sequential(
                nn.Conv2d(in_channels, out_channels, 1, stride, bias=False),
                nn.BatchNorm2d(out_channels),
            )

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        y = F.relu(self.bn1(self.conv1(x)))
        y = self.bn2(self.conv2(y))
        y = self.bn3(self.conv3(y))
        return F.relu(self.downsample(x) + y)
