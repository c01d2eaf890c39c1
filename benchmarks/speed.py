"""How fast this course trains, beside what a reader would use instead: d2l's Trainer and loader.

    python -m benchmarks.speed [training] [data] [target] [start-up] [--rounds 3]

Contestants take turns, so that a slow minute of the machine hits both; medians of the rounds are
compared. Every measurement is written to ``results/speed-*.json`` at once, with machine and
versions, and a run that was stopped goes on; ``--fresh`` begins anew.
"""

import argparse
import collections
import itertools
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from types import SimpleNamespace

import torch
import torchvision
from d2l import torch as d2l
from torch import nn
from torch.nn import functional as F
from torchvision import transforms
from tqdm import tqdm

from utils import results, runtime, sources, train
from utils.classifier import Classifier
from utils.data import FashionMNIST
from utils.inspection import summary
from utils.resnet import resnet18
from utils.runtime import seed_everything
from utils.training import Trainer

BATCH, PIXELS = 128, 96
IMAGES, TESTED = 1_280, 256
JAVA_ACCURACY, JAVA_EPOCHS = 0.893, 10  # Dive into Deep Learning, Java edition, section 7.6


class D2LFashionMNIST(d2l.FashionMNIST):
    """d2l's data with its own loader, on fewer images; read from this machine's files."""

    def __init__(self, batch_size: int, size: int, images: int, tested: int, augment=()):
        d2l.HyperParameters.__init__(self)
        self.root, self.num_workers, self.batch_size = None, 4, batch_size
        steps = [transforms.Resize((size, size)), *augment, transforms.ToTensor()]
        arrays, _ = sources.locate(None, False)
        for name, count in (("train", images), ("val", tested)):
            pixels, labels = arrays[name]
            data = torchvision.datasets.FashionMNIST.__new__(torchvision.datasets.FashionMNIST)
            data.data = torch.from_numpy(pixels[:count].copy())
            data.targets = torch.from_numpy(labels[:count].copy()).long()
            data.transform, data.target_transform = transforms.Compose(steps), None
            setattr(self, name, data)


class D2LClassifier(d2l.Classifier):
    """A network as d2l's chapters train it: plain stochastic gradient descent."""

    def __init__(self, net: nn.Module, lr: float):
        super().__init__()
        self.save_hyperparameters(ignore=["net"])
        self.net = net


def interleaved(
    study: results.Study, contestants: Mapping[str, Callable[[], dict]], rounds: int
) -> dict[str, list[dict]]:
    """Measure each contestant once a round."""
    found: dict[str, list[dict]] = {name: [] for name in contestants}
    plan = [(number, name) for number in range(rounds) for name in contestants]
    for number, name in tqdm(plan, desc=study.name, disable=None):
        found[name].append(study.measure(f"{name}, round {number + 1}", contestants[name]))
    return found


def timed(work: Callable[[], object]) -> float:
    """Seconds that ``work`` takes."""
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


def gemm() -> dict:
    """Multiply-adds a second of this machine in float32: its limit.

    The fastest of three, since libraries differ: ``torch.mm``, and convolutions of 1x1 and 3x3,
    which are matrix products to the library that computes them.
    """
    square = torch.rand(2048, 2048)
    images = torch.rand(16, 256, 32, 32).to(memory_format=torch.channels_last)
    rates = {"mm": 2048**3 / fastest(lambda: torch.mm(square, square))}
    for kernel in (1, 3):
        weight = torch.rand(256, 256, kernel, kernel).to(memory_format=torch.channels_last)
        seconds = fastest(lambda w=weight, k=kernel: F.conv2d(images, w, padding=k // 2))
        rates[f"{kernel}x{kernel}"] = weight.numel() * 16 * 32 * 32 / seconds
    return {"multiply_adds_per_second": max(rates.values()), **rates}


def fastest(work: Callable[[], object]) -> float:
    """The smallest of five times, in seconds, after one to warm up."""
    work()
    return min(timed(work) for _ in range(5))


def train_ours() -> dict:
    """Images a second of an epoch with our loader and trainer, evaluation included."""
    seed_everything(0)
    data = FashionMNIST(BATCH, PIXELS, IMAGES, seed=0, verbose=False)
    data.val = tuple(part[:TESTED] for part in data.val)
    model = Classifier(resnet18(), lr=0.1)
    trainer = Trainer(1, device="cpu", progress=False, live=False, verbose=False)
    return {"images_per_second": IMAGES / timed(lambda: trainer.fit(model, data))}


def train_d2l() -> dict:
    """The same with d2l's."""
    seed_everything(0)
    data = D2LFashionMNIST(BATCH, PIXELS, IMAGES, TESTED)
    model = D2LClassifier(resnet18(), lr=0.1)
    model.board.display = False
    trainer = d2l.Trainer(max_epochs=1)
    return {"images_per_second": IMAGES / timed(lambda: trainer.fit(model, data))}


def training(rounds: int, fresh: bool) -> str:
    """(a) ResNet-18 at 96 x 96, batch 128."""
    study = begin("speed-training", fresh, images=IMAGES, tested=TESTED, pixels=PIXELS, batch=BATCH)
    found = interleaved(study, {"gemm": gemm, "ours": train_ours, "d2l": train_d2l}, rounds)
    rate = {who: median(found[who], "images_per_second") for who in ("ours", "d2l")}
    # Backward costs twice the forward pass: once for the weights, once for the inputs. The test
    # images cost a forward pass each.
    forward = summary(resnet18(), (1, 1, PIXELS, PIXELS)).multiply_adds
    an_image = forward * (3 + TESTED / IMAGES)
    limit = median(found["gemm"], "multiply_adds_per_second") / an_image
    lines = [f"training: ResNet-18, {PIXELS} x {PIXELS}, batch {BATCH}, evaluation included"]
    for who, value in rate.items():
        spread = spread_of(found[who], "images_per_second")
        share = f"{value / limit:.0%} of the GEMM limit"
        lines.append(f"  {who:5} {value:7.1f} images/s ({spread}), {share}")
    lines.append(f"  ours / d2l: {rate['ours'] / rate['d2l']:.2f}")
    return "\n".join(lines)


def passes(loader, batches: int) -> dict:
    """Batches a second of one pass, its start not counted."""
    stream = iter(loader)
    next(stream)
    seconds = timed(lambda: collections.deque(itertools.islice(stream, batches), maxlen=0))
    return {"batches_per_second": batches / seconds}


def data_ours(size: int, augment: tuple[str, ...]) -> dict:
    """Batches a second of our loader."""
    loader = FashionMNIST(BATCH, size, 10_000, augment, seed=0, verbose=False).get_dataloader(True)
    return passes(loader, 60)


def data_d2l(size: int, augment: tuple[str, ...]) -> dict:
    """Batches a second of d2l's loader, with torchvision's augmentations where asked for."""
    steps = {
        "flip": transforms.RandomHorizontalFlip(),
        "crop": transforms.RandomCrop(size, padding=2),
    }
    data = D2LFashionMNIST(BATCH, size, 10_000, TESTED, [steps[name] for name in augment])
    return passes(data.get_dataloader(True), 60)


def data(rounds: int, fresh: bool) -> str:
    """(b) The data alone."""
    study = begin("speed-data", fresh, batch=BATCH)
    lines = [f"data: batches of {BATCH} a second"]
    for size, augment in ((28, ()), (28, ("flip", "crop")), (96, ()), (96, ("flip", "crop"))):
        name = f"{size} pixels{', augmented' if augment else ''}"
        contestants = {
            f"ours, {name}": lambda size=size, augment=augment: data_ours(size, augment),
            f"d2l, {name}": lambda size=size, augment=augment: data_d2l(size, augment),
        }
        found = interleaved(study, contestants, rounds)
        ours, theirs = (median(values, "batches_per_second") for values in found.values())
        lines.append(f"  {name:22} ours {ours:7.1f}, d2l {theirs:6.1f}: {ours / theirs:.1f} times")
    return "\n".join(lines)


START = {
    "import torch": "import torch",
    "import utils, all of it": "import utils, utils.training, utils.data, utils.resnet",
    "first batch of the sample": (
        "import time; from utils import sources; from utils.data import FashionMNIST\n"
        "sources.locate = lambda *_: (sources.load_sample(), 'the sample')\n"
        "began = time.perf_counter(); data = FashionMNIST(128, verbose=False)\n"
        "next(iter(data.get_dataloader(True))); print(time.perf_counter() - began)"
    ),
    "import utils": "import utils",
}


def started(code: str) -> dict:
    """Seconds of a fresh Python that runs ``code``, or what it prints itself."""
    began = time.perf_counter()
    done = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    return {"seconds": float(done.stdout or time.perf_counter() - began)}


def start_up(rounds: int, fresh: bool) -> str:
    """(f) Imports, and the first batch."""
    study = begin("speed-start-up", fresh)
    contestants = {name: lambda code=code: started(code) for name, code in START.items()}
    found = interleaved(study, contestants, rounds)
    seconds = {name: median(values, "seconds") for name, values in found.items()}
    lines = ["start-up, seconds"] + [f"  {name:26} {value:.2f}" for name, value in seconds.items()]
    ratio = seconds["import utils"] / seconds["import torch"]
    return "\n".join([*lines, f"  import utils / import torch: {ratio:.2f}"])


def target(rounds: int, fresh: bool) -> str:
    """(c) Time to the Java chapter's accuracy, in every one of five seeds."""
    if fresh:
        (results.FOLDER / "fast.json").unlink(missing_ok=True)
    command = ["fast", "--seeds", *"01234", "--record", "fast", "--device", "cpu"]
    histories = train.run_all(train.parse(command))
    accuracies = [history.val_acc[-1] for history in histories]
    seconds = statistics.median(history.about["wall_seconds"] for history in histories)
    lines = [
        f"target: test accuracy {JAVA_ACCURACY}, `python -m utils.train fast`, seeds 0 to 4",
        f"  lowest {min(accuracies):.4f}, mean {statistics.mean(accuracies):.4f}, median time "
        f"{seconds:.1f} s, test included",
    ]
    try:
        measured = results.load("speed-training").values
    except FileNotFoundError:
        return "\n".join([*lines, "  (no ratio: run `training` first)"])
    rate = statistics.median(
        entry["images_per_second"] for key, entry in measured.items() if key.startswith("d2l")
    )
    theirs = JAVA_EPOCHS * 60_000 / rate
    lines.append(
        f"  d2l's loop, ResNet-18 at 96 x 96: {rate:.0f} images/s measured, {JAVA_EPOCHS} epochs "
        f"would take {theirs:,.0f} s (not run): {theirs / seconds:.0f} times as long"
    )
    return "\n".join(lines)


def begin(name: str, fresh: bool, **settings: object) -> results.Study:
    """A study that is written down; the one there is gone on with, unless ``fresh``."""
    if fresh:
        (results.FOLDER / f"{name}.json").unlink(missing_ok=True)
    return results.Study(name, SimpleNamespace(**settings), results.FOLDER, recording=True)


def median(found: list[dict], key: str) -> float:
    """The median of one number."""
    return statistics.median(entry[key] for entry in found)


def spread_of(found: list[dict], key: str) -> str:
    """Smallest and largest, in words."""
    values = [entry[key] for entry in found]
    return f"{min(values):.1f} to {max(values):.1f}"


PARTS = {"training": training, "data": data, "target": target, "start-up": start_up}


def main(arguments: list[str] | None = None) -> int:
    """Measure the parts asked for and print their tables."""
    top = argparse.ArgumentParser(prog="python -m benchmarks.speed", description=__doc__)
    top.add_argument("parts", nargs="*", metavar="PART", help=", ".join(PARTS))
    top.add_argument("--rounds", type=int, default=3)
    top.add_argument("--fresh", action="store_true", help="forget what was measured before")
    given = top.parse_args(arguments)
    unknown = set(given.parts) - set(PARTS)
    if unknown:
        top.error(f"unknown part {unknown.pop()!r}; there are {', '.join(PARTS)}")
    print(runtime.describe_device(torch.device("cpu")), runtime.machine()["torch"])
    for name in given.parts or PARTS:
        print(PARTS[name](given.rounds, given.fresh), flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
