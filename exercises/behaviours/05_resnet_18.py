"""Inputs from the whole range that the exercises of chapter 5 allow, for the mutation engine."""

from collections.abc import Callable
from random import Random

import torch
from torch import nn

from grader.exercise import behaviour, behaviour_of, set_weights


@behaviour("basic")
def behaviour_basic(BasicBlock: Callable[..., nn.Module], seed: int) -> dict[str, object]:
    """Three calls of one block in modes drawn at random, with images of any size and magnitude."""
    random, chance = Random(seed), torch.Generator().manual_seed(seed)
    i, o = (random.randint(1, 12) for _ in "12")
    stride = random.choice([1, 1, 2, 3, 4])
    block = BasicBlock(i, random.choice([i, o]), *([stride] if stride > 1 else []))
    found: dict[str, object] = {
        "new": [[name, buffer.clone()] for name, buffer in block.named_buffers()],
        "modes": [module.training for module in block.modules()],
    }
    set_weights(block, seed)
    for call in range(3):
        block.train(random.random() < 0.5)
        height, width = (random.randint(1, 14) for _ in "12")
        if block.training:
            height = max(height, 2 * stride + 1)
        x = torch.randn(random.choice([1, 2, 3, 20]), i, height, width, generator=chance)
        x *= 10 ** random.uniform(-3, 4)
        found |= behaviour_of(block, x, where=f"call {call}")
        found |= {f"{name}'s gradient, {call}": p.grad for name, p in block.named_parameters()}
    return found | {name: value for name, value in block.state_dict().items()}


@behaviour("layers")
def behaviour_layers(layers: Callable[[nn.Module], int], seed: int) -> dict[str, object]:
    """Networks of up to 40 blocks, which lie flat or in stages; two at a time."""
    random, found = Random(seed), []

    def conv() -> nn.Module:
        size = random.choice([1, 3, 5, 7])
        return nn.Conv2d(1, random.choice([1, 2]), size, random.choice([1, 2]), size // 2)

    for _ in "12":
        convolutions, head = random.randint(1, 5), random.randint(1, 3)
        blocks: list[nn.Module] = []
        for _ in range(random.randint(0, 40)):
            parts = {f"conv{k + 1}": conv() for k in range(convolutions)}
            parts["bn"], parts["relu"] = nn.BatchNorm2d(1), nn.ReLU()
            if random.random() < 0.7:
                shortcuts = [nn.Identity(), conv(), nn.Sequential(conv(), nn.BatchNorm2d(1))]
                parts["downsample"] = random.choice(shortcuts)
            blocks.append(nn.ModuleDict(parts))
        body = [nn.Sequential(*blocks)] if random.random() < 0.5 else blocks
        ends = nn.ModuleDict({"pool": nn.MaxPool2d(3), "flat": nn.Flatten(), "drop": nn.Dropout()})
        linear = [nn.Linear(1, 1) for _ in range(head)]
        net = nn.Sequential(conv(), nn.BatchNorm2d(1), *body, ends, *linear)
        net.train(random.random() < 0.5)
        modes = [module.training for module in net.modules()]
        found += [int(layers(net)), modes == [module.training for module in net.modules()]]
    return {"found": found}
