"""Right answers to the exercise `gradient`, of different structure."""

import torch

# %% divided by half the count; finite differences


def gradient(x):
    return x / (x.numel() / 2)


def test_gradient(gradient):
    x, step = torch.randn(3, 5).double(), 1e-6
    for place in range(15):
        by = torch.zeros(15).double()
        by[place] = step
        up, down = (x + by.reshape(3, 5)), (x - by.reshape(3, 5))
        slope = (up.square().mean() - down.square().mean()) / (2 * step)
        assert abs(slope - gradient(x).flatten()[place]) < 1e-6


# %% the mean of ones; autograd over many shapes


def gradient(x):
    share = torch.ones_like(x).div(torch.ones_like(x).sum())
    return 2 * x * share


def test_gradient(gradient):
    for shape in [(1,), (4,), (9,), (2, 3), (5, 1), (2, 3, 4), (1, 2, 1, 3)]:
        x = torch.randn(shape, requires_grad=True)
        (expected,) = torch.autograd.grad((x**2).mean(), x)
        assert gradient(x.detach()).shape == expected.shape
        assert torch.allclose(gradient(x.detach()), expected), shape


# %% the size as a product of the shape; numbers worked out

from math import prod


def gradient(x):
    return torch.mul(x, 2 / prod(x.shape))


def test_gradient(gradient):
    assert gradient(torch.tensor([3.0])).tolist() == [6.0]
    assert gradient(torch.tensor([1.0, -4.0])).tolist() == [1.0, -4.0]
    assert gradient(torch.full((2, 4), 4.0)).tolist() == [[1.0] * 4] * 2
    assert torch.allclose(gradient(torch.ones(5, 2, 2)), torch.tensor(0.1))
