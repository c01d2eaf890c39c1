"""`Loop`: an epoch, a step, a test. `utils.training.trainer.Trainer` makes a run of it."""

import sys
import time
from collections.abc import Iterable, Iterator
from contextlib import AbstractContextManager, nullcontext

import torch
from d2l import torch as d2l
from torch import Tensor, nn
from tqdm import tqdm

from utils.data.batches import Batches, channels_last
from utils.device import choose_device, choose_precision
from utils.display import SilentBoard
from utils.training import guards
from utils.training.memory import keep_memory
from utils.training.steps import correct_answers, has_own_step, loss_and_output
from utils.training.tally import Tally


class Loop(d2l.Trainer):
    """The loop of a lesson, on one device; parameters as of `Trainer`.

    ``optim``, ``schedule`` and ``epoch`` (from 0) are set by whoever runs it.
    """

    def __init__(
        self, max_epochs: int, num_gpus: int | None, gradient_clip_val: float, device: str,
        precision: str, progress: bool,
    ) -> None:  # fmt: skip
        d2l.HyperParameters.__init__(self)
        guards.refuse_settings(max_epochs, gradient_clip_val)
        self.save_hyperparameters(ignore=["device", "precision", "progress"])
        self.progress = progress
        self.device = choose_device("cuda" if num_gpus else device)
        self.gpus = [self.device] if self.device.type == "cuda" else []
        self.precision = choose_precision(precision, self.device)

    def prepare_data(self, data: d2l.DataModule) -> None:
        """Take the loaders, with their images on the device if they fit."""
        super().prepare_data(data)
        guards.refuse_no_batch(self)
        self.evaluated = getattr(data, "evaluated", "val")  # d2l's modules call their tests so
        self.test_dataloader = self.val_dataloader
        if self.evaluated == "val" and hasattr(data, "test_dataloader"):
            self.test_dataloader = data.test_dataloader()
        for loader in self.loaders():
            if isinstance(loader, Batches):
                loader.to(self.device)

    def loaders(self) -> list[Iterable[Iterable[Tensor]]]:
        """All that there are: for training, to evaluate on, to test on."""
        found = (self.train_dataloader, self.val_dataloader, self.test_dataloader)
        return [loader for loader in found if loader is not None]

    def prepare_model(self, model: d2l.Module) -> None:
        """Move the model to the device, filters laid out channels last."""
        if self.device.type == "cpu":
            keep_memory()
        model.trainer, model.board = self, SilentBoard()
        self.model = model.to(self.device)
        if any(p.ndim == 4 for p in model.parameters()):
            self.model = model.to(memory_format=torch.channels_last)

    def prepare_batch(self, batch: Iterable[Tensor]) -> list[Tensor]:
        """Move a batch to the device, images laid out channels last."""
        tensors = [tensor.to(self.device, non_blocking=True) for tensor in batch]
        if tensors[0].ndim == 4:
            tensors[0] = channels_last(tensors[0])
        return tensors

    def batches(self, loader: Iterable[Iterable[Tensor]]) -> Iterator[list[Tensor]]:
        """The loader's batches, prepared."""
        return map(self.prepare_batch, loader)

    def fit_epoch(self) -> dict[str, float]:
        """One pass over the training data, one to evaluate; what `History` keeps of them."""
        started = time.perf_counter()
        self.model.train()
        if isinstance(self.train_dataloader, Batches):
            self.train_dataloader.epoch = self.epoch
        tally, rates = Tally(), []
        with tqdm(self.train_dataloader, desc=f"epoch {self.epoch + 1}/{self.max_epochs}",
                  leave=False, disable=not self.progress, mininterval=0.5,
                  file=sys.stdout) as bar:  # fmt: skip
            for batch in self.batches(bar):
                rates.append(self.optim.param_groups[0]["lr"])
                tally.add(len(batch[0]), *self.train_step(batch))
                self.train_batch_idx += 1
                if len(rates) % guards.CHECK_EVERY == 0:
                    guards.refuse_nan(self, tally, rates)
        guards.refuse_nan(self, tally, rates)
        images, loss, correct = self.total(tally.sums())
        seconds = time.perf_counter() - started
        numbers = {"train_loss": loss / images, "lr": rates[-1], "seconds": seconds,
                   "images_per_second": images / seconds}  # fmt: skip
        if hasattr(self.model, "accuracy") and not has_own_step(self.model):
            numbers["train_acc"] = correct / images
        return numbers | self.evaluate() if self.num_val_batches else numbers

    def train_step(self, batch: list[Tensor]) -> tuple[Tensor, Tensor | None]:
        """One step: the batch's mean loss, and how many it classifies correctly, if known."""
        self.optim.zero_grad()
        loss, correct = self.backward(batch)
        if self.gradient_clip_val > 0:
            nn.utils.clip_grad_norm_(self.model.parameters(), self.gradient_clip_val)
        self.optim.step()
        if self.schedule is not None:
            self.schedule.step()
        return loss, correct

    def backward(self, batch: list[Tensor]) -> tuple[Tensor, Tensor | None]:
        """Compute the gradient; return what `train_step` does."""
        with self.autocast():
            loss, output = loss_and_output(self.model, batch)
        loss.backward()
        return loss.detach(), correct_answers(self.model, output, batch[-1])

    @torch.no_grad()
    def evaluate(self, predict: nn.Module | None = None, test: bool = False) -> dict[str, float]:
        """Mean loss and accuracy, every image counted once, as `History` names them.

        On the test images, or on the validation set if there is one and ``test`` is not set.
        ``predict`` gives the logits in the model's place, such as `Averaged`. Leaves the model
        in eval mode.
        """
        self.model.eval()
        name = "test" if test else self.evaluated
        tally = Tally()
        for batch in self.batches(self.test_dataloader if test else self.val_dataloader):
            with self.autocast():
                output = (predict or self.model)(*batch[:-1])
                loss = self.model.loss(output, batch[-1])
            tally.add(len(batch[0]), loss, correct_answers(self.model, output, batch[-1]))
        images, loss, correct = self.total(tally.sums())
        numbers = {f"{name}_loss": loss / images}
        if hasattr(self.model, "accuracy"):
            numbers[f"{name}_acc"] = correct / images
        return numbers

    def autocast(self) -> AbstractContextManager[object]:
        """The context in which forward passes run."""
        if self.precision == "fp32":  # not every device has autocast to switch off
            return nullcontext()
        return torch.autocast(self.device.type, dtype=torch.bfloat16)

    def total(self, sums: list[float]) -> list[float]:
        """``sums`` over all processes: here there is one."""
        return sums
