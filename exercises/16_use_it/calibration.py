"""Probes and wrong answers for the exercise `calibration` of chapter 16."""

from collections.abc import Callable
from random import Random

import torch

from grader.exercise import probe, wrong


def predictions(random: Random, rows: int, bins: int) -> tuple[torch.Tensor, torch.Tensor]:
    """Probabilities and labels: of many sharpnesses, no confidence near a border of a bin."""
    chance = torch.Generator().manual_seed(random.randrange(2**31))
    classes = random.randint(2, 6)
    sharp = torch.empty(4 * rows, 1).uniform_(0.2, random.choice([1, 4]), generator=chance)
    logits = sharp * torch.randn(4 * rows, classes, generator=chance)
    p = logits.softmax(dim=1)
    place = p.amax(dim=1) * bins
    p = p[(place - place.round()).abs() > 0.002][:rows]
    labels = torch.randint(0, classes, (len(p),), generator=chance)
    sure = torch.rand(len(p), generator=chance) < random.uniform(0.2, 0.95)
    return p, torch.where(sure, p.argmax(dim=1), labels)


def two_sided(random: Random) -> tuple[torch.Tensor, torch.Tensor]:
    """Four classes; unsure and mostly right, or sure and mostly wrong: one bin evens that out."""
    rows = 2 * random.randint(10, 40)
    chance = torch.Generator().manual_seed(random.randrange(2**31))
    unsure = torch.empty(rows // 2).uniform_(0.3, 0.45, generator=chance)
    confidence = torch.cat([unsure, torch.empty(rows // 2).uniform_(0.6, 0.9, generator=chance)])
    p = ((1 - confidence) / 3)[:, None].repeat(1, 4)
    winner = torch.randint(0, 4, (rows,), generator=chance)
    p[torch.arange(rows), winner] = confidence
    other = torch.rand(rows, generator=chance) < torch.where(confidence < 0.5, 0.2, 0.8)
    return p, torch.where(other, (winner + 1) % 4, winner)


def just_above(random: Random, bins: int) -> tuple[torch.Tensor, torch.Tensor]:
    """Two classes; right a little above the border of a bin, and wrong in the middle of the bin
    below: with less than seven digits some fall into that.
    """
    confidence: list[float] = []
    for bin in range(bins // 2 + 2, bins, 2):
        confidence += [(bin + 0.0025) / bins] * random.randint(1, 3) + [(bin - 0.5) / bins]
    p = torch.tensor(confidence)
    right = (p * bins).frac() < 0.25
    return torch.stack([p, 1 - p], dim=1), (~right).long()


@probe("calibration", "values", "for some predictions the error is another one", points=2)
def probe_values(
    calibration_error: Callable[[torch.Tensor, torch.Tensor, int], float], seed: int
) -> dict[str, object]:
    random = Random(seed)
    found: dict[str, object] = {}
    rows, many = random.randint(300, 400), random.randint(24, 40)
    for number, bins in enumerate((1, 2, 3, random.randint(4, 9), 10, 15, many, many)):
        p, labels = predictions(random, rows if number > 5 else random.randint(30, 400), bins)
        error = float(calibration_error(p, labels, bins))
        found[f"{number}: {bins} bins, in hundredths"] = 100 * error
        one = float(calibration_error(p[:1], labels[:1], bins))
        found[f"{number}: {bins} bins, one prediction"] = one
    found["one bin"] = float(calibration_error(*two_sided(random), 1))
    found["near a border"] = float(calibration_error(*just_above(random, many), many))
    return found


@probe("calibration", "sure", "where the network is quite sure, the error is another one")
def probe_sure(
    calibration_error: Callable[[torch.Tensor, torch.Tensor, int], float], seed: int
) -> dict[str, object]:
    """Confidence 1, whose bin is the last: always right, never, and now and then."""
    random = Random(seed)
    found: dict[str, object] = {}
    for case in range(3):
        classes, bins = random.randint(2, 5), random.choice([5, 10, 15]) if case else 1
        labels = torch.arange(classes).repeat(4)
        sure = torch.eye(classes)[labels]
        wrong_way = sure.roll(1, dims=1)
        cut = random.randint(1, 7)
        half = torch.where(torch.arange(len(labels))[:, None] < cut, wrong_way, sure)
        nearly = sure * 0.98 + (1 - sure) * 0.02 / (classes - 1)
        both = torch.cat([half, nearly])  # in one bin; too sure, and not sure enough
        for name, p in {"always": sure, "never": wrong_way, "at times": half}.items():
            found[f"{case}: right {name}"] = float(calibration_error(p, labels, bins))
        found[f"{case}: 1 and 0.98"] = float(calibration_error(both, labels.repeat(2), bins))
    return found


@wrong("calibration", "bins-count-alike", "each bin counts alike, however few it holds")
def bins_count_alike(probabilities: torch.Tensor, labels: torch.Tensor, bins: int) -> float:
    confidence, predicted = probabilities.max(dim=1)
    place = (confidence * bins).long().clamp(max=bins - 1)
    gaps = []
    for number in place.unique():
        here = place == number
        gaps.append(abs((predicted == labels)[here].float().mean() - confidence[here].mean()))
    return float(sum(gaps) / len(gaps))


@wrong("calibration", "signs-cancel", "too sure in one bin and not sure enough in another cancel")
def signs_cancel(probabilities: torch.Tensor, labels: torch.Tensor, bins: int) -> float:
    confidence, predicted = probabilities.max(dim=1)
    place = (confidence * bins).long().clamp(max=bins - 1)
    error = torch.tensor(0.0)
    for number in place.unique():
        here = place == number
        gap = (predicted == labels)[here].float().mean() - confidence[here].mean()
        error += here.float().mean() * gap
    return float(error.abs())


@wrong(
    "calibration", "true-class", "it takes the true class's probability, not the predicted class's"
)
def true_class(probabilities: torch.Tensor, labels: torch.Tensor, bins: int) -> float:
    confidence = probabilities[torch.arange(len(labels)), labels]
    predicted = probabilities.argmax(dim=1)
    place = (confidence * bins).long().clamp(max=bins - 1)
    error = 0.0
    for number in place.unique():
        here = place == number
        gap = (predicted == labels)[here].float().mean() - confidence[here].mean()
        error += float(here.float().mean() * gap.abs())
    return error


@wrong(
    "calibration", "each-prediction", "the distance is one of means in a bin, not of predictions"
)
def each_prediction(probabilities: torch.Tensor, labels: torch.Tensor, bins: int) -> float:
    confidence, predicted = probabilities.max(dim=1)
    return float(((predicted == labels).float() - confidence).abs().mean())


@wrong("calibration", "sure-lost", "a confidence of exactly 1 falls out of the last bin")
def sure_lost(probabilities: torch.Tensor, labels: torch.Tensor, bins: int) -> float:
    confidence, predicted = probabilities.max(dim=1)
    right = (predicted == labels).float()
    place = (confidence * bins).long()
    error = torch.tensor(0.0)
    for number in range(bins):
        here = place == number
        if here.any():
            gap = right[here].mean() - confidence[here].mean()
            error += here.float().mean() * gap.abs()
    return float(error)


@wrong("calibration", "middle-of-the-bin", "the confidence is the mean of the bin, not its middle")
def middle_of_the_bin(probabilities: torch.Tensor, labels: torch.Tensor, bins: int) -> float:
    confidence, predicted = probabilities.max(dim=1)
    place = (confidence * bins).long().clamp(max=bins - 1)
    error = 0.0
    for number in place.unique():
        here = place == number
        gap = (predicted == labels)[here].float().mean() - (number + 0.5) / bins
        error += float(here.float().mean() * gap.abs())
    return error
