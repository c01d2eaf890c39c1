"""Pictures of speed: one row per step, a roofline, a model beside what was measured."""

from collections.abc import Mapping, Sequence

import numpy as np

from utils.figures import COLOURS, INK, MARKERS, SMALL, Picture, canvas, show

GAIN = 1.03  # a smaller ratio can't be told from the machine's noise


def steps(
    values: Mapping[str, Sequence[float]], unit: str, alt: str, caption: str = "",
    before: Mapping[str, str] | None = None, log: bool = False,
) -> Picture:  # fmt: skip
    """One row per step, its median as a bar, and a line from its smallest to its largest value.

    On a logarithmic axis, which has no zero for a bar to begin at, the median is a dot.

    Parameters
    ----------
    values : mapping
        Name of the step to the values that several rounds measured; larger is better.
    unit : str
        Label of the x-axis.
    before : mapping, optional
        Name of a step to the name of the step it is compared with; the step above it by default.
        A step that is not faster than that one is grey.
    log : bool
        Whether the x-axis is logarithmic.
    """
    names, middles = list(values), {name: float(np.median(v)) for name, v in values.items()}
    before = dict(zip(names[1:], names, strict=False)) | dict(before or {})
    figure, axis = canvas(width=8.2, height=0.42 * len(names) + 0.9)
    for place, name in enumerate(names):
        middle, base = middles[name], middles.get(before.get(name, ""), 0)
        gained = not base or middle > GAIN * base
        colour = COLOURS[0 if gained else 4]
        if log:
            axis.plot(middle, place, marker="o", markersize=9, color=colour)
        else:
            axis.barh(place, middle, height=0.62, color=colour)
        axis.plot([min(values[name]), max(values[name])], [place, place], color=INK, linewidth=1.5)
        told = f" {middle:,.0f}" + (f"  (x {middle / base:.2f})" if base else "")
        axis.annotate(told, (max(values[name]), place), xytext=(4.5 if log else 0, 0),
                      textcoords="offset points", va="center", fontsize=SMALL)  # fmt: skip
    axis.set_yticks(range(len(names)), names)
    axis.invert_yaxis()
    axis.set_xlabel(unit)
    if log:
        axis.set_xscale("log")
    largest, least = max(max(v) for v in values.values()), min(min(v) for v in values.values())
    axis.set_xlim(least / 2 if log else 0, largest * (6 if log else 1.3))
    axis.grid(visible=False, axis="y")
    axis.set_axisbelow(True)
    return show(figure, alt, caption)


def roofline(
    layers: Mapping[str, tuple[float, float]],
    peak: float,
    bandwidth: float,
    alt: str,
    caption: str = "",
) -> Picture:
    """The speed of layers under the roof of a machine (Williams, Waterman and Patterson 2009).

    Parameters
    ----------
    layers : mapping
        Name to (multiply-adds per byte, multiply-adds per second).
    peak : float
        Multiply-adds per second of the fastest matrix product.
    bandwidth : float
        Bytes per second between the processor and its memory.
    """
    figure, axis = canvas(width=7.6, height=4.2)
    least = min(x for x, _ in layers.values()) / 2
    most = 4 * max(peak / bandwidth, *(x for x, _ in layers.values()))
    x = np.geomspace(least, most, 200)
    axis.plot(x, np.minimum(peak, bandwidth * x) / 1e9, color=INK, linewidth=2.5)
    axis.text(0.03, 0.72, "limited by\nmemory", transform=axis.transAxes, va="center",
              fontsize=SMALL)  # fmt: skip
    axis.text(most, 1.15 * peak / 1e9, "limited by arithmetic", ha="right", fontsize=SMALL)
    for i, (name, (intensity, rate)) in enumerate(layers.items()):
        axis.plot(intensity, rate / 1e9, linestyle="", marker=MARKERS[i % len(MARKERS)],
                  markersize=9, color=COLOURS[i % len(COLOURS)], label=name)  # fmt: skip
    axis.set(xscale="log", yscale="log", xlabel="multiply-adds per byte moved",
             ylabel="billion multiply-adds a second")  # fmt: skip
    axis.legend(loc="center left", bbox_to_anchor=(1.0, 0.5))
    return show(figure, alt, caption)


def strips(
    values: Mapping[str, Sequence[float]], xlabel: str, alt: str, caption: str = ""
) -> Picture:
    """One row per name, with one dot per value and a bar at their mean.

    A dotted line marks the first row's mean in all rows.
    """
    figure, axis = canvas(width=7.4, height=0.36 * len(values) + 0.9)
    axis.axvline(np.mean(next(iter(values.values()))), color=INK, linestyle=":", linewidth=1.5)
    for place, found in enumerate(values.values()):
        colour = COLOURS[0 if place else 2]
        axis.plot(found, [place] * len(found), linestyle="", marker="o", color=colour)
        axis.vlines(np.mean(found), place - 0.3, place + 0.3, color=colour)
    axis.set_yticks(range(len(values)), list(values))
    axis.invert_yaxis()
    axis.set_xlabel(xlabel)
    return show(figure, alt, caption)


def modelled(
    measured: Mapping[int, float], curves: Mapping[str, Mapping[int, float]],
    xlabel: str, ylabel: str, alt: str, caption: str = "",
) -> Picture:  # fmt: skip
    """The curves of a model, dashed, and the points that were measured, on logarithmic axes."""
    figure, axis = canvas(width=7.5, height=4.2)
    for i, (name, curve) in enumerate(curves.items(), start=1):
        axis.plot(list(curve), list(curve.values()), linestyle="--", marker=MARKERS[i],
                  markersize=5, color=COLOURS[i % len(COLOURS)], label=name)  # fmt: skip
    axis.plot(list(measured), list(measured.values()), linestyle="", marker="o", markersize=10,
              color=COLOURS[0], label="measured")  # fmt: skip
    axis.set(xscale="log", yscale="log", xlabel=xlabel, ylabel=ylabel)
    ticks = sorted({x for curve in curves.values() for x in curve})
    for ruler in (axis.xaxis, axis.yaxis):
        ruler.set_ticks(ticks, [str(tick) for tick in ticks])
        ruler.set_ticks([], minor=True)
    axis.legend(fontsize=SMALL)
    return show(figure, alt, caption)
