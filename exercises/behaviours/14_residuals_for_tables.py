"""Inputs from the whole range that the exercises of chapter 14 allow, for the mutation engine."""

from collections.abc import Callable
from random import Random
from typing import Any

import torch

from grader.exercise import behaviour, behaviour_of, set_weights


@behaviour("standardised")
def behaviour_standardised(
    standardise: Callable[..., list[torch.Tensor]], seed: int
) -> dict[str, object]:
    """Up to four sets of rows, columns of any size, now and then a constant one."""
    random, chance = Random(seed), torch.Generator().manual_seed(seed)
    columns = random.randint(1, 12)
    size = 10 ** torch.empty(columns).uniform_(-2, 3, generator=chance)
    middle = size * torch.empty(columns).uniform_(-3, 3, generator=chance)
    given = [
        middle + size * random.uniform(0.3, 3) * torch.randn(rows, columns, generator=chance)
        for rows in (random.randint(5, 60) for _ in range(random.randint(1, 4)))
    ]
    if random.random() < 0.5:
        given[0][:, 0] = random.choice([0.0, 0.1, -0.7, 12.3])
    before = [rows.clone() for rows in given]
    after = standardise(*given)
    return {
        "rows": list(after),
        "given": [torch.equal(a, b) for a, b in zip(before, given, strict=True)],
    }


@behaviour("resized")
def behaviour_resized(Resized: Callable[[int, int, int], Any], seed: int) -> dict[str, object]:
    """Any widths up to 20, both modes, up to 30 rows of any size."""
    random, chance = Random(seed), torch.Generator().manual_seed(seed)
    inputs, hidden = random.randint(1, 20), random.randint(1, 30)
    outputs = random.choice([inputs, random.randint(1, 20)])
    block = Resized(inputs, outputs, hidden)
    found: dict[str, object] = {
        "parameters": [
            [name, list(p.shape), p.requires_grad] for name, p in sorted(block.named_parameters())
        ]
    }
    set_weights(block, seed)
    for call in range(2):
        block.train(random.random() < 0.5)
        x = 10 ** random.uniform(-2, 2) * torch.randn(
            random.choice([1, 2, 7, 30]), inputs, generator=chance
        )
        found |= behaviour_of(block, x, where=f"call {call}")
    return found


# A split is right by what holds for it: which groups are drawn is left to the answer.


@behaviour("grouped")
def behaviour_grouped(
    split: Callable[[torch.Tensor, float, int], Any], seed: int
) -> dict[str, object]:
    """Tables of 20 to 100 different rows, each up to nine times, any share from 0.2 to 0.8."""
    random, chance = Random(seed), torch.Generator().manual_seed(seed)
    count = random.randint(20, random.choice([30, 100]))
    different = torch.randn(count, random.randint(1, 6), generator=chance)
    times = torch.tensor([random.choice([1, 1, 2, 9]) for _ in range(count)])
    X = different.repeat_interleave(times, dim=0)
    X = X[torch.randperm(len(X), generator=chance)]
    share, first, before = random.uniform(0.2, 0.8), random.randrange(10_000), X.clone()
    other = X.flip(0)
    parts = [split(X, share, first + i) for i in (0, 0, *range(1, 9))]
    turned = [{tuple(other[i].tolist()) for i in rows} for rows in split(other, share, first)]
    sides = [[sorted(int(i) for i in rows) for rows in part] for part in parts]
    train, test = sides[0]
    rows = [{tuple(X[i].tolist()) for i in side} for side in sides[0]]
    return {
        "each once": sorted(train + test) == list(range(len(X))),
        "together": not rows[0] & rows[1],
        "together, in another order": not turned[0] & turned[1],
        "share": abs(len(test) - share * len(X)) <= int(times.max()),
        "same seed": sides[0] == sides[1],
        "other seeds": len({tuple(side[1]) for side in sides}) > 6,
        "unchanged": torch.equal(X, before),
    }


EQUIVALENT = {
    "grouped": {
        "doing the same again changes nothing": [
            "split: (nothing) → @twice",
        ],
        "a second drawing, or numbers that no group has, leave the order a random one": [
            "split: (nothing) → place = torch.randperm(int(group.max()) + 1, "
            "generator=random)[group]",
            "split: place = torch.randperm(int(group.max()) + 1, "
            "generator=random)[group] → place = (torch.randperm(int(group.max()) + 1, "
            "generator=random), torch.randperm(int(group.max()) + 1, "
            "generator=random))[1][group]",
            "split: place = torch.randperm(int(group.max()) + 1, "
            "generator=random)[group] → place = torch.randperm(int(group.max()) + 1 + 1,"
            " generator=random)[group]",
            "split: place = torch.randperm(int(group.max()) + 1, "
            "generator=random)[group] → place = torch.randperm(2 * (int(group.max()) + "
            "1), generator=random)[group]",
            "split: place = torch.randperm(int(group.max()) + 1, "
            "generator=random)[group] → place = torch.randperm(2 * int(group.max()) + 1,"
            " generator=random)[group]",
            "split: place = torch.randperm(int(group.max()) + 1, "
            "generator=random)[group] → place = torch.randperm(int(group.max()) + 2, "
            "generator=random)[group]",
        ],
        "which split a seed stands for is left to the answer": [
            "split: random = torch.Generator().manual_seed(seed) → random = "
            "torch.manual_seed(seed)",
            "split: random = torch.Generator().manual_seed(seed) → random = "
            "torch.Generator().manual_seed(seed + 1)",
            "split: random = torch.Generator().manual_seed(seed) → random = "
            "torch.Generator().manual_seed(seed - 1)",
            "split: random = torch.Generator().manual_seed(seed) → random = "
            "torch.Generator().manual_seed(2 * seed)",
        ],
        "a whole number stays what it is": [
            "split: place = torch.randperm(int(group.max()) + 1, "
            "generator=random)[group] → place = torch.randperm(group.max() + 1, "
            "generator=random)[group]",
            "split: place = torch.randperm(int(group.max()) + 1, "
            "generator=random)[group] → place = torch.randperm(int(int(group.max())) + "
            "1, generator=random)[group]",
            "split: last = place.sort().values[round(share * len(X)) - 1] → last = "
            "place.sort().values[round(round(share * len(X))) - 1]",
        ],
        "there is one of them for each row": [
            "split: last = place.sort().values[round(share * len(X)) - 1] → last = "
            "place.sort().values[round(share * len(place)) - 1]",
            "split: last = place.sort().values[round(share * len(X)) - 1] → last = "
            "place.sort().values[round(share * len(group)) - 1]",
        ],
    },
    "standardised": {
        "the largest of some values is never below the smallest": [
            "standardise: varies = train.amax(dim=0) > train.amin(dim=0) → varies = "
            "train.amax(dim=0) != train.amin(dim=0)",
        ],
    },
    "resized": {
        "half and twice a whole number have its sign, if halves are rounded down": [
            "Resized.__init__: if self.extra < 0: → if 2 * self.extra < 0:",
            "Resized.__init__: if self.extra < 0: → if self.extra // 2 < 0:",
            "Resized.forward: shortcut = self.project(x) if self.extra < 0 else F.pad(x,"
            " (0, self.extra)) → shortcut = self.project(x) if 2 * self.extra < 0 else "
            "F.pad(x, (0, self.extra))",
            "Resized.forward: shortcut = self.project(x) if self.extra < 0 else F.pad(x,"
            " (0, self.extra)) → shortcut = self.project(x) if self.extra // 2 < 0 else "
            "F.pad(x, (0, self.extra))",
        ],
        "F.pad gives a new tensor, also where it appends nothing": [
            "Resized.forward: return shortcut + self.outer(F.relu(self.inner(x))) → "
            "return shortcut.add_(self.outer(F.relu(self.inner(x))))",
        ],
    },
}
