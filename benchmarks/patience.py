"""Whether a deep plain network only needs patience: training at 28 by 28 pixels, longer and longer.

    python -m benchmarks.patience [--jobs 1] [--device auto] [--record]

Three rivals learn the same images: a shallow plain network, a deep one, and the deep one's
residual twin. Each is trained at several rates for the shortest time, with the first seed, and
keeps its best rate. Then it is trained anew, with a schedule of its own, for each of the longer
times, until fewer than one training image in a thousand is classified wrongly with every seed.
The text of chapter 2 is held to what is recorded here. On a processor this takes many hours, on a
large GPU minutes; what is finished is kept, one network at a time.
"""

import sys
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor, as_completed
from functools import partial
from multiprocessing import get_context
from typing import Any, NamedTuple

import torch

from benchmarks.rounds import begin, options, positive
from utils.data import FashionMNIST
from utils.history import History
from utils.recordings import Study
from utils.resnet import cifar_resnet
from utils.seeding import seed_everything
from utils.training import Classifier, Trainer

SETTINGS: dict[str, Any] = {
    "images": 4000, "pixels": 28, "batch": 128, "epochs": [12, 36, 108, 324],
    "rates": [0.01, 0.03, 0.1], "seeds": [0, 1, 2], "shallow": 20, "deep": 56,
}  # fmt: skip
DONE = 0.001
SHORTCUTS = {"plain": "none", "residual": "A"}
RIVALS = (("plain", "shallow"), ("plain", "deep"), ("residual", "deep"))


class Job(NamedTuple):
    """One network to train."""

    kind: str
    depth: int
    epochs: int
    rate: float
    seed: int

    @property
    def key(self) -> str:
        """What it is known as in the recording, and in chapter 2's."""
        return f"{self.kind} {self.depth}, {self.epochs} epochs, rate {self.rate}, seed {self.seed}"


def train(job: Job, images: int, pixels: int, batch: int, device: str) -> History:
    """Train one network, in float32 on every device."""
    seed_everything(job.seed)
    net = cifar_resnet(job.depth, shortcut=SHORTCUTS[job.kind])
    data = FashionMNIST(batch, pixels, images, seed=job.seed, verbose=False)
    trainer = Trainer(job.epochs, device=device, precision="fp32", verbose=False, progress=False,
                      live=False)  # fmt: skip
    return trainer.fit(Classifier(net, lr=job.rate), data)


def error(history: History) -> float:
    """The share of training images classified wrongly in the last epoch."""
    return 1 - history.train_acc[-1]


def share(jobs: int) -> None:
    """Leave the other processes their part of the processor."""
    torch.set_num_threads(max(1, torch.get_num_threads() // jobs))


Ask = Callable[[list[Job]], Iterator[History]]


def race(
    kind: str, depth: int, settings: dict[str, Any], ask: Ask
) -> tuple[float, dict[int, list[float]]]:
    """One rival's best rate, and its errors by length of training, one a seed.

    ``ask`` gives the histories of jobs. Longer trainings are asked for only while some seed makes
    more mistakes than `DONE`.
    """
    shortest, first = settings["epochs"][0], settings["seeds"][0]
    search = [Job(kind, depth, shortest, rate, first) for rate in settings["rates"]]
    by_rate = {job.rate: error(found) for job, found in zip(search, ask(search), strict=True)}
    best = min(by_rate, key=lambda rate: by_rate[rate])
    errors: dict[int, list[float]] = {}
    for epochs in settings["epochs"]:
        jobs = [Job(kind, depth, epochs, best, seed) for seed in settings["seeds"]]
        errors[epochs] = [error(found) for found in ask(jobs)]
        if max(errors[epochs]) < DONE:
            break
    return best, errors


def asking(study: Study, pool: ProcessPoolExecutor, device: str, kept: threading.Lock) -> Ask:
    """An ``ask`` that trains in other processes, and keeps each network as soon as it is done."""
    settings = study.settings

    def ask(jobs: list[Job]) -> Iterator[History]:
        how = settings["images"], settings["pixels"], settings["batch"], device
        missing = [job for job in jobs if job.key not in study.entries]
        training = {pool.submit(train, job, *how): job for job in missing}
        for done in as_completed(training):
            job = training[done]
            with kept:
                history = study.measure(job.key, done.result)
            print(f"{job.key}: training error {error(history):.4f}", flush=True)
        for job in jobs:
            yield study.measure(job.key, partial(train, job, *how))

    return ask


def main(arguments: list[str] | None = None) -> int:
    """Train what is not recorded yet, and print what each rival came to."""
    top = options("patience", __doc__)
    top.add_argument("--jobs", type=positive, default=1, help="networks that train side by side")
    top.add_argument("--device", default="auto", help="to train on (default: the GPU if any)")
    given = top.parse_args(arguments)
    study = begin("patience", given, **SETTINGS)
    kept = threading.Lock()
    with (
        ProcessPoolExecutor(
            given.jobs, get_context("spawn"), initializer=share, initargs=(given.jobs,)
        ) as pool,
        ThreadPoolExecutor(len(RIVALS)) as rivals,
    ):
        ask = asking(study, pool, given.device, kept)
        racing = {
            f"{kind} {SETTINGS[size]}": rivals.submit(race, kind, SETTINGS[size], SETTINGS, ask)
            for kind, size in RIVALS
        }
        for name, running in racing.items():
            rate, errors = running.result()
            for epochs, found in errors.items():
                words = ", ".join(f"{e:.4f}" for e in found)
                print(f"{name}, rate {rate}, {epochs} epochs: training error {words}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
