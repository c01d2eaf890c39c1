"""Probes and wrong answers for exercise 5.2, `identify`."""

from collections.abc import Callable
from random import Random

import torch

from grader.exercise import probe, wrong

State = dict[str, torch.Tensor]
Identified = tuple[str, list[int], int]


def weights(random: Random, convolutions: int, depths: list[int]) -> State:
    """A state dict in torchvision's names, of a network with drawn numbers of channels."""
    a, b = random.randint(1, 4), random.randint(1, 4)
    layers: dict[str, tuple[int, ...]] = {"conv1": (a, 3, 7, 7), "bn1": (a,)}
    for stage, blocks in enumerate(depths, start=1):
        for number in range(blocks):
            where = f"layer{stage}.{number}"
            for k in range(1, convolutions + 1):
                layers[f"{where}.conv{k}"] = (b, a, *random.choice([(1, 1), (3, 3)]))
                layers[f"{where}.bn{k}"] = (b,)
            if number == 0 and (stage > 1 or convolutions == 3 or random.random() < 0.3):
                layers[f"{where}.downsample.0"] = (b, a, 1, 1)
                layers[f"{where}.downsample.1"] = (b,)
    layers["fc"] = random.randint(1, 9), b
    state: State = {}
    for name, shape in layers.items():
        state[f"{name}.weight"] = torch.zeros(shape)
        if len(shape) < 4:
            state[f"{name}.bias"] = torch.zeros(shape[0])
        if len(shape) == 1:
            state[f"{name}.running_mean"], state[f"{name}.running_var"] = torch.zeros(2, *shape)
            state[f"{name}.num_batches_tracked"] = torch.tensor(0)
    return state


@probe("identify", "networks", "some network is taken for another", points=2)
def probe_identify(identify: Callable[[State], Identified], seed: int) -> dict[str, object]:
    """Both kinds, with few blocks and many; those of a stage may be counted in two digits."""
    random = Random(seed)
    shapes = [(2, [3, 4, 6, 3]), (3, [3, 4, 6, 3]), (2, [1, 1, 1, 1]), (3, [1, 2, 1, 1])]
    for most in (3, 3, 12, 12, 40):
        shapes.append((random.choice([2, 3]), [random.randint(1, most) for _ in range(4)]))
    shapes.append((2, random.sample([1, 2, 3, random.randint(98, 110)], 4)))
    found: dict[str, object] = {}
    for convolutions, depths in shapes:
        state, where = weights(random, convolutions, depths), f"{convolutions} {depths}"
        names = [*state]
        block, counted, number = identify(state)
        found[f"block, {where}"] = str(block)
        found[f"depths, {where}"] = [int(depth) for depth in counted]
        found[f"number, {where}"] = int(number)
        found[f"unchanged, {where}"] = names == [*state]
    return found


@wrong(
    "identify",
    "layer-count",
    "all modules are counted; the name counts layers with weights on the way",
)
def layer_count(state: dict[str, torch.Tensor]) -> tuple[str, list[int], int]:
    places = {tuple(name.split(".")[:2]) for name in state if name.startswith("layer")}
    depths = [sum(stage == f"layer{k}" for stage, _ in places) for k in (1, 2, 3, 4)]
    block = "bottleneck" if "layer1.0.conv3.weight" in state else "basic"
    return block, depths, len({name.rpartition(".")[0] for name in state})


@wrong("identify", "projections-counted", "the projections on the shortcuts are counted, too")
def projections_counted(state: dict[str, torch.Tensor]) -> tuple[str, list[int], int]:
    places = {tuple(name.split(".")[:2]) for name in state if name.startswith("layer")}
    depths = [sum(stage == f"layer{k}" for stage, _ in places) for k in (1, 2, 3, 4)]
    block = "bottleneck" if "layer1.0.conv3.weight" in state else "basic"
    return block, depths, sum(value.dim() > 1 for value in state.values())


@wrong("identify", "ends-forgotten", "the stem and the linear layer are not counted")
def ends_forgotten(state: dict[str, torch.Tensor]) -> tuple[str, list[int], int]:
    deep = "layer1.0.conv3.weight" in state
    places = {tuple(name.split(".")[:2]) for name in state if name.startswith("layer")}
    depths = [sum(stage == f"layer{k}" for stage, _ in places) for k in (1, 2, 3, 4)]
    return ("bottleneck" if deep else "basic"), depths, (3 if deep else 2) * sum(depths)


@wrong(
    "identify",
    "last-number",
    "the number of the last block is taken for how many there are; they are counted from 0",
)
def last_number(state: dict[str, torch.Tensor]) -> tuple[str, list[int], int]:
    deep = "layer1.0.conv3.weight" in state
    places = {tuple(name.split(".")[:2]) for name in state if name.startswith("layer")}
    depths = [max(int(n) for stage, n in places if stage == f"layer{k}") for k in (1, 2, 3, 4)]
    return ("bottleneck" if deep else "basic"), depths, (3 if deep else 2) * sum(depths) + 2


@wrong("identify", "one-digit", "of a block's number in its name only the first digit is read")
def one_digit(state: dict[str, torch.Tensor]) -> tuple[str, list[int], int]:
    deep = "layer1.0.conv3.weight" in state
    places = {name[:8] for name in state if name.startswith("layer")}
    depths = [sum(name[5] == k for name in places) for k in "1234"]
    return ("bottleneck" if deep else "basic"), depths, (3 if deep else 2) * sum(depths) + 2


@wrong(
    "identify",
    "block-from-depths",
    "the numbers of blocks do not tell the block: ResNet-34 and ResNet-50 have the same",
)
def block_from_depths(state: dict[str, torch.Tensor]) -> tuple[str, list[int], int]:
    places = {tuple(name.split(".")[:2]) for name in state if name.startswith("layer")}
    depths = [sum(stage == f"layer{k}" for stage, _ in places) for k in (1, 2, 3, 4)]
    deep = sum(depths) > 16
    return ("bottleneck" if deep else "basic"), depths, (3 if deep else 2) * sum(depths) + 2


@wrong("identify", "two-in-a-bottleneck", "a bottleneck has three convolutions, not two")
def two_in_a_bottleneck(state: dict[str, torch.Tensor]) -> tuple[str, list[int], int]:
    places = {tuple(name.split(".")[:2]) for name in state if name.startswith("layer")}
    depths = [sum(stage == f"layer{k}" for stage, _ in places) for k in (1, 2, 3, 4)]
    block = "bottleneck" if "layer1.0.conv3.weight" in state else "basic"
    return block, depths, 2 * sum(depths) + 2
