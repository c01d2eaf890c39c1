"""How fast this course trains, beside what a reader would use instead: d2l's Trainer and loader.

    python -m benchmarks.speed [training] [data] [target] [start-up] [growth] [--device cpu]

Contestants take turns, so that a slow minute of the machine hits both; medians of the rounds are
compared. Every measurement is written to ``build/bench/`` at once, with machine and versions, and a
run that was stopped goes on; ``--fresh`` begins anew. ``--record`` writes to ``results/`` instead,
where the course keeps the figures that its chapters quote. A GPU trains ten times as many images,
and has files of its own.
"""

import argparse
import collections
import itertools
import json
import os
import sys
import time
from collections.abc import Callable

import torch
from d2l import torch as d2l
from torchvision import transforms

from benchmarks.growth import growth
from benchmarks.rounds import begin, interleaved, median, named, options
from benchmarks.target import target
from utils import timing
from utils.data import FashionMNIST
from utils.device import choose_device, describe_device, has_fast_bf16, machine
from utils.inspection import summary
from utils.resnet import resnet18
from utils.seeding import seed_everything
from utils.timing import in_a_process, timed
from utils.training import Classifier, Trainer
from utils.training.d2l_baseline import D2LClassifier, D2LFashionMNIST

BATCH, PIXELS = 128, 96
IMAGES, TESTED = 2_560, 5  # trained on, and a fifth as many tested


def gemm(device: str, dtype: str = "float32") -> dict:
    """Multiply-adds a second in matrix products, in a process that imports no more: the limit."""
    code = (
        "import json, torch; from utils import timing; "
        f"print(json.dumps(timing.multiply_add_rates(torch.device({device!r}), torch.{dtype})))"
    )
    rates = json.loads(in_a_process("-c", code))
    return {"multiply_adds_per_second": max(rates.values()), **rates}


def train_ours(device: str, images: int, precision: str = "fp32") -> dict:
    """Images a second of an epoch with our loader and trainer, evaluation included."""
    seed_everything(0)
    data = FashionMNIST(BATCH, PIXELS, images, seed=0, verbose=False)
    data.test = tuple(part[: images // TESTED] for part in data.test)
    model = Classifier(resnet18(), lr=0.1)
    trainer = Trainer(
        1, device=device, precision=precision, progress=False, live=False, verbose=False
    )
    return {"images_per_second": images / timed(lambda: trainer.fit(model, data))}


def train_d2l(device: str, images: int) -> dict:
    """The same with d2l's."""
    seed_everything(0)
    data = D2LFashionMNIST(BATCH, PIXELS, images, images // TESTED)
    model = D2LClassifier(resnet18(), lr=0.1)
    model.board.display = False
    trainer = d2l.Trainer(max_epochs=1, num_gpus=int(device != "cpu"))
    return {"images_per_second": images / timed(lambda: trainer.fit(model, data))}


CONTESTANTS: dict[str, Callable[[str, int], dict]] = {
    "ours": train_ours,
    "ours bf16": lambda device, images: train_ours(device, images, "bf16"),
    "d2l": train_d2l,
}


def apart(name: str, device: str, images: int) -> dict:
    """One contestant in a process of its own: what one does to its memory helps no other."""
    code = (
        "import json; from benchmarks.speed import CONTESTANTS; "
        f"print(json.dumps(CONTESTANTS[{name!r}]({device!r}, {images})))"
    )
    return json.loads(in_a_process("-W", "ignore", "-c", code).splitlines()[-1])


def training(given: argparse.Namespace) -> str:
    """(a) ResNet-18 at 96 x 96, batch 128."""
    device, images = given.device, IMAGES if given.device == "cpu" else 10 * IMAGES
    study = begin(
        named("speed-training", given), given, images=images, tested=images // TESTED,
        pixels=PIXELS, batch=BATCH,
    )  # fmt: skip
    contestants = {
        "gemm": lambda: gemm(device),
        "ours": lambda: apart("ours", device, images),
        "d2l": lambda: apart("d2l", device, images),
    }
    if has_fast_bf16(torch.device(device)):
        contestants |= {
            "gemm bf16": lambda: gemm(device, "bfloat16"),
            "ours bf16": lambda: apart("ours bf16", device, images),
        }
    found = interleaved(study, contestants, given.rounds)
    # Backward costs twice the forward pass: once for the weights, once for the inputs. The test
    # images cost a forward pass each.
    an_image = summary(resnet18(), (1, 1, PIXELS, PIXELS)).multiply_adds * (3 + 1 / TESTED)
    lines = [f"training: ResNet-18, {PIXELS} x {PIXELS}, batch {BATCH}, evaluation included"]
    theirs = median(found["d2l"], "images_per_second")
    for who in [name for name in found if "gemm" not in name]:
        limits = found["gemm bf16" if "bf16" in who else "gemm"]
        limit = median(limits, "multiply_adds_per_second") / an_image
        rate, spread = median(found[who], "images_per_second"), spread_of(found[who])
        lines.append(
            f"  {who:9} {rate:7.1f} images/s ({spread}), {rate / theirs:.2f} times d2l's, "
            f"{rate / limit:.0%} of the GEMM limit"
        )
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


def data(given: argparse.Namespace) -> str:
    """(b) The data alone, on the processor."""
    study = begin("speed-data", given, batch=BATCH)
    memory = {"memory": lambda: {"bytes_per_second": timing.bandwidth(torch.device("cpu"))}}
    found = interleaved(study, memory, given.rounds)["memory"]
    limit = median(found, "bytes_per_second") / 2  # a copy reads what it writes
    lines = [f"data: batches of {BATCH} a second"]
    for size, augment in ((28, ()), (28, ("flip", "crop")), (96, ()), (96, ("flip", "crop"))):
        name = f"{size} pixels{', augmented' if augment else ''}"
        contestants = {
            f"ours, {name}": lambda size=size, augment=augment: data_ours(size, augment),
            f"d2l, {name}": lambda size=size, augment=augment: data_d2l(size, augment),
        }
        found = interleaved(study, contestants, given.rounds)
        ours, theirs = (median(values, "batches_per_second") for values in found.values())
        share = ours * BATCH * size**2 * 4 / limit
        lines.append(
            f"  {name:22} ours {ours:7.1f}, d2l {theirs:6.1f}: {ours / theirs:.1f} times; "
            f"{share:.0%} of what memory takes"
        )
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
    printed = in_a_process("-c", code)
    return {"seconds": float(printed or time.perf_counter() - began)}


def start_up(given: argparse.Namespace) -> str:
    """(f) Imports, and the first batch."""
    study = begin("speed-start-up", given)
    contestants = {name: lambda code=code: started(code) for name, code in START.items()}
    found = interleaved(study, contestants, given.rounds)
    seconds = {name: median(values, "seconds") for name, values in found.items()}
    lines = ["start-up, seconds"] + [f"  {name:26} {value:.2f}" for name, value in seconds.items()]
    ratio = seconds["import utils"] / seconds["import torch"]
    return "\n".join([*lines, f"  import utils / import torch: {ratio:.2f}"])


def spread_of(found: list[dict]) -> str:
    """Smallest and largest number of images a second, in words."""
    values = [entry["images_per_second"] for entry in found]
    return f"{min(values):.1f} to {max(values):.1f}"


PARTS = {
    "training": training, "data": data, "target": target, "start-up": start_up, "growth": growth,
}  # fmt: skip


def parse(arguments: list[str] | None) -> argparse.Namespace:
    """The command line."""
    top = options("speed", __doc__)
    top.add_argument("parts", nargs="*", metavar="PART", help=f"{', '.join(PARTS)} (default: all)")
    top.add_argument(
        "--device", default="cpu", choices=("cpu", "cuda"), help="to train on (default: cpu)"
    )
    given = top.parse_args(arguments)
    unknown = set(given.parts) - set(PARTS)
    if unknown:
        top.error(f"unknown part {unknown.pop()!r}; there are {', '.join(PARTS)}")
    return given


def main(arguments: list[str] | None = None) -> int:
    """Measure the parts asked for and print their tables."""
    given = parse(arguments)
    parts = given.parts or list(PARTS)
    print(describe_device(choose_device(given.device)), machine()["torch"])
    if not {"training", "data", "target"}.isdisjoint(parts):
        whole = FashionMNIST().is_whole
        if given.record and not whole:
            sys.exit("The course's figures are the whole set's: run `make data` first.")
        # What could not be downloaded now, the processes to come need not ask for again.
        os.environ["COURSE_OFFLINE"] = "1"
    for name in parts:
        print(PARTS[name](given), flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
