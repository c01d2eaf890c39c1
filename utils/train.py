"""``python -m utils.train MODEL``: train from the command line what outgrows a notebook.

The same objects as in the notebooks. On several processors or machines, start it with torchrun:

    torchrun --nproc-per-node=2 -m utils.train resnet18 --epochs 2

Each process takes its share of every batch, gradients are averaged, every test image is counted
once, and the first process prints and saves. When a process dies the others end as well, and the
last checkpoint is whole: ``--resume`` goes on from it.
"""

import argparse
import signal
import statistics
import sys
import time
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import torch
from torch import nn

from utils import recordings, resnet
from utils.data import FashionMNIST
from utils.data.batches import AUGMENTATIONS, ERASED
from utils.data.sources import WHOLE, DataError
from utils.device import choose_device
from utils.history import History
from utils.seeding import seed_everything
from utils.training import Trainer, TrainingError, processes
from utils.training.checkpoints import CheckpointError
from utils.training.classifier import Averaged, Classifier

CIFAR_DEPTHS = (14, 20, 32, 44, 56, 110)
MODELS = {
    "resnet8": resnet.resnet8,
    "wide14": resnet.wide14,
    **{name: lambda name=name, **o: resnet.from_table_1(name, **o) for name in resnet.TABLE_1},
    "plain18": resnet.plain18,
    **{f"resnet{d}": lambda d=d, **o: resnet.cifar_resnet(d, **o) for d in CIFAR_DEPTHS},
    **{
        f"plain{d}": lambda d=d, **o: resnet.cifar_resnet(d, shortcut="none", **o)
        for d in CIFAR_DEPTHS
    },
}
# What decides where and how often a run is made, not what comes out.
NOT_SETTINGS = ("seeds", "checkpoint", "resume", "record", "data", "device", "compile")
# Defaults that differ, by the word that stands in the model's place.
RECIPES: dict[str, dict[str, Any]] = {
    "fast": {"model": "resnet8", "epochs": 2, "batch_size": 128, "lr": 0.2},
    "five-minutes": {
        "model": "resnet8", "epochs": 16, "batch_size": 128, "lr": 0.2, "augment": ["flip"],
        "views": 6,
    },
    "accurate": {
        "model": "wide14", "epochs": 20, "batch_size": 128, "lr": 0.1, "label_smoothing": 0.1,
        "augment": ["flip", "crop", "erase"], "views": 6,
    },
}  # fmt: skip


class ReportingTrainer(Trainer):
    """A `Trainer` that prints a line after every epoch."""

    def fit_epoch(self) -> None:
        super().fit_epoch()
        if processes.is_first():
            numbers = {name: values[-1] for name, values in self.history.curves().items() if values}
            print(
                f"epoch {self.epoch + 1}/{self.max_epochs}: loss {numbers['train_loss']:.4f}, test "
                f"accuracy {numbers['val_acc']:.4f}, {numbers['seconds']:.1f} s, "
                f"{numbers['images_per_second']:,.0f} images/s",
                flush=True,
            )


def as_options(recipe: dict[str, Any]) -> str:
    """A recipe as one would type it."""
    words = [str(recipe["model"])]
    for key, value in recipe.items():
        if key != "model":
            values = value if isinstance(value, list) else [value]
            words += [f"--{key.replace('_', '-')}", *map(str, values)]
    return " ".join(words)


def after_help() -> str:
    """What stands below the options: the recipes, and three commands to begin with."""
    recipes = "\n".join(f"  {name:13} {as_options(recipe)}" for name, recipe in RECIPES.items())
    return f"""recipes, short for these words (an option given beside one replaces its own):
{recipes}

examples:
  python -m utils.train fast --seeds 0 1 2 --record mine
  python -m utils.train resnet18 --epochs 10 --resize 96 --checkpoint runs/mine --resume
  torchrun --nproc-per-node=2 -m utils.train resnet18 --epochs 10 --resize 96
"""


def parser() -> argparse.ArgumentParser:
    """The command line's parser."""
    top = argparse.ArgumentParser(
        prog="python -m utils.train", allow_abbrev=False,
        description="Train from the command line what outgrows a notebook.",
        formatter_class=argparse.RawDescriptionHelpFormatter, epilog=after_help(),
    )  # fmt: skip
    add = top.add_argument
    add(
        "model", choices=[*RECIPES, *MODELS], metavar="MODEL",
        help=f"{', '.join(MODELS)}; or a recipe: {', '.join(RECIPES)}",
    )  # fmt: skip
    # fmt: off
    add = top.add_argument_group("data").add_argument
    add("--batch-size", type=int, default=256, metavar="N",
        help="images a step, all processes together (default: %(default)s)")
    add("--resize", type=int, default=28, metavar="PIXELS",
        help="pixels a side (default: %(default)s)")
    add("--subset", type=int, metavar="N",
        help="train on so many images only, the same number of every class (default: all)")
    add("--test-subset", type=int, default=WHOLE[1], metavar="N",
        help="test on at most so many images (default: %(default)s, which is all)")
    add("--progressive", nargs="*", type=int, default=[], metavar="PIXELS",
        help="pixels a side in the first epochs, one number each (default: --resize in all)")
    add("--augment", nargs="*", default=[], choices=AUGMENTATIONS, metavar="HOW",
        help="flip: mirror half of the images; crop: shift by up to two pixels; erase: blank a "
        f"square of {ERASED} pixels (default: none)")
    add("--data", type=Path, metavar="FOLDER",
        help="where the four files of Fashion-MNIST are (default: where they are usually kept)")
    add = top.add_argument_group("training").add_argument
    add("--epochs", type=int, default=10, metavar="N",
        help="passes through the training images (default: %(default)s)")
    add("--lr", type=float, default=0.1, metavar="RATE",
        help="learning rate at its peak (default: %(default)s)")
    add("--schedule", choices=["onecycle", "constant"], default="onecycle",
        help="how the learning rate goes: up and down once, or not at all (default: %(default)s)")
    add("--weight-decay", type=float, default=5e-4, metavar="RATE",
        help="pull of the weights towards 0 (default: %(default)s)")
    add("--label-smoothing", type=float, default=0.0, metavar="SHARE",
        help="of the target, spread over all classes alike (default: %(default)s)")
    add("--views", type=int, default=1, choices=Averaged.VIEWS,
        help="in the end, test the mean over so many views of each image as well "
        "(default: %(default)s)")
    add("--accumulate", type=int, default=1, metavar="N",
        help="compute a batch in so many pieces, to save memory (default: %(default)s)")
    add("--precision", choices=["auto", "fp32", "bf16"], default="auto",
        help="numbers of 32 bits, or mostly of 16; auto takes bf16 on a GPU that has it, else fp32 "
        "(default: %(default)s)")
    add("--device", default="auto",
        help="cpu, cuda, cuda:1 or mps; auto takes a GPU if there is one (default: %(default)s)")
    add("--compile", action="store_true", help="use torch.compile (default: no)")
    add = top.add_argument_group("run").add_argument
    add("--seeds", type=int, nargs="+", default=[0], metavar="SEED",
        help="one run each (default: 0)")
    add("--checkpoint", type=Path, metavar="FOLDER",
        help="keep the run there, epoch by epoch; several seeds in a folder each (default: no)")
    add("--resume", action="store_true",
        help="go on from --checkpoint, if something is there (default: no)")
    add("--record", metavar="NAME",
        help="keep the histories in results/NAME.json; what is there is not run again "
        "(default: no)")
    # fmt: on
    return top


def parse(arguments: list[str] | None) -> argparse.Namespace:
    """The settings; a recipe's name stands for its model and its defaults."""
    given = list(sys.argv[1:] if arguments is None else arguments)
    top = parser()
    recipe = RECIPES.get(top.parse_args(given).model, {})
    top.set_defaults(**{key: value for key, value in recipe.items() if key != "model"})
    settings = top.parse_args(given)
    settings.model = recipe.get("model", settings.model)
    if settings.resume and settings.checkpoint is None:
        top.error("--resume needs --checkpoint, the folder of the run to go on with.")
    return settings


def train(settings: argparse.Namespace, seed: int) -> History:
    """One run of ``settings`` with ``seed``."""
    seed_everything(seed)
    net: nn.Module = MODELS[settings.model]()
    data = FashionMNIST(
        settings.batch_size, settings.resize, settings.subset, settings.augment,
        root=settings.data, seed=seed, verbose=processes.is_first(),
        progressive=settings.progressive, test_subset=settings.test_subset,
    )  # fmt: skip
    model = Classifier(
        net, settings.lr, weight_decay=settings.weight_decay, schedule=settings.schedule,
        label_smoothing=settings.label_smoothing,
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
    if settings.views > 1 and not history.about.get("interrupted"):
        found = trainer.evaluate(Averaged(trainer.model, settings.views))
        history.about |= {"views": settings.views, "averaged_acc": found["val_acc"]}
    return history


def decisive(settings: argparse.Namespace) -> dict[str, Any]:
    """The settings on which it depends what comes out of a run."""
    return {key: value for key, value in vars(settings).items() if key not in NOT_SETTINGS}


def run_all(settings: argparse.Namespace, study: recordings.Study | None = None) -> list[History]:
    """All seeds, recorded if asked for; one that is recorded already is told, and not run again."""
    if study is None:
        keep = settings.record is not None and processes.is_first()
        plan = SimpleNamespace(**decisive(settings))
        study = recordings.Study(settings.record or "", plan, recordings.FOLDER, keep)
    # The first process alone reads and writes; the others must skip what it skips, or wait for it
    # without end.
    processes.start(choose_device(settings.device))
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
        histories.append(study.measure(key, lambda seed=seed: train(settings, seed)))
        if histories[-1].about.get("interrupted"):
            break
    return histories


def summary(histories: list[History]) -> str:
    """The test accuracies of all runs in words, and below them those of averaged views."""
    lines = [f"test accuracy {spread([h.val_acc[-1] for h in histories if h.val_acc])}"]
    averaged = [h.about["averaged_acc"] for h in histories if "averaged_acc" in h.about]
    if averaged:
        views = histories[0].about["views"]
        lines.append(f"averaged over {views} views of each image {spread(averaged)}")
    return "\n".join(lines)


def spread(accuracies: list[float]) -> str:
    """Each of some accuracies; of several, their mean and standard deviation."""
    words = " ".join(f"{accuracy:.4f}" for accuracy in accuracies)
    if len(accuracies) < 2:
        return words or "not measured"
    return (
        f"{words}; mean {statistics.mean(accuracies):.4f}, standard deviation "
        f"{statistics.stdev(accuracies):.4f}"
    )


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
    shared = processes.world_size() > 1
    if shared:
        signal.signal(signal.SIGTERM, ended)
    try:
        histories = run_all(settings)
        if processes.is_first():
            print(summary(histories))
        return 130 if any(h.about.get("interrupted") for h in histories) else 0
    except (ValueError, DataError, CheckpointError, TrainingError) as error:
        print(error, file=sys.stderr)
        return 2
    except RuntimeError as error:
        if not shared or not processes.is_about_others(error):
            raise
        print(lost(f"another one died ({str(error).splitlines()[0][:100]})"), file=sys.stderr)
        return 1
    finally:
        processes.stop()


if __name__ == "__main__":
    sys.exit(main())
