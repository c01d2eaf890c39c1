"""Probes, candidates and wrong answers for the exercise `chain` of chapter 11."""

from collections.abc import Callable
from typing import TYPE_CHECKING

import torch
from torch import nn

from grader.exercise import candidate, probe, set_weights, wrong

if TYPE_CHECKING:  # defined by the chapter

    def passes(test: Callable[..., object], candidate: object) -> bool: ...

    def repeated(block: Callable[[int, int], nn.Module], channels: int, n: int) -> nn.Module: ...


@probe("chain", "blocks", "the chain is another one", points=2)
def probe_chain(chain: Callable[..., nn.Module], seed: int) -> dict[str, object]:
    blocks = chain(nn.Linear, 4, 5)
    for place, block in enumerate(blocks.children()):  # whatever name each of them has
        set_weights(block, seed + place)
    x = torch.randn(3, 4, generator=torch.Generator().manual_seed(seed))
    y = blocks(x.requires_grad_(True))
    y.square().sum().backward()
    return {
        "output": y,
        "gradient": x.grad,
        "parameters": len(list(blocks.parameters())),
        "kind": isinstance(blocks, nn.Sequential),
    }


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
