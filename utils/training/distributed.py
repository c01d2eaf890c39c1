"""`DistributedTrainer`: for what outgrows a notebook. The command line `utils.train` uses it."""

import contextlib
from collections.abc import Iterable, Iterator
from typing import Any

import torch
from d2l import torch as d2l
from torch import Tensor, nn
from torch.nn.parallel import DistributedDataParallel

from utils.data.batches import Batches
from utils.training import guards, processes
from utils.training.steps import Step, correct_answers
from utils.training.trainer import Trainer


class DistributedTrainer(Trainer):
    """A `Trainer` for several processes, for batches computed in pieces, for compiled networks.

    Under ``torchrun`` each process takes its share of every batch and gradients are averaged: the
    same curve as one process, up to rounding, except that BatchNorm normalises each share by its
    own statistics, and that a last batch with fewer images than processes is left out. The first
    process prints and saves. Without ``torchrun`` there is one process.

    Parameters
    ----------
    max_epochs, num_gpus, device, **options
        As of `Trainer`. Where several processes share a machine, ``"auto"`` and ``"cuda"`` give
        each a GPU of its own.
    accumulate : int
        Gradient accumulation: compute each batch in so many pieces, one after the other, and step
        once. The same gradient for a fraction of the memory, except that BatchNorm normalises
        piece by piece.
    compile : bool
        Use ``torch.compile``.
    """

    def __init__(
        self,
        max_epochs: int,
        num_gpus: int | None = None,
        *,
        device: str = "auto",
        accumulate: int = 1,
        compile: bool = False,
        **options: Any,
    ) -> None:
        if not isinstance(accumulate, int) or accumulate < 1:
            raise ValueError(f"Trainer: accumulate must be 1 or more, got {accumulate!r}.")
        device = str(processes.own_device("cuda" if num_gpus else device))
        super().__init__(max_epochs, device=device, **options)
        self.accumulate, self.compile = accumulate, compile
        self.world = processes.world_size()
        self.progress = self.progress and processes.is_first()
        self.live = self.live and processes.is_first()

    def start(self) -> None:
        """Join the other processes."""
        processes.start(self.device)

    def say(self, words: str) -> None:
        """Print ``words`` once, not once in every process."""
        if processes.is_first():
            super().say(words)

    def prepare_data(self, data: d2l.DataModule) -> None:
        """Take the loaders; give each process its share of their batches."""
        super().prepare_data(data)
        if self.world == 1:
            return
        for loader in self.loaders():
            if not isinstance(loader, Batches):
                raise ValueError(
                    "Trainer: several processes share a batch only through utils.FashionMNIST's "
                    f"loader, got {type(loader).__name__}."
                )
            loader.shard(processes.rank(), self.world)
            loader.seed = processes.agree(loader.seed)
        loader = self.train_dataloader
        if (images := min(loader.batch_size, len(loader.images))) < self.world:
            raise ValueError(
                f"Trainer: {self.world} processes can't share a batch of {images}, since some "
                f"would have no image. Start at most {images} processes, or choose a batch_size "
                f"of at least {self.world}."
            )
        self.num_train_batches = len(loader)  # sharing may have left out the last one
        guards.refuse_no_batch(self)

    def prepare_model(self, model: d2l.Module) -> None:
        """Move the model to its device; let processes exchange its gradients; compile it."""
        super().prepare_model(model)
        step: nn.Module = Step(self.model)
        if self.world > 1:
            ids = [self.device.index] if self.device.type == "cuda" else None
            step = self.exchanging = DistributedDataParallel(step, device_ids=ids)
        self.compute = torch.compile(step) if self.compile else step

    def refuse_one_value(self) -> None:
        """As `Trainer`, with the pieces in mind."""
        guards.refuse_one_value(self, self.accumulate)

    def batches(self, loader: Iterable[Iterable[Tensor]]) -> Iterator[list[Tensor]]:
        """The loader's batches, prepared; of a small one this process's share may be empty."""
        return (batch for batch in super().batches(loader) if len(batch[0]))

    def backward(self, batch: list[Tensor]) -> tuple[Tensor, Tensor | None]:
        """Compute the gradient, piece by piece; exchange it with the last one."""
        pieces = list(zip(*(tensor.chunk(self.accumulate) for tensor in batch), strict=True))
        losses, correct = [], []
        for number, piece in enumerate(pieces, start=1):
            part = len(piece[0]) / len(batch[0])
            exchanged = self.world == 1 or number == len(pieces)
            with contextlib.nullcontext() if exchanged else self.exchanging.no_sync():
                with self.autocast():
                    loss, output = self.compute(*piece)
                (loss * (part * self.weight(len(batch[0])))).backward()
            losses.append(part * loss.detach())
            correct.append(correct_answers(self.model, output, piece[-1]))
        known = [count for count in correct if count is not None]
        return torch.stack(losses).sum(), torch.stack(known).sum() if known else None

    def weight(self, images: int) -> float:
        """Weight of this process's mean loss over ``images`` images.

        The exchange averages over processes, and their shares differ in size by an image: with
        these weights the result is the mean over the images of the whole batch.
        """
        if self.world == 1:
            return 1.0
        loader = self.train_dataloader
        done = (self.train_batch_idx - self.epoch * self.num_train_batches) * loader.batch_size
        return images * self.world / min(loader.batch_size, len(loader.images) - done)

    def evaluate(self, predict: nn.Module | None = None, test: bool = False) -> dict[str, float]:
        """As `Trainer.evaluate`; every process tests its share of the first one's network."""
        processes.share_buffers(self.model)
        return super().evaluate(predict, test)

    def total(self, sums: list[float]) -> list[float]:
        """``sums`` over all processes."""
        if self.world == 1:
            return sums
        values = torch.tensor(sums, dtype=torch.float64, device=self.device)
        return processes.total(values).tolist()
