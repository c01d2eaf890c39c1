"""Probes, candidates and wrong answers for the exercise `question` of chapter 11."""

from collections.abc import Callable
from random import Random
from typing import TYPE_CHECKING, Any

import torch
from torch import nn

from grader.exercise import behaviour_of, candidate, probe, set_weights, wrong

if TYPE_CHECKING:  # defined by the chapter

    def passes(test: Callable[..., object], candidate: object) -> bool: ...

    class AskedBlock(nn.Module):
        def __init__(self, branch: nn.Module, i: int, o: int) -> None: ...
        def forward(self, x: torch.Tensor) -> torch.Tensor: ...


@probe("question", "values", "the block returns something else, or changes its input", points=2)
def probe_question(Repaired: Callable[..., Any], seed: int) -> dict[str, object]:
    random, chance = Random(seed), torch.Generator().manual_seed(seed)
    found: dict[str, object] = {}
    a, b, c = random.sample(range(2, 9), 3)
    many = random.randint(17, 20)
    branches: list[tuple[int, int, nn.Module]] = [
        (a, a, nn.Identity()),
        (b, b, nn.Linear(b, b)),
        (min(a, b), max(a, b), nn.Linear(min(a, b), max(a, b))),
        (max(b, c), min(b, c), nn.Sequential(nn.Linear(max(b, c), min(b, c)), nn.Tanh())),
        (1, many, nn.Linear(1, many)),
        (many, 1, nn.Linear(many, 1)),
        (many, many, nn.Linear(many, many)),
        (1, 2, nn.Linear(1, 2)),
        (2, 1, nn.Linear(2, 1)),
        (1, 1, nn.Linear(1, 1)),
        (c, c, nn.Tanh()),
    ]
    for n, (i, o, branch) in enumerate(branches):
        block = Repaired(set_weights(branch, seed), i, o)
        where = f"{i} to {o} features, {type(branch).__name__}"
        found[f"in train mode, {where}"] = all(module.training for module in block.modules())
        for p in block.shortcut.parameters():
            p.data = torch.randn(p.shape, generator=torch.Generator().manual_seed(seed + i))
        few, large = 2 + n % 3, 10 ** random.uniform(2, 4)
        calls = {
            "few rows": (few, 1.0),
            "one row": (1, large),
            "many rows": (random.randint(6, 17), 1.0),
            "small numbers": (few + 1, 0.01),
            "few rows again": (few, 2.0),
        }
        for call, (rows, size) in calls.items():
            x = size * torch.randn(rows, i, generator=chance)
            x[-1] *= 40 if size >= 1 else 1  # large numbers in each mode and call
            block.train(call not in ("one row", "few rows again"))
            found |= behaviour_of(block, x, where=f"{where}, {call}")
    return found


@probe("question", "test", "your test doesn't tell bugs from repairs", points=2)
def probe_question_test(
    test_block: Callable[..., object], candidate: object, seed: int
) -> dict[str, object]:
    return {"passes": passes(test_block, candidate)}


@candidate("question")
class OneSum(nn.Module):
    def __init__(self, branch: nn.Module, i: int, o: int) -> None:
        super().__init__()
        self.f, self.shortcut = branch, nn.Linear(i, o, bias=False) if i != o else nn.Identity()

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return torch.add(self.shortcut(x), self.f(x))


@candidate("question")
class OnACopy(nn.Module):
    def __init__(self, branch: nn.Module, i: int, o: int) -> None:
        super().__init__()
        self.branch = branch
        self.shortcut: nn.Module = nn.Identity()
        if i != o:
            self.shortcut = nn.Linear(i, o, bias=False)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        y = self.branch(x).clone()
        y += self.shortcut(x)
        return y


@candidate("question")
class ShortcutFirst(nn.Module):
    def __init__(self, branch: nn.Module, i: int, o: int) -> None:
        super().__init__()
        self.shortcut = nn.Identity() if i == o else nn.Linear(i, o, bias=False)
        self.branch = branch

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        residual = self.shortcut(x)
        return residual + self.branch(x)


@candidate("question", bug="it overwrites its input")
class InPlace(nn.Module):
    def __init__(self, branch: nn.Module, i: int, o: int) -> None:
        super().__init__()
        self.branch = branch
        self.shortcut: nn.Module = nn.Identity()
        if i != o:
            self.shortcut = nn.Linear(i, o, bias=False)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        residual = self.shortcut(x)
        x = self.branch(x)
        x += residual
        return x


@candidate("question", bug="it overwrites its input")
class AddedTo(nn.Module):
    def __init__(self, branch: nn.Module, i: int, o: int) -> None:
        super().__init__()
        self.f = branch
        self.shortcut = nn.Identity() if i == o else nn.Linear(i, o, bias=False)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.f(x).add_(self.shortcut(x))


@candidate("question", bug="its shortcut can't widen")
class NeverProjecting(nn.Module):
    def __init__(self, branch: nn.Module, i: int, o: int) -> None:
        super().__init__()
        self.branch, self.shortcut = branch, nn.Identity()

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        residual = self.shortcut(x)
        return residual + self.branch(x)


@candidate("question", bug="its shortcut can't widen")
class ProjectingLater(nn.Module):
    def __init__(self, branch: nn.Module, i: int, o: int) -> None:
        super().__init__()
        self.f, self.shortcut = branch, nn.Linear(i, o, bias=False) if i < 1 else nn.Identity()

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        y = self.f(x).clone()
        return torch.add(self.shortcut(x), y)


@wrong(
    "question",
    "overwritten-input",
    "the addition happens in place, and overwrites the input",
    replaces="Repaired",
)
class OverwrittenInput(nn.Module):
    def __init__(self, branch: nn.Module, i: int, o: int) -> None:
        super().__init__()
        self.branch = branch
        self.shortcut = nn.Identity() if i == o else nn.Linear(i, o, bias=False)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        residual = self.shortcut(x)
        x = self.branch(x)
        x += residual
        return x


@wrong(
    "question",
    "identity-for-projection",
    "the shortcut is an identity although the shapes differ",
    replaces="Repaired",
)
class IdentityForProjection(nn.Module):
    def __init__(self, branch: nn.Module, i: int, o: int) -> None:
        super().__init__()
        self.branch = branch
        self.shortcut = nn.Identity()

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.branch(x) + self.shortcut(x)


@wrong("question", "no-shortcut", "the shortcut is missing", replaces="Repaired")
class NoShortcut(nn.Module):
    def __init__(self, branch: nn.Module, i: int, o: int) -> None:
        super().__init__()
        self.branch = branch
        self.shortcut = nn.Identity() if i == o else nn.Linear(i, o, bias=False)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.branch(x)


@wrong("question", "bias-on-projection", "the projection has a bias", replaces="Repaired")
class BiasOnProjection(nn.Module):
    def __init__(self, branch: nn.Module, i: int, o: int) -> None:
        super().__init__()
        self.branch = branch
        self.shortcut = nn.Identity() if i == o else nn.Linear(i, o)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.branch(x) + self.shortcut(x)


@wrong(
    "question", "test-never-fails", "your test passes whatever it is given", replaces="test_block"
)
def test_never_fails(Block: "Callable[[nn.Module, int, int], nn.Module]") -> None:
    x = torch.rand(2, 4)
    before = x.clone()
    pass
    pass
    pass


@wrong(
    "question",
    "test-always-fails",
    "your test fails even on blocks that are right",
    replaces="test_block",
)
def test_always_fails(Block: "Callable[[nn.Module, int, int], nn.Module]") -> None:
    x = torch.rand(2, 4)
    before = x.clone()
    assert torch.equal(Block(nn.Identity(), 4, 4)(x), 2 * before), "x + x is 2 x"
    assert torch.equal(x, before), "the block writes into its input"
    assert Block(nn.Linear(4, 6), 4, 6)(x).shape == (2, 4), "4 features must become 6"


@wrong(
    "question",
    "test-misses-input",
    "your test does not look at what became of the input",
    replaces="test_block",
)
def test_misses_input(Block: "Callable[[nn.Module, int, int], nn.Module]") -> None:
    x = torch.rand(2, 4)
    before = x.clone()
    assert torch.equal(Block(nn.Identity(), 4, 4)(x), 2 * before), "x + x is 2 x"
    assert x is not before, "the block writes into its input"
    assert Block(nn.Linear(4, 6), 4, 6)(x).shape == (2, 6), "4 features must become 6"


@wrong(
    "question",
    "test-misses-widths",
    "your test never lets the widths differ",
    replaces="test_block",
)
def test_misses_widths(Block: "Callable[[nn.Module, int, int], nn.Module]") -> None:
    x = torch.rand(2, 4)
    before = x.clone()
    assert torch.equal(Block(nn.Identity(), 4, 4)(x), 2 * before), "x + x is 2 x"
    assert torch.equal(x, before), "the block writes into its input"
    pass
