"""Fashion-MNIST in memory: a `d2l.DataModule` whose batches are one tensor operation each.

d2l's loader decodes, resizes and collates image by image through PIL in four worker processes;
at these sizes that costs more than the training step. Here the set stays in memory as ``uint8``,
on the training device when it is told one, and a batch is indexed, converted, resized and
augmented at once. ``python -m utils.data download`` fetches the whole set.
"""

import argparse
import sys
from collections.abc import Iterator, Sequence
from functools import lru_cache
from pathlib import Path

import torch
from d2l import torch as d2l
from torch import Tensor
from torch.nn import functional as F

from utils import sources
from utils.sources import CLASSES, DataError

AUGMENTATIONS = ("flip", "crop")


class Batches:
    """Batches of images and labels, made on the fly from ``uint8`` images in memory.

    Iterating gives ``X`` float32 ``(N, 1, H, W)`` in [0, 1] and ``y`` int64 ``(N,)``. Every pass
    over a shuffled loader is an epoch with an order of its own, which depends on ``seed`` and
    ``epoch`` alone, so a resumed run sees the batches that the interrupted one would have.

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
    ):
        self.images, self.labels = images, labels
        self.batch_size, self.size = batch_size, size
        self.shuffle, self.augment, self.drop_last = shuffle, tuple(augment), drop_last
        self.seed, self.epoch = seed, 0
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
        if self.shuffle:
            self.epoch += 1
        for i in range(len(self)):
            rows = order[i * self.batch_size : (i + 1) * self.batch_size]
            # All ranks draw for the whole batch, so that its random numbers do not depend on
            # how many processes share it.
            choices = draw(self.augment, len(rows), random)
            mine = slice(self.rank, None, self.world)
            yield self.batch(rows[mine], {k: v[mine] for k, v in choices.items()})

    def batch(self, rows: Tensor, choices: dict[str, Tensor]) -> tuple[Tensor, Tensor]:
        """Images and labels of ``rows``, changed as ``choices`` say."""
        rows = rows.to(self.images.device)
        X = self.images[rows]
        if choices:
            X = move(X, **{name: values.to(X.device) for name, values in choices.items()})
        return resize(X.float() / 255, self.size), self.labels[rows].long()


def draw(augment: Sequence[str], n: int, random: torch.Generator) -> dict[str, Tensor]:
    """The random choices for ``n`` images: whether to flip, how far to shift."""
    choices = {}
    if "flip" in augment:
        choices["flip"] = torch.rand(n, generator=random) < 0.5
    if "crop" in augment:
        choices["crop"] = torch.randint(-2, 3, (n, 2), generator=random)
    return choices


def move(X: Tensor, crop: Tensor | None = None, flip: Tensor | None = None) -> Tensor:
    """Shift every image by its own whole pixels, filling with zeros, then mirror some.

    Shifting is what cropping a padded image comes to. Both are one look-up.

    Shapes: X ``(N, C, H, W)``; crop ``(N, 2)`` rows and columns, at most 2 either way; flip
    ``(N,)``, true where to mirror.
    """
    n, channels, height, width = X.shape
    row = torch.arange(height, device=X.device).expand(n, -1)
    column = torch.arange(width, device=X.device).expand(n, -1)
    if flip is not None:
        column = torch.where(flip[:, None], width - 1 - column, column)
    if crop is not None:
        X = F.pad(X, (2, 2, 2, 2))
        row, column = row + crop[:, :1] + 2, column + crop[:, 1:] + 2
    places = (row[:, :, None] * X.shape[3] + column[:, None, :]).reshape(n, 1, -1)
    moved = X.flatten(2).gather(2, places.expand(-1, channels, -1))
    return moved.reshape(n, channels, height, width)


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


class FashionMNIST(d2l.DataModule):
    """Fashion-MNIST for `utils.training.Trainer` and for ``d2l.Trainer``.

    Accepts what ``d2l.FashionMNIST`` accepts. Prints one line: which source, how many images.

    Parameters
    ----------
    batch_size : int
    resize : int or (int, int), optional
        Height and width in pixels; 28x28 as they are when not given.
    subset : int, optional
        Use only this many training images, and as many test images at most, balanced over
        the classes.
    augment : sequence of {"flip", "crop"}
        For training: mirror every other image; shift by up to 2 pixels.
    root : path, optional
        A folder with the four files; then no other source is tried.
    download : bool
        Whether the whole set may be downloaded when it is nowhere on this machine.
        ``COURSE_OFFLINE=1`` forbids it.
    drop_last : bool
        Leave out the last training batch when it is smaller than the others.
    seed : int, optional
        Of the order of the batches and of the augmentation; drawn from PyTorch's generator when
        not given.

    Raises
    ------
    DataError
        When ``root`` holds no whole set.
    ValueError
        For settings that make no sense; the message says which.
    """

    def __init__(
        self,
        batch_size: int = 64,
        resize: int | tuple[int, int] | None = None,
        subset: int | None = None,
        augment: Sequence[str] = (),
        root: str | Path | None = None,
        download: bool = True,
        drop_last: bool = False,
        seed: int | None = None,
        verbose: bool = True,
    ):
        # d2l's base class would set root and num_workers, which mean something else here.
        d2l.HyperParameters.__init__(self)
        size = (resize, resize) if isinstance(resize, int) else tuple(resize or (28, 28))
        check_settings(batch_size, size, subset, augment)
        self.save_hyperparameters(ignore=["resize", "size"])
        self.resize = size
        self.num_workers = 0
        if seed is None:
            self.seed = int(torch.randint(2**31, ()))
        arrays, self.source = sources.locate(None if root is None else Path(root), download)
        self.train, self.val = (
            tensors(*arrays[split], subset, split) for split in ("train", "val")
        )
        if verbose:
            used = "" if subset is None else ", a subset"
            print(
                f"Fashion-MNIST: {self.source}{used}: {len(self.train[0]):,} training and "
                f"{len(self.val[0]):,} test images, {size[0]}x{size[1]} pixels"
            )

    @property
    def is_whole(self) -> bool:
        """Whether all 60,000 training and 10,000 test images are in use."""
        return (len(self.train[0]), len(self.val[0])) == (60_000, 10_000)

    def text_labels(self, indices) -> list[str]:
        """Class names of a sequence of labels 0 to 9."""
        wrong = [int(i) for i in indices if not 0 <= int(i) <= 9]
        if wrong:
            raise ValueError(f"Fashion-MNIST has the labels 0 to 9, got {wrong[0]}.")
        return [CLASSES[int(i)] for i in indices]

    def get_dataloader(self, train: bool) -> Batches:
        """A fresh loader over the training or the test images."""
        images, labels = self.train if train else self.val
        return Batches(
            images, labels, self.batch_size, self.resize,
            shuffle=train, augment=self.augment if train else (),
            drop_last=self.drop_last and train, seed=self.seed,
        )  # fmt: skip

    def visualize(self, batch, nrows: int = 1, ncols: int = 8, labels: list[str] | None = None):
        """A picture of the first ``nrows * ncols`` images of a batch with their class names."""
        from utils import figures

        X, y = batch
        n = min(nrows * ncols, len(X))
        names = labels or self.text_labels(y[:n])
        return figures.image_grid(X[:n, 0], names, columns=ncols)


def tensors(images, labels, subset: int | None, split: str) -> tuple[Tensor, Tensor]:
    """uint8 tensors ``(N, 1, 28, 28)`` and ``(N,)``, the first ``subset`` of them, balanced."""
    images, labels = torch.from_numpy(images.copy())[:, None], torch.from_numpy(labels.copy())
    if subset is None or subset >= len(images):
        return images, labels
    # The k-th image of every class has rank k: sorting by rank interleaves the classes.
    rank = torch.empty(len(labels), dtype=torch.long)
    for label in range(10):
        of_class = labels == label
        rank[of_class] = torch.arange(int(of_class.sum()))
    chosen = torch.argsort(rank * 10 + labels)[:subset]
    return images[chosen].contiguous(), labels[chosen].contiguous()


def check_settings(batch_size, size, subset, augment) -> None:
    """Refuse settings that make no sense, each with a sentence."""
    if not isinstance(batch_size, int) or batch_size < 1:
        raise ValueError(f"FashionMNIST: batch_size must be at least 1, got {batch_size!r}.")
    if len(size) != 2 or any(not isinstance(n, int) or n < 1 for n in size):
        raise ValueError(
            f"FashionMNIST: resize takes a number of pixels or (height, width), got {size}."
        )
    if subset is not None and (not isinstance(subset, int) or subset < 10):
        raise ValueError(
            f"FashionMNIST: subset must be at least 10, one image a class, got {subset!r}."
        )
    unknown = [name for name in augment if name not in AUGMENTATIONS]
    if isinstance(augment, str) or unknown:
        raise ValueError(
            f"FashionMNIST: augment takes a list with names from {', '.join(AUGMENTATIONS)}, "
            f"got {augment!r}."
        )


def main(arguments: Sequence[str] | None = None) -> int:
    """``python -m utils.data download|check [--folder F]``; returns the exit status."""
    parser = argparse.ArgumentParser(prog="python -m utils.data", description=main.__doc__)
    parser.add_argument("command", choices=("download", "check"))
    parser.add_argument("--folder", type=Path, default=sources.cache_folder())
    options = parser.parse_args(arguments)
    try:
        if options.command == "download":
            sources.download(options.folder)
        arrays = sources.load_folder(options.folder)
    except DataError as error:
        print(error, file=sys.stderr)
        return 1
    train, val = len(arrays["train"][0]), len(arrays["val"][0])
    print(f"{options.folder}: whole, {train:,} training and {val:,} test images.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
