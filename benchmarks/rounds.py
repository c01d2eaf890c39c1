"""What the benchmarks share: contestants that take turns, and a study that is written down."""

import argparse
import statistics
from collections.abc import Callable, Mapping
from types import SimpleNamespace

from tqdm import tqdm

from utils import recordings
from utils.device import machine

MINE = recordings.FOLDER.parent / "build" / "bench"


def positive(text: str) -> int:
    """The number of an option that must be 1 or more."""
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"must be a whole number, 1 or more, got {text!r}")
    return int(text)


def options(module: str, words: str) -> argparse.ArgumentParser:
    """A benchmark's command line, with what is the same for all."""
    top = argparse.ArgumentParser(
        prog=f"python -m benchmarks.{module}", description=words,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )  # fmt: skip
    add = top.add_argument
    # fmt: off
    add("--rounds", type=positive, default=3,
        help="how often each is measured (default: %(default)s)")
    add("--fresh", action="store_true", help="forget what was measured before")
    add("--record", action="store_true",
        help="keep the figures in results/, as the course's own, instead of build/bench/")
    # fmt: on
    return top


def begin(name: str, given: argparse.Namespace, **settings: object) -> recordings.Study:
    """A study that is written down, in ``build/bench/``, or in ``results/`` with ``--record``.

    What this machine measured before, with the same versions and settings, is gone on with and
    told; figures from elsewhere never count as measured here.
    """
    folder = recordings.FOLDER if given.record else MINE
    # What a reader measured for a look may go; what the course shows goes only when told so.
    replace = True if given.fresh or not given.record else None
    try:
        study = recordings.Study(name, SimpleNamespace(**settings), folder, True, replace)
    except recordings.RefusedError as refused:
        raise SystemExit(f"{refused} --fresh measures all of them anew.") from None
    if study.replaces:
        print(f"{name}: what was kept was measured with other settings; measured anew")
    if given.fresh:
        study.forget()
    here = where_and_with(machine())
    if any(where_and_with(entry["machine"]) != here for entry in study.entries.values()):
        if not study.replace:
            raise SystemExit(
                f"{study.path.name} was recorded on another machine or with other versions, and "
                "figures from two machines can't be compared. --fresh measures all of them anew."
            )
        print(f"{name}: what was kept is from another machine or other versions; measured anew")
        study.forget()
    if study.entries:
        dates = sorted({entry["machine"]["date"] for entry in study.entries.values()})
        count, days = len(study.entries), " and ".join(dates)
        print(f"{name}: {count} measured on {days} and kept; --fresh measures anew")
    return study


def named(name: str, given: argparse.Namespace) -> str:
    """The study's name; one on another device than the processor says so."""
    return name if given.device == "cpu" else f"{name}-{given.device}"


def where_and_with(found: dict[str, str]) -> dict[str, str]:
    """A machine and its versions, whatever the day."""
    return found | {"date": ""}


def interleaved(
    study: recordings.Study, contestants: Mapping[str, Callable[[], dict]], rounds: int
) -> dict[str, list[dict]]:
    """Measure each contestant once a round."""
    found: dict[str, list[dict]] = {name: [] for name in contestants}
    plan = [(number, name) for number in range(rounds) for name in contestants]
    for number, name in tqdm(plan, desc=study.name, disable=None):
        found[name].append(study.measure(f"{name}, round {number + 1}", contestants[name]))
    return found


def median(found: list[dict], key: str) -> float:
    """The median of one number."""
    return statistics.median(entry[key] for entry in found)
