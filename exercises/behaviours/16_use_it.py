"""Inputs from the whole range that the exercises of chapter 16 allow, for the mutation engine."""

from collections.abc import Callable
from random import Random
from typing import Any

import torch
from torch import nn

from grader.exercise import behaviour, set_weights


@behaviour("frozen")
def behaviour_frozen(Frozen: Callable[[nn.Module], Any], seed: int) -> dict[str, object]:
    """Networks with normalisation and dropout in either mode; calls, modes and steps mixed."""
    random, chance = Random(seed), torch.Generator().manual_seed(seed)
    channels, outputs = random.randint(1, 5), random.randint(1, 6)
    net = nn.Sequential(
        nn.Conv2d(channels, 6, 3, padding=1), nn.BatchNorm2d(6), nn.ReLU(),
        nn.Dropout(random.choice([0.0, 0.5])), nn.AdaptiveAvgPool2d(1), nn.Flatten(),
        nn.Linear(6, outputs),
    )  # fmt: skip
    frozen = Frozen(set_weights(net, seed).train(random.random() < 0.5))
    front = set_weights(nn.Conv2d(2, channels, 1), seed + 1)
    both = nn.Sequential(front, frozen)
    found: dict[str, object] = {}
    optimizer = torch.optim.SGD([p for p in both.parameters() if p.requires_grad], 0.01)
    for call in range(4):
        random.choice([both, frozen]).train(random.random() < 0.6)
        x = torch.randn(random.randint(2, 6), 2, 5, 4, generator=chance)
        out = both(x)
        optimizer.zero_grad()
        out.square().mean().backward()
        optimizer.step()
        found |= {f"output {call}": out, f"gradient {call}": front.weight.grad}
        found[f"trained {call}"] = sum(p.grad is not None for p in both.parameters())
    found["kept"] = sorted(t.double().square().sum().item() for t in frozen.state_dict().values())
    mode = random.random() < 0.5
    found["itself"] = [frozen.train(mode) is frozen, frozen.training == mode]
    return found


@behaviour("calibration")
def behaviour_calibration(
    calibration_error: Callable[[torch.Tensor, torch.Tensor, int], float], seed: int
) -> dict[str, object]:
    """Up to 500 predictions, any sharpness, up to 12 classes and 50 bins; some quite sure."""
    random, chance = Random(seed), torch.Generator().manual_seed(seed)
    rows, classes, bins = random.randint(1, 500), random.randint(2, 12), random.randint(1, 50)
    logits = random.uniform(0.1, 6) * torch.randn(rows, classes, generator=chance)
    drawn = torch.randint(0, classes, (rows,), generator=chance)
    known = torch.rand(rows, generator=chance) < random.random()
    labels = torch.where(known, logits.argmax(1), drawn)
    p = logits.softmax(dim=1)
    if random.random() < 0.3:
        p[: rows // 2] = torch.eye(classes)[logits[: rows // 2].argmax(1)]
    place = p.amax(dim=1) * bins
    inside = ((place - place.round()).abs() > 1e-3) | (place == bins)
    if not inside.any():
        return {}
    return {"error": float(calibration_error(p[inside], labels[inside], bins))}


@behaviour("rounded")
def behaviour_rounded(
    to_int8: Callable[[torch.Tensor], tuple[torch.Tensor, torch.Tensor]], seed: int
) -> dict[str, object]:
    """Weights of any size with two to five dimensions, now and then a channel of zeros."""
    random, chance = Random(seed), torch.Generator().manual_seed(seed)
    shape = [random.randint(1, 10), *(random.randint(1, 5) for _ in range(random.randint(1, 4)))]
    weight = torch.randn(shape, generator=chance)
    weight *= 10 ** torch.empty(shape[0], *[1] * (len(shape) - 1)).uniform_(-6, 3, generator=chance)
    if random.random() < 0.4:
        weight[random.randrange(shape[0])] = 0
    steps = weight / weight.abs().amax(dim=tuple(range(1, len(shape))), keepdim=True) * 127
    # What is near half a step may be rounded either way.
    weight = torch.where((steps % 1 - 0.5).abs() < 1e-3, torch.zeros(()), weight)
    before = weight.clone()
    whole, scale = to_int8(weight)
    return {
        "type": [str(whole.dtype), str(scale.dtype), list(scale.shape)],
        "whole": whole.int(),
        "scale": scale.flatten() / scale.abs().max(),
        "largest": scale.abs().max().log(),
        "unchanged": torch.equal(weight, before),
    }


EQUIVALENT = {
    "frozen": {
        "what needs no gradient needs none after it is said again": [
            "Frozen.forward: (nothing) → self.requires_grad_(False)",
        ],
    },
    "calibration": {
        "probabilities and labels are never below zero": [
            "calibration_error: (nothing) → probabilities.relu_()",
            "calibration_error: (nothing) → labels.relu_()",
        ],
        "a table has two dimensions, and the last one is the second": [
            "calibration_error: confidence, predicted = probabilities.max(dim=1) → "
            "confidence, predicted = probabilities.max(dim=-1)",
        ],
        "a sum starts from zero, whatever its type, and has no order": [
            "calibration_error: error = 0.0 → error = 0",
            "calibration_error: for number in place.unique(): → for number in "
            "list(place.unique())[::-1]:",
        ],
        "a distance has no sign": [
            "calibration_error: gap = right[here].mean() - confidence[here].mean() → gap "
            "= confidence[here].mean() - right[here].mean()",
        ],
        "a tensor without dimensions is a number, and so is a float of a float": [
            "calibration_error: return float(error) → return error",
            "calibration_error: return float(error) → return float(float(error))",
        ],
    },
    "rounded": {
        "a tuple of a tuple is the same tuple": [
            "to_int8: rest = tuple(range(1, weight.ndim)) → rest = tuple(tuple(range(1, "
            "weight.ndim)))",
        ],
        "an absolute value is never below zero": [
            "to_int8: scale = torch.where(largest > 0, largest / 127, 1.0) → scale = "
            "torch.where(largest != 0, largest / 127, 1.0)",
        ],
        "nobody needs the largest values after they were divided": [
            "to_int8: scale = torch.where(largest > 0, largest / 127, 1.0) → scale = "
            "torch.where(largest > 0, largest.div_(127), 1.0)",
        ],
        "to() also takes a tensor of the type that is wanted": [
            "to_int8: return ((weight / scale).round().to(torch.int8), scale) → return "
            "((weight / scale).round().to((weight / scale).round().to(torch.int8)), scale)",
        ],
    },
}
