"""Right answers to the exercise `standardised`, of different structure."""

import torch

# %% column by column


def standardise(train, *others):
    found = [torch.empty_like(rows) for rows in (train, *others)]
    for column in range(train.shape[1]):
        values = train[:, column]
        middle = values.mean()
        spread = (values - middle).square().mean().sqrt()
        if bool((values == values[0]).all()):
            spread = 1
        for rows, out in zip((train, *others), found, strict=True):
            out[:, column] = (rows[:, column] - middle) / spread
    return found


# %% everything at once, then split again


def standardise(train, *others):
    variance, mean = torch.var_mean(train, dim=0, correction=0)
    same = (train == train[:1]).all(dim=0)
    factor = torch.where(same, torch.ones_like(mean), variance.rsqrt())
    every = (torch.cat((train,) + others) - mean) * factor
    return list(every.split([len(rows) for rows in (train, *others)]))


# %% an object that remembers what it was fitted on


class Scaler:
    def fit(self, rows):
        self.mean = rows.double().mean(0)
        self.scale = ((rows.double() - self.mean) ** 2).mean(0) ** 0.5
        lowest, highest = rows.aminmax(dim=0)
        self.scale[lowest == highest] = 1
        return self

    def transform(self, rows):
        return ((rows - self.mean) / self.scale).to(rows.dtype)


def standardise(train, *others):
    scaler = Scaler().fit(train)
    return [scaler.transform(train)] + [scaler.transform(rows) for rows in others]


# %% NumPy


import numpy as np


def standardise(train, *others):
    known = train.numpy()
    mean, scale = np.mean(known, axis=0), np.std(known, axis=0)
    scale = np.where(np.ptp(known, axis=0) == 0, np.float32(1), scale)
    return [torch.from_numpy((rows.numpy() - mean) / scale) for rows in (train, *others)]
