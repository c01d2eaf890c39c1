"""Inputs from the whole range that the exercises of chapter 7 allow, for the mutation engine."""

from collections.abc import Callable
from random import Random

import torch
from torch import nn

from grader.exercise import behaviour, behaviour_of, set_weights


@behaviour("receptive")
def behaviour_receptive(
    receptive: Callable[[list[tuple[int, int]]], tuple[int, int]], seed: int
) -> dict[str, object]:
    """None to 200 layers, kernels of 1 to 13 and strides of 1 to 4."""
    random = Random(seed)
    count = random.choice([random.randint(0, 5), random.randint(0, 200)])
    strides = random.choice([(1,), (1, 2), (1, 1, 1, 2, 3, 4)])
    layers = [(random.randint(1, random.choice([3, 13])), random.choice(strides))
              for _ in range(count)]  # fmt: skip
    given = list(layers)
    pixels, apart = receptive(given)
    return {"found": [str(int(pixels)), str(int(apart))], "same": given == layers}


@behaviour("version")
def behaviour_version(
    version: Callable[[list[int], int, int], str], seed: int
) -> dict[str, object]:
    """Four stages of up to 60 blocks; the clues of a version, mixed, or off.

    A halved side and a doubled width leave the work of a block as it is, (64 * 56)^2 times 17; the
    first block of a stage reads other channels and has a projection.
    """
    random = Random(seed)
    depths = [random.randint(1, random.choice([2, 8, 60])) for _ in range(4)]
    unit, (a, b, c, d) = (64 * 56) ** 2, depths
    rest = 49 * 3 * 64 * 112**2 + 2048 * 1000 + 17 * unit * sum(depths) + unit
    works = [rest + 18 * unit, rest + 36 * unit]
    fields = [11 + 8 * a + 16 * b + 32 * c + 64 * d, 19 + 8 * a + 16 * b + 32 * c + 64 * (d - 1)]
    work, field = random.choice(works), random.choice(fields)
    work += random.choice([0, 0, 0, random.randint(-3000, 3000), random.choice([-unit, unit])])
    field += random.choice([0, 0, 0, random.randint(-9, 9), random.choice([-8, 8])])
    given = list(depths)
    return {"told": str(version(given, work, field)), "same": given == depths}


@behaviour("cifar")
def behaviour_cifar(CifarResNet: Callable[..., nn.Module], seed: int) -> dict[str, object]:
    """One network in modes drawn at random; images of any size and magnitude, twice."""

    class Block(nn.Module):
        def __init__(self, i: int, o: int, stride: int = 1) -> None:
            super().__init__()
            self.told, self.weight = (i, o, stride), nn.Parameter(torch.ones(2))

        def forward(self, x: torch.Tensor) -> torch.Tensor:
            i, o, stride = self.told
            x = torch.relu(x * self.weight[0] - self.weight[1])[:, :, ::stride, ::stride]
            return torch.cat([x] + [x[:, :1]] * (o - i), 1)

    random, chance = Random(seed), torch.Generator().manual_seed(seed)
    classes = [random.randint(1, 30)] if random.random() < 0.7 else []
    net = CifarResNet(Block, 6 * random.randint(1, 3) + 2, *classes)
    found: dict[str, object] = {
        "names": [f"{name} {tuple(p.shape)}" for name, p in sorted(net.named_parameters())],
        "mode": all(module.training for module in net.modules()),
    }
    set_weights(net, seed)
    modes = [random.random() < 0.5 for _ in "12"]
    height, width = (random.randint(5 if any(modes) else 4, 12) for _ in "12")
    x = torch.randn(random.choice([1, 2, 5]), 3, height, width, generator=chance)
    x *= 10 ** random.uniform(-3, 3)
    for call, (images, training) in enumerate(zip((x, x.flip(0, 1, 2) / 2), modes, strict=True)):
        net.train(training)
        found |= behaviour_of(net, images, where=str(call))
    return found
