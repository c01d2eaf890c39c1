"""Training recipes from 2016 to today, one switch for each idea, and a loop that obeys them.

`utils.training` has the loop of the course. This one has what came later: other optimisers, mixed
images, averaged weights. It runs for a number of *steps*, so that two recipes can be given the same
time.
"""

import math
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn, optim
from torch.nn import functional as F
from torch.optim.swa_utils import AveragedModel, get_ema_multi_avg_fn

from utils.data import FashionMNIST
from utils.data.batches import Batches, channels_last
from utils.device import choose_device
from utils.inspection import predict
from utils.seeding import seed_everything
from utils.training.schedule import milestones, one_cycle

SCHEDULES = {"steps": milestones, "one cycle": one_cycle}
OPTIMISERS = ("SGD", "AdamW")
MEMORY = 8  # the average of weights reaches back over an eighth of the run


@dataclass(frozen=True)
class Recipe:
    """How to train; the defaults are those of 2016.

    Parameters
    ----------
    rate : float
        Learning rate, the highest of the run.
    optimiser : {"SGD", "AdamW"}
        SGD with momentum 0.9 and weight decay 1e-4, on all parameters (He et al. 2016a, section
        4.2); AdamW (Loshchilov and Hutter 2019, arXiv 1711.05101) with weight decay 0.05 on
        weights, and none on biases and norms.
    schedule : {"steps", "one cycle"}
        `milestones` or `one_cycle`.
    smoothing : float
        Label smoothing (Szegedy et al. 2016, arXiv 1512.00567, section 7).
    mixup : float
        The parameter of the Beta distribution of `mixed`; 0 mixes nothing.
    average : bool
        Whether the network that is returned has the exponential moving average of the weights and
        of BatchNorm's averages, over an eighth of the run, in place of the last ones.

    Raises
    ------
    ValueError
        For an optimiser or a schedule that there is not, or a rate that is not above 0.
    """

    rate: float = 0.1
    optimiser: str = "SGD"
    schedule: str = "steps"
    smoothing: float = 0.0
    mixup: float = 0.0
    average: bool = False

    def __post_init__(self) -> None:
        if self.optimiser not in OPTIMISERS or self.schedule not in SCHEDULES:
            raise ValueError(
                f"Recipe: optimiser is one of {', '.join(OPTIMISERS)} and schedule one of "
                f"{', '.join(SCHEDULES)}; got {self.optimiser!r} and {self.schedule!r}."
            )
        if self.rate <= 0:
            raise ValueError(f"Recipe: rate must be above 0, got {self.rate}.")


def mixed(X: Tensor, y: Tensor, alpha: float) -> tuple[Tensor, Tensor, Tensor, float]:
    """Each image blended with another of its batch: ``share * X + (1 - share) * X[other]``.

    Returns the images, both labels, and ``share``, one number a batch from Beta(alpha, alpha);
    without blending, for ``alpha`` 0, it is 1. Source: Zhang et al. 2018 (arXiv 1710.09412).

    Shapes: X ``(N, ...)``, y ``(N,)``.
    """
    if not alpha:
        return X, y, y, 1.0
    share = float(torch.distributions.Beta(alpha, alpha).sample())
    other = torch.randperm(len(y), device=y.device)
    return share * X + (1 - share) * X[other], y, y[other], share


def loss_of(net: nn.Module, X: Tensor, y: Tensor, recipe: Recipe) -> Tensor:
    """The training loss of a batch: cross-entropy in nats, with what the recipe adds to it."""
    X, y, z, share = mixed(X, y, recipe.mixup)
    output = net(X)
    first = F.cross_entropy(output, y, label_smoothing=recipe.smoothing)
    if share == 1:
        return first
    second = F.cross_entropy(output, z, label_smoothing=recipe.smoothing)
    return share * first + (1 - share) * second


def optimiser_of(net: nn.Module, recipe: Recipe) -> optim.Optimizer:
    """The optimiser that ``recipe`` names; see `Recipe` for its settings."""
    if recipe.optimiser == "SGD":
        return optim.SGD(net.parameters(), recipe.rate, momentum=0.9, weight_decay=1e-4)
    parameters = [p for p in net.parameters() if p.requires_grad]
    groups: list[dict[str, Any]] = [
        {"params": [p for p in parameters if p.ndim > 1]},
        {"params": [p for p in parameters if p.ndim <= 1], "weight_decay": 0.0},
    ]
    return optim.AdamW(groups, recipe.rate, weight_decay=0.05)


def endless(loader: Batches, device: torch.device) -> Iterator[tuple[Tensor, Tensor]]:
    """The batches of one epoch after another, laid out channels last."""
    while True:
        for X, y in loader:
            yield channels_last(X.to(device)), y.to(device)


class Run:
    """A network, and what its training changes at each step.

    Parameters
    ----------
    net : nn.Module
        Gives logits ``(N, classes)``. It is trained where it is: its weights change.
    recipe : Recipe
    steps : int
        How many are planned, which the schedule and the average of weights ask for.
    """

    def __init__(self, net: nn.Module, recipe: Recipe, steps: int):
        self.device = choose_device()
        self.net = net.to(self.device).to(memory_format=torch.channels_last).train()
        self.recipe, self.steps, self.taken = recipe, steps, 0
        self.optimiser = optimiser_of(net, recipe)
        self.average = None
        if recipe.average:
            rule = get_ema_multi_avg_fn(max(0.0, 1 - MEMORY / steps))
            self.average = AveragedModel(net, multi_avg_fn=rule, use_buffers=True)

    def step(self, X: Tensor, y: Tensor) -> float:
        """One step on a batch; returns its loss in nats, as the recipe has it."""
        share = SCHEDULES[self.recipe.schedule](self.taken, self.steps)
        for group in self.optimiser.param_groups:
            group["lr"] = self.recipe.rate * share
        self.optimiser.zero_grad()
        loss = loss_of(self.net, X, y, self.recipe)
        loss.backward()
        self.optimiser.step()
        if self.average is not None:
            self.average.update_parameters(self.net)
        self.taken += 1
        return loss.item()

    def batches(self, loader: Batches) -> Iterator[tuple[Tensor, Tensor]]:
        """One epoch after another, without end, where the network is."""
        while True:
            for X, y in loader.to(self.device):
                yield channels_last(X), y

    def result(self) -> nn.Module:
        """What predicts after training, in eval mode."""
        return (self.net if self.average is None else self.average.module).eval()


def fit(net: nn.Module, recipe: Recipe, data: FashionMNIST, steps: int, seed: int) -> nn.Module:
    """Train ``net`` for a number of steps, and return what predicts, in eval mode.

    Parameters
    ----------
    net : nn.Module
        As in `Run`.
    recipe : Recipe
    data : FashionMNIST
        Its training images with its augmentation, for as many epochs as the steps need.
    steps, seed : int
        How many; and of what is random in training.

    Raises
    ------
    ValueError
        When there is no step to take, or when the loss is no number at the end.
    """
    if steps < 1:
        raise ValueError(f"fit: steps must be at least 1, got {steps}.")
    run, loader = Run(net, recipe, steps), data.train_dataloader()
    loader.seed = seed
    seed_everything(seed)
    loss = 0.0
    for _, (X, y) in zip(range(steps), run.batches(loader), strict=False):
        loss = run.step(X, y)
    if not math.isfinite(loss):
        raise ValueError(
            f"fit: after {steps} steps at the rate {recipe.rate} the loss is {loss}; lower the "
            "rate."
        )
    return run.result()


def one_step(net: nn.Module, recipe: Recipe, data: FashionMNIST) -> Callable[[], float]:
    """A training step on the first batch of ``data``, to be timed."""
    run = Run(net, recipe, steps=1000)
    X, y = next(run.batches(data.train_dataloader()))
    return lambda: run.step(X, y)


def accuracy(net: nn.Module, loader: Iterable[tuple[Tensor, Tensor]]) -> float:
    """Share of the images of a loader that are classified correctly, in eval mode."""
    probabilities, labels = predict(net, loader)
    return (probabilities.argmax(1) == labels).double().mean().item()
