"""Probes and wrong answers for the exercises of chapter 3."""

from collections.abc import Callable
from typing import Any

import torch
from torch import nn
from torch.nn import functional as F

from grader.exercise import fill, probe, wrong


@probe("table", "values", "the block computes something else", points=2)
def probe_table(TableBlock: Callable[[int, int], Any], seed: int) -> dict[str, object]:
    block = fill(TableBlock(6, 9), seed)
    x = torch.randn(5, 6, generator=torch.Generator().manual_seed(seed))
    given = x.clone().requires_grad_(True)
    y = block(given * 1)
    y.square().sum().backward()
    return {"output": y, "gradient": given.grad, "inner": block.inner.weight.grad}


@probe("table", "start", "a new block is not the identity, or can't learn")
def probe_table_start(TableBlock: Callable[[int, int], Any], seed: int) -> dict[str, object]:
    block = TableBlock(4, 7)
    x = torch.randn(5, 4, generator=torch.Generator().manual_seed(seed))
    handed = x * 1
    y = block(handed)
    y.mean().backward()
    return {"identity": y, "input": handed, "learns": bool(block.outer.weight.grad.any())}


@wrong("table", "no-zero-start", "outer does not start at zero, so a new block is no identity")
class NoZeroStart(nn.Module):
    def __init__(self, features: int, hidden: int) -> None:
        super().__init__()
        self.inner = nn.Linear(features, hidden)
        self.outer = nn.Linear(hidden, features)
        pass
        nn.init.zeros_(self.outer.bias)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        y = F.relu(self.inner(x))
        return x + self.outer(y)


@wrong("table", "all-zero", "inner starts at zero as well, and no gradient ever arrives")
class AllZero(nn.Module):
    def __init__(self, features: int, hidden: int) -> None:
        super().__init__()
        self.inner = nn.Linear(features, hidden)
        self.outer = nn.Linear(hidden, features)
        nn.init.zeros_(self.outer.weight)
        nn.init.zeros_(self.outer.bias)
        nn.init.zeros_(self.inner.weight)
        nn.init.zeros_(self.inner.bias)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        y = F.relu(self.inner(x))
        return x + self.outer(y)


@wrong("table", "no-shortcut", "the shortcut is missing: the block returns its branch alone")
class NoShortcut(nn.Module):
    def __init__(self, features: int, hidden: int) -> None:
        super().__init__()
        self.inner = nn.Linear(features, hidden)
        self.outer = nn.Linear(hidden, features)
        nn.init.zeros_(self.outer.weight)
        nn.init.zeros_(self.outer.bias)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        y = F.relu(self.inner(x))
        return self.outer(y)


@wrong("table", "relu-before-add", "a ReLU ends the branch, which then can only add")
class ReluBeforeAdd(nn.Module):
    def __init__(self, features: int, hidden: int) -> None:
        super().__init__()
        self.inner = nn.Linear(features, hidden)
        self.outer = nn.Linear(hidden, features)
        nn.init.zeros_(self.outer.weight)
        nn.init.zeros_(self.outer.bias)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        y = F.relu(self.inner(x))
        return x + F.relu(self.outer(y))


@wrong("table", "relu-after-add", "a ReLU comes after the addition")
class ReluAfterAdd(nn.Module):
    def __init__(self, features: int, hidden: int) -> None:
        super().__init__()
        self.inner = nn.Linear(features, hidden)
        self.outer = nn.Linear(hidden, features)
        nn.init.zeros_(self.outer.weight)
        nn.init.zeros_(self.outer.bias)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        y = F.relu(self.inner(x))
        return F.relu(x + self.outer(y))


@wrong(
    "table", "no-middle-relu", "there is no ReLU between the layers, which then are one linear map"
)
class NoMiddleRelu(nn.Module):
    def __init__(self, features: int, hidden: int) -> None:
        super().__init__()
        self.inner = nn.Linear(features, hidden)
        self.outer = nn.Linear(hidden, features)
        nn.init.zeros_(self.outer.weight)
        nn.init.zeros_(self.outer.bias)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        y = self.inner(x)
        return x + self.outer(y)


@wrong("table", "overwritten-input", "the addition happens in place, and overwrites the input")
class OverwrittenInput(nn.Module):
    def __init__(self, features: int, hidden: int) -> None:
        super().__init__()
        self.inner = nn.Linear(features, hidden)
        self.outer = nn.Linear(hidden, features)
        nn.init.zeros_(self.outer.weight)
        nn.init.zeros_(self.outer.bias)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        y = F.relu(self.inner(x))
        x += self.outer(y)
        return x


@wrong("table", "detached-branch", "the branch gets no gradient")
class DetachedBranch(nn.Module):
    def __init__(self, features: int, hidden: int) -> None:
        super().__init__()
        self.inner = nn.Linear(features, hidden)
        self.outer = nn.Linear(hidden, features)
        nn.init.zeros_(self.outer.weight)
        nn.init.zeros_(self.outer.bias)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        y = F.relu(self.inner(x))
        return x + self.outer(y).detach()
