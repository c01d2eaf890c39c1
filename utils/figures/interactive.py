"""Figures that respond to mouse and keyboard, in a few lines of JavaScript.

They work wherever the cell's output is shown, in JupyterLab, Colab and the book, with or without
a running kernel, because the output itself holds everything they need. Where scripts are switched
off, as in a notebook that JupyterLab does not trust yet, they show their initial state: what only a
script can work with is made by the script.
"""

import base64
import html
import json
from collections.abc import Sequence
from typing import Any

from utils.figures import Picture, live

CSS = "font:15px system-ui,sans-serif;"
INPUT = (
    "font:inherit;width:4.5em;margin:0 1em 0 .3em;color:inherit;background:transparent;"
    "border:1px solid currentColor;border-radius:4px;padding:2px 4px"
)

# Takes the place of the words above the picture. JupyterLab reads arrow keys everywhere in a
# notebook, to go from heading to heading, but where an element asks it not to.
SLIDER = """
(() => {
  const box = document.currentScript.closest("div.course-slider");
  const frames = JSON.parse(box.querySelector("script[type]").textContent);
  const words = box.querySelector("p"), image = box.querySelector("img");
  const caption = box.querySelector("figcaption");
  const label = document.createElement("label"), input = document.createElement("input");
  const value = document.createElement("output");
  const show = () => {
    const frame = frames[+input.value];
    image.src = "data:image/svg+xml;base64," + frame.svg;
    image.alt = frame.alt;
    image.width = frame.width;
    if (caption) caption.textContent = frame.caption;
    value.textContent = frame.label;
    input.setAttribute("aria-valuetext", frame.label);
  };
  Object.assign(input, { type: "range", min: 0, max: frames.length - 1, step: 1, value: 0 });
  input.style.cssText = "width:min(24em,60%);vertical-align:middle;margin:0 .5em";
  input.setAttribute("data-lm-suppress-shortcuts", "true");
  input.addEventListener("input", show);
  label.append(words.textContent.split(": ")[0] + ":", input, value);
  words.replaceChildren(label);
  show();
})();
"""


class Interactive:
    """HTML that shows itself in a notebook; ``alt`` describes it in words."""

    def __init__(self, body: str, alt: str):
        self.body, self.alt = body, alt

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, str]:
        return {"text/html": self.body, "text/plain": f"[interactive: {self.alt}]"}


def slider(pictures: Sequence[Picture], labels: Sequence[str], name: str) -> Interactive:
    """One of several pictures, chosen with a slider.

    Parameters
    ----------
    pictures : sequence of Picture
    labels : sequence of str
        The value of the slider, for each picture.
    name : str
        What the slider changes.

    Raises
    ------
    ValueError
        When there is no picture, or not one label per picture.
    """
    if len(pictures) != len(labels) or not pictures:
        raise ValueError(
            f"slider: needs at least one picture and one label for each; got {len(pictures)} "
            f"pictures and {len(labels)} labels."
        )
    frames = [
        {"label": label, "alt": picture.alt, "caption": picture.caption, "width": picture.width,
         "svg": base64.b64encode(picture.svg.encode()).decode()}
        for picture, label in zip(pictures, labels, strict=True)
    ]  # fmt: skip
    held = json.dumps(frames).replace("<", "\\u003c")
    said = html.escape(f"{name}: {labels[0]}")
    return Interactive(
        f'<div class="course-slider" style="{CSS}"><p>{said}. (A slider stands here once this cell '
        f"is run.)</p>{pictures[0].to_html()}"
        f'<script type="application/json">{held}</script><script>{SLIDER}</script></div>',
        f"a slider for {name} ({labels[0]} to {labels[-1]}); first picture: {pictures[0].alt}",
    )


def playground() -> Interactive:
    """Two small networks that train in the page, with shortcuts and without.

    The reader chooses points, depth, normalisation, initial weights and learning rate, and switches
    shortcuts on and off while they train. Opens with 64 layers and BatchNorm.
    """
    return Interactive(live.body("playground"), live.words("playground"))


def live_resnet(plain: bool = False) -> Interactive:
    """The trained network of chapter 12, which answers in the page and can be taken apart.

    The reader chooses one of 200 test images or draws a garment, and watches the answer form
    block by block; leaves blocks out, swaps or scales them, cuts shortcuts; and sees what that does
    to the accuracy, with BatchNorm's averages from training or collected anew.

    Parameters
    ----------
    plain : bool
        Whether the weights of the plain twin come along, another 270 kB. On the site they come
        when they are asked for.
    """
    return Interactive(live.body("resnet", plain), live.words("resnet"))


def tokens() -> Interactive:
    """How different the tokens of a transformer stay, with shortcuts and without, computed live.

    The reader switches the shortcuts around attention and MLPs, leaves either out, and turns the
    size of the initial weights, the biases and the seed.
    """
    return Interactive(live.body("tokens"), live.words("tokens"))


def family() -> Interactive:
    """The networks of Table 1 at any image size: maps, layers, parameters, multiply-adds."""
    return Interactive(live.body("family"), live.words("family"))


def averages() -> Interactive:
    """A network that learns in the page and is tested twice, as BatchNorm tests and as it learns.

    The reader chooses the learning rate, how fast the running averages move, and a step after which
    the weights stand still.
    """
    return Interactive(live.body("averages"), live.words("averages"))


def sight() -> Interactive:
    """What a place on a map of a residual network can see, and where most of it comes from."""
    return Interactive(live.body("sight"), live.words("sight"))


def stride() -> Interactive:
    """Which places of its input a bottleneck reads, by where its stride sits, and what it costs."""
    return Interactive(live.body("stride"), live.words("stride"))


def orders() -> Interactive:
    """Five orders of the same layers, walked block by block before training."""
    return Interactive(live.body("orders"), live.words("orders"))


def roof() -> Interactive:
    """How fast a layer can be at best, on a machine of the reader's."""
    return Interactive(live.body("roof"), live.words("roof"))


def widths() -> Interactive:
    """Residual blocks for tables, of widths the reader types, and what PyTorch says of them."""
    return Interactive(live.body("widths"), live.words("widths"))


def cover() -> Interactive:
    """A trained network, an image, and a square that covers a part of it; beside it Grad-CAM."""
    return Interactive(live.body("cover"), live.words("cover"))


def shape_calculator(n: int = 224, k: int = 7, p: int = 3, s: int = 2) -> Interactive:
    """The output size of a convolution, recomputed as the reader types."""
    script = (
        "const r=this.closest('div.course-calculator'),"
        "[n,k,p,s]=[...r.querySelectorAll('input')].map(i=>parseInt(i.value)),"
        "ok=n>0&&k>0&&p>=0&&s>0&&n+2*p>=k;"
        "r.querySelector('output').value=ok?"
        "`floor((${n} + 2*${p} - ${k}) / ${s}) + 1 = ${Math.floor((n+2*p-k)/s)+1}`:"
        "n+2*p<k?'the kernel is larger than the padded input':'whole numbers, please'"
    )
    fields = "".join(
        f'<label>{label}<input type="number" min="{low}" value="{value}" style="{INPUT}" '
        f'oninput="{script}"></label>'
        for label, value, low in (
            ("input n", n, 1),
            ("kernel k", k, 1),
            ("padding p", p, 0),
            ("stride s", s, 1),
        )
    )
    size = (n + 2 * p - k) // s + 1
    answer = f"floor(({n} + 2*{p} - {k}) / {s}) + 1 = {size}"
    return Interactive(
        f'<div class="course-calculator" style="{CSS}">{fields}'
        f'<p><output style="font-weight:600">{answer}</output></p></div>',
        f"a calculator for the output size of a convolution; it stands at {answer}",
    )
