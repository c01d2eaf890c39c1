"""Recorded runs: what was measured, by which command, on which machine, with which settings.

A chapter measures through a `Study`. In an ordinary run that just calls the measurement. Under
``make results`` (``COURSE_RECORD=1``) every measurement is written to ``results/NAME.json`` as
soon as it is there, and one that is already there with the same settings is taken from the file:
a killed recording goes on where it was. What was recorded with other settings, which may have
taken hours, is replaced only under ``COURSE_RECORD=replace``. No number in ``results/`` is typed
in by hand.
"""

import hashlib
import itertools
import json
import os
import shlex
import sys
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import partial
from pathlib import Path
from types import SimpleNamespace
from typing import Any, TypeVar, cast

from filelock import FileLock

from utils import files, variables
from utils.budget import show
from utils.device import machine
from utils.display import in_notebook
from utils.history import History

FOLDER = Path(__file__).parent.parent / "results"
RUNS = Path(__file__).parent.parent / "build" / "runs"

JSON = dict[str, Any]
Measured = TypeVar("Measured", bound=History | JSON)


class RefusedError(ValueError):
    """What is to be recorded would replace a recording; the message says which and why."""


class Study:
    """A named set of measurements made with the same settings.

    Parameters
    ----------
    name : str
        Of the file in ``results/``.
    settings : SimpleNamespace
        What `budget` returned.
    folder : Path
        Where the file lies.
    recording : bool, optional
        Whether to write the measurements down; ``COURSE_RECORD`` decides when not given.
    replace : bool, optional
        Whether measurements made with other settings may be replaced; ``COURSE_RECORD=replace``
        decides when not given. They are, all at once, when the first new one is there.

    Raises
    ------
    RefusedError
        When the file holds measurements made with other settings, and may not be replaced.
    """

    def __init__(
        self, name: str, settings: SimpleNamespace, folder: Path = FOLDER,
        recording: bool | None = None, replace: bool | None = None,
    ):  # fmt: skip
        self.name, self.path = name, folder / f"{name}.json"
        self.settings = json.loads(json.dumps(vars(settings), default=list))  # a range is one
        told = os.environ.get("COURSE_RECORD", "").strip().lower() == "replace"
        self.replace = told if replace is None else replace
        asked = told or (recording is None and variables.is_on("COURSE_RECORD"))
        self.recording = asked if recording is None else recording
        stored = read(self.path) if self.recording and self.path.exists() else None
        self.entries = self.kept(stored)
        self.replaces = stored is not None and stored["settings"] != self.settings
        self.forgotten: dict[str, JSON] = {}

    def measure(self, key: str, run: Callable[[], Measured]) -> Measured:
        """The value of ``run()``, a `History` or a dictionary of numbers, known as ``key``."""
        if key not in self.entries:
            value = run()
            if not self.recording:
                return value
            if was_interrupted(encode(value)):
                raise KeyboardInterrupt(f"{self.name}, {key}: interrupted, so not recorded")
            entry = {"machine": machine(), "command": command(), "value": encode(value)}
            self.write(key, entry)
        # The same settings and the same key: what is stored is of the kind that `run` returns.
        return cast(Measured, decode(self.entries[key]["value"]))

    def each(
        self, key: str, run: Callable[..., Measured],
        say: Callable[[Measured], str] | None = None, **axes: Iterable[Any],
    ) -> dict[Any, Measured]:  # fmt: skip
        """``run`` for each combination of values, in the order in which the axes are given.

        Parameters
        ----------
        key : str
            What a measurement is known as, with the axes' names in braces:
            ``"{kind} {depth} seed {seed}"``.
        run : callable
            Called with one value of each axis, by name.
        say : callable, optional
            What to print of a measurement as soon as it is there.
        **axes
            The values by name.

        Returns
        -------
        dict
            Combination of values to what was measured; with one axis, value to that.
        """
        found = {}
        for place, names in combinations(key, axes):
            value = found[place] = self.measure(key.format(**names), partial(run, **names))
            if say:
                print(f"{key.format(**names)}: {say(value)}")
        return found

    def checkpoint(self, key: str) -> Path | None:
        """A folder for the checkpoints of a long measurement, while recording."""
        if not self.recording:
            return None
        digest = hashlib.sha256(json.dumps(self.settings, sort_keys=True).encode()).hexdigest()
        return RUNS / f"{self.name}-{key}-{digest[:8]}"

    def forget(self) -> None:
        """Measure anew what is in the file; the first new measurement takes the place of all."""
        self.forgotten, self.entries = self.entries, {}

    def kept(self, stored: JSON | None) -> dict[str, JSON]:
        """What of a file's content this study goes on with."""
        if stored is None or stored["settings"] == self.settings:
            return {} if stored is None else stored["measured"]
        if not self.replace:
            raise RefusedError(
                f"{self.path.name} holds runs with {differences(stored['settings'], self.settings)}"
                f"; this one has {differences(self.settings, stored['settings'])}. Set "
                "COURSE_RECORD=replace to replace them, or record under another name."
            )
        return {}

    def write(self, key: str, entry: JSON) -> None:
        """Add a measurement to the file, beside what others have added meanwhile."""

        def add(stored: JSON | None) -> JSON:
            old = self.kept(stored).items()
            self.entries |= {k: v for k, v in old if v != self.forgotten.get(k)} | {key: entry}
            return {"study": self.name, "settings": self.settings, "measured": self.entries}

        update(self.path, add)


def combinations(
    key: str, axes: Mapping[str, Iterable[Any]]
) -> Iterator[tuple[Any, dict[str, Any]]]:
    """Each combination of the axes' values: as a tuple, or one value, and by name.

    Raises
    ------
    ValueError
        When two combinations would have the same key.
    """
    seen = set()
    for values in itertools.product(*axes.values()):
        names = dict(zip(axes, values, strict=True))
        if key.format(**names) in seen:
            raise ValueError(
                f"{key!r} does not tell {names} from another combination; name all axes."
            )
        seen.add(key.format(**names))
        yield values if len(values) > 1 else values[0], names


def update(path: Path, change: Callable[[JSON | None], JSON]) -> None:
    """Replace the content of a results file by what ``change`` makes of it: all writing is here.

    ``change`` gets None where there is no file. Whoever else wants to write waits meanwhile, and
    the file is the old or the new one, whenever this process dies.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    with FileLock(path.with_name(f".{path.name}.lock")):
        content = change(read(path) if path.exists() else None)
        files.write(path, json.dumps(content, indent=1) + "\n")


def command() -> str:
    """The command that this process carries out, as one would type it.

    ``make results`` names itself in ``COURSE_COMMAND``, since a kernel can't tell who started it.
    """
    given = os.environ.get("COURSE_COMMAND")
    if given or in_notebook():
        return given or "a notebook, with COURSE_RECORD set"
    spec = getattr(sys.modules["__main__"], "__spec__", None)
    program = ["-m", spec.name.removesuffix(".__main__")] if spec else [sys.argv[0]]
    return shlex.join(["python", *program, *sys.argv[1:]])


def differences(these: JSON, others: JSON) -> str:
    """Those of ``these`` settings that ``others`` do not share, in words."""
    keys = [key for key in sorted(these.keys() | others.keys())
            if key not in these or key not in others or these[key] != others[key]]  # fmt: skip
    return ", ".join(f"{key} {show(these[key])}" if key in these else f"no {key}" for key in keys)


class Recorded:
    """A recorded study, as read from ``results/``.

    Attributes
    ----------
    values : dict
        What was measured, by key: `History` or plain dictionaries.
    settings : dict
        The budget it was measured with.
    machines : list of dict
        Device, versions and date of every measurement, in the order of ``values``.
    """

    def __init__(self, path: Path):
        self.path = path
        self.refresh()

    def refresh(self) -> None:
        """Read the file again: while recording, it grows from cell to cell."""
        content = read(self.path)
        self.settings = content["settings"]
        self.values = {k: decode(v["value"]) for k, v in content["measured"].items()}
        self.machines = [v["machine"] for v in content["measured"].values()]

    def __getitem__(self, key: str) -> History | JSON:
        if key not in self.values:
            self.refresh()
        if key not in self.values:
            raise KeyError(
                f"{self.path.name} holds no {key!r}, only {', '.join(self.values)}; `make "
                "results` records what is missing."
            )
        return self.values[key]

    def each(self, key: str, **axes: Iterable[Any]) -> dict[Any, Any]:
        """What `Study.each` stored under these keys, by combination of values."""
        return {place: self[key.format(**names)] for place, names in combinations(key, axes)}

    def __repr__(self) -> str:
        counts = Counter(
            f"{m['date']} on {m['device']}, Python {m['python']}, torch {m['torch']}"
            for m in self.machines
        )
        where = [
            f"{place} ({count} of {len(self.machines)})" if len(counts) > 1 else place
            for place, count in sorted(counts.items())
        ]
        settings = ", ".join(
            f"{key} {show(value)}" for key, value in self.settings.items() if key != "name"
        )
        return f"recorded {'; '.join(where)}: {settings}"


def load(name: str, folder: Path = FOLDER) -> Recorded:
    """The recorded study ``name``.

    Raises
    ------
    FileNotFoundError
        When nothing is recorded under that name; the message lists what is.
    """
    path = folder / f"{name}.json"
    if not path.exists():
        there = ", ".join(sorted(p.stem for p in folder.glob("*.json"))) or "none"
        raise FileNotFoundError(
            f"No recorded study {name!r} in {folder.name}/ (there: {there}). `make results` "
            "records the course's studies."
        )
    return Recorded(path)


def at_best_rate(
    measure: Callable[[float, int], Measured], rates: Iterable[float], seeds: Sequence[int],
    score: Callable[[Measured], float],
) -> tuple[float, list[Measured]]:  # fmt: skip
    """What each seed gives at the rate that is best for the first seed.

    Parameters
    ----------
    measure : callable
        Of a rate and a seed; called once for each rate with the first seed, and once for each
        further seed at the best rate.
    rates, seeds : iterable
    score : callable
        Of what was measured; larger is better, and of equal ones the first rate counts.

    Returns
    -------
    best : float
        The rate.
    found : list
        What was measured at it, in the order of ``seeds``.
    """
    first, *others = seeds
    tries = {rate: measure(rate, first) for rate in rates}
    best = max(tries, key=lambda rate: score(tries[rate]))
    return best, [tries[best], *(measure(best, seed) for seed in others)]


def read(path: Path) -> JSON:
    """The content of a results file."""
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except ValueError as error:
        raise ValueError(
            f"{path} is damaged ({error}). Restore it with git, or delete it and run "
            "`make results`."
        ) from None


def encode(value: History | JSON) -> JSON:
    """As stored."""
    return {"history": value.to_dict()} if isinstance(value, History) else value


def decode(value: JSON) -> History | JSON:
    """As measured."""
    return History.from_dict(value["history"]) if value.keys() == {"history"} else value


def was_interrupted(value: object) -> bool:
    """Whether an interrupted `History` lies anywhere in ``value``."""
    if not isinstance(value, dict):
        return False
    about = value.get("about")
    interrupted = isinstance(about, dict) and about.get("interrupted", False)
    return interrupted or any(was_interrupted(part) for part in value.values())
