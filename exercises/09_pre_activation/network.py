"""Probes and wrong answers for the exercise `network` of chapter 9."""

from collections.abc import Callable
from random import Random

import torch
from torch import nn
from torch.nn import functional as F

from grader.exercise import behaviour_of, draw_images, made_small, probe, set_weights, wrong


class Affine(nn.Module):
    """A block that gives something else in another order or from left to right; counts calls."""

    calls: torch.Tensor

    def __init__(self, i: int, o: int) -> None:
        super().__init__()
        self.told = [i, o]
        self.weight, self.shift = nn.Parameter(torch.ones(1)), nn.Parameter(torch.zeros(1))
        self.register_buffer("calls", torch.zeros((), dtype=torch.long))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        self.calls += 1
        ramp = torch.linspace(1, 2, x.shape[-1])
        return x * self.weight * ramp + self.shift


@probe("network", "values", "the network computes or keeps something else", points=2)
def probe_network(PreActNet: Callable[..., nn.Module], seed: int) -> dict[str, object]:
    random = Random(seed)
    found: dict[str, object] = {}
    batches = random.sample([2, 2, 3, 3, 4, random.randint(6, 9)], 6)
    widths, classes = random.sample(range(1, 10), 3), random.sample(range(1, 17), 2)
    classes.insert(random.randint(0, 2), random.randint(17, 30))
    for width, blocks, count in zip(widths, random.sample(range(1, 6), 3), classes, strict=True):
        net = set_weights(PreActNet(Affine, width, blocks, count), seed)
        where = f"{width} wide, {blocks} blocks, {count} classes"
        found[f"parameters, {where}"] = sorted(  # what is in the body has any name
            f"{name.partition('.')[0]} {tuple(p.shape)}" for name, p in net.named_parameters()
        )
        found[f"blocks, {where}"] = [m.told for m in net.modules() if isinstance(m, Affine)]
        found[f"made in train mode, {where}"] = all(module.training for module in net.modules())
        some, others = (draw_images(random, 1, batch=batches.pop()) for _ in "12")
        some[-1] *= random.uniform(30, 90)  # large numbers in each mode and call
        others[-1] *= random.uniform(30, 90)
        one = draw_images(random, 1, batch=1, magnitude=10 ** random.uniform(3.5, 5))
        one[0, 0, 0, 0] += one.sum().abs()  # its mean is positive, and that of -one is not
        small = made_small(some.flip(0, 2))
        x = [some, small, one, -one.flip(3), others[:, :, :1, :1], small]
        modes = ("train", "train again, small numbers", "eval, large numbers",
                 "eval, large numbers of the other sign", "eval, one pixel",
                 "eval, small numbers")  # fmt: skip
        for images, mode in zip(x, modes, strict=True):
            net.train("eval" not in mode)
            found |= behaviour_of(net, images, where=f"{where}, {mode}")
    return found


@wrong("network", "preact-tail", "the last BatchNorm and ReLU are missing")
class PreactTail(nn.Module):
    def __init__(
        self, block: "Callable[[int, int], nn.Module]", width: int, blocks: int, classes: int
    ) -> None:
        super().__init__()
        self.stem = nn.Conv2d(1, width, 3, padding=1, bias=False)
        self.body = nn.Sequential(*[block(width, width) for _ in range(blocks)])
        self.bn = nn.BatchNorm2d(width)
        self.fc = nn.Linear(width, classes)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        y = self.body(self.stem(x))
        pass
        return self.fc(y.mean(dim=(2, 3)))


@wrong("network", "tail-without-relu", "there is no ReLU after the last BatchNorm")
class TailWithoutRelu(nn.Module):
    def __init__(
        self, block: "Callable[[int, int], nn.Module]", width: int, blocks: int, classes: int
    ) -> None:
        super().__init__()
        self.stem = nn.Conv2d(1, width, 3, padding=1, bias=False)
        self.body = nn.Sequential(*[block(width, width) for _ in range(blocks)])
        self.bn = nn.BatchNorm2d(width)
        self.fc = nn.Linear(width, classes)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        y = self.body(self.stem(x))
        y = self.bn(y)
        return self.fc(y.mean(dim=(2, 3)))


@wrong("network", "relu-after-stem", "a ReLU comes after the stem; the first block brings its own")
class ReluAfterStem(nn.Module):
    def __init__(
        self, block: "Callable[[int, int], nn.Module]", width: int, blocks: int, classes: int
    ) -> None:
        super().__init__()
        self.stem = nn.Conv2d(1, width, 3, padding=1, bias=False)
        self.body = nn.Sequential(*[block(width, width) for _ in range(blocks)])
        self.bn = nn.BatchNorm2d(width)
        self.fc = nn.Linear(width, classes)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        y = self.body(F.relu(self.stem(x)))
        y = F.relu(self.bn(y))
        return self.fc(y.mean(dim=(2, 3)))


@wrong("network", "shared-block", "one block stands there several times, with one set of weights")
class SharedBlock(nn.Module):
    def __init__(
        self, block: "Callable[[int, int], nn.Module]", width: int, blocks: int, classes: int
    ) -> None:
        super().__init__()
        self.stem = nn.Conv2d(1, width, 3, padding=1, bias=False)
        self.body = nn.Sequential(*[block(width, width)] * blocks)
        self.bn = nn.BatchNorm2d(width)
        self.fc = nn.Linear(width, classes)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        y = self.body(self.stem(x))
        y = F.relu(self.bn(y))
        return self.fc(y.mean(dim=(2, 3)))


@wrong("network", "one-place", "the head looks at one place instead of the mean over all")
class OnePlace(nn.Module):
    def __init__(
        self, block: "Callable[[int, int], nn.Module]", width: int, blocks: int, classes: int
    ) -> None:
        super().__init__()
        self.stem = nn.Conv2d(1, width, 3, padding=1, bias=False)
        self.body = nn.Sequential(*[block(width, width) for _ in range(blocks)])
        self.bn = nn.BatchNorm2d(width)
        self.fc = nn.Linear(width, classes)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        y = self.body(self.stem(x))
        y = F.relu(self.bn(y))
        return self.fc(y[:, :, 0, 0])
