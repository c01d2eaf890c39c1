"""Fashion-MNIST in memory: a `d2l.DataModule` whose batches are one tensor operation each.

d2l's loader decodes, resizes and collates image by image through PIL in four worker processes;
at these sizes that costs more than the training step. Here the set stays in memory as ``uint8``,
on the training device when it is told one, and a batch is indexed, converted, resized and
augmented at once. ``python -m utils.data download`` fetches the whole set.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import torch
from d2l import torch as d2l
from torch import Tensor

from utils.data import sources
from utils.data.batches import AUGMENTATIONS
from utils.data.in_memory import InMemory, first, split
from utils.data.sources import CLASSES, WHOLE


class FashionMNIST(InMemory):
    """Fashion-MNIST for `utils.training.Trainer` and for ``d2l.Trainer``.

    Accepts what ``d2l.FashionMNIST`` accepts. Prints one line: which source, how many images.

    Parameters
    ----------
    batch_size : int
    resize : int or (int, int), optional
        Height and width in pixels; 28x28 as they are when not given.
    subset : int, optional
        Use only this many training images, the same number of every class, and no more test images
        than that unless ``test_subset`` says otherwise: a short training has a short test.
    augment : sequence of {"flip", "crop", "erase"}
        For training: mirror every other image; shift by up to 2 pixels; blacken a square of
        8 pixels a side.
    root : path, optional
        A folder with the four files, ``~`` for the reader's home; then no other source is tried.
    download : bool
        Whether the whole set may be downloaded when it is nowhere on this machine.
        ``COURSE_OFFLINE=1`` forbids it, and ``COURSE_SAMPLE=1`` takes the bundled sample at once.
    progressive : sequence of int
        Train the first epochs at these sizes, in pixels, one an epoch; later ones and every test
        at ``resize``.
    drop_last : bool
        Leave out the last training batch when it is smaller than the others.
    test_subset : int, optional
        Use at most this many test images; as many as ``subset`` when not given.
    seed : int, optional
        Of the order of the batches and of the augmentation; drawn from PyTorch's generator when
        not given.
    held_out : int
        Keep this many training images, the same number of every class, as a validation set: they
        are not trained on, and `Trainer` evaluates on them in place of the test images. To choose
        between settings, so that the test images can be asked once, for what was chosen.

    Attributes
    ----------
    train, validation, test : (Tensor, Tensor)
        Images, uint8 of shape (N, 1, 28, 28), and labels, (N,); ``validation`` has none unless
        some are held out.
    source : str
        Where they came from.

    Raises
    ------
    DataError
        When ``root`` holds no whole set.
    ValueError
        For settings that make no sense; the message says which.
    """

    title, classes, whole = "Fashion-MNIST", CLASSES, WHOLE

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
        progressive: Sequence[int] = (),
        test_subset: int | None = None,
        held_out: int = 0,
    ):
        # d2l's base class would set root and num_workers, which mean something else here.
        d2l.HyperParameters.__init__(self)
        size = (resize, resize) if isinstance(resize, int) else resize or (28, 28)
        subsets = {"subset": subset, "test_subset": test_subset, "held_out": held_out or None}
        check_settings(batch_size, size, subsets, augment, progressive)
        self.save_hyperparameters(ignore=["resize", "size"])
        self.resize = size[0], size[1]
        self.num_workers = 0
        if seed is None:
            self.seed = int(torch.randint(2**31, ()))
        folder = None if root is None else Path(root).expanduser()
        arrays, self.source = sources.locate(folder, download, verbose)
        training = tensors(*arrays["train"])
        self.train, self.validation = split(*training, subset, held_out, "FashionMNIST")
        self.test = tensors(*arrays["test"], subset if test_subset is None else test_subset)
        if verbose:
            counts = len(self.train[0]), len(self.validation[0]), len(self.test[0])
            whole = counts[0] + counts[1], counts[2]
            is_whole = whole == (len(arrays["train"][0]), len(arrays["test"][0]))
            held = f", {counts[1]:,} validation" if held_out else ""
            print(
                f"Fashion-MNIST: {self.source}{'' if is_whole else ', a subset'}: {counts[0]:,} "
                f"training{held} and {counts[2]:,} test images, {size[0]}x{size[1]} pixels"
            )


def tensors(
    images: np.ndarray, labels: np.ndarray, subset: int | None = None
) -> tuple[Tensor, Tensor]:  # fmt: skip
    """uint8 tensors ``(N, 1, 28, 28)`` and ``(N,)``, the first ``subset`` of them, balanced."""
    return first(torch.from_numpy(images.copy())[:, None], torch.from_numpy(labels.copy()), subset)


def check_settings(
    batch_size: object,
    size: Sequence[object],
    subsets: Mapping[str, object],
    augment: Sequence[str],
    progressive: Sequence[object],
) -> None:
    """Refuse settings that make no sense, each with a sentence."""
    if not isinstance(batch_size, int) or batch_size < 1:
        raise ValueError(f"FashionMNIST: batch_size must be at least 1, got {batch_size!r}.")
    if len(size) != 2 or any(not isinstance(n, int) or n < 1 for n in size):
        raise ValueError(
            f"FashionMNIST: resize takes a number of pixels or (height, width), got {size}."
        )
    if any(not isinstance(n, int) or n < 1 for n in progressive):
        raise ValueError(
            f"FashionMNIST: progressive takes pixels a side, one an epoch; got {progressive!r}."
        )
    for name, subset in subsets.items():
        if subset is not None and (not isinstance(subset, int) or subset < 10):
            raise ValueError(
                f"FashionMNIST: {name} must be at least 10, one image a class, got {subset!r}."
            )
    unknown = [name for name in augment if name not in AUGMENTATIONS]
    if isinstance(augment, str) or unknown:
        raise ValueError(
            f"FashionMNIST: augment takes a list with names from {', '.join(AUGMENTATIONS)}, "
            f"got {augment!r}."
        )
