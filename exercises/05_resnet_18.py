"""Probes and wrong answers for the exercises of chapter 5."""

from collections.abc import Callable

import torch
from torch import nn
from torch.nn import functional as F

from grader.exercise import fill, probe, wrong


@probe("basic", "evaluation", "in eval mode the block computes something else", points=2)
def probe_basic(BasicBlock: Callable[[int, int, int], nn.Module], seed: int) -> dict[str, object]:
    found: dict[str, object] = {}
    for i, o, stride in [(6, 6, 1), (6, 8, 1), (6, 8, 2), (6, 6, 2)]:
        block = fill(BasicBlock(i, o, stride), seed).eval()
        x = torch.randn(2, i, 7, 6, generator=torch.Generator().manual_seed(seed))
        y = block(x.requires_grad_(True))
        y.square().sum().backward()
        found |= {f"output {i} {o} {stride}": y, f"gradient {i} {o} {stride}": x.grad}
    return found


@wrong("basic", "no-shortcut", "the shortcut is missing: the block returns its branch alone")
class NoShortcut(nn.Module):
    def __init__(self, in_channels: int, out_channels: int, stride: int = 1) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(in_channels, out_channels, 3, stride, padding=1, bias=False)
        self.bn1 = nn.BatchNorm2d(out_channels)
        self.conv2 = nn.Conv2d(out_channels, out_channels, 3, 1, padding=1, bias=False)
        self.bn2 = nn.BatchNorm2d(out_channels)
        self.downsample: nn.Module = nn.Identity()
        if stride != 1 or in_channels != out_channels:
            self.downsample = nn.Sequential(
                nn.Conv2d(in_channels, out_channels, 1, stride, bias=False),
                nn.BatchNorm2d(out_channels),
            )

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        y = F.relu(self.bn1(self.conv1(x)))
        return F.relu(self.bn2(self.conv2(y)))


@wrong("basic", "subtracted", "the branch is subtracted, not added")
class Subtracted(nn.Module):
    def __init__(self, in_channels: int, out_channels: int, stride: int = 1) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(in_channels, out_channels, 3, stride, padding=1, bias=False)
        self.bn1 = nn.BatchNorm2d(out_channels)
        self.conv2 = nn.Conv2d(out_channels, out_channels, 3, 1, padding=1, bias=False)
        self.bn2 = nn.BatchNorm2d(out_channels)
        self.downsample: nn.Module = nn.Identity()
        if stride != 1 or in_channels != out_channels:
            self.downsample = nn.Sequential(
                nn.Conv2d(in_channels, out_channels, 1, stride, bias=False),
                nn.BatchNorm2d(out_channels),
            )

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        y = F.relu(self.bn1(self.conv1(x)))
        return F.relu(self.downsample(x) - self.bn2(self.conv2(y)))


@wrong("basic", "detached-shortcut", "no gradient passes the shortcut")
class DetachedShortcut(nn.Module):
    def __init__(self, in_channels: int, out_channels: int, stride: int = 1) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(in_channels, out_channels, 3, stride, padding=1, bias=False)
        self.bn1 = nn.BatchNorm2d(out_channels)
        self.conv2 = nn.Conv2d(out_channels, out_channels, 3, 1, padding=1, bias=False)
        self.bn2 = nn.BatchNorm2d(out_channels)
        self.downsample: nn.Module = nn.Identity()
        if stride != 1 or in_channels != out_channels:
            self.downsample = nn.Sequential(
                nn.Conv2d(in_channels, out_channels, 1, stride, bias=False),
                nn.BatchNorm2d(out_channels),
            )

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        y = F.relu(self.bn1(self.conv1(x)))
        return F.relu(self.downsample(x).detach() + self.bn2(self.conv2(y)))


@wrong("basic", "relu-before-add", "a ReLU comes before the addition")
class ReluBeforeAdd(nn.Module):
    def __init__(self, in_channels: int, out_channels: int, stride: int = 1) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(in_channels, out_channels, 3, stride, padding=1, bias=False)
        self.bn1 = nn.BatchNorm2d(out_channels)
        self.conv2 = nn.Conv2d(out_channels, out_channels, 3, 1, padding=1, bias=False)
        self.bn2 = nn.BatchNorm2d(out_channels)
        self.downsample: nn.Module = nn.Identity()
        if stride != 1 or in_channels != out_channels:
            self.downsample = nn.Sequential(
                nn.Conv2d(in_channels, out_channels, 1, stride, bias=False),
                nn.BatchNorm2d(out_channels),
            )

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        y = F.relu(self.bn1(self.conv1(x)))
        return self.downsample(x) + F.relu(self.bn2(self.conv2(y)))


@wrong("basic", "no-final-relu", "there is no ReLU after the addition")
class NoFinalRelu(nn.Module):
    def __init__(self, in_channels: int, out_channels: int, stride: int = 1) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(in_channels, out_channels, 3, stride, padding=1, bias=False)
        self.bn1 = nn.BatchNorm2d(out_channels)
        self.conv2 = nn.Conv2d(out_channels, out_channels, 3, 1, padding=1, bias=False)
        self.bn2 = nn.BatchNorm2d(out_channels)
        self.downsample: nn.Module = nn.Identity()
        if stride != 1 or in_channels != out_channels:
            self.downsample = nn.Sequential(
                nn.Conv2d(in_channels, out_channels, 1, stride, bias=False),
                nn.BatchNorm2d(out_channels),
            )

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        y = F.relu(self.bn1(self.conv1(x)))
        return self.downsample(x) + self.bn2(self.conv2(y))


@wrong("basic", "no-middle-relu", "there is no ReLU between the convolutions")
class NoMiddleRelu(nn.Module):
    def __init__(self, in_channels: int, out_channels: int, stride: int = 1) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(in_channels, out_channels, 3, stride, padding=1, bias=False)
        self.bn1 = nn.BatchNorm2d(out_channels)
        self.conv2 = nn.Conv2d(out_channels, out_channels, 3, 1, padding=1, bias=False)
        self.bn2 = nn.BatchNorm2d(out_channels)
        self.downsample: nn.Module = nn.Identity()
        if stride != 1 or in_channels != out_channels:
            self.downsample = nn.Sequential(
                nn.Conv2d(in_channels, out_channels, 1, stride, bias=False),
                nn.BatchNorm2d(out_channels),
            )

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        y = self.bn1(self.conv1(x))
        return F.relu(self.downsample(x) + self.bn2(self.conv2(y)))


@wrong("basic", "stride-on-conv2", "the stride is on the second convolution")
class StrideOnConv2(nn.Module):
    def __init__(self, in_channels: int, out_channels: int, stride: int = 1) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(in_channels, out_channels, 3, 1, padding=1, bias=False)
        self.bn1 = nn.BatchNorm2d(out_channels)
        self.conv2 = nn.Conv2d(out_channels, out_channels, 3, stride, padding=1, bias=False)
        self.bn2 = nn.BatchNorm2d(out_channels)
        self.downsample: nn.Module = nn.Identity()
        if stride != 1 or in_channels != out_channels:
            self.downsample = nn.Sequential(
                nn.Conv2d(in_channels, out_channels, 1, stride, bias=False),
                nn.BatchNorm2d(out_channels),
            )

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        y = F.relu(self.bn1(self.conv1(x)))
        return F.relu(self.downsample(x) + self.bn2(self.conv2(y)))


@wrong("basic", "bias-before-bn", "a convolution has a bias")
class BiasBeforeBn(nn.Module):
    def __init__(self, in_channels: int, out_channels: int, stride: int = 1) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(in_channels, out_channels, 3, stride, padding=1)
        self.bn1 = nn.BatchNorm2d(out_channels)
        self.conv2 = nn.Conv2d(out_channels, out_channels, 3, 1, padding=1, bias=False)
        self.bn2 = nn.BatchNorm2d(out_channels)
        self.downsample: nn.Module = nn.Identity()
        if stride != 1 or in_channels != out_channels:
            self.downsample = nn.Sequential(
                nn.Conv2d(in_channels, out_channels, 1, stride, bias=False),
                nn.BatchNorm2d(out_channels),
            )

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        y = F.relu(self.bn1(self.conv1(x)))
        return F.relu(self.downsample(x) + self.bn2(self.conv2(y)))


@wrong(
    "basic",
    "channel-test-only",
    "the block projects only if channels change and forgets the stride",
)
class ChannelTestOnly(nn.Module):
    def __init__(self, in_channels: int, out_channels: int, stride: int = 1) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(in_channels, out_channels, 3, stride, padding=1, bias=False)
        self.bn1 = nn.BatchNorm2d(out_channels)
        self.conv2 = nn.Conv2d(out_channels, out_channels, 3, 1, padding=1, bias=False)
        self.bn2 = nn.BatchNorm2d(out_channels)
        self.downsample: nn.Module = nn.Identity()
        if in_channels != out_channels:
            self.downsample = nn.Sequential(
                nn.Conv2d(in_channels, out_channels, 1, stride, bias=False),
                nn.BatchNorm2d(out_channels),
            )

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        y = F.relu(self.bn1(self.conv1(x)))
        return F.relu(self.downsample(x) + self.bn2(self.conv2(y)))


@wrong("basic", "needless-projection", "there is a projection where the identity fits")
class NeedlessProjection(nn.Module):
    def __init__(self, in_channels: int, out_channels: int, stride: int = 1) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(in_channels, out_channels, 3, stride, padding=1, bias=False)
        self.bn1 = nn.BatchNorm2d(out_channels)
        self.conv2 = nn.Conv2d(out_channels, out_channels, 3, 1, padding=1, bias=False)
        self.bn2 = nn.BatchNorm2d(out_channels)
        self.downsample: nn.Module = nn.Identity()
        if True:
            self.downsample = nn.Sequential(
                nn.Conv2d(in_channels, out_channels, 1, stride, bias=False),
                nn.BatchNorm2d(out_channels),
            )

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        y = F.relu(self.bn1(self.conv1(x)))
        return F.relu(self.downsample(x) + self.bn2(self.conv2(y)))


@wrong("basic", "projection-without-bn", "the projection has no BatchNorm")
class ProjectionWithoutBn(nn.Module):
    def __init__(self, in_channels: int, out_channels: int, stride: int = 1) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(in_channels, out_channels, 3, stride, padding=1, bias=False)
        self.bn1 = nn.BatchNorm2d(out_channels)
        self.conv2 = nn.Conv2d(out_channels, out_channels, 3, 1, padding=1, bias=False)
        self.bn2 = nn.BatchNorm2d(out_channels)
        self.downsample: nn.Module = nn.Identity()
        if stride != 1 or in_channels != out_channels:
            self.downsample = nn.Sequential(
                nn.Conv2d(in_channels, out_channels, 1, stride, bias=False)
            )

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        y = F.relu(self.bn1(self.conv1(x)))
        return F.relu(self.downsample(x) + self.bn2(self.conv2(y)))


@probe("layers", "counts", "some network is counted wrongly", points=2)
def probe_layers(layers: Callable[[nn.Module], int], seed: int) -> dict[str, object]:
    def net(blocks: int, convolutions: int) -> nn.Module:
        body = [
            nn.ModuleDict(
                {f"conv{k}": nn.Conv2d(1, 1, 1) for k in range(convolutions)}
                | {"bn": nn.BatchNorm2d(1), "downsample": nn.Sequential(nn.Conv2d(1, 1, 1))}
            )
            for _ in "x" * blocks
        ]
        return nn.Sequential(nn.Conv2d(1, 1, 1), nn.BatchNorm2d(1), *body, nn.Linear(1, 1))

    return {
        "counts": [int(layers(net(b, c))) for b, c in [(8, 2), (16, 2), (16, 3), (9, 2), (0, 1)]]
    }


@wrong(
    "layers",
    "layer-count",
    "all modules are counted; the name counts layers with weights on the way",
)
def layer_count(net: nn.Module) -> int:
    return sum(True for name, module in net.named_modules())


@wrong("layers", "projections-counted", "the projections on the shortcuts are counted, too")
def projections_counted(net: nn.Module) -> int:
    return sum(isinstance(module, (nn.Conv2d, nn.Linear)) for name, module in net.named_modules())


@wrong("layers", "ends-forgotten", "the linear layer is not counted")
def ends_forgotten(net: nn.Module) -> int:
    return sum(
        isinstance(module, nn.Conv2d) and "downsample" not in name
        for name, module in net.named_modules()
    )


@wrong("layers", "bn-counted", "BatchNorms are counted, too")
def bn_counted(net: nn.Module) -> int:
    return sum(
        isinstance(module, (nn.Conv2d, nn.Linear, nn.BatchNorm2d)) and "downsample" not in name
        for name, module in net.named_modules()
    )


@wrong("layers", "direct-children", "layers inside of blocks are not counted")
def direct_children(net: nn.Module) -> int:
    return sum(
        isinstance(module, (nn.Conv2d, nn.Linear)) and "downsample" not in name
        for name, module in net.named_children()
    )
