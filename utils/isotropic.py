"""A residual network in which every block reads and writes maps of one shape.

In the networks of `utils.resnet` no two stages have maps of the same shape, so that blocks of
different stages can be neither swapped nor read out by one head. Here they can.
"""

from torch import Tensor, nn
from torch.nn import functional as F

from utils.blocks import PreActBasicBlock
from utils.shortcuts import Norm, conv


class Isotropic(nn.Module):
    """A stem, equal pre-activation blocks, and a head with the last BatchNorm and ReLU.

    Its parts are those of exercise 9.2: ``stem``, ``body``, ``bn``, ``fc``. The stem is a 3x3
    convolution with stride 2, which turns an image of 28 pixels into maps of 14.

    Parameters
    ----------
    blocks : int
        How many, at least 1.
    channels : int
        Of every map between the stem and the head.
    num_classes, in_channels : int
    shortcut : {"identity", "none"}
        Around each block, or nowhere: the plain twin, with as many parameters.
    norm : callable
        Builds a normalisation layer from a number of channels.

    Shapes: ``(N, in_channels, H, W)`` to ``(N, num_classes)``; between them
    ``(N, channels, ceil(H/2), ceil(W/2))``.

    Raises
    ------
    ValueError
        For no blocks, or an unknown shortcut.
    """

    def __init__(
        self,
        blocks: int = 10,
        channels: int = 32,
        num_classes: int = 10,
        in_channels: int = 1,
        shortcut: str = "identity",
        norm: Norm = nn.BatchNorm2d,
    ):
        super().__init__()
        kinds = {"identity": "B", "none": "none"}  # option B of equal shapes is the identity
        if shortcut not in kinds:
            raise ValueError(f"Isotropic: shortcut is 'identity' or 'none', got {shortcut!r}.")
        if blocks < 1:
            raise ValueError(f"Isotropic: blocks must be at least 1, got {blocks}.")
        one = kinds[shortcut]
        self.stem = conv(in_channels, channels, 3, 2, norm)
        self.body = nn.Sequential(
            *(PreActBasicBlock(channels, channels, 1, one, norm) for _ in range(blocks))
        )
        self.bn = norm(channels)
        self.fc = nn.Linear(channels, num_classes)

    def head(self, stream: Tensor) -> Tensor:
        """Logits from the maps between two blocks: BatchNorm, ReLU, mean, linear layer."""
        return self.fc(F.relu(self.bn(stream)).mean(dim=(2, 3)))

    def forward(self, x: Tensor) -> Tensor:
        return self.head(self.body(self.stem(x)))
