"""Pictures of what came after: a family tree, and inventions that earn their place or do not."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from utils.figures import COLOURS, INK, RESIDUAL, SMALL, Picture, canvas, show
from utils.figures.diagrams import arrow, box

# Name: year of the first publication, column, what it changed, whom it stands on.
FAMILY: dict[str, tuple[int, int, str, tuple[str, ...]]] = {
    "Highway": (2015, 4, "gated stream", ()),
    "ResNet": (2015, 3, "x + f(x)", ("Highway",)),
    "stochastic depth": (2016, 0, "skips branches", ("ResNet",)),
    "ResNeXt": (2016, 1, "groups", ("ResNet",)),
    "pre-activation": (2016, 3, "norm first", ("ResNet",)),
    "SENet": (2017, 2, "gated branch", ("ResNet",)),
    "transformer": (2017, 4, "attention", ("ResNet",)),
    "pre-norm": (2019, 3, "norm first", ("pre-activation", "transformer")),
    "ViT": (2020, 4, "image tokens", ("pre-norm",)),
    "strikes back": (2021, 0, "training only", ("stochastic depth",)),
    "ConvNeXt": (2022, 2, "depthwise 7x7", ("ResNeXt", "ViT")),
}
WIDE, HIGH = 1.5, 0.6  # of a box
ACROSS, DOWN = 1.68, 0.98  # from one column or row to the next


def family_tree() -> Picture:
    """Descendants of ResNet by year, each with what it changed; lines lead from whom it stands on.

    Sources: the papers of each; see the references of chapter 15.
    """
    figure, axis = canvas(width=7.9, height=5.3)
    years = sorted({year for year, *_ in FAMILY.values()})

    def place(name: str) -> tuple[float, float]:
        year, column = FAMILY[name][:2]
        return ACROSS * column, -DOWN * years.index(year)

    for name, (_, _, change, parents) in FAMILY.items():
        x, y = place(name)
        box(axis, x, y, WIDE, HIGH, f"{name}\n{change}", RESIDUAL if name == "ResNet" else INK)
        for parent in parents:
            left, top = place(parent)
            if top == y:
                arrow(axis, (left - WIDE / 2 - 0.03, top), (x + WIDE / 2 + 0.03, y), RESIDUAL)
                continue
            aside = 0.62 * float(np.sign(x - left))
            arrow(axis, (left + aside, top - HIGH / 2 - 0.03),
                  (x - aside / 2, y + HIGH / 2 + 0.03), RESIDUAL)  # fmt: skip
    for row, year in enumerate(years):
        axis.text(-1.0, -DOWN * row, str(year), ha="right", va="center", fontsize=SMALL)
    axis.set(xlim=(-1.5, 4 * ACROSS + 0.85), ylim=(-DOWN * (len(years) - 1) - 0.45, 0.45))
    axis.axis("off")
    told = "; ".join(
        f"{name} ({year}, {change})" + (f" from {' and '.join(parents)}" if parents else "")
        for name, (year, _, change, parents) in FAMILY.items()
    )
    return show(figure, f"A family tree by year. {told}.",
                "By year of the first publication, simplified. All but the Highway network "
                "add what came in as it is, without a gate.")  # fmt: skip


@dataclass(frozen=True)
class Rung:
    """What one invention gained.

    Parameters
    ----------
    gains : sequence of float
        One a seed, against what it was tried on.
    reach : float
        How far the interval reaches to either side of their mean; 0 for none.
    kept : bool
    """

    gains: Sequence[float]
    reach: float
    kept: bool


def ladder(boards: Mapping[str, Mapping[str, Rung]], unit: str, caption: str = "") -> Picture:
    """One row per rung: a dot per seed, a bar at the mean, a line for its interval.

    What was kept is purple, what was not is grey. ``boards`` has one axes per title, all with the
    same rungs; below a title that says recorded the dots are lighter.
    """
    names = list(next(iter(boards.values())))
    figure, axes = canvas(1, len(boards), width=4.6, height=0.36 * len(names) + 1.0, sharey=True,
                          squeeze=False)  # fmt: skip
    told = []
    for axis, (title, rungs) in zip(axes[0], boards.items(), strict=True):
        axis.axvline(0, color=INK, linestyle=":", linewidth=1.5)
        light = 0.45 if "recorded" in title.lower() else 0.8
        for place, rung in enumerate(rungs.values()):
            colour, middle = COLOURS[0 if rung.kept else 4], float(np.mean(rung.gains))
            axis.plot(rung.gains, [place] * len(rung.gains), linestyle="", marker="o",
                      markersize=4.5, color=colour, alpha=light)  # fmt: skip
            axis.vlines(middle, place - 0.3, place + 0.3, color=colour, linewidth=2)
            if rung.reach:
                axis.hlines(place, middle - rung.reach, middle + rung.reach, color=colour)
        axis.set(title=title, xlabel=unit)
        told.append(f"{title}: " + "; ".join(
            f"{name} {np.mean(rung.gains):+.2f}" + (f" ± {rung.reach:.2f}" if rung.reach else "")
            + (", kept" if rung.kept else "") for name, rung in rungs.items()
        ))  # fmt: skip
    axes[0, 0].set_yticks(range(len(names)), names, fontsize=SMALL)
    axes[0, 0].invert_yaxis()
    return show(figure, f"{unit}. " + ". ".join(told) + ".", caption)
