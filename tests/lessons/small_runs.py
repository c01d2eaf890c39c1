"""Runs of a second or two, for the tests of training."""

from typing import Any

from torch import nn

from utils.data import FashionMNIST
from utils.resnet import resnet8
from utils.seeding import seed_everything
from utils.training import Trainer


def small_data(**options: Any) -> FashionMNIST:
    """Two hundred images in batches of fifty, mirrored at random; or as ``options`` say."""
    options = dict(batch_size=50, subset=200, seed=0, verbose=False, augment=["flip"]) | options
    return FashionMNIST(**options)


def small_net(seed: int = 0) -> nn.Module:
    """A network whose weights follow from ``seed``."""
    seed_everything(seed)
    return resnet8()


def quiet(epochs: int, kind: type[Trainer] = Trainer, **options: Any) -> Trainer:
    """A trainer that prints and draws nothing."""
    return kind(epochs, progress=False, live=False, verbose=False, **options)
