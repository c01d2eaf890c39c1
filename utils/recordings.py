"""Recorded runs: what was measured, on which machine, with which versions, settings and seed.

A chapter measures through a `Study`. In an ordinary run that just calls the measurement. Under
``make results`` (``COURSE_RECORD=1``) every measurement is written to ``results/NAME.json`` as
soon as it is there, and one that is already there with the same settings is taken from the file:
a killed recording goes on where it was. No number in ``results/`` is typed in by hand.
"""

import hashlib
import json
import os
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace

from utils import files
from utils.budget import show
from utils.device import machine
from utils.history import History

FOLDER = Path(__file__).parent.parent / "results"
RUNS = Path(__file__).parent.parent / "build" / "runs"


class Study:
    """A named set of measurements made with the same settings.

    Parameters
    ----------
    name : str
        Of the file in ``results/``.
    settings : SimpleNamespace
        What `budget` returned.
    recording : bool, optional
        Whether to write the measurements down; ``COURSE_RECORD=1`` decides when not given.
    """

    def __init__(
        self, name: str, settings: SimpleNamespace, folder: Path = FOLDER,
        recording: bool | None = None,
    ):  # fmt: skip
        self.name, self.path = name, folder / f"{name}.json"
        self.settings = json.loads(json.dumps(vars(settings)))
        asked = os.environ.get("COURSE_RECORD") == "1"
        self.recording = asked if recording is None else recording
        self.entries = {}
        self.replaces = None  # the settings of a file that the next measurement would replace
        if self.recording and self.path.exists():
            stored = read(self.path)
            if stored["settings"] == self.settings:
                self.entries = stored["measured"]
            else:
                self.replaces = stored["settings"]

    def measure(self, key: str, run: Callable[[], History | dict]) -> History | dict:
        """The value of ``run()``, a `History` or a dictionary of numbers, known as ``key``."""
        if key not in self.entries:
            value = run()
            if not self.recording:
                return value
            if was_interrupted(encode(value)):
                raise KeyboardInterrupt(f"{self.name}, {key}: interrupted, so not recorded")
            self.entries[key] = {"machine": machine(), "value": encode(value)}
            self.write()
        return decode(self.entries[key]["value"])

    def checkpoint(self, key: str) -> Path | None:
        """A folder for the checkpoints of a long measurement, while recording."""
        if not self.recording:
            return None
        digest = hashlib.sha256(json.dumps(self.settings, sort_keys=True).encode()).hexdigest()
        return RUNS / f"{self.name}-{key}-{digest[:8]}"

    def write(self) -> None:
        """Replace the file by the present state, all at once."""
        content = {"study": self.name, "settings": self.settings, "measured": self.entries}
        files.write(self.path, json.dumps(content, indent=1) + "\n")


class Recorded:
    """A recorded study, as read from ``results/``.

    Attributes
    ----------
    values : dict
        What was measured, by key: `History` or plain dictionaries.
    settings : dict
        The budget it was measured with.
    machine : dict
        Device, versions and date of its last measurement.
    """

    def __init__(self, path: Path):
        self.path = path
        self.refresh()

    def refresh(self) -> None:
        """Read the file again: while recording, it grows from cell to cell."""
        content = read(self.path)
        self.settings = content["settings"]
        self.values = {k: decode(v["value"]) for k, v in content["measured"].items()}
        self.machine = list(content["measured"].values())[-1]["machine"]

    def __getitem__(self, key: str) -> History | dict:
        if key not in self.values:
            self.refresh()
        if key not in self.values:
            raise KeyError(
                f"{self.path.name} holds no {key!r}, only {', '.join(self.values)}; `make "
                "results` records what is missing."
            )
        return self.values[key]

    def __repr__(self) -> str:
        m = self.machine
        settings = ", ".join(
            f"{key} {show(value)}" for key, value in self.settings.items() if key != "name"
        )
        return (
            f"recorded {m['date']} on {m['device']}, Python {m['python']}, torch {m['torch']}: "
            f"{settings}"
        )


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


def read(path: Path) -> dict:
    """The content of a results file."""
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except ValueError as error:
        raise ValueError(
            f"{path} is damaged ({error}). Restore it with git, or delete it and run "
            "`make results`."
        ) from None


def encode(value: History | dict) -> dict:
    """As stored."""
    return {"history": value.to_dict()} if isinstance(value, History) else value


def decode(value: dict) -> History | dict:
    """As measured."""
    return History.from_dict(value["history"]) if value.keys() == {"history"} else value


def was_interrupted(value) -> bool:
    """Whether an interrupted `History` lies anywhere in ``value``."""
    if not isinstance(value, dict):
        return False
    about = value.get("about")
    interrupted = isinstance(about, dict) and about.get("interrupted", False)
    return interrupted or any(was_interrupted(part) for part in value.values())
