"""Right answers to the exercise `running`, of different structure."""

import torch
from torch import nn
from torch.nn import functional as F

# %% PyTorch's layer does it; numbers worked out


def running(mean, var, batch, momentum=0.1):
    norm = nn.BatchNorm1d(batch.shape[1], momentum=momentum).train()
    norm.running_mean.copy_(mean), norm.running_var.copy_(var)
    norm(batch)
    return norm.running_mean, norm.running_var


def test_running(running):
    m, v = running(torch.zeros(2), torch.ones(2), torch.tensor([[0.0, 1.0], [2.0, 5.0]]))
    assert torch.allclose(m, torch.tensor([0.1, 0.3]))
    assert torch.allclose(v, torch.tensor([1.1, 1.7]))


# %% sums and squares; several batches beside PyTorch's layer


def running(mean, var, batch, momentum=0.1):
    n = len(batch)
    center = batch.sum(dim=0) / n
    spread = ((batch - center) ** 2).sum(dim=0) / (n - 1)
    return mean + momentum * (center - mean), var + momentum * (spread - var)


def test_running(running):
    for momentum in (0.1, 0.3):
        norm = nn.BatchNorm1d(5, momentum=momentum).train()
        mean, var = torch.zeros(5), torch.ones(5)
        for rows in (2, 3, 10):
            batch = 3 * torch.randn(rows, 5) + 1
            norm(batch)
            mean, var = running(mean, var, batch, momentum)
            assert torch.allclose(mean, norm.running_mean, atol=1e-4)
            assert torch.allclose(var, norm.running_var, atol=1e-4)


# %% both averages in one function; the default is a tenth


def running(mean, var, batch, momentum=0.1):
    def moved(old, new):
        return old * (1 - momentum) + new * momentum

    spread, center = torch.var_mean(batch, dim=0, correction=1)
    return moved(mean, center), moved(var, spread)


def test_running(running):
    zeros, ones = torch.zeros(1), torch.ones(1)
    rows = torch.tensor([[0.0], [4.0]])
    mean, var = running(zeros, ones, rows)
    assert abs(mean.item() - 0.2) < 1e-4 and abs(var.item() - (0.9 + 0.8)) < 1e-4
    mean, var = running(zeros, ones, rows, 1.0)
    assert abs(mean.item() - 2) < 1e-4 and abs(var.item() - 8) < 1e-4
    mean, var = running(zeros, ones, rows, momentum=0.0)
    assert mean.item() == 0 and var.item() == 1
    assert zeros.item() == 0 and ones.item() == 1, "the old averages were overwritten"


# %% copies that PyTorch's function fills


def running(mean, var, batch, momentum=0.1):
    new_mean, new_var = mean.clone(), var.clone()
    F.batch_norm(batch, new_mean, new_var, training=True, momentum=momentum)
    return new_mean, new_var


def test_running(running):
    batch = torch.randn(4, 3)
    for momentum in (0.1, 0.25, 0.9):
        got = running(torch.full((3,), 2.0), torch.full((3,), 5.0), batch, momentum)
        for value, old, new in zip(got, (2.0, 5.0), (batch.mean(0), batch.var(0)), strict=True):
            assert torch.allclose(value, (1 - momentum) * old + momentum * new, atol=1e-5)
