"""`Trainer`: fits a network, says what it does, and can be stopped and resumed.

Accepts what ``d2l.Trainer`` accepts, so that a reader of *Dive into Deep Learning* swaps one
import. What it replaces, and why: d2l's Trainer computes on the CPU without a word when
``num_gpus=0`` or no GPU is found; its board shows, *then* clears the figure (flicker), and draws
every line again over the old ones; a run can't be resumed.
"""

import contextlib
import sys
import time
from collections.abc import Sequence
from pathlib import Path

import torch
from d2l import torch as d2l
from torch import Tensor, nn
from torch.nn.parallel import DistributedDataParallel
from tqdm import tqdm

from utils import figures
from utils.data.batches import Batches, channels_last
from utils.device import choose_device, choose_precision, describe_device
from utils.display import in_notebook, wants_progress
from utils.history import History
from utils.training import checkpoints, processes
from utils.training.classifier import Classifier, refuse_batch_of_one
from utils.training.memory import keep_memory

CHECK_EVERY = 25  # steps between looks at the losses for NaN: each look waits for the GPU


class TrainingError(Exception):
    """Training can't go on; the message says where it stopped and what to try."""


class SilentBoard:
    """Stands where d2l's models expect their board; `Trainer` draws its own curve."""

    def draw(self, x, y, label, every_n=1) -> None:
        """d2l's signature; nothing is drawn."""


class Trainer(d2l.Trainer):
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
    compile : bool
        Use ``torch.compile``.
    checkpoint : path, optional
        A folder that holds the run after every epoch; see `utils.training.checkpoints`.
    accumulate : int
        Compute each batch in so many pieces, one after the other, and step once: the same
        gradient for a fraction of the memory, except that BatchNorm normalises piece by piece.
    progress, live : bool, optional
        A progress bar, as text, since a notebook saved with a widget opens with an error in its
        place; a curve redrawn after every epoch (in notebooks). Neither in continuous integration.

    Notes
    -----
    On a CPU the same seeds give the same bits, interrupted and resumed or not. On a GPU some
    kernels add in varying order. Under ``torchrun`` each process takes its share of every batch
    and gradients are averaged: the same curve as one process, up to rounding, except that
    BatchNorm normalises each share by its own statistics.
    """

    def __init__(
        self,
        max_epochs: int,
        num_gpus: int | None = None,
        gradient_clip_val: float = 0,
        device: str = "auto",
        precision: str = "auto",
        compile: bool = False,
        checkpoint: str | Path | None = None,
        accumulate: int = 1,
        progress: bool | None = None,
        live: bool | None = None,
        verbose: bool = True,
    ):
        d2l.HyperParameters.__init__(self)
        if not isinstance(max_epochs, int) or max_epochs < 0:
            raise ValueError(f"Trainer: max_epochs must be 0 or more, got {max_epochs!r}.")
        if not isinstance(accumulate, int) or accumulate < 1:
            raise ValueError(f"Trainer: accumulate must be 1 or more, got {accumulate!r}.")
        self.save_hyperparameters(ignore=["device", "precision", "checkpoint", "progress", "live"])
        self.device = choose_device("cuda" if num_gpus else device)
        self.precision = choose_precision(precision, self.device)
        self.checkpoint = None if checkpoint is None else Path(checkpoint)
        wanted = wants_progress() and processes.is_first()
        self.progress = wanted if progress is None else progress
        self.live = (wanted and in_notebook()) if live is None else live
        self.gpus = [self.device] if self.device.type == "cuda" else []

    def fit(
        self, model: nn.Module, data: d2l.DataModule, resume: bool | str = False
    ) -> History:
        """Train ``model`` on ``data`` for ``max_epochs`` epochs.

        A network that is no ``d2l.Module`` is wrapped in `Classifier`. Ctrl-C ends the run after
        the current step; the history so far is returned and the last checkpoint stays.
        ``resume=True`` goes on from the checkpoint, ``resume="auto"`` does so if there is one.

        Raises
        ------
        TrainingError
            When the loss is no longer a number.
        CheckpointError
            With ``resume=True``, when there is no checkpoint for this model.
        """
        if not isinstance(model, d2l.Module):
            model = Classifier(model)
        if resume is True and self.checkpoint is None:
            raise ValueError("Trainer: resume=True needs checkpoint=..., the folder to resume.")
        if resume == "auto":
            resume = self.checkpoint is not None and (self.checkpoint / "run.pt").exists()
        processes.start(self.device)
        self.prepare_data(data)
        self.prepare_model(model)
        self.optim = model.configure_optimizers()
        steps = self.max_epochs * self.num_train_batches
        schedule = getattr(model, "configure_schedule", None)
        self.schedule = schedule(self.optim, steps) if schedule and steps else None
        self.history, first = History(about=self.describe(data)), 0
        if resume:
            first = checkpoints.load_run(self)
        if self.verbose and processes.is_first():
            going_on = f", resumed after epoch {first}" if resume else ""
            print(f"training on {describe_device(self.device)}, {self.precision}{going_on}")
        self.train_batch_idx, self.val_batch_idx = first * self.num_train_batches, 0
        try:
            for epoch in range(first, self.max_epochs):
                self.epoch = epoch
                self.fit_epoch()
                if self.checkpoint is not None:
                    if processes.is_first():
                        checkpoints.save_run(self)
                    processes.wait()
                if self.live:
                    self.live = figures.redraw(self.history, self.max_epochs, self.live)
        except KeyboardInterrupt:
            self.history.about["interrupted"] = True
            print(f"stopped by Ctrl-C in epoch {self.epoch + 1}; {self.history}")
        return self.history

    def prepare_data(self, data: d2l.DataModule) -> None:
        """Take the loaders; give each process its share."""
        super().prepare_data(data)
        if self.num_train_batches == 0:
            raise ValueError(
                "Trainer: the data gives no training batch; with drop_last=True there must be at "
                "least one whole batch. Use a smaller batch_size."
            )
        for loader in (self.train_dataloader, self.val_dataloader):
            if isinstance(loader, Batches):
                loader.to(self.device).shard(processes.rank(), processes.world_size())
                loader.seed = processes.agree(loader.seed)
            elif processes.world_size() > 1:
                raise ValueError(
                    "Trainer: several processes share a batch only through utils.FashionMNIST's "
                    f"loader, got {type(loader).__name__}."
                )

    def prepare_model(self, model: d2l.Module) -> None:
        """Move the model to its device; wrap it for several processes if there are."""
        if self.device.type == "cpu":
            keep_memory()
        model.trainer, model.board = self, SilentBoard()
        self.model = model.to(self.device)
        if isinstance(self.train_dataloader, Batches) and not self.train_dataloader.drop_last:
            loader = self.train_dataloader
            refuse_batch_of_one(model, len(loader.images), loader.batch_size)
        if any(p.ndim == 4 for p in model.parameters()):
            self.model = model.to(memory_format=torch.channels_last)
        self.call = self.model
        if processes.world_size() > 1:
            ids = [self.device.index] if self.device.type == "cuda" else None
            self.call = DistributedDataParallel(self.model, device_ids=ids)
        if self.compile:
            self.call = torch.compile(self.call)

    def prepare_batch(self, batch) -> list[Tensor]:
        """Move a batch to the device, images laid out channels last."""
        batch = [tensor.to(self.device, non_blocking=True) for tensor in batch]
        if batch[0].ndim == 4:
            batch[0] = channels_last(batch[0])
        return batch

    def fit_epoch(self) -> None:
        """One pass over the training data, one over the test data."""
        started = time.perf_counter()
        self.model.train()
        losses, rates, sums = [], [], torch.zeros(3, dtype=torch.float64, device=self.device)
        if isinstance(self.train_dataloader, Batches):
            self.train_dataloader.epoch = self.epoch
        with tqdm(
            self.train_dataloader,
            desc=f"epoch {self.epoch + 1}/{self.max_epochs}", leave=False,
            disable=not self.progress, mininterval=0.5, file=sys.stdout,
        ) as bar:  # fmt: skip
            for batch in bar:
                losses.append(self.train_step(self.prepare_batch(batch), sums))
                rates.append(self.last_lr)
                self.train_batch_idx += 1
                if len(losses) % CHECK_EVERY == 0:
                    self.refuse_nan(losses, rates)
        self.refuse_nan(losses, rates)
        count, loss, right = processes.total(sums).tolist()
        seconds = time.perf_counter() - started
        numbers = {
            "train_loss": loss / count, "lr": self.last_lr,
            "seconds": seconds, "images_per_second": count / seconds,
        }  # fmt: skip
        if hasattr(self.model, "accuracy"):
            numbers["train_acc"] = right / count
        if self.num_val_batches:
            numbers |= self.evaluate()
        self.history.append(**numbers)

    def train_step(self, batch: list[Tensor], sums: Tensor) -> Tensor:
        """One step; adds images, loss and right answers to ``sums``; returns the loss."""
        self.last_lr = self.optim.param_groups[0]["lr"]
        self.optim.zero_grad()
        pieces = list(zip(*(tensor.chunk(self.accumulate) for tensor in batch), strict=True))
        losses = []
        for number, piece in enumerate(pieces, start=1):
            part = len(piece[0]) / len(batch[0])
            with self.local() if number < len(pieces) else contextlib.nullcontext():
                losses.append(part * self.backward(piece, self.share(len(batch[0])) * part, sums))
        if self.gradient_clip_val > 0:
            nn.utils.clip_grad_norm_(self.model.parameters(), self.gradient_clip_val)
        self.optim.step()
        if self.schedule is not None:
            self.schedule.step()
        return losses[0] if len(losses) == 1 else torch.stack(losses).sum()

    def backward(self, batch: Sequence[Tensor], weight: float, sums: Tensor) -> Tensor:
        """Add the gradient of ``weight`` times the loss; tally; return the loss."""
        own_step = type(self.model).training_step is not d2l.Module.training_step
        with self.autocast():
            if own_step:
                loss, output = self.model.training_step(batch), None
            else:
                output = self.call(*batch[:-1])
                loss = self.model.loss(output, batch[-1])
        (loss * weight).backward()
        loss = loss.detach().float()
        sums += self.tally(loss, output, batch[-1])
        return loss

    def local(self) -> contextlib.AbstractContextManager:
        """A context in which several processes do not exchange gradients yet."""
        several = processes.world_size() > 1
        return self.call.no_sync() if several else contextlib.nullcontext()

    def tally(self, loss: Tensor, output: Tensor | None, y: Tensor) -> Tensor:
        """Images, summed loss and right answers of a batch, ``(3,)``."""
        right = torch.zeros((), device=self.device)
        if output is not None and hasattr(self.model, "accuracy"):
            right = self.model.accuracy(output.detach(), y, averaged=False).sum()
        n = torch.tensor(float(len(y)), device=self.device)
        return torch.stack([n, loss * n, right])

    def share(self, n: int) -> float:
        """Weight of this process's mean loss, so that averaged gradients are the batch's mean."""
        world = processes.world_size()
        if world == 1:
            return 1.0
        loader = self.train_dataloader
        done = (self.train_batch_idx % self.num_train_batches) * loader.batch_size
        return n * world / min(loader.batch_size, len(loader.images) - done)

    @torch.no_grad()
    def evaluate(self, predict: nn.Module | None = None) -> dict[str, float]:
        """Mean loss and accuracy on the test data, every image counted once.

        ``predict`` gives the logits in the model's place, such as `Averaged`.
        """
        processes.share_buffers(self.model)
        self.model.eval()
        sums = torch.zeros(3, dtype=torch.float64, device=self.device)
        for batch in self.val_dataloader:
            batch = self.prepare_batch(batch)
            if len(batch[0]) == 0:
                continue
            with self.autocast():
                output = (predict or self.model)(*batch[:-1])
                loss = self.model.loss(output, batch[-1]).float()
            sums += self.tally(loss, output, batch[-1])
        count, loss, right = processes.total(sums).tolist()
        numbers = {"val_loss": loss / count}
        if hasattr(self.model, "accuracy"):
            numbers["val_acc"] = right / count
        return numbers

    def autocast(self):
        """The context in which forward passes run."""
        return torch.autocast(
            self.device.type, dtype=torch.bfloat16, enabled=self.precision == "bf16"
        )

    def refuse_nan(self, losses: list[Tensor], rates: list[float]) -> None:
        """Stop when one of the losses since the last look is no number."""
        since = (len(losses) - 1) // CHECK_EVERY * CHECK_EVERY
        recent = torch.stack(losses[since:])
        bad = (~torch.isfinite(recent)).nonzero()
        if len(bad):
            where = since + int(bad[0])
            raise TrainingError(
                f"The training loss became {float(losses[where])} at step "
                f"{self.epoch * self.num_train_batches + where + 1} (epoch {self.epoch + 1}), at "
                f"a learning rate of {rates[where]:.3g}. Try a learning rate ten times smaller, "
                "or gradient_clip_val=1.0; then look for a division by zero or a log of zero in "
                "the model."
            )

    def describe(self, data: d2l.DataModule) -> dict:
        """What a reader of the history needs to know about the run."""
        about = {
            "device": describe_device(self.device),
            "precision": self.precision,
            "processes": processes.world_size(),
            "seed": getattr(data, "seed", None),
            "batch_size": getattr(data, "batch_size", None),
            "source": getattr(data, "source", type(data).__name__),
        }
        for split in ("train", "val"):
            loader = getattr(self, f"{split}_dataloader")
            if isinstance(loader, Batches):
                about[f"{split}_images"] = len(loader.images)
                about["pixels"] = list(loader.size)
        return about
