"""The picture that stands for the residual playground where no scripts run, from its recording.

    python -m benchmarks.playground_picture

Writes ``utils/figures/live/playground.json``, with the words that belong to the picture.
"""

import json
import sys

import numpy as np
from matplotlib.colors import to_rgb

from benchmarks.playground import SETTINGS, USUAL, name
from utils import files
from utils.figures import MARKERS, PLAIN, RESIDUAL, Picture, canvas, live, show
from utils.figures.style import COLOURS, INK
from utils.recordings import JSON, Recorded, load

RATE, STEPS = 0.003, 500
TWINS = {"plain": PLAIN, "residual": RESIDUAL}
CLASSES = {0: (COLOURS[3], MARKERS[0]), 1: (COLOURS[0], MARKERS[1])}  # as in charts.js


def found(recorded: Recorded, kind: str, what: str = "train", **changes: object) -> JSON:
    """What is recorded of the playground's first setting, or of another."""
    job = {"what": what, "steps": SETTINGS["steps"], "rate": RATE} | USUAL
    return dict(recorded[name(job | {"shortcut": kind == "residual"} | changes)])


def caption(recorded: Recorded) -> str:
    """The finding, in numbers."""
    reached = {kind: found(recorded, kind)["reached"] for kind in TWINS}
    good = {kind: [step for step in steps if step] for kind, steps in reached.items()}
    assert not good["plain"] and len(good["residual"]) == 10, "the caption says so"
    return (
        "Recorded: two networks with 64 layers and BatchNorm, from the same initial weights. With "
        f"shortcuts, all ten seeds classify 95 % of the training points correctly within "
        f"{max(good['residual'])} steps; without, none does within {SETTINGS['steps']:,}."
    )


def draw(recorded: Recorded) -> Picture:
    """What both nets say of each place; the ten seeds; each layer's gradient at the first step."""
    figure, axes = canvas(2, 2, 3.5, 3.2)
    looks = {kind: found(recorded, kind, "picture") for kind in TWINS}
    for axis, (kind, colour) in zip(axes[0], TWINS.items(), strict=True):
        surface(axis, looks[kind])
        axis.set_title(f"{kind}, after {STEPS} steps", color=colour)
    steps = np.arange(1, SETTINGS["steps"] // SETTINGS["every"] + 1) * SETTINGS["every"]
    for kind, colour in TWINS.items():
        for curve in found(recorded, kind)["curve"]:
            axes[1, 0].plot(steps, curve, color=colour, linewidth=1)
        norms = np.array(looks[kind]["norms"])
        axes[1, 1].plot(np.arange(1, len(norms) + 1), norms / norms[-1], color=colour)
        at = {"plain": (0.96, 0.14), "residual": (0.96, 0.8)}[kind]
        axes[1, 0].text(*at, kind, color=colour, ha="right", transform=axes[1, 0].transAxes)
    axes[1, 0].set(xlabel="step", ylabel="training accuracy", title="ten seeds", ylim=(0.3, 1.02))
    axes[1, 1].set(xlabel="layer", title="gradient, first step", yscale="log", xticks=[1, 32, 64])
    axes[1, 1].set_ylabel("multiple of the last layer's")
    axes[1, 1].text(14, norms_at(looks["plain"], 14), "  plain", color=PLAIN)
    axes[1, 1].text(14, 0.02, "residual", color=RESIDUAL)
    ratio = {kind: look["norms"][0] / look["norms"][-1] for kind, look in looks.items()}
    right = {kind: round(100 * look["accuracy"]) for kind, look in looks.items()}
    best = 100 * max(found(recorded, "plain")["best"])
    alt = (
        f"Two spirals of points. After {STEPS} steps the plain net classifies {right['plain']} % "
        f"of them correctly, the residual net {right['residual']} %, and only its regions follow "
        "the spirals. Accuracy by step for ten seeds: the residual nets rise, no plain one passes "
        f"{best:.0f} %. At the first step the first layer's gradient is "
        f"{round(ratio['plain'], -4):,.0f} times the last layer's in the plain net and "
        f"{ratio['residual']:.2g} times in the residual one."
    )
    return show(figure, alt, caption(recorded))


def norms_at(look: JSON, layer: int) -> float:
    """The length of a layer's gradient, as a multiple of the last layer's."""
    return float(look["norms"][layer - 1] / look["norms"][-1])


def surface(axis, look: JSON) -> None:
    """The regions that a net gives to each class, and the points; y goes down, as on screens."""
    sure = np.array([[int(digit) for digit in row] for row in look["rows"]]) / 4.5 - 1
    # An image has one set of colours for both kinds of page; the ground shines through.
    tints = np.array([to_rgb(CLASSES[label][0]) for label in (0, 1)])
    image = np.dstack([tints[(sure > 0).astype(int)], 0.55 * np.abs(sure)])
    axis.imshow(image, extent=(-1, 1, 1, -1), interpolation="none")
    points = np.array(look["x"]).reshape(-1, 2)
    for label, (colour, marker) in CLASSES.items():
        x, y = points[np.array(look["y"]) == label].T
        axis.plot(x, y, marker, color=colour, markersize=3.2)
    axis.set(xlim=(-1, 1), ylim=(1, -1), aspect="equal", xticks=[], yticks=[])
    axis.grid(False)
    for side in ("top", "right", "bottom", "left"):
        axis.spines[side].set(visible=True, color=INK)


def main() -> int:
    """Draw the picture anew."""
    picture = draw(load("playground"))
    content = {"alt": picture.alt, "caption": picture.caption, "html": picture.to_html()}
    path = live.FOLDER / "playground.json"
    files.write(path, json.dumps(content, indent=1) + "\n")
    print(f"{path.name}: {path.stat().st_size / 1e3:.0f} kB. {picture.caption}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
