"""What a reader of *Dive into Deep Learning* would use: its loader and loss, to compare with."""

import warnings
from collections.abc import Sequence

import torch
import torchvision
from d2l import torch as d2l
from torch import nn
from torchvision import transforms

from utils.data import sources


class D2LFashionMNIST(d2l.FashionMNIST):
    """d2l's data with its own loader, on fewer images; read from this machine's files.

    Its four workers are d2l's choice; PyTorch's warning that a processor has fewer cores is not
    shown.
    """

    def __init__(
        self, batch_size: int, size: int, images: int, tested: int,
        augment: Sequence[nn.Module] = (),
    ) -> None:  # fmt: skip
        d2l.HyperParameters.__init__(self)
        warnings.filterwarnings("ignore", message="This DataLoader will create")
        self.root, self.num_workers, self.batch_size = None, 4, batch_size
        steps = [transforms.Resize((size, size)), *augment, transforms.ToTensor()]
        arrays, _ = sources.locate(None, False)
        for name, split, count in (("train", "train", images), ("val", "test", tested)):
            pixels, labels = arrays[split]
            data = torchvision.datasets.FashionMNIST.__new__(torchvision.datasets.FashionMNIST)
            data.data = torch.from_numpy(pixels[:count].copy())
            data.targets = torch.from_numpy(labels[:count].copy()).long()
            data.transform, data.target_transform = transforms.Compose(steps), None
            setattr(self, name, data)


class D2LClassifier(d2l.Classifier):
    """A network as d2l's chapters train it: plain stochastic gradient descent."""

    def __init__(self, net: nn.Module, lr: float) -> None:
        super().__init__()
        self.save_hyperparameters(ignore=["net"])
        self.net = net
