"""Networks that come trained with the course, and the command that trains each anew.

    python -m utils.pretrained residual [--seed 0]

trains a network on the whole of Fashion-MNIST (ten minutes on one core) and writes its
weights, in half precision, with what they score and how they were made. Those of seed 0 are part
of the course; other seeds stay on the machine that trained them.
"""

import argparse
import json
import sys
from pathlib import Path
from typing import Any

from safetensors import safe_open
from safetensors.torch import save
from torch import Tensor, nn

from utils import files
from utils.data import FashionMNIST
from utils.device import machine
from utils.isotropic import Isotropic
from utils.recordings import command
from utils.seeding import seed_everything
from utils.training import Classifier, Trainer

SHIPPED = Path(__file__).parent / "weights"
LOCAL = Path(__file__).parent.parent / "build" / "weights"
SHORTCUTS = {"residual": "identity", "plain": "none"}
SETTINGS: dict[str, Any] = {"epochs": 2, "batch_size": 128, "lr": 0.05}


def path(kind: str, seed: int) -> Path:
    """The file with the weights of a network."""
    return (LOCAL if seed else SHIPPED) / f"isotropic-{kind}-{seed}.safetensors"


def build(kind: str) -> Isotropic:
    """The untrained network: ten equal pre-activation blocks of 32 channels.

    Raises
    ------
    ValueError
        When ``kind`` is neither residual nor plain.
    """
    if kind not in SHORTCUTS:
        raise ValueError(f"The trained networks are residual and plain, not {kind!r}.")
    return Isotropic(shortcut=SHORTCUTS[kind])


def pretrained(kind: str, seed: int = 0) -> Isotropic:
    """A network that was trained on Fashion-MNIST, in eval mode.

    Parameters
    ----------
    kind : {"residual", "plain"}
        Ten equal pre-activation blocks with a shortcut around each, or without any.
    seed : int
        0 for the weights that come with the course.

    Raises
    ------
    ValueError
        For another kind, or a seed that was not trained on this machine.
    """
    net, file = build(kind), path(kind, seed)
    if not file.exists():
        raise ValueError(
            f"There are no weights of the {kind} network from seed {seed} on this machine; train "
            f"it: python -m utils.pretrained {kind} --seed {seed}"
        )
    with safe_open(file, framework="pt") as stored:
        net.load_state_dict({name: stored.get_tensor(name) for name in stored.keys()})
    return net.eval()


def made(kind: str, seed: int = 0) -> dict[str, Any]:
    """How the weights were made and what they score, as the command wrote it down."""
    with safe_open(path(kind, seed), framework="pt") as stored:
        return {key: json.loads(value) for key, value in stored.metadata().items()}


def halved(net: nn.Module) -> dict[str, Tensor]:
    """The network's state, its floating-point tensors in half precision."""
    state = net.cpu().state_dict()
    numbers = {k: v.half() if v.is_floating_point() else v for k, v in state.items()}
    return {k: v.contiguous() for k, v in numbers.items()}  # training may have laid them out anew


def train(kind: str, seed: int) -> Path:
    """Train a network and write its file."""
    seed_everything(seed)
    data = FashionMNIST(SETTINGS["batch_size"], seed=seed)
    net = build(kind)
    trainer = Trainer(SETTINGS["epochs"], verbose=False, live=False)
    history = trainer.fit(Classifier(net, lr=SETTINGS["lr"]), data).to_dict()
    told = {
        "settings": {**SETTINGS, "seed": seed},
        "data": data.source,
        "training accuracy": history["train_acc"][-1],
        "test accuracy": history["test_acc"][-1],
        "command": command(),
        "machine": machine(),
    }
    metadata = {key: json.dumps(value) for key, value in told.items()}
    files.write(path(kind, seed), save(halved(net), metadata))
    return path(kind, seed)


def main(arguments: list[str] | None = None) -> int:
    """Train the network that the command line names."""
    parser = argparse.ArgumentParser(prog="python -m utils.pretrained")
    parser.add_argument("kind", choices=SHORTCUTS)
    parser.add_argument("--seed", type=int, default=0)
    given = parser.parse_args(arguments)
    file = train(given.kind, given.seed)
    score = made(given.kind, given.seed)["test accuracy"]
    print(f"{file.name}: {file.stat().st_size / 1e3:.0f} kB, test accuracy {score:.4f}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
