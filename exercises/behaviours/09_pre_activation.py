"""Inputs from the whole range that the exercises of chapter 9 allow, for the mutation engine."""

from collections.abc import Callable
from functools import partial
from random import Random

import torch
from torch import nn

from grader.exercise import behaviour, behaviour_of, behaviour_of_block, set_weights


@behaviour("preact")
def behaviour_preact(PreActBlock: Callable[..., nn.Module], seed: int) -> dict[str, object]:
    """One block in modes drawn at random; images of any size and magnitude, twice."""
    random = Random(seed)
    i, o = (random.randint(1, 8) for _ in "12")
    stride = random.choice([1, 1, 2, 3, 4])
    block = PreActBlock(i, random.choice([i, o]), *([stride] if stride > 1 else []))
    found: dict[str, object] = {
        "new": [float(buffer.sum()) for _, buffer in block.named_buffers()],
        "mode": all(module.training for module in block.modules()),
    }
    set_weights(block, seed)
    return found | behaviour_of_block(block, i, stride, random)


@behaviour("network")
def behaviour_network(PreActNet: Callable[..., nn.Module], seed: int) -> dict[str, object]:
    """One network in modes drawn at random; images of any size and magnitude, twice."""

    class Block(nn.Module):
        def __init__(self, i: int, o: int) -> None:
            super().__init__()
            self.told, self.weight = (i, o), nn.Parameter(torch.ones(2))

        def forward(self, x: torch.Tensor) -> torch.Tensor:
            return x + torch.relu(x * self.weight[0] - self.weight[1])

    random, chance = Random(seed), torch.Generator().manual_seed(seed)
    net = PreActNet(Block, random.randint(1, 8), random.randint(1, 4), random.randint(1, 30))
    found: dict[str, object] = {
        "names": [f"{name} {tuple(p.shape)}" for name, p in sorted(net.named_parameters())],
        "mode": all(module.training for module in net.modules()),
    }
    set_weights(net, seed)
    height, width = (random.randint(1, 7) for _ in "12")
    modes = [random.random() < 0.5 for _ in "12"]
    if any(modes):
        height = max(height, 3)
    x = torch.randn(random.choice([1, 2, 5]), 1, height, width, generator=chance)
    x *= 10 ** random.uniform(-3, 3)
    for call, (images, training) in enumerate(zip((x, x.flip(0, 1, 2) / 2), modes, strict=True)):
        net.train(training)
        found |= behaviour_of(net, images, where=str(call))
    return found


@behaviour("ordered")
def behaviour_ordered(ordered: Callable[..., torch.Tensor], seed: int) -> dict[str, object]:
    """Two orders one after the other, with the same layers, in one mode each."""
    random, chance = Random(seed), torch.Generator().manual_seed(seed)
    channels = random.randint(1, 7)
    layers: list[nn.Module] = [
        *(nn.Conv2d(channels, channels, 3, padding=1, bias=False), nn.BatchNorm2d(channels)),
        *(nn.Conv2d(channels, channels, 3, padding=1), nn.BatchNorm2d(channels)),
    ]
    found: dict[str, object] = {}
    for number, layer in enumerate(layers):
        set_weights(layer, seed + number)
    for order in random.sample("abcde", 2):
        mode = random.random() < 0.5
        for layer in layers:
            layer.train(mode)
        shape = random.choice([1, 2, 5]), channels, random.randint(3, 7), random.randint(1, 7)
        x = 10 ** random.uniform(-3, 4) * torch.randn(shape, generator=chance)
        found |= behaviour_of(partial(ordered, order), x, *layers, where=order)
        again = x.flip(0, 1, 2) / 2
        found |= behaviour_of(partial(ordered, order), again, *layers, where=f"{order} again")
    return found
