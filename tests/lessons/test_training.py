"""Trainer: d2l both ways, resume bit for bit, interruption, NaN, bad input."""

import copy
import os
import signal
import subprocess
import sys
import textwrap
from functools import partial
from pathlib import Path

import pytest
import torch
from d2l import torch as d2l
from torch import nn
from torchvision.transforms.functional import affine

from utils import device
from utils.data import FashionMNIST
from utils.device import choose_device, has_fast_bf16
from utils.history import History
from utils.resnet import resnet8
from utils.seeding import seed_everything
from utils.training import Trainer, TrainingError
from utils.training.checkpoints import CheckpointError
from utils.training.classifier import Averaged, Classifier, one_cycle

ROOT = Path(__file__).parents[2]


def small_data(**options):
    options = dict(batch_size=50, subset=200, seed=0, verbose=False, augment=["flip"]) | options
    return FashionMNIST(**options)


def small_net(seed=0):
    seed_everything(seed)
    return resnet8()


def quiet(epochs, **options):
    return Trainer(epochs, progress=False, live=False, verbose=False, **options)


def test_it_learns_and_its_history_is_complete():
    history = quiet(3).fit(small_net(), small_data(subset=1000))
    assert history.epochs == 3 and history.train_acc[-1] > 0.4 > 0.1
    assert history.train_loss[-1] < history.train_loss[0]
    assert all(len(values) == 3 for values in history.curves().values())
    assert history.about["train_images"] == 1000 and history.lr[-1] < 0.01


def test_the_reported_numbers_are_those_of_the_network():
    trainer, data = quiet(1), small_data()
    history = trainer.fit(small_net(), data)
    X, y = zip(*data.val_dataloader(), strict=True)
    X, y = torch.cat(X), torch.cat(y)
    net = trainer.model.net.eval()
    with torch.no_grad():
        logits = net(X)
    assert history.val_acc[-1] == pytest.approx((logits.argmax(1) == y).float().mean().item())
    loss = nn.functional.cross_entropy(logits, y).item()
    assert history.val_loss[-1] == pytest.approx(loss, rel=1e-4)


def test_one_step_equals_pytorchs_own_sgd():
    """One epoch of one batch, constant rate: the update written out with torch.optim."""
    data = small_data(batch_size=200, augment=[])
    # GroupNorm: BatchNorm over few images magnifies the rounding of different memory layouts.
    ours, plain = (seed_everything(0) or resnet8(norm=partial(nn.GroupNorm, 8)) for _ in range(2))
    quiet(1).fit(Classifier(ours, lr=0.1, schedule="constant"), data)
    X, y = next(iter(small_data(batch_size=200, augment=[]).train_dataloader()))
    optimizer = torch.optim.SGD(plain.parameters(), 0.1, 0.9, nesterov=True, weight_decay=5e-4)
    nn.functional.cross_entropy(plain(X), y).backward()
    optimizer.step()
    for p, q in zip(ours.parameters(), plain.parameters(), strict=True):
        torch.testing.assert_close(p, q, rtol=1e-4, atol=1e-5)


# d2l, both ways


class SoftmaxRegression(d2l.Classifier):
    """As in d2l, section 4.5."""

    def __init__(self, num_outputs, lr):
        super().__init__()
        self.save_hyperparameters()
        self.net = nn.Sequential(nn.Flatten(), nn.LazyLinear(num_outputs))


def test_a_d2l_model_trains_under_our_trainer():
    model = SoftmaxRegression(num_outputs=10, lr=0.1)
    model(torch.zeros(1, 1, 28, 28))
    history = quiet(3).fit(model, small_data())
    assert history.train_loss[-1] < history.train_loss[0] and history.val_acc[-1] > 0.3


def test_d2ls_linear_regression_trains_under_our_trainer():
    seed_everything(0)
    data = d2l.SyntheticRegressionData(w=torch.tensor([2, -3.4]), b=4.2)
    data.num_workers = 0
    model = d2l.LinearRegression(lr=0.03)
    model(next(iter(data.train_dataloader()))[0])
    history = quiet(3).fit(model, data)
    w, b = model.get_w_b()
    assert (w - data.w.reshape(w.shape)).abs().max() < 0.1 and abs(b - data.b) < 0.1
    assert history.train_acc == [] and history.val_loss[-1] < 0.01


def test_our_model_and_data_train_under_d2ls_trainer(monkeypatch):
    model = Classifier(small_net(), lr=0.05)
    model.board.display = False
    trainer = d2l.Trainer(max_epochs=2)
    trainer.fit(model, small_data())
    losses = [p.y for p in model.board.data["train_loss"]]
    assert losses[-1] < losses[0]
    assert model.board.data["val_acc"], "d2l's own plotting gets its points"


def test_arguments_of_d2ls_trainer_are_accepted():
    trainer = Trainer(max_epochs=1, num_gpus=0, gradient_clip_val=1)
    assert trainer.device == choose_device()
    if not torch.cuda.is_available():
        with pytest.raises(ValueError, match="'cuda' is not on this machine"):
            Trainer(max_epochs=1, num_gpus=1)


# Resume


def test_resuming_gives_the_same_bits(tmp_path):
    straight = quiet(3)
    expected = straight.fit(small_net(), small_data())
    folder = tmp_path / "run"

    class PowerCut(Exception):
        pass

    cut = quiet(3, checkpoint=folder)
    original, calls = cut.fit_epoch, []

    def fit_two_epochs():
        if len(calls) == 2:
            raise PowerCut
        calls.append(1)
        original()

    cut.fit_epoch = fit_two_epochs
    with pytest.raises(PowerCut):
        cut.fit(small_net(), small_data())
    seed_everything(99)  # the resumed run must not depend on where it starts
    resumed = quiet(3, checkpoint=folder)
    got = resumed.fit(small_net(seed=5), small_data(seed=77), resume=True)
    assert got.train_loss == expected.train_loss and got.val_loss == expected.val_loss
    same_bits(straight.model, resumed.model)


def same_bits(a, b):
    for (name, p), q in zip(a.state_dict().items(), b.state_dict().values(), strict=True):
        assert torch.equal(p, q), f"{name} differs"


SCRIPT = """
    import sys, torch
    from utils.training.classifier import Classifier
    from utils import device
from utils.data import FashionMNIST
    from utils.resnet import resnet8
    from utils.seeding import seed_everything
    from utils.training import Trainer
    torch.set_num_threads(1)
    seed_everything(0)
    data = FashionMNIST(50, subset=200, seed=0, augment=["flip"], verbose=False)
    folder = sys.argv[1]
    trainer = Trainer(4, checkpoint=folder, progress=False, verbose=False)
    print("ready", flush=True)
    history = trainer.fit(Classifier(resnet8()), data, resume="auto")
    print(history.to_json())
"""


def start(folder, **options):
    return subprocess.Popen(
        [sys.executable, "-c", textwrap.dedent(SCRIPT), str(folder)], cwd=ROOT,
        stdout=subprocess.PIPE, text=True, **options,
    )  # fmt: skip


def test_a_killed_run_goes_on_to_the_same_bits(tmp_path):
    whole = start(tmp_path / "whole")
    expected = whole.communicate(timeout=120)[0]
    assert whole.returncode == 0
    killed = start(tmp_path / "killed")
    marker = tmp_path / "killed" / "run.pt"
    while not marker.exists():
        assert killed.poll() is None, "it ended before its first checkpoint"
    killed.send_signal(signal.SIGKILL)
    killed.wait()
    assert not list((tmp_path / "whole").glob("*.part"))
    again = start(tmp_path / "killed")
    got = again.communicate(timeout=120)[0]
    one, two = (History.from_json(text.split("ready\n")[1]) for text in (expected, got))
    assert two.train_loss == one.train_loss and two.val_acc == one.val_acc
    assert len(two.about["resumed"]) == 1
    finals = [next((tmp_path / n).glob("weights-*.safetensors")) for n in ("whole", "killed")]
    assert finals[0].read_bytes() == finals[1].read_bytes()


@pytest.fixture
def saved(tmp_path):
    quiet(1, checkpoint=tmp_path / "run").fit(small_net(), small_data())
    return tmp_path / "run"


def resume(folder, net=None, epochs=1):
    return quiet(epochs, checkpoint=folder).fit(net or small_net(), small_data(), resume=True)


def test_no_checkpoint_is_said(tmp_path):
    with pytest.raises(CheckpointError, match="holds no checkpoint"):
        resume(tmp_path / "nothing")
    with pytest.raises(ValueError, match="resume=True needs checkpoint"):
        quiet(1).fit(small_net(), small_data(), resume=True)
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


@pytest.mark.parametrize("name", ["run.pt", "weights-epoch0001.safetensors"])
@pytest.mark.parametrize("keep", [0, 100, 0.5])
def test_a_checkpoint_cut_short_is_named(saved, name, keep):
    raw = (saved / name).read_bytes()
    (saved / name).write_bytes(raw[: int(len(raw) * keep) if keep < 1 else keep])
    with pytest.raises(CheckpointError, match=f"{name} is cut short, altered or no checkpoint"):
        resume(saved)


def test_a_checkpoint_can_not_run_code(saved):
    class Attack:
        def __reduce__(self):
            return os.mkdir, (str(saved / "attacked"),)

    torch.save({"weights": Attack()}, saved / "run.pt")
    with pytest.raises(CheckpointError, match="run.pt is cut short, altered"):
        resume(saved)
    assert not (saved / "attacked").exists()


def test_another_number_of_epochs_can_not_resume_a_schedule(saved):
    with pytest.raises(CheckpointError, match="planned for 1 epochs.*got max_epochs=5"):
        resume(saved, epochs=5)


def test_an_unwritable_checkpoint_gets_a_sentence(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(CheckpointError, match="could not be written.*name another folder"):
        quiet(1, checkpoint=tmp_path / "file").fit(small_net(), small_data())


# Stopping


def test_ctrl_c_ends_the_run_with_its_history(capsys, tmp_path):
    trainer = quiet(5, checkpoint=tmp_path)
    original, calls = trainer.train_step, []

    def step(*args):
        calls.append(1)
        if len(calls) == 7:  # in the second epoch of four batches
            raise KeyboardInterrupt
        return original(*args)

    trainer.train_step = step
    history = trainer.fit(small_net(), small_data())
    assert history.epochs == 1 and history.about["interrupted"]
    assert "stopped by Ctrl-C in epoch 2" in capsys.readouterr().out
    assert (tmp_path / "weights-epoch0001.safetensors").exists()


def test_a_loss_that_is_no_number_stops_the_run():
    class Explodes(nn.Module):
        def __init__(self):
            super().__init__()
            self.linear, self.calls = nn.Linear(784, 10), 0

        def forward(self, X):
            self.calls += 1
            return self.linear(X.flatten(1)) * (float("nan") if self.calls >= 3 else 1.0)

    with pytest.raises(TrainingError) as caught:
        quiet(2).fit(Classifier(Explodes(), lr=0.125, schedule="constant"), small_data())
    words = str(caught.value)
    assert "became nan at step 3 (epoch 1)" in words and "learning rate of 0.125" in words
    assert "gradient_clip_val" in words


# Bad input and small things


@pytest.mark.parametrize("build, sentence", [
    (lambda: Trainer(-1), "max_epochs must be 0 or more, got -1"),
    (lambda: Trainer(1.5), "max_epochs must be 0 or more, got 1.5"),
    (lambda: Trainer(1, device="abacus"), "Unknown device 'abacus'"),
    (lambda: Trainer(1, precision="fp8"), "'auto', 'fp32' or 'bf16', got 'fp8'"),
    (lambda: Averaged(nn.Identity(), 3), "over 1, 2 or 6 views, got 3"),
    (lambda: small_data(progressive=[0]), "progressive takes pixels a side"),
    (lambda: Classifier(nn.Identity(), lr=0), "lr must be above 0, got 0"),
    (lambda: Classifier(nn.Identity(), schedule="cosine"), "'onecycle' or 'constant'"),
    (lambda: quiet(1).fit(resnet8(), small_data(batch_size=201 - 2)), "batches of 199 the last"),
    (lambda: quiet(1).fit(resnet8(), small_data(batch_size=1)), "BatchNorm can't take a variance"),
    (lambda: quiet(1).fit(resnet8(), small_data(batch_size=300, drop_last=True)), "no training ba"),
    (lambda: quiet(1).fit(resnet8(in_channels=3), small_data()), "takes 3 channel"),
])  # fmt: skip
def test_bad_input_gets_a_sentence(build, sentence):
    with pytest.raises(ValueError, match=sentence):
        build()


def test_bf16_is_refused_where_it_is_emulated(monkeypatch):
    monkeypatch.setattr(device, "has_fast_bf16", lambda device: False)
    with pytest.raises(ValueError, match="precision='bf16' on cpu.*only emulates"):
        Trainer(1, device="cpu", precision="bf16")
    assert Trainer(1, device="cpu").precision == "fp32"


def test_bf16_is_taken_where_the_processor_has_it(monkeypatch):
    for names in ({}, {"avx512_bf16": True}, {"amx_bf16": True}):
        monkeypatch.setattr(torch.cpu, "get_capabilities", lambda names=names: names)
        assert has_fast_bf16(torch.device("cpu")) == bool(names)


@pytest.mark.skipif(not has_fast_bf16(torch.device("cpu")), reason="needs bf16 in hardware")
def test_bf16_on_a_cpu_agrees_with_fp32():
    curves = [quiet(2, precision=p, device="cpu").fit(small_net(), small_data()).train_loss
              for p in ("fp32", "bf16")]  # fmt: skip
    assert curves[0] != curves[1] and curves[0] == pytest.approx(curves[1], rel=0.05)


def rounded(x, inplace=False):
    return nn.functional.softplus(x, beta=5)


def test_fast_and_plain_paths_give_the_same_curve(monkeypatch):
    """Plain: images channel by channel, parameters one by one, a number read every step.

    With Softplus in ReLU's place: at ReLU's kink a gradient jumps when rounding takes a number
    across, and no two ways of adding up agree for long (chapter 13).
    """
    monkeypatch.setattr(nn.functional, "relu", rounded)
    monkeypatch.setattr(torch.Tensor, "relu", rounded)
    seed_everything(0)
    net, data = resnet8(), small_data()
    fast = quiet(3, device="cpu").fit(Classifier(copy.deepcopy(net), 0.05), data)
    loader, plain = data.train_dataloader(), []
    optimiser = torch.optim.SGD(
        net.parameters(), 0.05, 0.9, weight_decay=5e-4, nesterov=True, foreach=False
    )
    schedule = Classifier(net).configure_schedule(optimiser, 3 * len(loader))
    for _ in range(3):
        losses = []
        for X, y in loader:
            loss = nn.functional.cross_entropy(net.train()(X), y)
            optimiser.zero_grad()
            loss.backward()
            optimiser.step()
            schedule.step()
            losses.append(loss.item())
        plain.append(sum(losses) / len(losses))
    assert fast.train_loss == pytest.approx(plain, rel=1e-5)


@pytest.mark.parametrize("views, weights", [(1, [8]), (2, [4, 4]), (6, [2, 2, 1, 1, 1, 1])])
def test_averaging_weighs_the_views_it_names(views, weights):
    seen = []

    def net(X):
        seen.append(X)
        return torch.eye(6)[len(seen) - 1].expand(len(X), 6)

    averaged = Averaged(net, views)
    X = torch.rand(3, 1, 5, 5)
    assert averaged(X)[0].tolist() == pytest.approx([w / 8 for w in weights] + [0] * (6 - views))
    moved = [affine(X, 0, [by, by], 1, 0) for by in (0, -1, 1)]
    for view, expected in zip(seen, [v for m in moved for v in (m, m.flip(-1))], strict=False):
        assert torch.equal(view, expected)


def test_drop_last_makes_a_batch_of_one_no_trouble():
    assert quiet(1).fit(resnet8(), small_data(batch_size=199, drop_last=True)).epochs == 1


def test_no_epoch_gives_an_empty_history():
    history = quiet(0).fit(small_net(), small_data())
    assert history.epochs == 0 and "no epoch completed" in repr(history)


def test_it_says_where_it_trains(capsys):
    Trainer(1, progress=False).fit(small_net(), small_data())
    assert capsys.readouterr().out.startswith("training on cpu (" if not torch.cuda.is_available()
                                              else "training on cuda")  # fmt: skip


@pytest.mark.parametrize("steps", [1, 2, 3, 4, 7, 1000])
def test_one_cycle_rises_to_its_peak_and_falls(steps):
    rates = [one_cycle(i, steps) for i in range(steps)]
    peak = rates.index(max(rates))
    assert max(rates) == 1 and peak <= steps // 4
    assert rates[:peak] == sorted(rates[:peak])
    assert rates[peak:] == sorted(rates[peak:], reverse=True) and min(rates) > 0


def test_gradients_are_clipped():
    clipped, free = small_net(), small_net()
    for net, value in ((clipped, 1e-6), (free, 0)):
        quiet(1, gradient_clip_val=value).fit(
            Classifier(net, schedule="constant", weight_decay=0), small_data()
        )
    start = small_net().conv1.weight
    assert (clipped.conv1.weight - start).abs().max() < 1e-5
    assert (free.conv1.weight - start).abs().max() > 1e-3


def test_history_survives_json_and_becomes_a_table():
    history = quiet(2).fit(small_net(), small_data())
    assert History.from_json(history.to_json()) == history
    assert list(history.to_frame().index) == [1, 2]
    with pytest.raises(ValueError, match="no training history: fields differ"):
        History.from_dict({"loss": []})


@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a GPU")
def test_bf16_on_a_gpu_agrees_with_fp32():
    curves = [quiet(2, precision=p).fit(small_net(), small_data()).train_loss
              for p in ("fp32", "bf16")]  # fmt: skip
    assert curves[0] == pytest.approx(curves[1], rel=0.1)
