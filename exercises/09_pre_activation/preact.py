"""Probes and wrong answers for the exercise `preact` of chapter 9."""

from collections.abc import Callable

import torch
from torch import nn
from torch.nn import functional as F

from grader.exercise import fill, probe, wrong


@probe("preact", "evaluation", "in eval mode the block computes something else", points=2)
def probe_preact(PreActBlock: Callable[..., nn.Module], seed: int) -> dict[str, object]:
    found: dict[str, object] = {}
    for i, o, stride in [(8, 8, 1), (8, 16, 1), (8, 16, 2), (8, 8, 2)]:
        block = fill(PreActBlock(i, o, stride), seed).eval()
        x = torch.randn(2, i, 7, 7, generator=torch.Generator().manual_seed(seed))
        x.requires_grad_(True)
        y = block(x)
        y.square().sum().backward()
        found |= {f"output {i} {o} {stride}": y, f"gradient {i} {o} {stride}": x.grad}
    return found


@probe("preact", "training", "in train mode the block computes something else", points=2)
def probe_preact_training(PreActBlock: Callable[..., nn.Module], seed: int) -> dict[str, object]:
    block = fill(PreActBlock(8, 8), seed).train()
    x = torch.randn(4, 8, 6, 6, generator=torch.Generator().manual_seed(seed))
    before = x.clone()
    y = block(x)
    return {"output": y, "input untouched": bool((x == before).all())} | {
        f"buffer {n}": b for n, b in block.named_buffers() if n.endswith("running_mean")
    }


@probe("preact", "parameters", "names or shapes of the parameters are not those asked for")
def probe_preact_parameters(PreActBlock: Callable[..., nn.Module], seed: int) -> dict[str, object]:
    return {
        f"{i} {o} {s}": [
            f"{n} {tuple(p.shape)}" for n, p in sorted(PreActBlock(i, o, s).named_parameters())
        ]
        for i, o, s in [(8, 8, 1), (8, 16, 2), (8, 8, 2)]
    }


@wrong(
    "preact",
    "preact-shortcut",
    "the identity shortcut takes the activated input, so a ReLU cuts the path",
)
class PreactShortcut(nn.Module):
    def __init__(self, in_channels: int, out_channels: int, stride: int = 1) -> None:
        super().__init__()
        self.bn1 = nn.BatchNorm2d(in_channels)
        self.conv1 = nn.Conv2d(in_channels, out_channels, 3, stride, padding=1, bias=False)
        self.bn2 = nn.BatchNorm2d(out_channels)
        self.conv2 = nn.Conv2d(out_channels, out_channels, 3, padding=1, bias=False)
        self.downsample: nn.Module = nn.Identity()
        if in_channels != out_channels or stride != 1:
            self.downsample = nn.Conv2d(in_channels, out_channels, 1, stride, bias=False)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        activated = F.relu(self.bn1(x))
        y = self.conv2(F.relu(self.bn2(self.conv1(activated))))
        if isinstance(self.downsample, nn.Identity):
            return activated + y
        return self.downsample(activated) + y


@wrong("preact", "projection-from-x", "the projection takes x, not the activated input")
class ProjectionFromX(nn.Module):
    def __init__(self, in_channels: int, out_channels: int, stride: int = 1) -> None:
        super().__init__()
        self.bn1 = nn.BatchNorm2d(in_channels)
        self.conv1 = nn.Conv2d(in_channels, out_channels, 3, stride, padding=1, bias=False)
        self.bn2 = nn.BatchNorm2d(out_channels)
        self.conv2 = nn.Conv2d(out_channels, out_channels, 3, padding=1, bias=False)
        self.downsample: nn.Module = nn.Identity()
        if in_channels != out_channels or stride != 1:
            self.downsample = nn.Conv2d(in_channels, out_channels, 1, stride, bias=False)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        activated = F.relu(self.bn1(x))
        y = self.conv2(F.relu(self.bn2(self.conv1(activated))))
        if isinstance(self.downsample, nn.Identity):
            return x + y
        return self.downsample(x) + y


@wrong("preact", "relu-after-add", "a ReLU comes after the addition, as in the original block")
class ReluAfterAdd(nn.Module):
    def __init__(self, in_channels: int, out_channels: int, stride: int = 1) -> None:
        super().__init__()
        self.bn1 = nn.BatchNorm2d(in_channels)
        self.conv1 = nn.Conv2d(in_channels, out_channels, 3, stride, padding=1, bias=False)
        self.bn2 = nn.BatchNorm2d(out_channels)
        self.conv2 = nn.Conv2d(out_channels, out_channels, 3, padding=1, bias=False)
        self.downsample: nn.Module = nn.Identity()
        if in_channels != out_channels or stride != 1:
            self.downsample = nn.Conv2d(in_channels, out_channels, 1, stride, bias=False)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        activated = F.relu(self.bn1(x))
        y = self.conv2(F.relu(self.bn2(self.conv1(activated))))
        if isinstance(self.downsample, nn.Identity):
            return F.relu(x + y)
        return self.downsample(activated) + y


@wrong("preact", "no-shortcut", "the shortcut is missing: the block returns its branch alone")
class NoShortcut(nn.Module):
    def __init__(self, in_channels: int, out_channels: int, stride: int = 1) -> None:
        super().__init__()
        self.bn1 = nn.BatchNorm2d(in_channels)
        self.conv1 = nn.Conv2d(in_channels, out_channels, 3, stride, padding=1, bias=False)
        self.bn2 = nn.BatchNorm2d(out_channels)
        self.conv2 = nn.Conv2d(out_channels, out_channels, 3, padding=1, bias=False)
        self.downsample: nn.Module = nn.Identity()
        if in_channels != out_channels or stride != 1:
            self.downsample = nn.Conv2d(in_channels, out_channels, 1, stride, bias=False)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        activated = F.relu(self.bn1(x))
        y = self.conv2(F.relu(self.bn2(self.conv1(activated))))
        if isinstance(self.downsample, nn.Identity):
            return y
        return self.downsample(activated) + y


@wrong("preact", "relu-before-bn", "the first ReLU comes before its BatchNorm")
class ReluBeforeBn(nn.Module):
    def __init__(self, in_channels: int, out_channels: int, stride: int = 1) -> None:
        super().__init__()
        self.bn1 = nn.BatchNorm2d(in_channels)
        self.conv1 = nn.Conv2d(in_channels, out_channels, 3, stride, padding=1, bias=False)
        self.bn2 = nn.BatchNorm2d(out_channels)
        self.conv2 = nn.Conv2d(out_channels, out_channels, 3, padding=1, bias=False)
        self.downsample: nn.Module = nn.Identity()
        if in_channels != out_channels or stride != 1:
            self.downsample = nn.Conv2d(in_channels, out_channels, 1, stride, bias=False)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        activated = self.bn1(F.relu(x))
        y = self.conv2(F.relu(self.bn2(self.conv1(activated))))
        if isinstance(self.downsample, nn.Identity):
            return x + y
        return self.downsample(activated) + y


@wrong("preact", "no-first-relu", "there is no ReLU before the first convolution")
class NoFirstRelu(nn.Module):
    def __init__(self, in_channels: int, out_channels: int, stride: int = 1) -> None:
        super().__init__()
        self.bn1 = nn.BatchNorm2d(in_channels)
        self.conv1 = nn.Conv2d(in_channels, out_channels, 3, stride, padding=1, bias=False)
        self.bn2 = nn.BatchNorm2d(out_channels)
        self.conv2 = nn.Conv2d(out_channels, out_channels, 3, padding=1, bias=False)
        self.downsample: nn.Module = nn.Identity()
        if in_channels != out_channels or stride != 1:
            self.downsample = nn.Conv2d(in_channels, out_channels, 1, stride, bias=False)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        activated = self.bn1(x)
        y = self.conv2(F.relu(self.bn2(self.conv1(activated))))
        if isinstance(self.downsample, nn.Identity):
            return x + y
        return self.downsample(activated) + y


@wrong("preact", "no-second-relu", "there is no ReLU before the second convolution")
class NoSecondRelu(nn.Module):
    def __init__(self, in_channels: int, out_channels: int, stride: int = 1) -> None:
        super().__init__()
        self.bn1 = nn.BatchNorm2d(in_channels)
        self.conv1 = nn.Conv2d(in_channels, out_channels, 3, stride, padding=1, bias=False)
        self.bn2 = nn.BatchNorm2d(out_channels)
        self.conv2 = nn.Conv2d(out_channels, out_channels, 3, padding=1, bias=False)
        self.downsample: nn.Module = nn.Identity()
        if in_channels != out_channels or stride != 1:
            self.downsample = nn.Conv2d(in_channels, out_channels, 1, stride, bias=False)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        activated = F.relu(self.bn1(x))
        y = self.conv2(self.bn2(self.conv1(activated)))
        if isinstance(self.downsample, nn.Identity):
            return x + y
        return self.downsample(activated) + y


@wrong(
    "preact", "inplace-on-skip", "an operation in place changes the input, and with it the shortcut"
)
class InplaceOnSkip(nn.Module):
    def __init__(self, in_channels: int, out_channels: int, stride: int = 1) -> None:
        super().__init__()
        self.bn1 = nn.BatchNorm2d(in_channels)
        self.conv1 = nn.Conv2d(in_channels, out_channels, 3, stride, padding=1, bias=False)
        self.bn2 = nn.BatchNorm2d(out_channels)
        self.conv2 = nn.Conv2d(out_channels, out_channels, 3, padding=1, bias=False)
        self.downsample: nn.Module = nn.Identity()
        if in_channels != out_channels or stride != 1:
            self.downsample = nn.Conv2d(in_channels, out_channels, 1, stride, bias=False)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        activated = F.relu(self.bn1(x))
        x.data.copy_(activated.data)
        y = self.conv2(F.relu(self.bn2(self.conv1(activated))))
        if isinstance(self.downsample, nn.Identity):
            return x + y
        return self.downsample(activated) + y


@wrong(
    "preact",
    "bn-called-twice",
    "bn1 sees every batch twice, so its running averages move two steps",
)
class BnCalledTwice(nn.Module):
    def __init__(self, in_channels: int, out_channels: int, stride: int = 1) -> None:
        super().__init__()
        self.bn1 = nn.BatchNorm2d(in_channels)
        self.conv1 = nn.Conv2d(in_channels, out_channels, 3, stride, padding=1, bias=False)
        self.bn2 = nn.BatchNorm2d(out_channels)
        self.conv2 = nn.Conv2d(out_channels, out_channels, 3, padding=1, bias=False)
        self.downsample: nn.Module = nn.Identity()
        if in_channels != out_channels or stride != 1:
            self.downsample = nn.Conv2d(in_channels, out_channels, 1, stride, bias=False)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        self.bn1(x)
        activated = F.relu(self.bn1(x))
        y = self.conv2(F.relu(self.bn2(self.conv1(activated))))
        if isinstance(self.downsample, nn.Identity):
            return x + y
        return self.downsample(activated) + y


@wrong("preact", "unused-layer", "there is a layer that nothing uses")
class UnusedLayer(nn.Module):
    def __init__(self, in_channels: int, out_channels: int, stride: int = 1) -> None:
        super().__init__()
        self.bn1 = nn.BatchNorm2d(in_channels)
        self.conv1 = nn.Conv2d(in_channels, out_channels, 3, stride, padding=1, bias=False)
        self.bn2 = nn.BatchNorm2d(out_channels)
        self.conv2 = nn.Conv2d(out_channels, out_channels, 3, padding=1, bias=False)
        self.downsample: nn.Module = nn.Identity()
        self.conv3 = nn.Conv2d(1, 1, 1)
        if in_channels != out_channels or stride != 1:
            self.downsample = nn.Conv2d(in_channels, out_channels, 1, stride, bias=False)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        activated = F.relu(self.bn1(x))
        y = self.conv2(F.relu(self.bn2(self.conv1(activated))))
        if isinstance(self.downsample, nn.Identity):
            return x + y
        return self.downsample(activated) + y


@wrong("preact", "no-second-bn", "bn2 is never used")
class NoSecondBn(nn.Module):
    def __init__(self, in_channels: int, out_channels: int, stride: int = 1) -> None:
        super().__init__()
        self.bn1 = nn.BatchNorm2d(in_channels)
        self.conv1 = nn.Conv2d(in_channels, out_channels, 3, stride, padding=1, bias=False)
        self.bn2 = nn.BatchNorm2d(out_channels)
        self.conv2 = nn.Conv2d(out_channels, out_channels, 3, padding=1, bias=False)
        self.downsample: nn.Module = nn.Identity()
        if in_channels != out_channels or stride != 1:
            self.downsample = nn.Conv2d(in_channels, out_channels, 1, stride, bias=False)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        activated = F.relu(self.bn1(x))
        y = self.conv2(F.relu(self.conv1(activated)))
        if isinstance(self.downsample, nn.Identity):
            return x + y
        return self.downsample(activated) + y


@wrong(
    "preact",
    "channel-test-only",
    "the block projects only if channels change and forgets the stride",
)
class ChannelTestOnly(nn.Module):
    def __init__(self, in_channels: int, out_channels: int, stride: int = 1) -> None:
        super().__init__()
        self.bn1 = nn.BatchNorm2d(in_channels)
        self.conv1 = nn.Conv2d(in_channels, out_channels, 3, stride, padding=1, bias=False)
        self.bn2 = nn.BatchNorm2d(out_channels)
        self.conv2 = nn.Conv2d(out_channels, out_channels, 3, padding=1, bias=False)
        self.downsample: nn.Module = nn.Identity()
        if in_channels != out_channels:
            self.downsample = nn.Conv2d(in_channels, out_channels, 1, stride, bias=False)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        activated = F.relu(self.bn1(x))
        y = self.conv2(F.relu(self.bn2(self.conv1(activated))))
        if isinstance(self.downsample, nn.Identity):
            return x + y
        return self.downsample(activated) + y


@wrong(
    "preact", "projection-bn", "the projection has a BatchNorm; the shared one before it is enough"
)
class ProjectionBn(nn.Module):
    def __init__(self, in_channels: int, out_channels: int, stride: int = 1) -> None:
        super().__init__()
        self.bn1 = nn.BatchNorm2d(in_channels)
        self.conv1 = nn.Conv2d(in_channels, out_channels, 3, stride, padding=1, bias=False)
        self.bn2 = nn.BatchNorm2d(out_channels)
        self.conv2 = nn.Conv2d(out_channels, out_channels, 3, padding=1, bias=False)
        self.downsample: nn.Module = nn.Identity()
        if in_channels != out_channels or stride != 1:
            self.downsample = nn.Sequential(
                nn.Conv2d(in_channels, out_channels, 1, stride, bias=False),
                nn.BatchNorm2d(out_channels),
            )

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        activated = F.relu(self.bn1(x))
        y = self.conv2(F.relu(self.bn2(self.conv1(activated))))
        if isinstance(self.downsample, nn.Identity):
            return x + y
        return self.downsample(activated) + y


@wrong("preact", "bias-before-bn", "a convolution has a bias")
class BiasBeforeBn(nn.Module):
    def __init__(self, in_channels: int, out_channels: int, stride: int = 1) -> None:
        super().__init__()
        self.bn1 = nn.BatchNorm2d(in_channels)
        self.conv1 = nn.Conv2d(in_channels, out_channels, 3, stride, padding=1)
        self.bn2 = nn.BatchNorm2d(out_channels)
        self.conv2 = nn.Conv2d(out_channels, out_channels, 3, padding=1, bias=False)
        self.downsample: nn.Module = nn.Identity()
        if in_channels != out_channels or stride != 1:
            self.downsample = nn.Conv2d(in_channels, out_channels, 1, stride, bias=False)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        activated = F.relu(self.bn1(x))
        y = self.conv2(F.relu(self.bn2(self.conv1(activated))))
        if isinstance(self.downsample, nn.Identity):
            return x + y
        return self.downsample(activated) + y
