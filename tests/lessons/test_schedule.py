"""The learning-rate schedule, and averages over views."""

import pytest
import torch
from torchvision.transforms.functional import affine

from utils.training import Averaged
from utils.training.schedule import one_cycle


@pytest.mark.parametrize("steps", [1, 2, 3, 4, 7, 1000])
def test_one_cycle_rises_to_its_peak_and_falls(steps):
    rates = [one_cycle(i, steps) for i in range(steps)]
    peak = rates.index(max(rates))
    assert max(rates) == 1 and peak <= steps // 4
    assert rates[:peak] == sorted(rates[:peak])
    assert rates[peak:] == sorted(rates[peak:], reverse=True) and min(rates) > 0


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
