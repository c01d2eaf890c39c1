"""Any network as a ``d2l.Classifier``: a loss, an optimiser, a learning-rate schedule."""

import math

import torch
from d2l import torch as d2l
from torch import Tensor, nn
from torch.nn import functional as F


class Classifier(d2l.Classifier):
    """Any network as a ``d2l.Classifier``: trains under `Trainer` and under ``d2l.Trainer``.

    Parameters
    ----------
    net : nn.Module
        Gives logits ``(N, classes)``.
    lr : float
        Learning rate; with a schedule, its peak.
    momentum, weight_decay : float
        Of stochastic gradient descent (Nesterov's momentum).
    schedule : {"onecycle", "constant"}
        One cycle: up for a quarter of the run, then down to zero (Smith and Topin 2017,
        arXiv 1708.07120). ``d2l.Trainer`` knows no schedules and keeps the learning rate.
    label_smoothing : float
        In the training loss only.
    """

    def __init__(
        self,
        net: nn.Module,
        lr: float = 0.1,
        momentum: float = 0.9,
        weight_decay: float = 5e-4,
        schedule: str = "onecycle",
        label_smoothing: float = 0.0,
    ):
        super().__init__()
        if schedule not in ("onecycle", "constant"):
            raise ValueError(
                f"Classifier: schedule must be 'onecycle' or 'constant', got {schedule!r}."
            )
        if lr <= 0:
            raise ValueError(f"Classifier: lr must be above 0, got {lr}.")
        self.save_hyperparameters(ignore=["net"])
        self.net = net

    def loss(self, Y_hat: Tensor, Y: Tensor, averaged: bool = True) -> Tensor:
        """Cross-entropy in nats; smoothed in train mode if asked for."""
        smoothing = self.label_smoothing if self.training else 0.0
        return F.cross_entropy(
            Y_hat, Y, label_smoothing=smoothing, reduction="mean" if averaged else "none"
        )

    def configure_optimizers(self) -> torch.optim.Optimizer:
        return torch.optim.SGD(
            self.parameters(), lr=self.lr, momentum=self.momentum, nesterov=self.momentum > 0,
            weight_decay=self.weight_decay, fused=True,
        )  # fmt: skip

    def configure_schedule(self, optimizer, steps: int):
        """The schedule for a run of ``steps`` steps, or None."""
        if self.schedule == "constant":
            return None
        return torch.optim.lr_scheduler.LambdaLR(optimizer, lambda step: one_cycle(step, steps))


class Averaged(nn.Module):
    """Test-time averaging: the mean of what ``net`` says to several views of each image.

    Two views are the image and its mirror image; six add both, shifted by one pixel towards the
    upper left and the lower right, with half the weight (Jordan 2024, arXiv 2404.00498,
    section 3.5). Costs as many forward passes.

    Shapes: as ``net``, ``(N, C, H, W)`` to ``(N, classes)``.
    """

    VIEWS = (1, 2, 6)

    def __init__(self, net: nn.Module, views: int):
        super().__init__()
        if views not in self.VIEWS:
            raise ValueError(f"Averaged: there are averages over 1, 2 or 6 views, got {views!r}.")
        self.net, self.views = net, views

    def forward(self, X: Tensor) -> Tensor:
        if self.views == 1:
            return self.net(X)
        if self.views == 2:
            return (self.net(X) + self.net(X.flip(-1))) / 2
        total, padded = 0, F.pad(X, (1, 1, 1, 1))
        for shift, weight in ((1, 2), (2, 1), (0, 1)):
            view = padded[:, :, shift : shift + X.shape[2], shift : shift + X.shape[3]]
            total = total + weight * (self.net(view) + self.net(view.flip(-1)))
        return total / 8


def one_cycle(step: int, steps: int) -> float:
    """The share of the peak learning rate at ``step`` (from 0) of ``steps``.

    Linear up over the first quarter, then half a cosine down to almost zero; PyTorch's own
    ``OneCycleLR`` divides by zero for runs of a few steps.
    """
    rising = max(1, steps // 4)
    if step < rising:
        return (step + 1) / rising
    return (1 + math.cos(math.pi * (step - rising + 1) / (steps - rising + 1))) / 2


def refuse_batch_of_one(model: nn.Module, images: int, batch_size: int) -> None:
    """BatchNorm can't train on one image; say so before the epoch's last step does."""
    norms = (nn.BatchNorm1d, nn.BatchNorm2d, nn.BatchNorm3d)
    if images % batch_size != 1 and batch_size != 1:
        return
    if any(isinstance(module, norms) for module in model.modules()):
        raise ValueError(
            f"Trainer: with {images:,} images in batches of {batch_size} the last batch holds one "
            "image, and BatchNorm can't take a variance over one. Set drop_last=True in "
            "FashionMNIST, or another batch_size."
        )
