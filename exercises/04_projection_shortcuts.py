"""Probes and wrong answers for the exercises of chapter 4."""

from collections.abc import Callable

import torch
from torch import nn
from torch.nn import functional as F

from grader.exercise import fill, probe, wrong


@probe("padded", "values", "the shortcut returns something else", points=2)
def probe_padded(
    padded: Callable[[torch.Tensor, int, int], torch.Tensor], seed: int
) -> dict[str, object]:
    found: dict[str, object] = {}
    for channels, out, stride, side in [(2, 5, 2, 7), (3, 3, 1, 4), (2, 4, 3, 8)]:
        x = torch.randn(2, channels, side, side, generator=torch.Generator().manual_seed(seed))
        y = padded(x.requires_grad_(True), out, stride)
        y.square().sum().backward()
        found |= {f"output {out} {stride}": y, f"gradient {out} {stride}": x.grad}
    return found


@wrong("padded", "zeros-before", "the zeros come before the old channels")
def zeros_before(x: torch.Tensor, out_channels: int, stride: int) -> torch.Tensor:
    y = x[:, :, ::stride, ::stride]
    return F.pad(y, (0, 0, 0, 0, out_channels - x.shape[1], 0))


@wrong("padded", "other-pixels", "it begins with the second pixel, not with the first")
def other_pixels(x: torch.Tensor, out_channels: int, stride: int) -> torch.Tensor:
    y = x[:, :, stride - 1 :: stride, stride - 1 :: stride]
    return F.pad(y, (0, 0, 0, 0, 0, out_channels - x.shape[1]))


@wrong("padded", "stride-mismatch", "the stride is forgotten")
def stride_mismatch(x: torch.Tensor, out_channels: int, stride: int) -> torch.Tensor:
    y = x[:, :]
    return F.pad(y, (0, 0, 0, 0, 0, out_channels - x.shape[1]))


@wrong("padded", "averaged", "it averages pixels; option A takes every stride-th one")
def averaged(x: torch.Tensor, out_channels: int, stride: int) -> torch.Tensor:
    y = F.avg_pool2d(x, stride, ceil_mode=True)
    return F.pad(y, (0, 0, 0, 0, 0, out_channels - x.shape[1]))


@wrong("padded", "repeated-channels", "the new channels repeat the old ones; they should be zero")
def repeated_channels(x: torch.Tensor, out_channels: int, stride: int) -> torch.Tensor:
    y = x[:, :, ::stride, ::stride]
    return y.repeat(1, out_channels, 1, 1)[:, :out_channels]


@probe("pooled", "values", "the shortcut computes something else", points=2)
def probe_pooled(
    PooledShortcut: Callable[[int, int, int], nn.Module], seed: int
) -> dict[str, object]:
    found: dict[str, object] = {}
    for i, o, stride, side in [(3, 5, 2, 7), (4, 4, 2, 6), (2, 3, 1, 5)]:
        shortcut = fill(PooledShortcut(i, o, stride), seed)
        x = torch.randn(3, i, side, side, generator=torch.Generator().manual_seed(seed))
        y = shortcut.train()(x.requires_grad_(True))
        y.square().sum().backward()
        found |= {
            f"train {i} {o}": y,
            f"gradient {i} {o}": x.grad,
            f"eval {i} {o}": shortcut.eval()(x.detach()),
        }
    return found


@wrong("pooled", "lost-pixels", "the convolution has the stride, so most pixels are never seen")
class LostPixels(nn.Module):
    def __init__(self, in_channels: int, out_channels: int, stride: int) -> None:
        super().__init__()
        self.pool = nn.Identity()
        self.conv = nn.Conv2d(in_channels, out_channels, 1, stride, bias=False)
        self.bn = nn.BatchNorm2d(out_channels)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.bn(self.conv(self.pool(x)))


@wrong("pooled", "odd-sizes", "odd sizes are rounded down where the branch rounds them up")
class OddSizes(nn.Module):
    def __init__(self, in_channels: int, out_channels: int, stride: int) -> None:
        super().__init__()
        self.pool = nn.AvgPool2d(stride)
        self.conv = nn.Conv2d(in_channels, out_channels, 1, bias=False)
        self.bn = nn.BatchNorm2d(out_channels)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.bn(self.conv(self.pool(x)))


@wrong("pooled", "max-pool", "it takes the largest pixel, not the mean")
class MaxPool(nn.Module):
    def __init__(self, in_channels: int, out_channels: int, stride: int) -> None:
        super().__init__()
        self.pool = nn.MaxPool2d(stride, ceil_mode=True)
        self.conv = nn.Conv2d(in_channels, out_channels, 1, bias=False)
        self.bn = nn.BatchNorm2d(out_channels)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.bn(self.conv(self.pool(x)))


@wrong("pooled", "no-bn", "the BatchNorm is not used")
class NoBn(nn.Module):
    def __init__(self, in_channels: int, out_channels: int, stride: int) -> None:
        super().__init__()
        self.pool = nn.AvgPool2d(stride, ceil_mode=True)
        self.conv = nn.Conv2d(in_channels, out_channels, 1, bias=False)
        self.bn = nn.BatchNorm2d(out_channels)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.conv(self.pool(x))


@wrong("pooled", "bias-before-bn", "the convolution has a bias")
class BiasBeforeBn(nn.Module):
    def __init__(self, in_channels: int, out_channels: int, stride: int) -> None:
        super().__init__()
        self.pool = nn.AvgPool2d(stride, ceil_mode=True)
        self.conv = nn.Conv2d(in_channels, out_channels, 1)
        self.bn = nn.BatchNorm2d(out_channels)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.bn(self.conv(self.pool(x)))


@wrong("pooled", "overlapping", "the windows overlap: 3 by 3 pixels instead of the stride's")
class Overlapping(nn.Module):
    def __init__(self, in_channels: int, out_channels: int, stride: int) -> None:
        super().__init__()
        self.pool = nn.AvgPool2d(3, stride, padding=1)
        self.conv = nn.Conv2d(in_channels, out_channels, 1, bias=False)
        self.bn = nn.BatchNorm2d(out_channels)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.bn(self.conv(self.pool(x)))
