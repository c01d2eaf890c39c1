"""Whether a network's confidence can be believed, and the one number that repairs it.

Source: Guo, Pleiss, Sun and Weinberger 2017, "On Calibration of Modern Neural Networks" (arXiv
1706.04599).
"""

from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional as F


@dataclass(frozen=True)
class Reliability:
    """Predictions in bins of equal width by their confidence, empty bins left out.

    Attributes
    ----------
    confidence, accuracy : Tensor
        Their means in each bin, float64, from 0 to 1.
    share : Tensor
        Which part of the predictions a bin holds; they add up to 1.
    """

    confidence: Tensor
    accuracy: Tensor
    share: Tensor

    @property
    def error(self) -> float:
        """The expected calibration error, see `expected_calibration_error`."""
        return float((self.share * (self.accuracy - self.confidence).abs()).sum())


def reliability(probabilities: Tensor, labels: Tensor, bins: int = 15) -> Reliability:
    """How often predictions are right, by how confident they are.

    Parameters
    ----------
    probabilities : Tensor
        ``(N, classes)``; each row adds up to 1.
    labels : Tensor
        ``(N,)``, int64.
    bins : int
        Of equal width, from 0 to 1; a confidence on a border belongs to the lower bin, as in
        Guo et al. 2017.

    Raises
    ------
    ValueError
        For logits in place of probabilities, no predictions, or no bins.
    """
    if bins < 1 or not len(labels):
        raise ValueError(f"reliability: got {len(labels)} predictions and {bins} bins.")
    if probabilities.min() < 0 or (probabilities.sum(dim=1) - 1).abs().max() > 1e-3:
        raise ValueError(
            "reliability: each row of probabilities is 0 or more and adds up to 1; give "
            "logits.softmax(dim=1), not logits."
        )
    confidence, predicted = probabilities.max(dim=1)
    right = (predicted == labels).double()
    place = (confidence.double() * bins).ceil().long().clamp(1, bins) - 1
    counts = torch.bincount(place, minlength=bins)
    full = counts > 0
    sums = (torch.bincount(place, weights, minlength=bins)
            for weights in (confidence.double(), right))  # fmt: skip
    confident, correct = (total[full] / counts[full] for total in sums)
    return Reliability(confident, correct, counts[full] / len(labels))


def expected_calibration_error(probabilities: Tensor, labels: Tensor, bins: int = 15) -> float:
    """The mean distance between confidence and accuracy, bin by bin, weighted by the bins' shares.

    From 0, calibrated, to 1. Source: Naeini, Cooper and Hauskrecht 2015; Guo et al. 2017,
    section 2. Parameters and errors are those of `reliability`.
    """
    return reliability(probabilities, labels, bins).error


def fit_temperature(logits: Tensor, labels: Tensor) -> float:
    """The number T for which ``softmax(logits / T)`` has the smallest cross-entropy.

    To be fitted on validation images. Above 1 it takes confidence away, below 1 it adds some; no
    prediction changes. Source: Guo et al. 2017, section 4.2.

    Parameters
    ----------
    logits : Tensor
        ``(N, classes)``.
    labels : Tensor
        ``(N,)``, int64.

    Returns
    -------
    float, between 0.01 and 100. When all predictions are right a smaller T is always better, and
    0.01 comes back.

    Raises
    ------
    ValueError
        When there are no predictions.
    """
    if not len(labels):
        raise ValueError("fit_temperature: there are no predictions to fit to.")
    logits = logits.detach().double()

    def loss(log_inverse: float) -> float:
        return F.cross_entropy(logits * 10**log_inverse, labels).item()

    # In 1/T the loss is convex, and so has one minimum in log(1/T): a golden-section search.
    low, high, golden = -2.0, 2.0, (5**0.5 - 1) / 2
    while high - low > 1e-5:
        left, right = high - golden * (high - low), low + golden * (high - low)
        if loss(left) < loss(right):
            high = right
        else:
            low = left
    return float(10 ** -((low + high) / 2))
