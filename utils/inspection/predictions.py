"""What a network predicts, and which classes it confuses."""

from collections.abc import Iterable

import torch
from torch import Tensor, nn

from utils.inspection.modes import computes_in, evaluating


def predict(net: nn.Module, loader: Iterable[tuple[Tensor, Tensor]]) -> tuple[Tensor, Tensor]:
    """Class probabilities ``(N, classes)`` and labels ``(N,)`` over a whole loader, on the CPU.

    The network predicts in eval mode and is left as it was, see `evaluating`.

    Parameters
    ----------
    net : nn.Module
        Gives logits ``(N, classes)``.
    loader : iterable of (X, y)

    Raises
    ------
    ValueError
        When the loader has no batch.
    """
    where = computes_in(net).device
    probabilities, labels = [], []
    with evaluating(net):
        for X, y in loader:
            probabilities.append(net(X.to(where)).float().softmax(dim=1).cpu())
            labels.append(y.cpu())
    if not labels:
        raise ValueError("predict: the loader has no batch; give one with at least one image.")
    return torch.cat(probabilities), torch.cat(labels)


def confusion_matrix(labels: Tensor, predictions: Tensor, classes: int = 10) -> Tensor:
    """Counts ``(classes, classes)``: one row per true class, one column per predicted class.

    Parameters
    ----------
    labels, predictions : Tensor
        Class numbers ``(N,)``, 0 to ``classes`` - 1.

    Raises
    ------
    ValueError
        When a number lies outside that range.
    """
    for name, values in (("labels", labels), ("predictions", predictions)):
        if len(values) and (values.min() < 0 or values.max() >= classes):
            bad = int(values[(values < 0) | (values >= classes)][0])
            raise ValueError(f"confusion_matrix: {name} must lie in 0 to {classes - 1}, got {bad}.")
    return torch.bincount(labels * classes + predictions, minlength=classes**2).reshape(
        classes, classes
    )


def most_confused(matrix: Tensor, count: int = 5) -> list[tuple[int, int, int]]:
    """The largest off-diagonal entries: (true class, predicted class, how many)."""
    off = matrix.clone()
    off.fill_diagonal_(0)
    values, places = off.flatten().topk(count)
    classes = len(matrix)
    return [
        (int(p) // classes, int(p) % classes, int(v)) for v, p in zip(values, places, strict=True)
    ]
