"""CIFAR-10 in memory, from its binary files: for whoever has the data; nothing is downloaded.

CIFAR-10 (Krizhevsky 2009, "Learning multiple layers of features from tiny images"): 50,000
training and 10,000 test images of 32x32 coloured pixels, ten classes. Its page at
https://www.cs.toronto.edu/~kriz/cifar.html offers a *binary version*, an archive of six files of
records: one byte for the label, then 1,024 bytes each for red, green and blue, row by row.
(The version for Python is made of pickles, which can run anything when they are opened.)
"""

import hashlib
import io
import tarfile
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch
from d2l import torch as d2l

from utils.data.batches import AUGMENTATIONS
from utils.data.in_memory import InMemory, first, split
from utils.data.sources import DataError

ARCHIVE = "cifar-10-binary.tar.gz"
ARCHIVE_SHA256 = "c4a38c50a1bc5f3a1c5537f2155ab9d68f9f25eb1ed8d9ddda3db29a59bca1dd"
FOLDER = "cifar-10-batches-bin"
TRAINING = tuple(f"data_batch_{i}.bin" for i in range(1, 6))
TEST = ("test_batch.bin",)
RECORDS = 10_000  # in each file
RECORD = 1 + 3 * 32 * 32  # bytes
CLASSES = (
    "airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck",
)  # fmt: skip

Arrays = dict[str, tuple[np.ndarray, np.ndarray]]


class CIFAR10(InMemory):
    """CIFAR-10 for `utils.training.Trainer` and for ``d2l.Trainer``, as He et al. 2016a use it.

    The mean of the training images is taken off each image, pixel by pixel. Prints one line: where
    the images come from, how many there are.

    Parameters
    ----------
    root : path
        The archive ``cifar-10-binary.tar.gz``, a folder that holds it, or one with its six files,
        directly or in ``cifar-10-batches-bin``. ``~`` is the reader's home.
    batch_size : int
    subset, test_subset : int, optional
        Use only so many images, the same number of every class.
    augment : sequence of {"flip", "crop", "erase"}
        For training: mirror every other image; shift by up to 4 pixels, filling with the mean
        image; blank a square. The paper takes the first two.
    held_out : int
        Keep this many training images as a validation set; the paper holds out 5,000.
    seed : int, optional
        Of the order of the batches and of the augmentation.

    Attributes
    ----------
    train, validation, test : (Tensor, Tensor)
        Images, uint8 of shape (N, 3, 32, 32), red, green and blue, and labels, (N,).
    mean : Tensor
        Of the images trained on, (3, 32, 32), from 0 to 1.

    Raises
    ------
    DataError
        When ``root`` holds no whole CIFAR-10; the message says what is missing or damaged.
    ValueError
        For settings that make no sense.
    """

    title, classes, whole = "CIFAR-10", CLASSES, (5 * RECORDS, RECORDS)
    reach = 4

    def __init__(
        self,
        root: str | Path,
        batch_size: int = 128,
        subset: int | None = None,
        augment: Sequence[str] = ("flip", "crop"),
        held_out: int = 0,
        test_subset: int | None = None,
        seed: int | None = None,
        drop_last: bool = False,
        verbose: bool = True,
    ):
        # d2l's base class would set root and num_workers, which mean something else here.
        d2l.HyperParameters.__init__(self)
        check_settings(batch_size, subset, test_subset, held_out, augment)
        self.save_hyperparameters(ignore=["root"])
        self.resize, self.num_workers = (32, 32), 0
        self.root = Path(root).expanduser()
        self.seed = int(torch.randint(2**31, ())) if seed is None else seed
        arrays = load(self.root)
        X, y = (torch.from_numpy(array) for array in arrays["train"])
        self.train, self.validation = split(X, y, subset, held_out, "CIFAR10")
        X, y = (torch.from_numpy(array) for array in arrays["test"])
        self.test = first(X, y, test_subset)
        self.mean = self.train[0].float().mean(0) / 255
        if verbose:
            held = f", {len(self.validation[0]):,} validation" if held_out else ""
            print(
                f"CIFAR-10: {self.root}: {len(self.train[0]):,} training{held} and "
                f"{len(self.test[0]):,} test images, 32x32 pixels"
            )


def check_settings(
    batch_size: object, subset: object, test_subset: object, held_out: object,
    augment: Sequence[str],
) -> None:  # fmt: skip
    """Refuse settings that make no sense, each with a sentence."""
    if not isinstance(batch_size, int) or batch_size < 1:
        raise ValueError(f"CIFAR10: batch_size must be at least 1, got {batch_size!r}.")
    for name, number in {"subset": subset, "test_subset": test_subset}.items():
        if number is not None and (not isinstance(number, int) or number < 10):
            raise ValueError(
                f"CIFAR10: {name} must be at least 10, one image a class, got {number!r}."
            )
    if not isinstance(held_out, int) or 0 < held_out < 10 or held_out < 0:
        raise ValueError(f"CIFAR10: held_out must be 0 or at least 10, got {held_out!r}.")
    if isinstance(augment, str) or any(name not in AUGMENTATIONS for name in augment):
        raise ValueError(
            f"CIFAR10: augment takes a list with names from {', '.join(AUGMENTATIONS)}, "
            f"got {augment!r}."
        )


def load(root: Path) -> Arrays:
    """The whole set from the archive or from its six files.

    Returns ``{"train": (images, labels), "test": …}``: images uint8 ``(N, 3, 32, 32)``, labels
    uint8 ``(N,)``. The archive counts only if its SHA-256 is the known one. Of files that are
    unpacked already no checksums are published; they count if every file has 10,000 whole records,
    every label is one of ten, and all classes are equally frequent.

    Raises
    ------
    DataError
        When there is no such thing in ``root``, or it is damaged.
    """
    archive = root if root.is_file() else root / ARCHIVE
    folder = next((p for p in (root, root / FOLDER) if (p / TEST[0]).is_file()), None)
    if folder is not None:
        contents = {name: read(folder / name) for name in TRAINING + TEST}
    elif archive.is_file():
        contents = unpack(archive)
    else:
        raise DataError(
            f"{root} holds neither {ARCHIVE} nor {TEST[0]}. Fetch the binary version from "
            "https://www.cs.toronto.edu/~kriz/cifar.html and name the folder where it lies."
        )
    arrays = {"train": join(contents, TRAINING), "test": join(contents, TEST)}
    for part, (_, labels) in arrays.items():
        counts = np.bincount(labels, minlength=10)
        if counts.min() != counts.max():
            raise DataError(
                f"{root} is not CIFAR-10: its {part} images have from {counts.min():,} to "
                f"{counts.max():,} of a class, and all should be alike. Fetch it again."
            )
    return arrays


def read(path: Path) -> bytes:
    """One of the six files."""
    try:
        return path.read_bytes()
    except OSError as error:
        raise DataError(
            f"{path} can't be read ({error.strerror}); CIFAR-10 is made of six such files."
        ) from None


def unpack(archive: Path) -> dict[str, bytes]:
    """The six files of an archive that is the published one; nothing is written to the disk."""
    packed = read(archive)
    if hashlib.sha256(packed).hexdigest() != ARCHIVE_SHA256:
        raise DataError(
            f"{archive} is not the published {ARCHIVE}: its SHA-256 differs. Fetch it again."
        )
    contents = {}
    with tarfile.open(fileobj=io.BytesIO(packed), mode="r:gz") as tar:
        for name in TRAINING + TEST:
            member = tar.extractfile(f"{FOLDER}/{name}")
            assert member is not None  # the published archive holds all six
            contents[name] = member.read()
    return contents


def join(contents: dict[str, bytes], names: Sequence[str]) -> tuple[np.ndarray, np.ndarray]:
    """Images and labels of some files, one after the other; each is checked for whole records."""
    parts = []
    for name in names:
        size, expected = len(contents[name]), RECORDS * RECORD
        if size != expected:
            raise DataError(
                f"{name} has {size:,} bytes and should have {expected:,}, {RECORDS:,} records of "
                f"{RECORD:,}: it is damaged or another version. Fetch it again."
            )
        records = np.frombuffer(contents[name], np.uint8).reshape(RECORDS, RECORD)
        if records[:, 0].max() > 9:
            raise DataError(
                f"{name} has the label {records[:, 0].max()}; CIFAR-10 has 0 to 9. It is damaged "
                "or another data set (CIFAR-100 has two labels an image)."
            )
        parts.append(records)
    together = np.concatenate(parts)
    return together[:, 1:].reshape(-1, 3, 32, 32).copy(), together[:, 0].copy()
