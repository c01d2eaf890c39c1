"""Inputs from the whole range that the exercises of chapter 12 allow, for the mutation engine."""

from collections.abc import Callable, Sequence
from random import Random

import torch
from torch import Tensor, nn

from grader.exercise import behaviour

Map = Callable[[Tensor], Tensor]


@behaviour("read_out")
def behaviour_read_out(
    read_out: Callable[[Map, Sequence[Map], Map, Tensor], Tensor], seed: int
) -> dict[str, object]:
    """Up to eight blocks, up to a dozen inputs, maps or rows."""
    random = Random(seed)
    torch.manual_seed(seed)
    width, rows, blocks = random.randint(1, 8), random.randint(1, 12), random.randint(0, 8)
    head = nn.Linear(width, random.randint(1, 9))
    X = 10 ** random.uniform(-2, 2) * torch.randn(rows, random.randint(1, 6), 4, 5)
    if random.random() < 0.5:
        stem: Map = nn.Conv2d(X.shape[1], width, 1)
        body: list[Map] = [nn.Conv2d(width, width, 3, padding=1) for _ in range(blocks)]
        given = read_out(stem, body, lambda x: head(x.relu().mean((2, 3))), X)
    else:
        X = X[:, 0, 0]
        stem = nn.Linear(5, width)
        body = [nn.Sequential(nn.Linear(width, width), nn.ReLU()) for _ in range(blocks)]
        given = read_out(stem, body, head, X)
    return {"answers": given}


@behaviour("by_length")
def behaviour_by_length(
    by_length: Callable[[Sequence[Map], Tensor, Tensor], Tensor], seed: int
) -> dict[str, object]:
    """Up to six branches, of which some are linear; one to four dimensions."""
    random = Random(seed)
    torch.manual_seed(seed)
    width = random.randint(1, 6)
    shape = random.choice([(), (random.randint(1, 8),), (2, random.randint(1, 4))]) + (width,)
    branches: list[Map] = [
        nn.Sequential(nn.Linear(width, width), random.choice([nn.Tanh(), nn.Identity()])).double()
        for _ in range(random.randint(0, 6))
    ]
    x, gradient = torch.randn(2, *shape).double()
    given = x.clone(), gradient.clone()
    return {
        "parts": by_length(branches, x, gradient),
        "unchanged": [torch.equal(x, given[0]), torch.equal(gradient, given[1])],
    }


@behaviour("downhill")
def behaviour_downhill(
    downhill: Callable[[Tensor, Tensor, Tensor], Tensor], seed: int
) -> dict[str, object]:
    """One to three dimensions beside the images, steps of any length and of none."""
    random = Random(seed)
    torch.manual_seed(seed)
    images = random.randint(1, 12)
    shape = [random.randint(1, 6) for _ in range(random.randint(1, 3))]
    before, step, gradient = torch.randn(3, images, *shape)
    if random.random() < 0.3:
        step = step * (torch.arange(images) % 2).reshape(-1, *(1 for _ in shape))
    return {"cosines": downhill(before, before + 10 ** random.uniform(-2, 2) * step, gradient)}
