"""What the course's image data modules share: splits in memory, and loaders over them."""

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, SupportsInt

import torch
from d2l import torch as d2l
from torch import Tensor

from utils.data.batches import Batches

if TYPE_CHECKING:
    from utils.figures import Picture

Images = tuple[Tensor, Tensor]


class InMemory(d2l.DataModule):
    """Images in memory as ``uint8``, for `utils.training.Trainer` and for ``d2l.Trainer``.

    Attributes
    ----------
    train, validation, test : (Tensor, Tensor)
        Images, uint8 of shape (N, C, H, W), and labels, (N,); ``validation`` has none unless
        some are held out.
    title : str
        The data set's name in sentences.
    classes : sequence of str
        The name of each label.
    whole : (int, int)
        How many training and test images the whole set has.
    """

    title = "the data"
    classes: Sequence[str] = ()
    whole = (0, 0)

    train: Images
    validation: Images
    test: Images
    batch_size: int
    resize: tuple[int, int]
    augment: Sequence[str]
    drop_last: bool
    seed: int
    progressive: Sequence[int] = ()
    reach = 2  # pixels by which "crop" shifts at most
    mean: Tensor | None = None  # of the training images (C, H, W), taken off each

    @property
    def is_whole(self) -> bool:
        """Whether all training and test images are in use."""
        return (len(self.train[0]), len(self.test[0])) == self.whole

    @property
    def evaluated(self) -> str:
        """What `Trainer` evaluates on after each epoch, as in `History`: "val" or "test"."""
        return "val" if len(self.validation[0]) else "test"

    def text_labels(self, indices: Iterable[SupportsInt]) -> list[str]:
        """Class names of a sequence of labels."""
        last = len(self.classes) - 1
        wrong = [int(i) for i in indices if not 0 <= int(i) <= last]
        if wrong:
            raise ValueError(f"{self.title} has the labels 0 to {last}, got {wrong[0]}.")
        return [self.classes[int(i)] for i in indices]

    def get_dataloader(self, train: bool) -> Batches:
        """A fresh loader over the training images, or over those that are evaluated on."""
        others = self.test if self.evaluated == "test" else self.validation
        return self.loader(*(self.train if train else others), train)

    def test_dataloader(self) -> Batches:
        """A fresh loader over the test images."""
        return self.loader(*self.test, train=False)

    def loader(self, images: Tensor, labels: Tensor, train: bool) -> Batches:
        """Batches of some images; in a new order each epoch and augmented when trained on."""
        return Batches(
            images, labels, self.batch_size, self.resize,
            shuffle=train, augment=self.augment if train else (),
            drop_last=self.drop_last and train, seed=self.seed,
            progressive=self.progressive if train else (), reach=self.reach, mean=self.mean,
        )  # fmt: skip

    def visualize(
        self, batch: tuple[Tensor, Tensor], nrows: int = 1, ncols: int = 8,
        labels: list[str] | None = None,
    ) -> "Picture":  # fmt: skip
        """A picture of the first ``nrows * ncols`` images of a batch, grey, with class names."""
        from utils import figures

        X, y = batch
        n = min(nrows * ncols, len(X))
        names = labels or self.text_labels(y[:n])
        return figures.image_grid(X[:n].mean(1).numpy(force=True), names, columns=ncols,
                                  caption=f"{n} images with their classes.")  # fmt: skip


def split(
    X: Tensor, y: Tensor, subset: int | None, held_out: int, title: str
) -> tuple[Images, Images]:
    """The first ``subset`` images for training, and the last ``held_out`` ones; both balanced.

    Raises
    ------
    ValueError
        When there are not so many.
    """
    if held_out and (subset or 10) + held_out > len(X):
        raise ValueError(
            f"{title}: of {len(X):,} training images {held_out:,} can't be held out and "
            f"{subset or 10:,} be left; make held_out or subset smaller."
        )
    if not held_out and (subset is None or subset >= len(X)):
        return (X, y), (X[:0], y[:0])
    kept, rest = interleaved(y).split([len(y) - held_out, held_out])
    return pick(X, y, kept[:subset]), pick(X, y, rest)


def first(X: Tensor, y: Tensor, subset: int | None) -> Images:
    """The first ``subset`` images, balanced; all of them where no number is given."""
    return (X, y) if subset is None or subset >= len(X) else pick(X, y, interleaved(y)[:subset])


def interleaved(y: Tensor) -> Tensor:
    """Indices that go through the classes in turn: every beginning is balanced."""
    # The k-th image of every class has rank k: sorting by rank interleaves the classes.
    rank = torch.empty(len(y), dtype=torch.long)
    for label in range(10):
        of_class = y == label
        rank[of_class] = torch.arange(int(of_class.sum()))
    return torch.argsort(rank * 10 + y)


def pick(X: Tensor, y: Tensor, chosen: Tensor) -> Images:
    """Some images with their labels."""
    return X[chosen].contiguous(), y[chosen].contiguous()
