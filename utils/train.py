"""``python -m utils.train MODEL``: train from the command line what outgrows a notebook.

The same objects as in the notebooks. On several processors or machines, start it with torchrun:

    torchrun --nproc-per-node=2 -m utils.train resnet18 --epochs 2

Each process takes its share of every batch, gradients are averaged, every test image is counted
once, and the first process prints and saves. When a process dies the others end as well, and the
last checkpoint is whole: ``--resume`` goes on from it.
"""

import argparse
import signal
import sys
import time
from functools import partial
from types import SimpleNamespace

import torch

from utils import recordings
from utils.data import CIFAR10, FashionMNIST
from utils.data.sources import DataError
from utils.history import History, spread
from utils.seeding import seed_everything
from utils.training import (
    Averaged,
    CheckpointError,
    Classifier,
    DistributedTrainer,
    TrainingError,
    processes,
)
from utils.training.options import MODELS, decisive, parse

WORDS = {"test": "test", "val": "validation"}


class ReportingTrainer(DistributedTrainer):
    """A trainer that prints a line after every epoch."""

    def fit_epoch(self) -> dict[str, float]:
        numbers = super().fit_epoch()
        on = WORDS[self.evaluated]
        self.say(
            f"epoch {self.epoch + 1}/{self.max_epochs}: loss {numbers['train_loss']:.4f}, {on} "
            f"accuracy {numbers[f'{self.evaluated}_acc']:.4f}, {numbers['seconds']:.1f} s, "
            f"{numbers['images_per_second']:,.0f} images/s"
        )
        return numbers


def images(settings: argparse.Namespace, seed: int) -> FashionMNIST | CIFAR10:
    """The data set that ``settings`` name."""
    if settings.dataset == "cifar10":
        if settings.data is None:
            raise ValueError("--dataset cifar10 needs --data, the folder with its binary version.")
        if settings.resize not in (28, 32) or settings.progressive:
            raise ValueError("--resize and --progressive are Fashion-MNIST's; CIFAR-10 has 32x32.")
        return CIFAR10(
            settings.data, settings.batch_size, settings.subset, settings.augment,
            held_out=settings.held_out, test_subset=settings.test_subset, seed=seed,
            verbose=processes.is_first(),
        )  # fmt: skip
    return FashionMNIST(
        settings.batch_size, settings.resize, settings.subset, settings.augment,
        root=settings.data, seed=seed, verbose=processes.is_first(),
        progressive=settings.progressive, test_subset=settings.test_subset,
        held_out=settings.held_out,
    )  # fmt: skip


def train(settings: argparse.Namespace, seed: int) -> History:
    """One run of ``settings`` with ``seed``."""
    seed_everything(seed)
    data = images(settings, seed)
    net = MODELS[settings.model](in_channels=data.train[0].shape[1])
    model = Classifier(
        net, settings.lr, weight_decay=settings.weight_decay, schedule=settings.schedule,
        label_smoothing=settings.label_smoothing, nesterov=settings.momentum == "nesterov",
        warmup=settings.warmup,
    )  # fmt: skip
    folder = settings.checkpoint
    if folder is not None and len(settings.seeds) > 1:
        folder = folder / f"seed-{seed}"
    trainer = ReportingTrainer(
        settings.epochs, device=settings.device, precision=settings.precision,
        compile=settings.compile, checkpoint=folder, accumulate=settings.accumulate,
        progress=sys.stdout.isatty() and processes.is_first(),
    )  # fmt: skip
    # All begin with the same weights; what is drawn from here on (dropout) each draws for itself.
    torch.manual_seed(seed + 1_000 * processes.rank())
    began = time.perf_counter()
    history = trainer.fit(model, data, resume="auto" if settings.resume else False)
    history.about |= {"model": settings.model, "wall_seconds": time.perf_counter() - began}
    if settings.held_out and not history.about.get("interrupted"):
        history.about["test_acc"] = trainer.evaluate(test=True)["test_acc"]  # asked once, now
    if settings.views > 1 and not history.about.get("interrupted"):
        found = trainer.evaluate(Averaged(trainer.model, settings.views), test=True)
        history.about |= {"views": settings.views, "averaged_acc": found["test_acc"]}
    return history


def run_all(settings: argparse.Namespace, study: recordings.Study | None = None) -> list[History]:
    """All seeds, recorded if asked for; one that is recorded already is told, and not run again."""
    if study is None:
        keep = settings.record is not None and processes.is_first()
        plan = SimpleNamespace(**decisive(settings))
        study = recordings.Study(settings.record or "", plan, recordings.FOLDER, keep)
    # The first process alone reads and writes; the others must skip what it skips, or wait for it
    # without end.
    processes.start(processes.own_device(settings.device))
    recorded = processes.agree(list(study.entries))
    histories = []
    for seed in settings.seeds:
        key = f"seed {seed}"
        if key in recorded:
            if not processes.is_first():
                continue
            machine = study.entries[key]["machine"]
            print(
                f"{key}: not run, taken from {study.path.name}, recorded {machine['date']} on "
                f"{machine['device']}"
            )
        history = study.measure(key, partial(train, settings, seed))
        assert isinstance(history, History)
        histories.append(history)
        if history.about.get("interrupted"):
            break
    return histories


def summary(histories: list[History]) -> str:
    """The accuracies of all runs in words, and below them those of averaged views."""
    lines = []
    for name, words in reversed(WORDS.items()):
        curves = [getattr(h, f"{name}_acc") for h in histories]
        last = [curve[-1] for curve in curves if curve]
        last += [h.about["test_acc"] for h in histories if name == "test" and "test_acc" in h.about]
        if last:
            lines.append(f"{words} accuracy {spread(last)}")
    lines = lines or [f"test accuracy {spread([])}"]
    averaged = [h.about["averaged_acc"] for h in histories if "averaged_acc" in h.about]
    if averaged:
        views = histories[0].about["views"]
        lines.append(f"averaged over {views} views of each image {spread(averaged)}")
    return "\n".join(lines)


def ended(number: int, frame: object) -> None:
    """torchrun ends the other processes when one has died."""
    raise SystemExit(lost("torchrun ended this process, because another one died"))


def lost(why: str) -> str:
    """The sentence about a process that died."""
    return (
        f"process {processes.rank()} of {processes.world_size()}: {why}. The last checkpoint is "
        "whole; run the same command with --resume."
    )


def main(arguments: list[str] | None = None) -> int:
    """Do what the command line asks; return the exit status."""
    settings = parse(arguments)
    try:
        if processes.world_size() > 1:
            signal.signal(signal.SIGTERM, ended)
        histories = run_all(settings)
        if processes.is_first():
            print(summary(histories))
        return 130 if any(h.about.get("interrupted") for h in histories) else 0
    except (ValueError, DataError, CheckpointError, TrainingError) as error:
        print(error, file=sys.stderr)
        return 2
    except RuntimeError as error:
        if processes.world_size() == 1 or not processes.is_about_others(error):
            raise
        print(lost(f"another one died ({str(error).splitlines()[0][:100]})"), file=sys.stderr)
        return 1
    finally:
        processes.stop()


if __name__ == "__main__":
    sys.exit(main())
