"""Two gloo processes under torchrun against one process with the same global batch.

On a network with GroupNorm, since BatchNorm normalises each process's share by its own
statistics and so differs by design.
"""

import json
import os
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SCRIPT = """
    import json, sys
    import torch
    from torch import nn
    from utils.training import processes
    from utils.training.classifier import Classifier
    from utils.data import FashionMNIST
    from utils.resnet import resnet8
    from utils.seeding import seed_everything
    from utils.training import Trainer

    torch.set_num_threads(1)
    norm = nn.BatchNorm2d if sys.argv[2] == "batch" else lambda c: nn.GroupNorm(8, c)
    seed_everything(0)
    net = resnet8(norm=norm)
    # 1,003 images in batches of 64: the last batch has 43, which two can't share evenly.
    data = FashionMNIST(64, subset=1003, augment=["flip"], seed=processes.rank(), verbose=False)
    history = Trainer(2, device="cpu", progress=False).fit(Classifier(net, lr=0.002), data)
    if processes.is_first():
        open(sys.argv[1], "w").write(json.dumps(history.to_dict()))
    processes.stop()
"""


def train(tmp_path, count, norm="group"):
    """The history of ``count`` processes, and what they printed."""
    script, result = tmp_path / "script.py", tmp_path / f"history{count}.json"
    script.write_text(textwrap.dedent(SCRIPT))
    launcher = [sys.executable]
    if count > 1:
        launcher += ["-m", "torch.distributed.run", "--standalone", f"--nproc-per-node={count}"]
    environment = os.environ | {"PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1"}
    done = subprocess.run(
        [*launcher, str(script), str(result), norm], env=environment, text=True,
        capture_output=True, timeout=240,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-3000:]
    return json.loads(result.read_text()), done.stdout


def test_two_processes_give_the_curve_of_one(tmp_path):
    """Tolerance 1e-3 in the loss. The rate is small: a large one magnifies the rounding."""
    one, _ = train(tmp_path, 1)
    two, said = train(tmp_path, 2)
    assert two["about"]["processes"] == 2
    assert two["train_loss"] == pytest.approx(one["train_loss"], rel=1e-3)
    assert two["val_loss"] == pytest.approx(one["val_loss"], rel=1e-3)
    assert two["val_acc"] == pytest.approx(one["val_acc"], abs=5 / 1003)
    assert two["train_loss"][1] < two["train_loss"][0]
    assert said.count("training on") == 1, "only the first process speaks"
