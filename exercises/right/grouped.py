"""Right answers to the exercise `grouped`, of different structure."""

import torch

# %% groups in a dictionary, taken until there are enough


def split(X, share, seed):
    groups = {}
    for i, row in enumerate(X.tolist()):
        groups.setdefault(tuple(row), []).append(i)
    groups = list(groups.values())
    order = torch.randperm(len(groups), generator=torch.Generator().manual_seed(seed))
    train, test = [], []
    for number in order.tolist():
        (test if len(test) < share * len(X) else train).extend(groups[number])
    return torch.tensor(train), torch.tensor(test)


# %% a random number for each group, and sums of the group sizes

import numpy as np


def split(X, share, seed):
    _, group, sizes = np.unique(X.numpy(), axis=0, return_inverse=True, return_counts=True)
    drawn = np.random.default_rng(seed).permutation(len(sizes))
    before = np.cumsum(sizes[drawn]) - sizes[drawn]
    chosen = drawn[before < share * len(X)]
    test = np.isin(group.reshape(-1), chosen)
    return np.flatnonzero(~test), np.flatnonzero(test)


# %% all rows in a random order, and then the twins of those that were drawn

import random


def split(X, share, seed):
    left = list(range(len(X)))
    random.Random(seed).shuffle(left)
    test = []
    while len(test) < int(share * len(X)):
        twins = [i for i in left if torch.equal(X[i], X[left[0]])]
        test += twins
        left = [i for i in left if i not in twins]
    return torch.tensor(sorted(left)), torch.tensor(sorted(test))


# %% the last groups of a random order


def split(X, share, seed):
    _, group, sizes = X.unique(dim=0, return_inverse=True, return_counts=True)
    torch.manual_seed(seed)
    order = torch.randperm(len(sizes))
    behind = sizes[order].flip(0).cumsum(0).flip(0)
    chosen = order[behind <= share * len(X)]
    test = torch.isin(group, chosen)
    return torch.where(~test)[0], torch.where(test)[0]
