"""Right answers to the exercise `counterexample`, of different structure."""

import torch

# %% one negative pixel among zeros


def counterexample(channels):
    x = torch.zeros(1, channels, 4, 4)
    x[0, -1, 2, 3] = -1
    return x


# %% random numbers of both signs


def counterexample(channels):
    return -torch.rand(1, channels, 4, 4) - 0.5


# %% counted from below zero


def counterexample(channels):
    return torch.arange(-8.0, 16 * channels - 8).reshape(1, channels, 4, 4)


# %% constant channels


def counterexample(channels):
    return torch.full((channels,), -3.0).view(1, -1, 1, 1).expand(-1, -1, 4, 4).contiguous()
