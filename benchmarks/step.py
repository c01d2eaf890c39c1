"""A training step of one network, measured in this process: seconds, and memory at its peak.

    python -m benchmarks.step '{"depth": 20, "batch": 64, "size": 28, "recompute": 0}'

`benchmarks.growth` starts it, many times. It imports no more than it needs.
"""

import json
import math
import resource
import statistics
import sys
from collections.abc import Callable
from pathlib import Path

import torch
from torch import Tensor, nn
from torch.nn import functional as F
from torch.utils.checkpoint import checkpoint_sequential

from utils.resnet import cifar_resnet
from utils.timing import timed
from utils.training.memory import keep_memory

STEPS = 4


def chain(net: nn.Module) -> tuple[nn.Module, list[nn.Module], nn.Module]:
    """Stem, blocks and head of a network."""
    stem = nn.Sequential(net.conv1, net.bn1, net.relu, net.maxpool)
    blocks = [block for name in net.stage_names for block in getattr(net, name)]
    return stem, blocks, nn.Sequential(net.tail, net.avgpool, nn.Flatten(), net.fc)


def peak(begin: bool = False) -> float:
    """The most memory, in MB, that this process has held; ``begin`` counts from now on.

    On Linux from /proc, since a child's ``ru_maxrss`` starts there at what its parent held.
    """
    status = Path("/proc/self/status")
    if not status.exists():
        held = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        return held / (2**20 if sys.platform == "darwin" else 1024)
    if begin:
        Path("/proc/self/clear_refs").write_text("5")
    return int(status.read_text().partition("VmHWM:")[2].split()[0]) / 1024


def stepper(depth: int, X: Tensor, y: Tensor, recompute: bool) -> Callable[[], None]:
    """A function that takes a training step of a CIFAR network without updating it."""
    net = cifar_resnet(depth).to(memory_format=torch.channels_last).train()
    stem, blocks, head = chain(net)
    pieces = max(1, round(math.sqrt(len(blocks)))) if recompute else 0

    def step() -> None:
        hidden = stem(X)
        if pieces:
            hidden = checkpoint_sequential(blocks, pieces, hidden, use_reentrant=False)
        else:
            hidden = nn.Sequential(*blocks)(hidden)
        F.cross_entropy(head(hidden), y).backward()
        net.zero_grad()

    return step


def one(depth: int, batch: int, size: int, recompute: bool) -> dict[str, float]:
    """Median seconds of a step in this process, and how many MB it took at its peak."""
    keep_memory()  # as `Trainer` does
    torch.manual_seed(0)
    X, y = torch.rand(batch, 1, size, size), torch.randint(10, (batch,))
    stepper(8, X[:2], y[:2], recompute)()  # loads what the first step of any network loads
    step = stepper(depth, X, y, recompute)
    before = peak(begin=True)
    step()
    seconds = [timed(step) for _ in range(STEPS)]
    return {"seconds": statistics.median(seconds), "megabytes": peak() - before}


if __name__ == "__main__":
    print(json.dumps(one(**json.loads(sys.argv[1]))))
