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


EQUIVALENT = {
    "preact": {
        "a stride is 1 or more": [
            "PreActBlock.__init__: if in_channels != out_channels or stride != 1: → if "
            "in_channels != out_channels or stride > 1:",
        ],
        "only what was computed anew is overwritten, and no gradient needs it": [
            "PreActBlock.forward: return x + y → return y.add_(x)",
            "PreActBlock.forward: return self.downsample(activated) + y → return self.d"
            "ownsample(activated).add_(y)",
            "PreActBlock.forward: return self.downsample(activated) + y → return y.add_"
            "(self.downsample(activated))",
        ],
    },
    "network": {
        "the numbers of the blocks are not used": [
            "PreActNet.__init__: self.body = nn.Sequential(*[block(width, width) for _ "
            "in range(blocks)]) → self.body = nn.Sequential(*[block(width, width) for _"
            " in list(range(blocks))[::-1]])",
        ],
        "the two axes are the same, in another order or counted from the end": [
            "PreActNet.forward: return self.fc(y.mean(dim=(2, 3))) → return self.fc(y.m"
            "ean(dim=(3, 2)))",
            "PreActNet.forward: return self.fc(y.mean(dim=(2, 3))) → return self.fc(y.m"
            "ean(dim=(-2, 3)))",
        ],
    },
    "ordered": {
        "to name a function records no gradient": [
            "ordered: r = F.relu → with torch.no_grad():; r = F.relu",
        ],
        "the cases exclude each other, so they may stand in any order or twice": [
            "ordered: (nothing) → if order == 'a':; return r(x + b2(c2(r(b1(c1(x))))))",
            "ordered: if order == 'b':; return r(b2(x + c2(r(b1(c1(x)))))) → if order ="
            "= 'b':; return r(b2(x + c2(r(b1(c1(x))))))",
            "ordered: (nothing) → if order == 'b':; return r(b2(x + c2(r(b1(c1(x))))))",
            "ordered: if order == 'c':; return x + r(b2(c2(r(b1(c1(x)))))) → if order ="
            "= 'c':; return x + r(b2(c2(r(b1(c1(x))))))",
            "ordered: (nothing) → if order == 'c':; return x + r(b2(c2(r(b1(c1(x))))))",
            "ordered: if order == 'd':; return x + b2(c2(r(b1(c1(r(x)))))) → if order ="
            "= 'd':; return x + b2(c2(r(b1(c1(r(x))))))",
            "ordered: (nothing) → if order == 'd':; return x + b2(c2(r(b1(c1(r(x))))))",
        ],
        "of the orders left, this one's letter is the smallest": [
            "ordered: if order == 'a': → if order <= 'a':",
            "ordered: if order == 'b': → if order <= 'b':",
            "ordered: if order == 'c': → if order <= 'c':",
            "ordered: if order == 'd': → if order <= 'd':",
        ],
        "a ReLU of what is not negative changes nothing": [
            "ordered: return r(x + b2(c2(r(b1(c1(x)))))) → return r(r(x + b2(c2(r(b1(c1(x)))))))",
            "ordered: return r(x + b2(c2(r(b1(c1(x)))))) → return r(x + b2(c2(r(r(b1(c1(x)))))))",
            "ordered: return r(b2(x + c2(r(b1(c1(x)))))) → return r(r(b2(x + c2(r(b1(c1(x)))))))",
            "ordered: return r(b2(x + c2(r(b1(c1(x)))))) → return r(b2(x + c2(r(r(b1(c1(x)))))))",
            "ordered: return x + r(b2(c2(r(b1(c1(x)))))) → return x + r(r(b2(c2(r(b1(c1(x)))))))",
            "ordered: return x + r(b2(c2(r(b1(c1(x)))))) → return x + r(b2(c2(r(r(b1(c1(x)))))))",
            "ordered: return x + b2(c2(r(b1(c1(r(x)))))) → return x + b2(c2(r(r(b1(c1(r(x)))))))",
            "ordered: return x + b2(c2(r(b1(c1(r(x)))))) → return x + b2(c2(r(b1(c1(r(r(x)))))))",
            "ordered: return x + c2(r(b2(c1(r(b1(x)))))) → return x + c2(r(r(b2(c1(r(b1(x)))))))",
            "ordered: return x + c2(r(b2(c1(r(b1(x)))))) → return x + c2(r(b2(c1(r(r(b1(x)))))))",
        ],
        "a convolution keeps nothing from a call to the next": [
            "ordered: return r(x + b2(c2(r(b1(c1(x)))))) → return r(x + b2(c2(r(b1((c1("
            "x), c1(x))[1])))))",
            "ordered: return r(b2(x + c2(r(b1(c1(x)))))) → return r(b2(x + c2(r(b1((c1("
            "x), c1(x))[1])))))",
            "ordered: return x + r(b2(c2(r(b1(c1(x)))))) → return x + r(b2(c2(r(b1((c1("
            "x), c1(x))[1])))))",
            "ordered: return x + b2(c2(r(b1(c1(r(x)))))) → return x + b2(c2(r(b1((c1(r("
            "x)), c1(r(x)))[1]))))",
        ],
    },
}
