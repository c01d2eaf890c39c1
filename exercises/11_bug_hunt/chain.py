"""Probes, candidates and wrong answers for the exercise `chain` of chapter 11."""

from collections.abc import Callable
from random import Random
from typing import TYPE_CHECKING

import torch
from torch import nn

from grader.exercise import behaviour_of, candidate, probe, set_weights, wrong

if TYPE_CHECKING:  # defined by the chapter

    def passes(test: Callable[..., object], candidate: object) -> bool: ...

    def repeated(block: Callable[[int, int], nn.Module], channels: int, n: int) -> nn.Module: ...


class Block(nn.Module):
    """A block that notes what it was told."""

    def __init__(self, i: int, o: int) -> None:
        super().__init__()
        self.told, self.weight = [i, o], nn.Parameter(torch.ones(2))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return x * self.weight[0] + torch.tanh(x - self.weight[1])


@probe("chain", "blocks", "the chain is another one", points=2)
def probe_chain(chain: Callable[..., nn.Module], seed: int) -> dict[str, object]:
    random, chance = Random(seed), torch.Generator().manual_seed(seed)
    found: dict[str, object] = {}
    kept: list[nn.Module] = []
    few, many = random.randint(2, 6), random.randint(17, 20)
    for block, channels, n in [
        (Block, random.randint(2, 9), few),
        (lambda i, o: Block(i, o), random.randint(100, 600), few),
        (Block, 1, many),
        (Block, many, 1),
        (Block, 2, 3),
        (Block, 3, 2),
    ]:
        blocks, where = chain(block, channels, n), f"{n} blocks of {channels} channels"
        made = list(blocks.children())
        found[f"told, {where}"] = [one.told for one in made]
        found[f"new, {where}"] = not any(one is old for one in made for old in kept)
        found[f"kind, {where}"] = isinstance(blocks, nn.Sequential) and blocks.training
        kept += made
        for place, one in enumerate(made):  # whatever name each of them has
            set_weights(one, seed + place)
        for size in (0.01, 1, 100):
            x = size * torch.randn(random.randint(1, 9), channels, generator=chance)
            found |= behaviour_of(blocks.train(size < 1), x, where=f"{where}, {size}")
    return found


@probe("chain", "test", "your test doesn't tell bugs from repairs", points=2)
def probe_chain_test(
    test_chain: Callable[..., object], candidate: object, seed: int
) -> dict[str, object]:
    return {"passes": passes(test_chain, candidate)}


@candidate("chain")
def one_by_one(block: Callable[[int, int], nn.Module], channels: int, n: int) -> nn.Module:
    made = nn.Sequential()
    for number in range(n):
        made.add_module(f"block {number}", block(channels, channels))
    return made


@candidate("chain")
def appended(block: Callable[[int, int], nn.Module], channels: int, n: int) -> nn.Module:
    blocks: list[nn.Module] = []
    while len(blocks) < n:
        blocks += 1 * [block(channels, channels)]
    return nn.Sequential(*blocks)


@candidate("chain")
def mapped(block: Callable[[int, int], nn.Module], channels: int, n: int) -> nn.Module:
    return nn.Sequential(*map(lambda _: block(channels, channels), range(n)))


@candidate("chain", bug="all its blocks are one")
def multiplied(block: Callable[[int, int], nn.Module], channels: int, n: int) -> nn.Module:
    return nn.Sequential(*(n * [block(channels, channels)]))


@candidate("chain", bug="all its blocks are one")
def added_again(block: Callable[[int, int], nn.Module], channels: int, n: int) -> nn.Module:
    made, first = nn.Sequential(), block(channels, channels)
    for number in range(n):
        made.add_module(f"block {number}", first)
    return made


@candidate("chain", bug="all its blocks but the first are one")
def multiplied_later(block: Callable[[int, int], nn.Module], channels: int, n: int) -> nn.Module:
    first = block(channels, channels)
    return nn.Sequential(first, *((n - 1) * [block(channels, channels)]))


@candidate("chain", bug="all its blocks but the first are one")
def chosen(block: Callable[[int, int], nn.Module], channels: int, n: int) -> nn.Module:
    first, other = block(channels, channels), block(channels, channels)
    return nn.Sequential(*[other if number else first for number in range(n)])


@wrong(
    "chain",
    "shared-block",
    "one block stands there several times, with one set of weights",
    replaces="chain",
)
def shared_block(block: "Callable[[int, int], nn.Module]", channels: int, n: int) -> nn.Module:
    return nn.Sequential(*(n * [block(channels, channels)]))


@wrong("chain", "shared-later", "all blocks but the first are one", replaces="chain")
def shared_later(block: "Callable[[int, int], nn.Module]", channels: int, n: int) -> nn.Module:
    return nn.Sequential(block(channels, channels), *((n - 1) * [block(channels, channels)]))


@wrong(
    "chain", "list-of-blocks", "a Python list hides its blocks from parameters()", replaces="chain"
)
def list_of_blocks(
    block: "Callable[[int, int], nn.Module]", channels: int, n: int
) -> list[nn.Module]:
    return [block(channels, channels) for _ in range(n)]


@wrong("chain", "one-too-few", "a block is missing", replaces="chain")
def one_too_few(block: "Callable[[int, int], nn.Module]", channels: int, n: int) -> nn.Module:
    return nn.Sequential(*[block(channels, channels) for _ in range(n - 1)])


@wrong("chain", "test-never-fails", "your test passes whatever it is given", replaces="test_chain")
def test_never_fails(chain: "Callable[..., nn.Module]") -> None:
    parameters = list(chain(nn.Linear, 3, 4).parameters())
    pass


@wrong(
    "chain",
    "test-always-fails",
    "your test fails even on chains that are right",
    replaces="test_chain",
)
def test_always_fails(chain: "Callable[..., nn.Module]") -> None:
    parameters = list(chain(nn.Linear, 3, 4).parameters())
    assert len(parameters) == 4, "a weight and a bias for each of four blocks"


@wrong(
    "chain", "test-misses-later-blocks", "your test tries two blocks only", replaces="test_chain"
)
def test_misses_later_blocks(chain: "Callable[..., nn.Module]") -> None:
    parameters = list(chain(nn.Linear, 3, 2).parameters())
    assert len(parameters) == 2 * 2, "a weight and a bias for each of four blocks"
