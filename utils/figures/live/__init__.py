"""Figures in which something is computed while one looks: networks that train in the page.

A live figure is shown as a picture of what it shows first, with its words, and a loader of a few
lines. Where a cell is run, its output brings the programs along, and the loader starts them. In a
stored notebook they are left out, so that there the picture remains; the site puts them into a file
beside its pages, which the loader fetches when a reader comes near. The programs are plain classic
scripts, one after the other: nothing else is loaded by a page that was opened as a file.
"""

import json
from functools import cache
from pathlib import Path

FOLDER = Path(__file__).parent
# The programs of each figure, in the order in which they need one another.
PROGRAMS = {
    "playground": ("random.js", "engine.js", "charts.js", "playground.js"),
    "resnet": ("kernels.js", "stream.js", "charts.js", "resnet-residual.js", "resnet.js"),
    "tokens": ("random.js", "charts.js", "tokens.js"),
    "family": ("charts.js", "family.js"),
    "averages": ("random.js", "engine.js", "charts.js", "averages.js"),
    "sight": ("charts.js", "sight.js"),
    "stride": ("charts.js", "stride.js"),
    "orders": ("random.js", "charts.js", "orders.js"),
    "roof": ("charts.js", "roof.js"),
    "widths": ("charts.js", "widths.js"),
    "cover": ("kernels.js", "stream.js", "charts.js", "resnet-residual.js", "cover.js"),
}
# What comes only when it is asked for.
MORE = {"resnet": ("resnet-plain.js",)}
# What the picture is, and what takes its place where scripts run.
NOTES = {
    "playground": ("This is a recording.", "The network itself trains here"),
    "resnet": ("This is a recording.", "The network itself answers here"),
    "tokens": ("This is a recording.", "Tokens are computed here"),
    "family": ("This is one size of many.", "Any other can be chosen here"),
    "averages": ("This is a recording.", "The network itself learns here"),
    "sight": ("This is one network of many.", "Any other can be chosen here"),
    "stride": ("This is what is never read.", "Each place can be chosen here"),
    "orders": ("This is a recording.", "The orders are computed here"),
    "roof": ("These are seven layers.", "Any other can be chosen here"),
    "widths": ("These are three tables of widths.", "Any others can be typed here"),
    "cover": ("This is one image.", "Any place of 200 images can be covered here"),
}

# `data-src` is set on the site alone. Whatever fails, the picture stays.
LOADER = """
(() => {
  const me = document.currentScript, box = me && me.closest("div.course-live");
  if (!box) return;
  const name = box.dataset.figure, known = () => window.CourseLive && window.CourseLive[name];
  const start = () => {
    try { known()(box) } catch (error) { console.error(error) }
  };
  if (known() && !box.dataset.src) return start();
  if (!box.dataset.src) return;
  const near = (entries, watch) => {
    if (!entries.some((entry) => entry.isIntersecting)) return;
    watch.disconnect();
    if (known()) return start();
    const script = document.createElement("script");
    script.src = box.dataset.src;
    script.onload = start;
    document.head.append(script);
  };
  new IntersectionObserver(near, { rootMargin: "400px" }).observe(box);
})();
"""


@cache
def program(name: str, more: bool = False) -> str:
    """The programs of a live figure, as one classic script; with ``more`` all of them."""
    files = (MORE[name] if more else ()) + PROGRAMS[name]
    return "\n".join((FOLDER / file).read_text(encoding="utf-8") for file in files)


def body(name: str, more: bool = False) -> str:
    """The HTML of a live figure: its picture and words, its programs, its loader."""
    return (
        f'<div class="course-live" data-figure="{name}"><div class="course-still">{still(name)}'
        f"<p>({note(name)})</p></div>"
        f"<script data-live-program>{program(name, more)}</script><script>{LOADER}</script></div>"
    )


def note(name: str, site: bool = False) -> str:
    """What stands below a live figure's picture, in a notebook or on the site."""
    what, instead = NOTES[name]
    if site:
        return f"{what} Where scripts run, {instead[0].lower()}{instead[1:]}."
    return f"{what} {instead} once this cell is run."


def still(name: str) -> str:
    """The picture that stands for a live figure where no scripts run, with its caption."""
    return stored(name)["html"]


def words(name: str) -> str:
    """What the picture shows, in words."""
    return stored(name)["alt"]


def stored(name: str) -> dict[str, str]:
    """A picture, its text alternative and its caption, as a benchmark wrote them."""
    content: dict[str, str] = json.loads((FOLDER / f"{name}.json").read_text(encoding="utf-8"))
    return content
