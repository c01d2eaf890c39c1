"""Probes and wrong answers for the exercises of chapter 6."""

import random
from collections.abc import Callable

import torch

from grader.exercise import probe, wrong


@probe("confusion", "counts", "some count is wrong", points=2)
def probe_confusion(
    confusion: Callable[[torch.Tensor, torch.Tensor, int], torch.Tensor], seed: int
) -> dict[str, object]:
    """Few classes and many, of which the last ones do not occur; one image and hundreds."""
    draw, chance = random.Random(seed), torch.Generator().manual_seed(seed)
    found: dict[str, object] = {}
    many = draw.randint(25, 30)
    sizes = [(6, 5000), (6, 5000), (many, 900), (many, 1), (many, 2), (2, 1), (2, 5000), (1, 40)]
    sizes += [(3, 5001), (3, 21), (4, 7), (5, 3), (2, 2)]
    for classes, images in sizes:
        for left_out in range(min(classes, 3)):
            truth, answer = torch.randint(classes - left_out, (2, images), generator=chance)
            if images == 1:  # of the last class that may occur
                truth, answer = truth * 0 + classes - 1, answer * 0 + classes - 1 - left_out
            given = [truth.clone(), answer.clone()]
            counts = torch.as_tensor(confusion(given[0], given[1], classes)).double()
            found[f"{len(found)}: {classes} classes"] = [counts, *given]
    return found


@wrong("confusion", "transposed", "rows and columns are exchanged; rows are the truth")
def transposed(truth: torch.Tensor, answer: torch.Tensor, classes: int) -> torch.Tensor:
    pairs = classes * answer + truth
    return torch.bincount(pairs, minlength=classes**2).reshape(classes, classes)


@wrong("confusion", "shares", "the matrix holds shares, not counts")
def shares(truth: torch.Tensor, answer: torch.Tensor, classes: int) -> torch.Tensor:
    pairs = classes * truth + answer
    return torch.bincount(pairs, minlength=classes**2).reshape(classes, classes) / len(truth)


@wrong("confusion", "mistakes-only", "what was right is not counted")
def mistakes_only(truth: torch.Tensor, answer: torch.Tensor, classes: int) -> torch.Tensor:
    pairs = (classes * truth + answer)[truth != answer]
    return torch.bincount(pairs, minlength=classes**2).reshape(classes, classes)


@wrong("confusion", "classes-that-occur", "a class that never occurs is left out")
def classes_that_occur(truth: torch.Tensor, answer: torch.Tensor, classes: int) -> torch.Tensor:
    pairs = classes * truth + answer
    return torch.bincount(
        pairs,
        minlength=(truth.max() + 1) * classes,  # type: ignore[arg-type]  # one number as a tensor
    )[: (truth.max() + 1) * classes].reshape(-1, classes)


@wrong("confusion", "one-a-pair", "a pair that occurs several times is counted once")
def one_a_pair(truth: torch.Tensor, answer: torch.Tensor, classes: int) -> torch.Tensor:
    pairs = classes * truth + answer
    return torch.bincount(pairs, minlength=classes**2).reshape(classes, classes).clamp(max=1)


@probe("merged", "values", "for some group the accuracy is another one", points=2)
def probe_merged(
    merged_accuracy: Callable[[torch.Tensor, list[int]], float], seed: int
) -> dict[str, object]:
    """Matrices of few and many classes and images; groups of all sizes, in any order."""
    draw, chance = random.Random(seed), torch.Generator().manual_seed(seed)
    found: dict[str, object] = {}
    for classes in (1, 2, 3, 8, 8, draw.choice([5, 7, 9]), draw.randint(13, 20)):
        for most in (2, 50, 3000, 100_000):
            matrix = 1 + torch.randint(most, (classes, classes), generator=chance)
            for count in {1, draw.randint(1, classes), classes}:
                group = draw.sample(range(classes), count)
                given, named = matrix.clone(), list(group)
                share = float(merged_accuracy(given, named))
                found[f"{len(found)}: {group}"] = [share, given, named]
    one = torch.zeros(3, 3, dtype=torch.long)  # a single image, taken for another class
    one[0, 1] = 1
    shares = [float(merged_accuracy(one.clone(), group)) for group in ([2], [1, 0], [1])]
    return found | {"one image": shares}


@wrong("merged", "inside-only", "only the images of the group are counted as right")
def inside_only(matrix: torch.Tensor, group: list[int]) -> float:
    inside = matrix[group][:, group]
    right = inside.sum()
    return (right / matrix.sum()).item()


@wrong("merged", "counted-twice", "what was right within the group is counted twice")
def counted_twice(matrix: torch.Tensor, group: list[int]) -> float:
    inside = matrix[group][:, group]
    right = matrix.trace() + inside.sum()
    return (right / matrix.sum()).item()


@wrong(
    "merged", "rows-only", "all images of the group count as right, whatever they were taken for"
)
def rows_only(matrix: torch.Tensor, group: list[int]) -> float:
    inside = matrix[group]
    right = matrix.trace() + inside.sum() - matrix.diagonal()[group].sum()
    return (right / matrix.sum()).item()


@wrong("merged", "nothing-merged", "the group changes nothing")
def nothing_merged(matrix: torch.Tensor, group: list[int]) -> float:
    inside = matrix[group][:, group]
    right = matrix.trace()
    return (right / matrix.sum()).item()


@wrong("merged", "left-out", "the group is left out of the total")
def left_out(matrix: torch.Tensor, group: list[int]) -> float:
    inside = matrix[group][:, group]
    right = matrix.trace() + inside.sum() - inside.trace()
    return (right / (matrix.sum() - inside.sum())).item()
