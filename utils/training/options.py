"""The options of the command line `utils.train`, and the recipes that stand for some of them."""

import argparse
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from torch import nn

from utils import resnet
from utils.data.batches import AUGMENTATIONS, ERASED
from utils.data.sources import WHOLE
from utils.training.averaged import Averaged
from utils.training.classifier import SCHEDULES

CIFAR_DEPTHS = (14, 20, 32, 44, 56, 110)
MODELS: dict[str, Callable[..., nn.Module]] = {
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
# Came later: where they have their defaults, runs recorded before are still the same runs.
LATER = {"dataset": "fashion-mnist", "held_out": 0, "momentum": "nesterov", "warmup": 0}
# He et al. 2016a, section 4.2. 164 passes of 391 batches make the paper's 64,000 steps.
CIFAR: dict[str, Any] = {
    "dataset": "cifar10", "epochs": 164, "batch_size": 128, "lr": 0.1, "schedule": "milestones",
    "momentum": "plain", "weight_decay": 1e-4, "augment": ["flip", "crop"],
}  # fmt: skip
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
    "cifar20": {"model": "resnet20", **CIFAR},
    "cifar110": {"model": "resnet110", **CIFAR, "warmup": 400},
}  # fmt: skip


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


def folder(words: str) -> Path:
    """The folder that someone typed; ``~`` is the home folder, quoted or not."""
    try:
        return Path(words).expanduser()
    except RuntimeError as error:
        raise argparse.ArgumentTypeError(
            f"{words!r} can't be found ({error}); write the folder out in full."
        ) from None


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
    add("--dataset", choices=["fashion-mnist", "cifar10"], default="fashion-mnist",
        help="what to learn; for cifar10 say with --data where its binary version is (default: "
        "%(default)s)")
    add("--batch-size", type=int, default=256, metavar="N",
        help="images a step, all processes together (default: %(default)s)")
    add("--resize", type=int, default=28, metavar="PIXELS",
        help="pixels a side (default: %(default)s)")
    add("--subset", type=int, metavar="N",
        help="train on so many images only, the same number of every class (default: all)")
    add("--test-subset", type=int, default=WHOLE[1], metavar="N",
        help="test on at most so many images (default: %(default)s, which is all)")
    add("--held-out", type=int, default=0, metavar="N",
        help="keep so many training images as a validation set, and report on them (default: none)")
    add("--progressive", nargs="*", type=int, default=[], metavar="PIXELS",
        help="pixels a side in the first epochs, one number each (default: --resize in all)")
    add("--augment", nargs="*", default=[], choices=AUGMENTATIONS, metavar="HOW",
        help="flip: mirror half of the images; crop: shift by up to two pixels, four in CIFAR-10; "
        f"erase: blank a square of {ERASED} pixels (default: none)")
    add("--data", type=folder, metavar="FOLDER",
        help="where the files of the data set are (default: where Fashion-MNIST's usually are)")
    add = top.add_argument_group("training").add_argument
    add("--epochs", type=int, default=10, metavar="N",
        help="passes through the training images (default: %(default)s)")
    add("--lr", type=float, default=0.1, metavar="RATE",
        help="learning rate at its peak (default: %(default)s)")
    add("--schedule", choices=SCHEDULES, default="onecycle",
        help="how the learning rate goes: up and down once, down to a tenth at a half and at three "
        "quarters, or not at all (default: %(default)s)")
    add("--warmup", type=int, default=0, metavar="STEPS",
        help="so many steps at a tenth of the rate, before milestones (default: none)")
    add("--momentum", choices=["nesterov", "plain"], default="nesterov",
        help="which kind; 0.9 of it in both (default: %(default)s)")
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
    add("--checkpoint", type=folder, metavar="FOLDER",
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


def decisive(settings: argparse.Namespace) -> dict[str, Any]:
    """The settings on which it depends what comes out of a run."""
    return {
        key: value for key, value in vars(settings).items()
        if key not in NOT_SETTINGS and not (key in LATER and value == LATER[key])
    }  # fmt: skip
