"""Probes and wrong answers for the exercise `network` of chapter 9."""

from collections.abc import Callable

import torch
from torch import nn
from torch.nn import functional as F

from grader.exercise import probe, set_weights, wrong


@probe("network", "values", "the network computes something else", points=2)
def probe_network(PreActNet: Callable[..., nn.Module], seed: int) -> dict[str, object]:
    class Wave(nn.Module):
        def __init__(self, i: int, o: int) -> None:
            super().__init__()
            self.scale = nn.Parameter(torch.ones(1))

        def forward(self, x: torch.Tensor) -> torch.Tensor:
            return x + self.scale * torch.sin(x)

    net = set_weights(PreActNet(Wave, 5, 3, 7), seed)
    x = torch.randn(4, 1, 6, 8, generator=torch.Generator().manual_seed(seed))
    trained = net.train()(x)
    return {
        "train": trained,
        "eval": net.eval()(x),
        "parameters": sorted(
            f"{n.partition('.')[0]} {tuple(p.shape)}" for n, p in net.named_parameters()
        ),
    }


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
