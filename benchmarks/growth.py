"""How the time and the memory of a training step grow with depth, batch and image size.

    python -m benchmarks.growth [--fresh]

Each configuration runs in a process of its own, whose peak memory the system counts; what the
process held before the step is taken off. Exponents are the slopes of straight lines through the
logarithms: 1 is growth in proportion, 2 with the square. Networks of the CIFAR family, 6n+2
layers. With activation checkpointing only the inputs of about sqrt(blocks) pieces are kept, and
each piece is computed again in the backward pass. Written to ``results/growth.json``; a run that
was stopped goes on.
"""

import argparse
import json
import math
import resource
import statistics
import sys

import torch
from torch import nn
from torch.nn import functional as F
from torch.utils.checkpoint import checkpoint_sequential
from tqdm import tqdm

from benchmarks.speed import begin
from utils.resnet import cifar_resnet
from utils.timing import in_a_process, timed

DEPTHS, BATCHES, SIZES = (8, 20, 32, 56, 110), (32, 64, 128, 256), (14, 28, 56)
STEPS = 4


def chain(net: nn.Module) -> tuple[nn.Module, list[nn.Module], nn.Module]:
    """Stem, blocks and head of a network."""
    stem = nn.Sequential(net.conv1, net.bn1, net.relu, net.maxpool)
    blocks = [block for name in net.stage_names for block in getattr(net, name)]
    return stem, blocks, nn.Sequential(net.tail, net.avgpool, nn.Flatten(), net.fc)


def one(depth: int, batch: int, size: int, recompute: bool) -> dict[str, float]:
    """Median seconds of a step in this process, and how many MB it took at its peak."""
    torch.manual_seed(0)
    net = cifar_resnet(depth).to(memory_format=torch.channels_last).train()
    stem, blocks, head = chain(net)
    X, y = torch.rand(batch, 1, size, size), torch.randint(10, (batch,))
    pieces = max(1, round(math.sqrt(len(blocks)))) if recompute else 0

    def step() -> None:
        hidden = stem(X)
        if pieces:
            hidden = checkpoint_sequential(blocks, pieces, hidden, use_reentrant=False)
        else:
            hidden = nn.Sequential(*blocks)(hidden)
        F.cross_entropy(head(hidden), y).backward()
        net.zero_grad()

    cifar_resnet(8)(X[:2]).sum().backward()  # what the first step of any network loads
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    seconds = [timed(step) for _ in range(STEPS)]
    after = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return {"seconds": statistics.median(seconds), "megabytes": after - before}


def apart(**settings: int) -> dict[str, float]:
    """`one`, in a process of its own."""
    return json.loads(in_a_process("-m", "benchmarks.growth", "--one", json.dumps(settings)))


def exponent(sizes: tuple[int, ...], values: list[float]) -> float:
    """The slope of the straight line through the logarithms."""
    logarithms = [[math.log(number) for number in numbers] for numbers in (sizes, values)]
    return statistics.linear_regression(*logarithms).slope


def sweeps() -> dict[str, tuple[tuple[int, ...], list[dict[str, int]]]]:
    """What grows, over which values, and the configurations."""
    usual = {"depth": 20, "batch": 64, "size": 28, "recompute": 0}
    return {
        "depth": (DEPTHS, [{**usual, "depth": depth} for depth in DEPTHS]),
        "depth, checkpointed": (
            DEPTHS, [{**usual, "depth": depth, "recompute": 1} for depth in DEPTHS],
        ),
        "batch": (BATCHES, [{**usual, "batch": batch} for batch in BATCHES]),
        "image side": (SIZES, [{**usual, "size": size} for size in SIZES]),
    }  # fmt: skip


def main(arguments: list[str] | None = None) -> int:
    """Measure what is not measured yet, and print the tables."""
    top = argparse.ArgumentParser(prog="python -m benchmarks.growth", description=__doc__)
    top.add_argument("--fresh", action="store_true", help="forget what was measured before")
    top.add_argument("--one", type=json.loads, help=argparse.SUPPRESS)
    given = top.parse_args(arguments)
    if given.one:
        print(json.dumps(one(**given.one)))
        return 0
    study = begin("growth", given.fresh, steps=STEPS)
    plan = sweeps()
    jobs = [job for _, found in plan.values() for job in found]
    for job in tqdm(jobs, desc="growth", disable=None):
        study.measure(json.dumps(job), lambda job=job: apart(**job))
    for name, (values, found) in plan.items():
        rows = [study.measure(json.dumps(job), dict) for job in found]
        for key, unit in (("seconds", "s"), ("megabytes", "MB")):
            numbers = [row[key] for row in rows]
            shown = "  ".join(f"{v}: {n:.3g}" for v, n in zip(values, numbers, strict=True))
            print(f"{name:20} {unit:2}  {shown}  exponent {exponent(values, numbers):.2f}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
