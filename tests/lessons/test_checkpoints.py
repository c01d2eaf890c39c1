"""Checkpoints: resume bit for bit, one whole file or the other, what is refused and why."""

import errno
import os
import signal
import subprocess
import sys
import textwrap
import time
from functools import partial
from pathlib import Path

import pytest
import torch
from d2l import torch as d2l
from small_runs import quiet as quiet_anywhere
from small_runs import small_data, small_net
from torch import nn

from utils import files
from utils.resnet import resnet8
from utils.seeding import seed_everything
from utils.training import CheckpointError, Classifier, Trainer, checkpoints, processes

ROOT = Path(__file__).parents[2]
quiet = partial(quiet_anywhere, device="cpu")  # the bits that are promised are a CPU's


def same_bits(a, b):
    for (name, p), q in zip(a.state_dict().items(), b.state_dict().values(), strict=True):
        assert torch.equal(p, q), f"{name} differs"


class PowerCut(Exception):
    pass


class Cut(Trainer):
    """A trainer that does not survive the second epoch."""

    def fit_epoch(self):
        if self.epoch == 1:
            raise PowerCut
        return super().fit_epoch()


def cut_short(folder, model, data, epochs=3):
    """A run of so many epochs that ended after its first one, in ``folder``."""
    with pytest.raises(PowerCut):
        quiet(epochs, Cut, checkpoint=folder).fit(model, data)


# Going on


def dropping(seed=0):
    """A network that draws random numbers in every step."""
    return nn.Sequential(small_net(seed), nn.Dropout(0.2))


def test_resuming_gives_the_same_bits(tmp_path):
    straight = quiet(3)
    expected = straight.fit(dropping(), small_data())
    cut_short(tmp_path / "run", dropping(), small_data())
    seed_everything(99)  # the resumed run must not depend on where it starts
    resumed = quiet(3, checkpoint=tmp_path / "run")
    got = resumed.fit(dropping(seed=5), small_data(seed=None), resume=True)
    assert got.train_loss == expected.train_loss and got.test_loss == expected.test_loss
    same_bits(straight.model, resumed.model)
    assert [path.name for path in (tmp_path / "run").iterdir()] == ["run.pt"]


class Points(d2l.DataModule):
    """Points on a line, in d2l's own loader."""

    batch_size = 8

    def get_dataloader(self, train):
        X = torch.linspace(-1, 1, 30)[:, None]
        return self.get_tensorloader((X, 2 * X + 1), train)


def line(lr=0.03):
    seed_everything(0)
    model = d2l.LinearRegression(lr=lr)
    model(torch.zeros(1, 1))
    return model


def test_d2ls_models_and_loaders_resume_to_the_same_bits(tmp_path):
    straight, resumed = quiet(3), quiet(3, checkpoint=tmp_path)
    expected = straight.fit(line(), Points())
    cut_short(tmp_path, line(), Points())
    torch.manual_seed(99)
    assert resumed.fit(line(), Points(), resume=True).train_loss == expected.train_loss
    same_bits(straight.model, resumed.model)


def tied():
    """One block used twice, as in d2l's section on parameters."""
    seed_everything(0)
    shared = nn.Conv2d(4, 4, 3, padding=1)
    layers = [nn.Conv2d(1, 4, 3, 2), shared, nn.ReLU(), shared, nn.AdaptiveAvgPool2d(1)]
    return nn.Sequential(*layers, nn.Flatten(), nn.Linear(4, 10))


def test_tied_weights_are_saved_and_resumed(tmp_path):
    straight, resumed = quiet(2), quiet(2, checkpoint=tmp_path)
    expected = straight.fit(tied(), small_data())
    cut_short(tmp_path, tied(), small_data(), epochs=2)
    assert resumed.fit(tied(), small_data(), resume=True).test_loss == expected.test_loss
    same_bits(straight.model, resumed.model)
    assert resumed.model.net[1] is resumed.model.net[3]


SCRIPT = """
    import sys, torch
    from small_runs import quiet, small_data, small_net

    torch.set_num_threads(1)
    quiet(4, device="cpu", checkpoint=sys.argv[1]).fit(small_net(), small_data())
"""


@pytest.fixture
def one_thread():
    """Sums are then as in a process with one thread, bit for bit."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)


def test_a_killed_run_goes_on_to_the_same_bits(tmp_path, one_thread):
    paths = os.pathsep.join([str(ROOT), str(Path(__file__).parent)])
    with subprocess.Popen(
        [sys.executable, "-c", textwrap.dedent(SCRIPT), str(tmp_path)],
        env=os.environ | {"PYTHONPATH": paths},
    ) as run:
        while not (tmp_path / "run.pt").exists():
            assert run.poll() is None, "it ended before its first checkpoint"
            time.sleep(0.01)
        run.send_signal(signal.SIGKILL)
    (tmp_path / ".run.pt.abc.part").write_text("half a checkpoint")
    straight, resumed = quiet(4), quiet(4, checkpoint=tmp_path)
    expected = straight.fit(small_net(), small_data())
    got = resumed.fit(small_net(seed=5), small_data(), resume="auto")
    assert got.train_loss == expected.train_loss and got.test_acc == expected.test_acc
    assert len(got.about["resumed"]) == 1
    same_bits(straight.model, resumed.model)
    assert [path.name for path in tmp_path.iterdir()] == ["run.pt"]


@pytest.mark.parametrize("rank", [0, 1, 2])
def test_every_process_goes_on_with_random_numbers_of_its_own(rank, monkeypatch):
    """The run had two processes; a third, which it did not have, repeats neither of them."""
    saved, next_ones = [], []
    for seed in (0, 1):
        torch.manual_seed(seed)
        saved.append(checkpoints.random_states(torch.device("cpu")))
        next_ones.append(torch.rand(5).tolist())
    monkeypatch.setattr(processes, "rank", lambda: rank)
    checkpoints.set_random_states(saved, torch.device("cpu"))
    got = torch.rand(5).tolist()
    assert got == next_ones[rank] if rank < 2 else got not in next_ones


# What is refused


@pytest.fixture(scope="module")
def kept(tmp_path_factory):
    """The bytes of a checkpoint after one epoch of three."""
    folder = tmp_path_factory.mktemp("run")
    cut_short(folder, small_net(), small_data())
    return (folder / "run.pt").read_bytes()


@pytest.fixture
def saved(kept, tmp_path):
    """A folder with that checkpoint."""
    (tmp_path / "run.pt").write_bytes(kept)
    return tmp_path


def resume(folder, net=None, epochs=3, data=None, **options):
    return quiet(epochs, checkpoint=folder, **options).fit(
        net or small_net(), data or small_data(), resume=True
    )


def test_no_checkpoint_is_said(tmp_path):
    with pytest.raises(CheckpointError, match="holds no checkpoint"):
        resume(tmp_path / "nothing")
    with pytest.raises(ValueError, match="resume=True needs checkpoint"):
        quiet(1).fit(small_net(), small_data(), resume=True)
    with pytest.raises(ValueError, match="resume is True, False or 'auto', got 'yes'"):
        quiet(1).fit(small_net(), small_data(), resume="yes")
    assert quiet(1, checkpoint=tmp_path / "new").fit(
        small_net(), small_data(), resume="auto"
    ).epochs == 1  # fmt: skip


def test_a_checkpoint_of_another_architecture_is_refused(saved):
    other = resnet8(shortcut="C")
    before = {k: v.clone() for k, v in other.state_dict().items()}
    with pytest.raises(CheckpointError, match="another architecture: it has no net.layer1.0.down"):
        resume(saved, other)
    assert all(torch.equal(v, before[k]) for k, v in other.state_dict().items())
    with pytest.raises(CheckpointError, match="its net.fc.weight has shape \\(10, 128\\)"):
        resume(saved, resnet8(num_classes=7))


class Adaptive(Classifier):
    def configure_optimizers(self):
        return torch.optim.Adam(self.parameters(), lr=self.lr)


def frozen():
    net = small_net()
    net.conv1.requires_grad_(False)
    model = Classifier(net)
    model.configure_optimizers = lambda: torch.optim.SGD(
        [p for p in net.parameters() if p.requires_grad], 0.1, 0.9, 0, 5e-4, True
    )
    return model


@pytest.mark.parametrize("words, changed", [
    ("batch_size 50; got .*batch_size 40", {"data": dict(batch_size=40)}),
    ("steps an epoch 4, .*; got steps an epoch 5", {"data": dict(batch_size=40)}),
    ("training images 200; got training images 190", {"data": dict(subset=190)}),
    ("augment flip; got augment none", {"data": dict(augment=[])}),
    ("pixels 28/28; got pixels 20/20", {"data": dict(resize=20)}),
    ("progressive none; got progressive 20", {"data": dict(progressive=[20])}),
    ("drop_last no; got drop_last yes", {"data": dict(drop_last=True)}),
    ("seed 0; got seed 7", {"data": dict(seed=7)}),
    ("evaluated on test; got evaluated on val", {"data": dict(held_out=50)}),
    ("schedule onecycle; got schedule constant", {"model": dict(schedule="constant")}),
    ("lr 0.1; got lr 0.2", {"model": dict(lr=0.2)}),
    ("momentum 0.9; got momentum 0.8", {"model": dict(momentum=0.8)}),
    ("weight_decay 0.0005; got weight_decay 0", {"model": dict(weight_decay=0)}),
    ("label_smoothing 0.0; got label_smoothing 0.1", {"model": dict(label_smoothing=0.1)}),
    ("max_epochs 3; got max_epochs 5", {"epochs": 5}),
    ("gradient_clip_val 0; got gradient_clip_val 1", {"gradient_clip_val": 1}),
    ("optimizer SGD; got .*optimizer Adam\\. Resume", {"net": lambda: Adaptive(small_net())}),
    ("tensors to optimize 29; got tensors to optimize 28", {"net": frozen}),
])  # fmt: skip
def test_a_run_is_not_resumed_with_other_settings(saved, words, changed):
    data = small_data(**changed.pop("data", {}))
    net = changed.pop("net", lambda: Classifier(small_net(), **changed.pop("model", {})))()
    before = {k: v.clone() for k, v in net.state_dict().items()}
    with pytest.raises(CheckpointError, match=f"was started with .*{words}"):
        resume(saved, net, data=data, **changed)
    assert all(torch.equal(v, before[k]) for k, v in net.state_dict().items())


def test_a_schedule_is_not_given_to_a_run_that_had_none(tmp_path):
    cut_short(tmp_path, Classifier(small_net(), schedule="constant"), small_data())
    with pytest.raises(CheckpointError, match="schedule constant; got schedule onecycle"):
        resume(tmp_path)
    with pytest.raises(CheckpointError, match="has done 1 epochs already; got max_epochs=0"):
        resume(tmp_path, Classifier(small_net(), schedule="constant"), epochs=0)


def test_a_constant_rate_goes_on_for_as_long_as_one_likes(tmp_path):
    cut_short(tmp_path, line(), Points(), epochs=2)
    assert quiet(4, checkpoint=tmp_path).fit(line(), Points(), resume=True).epochs == 4
    with pytest.raises(CheckpointError, match="lr 0.03; got lr 0.01"):
        quiet(4, checkpoint=tmp_path).fit(line(lr=0.01), Points(), resume=True)


@pytest.mark.parametrize("keep", [0, 100, 0.5])
def test_a_checkpoint_cut_short_is_named(saved, kept, keep):
    (saved / "run.pt").write_bytes(kept[: int(len(kept) * keep) if keep < 1 else keep])
    with pytest.raises(CheckpointError, match="run.pt is cut short, altered or no checkpoint"):
        resume(saved)


@pytest.mark.parametrize("content, words", [
    ({"weights": "weights-epoch0001.safetensors", "epoch": 1}, "lacks history, optimizer"),
    ([1, 2], "is cut short, altered or no checkpoint"),
])  # fmt: skip
def test_a_file_that_is_something_else_is_named(tmp_path, content, words):
    torch.save(content, tmp_path / "run.pt")
    with pytest.raises(CheckpointError, match=words):
        resume(tmp_path)


def test_a_checkpoint_can_not_run_code(saved):
    class Attack:
        def __reduce__(self):
            return os.mkdir, (str(saved / "attacked"),)

    torch.save({"weights": Attack()}, saved / "run.pt")
    with pytest.raises(CheckpointError, match="run.pt is cut short, altered"):
        resume(saved)
    assert not (saved / "attacked").exists()


# What can't be saved


def test_an_unwritable_checkpoint_gets_a_sentence(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(CheckpointError, match="could not be written.*name another folder"):
        quiet(1, checkpoint=tmp_path / "file").fit(small_net(), small_data())


def test_a_new_run_that_can_not_save_leaves_the_old_one_whole(saved, kept, monkeypatch):
    def full(handle):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(files.os, "fsync", full)
    with pytest.raises(CheckpointError, match="No space left on device.*previous one.*is whole"):
        quiet(1, checkpoint=saved).fit(small_net(seed=4), small_data(seed=4))
    assert (saved / "run.pt").read_bytes() == kept
    assert [path.name for path in saved.iterdir()] == ["run.pt"]


def test_a_state_that_no_file_can_hold_is_not_blamed_on_the_disk(tmp_path):
    class Remembers(nn.Linear):
        def get_extra_state(self):
            return lambda: None

        def set_extra_state(self, state):
            pass

    net = nn.Sequential(nn.Flatten(), Remembers(784, 10))
    with pytest.raises(CheckpointError, match="its state holds what no file can hold.*lambda"):
        quiet(1, checkpoint=tmp_path).fit(net, small_data())
    assert not list(tmp_path.iterdir())
