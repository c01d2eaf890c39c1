"""Right answers to the exercise `calibration`, of different structure."""

import torch

# %% sums in each bin


def calibration_error(probabilities, labels, bins):
    confidence, predicted = probabilities.max(1)
    gaps = (predicted == labels).double() - confidence.double()
    place = torch.ceil(confidence.double() * bins).long().clamp(1, bins) - 1
    sums = torch.zeros(bins, dtype=torch.double).index_add(0, place, gaps)
    return (sums.abs().sum() / len(labels)).item()


# %% from border to border, in NumPy

import numpy as np


def calibration_error(probabilities, labels, bins):
    p, y = probabilities.numpy().astype(float), labels.numpy()
    sure, right = p.max(axis=1), p.argmax(axis=1) == y
    borders = np.linspace(0, 1, bins + 1)
    total = 0.0
    for low, high in zip(borders[:-1], borders[1:], strict=True):
        inside = (sure > low) & (sure <= high)
        if inside.any():
            total += inside.mean() * abs(right[inside].mean() - sure[inside].mean())
    return total


# %% one prediction after another


def calibration_error(probabilities, labels, bins):
    found = {}
    for row, label in zip(probabilities.tolist(), labels.tolist(), strict=True):
        sure = max(row)
        number = min(int(sure * bins), bins - 1)
        count, total = found.get(number, (0, 0.0))
        found[number] = count + 1, total + (row.index(sure) == label) - sure
    return sum(abs(total) for _, total in found.values()) / len(labels)


# %% a matrix of who is in which bin


def calibration_error(probabilities, labels, bins):
    top = probabilities.topk(1, dim=1)
    sure, right = top.values[:, 0], (top.indices[:, 0] == labels).float()
    number = torch.bucketize(sure, torch.linspace(0, 1, bins + 1)[1:-1])
    member = torch.nn.functional.one_hot(number, bins).float()
    return float((member.T @ (right - sure)).abs().sum() / member.sum())
