"""A trained network taken to another task: few labels, a frozen body, raw pixels to compare with.

Sources: Yosinski et al. 2014, "How transferable are features in deep neural networks?" (arXiv
1411.1792); Kornblith, Shlens and Le 2019, "Do Better ImageNet Models Transfer Better?" (arXiv
1805.08974), where logistic regression on features stands beside fine-tuning.
"""

import copy
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional as F

PENALTIES = (0.01, 0.1, 1.0, 10.0)


@dataclass(frozen=True)
class Task:
    """Images with labels 0, 1, ... to be told apart.

    Attributes
    ----------
    name : str
    X : Tensor
        As the networks take them, float32 ``(N, 1, 28, 28)`` in [0, 1].
    pixels : Tensor
        The images as they came, ``(N, d)``: what logistic regression gets.
    y : Tensor
        int64 ``(N,)``.
    """

    name: str
    X: Tensor
    pixels: Tensor
    y: Tensor

    @property
    def classes(self) -> int:
        """How many there are."""
        return int(self.y.max()) + 1


@dataclass(frozen=True)
class Parts:
    """Numbers of a task's images, int64: some to train on, to choose with, and to test once."""

    train: Tensor
    validation: Tensor
    test: Tensor


def digits() -> Task:
    """The 1,797 handwritten digits that come with scikit-learn, 8x8 pixels, enlarged to 28x28.

    Source: Alpaydin and Kaynak 1998, UCI Machine Learning Repository.
    """
    from sklearn.datasets import load_digits

    found = load_digits()
    images = torch.tensor(found.images / 16, dtype=torch.float32)[:, None]
    large = F.interpolate(images, (28, 28), mode="bilinear")
    return Task("digits", large, images.flatten(1), torch.tensor(found.target).long())


def some_classes(X: Tensor, y: Tensor, classes: Sequence[int]) -> tuple[Tensor, Tensor]:
    """The images of some classes, which are numbered anew from 0 in the given order."""
    number = torch.full((int(y.max()) + 1,), -1)
    number[list(classes)] = torch.arange(len(classes))
    new = number[y.long()]
    return X[new >= 0], new[new >= 0]


def draw(task: Task, labels: int, seed: int, most: int = 100, validation: int = 30) -> Parts:
    """``labels`` training images of each class, ``validation`` ones, and all others for the test.

    With the same seed fewer labels are a part of more, and validation and test images are the
    same for each number of labels up to ``most``.

    Raises
    ------
    ValueError
        When a class has too few images.
    """
    random = torch.Generator().manual_seed(seed)
    found: list[list[Tensor]] = [[], [], []]
    for label in range(task.classes):
        rows = (task.y == label).nonzero().flatten()
        if labels > most or len(rows) <= most + validation:
            raise ValueError(
                f"draw: class {label} of {task.name} has {len(rows)} images; {labels} of at most "
                f"{most} labels and {validation} validation images leave none for the test."
            )
        rows = rows[torch.randperm(len(rows), generator=random)]
        for part, chosen in zip(found, (rows[:labels], rows[most : most + validation],
                                        rows[most + validation :]), strict=True):  # fmt: skip
            part.append(chosen)
    train, held, test = (torch.cat(part) for part in found)
    return Parts(train, held, test)


class Frozen(nn.Module):
    """A network that nothing changes: its weights get no gradient, and it stays in eval mode.

    Setting ``requires_grad`` to False is not enough. In train mode a BatchNorm layer normalises
    with the batch, and moves its running averages, without any gradient. Gradients still flow
    through it to its input.

    Shapes: those of ``net``.
    """

    def __init__(self, net: nn.Module) -> None:
        super().__init__()
        self.net = net.requires_grad_(False).eval()

    def train(self, mode: bool = True) -> "Frozen":
        super().train(mode)
        self.net.eval()
        return self

    def forward(self, x: Tensor) -> Tensor:
        return self.net(x)


def body(net: nn.Module, pooled: bool = True) -> nn.Module:
    """A copy of a `utils.resnet.ResNet` without its last layer: ``(N, channels)`` features.

    With ``pooled=False`` without its global average pooling as well: ``(N, channels * h * w)``.
    """
    found = copy.deepcopy(net)
    found.fc = nn.Identity()
    if not pooled:
        found.avgpool = nn.Identity()
    return found


@torch.no_grad()
def features(net: nn.Module, X: Tensor) -> Tensor:
    """What ``net`` makes of images in eval mode, 256 at a time: ``(N, d)``."""
    net.eval()
    return torch.cat([net(batch) for batch in X.split(256)])


@torch.no_grad()
def with_statistics_of(net: nn.Module, X: Tensor) -> nn.Module:
    """A copy of ``net`` whose BatchNorm layers have mean and variance of ``X``; weights stay.

    Source: Li et al. 2017, "Revisiting Batch Normalization For Practical Domain Adaptation"
    (arXiv 1603.04779).
    """
    adapted = copy.deepcopy(net)
    for module in adapted.modules():
        if isinstance(module, nn.BatchNorm2d):
            module.reset_running_stats()
            module.momentum = None  # the plain mean over all batches
    adapted.train()
    for batch in X.split(256):
        adapted(batch)
    return adapted.eval()


def linear_probe(rows: Tensor, y: Tensor, parts: Parts) -> dict[str, float]:
    """Logistic regression on standardised columns: accuracies on validation and test images.

    Of four penalties it takes the one with the best accuracy on the validation images.
    """
    from sklearn.linear_model import LogisticRegression

    train = rows[parts.train]
    mean, scale = train.mean(dim=0), train.std(dim=0, correction=0)
    table = ((rows - mean) / torch.where(scale > 1e-6, scale, 1.0)).numpy()
    found = []
    for penalty in PENALTIES:
        model = LogisticRegression(C=penalty, max_iter=200)
        model.fit(table[parts.train], y[parts.train].numpy())
        right = [float(np.mean(model.predict(table[part]) == y[part].numpy()))
                 for part in (parts.validation, parts.test)]  # fmt: skip
        found.append({"validation": right[0], "test": right[1], "setting": penalty})
    return max(found, key=lambda one: one["validation"])


def train_few(
    net: nn.Module, task: Task, parts: Parts, rate: float, steps: int, batch: int = 32
) -> nn.Module:
    """Train ``net`` on the training images of ``parts``; returns it, in eval mode.

    SGD with Nesterov's momentum and one cycle of the learning rate, up to ``rate``. Batches are
    drawn from all training images, which are taken at once where they are fewer than ``batch``.
    """
    given = [p for p in net.parameters() if p.requires_grad]
    optimizer = torch.optim.SGD(
        given, rate, momentum=0.9, nesterov=True, weight_decay=5e-4, fused=True
    )
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, rate, total_steps=max(2, steps))
    net.train().to(memory_format=torch.channels_last)
    size = min(batch, len(parts.train))
    for _ in range(steps):
        rows = parts.train[torch.randperm(len(parts.train))[:size]]
        optimizer.zero_grad()
        F.cross_entropy(net(task.X[rows]), task.y[rows]).backward()
        optimizer.step()
        schedule.step()
    return net.eval()


@torch.no_grad()
def accuracy(net: nn.Module, task: Task, rows: Tensor) -> float:
    """The share of some images of a task that ``net`` classifies correctly, in eval mode."""
    return float((features(net, task.X[rows]).argmax(dim=1) == task.y[rows]).float().mean())
