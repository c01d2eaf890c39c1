"""What a training run did, epoch by epoch, in numbers that can be plotted, stored and compared."""

import json
import statistics
from dataclasses import asdict, dataclass, field, fields
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pandas as pd

    from utils.figures import Picture


NEEDED = {"train_loss", "about"}


@dataclass
class History:
    """The measurements of a run: each list has one entry per epoch.

    Attributes
    ----------
    train_loss, val_loss, test_loss : list of float
        Mean cross-entropy in nats. The training loss is averaged over the epoch, in train mode,
        while the weights change; with label smoothing it is the smoothed loss.
    train_acc, val_acc, test_acc : list of float
        Fraction of images classified correctly, 0 to 1. ``val`` is the validation set, and empty
        unless training images were held out; then ``test`` is empty. Empty is also what was not
        measured.
    lr : list of float
        Learning rate at the end of the epoch.
    seconds : list of float
        Wall time of the epoch, without the evaluation.
    images_per_second : list of float
        Training images per second of that time.
    about : dict
        Device, precision, batch size and the like, filled in by `Trainer`.
    """

    train_loss: list[float] = field(default_factory=list)
    train_acc: list[float] = field(default_factory=list)
    val_loss: list[float] = field(default_factory=list)
    val_acc: list[float] = field(default_factory=list)
    test_loss: list[float] = field(default_factory=list)
    test_acc: list[float] = field(default_factory=list)
    lr: list[float] = field(default_factory=list)
    seconds: list[float] = field(default_factory=list)
    images_per_second: list[float] = field(default_factory=list)
    about: dict[str, Any] = field(default_factory=dict)

    @property
    def epochs(self) -> int:
        """Completed epochs."""
        return len(self.train_loss)

    def append(self, **values: float) -> None:
        """Add the numbers of one epoch; columns that are not given stay as they are."""
        for name, value in values.items():
            getattr(self, name).append(float(value))

    def curves(self) -> dict[str, list[float]]:
        """The columns of numbers, by name: all but ``about``."""
        return {f.name: getattr(self, f.name) for f in fields(self) if f.name != "about"}

    def to_dict(self) -> dict[str, Any]:
        """Plain lists and strings, as stored in a file: what was measured."""
        return {name: value for name, value in asdict(self).items() if value or name in NEEDED}

    def to_json(self) -> str:
        """The same as JSON text."""
        return json.dumps(self.to_dict(), indent=1)

    @classmethod
    def from_dict(cls, values: dict[str, Any]) -> "History":
        """The history from which `to_dict` made ``values``.

        Raises
        ------
        ValueError
            When the fields of ``values`` are not those of a history.
        """
        odd = values.keys() - {f.name for f in fields(cls)} | NEEDED - values.keys()
        if odd:
            raise ValueError(f"This is no training history: fields differ in {sorted(odd)}.")
        return cls(**values)

    @classmethod
    def from_json(cls, text: str) -> "History":
        """The history from which `to_json` made ``text``."""
        return cls.from_dict(json.loads(text))

    def to_frame(self) -> "pd.DataFrame":
        """A pandas table with one row per epoch, counted from 1."""
        import pandas as pd

        columns = {name: values for name, values in self.curves().items() if values}
        table = pd.DataFrame(columns)
        table.index = pd.RangeIndex(1, self.epochs + 1, name="epoch")
        return table

    def plot(self, title: str = "") -> "Picture":
        """Loss and accuracy per epoch, on the training images and on others, side by side."""
        from utils import figures

        return figures.training_curves(self, title)

    def __repr__(self) -> str:
        if not self.epochs:
            return "History(no epoch completed)"
        parts = [f"{name} {values[-1]:.3f}" for name, values in self.curves().items()
                 if values and name.endswith(("loss", "acc"))]  # fmt: skip
        return f"History({self.epochs} epochs; last: {', '.join(parts)})"


def spread(accuracies: list[float]) -> str:
    """Each of some accuracies; of several, their mean and standard deviation."""
    words = " ".join(f"{accuracy:.4f}" for accuracy in accuracies)
    if len(accuracies) < 2:
        return words or "not measured"
    return (
        f"{words}; mean {statistics.mean(accuracies):.4f}, standard deviation "
        f"{statistics.stdev(accuracies):.4f}"
    )
