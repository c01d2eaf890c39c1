"""Trainer: d2l both ways, plain loops beside it, Ctrl-C, devices, bad input."""

import copy
import inspect
from functools import partial

import pytest
import torch
from d2l import torch as d2l
from small_runs import quiet, small_data, small_net
from torch import nn
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves

from utils import device
from utils.device import choose_device, has_fast_bf16
from utils.history import History
from utils.resnet import resnet8
from utils.seeding import seed_everything
from utils.training import Averaged, Classifier, Trainer, loop


def test_it_learns_and_its_history_is_complete():
    history = quiet(3).fit(small_net(), small_data(subset=1000))
    assert history.epochs == 3 and history.train_acc[-1] > 0.4 > 0.1
    assert history.train_loss[-1] < history.train_loss[0]
    assert {name: len(values) for name, values in history.curves().items() if values} == {
        name: 3
        for name in ("train_loss", "train_acc", "test_loss", "test_acc", "lr", "seconds",
                     "images_per_second")
    }  # fmt: skip
    assert history.about["train_images"] == 1000 and history.lr[-1] < 0.01


def test_the_loop_is_a_text_that_one_reads():
    assert len(inspect.getsource(loop).splitlines()) <= 150


def test_test_images_are_loaded_once():
    trainer, data = quiet(1), small_data()
    trainer.fit(small_net(), data)
    assert trainer.test_dataloader is trainer.val_dataloader


def test_with_a_validation_set_the_test_images_are_asked_only_when_told():
    trainer, data = quiet(1, precision="fp32"), small_data(held_out=200)
    history = trainer.fit(small_net(), data)
    assert history.test_acc == history.test_loss == [] and history.about["val_images"] == 200

    def by_hand(images, labels):
        with torch.no_grad():
            said = trainer.model.net((images.float() / 255).to(trainer.device)).argmax(1).cpu()
        return (said == labels).float().mean().item()

    asked = trainer.evaluate(test=True)
    assert set(asked) == {"test_loss", "test_acc"}
    assert asked["test_acc"] == pytest.approx(by_hand(*data.test))
    assert trainer.evaluate()["val_acc"] == pytest.approx(by_hand(*data.validation))
    assert history.val_acc[-1] == pytest.approx(by_hand(*data.validation))
    assert "validation" in history.plot().alt and "test" not in history.plot().alt


def test_the_reported_numbers_are_those_of_the_network():
    trainer, data = quiet(1, precision="fp32"), small_data()
    history = trainer.fit(small_net(), data)
    X, y = zip(*data.val_dataloader(), strict=True)
    X, y = torch.cat(X), torch.cat(y)
    net = trainer.model.net.eval()
    with torch.no_grad():
        logits = net(X.to(trainer.device)).cpu()
    assert history.test_acc[-1] == pytest.approx((logits.argmax(1) == y).float().mean().item())
    loss = nn.functional.cross_entropy(logits, y).item()
    assert history.test_loss[-1] == pytest.approx(loss, rel=1e-4)


def test_one_step_equals_pytorchs_own_sgd():
    """One epoch of one batch, constant rate: the update written out with torch.optim."""
    data = small_data(batch_size=200, augment=[])
    # GroupNorm: BatchNorm over few images magnifies the rounding of different memory layouts.
    ours, plain = (seed_everything(0) or resnet8(norm=partial(nn.GroupNorm, 8)) for _ in range(2))
    model = Classifier(ours, lr=0.1, schedule="constant")
    quiet(1, precision="fp32").fit(model, data)
    X, y = next(iter(small_data(batch_size=200, augment=[]).train_dataloader()))
    optimizer = torch.optim.SGD(plain.parameters(), 0.1, 0.9, nesterov=True, weight_decay=5e-4)
    nn.functional.cross_entropy(plain(X), y).backward()
    optimizer.step()
    for p, q in zip(ours.parameters(), plain.parameters(), strict=True):
        torch.testing.assert_close(p.cpu(), q, rtol=1e-4, atol=1e-5)


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
    assert history.train_loss[-1] < history.train_loss[0] and history.test_acc[-1] > 0.3


def test_d2ls_linear_regression_trains_under_our_trainer():
    seed_everything(0)
    data = d2l.SyntheticRegressionData(w=torch.tensor([2, -3.4]), b=4.2)
    data.num_workers = 0
    model = d2l.LinearRegression(lr=0.03)
    model(next(iter(data.train_dataloader()))[0])
    history = quiet(3).fit(model, data)
    w, b = model.cpu().get_w_b()
    assert (w - data.w.reshape(w.shape)).abs().max() < 0.1 and abs(b - data.b) < 0.1
    assert history.train_acc == [] and history.val_loss[-1] < 0.01


class OwnStep(SoftmaxRegression):
    """A d2l model that computes its training loss itself, and plots it, as d2l's do."""

    def training_step(self, batch):
        loss = self.loss(self(*batch[:-1]), batch[-1])
        self.plot("loss", loss, train=True)
        return loss


def test_accuracy_that_a_models_own_step_hides_is_not_claimed():
    model = OwnStep(num_outputs=10, lr=0.1)
    model(torch.zeros(1, 1, 28, 28))
    history = quiet(2).fit(model, small_data())
    assert history.train_loss[1] < history.train_loss[0]
    assert history.train_acc == [] and history.test_acc[-1] > 0.2
    assert "train_acc" not in history.to_frame() and history.plot() is not None


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


# Stopping


def test_ctrl_c_stops_at_once_and_keeps_the_whole_epochs(capsys, tmp_path):
    trainer = quiet(5, checkpoint=tmp_path)
    original, calls = trainer.backward, []

    def interrupted_backward(batch):
        calls.append(1)
        if len(calls) == 7:  # in the second epoch of four batches
            raise KeyboardInterrupt
        return original(batch)

    trainer.backward = interrupted_backward
    history = trainer.fit(small_net(), small_data())
    assert history.epochs == 1 and history.about["interrupted"]
    said = capsys.readouterr().out
    assert "stopped by Ctrl-C in epoch 2, whose steps so far stay in the network" in said
    saved = torch.load(tmp_path / "run.pt", weights_only=True)
    assert saved["epoch"] == 1
    name, weight = next(iter(trainer.model.named_parameters()))
    assert not torch.equal(saved["weights"][name], weight), "two steps of epoch 2 were taken"


# Bad input and small things


@pytest.mark.parametrize("build, sentence", [
    (lambda: Trainer(-1), "max_epochs must be 0 or more, got -1"),
    (lambda: Trainer(1.5), "max_epochs must be 0 or more, got 1.5"),
    (lambda: Trainer(1, device="abacus"), "Unknown device 'abacus'"),
    (lambda: Trainer(1, precision="fp8"), "'auto', 'fp32' or 'bf16', got 'fp8'"),
    (lambda: Averaged(nn.Identity(), 3), "over 1, 2 or 6 views, got 3"),
    (lambda: Trainer(1, gradient_clip_val=-1), "gradient_clip_val.*must be 0 or more, got -1"),
    (lambda: small_data(progressive=[0]), "progressive takes pixels a side"),
    (lambda: Classifier(nn.Identity(), lr=0), "lr must be above 0, got 0"),
    (lambda: Classifier(nn.Identity(), schedule="cosine"), "one of onecycle, milestones, constant"),
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
        monkeypatch.setattr(torch.cpu, "get_capabilities", lambda names=names: names, raising=False)
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


class NoFloat64(TorchDispatchMode):
    """The CPU plays a device like Apple's GPU: what is made there as float64 is refused."""

    def __torch_dispatch__(self, func, types, args=(), kwargs=None):
        out = func(*args, **(kwargs or {}))
        for leaf in tree_leaves(out):
            if isinstance(leaf, torch.Tensor) and leaf.dtype is torch.float64:
                raise TypeError(f"this device has no float64 ({func})")
        return out


def test_a_device_without_float64_is_good_enough():
    with pytest.raises(TypeError, match="no float64"), NoFloat64():
        torch.zeros(3, dtype=torch.float64)
    with NoFloat64():
        history = quiet(1, device="cpu").fit(small_net(), small_data())
    assert history.train_loss == quiet(1, device="cpu").fit(small_net(), small_data()).train_loss


def test_frozen_layers_train_unless_they_override_train():
    """What `Trainer.fit` says about layers that were put in eval mode."""

    class Frozen(nn.BatchNorm2d):
        def train(self, mode=True):
            return super().train(False)

    for norm, moves in ((nn.BatchNorm2d, True), (Frozen, False)):
        net = nn.Sequential(nn.Conv2d(1, 4, 3), norm(4), nn.Flatten(), nn.Linear(4 * 26**2, 10))
        net[1].eval()
        quiet(1).fit(net, small_data())
        assert bool(net[1].num_batches_tracked) == moves


def test_no_epoch_gives_an_empty_history():
    history = quiet(0).fit(small_net(), small_data())
    assert history.epochs == 0 and "no epoch completed" in repr(history)


def test_it_says_where_it_trains(capsys):
    Trainer(1, progress=False).fit(small_net(), small_data())
    assert capsys.readouterr().out.startswith("training on cpu (" if not torch.cuda.is_available()
                                              else "training on cuda")  # fmt: skip


def test_gradients_are_clipped():
    clipped, free = small_net(), small_net()
    for net, value in ((clipped, 1e-6), (free, 0)):
        quiet(1, gradient_clip_val=value).fit(
            Classifier(net, schedule="constant", weight_decay=0), small_data()
        )
    start = small_net().conv1.weight
    assert (clipped.conv1.weight.cpu() - start).abs().max() < 1e-5
    assert (free.conv1.weight.cpu() - start).abs().max() > 1e-3


def test_history_survives_json_and_becomes_a_table():
    history = quiet(2).fit(small_net(), small_data())
    assert History.from_json(history.to_json()) == history
    assert list(history.to_frame().index) == [1, 2]
    with pytest.raises(ValueError, match="no training history: fields differ"):
        History.from_dict({"loss": []})


def test_a_home_folder_is_expanded(monkeypatch, tmp_path):
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("USERPROFILE", str(tmp_path))
    assert Trainer(1, checkpoint="~/run").checkpoint == tmp_path / "run"


@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a GPU")
def test_bf16_on_a_gpu_agrees_with_fp32():
    curves = [quiet(2, precision=p).fit(small_net(), small_data()).train_loss
              for p in ("fp32", "bf16")]  # fmt: skip
    assert curves[0] == pytest.approx(curves[1], rel=0.1)
