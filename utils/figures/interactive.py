"""Figures that respond to mouse and keyboard, in a few lines of JavaScript.

They work wherever the cell's output is shown, in JupyterLab, Colab and the book, with or without
a running kernel, because the output itself holds everything they need. Where scripts are switched
off, they show their initial state.
"""

import html
import uuid
from collections.abc import Sequence
from typing import Any

from utils.figures import Picture

CSS = "font:15px system-ui,sans-serif;"
INPUT = (
    "font:inherit;width:4.5em;margin:0 1em 0 .3em;color:inherit;background:transparent;"
    "border:1px solid currentColor;border-radius:4px;padding:2px 4px"
)


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
    key = stable_id("slider", name, *labels, *(p.alt for p in pictures))
    frames = "".join(
        f'<div data-frame="{i}"{"" if i == 0 else " hidden"}>{picture.to_html()}</div>'
        for i, picture in enumerate(pictures)
    )
    options = "|".join(labels)
    script = (
        "const r=this.closest('div.course-slider'),v=+this.value;"
        "r.querySelectorAll('[data-frame]').forEach((f,i)=>f.hidden=i!==v);"
        "r.querySelector('output').value=this.dataset.labels.split('|')[v];"
        "this.setAttribute('aria-valuetext',this.dataset.labels.split('|')[v])"
    )
    return Interactive(
        f'<div class="course-slider" style="{CSS}"><label for="{key}">{html.escape(name)}: </label>'
        f'<input type="range" id="{key}" min="0" max="{len(pictures) - 1}" value="0" step="1" '
        f'style="width:min(24em,60%);vertical-align:middle" data-labels="{html.escape(options)}" '
        f'aria-valuetext="{html.escape(labels[0])}" oninput="{script}"> '
        f'<output for="{key}">{html.escape(labels[0])}</output>{frames}</div>',
        f"a slider for {name} ({labels[0]} to {labels[-1]}); first picture: {pictures[0].alt}",
    )


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


def stable_id(*parts: str) -> str:
    """An HTML id that depends on the content alone, so that stored outputs stay the same."""
    return "c" + uuid.uuid5(uuid.NAMESPACE_OID, "\n".join(parts)).hex[:12]
