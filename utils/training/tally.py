"""What an epoch's batches come to, added up without making the device wait."""

from functools import reduce
from operator import add

import torch
from torch import Tensor


class Tally:
    """Images, loss and correct answers of an epoch's batches.

    Each batch's numbers stay on the device where they were computed, until somebody asks: to
    read a number from a GPU means to wait for it. They are added up on the CPU in double
    precision, which not every device has.
    """

    def __init__(self) -> None:
        self.images: list[int] = []
        self.losses: list[Tensor] = []
        self.correct: list[Tensor] = []

    def add(self, images: int, loss: Tensor, correct: Tensor | None) -> None:
        """Add a batch: how many images, their mean loss, how many were classified correctly.

        ``correct`` is None where nobody knows.
        """
        self.images.append(images)
        self.losses.append(loss.detach().float())
        if correct is not None:
            self.correct.append(correct.detach().float())

    def sums(self) -> list[float]:
        """Images, summed loss, correct answers; waits for the device."""
        if not self.images:
            return [0.0, 0.0, 0.0]
        losses = torch.stack(self.losses).cpu() * torch.tensor(self.images, dtype=torch.float32)
        correct = torch.stack(self.correct).tolist() if self.correct else []
        # One after the other: from Python 3.12 on, `sum` would round differently.
        return [float(sum(self.images)), reduce(add, losses.tolist(), 0.0), float(sum(correct))]

    def first_not_finite(self, since: int) -> int | None:
        """The first batch, from ``since`` on, whose loss is no number; waits for the device."""
        bad = (~torch.isfinite(torch.stack(self.losses[since:]))).nonzero()
        return since + int(bad[0]) if len(bad) else None
