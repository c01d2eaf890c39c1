"""Inputs from the whole range that the exercises of chapter 4 allow, for the mutation engine."""

import random
from collections.abc import Callable

import torch
from torch import nn

from grader.exercise import behaviour, set_weights


@behaviour("padded")
def behaviour_padded(
    padded: Callable[[torch.Tensor, int, int], torch.Tensor], seed: int
) -> dict[str, object]:
    draw, chance = random.Random(seed), torch.Generator().manual_seed(seed)
    found: dict[str, object] = {}
    for call in range(2):
        channels, stride = draw.randint(1, 20), draw.randint(1, 5)
        more = draw.choice([0, draw.randint(1, 20)])
        size = draw.choice([1, 2, 3, 8]), channels, draw.randint(1, 12), draw.randint(1, 12)
        x = 10 ** draw.uniform(-2, 2) * torch.randn(size, generator=chance)
        given = x.requires_grad_(True) * 1
        y = padded(given, channels + more, stride)
        (y * torch.randn(y.shape, generator=chance)).sum().backward()
        found |= {f"output {call}": y, f"gradient {call}": x.grad, f"input {call}": given}
    return found


@behaviour("pooled")
def behaviour_pooled(
    PooledShortcut: Callable[[int, int, int], nn.Module], seed: int
) -> dict[str, object]:
    """Three calls in modes drawn at random; in training a channel has two values at least."""
    draw, chance = random.Random(seed), torch.Generator().manual_seed(seed)
    channels, out, stride = draw.randint(1, 8), draw.randint(1, 20), draw.randint(1, 4)
    shortcut = set_weights(PooledShortcut(channels, out, stride), seed)
    found: dict[str, object] = {}
    for call in range(3):
        if call or draw.random() < 0.5:
            shortcut.train(draw.random() < 0.6)
        size = draw.choice([1, 2, 5]), channels, draw.randint(5, 9), draw.randint(1, 9)
        x = 10 ** draw.uniform(-2, 2) * torch.randn(size, generator=chance)
        given = x.requires_grad_(True) * 1
        y = shortcut(given)
        (y * torch.randn(y.shape, generator=chance)).sum().backward()
        found |= {f"output {call}": y, f"gradient {call}": x.grad, f"input {call}": given}
    found |= {f"{name}'s gradient": p.grad for name, p in shortcut.named_parameters()}
    return found | {name: value for name, value in shortcut.state_dict().items()}


EQUIVALENT = {
    "padded": {
        "taking every stride-th pixel leaves the channels as they are": [
            "padded: return F.pad(y, (0, 0, 0, 0, 0, out_channels - x.shape[1])) → "
            "return F.pad(y, (0, 0, 0, 0, 0, out_channels - y.shape[1]))",
        ],
    },
}
