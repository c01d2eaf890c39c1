"""`Trainer`: fits a network, says what it does, and can be stopped and resumed.

Accepts what ``d2l.Trainer`` accepts, so that a reader of *Dive into Deep Learning* swaps one
import. What it replaces, and why: d2l's Trainer computes on the CPU without a word when
``num_gpus=0`` or no GPU is found; its board shows, *then* clears the figure (flicker), and draws
every line again over the old ones; a run can't be resumed.
"""

from pathlib import Path
from typing import TYPE_CHECKING

from d2l import torch as d2l
from torch import nn

from utils import figures
from utils.data.batches import Batches
from utils.device import describe_device
from utils.display import in_notebook, wants_progress
from utils.history import History
from utils.training import checkpoints, guards, processes
from utils.training.classifier import Classifier
from utils.training.loop import Loop

if TYPE_CHECKING:
    from IPython.display import DisplayHandle


class Trainer(Loop):
    """Fits a model to data and returns its `History`.

    Parameters
    ----------
    max_epochs : int
    num_gpus : int, optional
        As in ``d2l.Trainer``: more than 0 asks for a GPU, and it is an error if there is none.
    gradient_clip_val : float
        Clip the gradient's norm to this; 0 does not.
    device : str
        ``"auto"``, or what ``torch.device`` takes.
    precision : {"auto", "fp32", "bf16"}
        ``"auto"`` takes bfloat16 autocast on GPUs that have it, float32 elsewhere.
    checkpoint : path, optional
        A folder that holds the run after every epoch; see `utils.training.checkpoints`.
    progress, live : bool, optional
        A progress bar, as text, since a notebook saved with a widget opens with an error in its
        place; a curve redrawn after every epoch (in notebooks). Neither in continuous integration.
    verbose : bool
        Say where the run takes place.

    Notes
    -----
    On a CPU the same seeds give the same bits, interrupted and resumed or not. On a GPU some
    kernels add in varying order. Several processes, gradient accumulation and ``torch.compile``
    are the business of `utils.training.distributed.DistributedTrainer`.
    """

    def __init__(
        self,
        max_epochs: int,
        num_gpus: int | None = None,
        gradient_clip_val: float = 0,
        device: str = "auto",
        precision: str = "auto",
        checkpoint: str | Path | None = None,
        progress: bool | None = None,
        live: bool | None = None,
        verbose: bool = True,
    ) -> None:
        progress = wants_progress() if progress is None else progress
        super().__init__(max_epochs, num_gpus, gradient_clip_val, device, precision, progress)
        self.checkpoint = None if checkpoint is None else Path(checkpoint).expanduser()
        shown = (wants_progress() and in_notebook()) if live is None else live
        self.live: bool | DisplayHandle = shown
        self.verbose = verbose

    def fit(self, model: nn.Module, data: d2l.DataModule, resume: bool | str = False) -> History:
        """Train ``model`` on ``data`` for ``max_epochs`` epochs.

        A network that is no ``d2l.Module`` is wrapped in `Classifier`. Every layer is put in train
        mode, frozen ones too: a layer that is to stay in eval mode must override ``train``.
        ``resume=True`` goes on from the checkpoint, ``resume="auto"`` does so if there is one.

        Ctrl-C stops at once, in the middle of a step. The history then holds the epochs that were
        completed, the checkpoint the last of them; the model keeps what the broken-off epoch has
        done to it.

        Raises
        ------
        TrainingError
            When the loss is no longer a number.
        CheckpointError
            When a checkpoint can't be written; with ``resume``, when it is missing, damaged, or
            another model's or run's.
        """
        if not isinstance(model, d2l.Module):
            model = Classifier(model)
        self.start()
        resume = checkpoints.is_wanted(resume, self.checkpoint)
        self.prepare_data(data)
        self.prepare_model(model)
        self.optim = model.configure_optimizers()
        steps = self.max_epochs * self.num_train_batches
        schedule = getattr(model, "configure_schedule", None)
        self.schedule = schedule(self.optim, steps) if schedule and steps else None
        self.history = History(about=describe(self, data))
        self.settings = checkpoints.settings_of(self)
        first = checkpoints.load(self, data) if resume else 0
        self.train_batch_idx, self.val_batch_idx = first * self.num_train_batches, 0
        self.refuse_one_value()
        if self.verbose:
            going_on = f", resumed after epoch {first}" if resume else ""
            self.say(f"training on {describe_device(self.device)}, {self.precision}{going_on}")
        try:
            with guards.explaining_one_value():
                for epoch in range(first, self.max_epochs):
                    self.epoch = epoch
                    self.history.append(**self.fit_epoch())
                    if self.checkpoint is not None:
                        checkpoints.save(self)
                    if self.live:
                        self.live = figures.redraw(self.history, self.max_epochs, self.live)
        except KeyboardInterrupt:
            self.history.about["interrupted"] = True
            self.say(
                f"stopped by Ctrl-C in epoch {self.epoch + 1}, whose steps so far stay in the "
                f"network; {self.history}"
            )
        return self.history

    def start(self) -> None:
        """Refuse several processes: each would train a network of its own."""
        processes.refuse_several()

    def refuse_one_value(self) -> None:
        """Refuse batches that leave a norm layer one value per channel."""
        guards.refuse_one_value(self)

    def say(self, words: str) -> None:
        """Print ``words`` at once, into a file as well."""
        print(words, flush=True)


def describe(trainer: Trainer, data: d2l.DataModule) -> dict[str, object]:
    """What a reader of the history needs to know about the run."""
    about = {
        "device": describe_device(trainer.device),
        "precision": trainer.precision,
        "processes": processes.world_size(),
        "seed": getattr(data, "seed", None),
        "batch_size": getattr(data, "batch_size", None),
        "source": getattr(data, "source", type(data).__name__),
    }
    for split, loader in (("train", trainer.train_dataloader),
                          (trainer.evaluated, trainer.val_dataloader)):  # fmt: skip
        if isinstance(loader, Batches):
            about[f"{split}_images"] = len(loader.images)
            about["pixels"] = list(loader.size)
    return about
