"""How long this course needs to the accuracy of another course's chapter, in each of five seeds.

A part of `benchmarks.speed`.
"""

import argparse
import statistics

from benchmarks.rounds import begin, named
from utils import recordings, train
from utils.data import FashionMNIST
from utils.data.sources import WHOLE
from utils.history import History

JAVA_ACCURACY, JAVA_EPOCHS = 0.893, 10  # Dive into Deep Learning, Java edition, section 7.6


def target(given: argparse.Namespace) -> str:
    """(c) Time to the Java chapter's accuracy, in every one of five seeds."""
    settings = train.parse(["fast", "--seeds", *"01234", "--device", given.device])
    study = begin(named("fast", given), given, **train.decisive(settings))
    here = len(FashionMNIST(verbose=False).train[0])
    kept = [recordings.decode(entry["value"]) for entry in study.entries.values()]
    if any(history.about["train_images"] != here for history in kept):
        print(f"{study.name}: what was kept was trained on other images; measured anew")
        study.forget()
    histories = train.run_all(settings, study)
    accuracies = [history.test_acc[-1] for history in histories]
    seconds = statistics.median(history.about["wall_seconds"] for history in histories)
    lines = [
        f"target: test accuracy {JAVA_ACCURACY}, `python -m utils.train fast`, seeds 0 to 4",
        f"  lowest {min(accuracies):.4f}, mean {statistics.mean(accuracies):.4f}, median time "
        f"{seconds:.1f} s, test included",
    ]
    missing = lacking(histories)
    if missing:
        return "\n".join([*lines, f"  (no ratio: {missing})"])
    try:
        measured = recordings.load(named("speed-training", given), study.path.parent).values
    except FileNotFoundError:
        return "\n".join([*lines, "  (no ratio: run `training` first)"])
    rate = statistics.median(
        entry["images_per_second"] for key, entry in measured.items() if key.startswith("d2l")
    )
    theirs = JAVA_EPOCHS * WHOLE[0] / rate
    lines.append(
        f"  d2l's loop, ResNet-18 at 96 x 96: {rate:.0f} images/s measured, {JAVA_EPOCHS} epochs "
        f"would take {theirs:,.0f} s (not run): {theirs / seconds:.0f} times as long"
    )
    return "\n".join(lines)


def lacking(histories: list[History]) -> str:
    """Why times of these runs can't be compared with the Java chapter's; nothing if they can."""
    for history in histories:
        images = history.about["train_images"], history.about["test_images"]
        if images != WHOLE:
            return (
                f"trained on {images[0]:,} images and tested on {images[1]:,}, where the chapter "
                f"has {WHOLE[0]:,} and {WHOLE[1]:,}; `make data` downloads them"
            )
    missed = sum(history.test_acc[-1] < JAVA_ACCURACY for history in histories)
    return f"{missed} of {len(histories)} runs did not reach {JAVA_ACCURACY}" if missed else ""
