"""The learning-rate schedule, and averages over views."""

import pytest
import torch
from torchvision.transforms.functional import affine

from utils.training import Averaged, Classifier
from utils.training.schedule import milestones, one_cycle


@pytest.mark.parametrize("steps", [1, 2, 3, 4, 7, 1000])
def test_one_cycle_rises_to_its_peak_and_falls(steps):
    rates = [one_cycle(i, steps) for i in range(steps)]
    peak = rates.index(max(rates))
    assert max(rates) == 1 and peak <= steps // 4
    assert rates[:peak] == sorted(rates[:peak])
    assert rates[peak:] == sorted(rates[peak:], reverse=True) and min(rates) > 0


def test_milestones_are_pytorchs_multi_step():
    """64 steps, divided by ten at 32 and 48, as the paper's 64,000 at 32,000 and 48,000."""
    optimizer = torch.optim.SGD([torch.zeros(1, requires_grad=True)], lr=1.0)
    theirs = torch.optim.lr_scheduler.MultiStepLR(optimizer, [32, 48], gamma=0.1)
    for step in range(64):
        assert milestones(step, 64) == pytest.approx(theirs.get_last_lr()[0])
        optimizer.step()
        theirs.step()
    assert [milestones(step, 64, warmup=2) for step in range(4)] == [0.1, 0.1, 1, 1]


def test_the_classifier_follows_its_schedule_and_refuses_others():
    model = Classifier(torch.nn.Linear(2, 2), 0.5, schedule="milestones", nesterov=False, warmup=1)
    optimizer = model.configure_optimizers()
    schedule = model.configure_schedule(optimizer, 8)
    rates = []
    for _ in range(8):
        rates.append(optimizer.param_groups[0]["lr"])
        optimizer.step()
        schedule.step()
    assert rates == pytest.approx([0.05, 0.5, 0.5, 0.5, 0.05, 0.05, 0.005, 0.005])
    assert not optimizer.param_groups[0]["nesterov"]
    with pytest.raises(ValueError, match="schedule must be one of onecycle, milestones, constant"):
        Classifier(torch.nn.Linear(2, 2), schedule="cosine")
    with pytest.raises(ValueError, match="warmup is a number of steps before"):
        Classifier(torch.nn.Linear(2, 2), warmup=3)


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
