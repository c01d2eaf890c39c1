"""Inputs from the whole range that the exercises of chapter 6 allow, for the mutation engine."""

import random
from collections.abc import Callable

import torch

from grader.exercise import behaviour


@behaviour("confusion")
def behaviour_confusion(
    confusion: Callable[[torch.Tensor, torch.Tensor, int], torch.Tensor], seed: int
) -> dict[str, object]:
    """One class or many, some of which never occur; no image or hundreds."""
    draw, chance = random.Random(seed), torch.Generator().manual_seed(seed)
    classes = draw.choice([1, 2, 10, draw.randint(3, 30)])
    images = draw.choice([1, 2, draw.randint(3, 40), draw.randint(41, 400)])
    truth = torch.randint(draw.randint(1, classes), (images,), generator=chance)
    answer = torch.randint(draw.randint(1, classes), (images,), generator=chance)
    counts = torch.as_tensor(confusion(truth, answer, classes)).double()
    return {"counts": counts, "truth": truth, "answer": answer}


@behaviour("merged")
def behaviour_merged(
    merged_accuracy: Callable[[torch.Tensor, list[int]], float], seed: int
) -> dict[str, object]:
    """Matrices of few and many images, with empty rows too; groups of any size and order."""
    draw, chance = random.Random(seed), torch.Generator().manual_seed(seed)
    classes = draw.choice([1, 2, 10, draw.randint(3, 20)])
    most = draw.choice([2, 20, 1000])
    matrix = torch.randint(most, (classes, classes), generator=chance)
    matrix[draw.randrange(classes), draw.randrange(classes)] += 1
    if draw.random() < 0.3:
        matrix += torch.diag(torch.randint(1, 9 * most, (classes,), generator=chance))
    group = draw.sample(range(classes), draw.randint(1, classes))
    given, named = matrix.clone(), list(group)
    share = float(merged_accuracy(given, named))
    return {"share": share, "matrix": given, "group": named}


EQUIVALENT = {
    "confusion": {
        "classes are numbered from 0: nothing negative is there to be overwritten": [
            "confusion: (nothing) → truth.relu_()",
            "confusion: (nothing) → answer.relu_()",
        ],
        "an even power has no sign": [
            "confusion: return torch.bincount(pairs, minlength=classes ** 2)"
            ".reshape(classes, classes) → return torch.bincount(pairs, minlength=(-classes) ** 2)"
            ".reshape(classes, classes)",
        ],
    },
    "merged": {
        "counts are never negative": ["merged_accuracy: (nothing) → matrix.relu_()"],
    },
}
