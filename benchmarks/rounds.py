"""What the benchmarks share: contestants that take turns, and a study that is written down."""

import statistics
from collections.abc import Callable, Mapping
from types import SimpleNamespace

from tqdm import tqdm

from utils import results


def begin(name: str, fresh: bool, **settings: object) -> results.Study:
    """A study that is written down; the one there is gone on with, unless ``fresh``."""
    if fresh:
        (results.FOLDER / f"{name}.json").unlink(missing_ok=True)
    return results.Study(name, SimpleNamespace(**settings), results.FOLDER, recording=True)


def interleaved(
    study: results.Study, contestants: Mapping[str, Callable[[], dict]], rounds: int
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
