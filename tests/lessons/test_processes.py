"""Gloo processes under torchrun against one process with the same batches.

On networks without BatchNorm, which normalises each process's share by its own statistics and so
differs by design.
"""

import json
import os
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

pytestmark = pytest.mark.slow(reason="starts processes that import PyTorch and train")

ROOT = Path(__file__).parents[2]
SCRIPT = """
    import json, sys
    import torch
    from d2l import torch as d2l
    from torch import nn
    from utils.data import FashionMNIST
    from utils.resnet import resnet8
    from utils.seeding import seed_everything
    from utils.training import Classifier, DistributedTrainer, processes

    class OwnStep(Classifier):
        def training_step(self, batch):
            return self.loss(self.net(batch[0]), batch[-1])

    def linear():
        return nn.Sequential(nn.Flatten(), nn.Linear(784, 10))

    torch.set_num_threads(1)
    found = {}
    for name in sys.argv[2:]:
        seed_everything(0)
        options = {}
        if name == "residual":
            # 1,003 images in batches of 64: the last has 43, which three can't share evenly.
            data = dict(batch_size=64, subset=1003)
            model = Classifier(resnet8(norm=lambda c: nn.GroupNorm(8, c)), lr=0.002)
        else:
            # 102 images in batches of 50: three leave out the last two.
            data = dict(batch_size=50, subset=102, drop_last=processes.world_size() == 1)
            model = (OwnStep if name == "own step" else Classifier)(linear(), lr=0.05)
            if name == "pieces":
                options = {"accumulate": 3}
        # Each process asks for a seed of its own; the first one's holds.
        data = FashionMNIST(**data, augment=["flip"], seed=processes.rank(), verbose=False)
        trainer = DistributedTrainer(2, device="cpu", progress=False, **options)
        history = trainer.fit(model, data)
        weights = torch.cat([p.detach().flatten() for p in model.parameters()])
        found[name] = history.to_dict() | {
            "weights": weights[:: len(weights) // 500].tolist(),
            "differ": len({tuple(w.tolist()) for w in processes.gather(weights)}) > 1,
        }
    if processes.is_first():
        with open(sys.argv[1], "w") as file:
            json.dump(found, file)
    processes.stop()
"""


def train(folder, count, *names):
    """What ``count`` processes found, by name, and what they printed."""
    script, result = folder / "script.py", folder / f"found{count}.json"
    script.write_text(textwrap.dedent(SCRIPT))
    launcher = [sys.executable]
    if count > 1:
        launcher += ["-m", "torch.distributed.run", "--standalone", f"--nproc-per-node={count}"]
    environment = os.environ | {"PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1"}
    done = subprocess.run(
        [*launcher, str(script), str(result), *names], env=environment, text=True,
        capture_output=True,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-3000:]
    return json.loads(result.read_text()), done.stdout


NAMES = ("residual", "shares", "pieces", "own step")


@pytest.fixture(scope="module")
def one(tmp_path_factory):
    return train(tmp_path_factory.mktemp("one"), 1, *NAMES)[0]


@pytest.fixture(scope="module")
def three(tmp_path_factory):
    return train(tmp_path_factory.mktemp("three"), 3, *NAMES)


def test_three_processes_give_the_curve_of_one(one, three):
    """Tolerance 1e-3 in the loss. The rate is small: a large one magnifies the rounding."""
    alone, shared = one["residual"], three[0]["residual"]
    assert shared["about"]["processes"] == 3 and not shared["differ"]
    assert shared["train_loss"] == pytest.approx(alone["train_loss"], rel=1e-3)
    assert shared["test_loss"] == pytest.approx(alone["test_loss"], rel=1e-3)
    assert shared["test_acc"] == pytest.approx(alone["test_acc"], abs=5 / 1003)
    assert shared["train_loss"][1] < shared["train_loss"][0]


@pytest.mark.parametrize("name", NAMES[1:])
def test_three_processes_have_the_gradient_of_one(name, one, three):
    """Shares of 17, 17 and 16 images: whole, in pieces, and by a model's own training_step."""
    alone, shared = one[name], three[0][name]
    assert not shared["differ"], "the processes have different networks"
    assert shared["weights"] == pytest.approx(alone["weights"], abs=1e-6)
    assert shared["weights"] == pytest.approx(one["shares"]["weights"], abs=1e-6)
    assert shared["lr"] == alone["lr"] and shared["test_acc"] == alone["test_acc"]
    assert shared["train_loss"] == pytest.approx(alone["train_loss"], rel=1e-5)
    expected = [] if name == "own step" else one["shares"]["train_acc"]
    assert shared.get("train_acc", []) == expected, "what is not measured is left out"


def test_only_the_first_process_speaks(three):
    assert three[1].count("training on") == len(NAMES)
