"""Probes and wrong answers for the exercises of chapter 14."""

from collections.abc import Callable, Iterable
from random import Random
from typing import Any

import torch
from torch import nn
from torch.nn import functional as F

from grader.exercise import behaviour_of, probe, set_weights, wrong


@probe("standardised", "values", "some rows come out with other values", points=3)
def probe_standardised(
    standardise: Callable[..., list[torch.Tensor]], seed: int
) -> dict[str, object]:
    """Columns of all sizes, one of them constant, and up to three sets of other rows.

    At the end all columns are constant, in numbers whose mean is not exact in float32.
    """
    random, chance = Random(seed), torch.Generator().manual_seed(seed)
    found: dict[str, object] = {}
    for number, count in enumerate((0, 1, 2, random.randint(2, 3))):
        columns = random.randint(4, 9)
        size = 10 ** torch.empty(columns).uniform_(-2, 3, generator=chance)
        middle = size * torch.empty(columns).uniform_(-3, 3, generator=chance)
        given = [
            middle + size * (1 + part) * torch.randn(rows, columns, generator=chance) + part * size
            for part, rows in enumerate(random.randint(11, 40) for _ in range(1 + count))
        ]
        given[0][:, number] = (0.1, -0.3, 7.7, 0.0)[number]  # the others differ from it
        before = [rows.clone() for rows in given]
        after = standardise(*given)
        found[f"{number}: how many"] = len(after)
        for part, rows in enumerate(after):
            found[f"{number}: rows {part} of {1 + count}"] = rows
        for part, rows in enumerate(standardise(*(2 * rows.flip(0) + 1 for rows in given))):
            found[f"{number}: rows {part} of {1 + count}, other numbers"] = rows
        found[f"{number}: given rows unchanged"] = [
            torch.equal(a, b) for a, b in zip(before, given, strict=True)
        ]
    for far, spread in ((0.0, 0.02), (60.0, 5.0), (-60.0, 5.0)):
        few = far + spread * torch.randn(random.randint(11, 40), 3, generator=chance).clamp(-4, 4)
        found |= {
            f"numbers about {far:g}, give or take {spread:g}: {part}": rows
            for part, rows in enumerate(standardise(few[:9], few[9:]))
        }
    row = torch.tensor(random.sample([0.1, 0.3, -0.7, 1.1, 12.3], 5))
    other = row + torch.tensor([[1.0, -2.0, 0.5, 3.0, 0.0]])
    for count in (1, 3, random.choice([7, 11, 13]), random.randint(20, 90)):
        train, rest = standardise(row.repeat(count, 1), other)
        found |= {f"{count} equal rows": train, f"others, beside {count} equal rows": rest}
    return found


@wrong(
    "standardised",
    "leak",
    "mean and deviation are those of all rows together: the test rows take part in training",
)
def leak(train: torch.Tensor, *others: torch.Tensor) -> list[torch.Tensor]:
    every = torch.cat([train, *others])
    mean, scale = every.mean(dim=0), every.std(dim=0, correction=0)
    scale = torch.where(every.amax(dim=0) > every.amin(dim=0), scale, 1.0)
    return [(rows - mean) / scale for rows in (train, *others)]


@wrong(
    "standardised",
    "each-its-own",
    "each set of rows is standardised by itself, so the same number means something else in each",
)
def each_its_own(train: torch.Tensor, *others: torch.Tensor) -> list[torch.Tensor]:
    found = []
    for rows in (train, *others):
        scale = rows.std(dim=0, correction=0)
        scale = torch.where(rows.amax(dim=0) > rows.amin(dim=0), scale, 1.0)
        found.append((rows - rows.mean(dim=0)) / scale)
    return found


@wrong("standardised", "all-columns", "one mean and one deviation for all columns together")
def all_columns(train: torch.Tensor, *others: torch.Tensor) -> list[torch.Tensor]:
    mean, scale = train.mean(), train.std(correction=0)
    return [(rows - mean) / (scale if scale > 0 else 1) for rows in (train, *others)]


@wrong(
    "standardised", "divided-by-zero", "a constant column has the deviation 0: dividing gives NaN"
)
def divided_by_zero(train: torch.Tensor, *others: torch.Tensor) -> list[torch.Tensor]:
    mean, scale = train.mean(dim=0), train.std(dim=0, correction=0)
    scale = torch.where(train.amax(dim=0) > train.amin(dim=0), scale, 0.0)
    return [(rows - mean) / scale for rows in (train, *others)]


@wrong(
    "standardised",
    "nearly-zero",
    "the deviation of a constant column is rarely exactly 0 in floating point: compare the values",
)
def nearly_zero(train: torch.Tensor, *others: torch.Tensor) -> list[torch.Tensor]:
    mean = train.mean(dim=0)
    scale = (train - mean).square().mean(dim=0).sqrt()
    scale = torch.where(scale == 0, 1.0, scale)
    return [(rows - mean) / scale for rows in (train, *others)]


@wrong("standardised", "variance", "what is divided by is the variance, not its root")
def variance(train: torch.Tensor, *others: torch.Tensor) -> list[torch.Tensor]:
    mean, scale = train.mean(dim=0), train.var(dim=0, correction=0)
    scale = torch.where(train.amax(dim=0) > train.amin(dim=0), scale, 1.0)
    return [(rows - mean) / scale for rows in (train, *others)]


@wrong("standardised", "n-minus-one", "std divides by the number of rows less one; correction=0")
def n_minus_one(train: torch.Tensor, *others: torch.Tensor) -> list[torch.Tensor]:
    mean, scale = train.mean(dim=0), train.std(dim=0)
    scale = torch.where(train.amax(dim=0) > train.amin(dim=0), scale, 1.0)
    return [(rows - mean) / scale for rows in (train, *others)]


@wrong("standardised", "written-over", "the rows that were given are written over")
def written_over(train: torch.Tensor, *others: torch.Tensor) -> list[torch.Tensor]:
    mean, scale = train.mean(dim=0), train.std(dim=0, correction=0)
    scale = torch.where(train.amax(dim=0) > train.amin(dim=0), scale, 1.0)
    return [rows.sub_(mean).div_(scale) for rows in (train, *others)]


@probe("resized", "values", "the block computes something else", points=3)
def probe_resized(Resized: Callable[[int, int, int], Any], seed: int) -> dict[str, object]:
    """Wider, narrower and as wide: outputs, gradients, and what a call leaves behind."""
    random, chance = Random(seed), torch.Generator().manual_seed(seed)
    found: dict[str, object] = {}
    small, large = random.randint(2, 5), random.randint(13, 18)
    for inputs, outputs in ((small, large), (large, small), (small, small), (1, small), (small, 1)):
        hidden = random.randint(6, 14) if inputs != large else random.randint(17, 24)
        block, where = Resized(inputs, outputs, hidden), f"{inputs} to {outputs}"
        found[f"parameters, {where}"] = [
            [name, list(p.shape), p.requires_grad] for name, p in sorted(block.named_parameters())
        ]
        set_weights(block, seed + inputs)
        sizes = (random.randint(4, 9), 1.0), (5, 30.0), (3, 0.02), (1, 30.0), (2, 1.0), (4, 40.0)
        for call, (rows, size) in enumerate(sizes):
            x = size * torch.randn(rows, inputs, generator=chance)
            block.train(call < 3)
            found |= behaviour_of(block, x, where=f"{where}, {call}: {rows} rows of size {size:g}")
    return found


@wrong("resized", "padded-in-front", "the zeros stand before the input, not after it")
class PaddedInFront(nn.Module):
    def __init__(self, inputs: int, outputs: int, hidden: int) -> None:
        super().__init__()
        self.inner, self.outer = nn.Linear(inputs, hidden), nn.Linear(hidden, outputs)
        self.extra = outputs - inputs
        if outputs < inputs:
            self.project = nn.Linear(inputs, outputs, bias=False)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        shortcut = self.project(x) if self.extra < 0 else F.pad(x, (self.extra, 0))
        return shortcut + self.outer(F.relu(self.inner(x)))


@wrong("resized", "cut-off", "where the block gets narrower, columns are cut off and lost")
class CutOff(nn.Module):
    def __init__(self, inputs: int, outputs: int, hidden: int) -> None:
        super().__init__()
        self.inner, self.outer = nn.Linear(inputs, hidden), nn.Linear(hidden, outputs)
        self.extra = outputs - inputs

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return F.pad(x, (0, self.extra)) + self.outer(F.relu(self.inner(x)))


@wrong("resized", "always-projected", "a projection stands also where the widths agree")
class AlwaysProjected(nn.Module):
    def __init__(self, inputs: int, outputs: int, hidden: int) -> None:
        super().__init__()
        self.inner, self.outer = nn.Linear(inputs, hidden), nn.Linear(hidden, outputs)
        self.extra = outputs - inputs
        if outputs <= inputs:
            self.project = nn.Linear(inputs, outputs, bias=False)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        shortcut = self.project(x) if self.extra <= 0 else F.pad(x, (0, self.extra))
        return shortcut + self.outer(F.relu(self.inner(x)))


@wrong(
    "resized", "projected-wider", "where the block gets wider the input is padded, not projected"
)
class ProjectedWider(nn.Module):
    def __init__(self, inputs: int, outputs: int, hidden: int) -> None:
        super().__init__()
        self.inner, self.outer = nn.Linear(inputs, hidden), nn.Linear(hidden, outputs)
        self.same = outputs == inputs
        if not self.same:
            self.project = nn.Linear(inputs, outputs, bias=False)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return (x if self.same else self.project(x)) + self.outer(F.relu(self.inner(x)))


@wrong("resized", "biased", "the projection has a bias; W_s is a matrix alone")
class Biased(nn.Module):
    def __init__(self, inputs: int, outputs: int, hidden: int) -> None:
        super().__init__()
        self.inner, self.outer = nn.Linear(inputs, hidden), nn.Linear(hidden, outputs)
        self.extra = outputs - inputs
        if outputs < inputs:
            self.project = nn.Linear(inputs, outputs)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        shortcut = self.project(x) if self.extra < 0 else F.pad(x, (0, self.extra))
        return shortcut + self.outer(F.relu(self.inner(x)))


@wrong("resized", "plain-where-resized", "where the widths differ there is no shortcut at all")
class PlainWhereResized(nn.Module):
    def __init__(self, inputs: int, outputs: int, hidden: int) -> None:
        super().__init__()
        self.inner, self.outer = nn.Linear(inputs, hidden), nn.Linear(hidden, outputs)
        self.same = outputs == inputs

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        branch = self.outer(F.relu(self.inner(x)))
        return x + branch if self.same else branch


@wrong("resized", "linear-branch", "the branch has no ReLU, so the whole block is linear")
class LinearBranch(nn.Module):
    def __init__(self, inputs: int, outputs: int, hidden: int) -> None:
        super().__init__()
        self.inner, self.outer = nn.Linear(inputs, hidden), nn.Linear(hidden, outputs)
        self.extra = outputs - inputs
        if outputs < inputs:
            self.project = nn.Linear(inputs, outputs, bias=False)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        shortcut = self.project(x) if self.extra < 0 else F.pad(x, (0, self.extra))
        return shortcut + self.outer(self.inner(x))


@wrong("resized", "relu-after-add", "a ReLU comes after the addition")
class ReluAfterAdd(nn.Module):
    def __init__(self, inputs: int, outputs: int, hidden: int) -> None:
        super().__init__()
        self.inner, self.outer = nn.Linear(inputs, hidden), nn.Linear(hidden, outputs)
        self.extra = outputs - inputs
        if outputs < inputs:
            self.project = nn.Linear(inputs, outputs, bias=False)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        shortcut = self.project(x) if self.extra < 0 else F.pad(x, (0, self.extra))
        return F.relu(shortcut + self.outer(F.relu(self.inner(x))))


def numbers(rows: Iterable[Any]) -> list[int]:
    """Row numbers, in order, whatever they came in."""
    return sorted(int(row) for row in rows)


def drawn_table(random: Random, count: int, most: int) -> torch.Tensor:
    """``count`` different rows of whole numbers, each up to ``most`` times, shuffled."""
    chance = torch.Generator().manual_seed(random.randrange(2**31))
    columns = random.randint(2, 5)
    different = torch.randint(-9, 10, (count, columns), generator=chance).float()
    different[:, 0] = torch.randperm(count, generator=chance) // 3  # alike in the first column
    different = different.unique(dim=0)
    times = torch.tensor([random.choice([1, 1, most]) for _ in different])
    X = different.repeat_interleave(times, dim=0)
    return X[torch.randperm(len(X), generator=chance)]


@probe(
    "grouped", "sides", "rows are lost, used twice, or equal to rows of the other side", points=2
)
def probe_sides(
    split: Callable[[torch.Tensor, float, int], tuple[torch.Tensor, torch.Tensor]], seed: int
) -> dict[str, object]:
    random = Random(seed)
    found: dict[str, object] = {}
    for case, size in enumerate([(20, 60)] * 8 + [(3, 6)] * 4):
        X = drawn_table(random, random.randint(*size), random.choice([1, 2, 4]))
        X = (X - random.choice([0, 40])) * (1, 0.01, 100)[case % 3]
        share, secret = random.uniform(0.15, 0.6), random.randrange(10_000)
        for what, table in (("a table", X), ("its rows in another order", X.flip(0))):
            before = table.clone()
            sides = [numbers(rows) for rows in split(table, share, secret)]
            kinds = [{tuple(table[i].tolist()) for i in side if 0 <= i < len(X)} for side in sides]
            found |= {
                f"{case}, {what}: each row once": sorted(sides[0] + sides[1]) == [*range(len(X))],
                f"{case}, {what}: equal rows together": not kinds[0] & kinds[1],
                f"{case}, {what}: sides": len(sides),
                f"{case}, {what}: unchanged": torch.equal(table, before),
            }
    return found


@probe("grouped", "share", "the test side is too large or too small")
def probe_share(
    split: Callable[[torch.Tensor, float, int], tuple[torch.Tensor, torch.Tensor]], seed: int
) -> dict[str, object]:
    """Groups of unequal sizes, and many tables without twins, where one row more is too many."""
    random = Random(seed)
    found: dict[str, object] = {}
    for case in range(50):
        most = random.choice([3, 6]) if case < 12 else 1
        X = drawn_table(random, random.randint(60, 200), most) * random.choice([1, 0.01, -1])
        share = random.choice([0.1, 0.3, 0.5, 0.8]) if case < 12 else random.uniform(0.5, 0.95)
        counts = X.unique(dim=0, return_counts=True)[1]
        _, test = split(X, share, random.randrange(10_000))
        found[f"{case}: about {share:.2f} of {len(X)} rows"] = abs(
            len(numbers(test)) - share * len(X)
        ) <= int(counts.max())
    return found


@probe("grouped", "chance", "the split is not drawn at random from the seed")
def probe_chance(
    split: Callable[[torch.Tensor, float, int], tuple[torch.Tensor, torch.Tensor]], seed: int
) -> dict[str, object]:
    random = Random(seed)
    X = drawn_table(random, 24, 2)
    share, first = random.choice([0.4, 0.5]), random.randrange(10_000)
    sides = [set(numbers(split(X, share, first + i)[1])) for i in range(120)]
    again = [set(numbers(split(X, share, first + i)[1])) for i in range(3)]
    rows = range(len(X))
    different = [i for i in rows if not torch.equal(X[i], X[0])]
    return {
        "same seed, same split": again == sides[:3],
        "another seed, another split": len({tuple(sorted(side)) for side in sides}) > 100,
        "each row is tested at times": all(any(i in side for side in sides) for i in rows),
        "each row is trained on at times": all(any(i not in s for s in sides) for i in rows),
        "groups are drawn one by one": all(
            len({(0 in side, i in side) for side in sides}) == 4 for i in different
        ),
    }


@wrong(
    "grouped", "duplicates-ignored", "rows are drawn one by one, so equal ones are on both sides"
)
def duplicates_ignored(
    X: torch.Tensor, share: float, seed: int
) -> tuple[torch.Tensor, torch.Tensor]:
    order = torch.randperm(len(X), generator=torch.Generator().manual_seed(seed))
    count = round(share * len(X))
    return order[count:], order[:count]


@wrong("grouped", "duplicates-dropped", "of equal rows only one is kept, and the others are lost")
def duplicates_dropped(
    X: torch.Tensor, share: float, seed: int
) -> tuple[torch.Tensor, torch.Tensor]:
    seen, kept = set(), []
    for i, row in enumerate(X.tolist()):
        if tuple(row) not in seen:
            seen.add(tuple(row))
            kept.append(i)
    order = torch.randperm(len(kept), generator=torch.Generator().manual_seed(seed))
    rows, count = torch.tensor(kept)[order], round(share * len(kept))
    return rows[count:], rows[:count]


@wrong("grouped", "first-column", "rows that agree in the first column alone count as equal")
def first_column(X: torch.Tensor, share: float, seed: int) -> tuple[torch.Tensor, torch.Tensor]:
    _, group = X[:, 0].unique(return_inverse=True)
    order = torch.randperm(int(group.max()) + 1, generator=torch.Generator().manual_seed(seed))
    place = order[group]
    test = place <= place.sort().values[round(share * len(X)) - 1]
    return (~test).nonzero().flatten(), test.nonzero().flatten()


@wrong("grouped", "share-of-groups", "the share is one of groups, not of rows")
def share_of_groups(X: torch.Tensor, share: float, seed: int) -> tuple[torch.Tensor, torch.Tensor]:
    _, group = X.unique(dim=0, return_inverse=True)
    order = torch.randperm(int(group.max()) + 1, generator=torch.Generator().manual_seed(seed))
    test = order[group] < round(share * len(order))
    return (~test).nonzero().flatten(), test.nonzero().flatten()


@wrong("grouped", "not-drawn", "the same rows are tested whatever the seed: nothing is drawn")
def not_drawn(X: torch.Tensor, share: float, seed: int) -> tuple[torch.Tensor, torch.Tensor]:
    _, group = X.unique(dim=0, return_inverse=True)
    test = group <= group.sort().values[round(share * len(X)) - 1]
    return (~test).nonzero().flatten(), test.nonzero().flatten()


@wrong("grouped", "sides-exchanged", "training and test are exchanged")
def sides_exchanged(X: torch.Tensor, share: float, seed: int) -> tuple[torch.Tensor, torch.Tensor]:
    _, group = X.unique(dim=0, return_inverse=True)
    order = torch.randperm(int(group.max()) + 1, generator=torch.Generator().manual_seed(seed))
    place = order[group]
    test = place <= place.sort().values[round(share * len(X)) - 1]
    return test.nonzero().flatten(), (~test).nonzero().flatten()
