"""Probes and wrong answers for the exercise `preact` of chapter 9."""

from collections.abc import Callable
from random import Random

import torch
from torch import nn
from torch.nn import functional as F

from grader.exercise import behaviour_of, draw_images, made_small, probe, set_weights, wrong


@probe("preact", "evaluation", "in eval mode the block computes something else", points=2)
def probe_preact(PreActBlock: Callable[..., nn.Module], seed: int) -> dict[str, object]:
    random = Random(seed)
    found: dict[str, object] = {}
    a, (b, c) = random.randint(7, 9), random.sample(range(2, 7), 2)
    shapes = [(a, a, 1), (max(a, b), min(a, b), 1), (1, c, 2), (b, b, 2), (c, c, 3), (a, 1, 3)]
    x = [draw_images(random, i) for i, _, _ in shapes]
    x[0] = draw_images(random, a, batch=1, wide=True)
    x[1] = draw_images(random, max(a, b), magnitude=10 ** random.uniform(2, 4), wide=False)
    x[2] = draw_images(random, shapes[2][0], batch=random.randint(9, 17), wide=True)
    x[3] = x[3][:, :, :1, :1]
    x[4] = draw_images(random, c, batch=2)
    x[5] = draw_images(random, a, batch=3)
    for images, (i, o, stride) in zip(x, shapes, strict=True):
        images[-1] *= random.uniform(30, 90)
        block = set_weights(PreActBlock(i, o, stride), seed).eval()
        where = f"{i} to {o} channels, stride {stride}"
        found |= behaviour_of(block, images, where=where)
        small = made_small(images.flip(0))
        found |= behaviour_of(block, small, where=f"{where}, small numbers")
    return found


@probe("preact", "training", "in train mode the block computes or keeps something else", points=2)
def probe_preact_training(PreActBlock: Callable[..., nn.Module], seed: int) -> dict[str, object]:
    random = Random(seed)
    found: dict[str, object] = {}
    a, b = random.sample(range(2, 8), 2)
    batches = random.sample([2, 3, 4], 3)
    for i, o, stride in [(a, a, 1), (b, a, 2), (b, b, 2)]:
        block = set_weights(PreActBlock(i, o, stride), seed)
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


@probe(
    "preact", "parameters", "names, shapes or first states of the layers are not those asked for"
)
def probe_preact_parameters(PreActBlock: Callable[..., nn.Module], seed: int) -> dict[str, object]:
    a, b, c, d, e, f = Random(seed).sample(range(2, 12), 6)
    found: dict[str, object] = {}
    shapes = [(a, a, 1), (a, b, 1), (b, b, 2), (b, a, 3)]
    shapes += [(c, d, 2), (d, e, 1), (e, f, 2), (f, c, 1)]
    for i, o, stride in shapes:
        block, where = PreActBlock(i, o, stride), f"{i} to {o} channels, stride {stride}"
        parameters, buffers = sorted(block.named_parameters()), sorted(block.named_buffers())
        found[f"parameters, {where}"] = [f"{name} {tuple(p.shape)}" for name, p in parameters]
        found[f"buffers, {where}"] = [[name, b] for name, b in buffers]
        found[f"in train mode, {where}"] = all(module.training for module in block.modules())
    return found


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


@wrong("preact", "wide-projection", "the projection is 3x3; a 1x1 is asked for")
class WideProjection(nn.Module):
    def __init__(self, in_channels: int, out_channels: int, stride: int = 1) -> None:
        super().__init__()
        self.bn1 = nn.BatchNorm2d(in_channels)
        self.conv1 = nn.Conv2d(in_channels, out_channels, 3, stride, padding=1, bias=False)
        self.bn2 = nn.BatchNorm2d(out_channels)
        self.conv2 = nn.Conv2d(out_channels, out_channels, 3, padding=1, bias=False)
        self.downsample: nn.Module = nn.Identity()
        if in_channels != out_channels or stride != 1:
            self.downsample = nn.Conv2d(in_channels, out_channels, 3, stride, padding=1, bias=False)

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
