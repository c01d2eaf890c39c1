"""Probes and wrong answers for the exercises of chapter 3."""

import random
from collections.abc import Callable
from typing import Any

import torch
from torch import nn
from torch.nn import functional as F

from grader.exercise import probe, set_weights, wrong


@probe("table", "values", "the block computes something else", points=2)
def probe_table(TableBlock: Callable[[int, int], Any], seed: int) -> dict[str, object]:
    """One row and many, small and large numbers, both modes, and several calls of one block."""
    draw, chance = random.Random(seed), torch.Generator().manual_seed(seed)
    found: dict[str, object] = {}
    rows = draw.randint(5, 9)
    for features, hidden in [
        (draw.randint(13, 15), draw.choice([24, 28, 32])),
        (draw.randint(2, 4), 1),
    ]:
        block = set_weights(TableBlock(features, hidden), seed)
        calls = [(1, rows), (0.03, rows), (60, 2), (1, 2), (0.03, 1), (60, 1), (1, rows + 1)]
        for call, (size, count) in enumerate(calls):
            block.train((call + hidden) % 2 > 0)
            x = size * torch.randn(count, features, generator=chance)
            x[-1] *= 40 if size == 1 else 1  # so that each mode and call meets large numbers
            given = x.requires_grad_(True) * 1
            y = block(given)
            (y * torch.randn(y.shape, generator=chance)).sum().backward()
            case = f"{len(found)}: {count} rows of size {size}"
            found |= {case: y, f"{case}, gradient": x.grad, f"{case}, input": given}
            if call > 3:  # so that gradients are asked for in even and in odd calls
                with torch.no_grad():
                    found[f"{case}, without gradients"] = block(x)
        found |= {f"{hidden} {name}": p.grad for name, p in block.named_parameters()}
        found |= {f"{hidden} {name}, after": value for name, value in block.state_dict().items()}
    return found


@probe("table", "start", "a new block is not the identity, or can't learn")
def probe_table_start(TableBlock: Callable[[int, int], Any], seed: int) -> dict[str, object]:
    draw = random.Random(seed)
    features = draw.randint(2, 7)
    block = TableBlock(features, draw.randint(12, 20))
    chance = torch.Generator().manual_seed(seed)
    x = torch.randn(draw.randint(4, 9), features, generator=chance)
    handed = x * 1
    y = block(handed)
    y.mean().backward()
    grads = [block.outer.weight.grad, block.outer.bias.grad]
    return {"identity": y, "input": handed, "learns": [bool(grad.any()) for grad in grads]}


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
