"""The autocorrelation of gradients, against closed forms and NumPy."""

import math

import numpy as np
import pytest
import torch
from torch import nn

from utils.inspection import gradient_autocorrelation

LINE = torch.linspace(-2, 2, 400, dtype=torch.float64)[:, None]


def test_a_sine_has_a_cosine():
    """The gradient of sin(wx) is a cosine, whose autocorrelation is a cosine in the lag."""
    w = 40 * math.pi / 4  # 20 periods along the line
    found = gradient_autocorrelation(lambda x: torch.sin(w * x), LINE, range(0, 20, 5))
    step = 4 / 399
    for lag, value in zip(range(0, 20, 5), found, strict=True):
        expected = math.cos(w * lag * step) * (1 - lag / 400)
        assert value == pytest.approx(expected, abs=0.02)


def test_it_is_numpys():
    torch.manual_seed(0)
    net = nn.Sequential(nn.Linear(1, 50), nn.ReLU(), nn.Linear(50, 50), nn.ReLU(), nn.Linear(50, 1))
    net.double()
    x = LINE.clone().requires_grad_()
    net(x).sum().backward()
    g = x.grad.numpy().ravel() - x.grad.mean().item()
    expected = np.correlate(g, g, "full")[len(g) - 1 :] / (g @ g)
    lags = [0, 1, 7, 399]
    assert gradient_autocorrelation(net, LINE, lags) == pytest.approx(expected[lags].tolist())
    assert all(p.grad is not None for p in net.parameters()), "the gradients of others stay"


def test_gradients_without_any_relation_have_none():
    """A wave per point whose slope is drawn anew for each: white noise."""
    slopes = torch.from_numpy(np.random.default_rng(0).normal(size=(400, 3)))
    points = torch.zeros(400, 3, dtype=torch.float64)
    found = gradient_autocorrelation(lambda x: (slopes * x).sum(1), points, [0, 1, 2, 10])
    assert found[0] == 1 and max(map(abs, found[1:])) < 3 / math.sqrt(3 * 400)


def test_batch_norm_in_train_mode_is_left_as_it_was():
    net = nn.Sequential(nn.Linear(1, 8), nn.BatchNorm1d(8), nn.ReLU(), nn.Linear(8, 1)).double()
    gradient_autocorrelation(net, LINE, [0, 1])
    assert net.training and net[1].num_batches_tracked == 0 and not net[1].running_mean.any()


@pytest.mark.parametrize("f, lags, words", [
    (lambda x: 3 * x, [1], "the same at all points"), (torch.sin, [400], "lags are 0 to 399"),
    (torch.sin, [-1], "got [-1]"),
])  # fmt: skip
def test_what_has_none_is_refused_in_words(f, lags, words):
    with pytest.raises(ValueError) as error:
        gradient_autocorrelation(f, LINE, lags)
    assert words in str(error.value)
