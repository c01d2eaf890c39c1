"""Inputs from the whole range that the exercise of chapter 3 allows, for the mutation engine."""

import random
from collections.abc import Callable
from typing import Any

import torch

from grader.exercise import behaviour, set_weights


@behaviour("table")
def behaviour_table(TableBlock: Callable[[int, int], Any], seed: int) -> dict[str, object]:
    """A new block, then one with weights drawn: two calls, in a mode each, with two batches."""
    draw, chance = random.Random(seed), torch.Generator().manual_seed(seed)
    features, hidden = draw.randint(1, 12), draw.randint(1, 40)
    found: dict[str, object] = {}
    fresh, block = TableBlock(features, hidden), TableBlock(features, hidden)
    x = torch.randn(draw.randint(4, 20), features, generator=chance)
    new = fresh(x)
    new.sum().backward()
    found |= {"new": new, "outer": fresh.outer.weight, "bias": fresh.outer.bias}
    found["learns"] = hidden < 8 or bool(fresh.outer.weight.grad.any())
    set_weights(block, seed)
    for call in range(2):
        block.train(draw.random() < 0.5)
        x = torch.randn(draw.choice([1, 2, 3, 17]), features, generator=chance)
        x = (10 ** draw.uniform(-2, 2) * x).requires_grad_(True)
        given = x * 1
        y = block(given)
        (y * torch.randn(y.shape, generator=chance)).sum().backward()
        found |= {f"output {call}": y, f"gradient {call}": x.grad, f"input {call}": given}
    found |= {f"{name}'s gradient": p.grad for name, p in block.named_parameters()}
    return found | {name: value for name, value in block.state_dict().items()}
