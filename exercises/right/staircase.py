"""Right answers to the exercise `staircase`, of different structure."""

import torch
from torch.nn import functional as F

# %% a loop over the pieces, whose means become numbers


def staircase(y, n):
    size = len(y) // n
    return torch.cat(
        [torch.full((size,), y[k : k + size].mean().item()) for k in range(0, len(y), size)]
    )


# %% pooling, then repeating to nearest


def staircase(y, n):
    size = y.numel() // n
    pooled = F.avg_pool1d(y.reshape(1, 1, -1), size)
    return F.interpolate(pooled, scale_factor=size, mode="nearest").flatten()


# %% a matrix that projects


def staircase(y, n):
    step = torch.arange(len(y)) * n // len(y)
    same = (step[:, None] == step[None, :]).to(y.dtype)
    return same @ y / same.sum(dim=1)


# %% sums collected by index


def staircase(y, n):
    step = torch.arange(len(y)).div(len(y) // n, rounding_mode="floor")
    sums = torch.zeros(n, dtype=y.dtype).index_add(0, step, y)
    return sums[step] / (len(y) // n)


# %% expanded in place of repeating


def staircase(y, n):
    rows = y.view(n, -1)
    return rows.mean(1, keepdim=True).expand_as(rows).flatten()
