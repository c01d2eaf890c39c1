"""Any network as a ``d2l.Classifier``: a loss, an optimiser, a learning-rate schedule."""

from d2l import torch as d2l
from torch import Tensor, nn, optim
from torch.nn import functional as F

from utils.training.schedule import milestones, one_cycle

SCHEDULES = ("onecycle", "milestones", "constant")


class Classifier(d2l.Classifier):
    """Any network as a ``d2l.Classifier``: trains under `Trainer` and under ``d2l.Trainer``.

    Parameters
    ----------
    net : nn.Module
        Gives logits ``(N, classes)``.
    lr : float
        Learning rate; with a schedule, its peak.
    momentum, weight_decay : float
        Of stochastic gradient descent.
    schedule : {"onecycle", "milestones", "constant"}
        `one_cycle`, `milestones`, or a constant learning rate. ``d2l.Trainer`` knows no schedules
        and keeps the learning rate.
    label_smoothing : float
        In the training loss only.
    nesterov : bool
        Nesterov's momentum, or the plain one.
    warmup : int
        Steps at a tenth of the learning rate, before `milestones`.

    Raises
    ------
    ValueError
        For another schedule, or a learning rate that is not above 0.
    """

    def __init__(
        self,
        net: nn.Module,
        lr: float = 0.1,
        momentum: float = 0.9,
        weight_decay: float = 5e-4,
        schedule: str = "onecycle",
        label_smoothing: float = 0.0,
        nesterov: bool = True,
        warmup: int = 0,
    ) -> None:
        super().__init__()
        if schedule not in SCHEDULES:
            raise ValueError(
                f"Classifier: schedule must be one of {', '.join(SCHEDULES)}, got {schedule!r}."
            )
        if warmup < 0 or (warmup and schedule != "milestones"):
            raise ValueError(
                "Classifier: warmup is a number of steps before schedule='milestones', got "
                f"{warmup} with {schedule!r}."
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

    def configure_optimizers(self) -> optim.Optimizer:
        """Stochastic gradient descent with momentum, as `Trainer` asks for it."""
        return optim.SGD(
            self.parameters(), lr=self.lr, momentum=self.momentum,
            nesterov=self.nesterov and self.momentum > 0, weight_decay=self.weight_decay,
            fused=True,
        )  # fmt: skip

    def configure_schedule(
        self, optimizer: optim.Optimizer, steps: int
    ) -> optim.lr_scheduler.LambdaLR | None:
        """The learning-rate schedule for a run of ``steps`` steps; None if it is constant."""
        if self.schedule == "constant":
            return None
        if self.schedule == "milestones":
            return optim.lr_scheduler.LambdaLR(
                optimizer, lambda step: milestones(step, steps, self.warmup)
            )
        return optim.lr_scheduler.LambdaLR(optimizer, lambda step: one_cycle(step, steps))
