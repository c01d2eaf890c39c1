"""Inputs from the whole range that the exercises of chapter 8 allow, for the mutation engine."""

from collections.abc import Callable
from random import Random

import torch
from torch import nn

from grader.exercise import behaviour, behaviour_of, behaviour_of_block, set_weights


@behaviour("costs")
def behaviour_costs(
    multiply_adds: Callable[[int, int, int], tuple[int, int]], seed: int
) -> dict[str, object]:
    """Multiples of four channels; maps of one place and of a thousand rows."""
    random = Random(seed)
    sizes = random.choice([1, random.randint(2, 60), 1000]), random.randint(1, 300)
    return {"costs": list(multiply_adds(4 * random.randint(1, 600), *sizes))}


@behaviour("bottleneck")
def behaviour_bottleneck(Bottleneck: Callable[..., nn.Module], seed: int) -> dict[str, object]:
    """One block in modes drawn at random; images of any size and magnitude, twice."""
    random = Random(seed)
    o = 4 * random.randint(1, 3)
    i = random.choice([o, random.randint(1, 9)])
    stride = random.choice([1, 1, 2, 3, 4])
    block = Bottleneck(i, o, stride, *random.choice([("3x3",), ("1x1",), ()]))
    found: dict[str, object] = {
        "new": [float(buffer.sum()) for _, buffer in block.named_buffers()],
        "mode": all(module.training for module in block.modules()),
    }
    set_weights(block, seed)
    return found | behaviour_of_block(block, i, stride, random)


@behaviour("stage")
def behaviour_stage(stage: Callable[..., nn.Sequential], seed: int) -> dict[str, object]:
    """Two stages of blocks that are classes or functions, one of them of a single block."""

    class Block(nn.Module):
        def __init__(self, i: int, o: int, stride: int) -> None:
            super().__init__()
            self.told, self.weight = [i, o, stride], nn.Parameter(torch.ones(2))

        def forward(self, x: torch.Tensor) -> torch.Tensor:
            return x * self.weight[0] + self.weight[1]

    def block(i: int, o: int, stride: int) -> nn.Module:
        return Block(i, o, stride)

    random = Random(seed)
    found: dict[str, object] = {}
    kept: list[nn.Module] = []
    given = [
        random.randint(1, 600),
        random.randint(1, 600),
        random.randint(1, random.choice([3, 12])),
    ]
    for count in (given[2], given[2], 1):
        layers = stage(random.choice([Block, block]), *given[:2], count, random.randint(1, 5))
        call = f"{len(kept)} {count}"
        found[f"told {call}"] = [layer.told for layer in layers]
        found[f"new {call}"] = not any(layer is old for old in kept for layer in layers)
        found[f"kind {call}"] = isinstance(layers, nn.Sequential) and layers.training
        kept += layers
        set_weights(layers, seed)
        found |= behaviour_of(layers, torch.randn(3), where=call)
    return found


EQUIVALENT = {
    "costs": {
        "c is a multiple of four, and a quotient that is whole is equal to the number": [
            "multiply_adds: middle = c // 4 → middle = c / 4",
        ],
        "c is a multiple of four": [
            "multiply_adds: middle = c // 4 → middle = (c + 1) // 4",
        ],
        "2 times 9 is 18": [
            "multiply_adds: two_3x3 = 2 * 9 * c * c → two_3x3 = 18 * c * c",
        ],
    },
    "bottleneck": {
        "out_channels is a multiple of four": [
            "Bottleneck.__init__: width = out_channels // 4 → width = (out_channels + 1) // 4",
        ],
        "there are two words, and '1x1' is the smaller one": [
            "Bottleneck.__init__: first, middle = (1, stride) if stride_on == '3x3' els"
            "e (stride, 1) → first, middle = (1, stride) if stride_on >= '3x3' else (st"
            "ride, 1)",
        ],
        "a stride is 1 or more": [
            "Bottleneck.__init__: if in_channels != out_channels or stride != 1: → if i"
            "n_channels != out_channels or stride > 1:",
        ],
        "only what was computed anew is overwritten": [
            "Bottleneck.forward: return F.relu(self.downsample(x) + y) → return (self.d"
            "ownsample(x) + y).relu_()",
            "Bottleneck.forward: return F.relu(self.downsample(x) + y) → return F.relu("
            "y.add_(self.downsample(x)))",
        ],
    },
    "stage": {
        "the numbers of the blocks are not used": [
            "stage: for _ in range(blocks - 1): → for _ in list(range(blocks - 1))[::-1]:",
        ],
    },
}
