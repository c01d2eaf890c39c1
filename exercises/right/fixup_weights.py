"""Right answers to the exercise `fixup_weights`, of different structure."""

import torch
from torch import nn

# %% through the data


def fixup_weights(branches):
    L = len(branches)
    for branch in branches:
        m = len(branch)
        for layer in branch[: m - 1]:
            layer.weight.data = layer.weight.data * L ** (-1 / (2 * m - 2))
        nn.init.constant_(branch[m - 1].weight, 0)


# %% copies, layer by layer


def fixup_weights(branches):
    for branch in branches:
        factor = (1 / len(branches)) ** (1 / (2 * (len(branch) - 1)))
        for number, layer in enumerate(branch, start=1):
            factor_here = 0.0 if number == len(branch) else factor
            with torch.no_grad():
                layer.weight.copy_(factor_here * layer.weight)


# %% logarithms


@torch.no_grad()
def fixup_weights(branches):
    log_of_depth = torch.tensor(float(len(branches))).log()
    for branch in branches:
        for layer in branch[:-1]:
            layer.weight *= torch.exp(-log_of_depth / (2 * (len(branch) - 1)))
        branch[-1].weight[...] = 0
