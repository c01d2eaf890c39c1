"""The modern recipes: each switch does what its source says, and nothing else."""

import pytest
import torch
from torch import nn
from torch.nn import functional as F

from utils import modern
from utils.data import FashionMNIST
from utils.modern import Recipe, Run, accuracy, fit, loss_of, mixed, one_step
from utils.training.schedule import milestones, one_cycle


@pytest.fixture(scope="module")
def data():
    return FashionMNIST(16, subset=40, held_out=20, test_subset=20, seed=0, verbose=False)


def small(seed=0):
    torch.manual_seed(seed)
    return nn.Sequential(nn.Conv2d(1, 4, 3, stride=3), nn.BatchNorm2d(4), nn.ReLU(), nn.Flatten(),
                         nn.Linear(4 * 9 * 9, 10))  # fmt: skip


def batch(seed=1, n=12):
    random = torch.Generator().manual_seed(seed)
    return (torch.rand(n, 1, 28, 28, generator=random),
            torch.randint(10, (n,), generator=random))  # fmt: skip


def on_its_device(run, tensors):
    return [tensor.to(run.device) for tensor in tensors]


def test_the_loss_of_mixed_images_is_that_of_mixed_one_hot_labels():
    net, (X, y) = small().eval(), batch()
    torch.manual_seed(5)
    found = loss_of(net, X, y, Recipe(mixup=0.4, smoothing=0.1))
    torch.manual_seed(5)
    blended, first, second, share = mixed(X, y, 0.4)
    assert 0 < share < 1
    targets = share * F.one_hot(first, 10) + (1 - share) * F.one_hot(second, 10)
    expected = F.cross_entropy(net(blended), targets.double().float(), label_smoothing=0.1)
    assert torch.allclose(found, expected, atol=1e-6)


def test_without_mixup_the_batch_is_itself():
    X, y = batch()
    assert mixed(X, y, 0.0)[0] is X
    net = small().eval()
    assert torch.equal(loss_of(net, X, y, Recipe()), F.cross_entropy(net(X), y))


def test_a_mixed_image_lies_between_two_of_its_batch():
    X, y = batch()
    blended, first, second, share = mixed(X, y, 1.0)
    assert torch.equal(first, y)
    found = [torch.isclose(share * X + (1 - share) * X[k], blended).flatten(1).all(1)
             for k in torch.arange(len(X))[:, None].expand(-1, len(X))]  # fmt: skip
    partner = torch.stack(found).float().argmax(0)
    assert torch.stack(found).any(0).all() and torch.equal(y[partner], second)


@pytest.mark.parametrize("steps", [4, 40])
def test_averaged_weights_are_the_exponential_moving_average(steps):
    run = Run(small(), Recipe(rate=0.05, average=True), steps)
    decay, expected = max(0.0, 1 - modern.MEMORY / steps), None
    for number in range(6):
        run.step(*on_its_device(run, batch(number)))
        now = [p.detach().clone() for p in run.net.parameters()]
        expected = now if expected is None else [
            decay * old + (1 - decay) * new for old, new in zip(expected, now, strict=True)
        ]  # fmt: skip
    found = list(run.result().parameters())
    assert all(torch.allclose(a, b, atol=1e-6) for a, b in zip(found, expected, strict=True))
    assert decay == 0 or not torch.allclose(found[-2], now[-2], atol=1e-4)


@pytest.mark.parametrize("schedule, share", [("steps", milestones), ("one cycle", one_cycle)])
def test_each_step_has_the_rate_of_its_schedule(schedule, share):
    run = Run(small(), Recipe(rate=0.2, schedule=schedule), 8)
    for step in range(8):
        run.step(*on_its_device(run, batch(step)))
        assert run.optimiser.param_groups[0]["lr"] == pytest.approx(0.2 * share(step, 8))


def test_adamw_decays_weights_and_neither_biases_nor_norms():
    net = small()
    decays = {id(p): group["weight_decay"]
              for group in Run(net, Recipe(0.001, "AdamW"), 5).optimiser.param_groups
              for p in group["params"]}  # fmt: skip
    found = {name: decays[id(p)] for name, p in net.named_parameters()}
    assert {name for name, decay in found.items() if decay} == {"0.weight", "4.weight"}
    assert len(found) == len(list(net.parameters()))


def test_fit_takes_as_many_steps_as_told_over_as_many_epochs(data):
    for steps in (1, 3, 8):
        net = fit(small(), Recipe(0.01), data, steps, seed=0)
        assert net[1].num_batches_tracked == steps and not net.training


def test_the_same_seed_gives_the_same_network_on_a_cpu(data, monkeypatch):
    monkeypatch.setattr(modern, "choose_device", lambda: torch.device("cpu"))
    recipe = Recipe(0.01, "AdamW", "one cycle", 0.1, 0.2, True)
    nets = [fit(small(), recipe, data, 5, seed) for seed in (0, 0, 1)]
    weights = [nn.utils.parameters_to_vector(net.parameters()) for net in nets]
    assert torch.equal(weights[0], weights[1]) and not torch.equal(weights[0], weights[2])


def test_accuracy_is_the_share_of_right_answers(data):
    images, labels = data.test
    answers = small().eval()(images.float() / 255).argmax(1)
    assert accuracy(small(), data.test_dataloader()) == pytest.approx(
        (answers == labels).double().mean().item()
    )


def test_a_step_to_be_timed_is_a_training_step(data):
    net = small()
    before = net[0].weight.detach().clone()
    step = one_step(net, Recipe(0.01), data)
    first = step()
    assert not torch.equal(net[0].weight.cpu(), before)
    for _ in range(20):
        last = step()
    assert last < first, "the same batch, so the loss falls"


@pytest.mark.parametrize(
    "given, said",
    [(dict(optimiser="Adam"), "optimiser is one of"), (dict(schedule="cosine"), "schedule one of"),
     (dict(rate=0.0), "rate must be above 0")],
)  # fmt: skip
def test_a_recipe_that_makes_no_sense_is_refused_in_a_sentence(given, said):
    with pytest.raises(ValueError, match=said):
        Recipe(**given)


def test_a_run_without_steps_and_one_that_blows_up_are_refused(data):
    with pytest.raises(ValueError, match="steps must be at least 1"):
        fit(small(), Recipe(), data, 0, seed=0)
    with pytest.raises(ValueError, match="lower the rate"):
        fit(nn.Sequential(nn.Flatten(), nn.Linear(784, 10), nn.Linear(10, 10)),
            Recipe(rate=1e30), data, 6, seed=0)  # fmt: skip
