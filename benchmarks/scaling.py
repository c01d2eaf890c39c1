"""What several processes gain: steps of one and of two, and what an exchange of gradients costs.

    python -m benchmarks.scaling [--rounds 3] [--fresh] [--record]

Each process has one thread. One process computes ever smaller shares of a batch of 128, as it
would among 2, 4, 8, … processes; two processes, started by torchrun, train together and exchange
gradients of several sizes. Chapter 17 fits a model to these numbers.
"""

import argparse
import json
import statistics
import sys
import tempfile
from pathlib import Path

import torch
from torch import distributed, nn
from torch.nn import functional as F
from torch.nn.parallel import DistributedDataParallel

from benchmarks.rounds import begin, interleaved, options
from benchmarks.speed import BATCH, PIXELS
from utils.data.batches import channels_last
from utils.resnet import resnet18
from utils.timing import in_a_process, timed
from utils.training import processes
from utils.training.memory import keep_memory

SHARES = (128, 64, 32, 16, 8)
FLOATS = (10_000, 1_000_000, 11_000_000)
STEPS = 5


def step_seconds(net: nn.Module, images: int, steps: int = STEPS) -> float:
    """Median seconds of a training step on ``images`` images."""
    optimiser = torch.optim.SGD(net.parameters(), 0.01, momentum=0.9, fused=True)
    X, y = channels_last(torch.rand(images, 1, PIXELS, PIXELS)), torch.randint(10, (images,))

    def step() -> None:
        F.cross_entropy(net(X), y).backward()
        optimiser.step()
        optimiser.zero_grad()

    step()
    return statistics.median(timed(step) for _ in range(steps))


def exchange_seconds(floats: int, steps: int = STEPS) -> float:
    """Median seconds in which all processes add up so many numbers."""
    numbers = torch.ones(floats)

    def add_up() -> None:
        distributed.all_reduce(numbers)

    add_up()
    return statistics.median(timed(add_up) for _ in range(steps))


def worker() -> dict[str, float]:
    """What this process measures, alone or with others."""
    torch.set_num_threads(1)
    keep_memory()  # as `Trainer` does
    torch.manual_seed(0)
    processes.start(torch.device("cpu"))
    net = resnet18().to(memory_format=torch.channels_last)
    world = processes.world_size()
    if world == 1:
        return {f"step {images}": step_seconds(net, images) for images in SHARES}
    found = {f"step {BATCH // world}": step_seconds(DistributedDataParallel(net), BATCH // world)}
    found |= {f"exchange {floats}": exchange_seconds(floats) for floats in FLOATS}
    processes.stop()
    return found


def with_processes(count: int) -> dict[str, float]:
    """`worker`, in so many processes; what the first one measured."""
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder) / "found.json"
        in_a_process(
            "-m", "torch.distributed.run", "--standalone", f"--nproc-per-node={count}",
            "-m", "benchmarks.scaling", "--worker", str(out), OMP_NUM_THREADS="1",
        )  # fmt: skip
        return json.loads(out.read_text())


def table(found: dict[str, list[dict]]) -> str:
    """Medians of all rounds."""
    lines = []
    for count, entries in found.items():
        for name in entries[0]:
            seconds = [entry[name] for entry in entries]
            lines.append(
                f"{count}, a thread each, {name:17} {1000 * statistics.median(seconds):8.1f} ms "
                f"({1000 * min(seconds):.1f} to {1000 * max(seconds):.1f})"
            )
    return "\n".join(lines)


def main(arguments: list[str] | None = None) -> int:
    """Measure what is not measured yet, and print the table."""
    top = options("scaling", __doc__)
    top.add_argument("--worker", type=Path, help=argparse.SUPPRESS)
    given = top.parse_args(arguments)
    if given.worker:
        found = worker()
        if processes.is_first():
            given.worker.write_text(json.dumps(found))
        return 0
    study = begin("scaling", given, batch=BATCH, pixels=PIXELS, steps=STEPS)
    contestants = {
        f"{count} processes": lambda count=count: with_processes(count) for count in (1, 2)
    }
    print(table(interleaved(study, contestants, given.rounds)))
    return 0


if __name__ == "__main__":
    sys.exit(main())
