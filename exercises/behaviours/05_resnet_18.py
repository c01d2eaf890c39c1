"""Inputs from the whole range that the exercises of chapter 5 allow, for the mutation engine."""

from collections.abc import Callable
from random import Random

import torch
from torch import nn

from grader.exercise import behaviour, behaviour_of_block, set_weights


@behaviour("basic")
def behaviour_basic(BasicBlock: Callable[..., nn.Module], seed: int) -> dict[str, object]:
    """One block in modes drawn at random; images of any size and magnitude, twice."""
    random = Random(seed)
    i, o = (random.randint(1, 8) for _ in "12")
    stride = random.choice([1, 1, 2, 3, 4])
    block = BasicBlock(i, random.choice([i, o]), *([stride] if stride > 1 else []))
    found: dict[str, object] = {
        "new": [float(buffer.sum()) for _, buffer in block.named_buffers()],
        "mode": all(module.training for module in block.modules()),
    }
    set_weights(block, seed)
    return found | behaviour_of_block(block, i, stride, random)


@behaviour("identify")
def behaviour_identify(
    identify: Callable[[dict[str, torch.Tensor]], tuple[str, list[int], int]], seed: int
) -> dict[str, object]:
    """State dicts of networks with 1 to 120 blocks a stage, mostly few, in torchvision's names."""
    random = Random(seed)
    convolutions = random.choice([2, 3])
    depths = [random.randint(1, random.choice([2, 3, 3, 12])) for _ in range(4)]
    if random.random() < 0.1:
        depths[random.randrange(4)] = random.randint(13, 120)
    names: dict[str, int] = {"conv1": 4, "bn1": 1}
    for stage, blocks in enumerate(depths, start=1):
        for number in range(blocks):
            for k in range(1, convolutions + 1):
                names |= {f"layer{stage}.{number}.conv{k}": 4, f"layer{stage}.{number}.bn{k}": 1}
        if stage > 1 or random.random() < 0.5:
            where = f"layer{stage}.0.downsample"
            names |= {f"{where}.0": 4, f"{where}.1": 1}
    names["fc"] = 2
    state = {f"{name}.weight": torch.zeros((1,) * axes) for name, axes in names.items()}
    state |= {f"{name}.bias": torch.zeros(1) for name, axes in names.items() if axes < 4}
    keys = sorted(state)
    block, counted, number = identify(state)
    return {
        "found": [str(block), [int(depth) for depth in counted], int(number)],
        "same": keys == sorted(state),
    }


EQUIVALENT = {
    "identify": {
        "nothing is kept between two calls": [
            "identify: (nothing) → @twice",
        ],
        "the loop ends where no stage is left, and a second one starts there": [
            "identify: (nothing) → while f'layer{len(depths) + 1}.0.conv1.weight' in stat"
            "e:; stage = f'layer{len(depths) + 1}.'; blocks = {name.split('.')[1] for nam"
            "e in state if name.startswith(stage)}; depths.append(len(blocks))",
        ],
        "neither line needs the other": [
            "identify: convolutions = 3 if 'layer1.0.conv3.weight' in state else 2 → conv"
            "olutions = 3 if 'layer1.0.conv3.weight' in state else 2",
        ],
        "the first name is the stem's": [
            "identify: blocks = {name.split('.')[1] for name in state if name.startswith("
            "stage)} → blocks = {name.split('.')[1] for name in list(state)[1:] if name.s"
            "tartswith(stage)}",
        ],
        "the last name is the head's": [
            "identify: blocks = {name.split('.')[1] for name in state if name.startswith("
            "stage)} → blocks = {name.split('.')[1] for name in list(state)[:-1] if name."
            "startswith(stage)}",
        ],
        "a set has no order": [
            "identify: blocks = {name.split('.')[1] for name in state if name.startswith("
            "stage)} → blocks = {name.split('.')[1] for name in list(state)[::-1] if name"
            ".startswith(stage)}",
        ],
    },
    "basic": {
        "a convolution's stride is 1 by itself": [
            "BasicBlock.__init__: self.conv2 = nn.Conv2d(out_channels, out_channels, 3,"
            " 1, padding=1, bias=False) → self.conv2 = nn.Conv2d(out_channels, out_chan"
            "nels, 3, padding=1, bias=False)",
        ],
        "a stride is 1 or more": [
            "BasicBlock.__init__: if stride != 1 or in_channels != out_channels: → if s"
            "tride > 1 or in_channels != out_channels:",
        ],
        "only a sum that was computed anew is overwritten": [
            "BasicBlock.forward: return F.relu(self.downsample(x) + self.bn2(self.conv2"
            "(y))) → return (self.downsample(x) + self.bn2(self.conv2(y))).relu_()",
        ],
    },
}
