"""Batches of images in memory, each made by a few tensor operations.

Nothing here knows where the images come from; `utils.data.FashionMNIST` does.
"""

from collections.abc import Iterator, Sequence
from functools import lru_cache

import torch
from torch import Tensor
from torch.nn import functional as F

AUGMENTATIONS = ("flip", "crop", "erase")
ERASED = 8  # pixels a side


class Batches:
    """Batches of images and labels, made on the fly from ``uint8`` images in memory.

    Iterating gives ``X`` float32 ``(N, C, H, W)`` in [0, 1] and ``y`` int64 ``(N,)``. Every pass
    over a shuffled loader is an epoch with an order of its own, which depends on ``seed`` and
    ``epoch`` alone, so a resumed run sees the batches that the interrupted one would have.

    ``reach`` says by how many pixels "crop" shifts at most, and ``mean``, ``(C, H, W)`` in [0, 1],
    is taken off every image before it is augmented, as in He et al. 2016a, section 4.2.

    With `shard`, several processes share one stream: each takes its part of every global batch.
    """

    def __init__(
        self,
        images: Tensor,
        labels: Tensor,
        batch_size: int,
        size: tuple[int, int],
        shuffle: bool,
        augment: Sequence[str] = (),
        drop_last: bool = False,
        seed: int = 0,
        progressive: Sequence[int] = (),
        reach: int = 2,
        mean: Tensor | None = None,
    ):
        self.images, self.labels = images, labels
        self.batch_size, self.size = batch_size, size
        self.shuffle, self.augment, self.drop_last = shuffle, tuple(augment), drop_last
        self.seed, self.epoch = seed, 0
        self.progressive = tuple(progressive)
        self.reach, self.mean = reach, mean
        self.rank, self.world = 0, 1

    def __len__(self) -> int:
        full, rest = divmod(len(self.images), self.batch_size)
        # A training batch with fewer images than processes would leave some with nothing to do.
        fewest = self.world if self.shuffle else 1
        return full + (rest >= fewest and not self.drop_last)

    def shard(self, rank: int, world: int) -> None:
        """Give this process part ``rank`` of ``world`` of each batch."""
        self.rank, self.world = rank, world

    def to(self, device: torch.device) -> "Batches":
        """Move the images to ``device`` (if they fit in half of its free memory) and return."""
        device = torch.device(device)
        if device.type == "cuda" and 2 * self.images.numel() > torch.cuda.mem_get_info(device)[0]:
            return self
        self.images, self.labels = self.images.to(device), self.labels.to(device)
        return self

    def __iter__(self) -> Iterator[tuple[Tensor, Tensor]]:
        random = torch.Generator().manual_seed(self.seed * 1_000_003 + self.epoch)
        n = len(self.images)
        order = torch.randperm(n, generator=random) if self.shuffle else torch.arange(n)
        early = self.progressive[self.epoch : self.epoch + 1]
        size = (early[0], early[0]) if early else self.size
        if self.shuffle:
            self.epoch += 1
        for i in range(len(self)):
            rows = order[i * self.batch_size : (i + 1) * self.batch_size]
            # All ranks draw for the whole batch, so that its random numbers do not depend on
            # how many processes share it.
            choices = draw(self.augment, len(rows), random, self.reach)
            mine = slice(self.rank, None, self.world)
            yield self.batch(rows[mine], {k: v[mine] for k, v in choices.items()}, size)

    def batch(
        self, rows: Tensor, choices: dict[str, Tensor], size: tuple[int, int]
    ) -> tuple[Tensor, Tensor]:
        """Images and labels of ``rows``, changed as ``choices`` say, at ``size`` pixels."""
        rows = rows.to(self.images.device)
        X = self.images[rows]
        if self.mean is not None:
            X = X / 255 - self.mean.to(X.device)
        choices = {name: values.to(X.device) for name, values in choices.items()}
        corners = choices.pop("erase", None)
        if choices:
            X = move(X, reach=self.reach, **choices)
        if corners is not None:
            X = erase(X, corners)
        X = X.float() / 255 if self.mean is None else X
        return resize(X, size), self.labels[rows].long()


def draw(
    augment: Sequence[str], n: int, random: torch.Generator, reach: int = 2
) -> dict[str, Tensor]:
    """The random choices for ``n`` images: whether to flip, how far to shift, where to erase."""
    choices = {}
    if "flip" in augment:
        choices["flip"] = torch.rand(n, generator=random) < 0.5
    if "crop" in augment:
        choices["crop"] = torch.randint(-reach, reach + 1, (n, 2), generator=random)
    if "erase" in augment:
        choices["erase"] = torch.rand(n, 2, generator=random)
    return choices


def move(
    X: Tensor, crop: Tensor | None = None, flip: Tensor | None = None, reach: int = 2
) -> Tensor:
    """Shift every image by its own whole pixels, filling with zeros, then mirror some.

    Shifting is what cropping a padded image comes to. Both are one look-up.

    Shapes: X ``(N, C, H, W)``; crop ``(N, 2)`` rows and columns, at most ``reach`` either
    way; flip ``(N,)``, true where to mirror.
    """
    n, channels, height, width = X.shape
    row = torch.arange(height, device=X.device).expand(n, -1)
    column = torch.arange(width, device=X.device).expand(n, -1)
    if flip is not None:
        column = torch.where(flip[:, None], width - 1 - column, column)
    if crop is not None:
        X = F.pad(X, (reach,) * 4)
        row, column = row + crop[:, :1] + reach, column + crop[:, 1:] + reach
    places = (row[:, :, None] * X.shape[3] + column[:, None, :]).reshape(n, 1, -1)
    moved = X.flatten(2).gather(2, places.expand(-1, channels, -1))
    return moved.reshape(n, channels, height, width)


def erase(X: Tensor, corners: Tensor) -> Tensor:
    """Set a square of `ERASED` pixels a side to zero in every image.

    DeVries and Taylor 2017 (arXiv 1708.04552), who let the square stick out of the image.

    Shapes: X ``(N, C, H, W)``; corners ``(N, 2)``, the upper left one, 0 to 1 from the first place
    where the square lies inside to behind the last.
    """
    inside = []
    for side, corner in zip(X.shape[2:], corners.T, strict=True):
        first = (corner * max(1, side - ERASED + 1)).long()[:, None]
        places = torch.arange(side, device=X.device)
        inside.append((places >= first) & (places < first + ERASED))
    rows, columns = inside
    return X.masked_fill((rows[:, :, None] & columns[:, None, :])[:, None], 0)


@lru_cache(maxsize=16)
def weights(old: int, new: int, device: torch.device) -> Tensor:
    """How much of each of ``old`` pixels goes into each of ``new``, ``(new, old)``.

    Bilinear, with antialiasing when shrinking: PyTorch's own answer for one pixel at a time.
    """
    pixels = torch.eye(old)[None, None]
    resized = F.interpolate(
        pixels, size=(new, old), mode="bilinear", align_corners=False, antialias=True
    )
    return resized[0, 0].to(device)


def resize(X: Tensor, size: tuple[int, int]) -> Tensor:
    """Bilinear, with antialiasing when shrinking: what torchvision's ``Resize`` does.

    As two matrix products, which are twice as fast as interpolating.
    """
    if tuple(X.shape[2:]) == tuple(size):
        return X
    rows, columns = (weights(o, n, X.device) for o, n in zip(X.shape[2:], size, strict=True))
    return rows @ (X @ columns.T)


def channels_last(X: Tensor) -> Tensor:
    """Images ``(N, C, H, W)`` laid out pixel by pixel.

    With one channel both layouts are the same bytes, and PyTorch would take the strides for the
    other one; so they are written out.
    """
    X = X.contiguous(memory_format=torch.channels_last)
    n, c, h, w = X.shape
    return X.as_strided((n, c, h, w), (h * w * c, 1, w * c, c)) if c == 1 else X
