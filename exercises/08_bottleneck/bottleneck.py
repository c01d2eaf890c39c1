"""Probes for the exercise `bottleneck` of chapter 8, and wrong answers whose addition is wrong."""

from collections.abc import Callable
from typing import Any

import torch
from torch import nn
from torch.nn import functional as F

from grader.exercise import fill, probe, wrong


@probe("bottleneck", "evaluation", "in eval mode the block computes something else", points=2)
def probe_evaluation(
    Bottleneck: Callable[[int, int, int], nn.Module], seed: int
) -> dict[str, object]:
    found: dict[str, object] = {}
    for i, o, stride in [(16, 16, 1), (8, 16, 2), (16, 16, 2)]:
        block = fill(Bottleneck(i, o, stride), seed).eval()
        x = torch.randn(2, i, 7, 7, generator=torch.Generator().manual_seed(seed)).relu()
        x.requires_grad_(True)
        y = block(x)
        y.square().sum().backward()
        found |= {f"output {i} {o} {stride}": y, f"gradient {i} {o} {stride}": x.grad}
    return found


@probe("bottleneck", "training", "in train mode the block computes something else", points=2)
def probe_training(
    Bottleneck: Callable[[int, int, int], nn.Module], seed: int
) -> dict[str, object]:
    block = fill(Bottleneck(8, 16, 2), seed).train()
    x = torch.randn(4, 8, 6, 6, generator=torch.Generator().manual_seed(seed))
    y = block(x)
    y.square().sum().backward()
    return {"output": y} | {
        f"running mean {n}": b for n, b in block.named_buffers() if n.endswith("running_mean")
    }


@probe("bottleneck", "version-1", 'stride_on="1x1" does not give the paper\'s version')
def probe_version(Bottleneck: Callable[..., Any], seed: int) -> dict[str, object]:
    block = fill(Bottleneck(8, 16, 2, "1x1"), seed).eval()
    x = torch.randn(2, 8, 7, 7, generator=torch.Generator().manual_seed(seed)).requires_grad_(True)
    y = block(x)
    y.sum().backward()
    return {
        "output": y,
        "gradient": x.grad,
        "strides": [block.conv1.stride[0], block.conv2.stride[0]],
    }


@probe("bottleneck", "parameters", "names or shapes of the parameters are not those asked for")
def probe_parameters(
    Bottleneck: Callable[[int, int, int], nn.Module], seed: int
) -> dict[str, object]:
    return {
        f"{i} {o} {s}": [
            f"{n} {tuple(p.shape)}" for n, p in sorted(Bottleneck(i, o, s).named_parameters())
        ]
        for i, o, s in [(16, 16, 1), (8, 16, 1), (16, 16, 2)]
    }


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
