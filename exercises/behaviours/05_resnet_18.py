"""Inputs from the whole range that the exercises of chapter 5 allow, for the mutation engine."""

from collections.abc import Callable
from random import Random

import torch
from torch import nn

from grader.exercise import behaviour, behaviour_of, set_weights


@behaviour("basic")
def behaviour_basic(BasicBlock: Callable[..., nn.Module], seed: int) -> dict[str, object]:
    """One block in modes drawn at random; images of any size and magnitude, twice."""
    random, chance = Random(seed), torch.Generator().manual_seed(seed)
    i, o = (random.randint(1, 8) for _ in "12")
    stride = random.choice([1, 1, 2, 3, 4])
    block = BasicBlock(i, random.choice([i, o]), *([stride] if stride > 1 else []))
    found: dict[str, object] = {
        "new": [float(buffer.sum()) for _, buffer in block.named_buffers()],
        "mode": all(module.training for module in block.modules()),
    }
    set_weights(block, seed)
    height, width = (random.randint(1, 7) for _ in "12")
    modes = [random.random() < 0.5 for _ in "12"]
    if any(modes):
        height = max(height, 2 * stride + 1)
    x = torch.randn(random.choice([1, 2, 5]), i, height, width, generator=chance)
    x *= 10 ** random.uniform(-3, 4)
    for call, (images, training) in enumerate(zip((x, x.flip(0, 1, 2) / 2), modes, strict=True)):
        block.train(training)
        found |= behaviour_of(block, images, where=str(call))
    return found


@behaviour("layers")
def behaviour_layers(layers: Callable[[nn.Module], int], seed: int) -> dict[str, object]:
    """Networks of up to 30 blocks, flat or in stages; counted again when they have grown."""
    random = Random(seed)
    convolutions, head = random.randint(1, 5), random.randint(1, 3)

    def conv() -> nn.Module:
        size = random.choice([1, 3, 5, 7])
        return nn.Conv2d(1, random.choice([1, 2]), size, random.choice([1, 2]), size // 2)

    def block() -> nn.Module:
        parts = {f"conv{k + 1}": conv() for k in range(convolutions)}
        parts["bn"], parts["relu"] = nn.BatchNorm2d(1), nn.ReLU()
        if random.random() < 0.7:
            shortcuts = [nn.Identity(), conv(), nn.Sequential(conv(), nn.BatchNorm2d(1))]
            parts["downsample"] = random.choice(shortcuts)
        return nn.ModuleDict(parts)

    blocks = [block() for _ in range(random.randint(0, random.choice([2, 6, 30])))]
    body = [nn.Sequential(*blocks)] if random.random() < 0.5 else blocks
    ends = nn.ModuleDict({"pool": nn.MaxPool2d(3), "flat": nn.Flatten(), "drop": nn.Dropout()})
    linear = [nn.Linear(1, 1) for _ in range(head)]
    net = nn.Sequential(conv(), nn.BatchNorm2d(1), *body, ends, *linear)
    net.train(random.random() < 0.5)
    modes = [module.training for module in net.modules()]
    found = [int(layers(net)), int(layers(net.append(nn.Linear(1, 1))))]
    return {"found": found, "same": modes == [m.training for m in net.modules()][: len(modes)]}
