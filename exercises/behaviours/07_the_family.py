"""Inputs from the whole range that the exercises of chapter 7 allow, for the mutation engine."""

from collections.abc import Callable
from math import prod
from random import Random

import torch
from torch import nn

from grader.exercise import behaviour, behaviour_of, set_weights


@behaviour("receptive")
def behaviour_receptive(
    receptive: Callable[[list[tuple[int, int]]], tuple[int, int]], seed: int
) -> dict[str, object]:
    """None to 200 layers, kernels of 1 to 13 and strides of 1 to 4, of any kind of number.

    No place is more than 2^40 pixels from its neighbour, so that a right answer may count in
    float64 as well as in whole numbers.
    """
    random = Random(seed)
    count = random.choice([random.randint(0, 5), random.randint(0, 200)])
    strides = random.choice([(1,), (1, 2), (1, 1, 1, 2, 3, 4)])
    layers = [(random.randint(1, random.choice([3, 13])), random.choice(strides))
              for _ in range(count)]  # fmt: skip
    for place, (kernel, stride) in enumerate(layers):
        if stride * prod(stride for _, stride in layers[:place]) > 2**40:
            layers[place] = kernel, 1
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


EQUIVALENT = {
    "version": {
        "the loop has no more to say the second time": [
            "version: (nothing) → for name in ('v1', 'v1.5'):; work, sees, apart = (7 * 7"
            " * 3 * 64 * 112 ** 2, 11, 4); side, channels = (56, 64); for stage, depth in"
            " enumerate(depths):; width = 64 * 2 ** stage; for block in range(depth):; st"
            "ride = 2 if stage > 0 and block == 0 else 1; after = side // stride; first ="
            " after if name == 'v1' else side; work += channels * width * first ** 2 + 9 "
            "* width ** 2 * after ** 2; work += width * 4 * width * after ** 2; if block "
            "== 0:; work += channels * 4 * width * after ** 2; sees += 2 * apart * (strid"
            "e if name == 'v1' else 1); apart *= stride; side, channels = (after, 4 * wid"
            "th); if (work + channels * 1000, sees) == (multiply_adds, pixels):; return n"
            "ame",
        ],
        "no two figures fit both versions": [
            "version: for name in ('v1', 'v1.5'): → for name in ('v1.5', 'v1'):",
            "version: for name in ('v1', 'v1.5'): → for name in list(('v1', 'v1.5'))[::-1]:",
        ],
        "a product of constants": [
            "version: work, sees, apart = (7 * 7 * 3 * 64 * 112 ** 2, 11, 4) → work, sees"
            ", apart = (118013952, 11, 4)",
            "version: work, sees, apart = (7 * 7 * 3 * 64 * 112 ** 2, 11, 4) → work, sees"
            ", apart = (9408 * 112 ** 2, 11, 4)",
            "version: work, sees, apart = (7 * 7 * 3 * 64 * 112 ** 2, 11, 4) → work, sees"
            ", apart = (147 * 64 * 112 ** 2, 11, 4)",
            "version: work, sees, apart = (7 * 7 * 3 * 64 * 112 ** 2, 11, 4) → work, sees"
            ", apart = (49 * 3 * 64 * 112 ** 2, 11, 4)",
            "version: work, sees, apart = (7 * 7 * 3 * 64 * 112 ** 2, 11, 4) → work, sees"
            ", apart = (7 * 7 * 3 * 64 * 12544, 11, 4)",
        ],
        "an even power has no sign": [
            "version: work, sees, apart = (7 * 7 * 3 * 64 * 112 ** 2, 11, 4) → work, sees"
            ", apart = (7 * 7 * 3 * 64 * (-112) ** 2, 11, 4)",
            "version: side, channels = (56, 64) → side, channels = (-56, 64)",
            "version: work += channels * width * first ** 2 + 9 * width ** 2 * after ** 2"
            " → work += channels * width * (-first) ** 2 + 9 * width ** 2 * after ** 2",
            "version: work += channels * width * first ** 2 + 9 * width ** 2 * after ** 2"
            " → work += channels * width * first ** 2 + 9 * (-width) ** 2 * after ** 2",
            "version: work += channels * width * first ** 2 + 9 * width ** 2 * after ** 2"
            " → work += channels * width * first ** 2 + 9 * width ** 2 * (-after) ** 2",
            "version: work += width * 4 * width * after ** 2 → work += width * 4 * width "
            "* (-after) ** 2",
            "version: work += channels * 4 * width * after ** 2 → work += channels * 4 * "
            "width * (-after) ** 2",
        ],
        "sums in another order": [
            "version: work += width * 4 * width * after ** 2 → work += width * 4 * width "
            "* after ** 2",
        ],
        "stages and blocks are counted from 0": [
            "version: stride = 2 if stage > 0 and block == 0 else 1 → stride = 2 if stage"
            " != 0 and block == 0 else 1",
            "version: stride = 2 if stage > 0 and block == 0 else 1 → stride = 2 if 2 * s"
            "tage > 0 and block == 0 else 1",
            "version: stride = 2 if stage > 0 and block == 0 else 1 → stride = 2 if stage"
            " > 0 and block <= 0 else 1",
            "version: stride = 2 if stage > 0 and block == 0 else 1 → stride = 2 if stage"
            " > 0 and 2 * block == 0 else 1",
            "version: if block == 0: → if block <= 0:",
            "version: if block == 0: → if 2 * block == 0:",
        ],
        "56 is halved three times at most: nothing is rounded, and only the square is used": [
            "version: after = side // stride → after = side / stride",
            "version: after = side // stride → after = -side // stride",
        ],
        "there are two names, and v1 is the smaller": [
            "version: first = after if name == 'v1' else side → first = after if name <= "
            "'v1' else side",
            "version: sees += 2 * apart * (stride if name == 'v1' else 1) → sees += 2 * a"
            "part * (stride if name <= 'v1' else 1)",
        ],
        "a doubled width and a halved side leave the product as it is": [
            "version: work += channels * width * first ** 2 + 9 * width ** 2 * after ** 2"
            " → work += channels * width * first ** 2 + 115605504",
            "version: work += width * 4 * width * after ** 2 → work += 51380224",
        ],
        "there are always four stages, and the last has 2,048 channels": [
            "version: if (work + channels * 1000, sees) == (multiply_adds, pixels): → if "
            "(work + 2048000, sees) == (multiply_adds, pixels):",
            "version: if (work + channels * 1000, sees) == (multiply_adds, pixels): → if "
            "(work + 2048 * 1000, sees) == (multiply_adds, pixels):",
        ],
    },
    "cifar": {
        "a depth is 6 n + 2": [
            "CifarResNet.__init__: n = (depth - 2) // 6 → n = (depth + 2) // 6",
            "CifarResNet.__init__: n = (depth - 2) // 6 → n = depth // 6",
            "CifarResNet.__init__: n = (depth - 2) // 6 → n = (depth - 2 + 1) // 6",
            "CifarResNet.__init__: n = (depth - 2) // 6 → n = (depth + 1 - 2) // 6",
            "CifarResNet.__init__: n = (depth - 2) // 6 → n = (depth - 1) // 6",
            "CifarResNet.__init__: n = (depth - 2) // 6 → n = (depth - 0) // 6",
            "CifarResNet.__init__: n = (depth - 2) // 6 → n = (depth - -2) // 6",
        ],
        "a block's stride is 1 by itself": [
            "CifarResNet.__init__: self.layer1 = nn.Sequential(*[block(16, 16, 1) for _ in range(n"
            ")]) → self.layer1 = nn.Sequential(*[block(16, 16) for _ in range(n)])",
            "CifarResNet.__init__: self.layer2 = nn.Sequential(block(16, 32, 2), *[block(32, 32, 1"
            ") for _ in range(n - 1)]) → self.layer2 = nn.Sequential(block(16, 32, 2), *[block(32,"
            " 32) for _ in range(n - 1)])",
            "CifarResNet.__init__: self.layer3 = nn.Sequential(block(32, 64, 2), *[block(64, 64, 1"
            ") for _ in range(n - 1)]) → self.layer3 = nn.Sequential(block(32, 64, 2), *[block(64,"
            " 64) for _ in range(n - 1)])",
        ],
        "the numbers of the blocks are not used": [
            "CifarResNet.__init__: self.layer1 = nn.Sequential(*[block(16, 16, 1) for _ in range(n"
            ")]) → self.layer1 = nn.Sequential(*[block(16, 16, 1) for _ in list(range(n))[::-1]])",
            "CifarResNet.__init__: self.layer2 = nn.Sequential(block(16, 32, 2), *[block(32, 32, 1"
            ") for _ in range(n - 1)]) → self.layer2 = nn.Sequential(block(16, 32, 2), *[block(32,"
            " 32, 1) for _ in list(range(n - 1))[::-1]])",
            "CifarResNet.__init__: self.layer3 = nn.Sequential(block(32, 64, 2), *[block(64, 64, 1"
            ") for _ in range(n - 1)]) → self.layer3 = nn.Sequential(block(32, 64, 2), *[block(64,"
            " 64, 1) for _ in list(range(n - 1))[::-1]])",
        ],
        "the axes of a map, in either order and from either end": [
            "CifarResNet.forward: return self.fc(x.mean(dim=(2, 3))) → return self.fc(x.mean(dim=("
            "3, 2)))",
            "CifarResNet.forward: return self.fc(x.mean(dim=(2, 3))) → return self.fc(x.mean(dim=("
            "-2, 3)))",
        ],
    },
}
