"""How much this machine can afford to run: the course's one knob.

Chapters state what they would run at each size; the machine, or the variable ``COURSE_BUDGET``,
decides which it is.
"""

import os
from types import SimpleNamespace
from typing import Any

import torch

Settings = dict[str, Any]

BUDGETS = {
    "smoke": "seconds a chapter, for tests",
    "cpu": "minutes a chapter, the default without a GPU",
    "gpu": "the full runs, the default with a GPU",
    "record": "what `make results` records on a machine without a GPU",
}


def budget_name() -> str:
    """The budget in force: ``COURSE_BUDGET`` if set, else ``gpu`` or ``cpu`` by the machine."""
    name = os.environ.get("COURSE_BUDGET") or ("gpu" if torch.cuda.is_available() else "cpu")
    if name not in BUDGETS:
        raise ValueError(
            f"COURSE_BUDGET is {name!r}, which is no budget; set it to one of "
            f"{', '.join(BUDGETS)}, or unset it."
        )
    return name


def budget(
    *, smoke: Settings, cpu: Settings, gpu: Settings, record: Settings | None = None
) -> SimpleNamespace:
    """Choose how much to run here, and print the choice.

    Parameters
    ----------
    smoke, cpu, gpu : dict
        The same settings at three sizes: for tests, for a CPU, and in full.
    record : dict, optional
        What `make results` runs on a machine without a GPU; ``gpu`` when not given.

    Returns
    -------
    SimpleNamespace
        The chosen settings as attributes, and ``name``.

    Raises
    ------
    ValueError
        When the sizes do not have the same settings, or ``COURSE_BUDGET`` names no size.

    Examples
    --------
    >>> run = budget(smoke=dict(epochs=1), cpu=dict(epochs=3), gpu=dict(epochs=10))
    ... # prints, on a laptop:  budget cpu: epochs 3 (full run: 10)
    """
    sizes = {"smoke": smoke, "cpu": cpu, "gpu": gpu, "record": gpu if record is None else record}
    for size, settings in sizes.items():
        if settings.keys() != gpu.keys():
            odd = ", ".join(sorted(settings.keys() ^ gpu.keys()))
            raise ValueError(
                f"budget: the sizes must have the same settings; {size} differs in {odd}."
            )
    name = budget_name()
    chosen = sizes[name]
    words = [
        f"{key} {show(value)}" + ("" if value == gpu[key] else f" (full run: {show(gpu[key])})")
        for key, value in chosen.items()
    ]
    print(f"budget {name}: " + ", ".join(words))
    return SimpleNamespace(name=name, **chosen)


def show(value: object) -> str:
    """A setting as people write it: 60,000; 8/20/32 for a tuple; yes or no."""
    if isinstance(value, (tuple, list)):
        return "/".join(show(v) for v in value) or "none"
    if isinstance(value, bool):
        return "yes" if value else "no"
    return f"{value:,}" if isinstance(value, int) else str(value)


def headline(text: str) -> None:
    """Print the chapter's one number; `make run` shows it in its table."""
    print(f"headline: {text}")
