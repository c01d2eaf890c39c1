"""Probes and wrong answers for the exercises of chapter 4."""

import random
from collections.abc import Callable

import torch
from torch import nn
from torch.nn import functional as F

from grader.exercise import probe, set_weights, wrong


def run(
    shortcut: Callable[..., torch.Tensor], x: torch.Tensor, chance: torch.Generator, again: bool
) -> list[torch.Tensor]:
    """Output, gradient of the input, and the input afterwards; output without gradients.

    The gradient is multiplied by the size of the input and divided by that of the output, so that
    what rounding does to it is as small for large numbers as for small ones.
    The last one not always: gradients are asked for in even and in odd calls.
    """
    given = x.requires_grad_(True) * 1
    y = shortcut(given)
    (y * torch.randn(y.shape, generator=chance)).sum().backward()
    with torch.no_grad():
        size = x.abs().mean() / (1 + y.abs().max())
        slope = torch.full_like(x, torch.nan) if x.grad is None else x.grad * size
        return [y, slope, given, *([shortcut(x)] if again else [])]


def maps(seed: int, channels: int) -> list[torch.Tensor]:
    """Maps wide and high, of even and odd sides; one image and several; small and large values."""
    draw, chance = random.Random(seed), torch.Generator().manual_seed(seed)
    short, long = draw.randint(4, 6), draw.randint(7, 9)
    sizes = [
        (6, short, long),
        (1, long, short),
        (2, long, long),
        (draw.choice([3, 5]), long, short),
    ]
    made = [
        size * torch.randn(count, channels, height + one, width + one, generator=chance)
        for count, height, width in sizes
        for size in (0.01, 1, 40)
        for one in (0, 1)
    ]
    for x in made:
        x[-1] *= 60 if 0.5 < x.std() < 20 else 1  # each mode and batch meets large numbers
    return made


@probe("padded", "values", "the shortcut returns something else", points=2)
def probe_padded(
    padded: Callable[[torch.Tensor, int, int], torch.Tensor], seed: int
) -> dict[str, object]:
    draw, chance = random.Random(seed), torch.Generator().manual_seed(seed)
    found: dict[str, object] = {}
    few, several = draw.randint(1, 3), draw.randint(17, 20)
    for channels, more, stride in [
        (draw.randint(2, 5), few, 1),
        (1, 2, 3),  # as many channels as the stride is; then fewer
        (1, 1, 3),
        (draw.randint(7, 9), few, 2),
        (draw.randint(13, 16), few, 1),
        (draw.randint(2, 5), 0, 2),
        (1, several, 1),
        (draw.randint(7, 9), 0, 4),
        (draw.randint(3, 5), several, draw.randint(3, 4)),
    ]:
        given = maps(seed + stride, channels)  # six of each number of images
        for n in range(0, len(given), 6):
            for x in draw.sample(given[n : n + 6], 2):
                found[f"{len(found)}: {more} more, stride {stride}, {tuple(x.shape)}"] = run(
                    lambda x, out=channels + more, stride=stride: padded(x, out, stride),
                    x,
                    chance,
                    len(found) % 3 == 2,
                )
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
    """All maps through each of a few shortcuts, while it trains and while it does not."""
    draw, chance = random.Random(seed), torch.Generator().manual_seed(seed)
    found: dict[str, object] = {}
    for stride, channels in zip(
        (1, 2, 3), draw.sample([1, draw.randint(2, 5), draw.randint(7, 9)], 3), strict=True
    ):
        out = draw.choice([draw.randint(1, 4), draw.randint(17, 20)])
        shortcut = set_weights(PooledShortcut(channels, out, stride), seed)
        given = maps(seed + stride, channels)
        gradients: dict[str, torch.Tensor | float] = {}
        for n, x in enumerate(given):
            if n:  # a new one trains
                shortcut.train((n + n // 6 + seed) % 3 > 0)
            here = run(shortcut, x, chance, n % 3 == 2)
            found[f"{n}: {out} channels, stride {stride}"] = here
            largest = 1 + here[0].detach().abs().max()
            for name, parameter in shortcut.named_parameters():
                if parameter.grad is not None:  # a sum of large and small ones is rounded too far
                    gradients[name] = gradients.get(name, 0) + parameter.grad / largest
                    parameter.grad = None
        shortcut.eval()
        for n in (4, 10, 16, 22):  # of each number of images; the averages don't make these small
            x = 100 * given[n].detach().abs() * (1 if n < 20 else -1)
            y, *others = run(shortcut, x, chance, False)
            name = f"{n}: {out} channels, stride {stride}, larger"
            found[name] = [y / (1 + y.abs().max()), *others]
        found |= {f"{stride} {name}": total for name, total in gradients.items()}
        found |= {f"{stride} {name}, after": v for name, v in shortcut.state_dict().items()}
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


@wrong("pooled", "wide-projection", "the convolution is 3x3; a 1x1 mixes the channels")
class WideProjection(nn.Module):
    def __init__(self, in_channels: int, out_channels: int, stride: int) -> None:
        super().__init__()
        self.pool = nn.AvgPool2d(stride, ceil_mode=True)
        self.conv = nn.Conv2d(in_channels, out_channels, 3, padding=1, bias=False)
        self.bn = nn.BatchNorm2d(out_channels)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.bn(self.conv(self.pool(x)))


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
