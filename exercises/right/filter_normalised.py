"""Right answers to the exercise `filter_normalised`, of different structure."""

import torch
from torch.nn import functional as F

# %% filter by filter


def filter_normalised(direction, weights):
    result = []
    for d, w in zip(direction, weights, strict=True):
        new = torch.zeros_like(w)
        if w.dim() >= 2:
            for i in range(len(w)):
                length = d[i].norm()
                if length > 0:
                    new[i] = d[i] / length * w[i].norm()
        result.append(new)
    return result


# %% unit vectors from a library


def filter_normalised(direction, weights):
    def one(d, w):
        if w.ndim in (0, 1):
            return torch.zeros(w.shape)
        units = F.normalize(d.flatten(1), dim=1, eps=1e-30)
        return (units * w.flatten(1).norm(dim=1, keepdim=True)).reshape(w.shape)

    return [one(d, w) for d, w in zip(direction, weights, strict=True)]


# %% squares summed over all axes but the first


def filter_normalised(direction, weights):
    def lengths(t):
        return t.square().sum(dim=list(range(1, t.ndim)), keepdim=True).sqrt()

    return [
        d * torch.nan_to_num(lengths(w) / lengths(d), nan=0.0, posinf=0.0)
        if w.ndim > 1 else torch.zeros_like(d)
        for d, w in zip(direction, weights, strict=True)
    ]  # fmt: skip
