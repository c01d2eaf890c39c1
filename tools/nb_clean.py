"""What a stored output may look like: no progress bars, no widget state, no path of one machine."""

import re
import sys
import tempfile
from pathlib import Path

import nbformat

# tqdm's bars: "40%|####      | 4/10 [00:01<00:02, 3.1it/s]", "12it [00:01, 9.1it/s]" and, where
# there is little room, "| 5/10 [00:01<00:01]". Bounded, so that a line of a megabyte takes no time.
BAR = re.compile(
    r"\d{1,3}%\|[^|\n]{0,500}\|\s{0,9}\S{1,20}/\S{1,20}(?: \[\d+:\d\d[^\]\n]{0,200}\]?)?"
    r"|\d[\d.]{0,15}\w{0,20} \[\d+:\d\d[:\d]*, [^\]\n]{0,200}\]?"
    r"|\|\s{0,9}\d{1,20}/\d{1,20} \[\d+:\d\d[^\]\n]{0,200}\]?"
)
ANSI = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")
WIDGET = "application/vnd.jupyter.widget-view+json"
DATA = re.compile(r"(data:[\w/+.-]+;base64,[A-Za-z0-9+/=\s]+)")
LIVE = re.compile(r"<script data-live-program>.*?</script>", re.DOTALL)
MAX_BYTES = 1_000_000


def without_bars(text: str) -> str:
    """Return `text` without progress bars and their captions, or the lines they had alone."""
    lines = []
    for line in text.split("\n"):
        *captions, rest = BAR.split(line)
        if captions:
            before = [c for c in captions if c.strip() and not c.rstrip().endswith(":")]
            line = "".join([*before, rest]).strip()
        if line or not captions:
            lines.append(line)
    return "\n".join(lines)


def as_shown(text: str) -> str:
    """Return what a screen shows in the end: of a line written over and over, the last state."""
    lines = ANSI.sub("", text).replace("\r\n", "\n").split("\n")
    return "\n".join(line.rpartition("\r")[2] for line in lines)


def places(root: Path) -> list[tuple[str, str]]:
    """Return the folders of this machine that must not show, with what to write instead."""
    known = [
        (str(root.resolve()), "<course>"),
        (sys.prefix, "<python>"),
        (sys.base_prefix, "<python>"),
        (tempfile.gettempdir(), "<tmp>"),
        (str(Path.home()), "~"),
    ]
    known = [(path, word) for path, word in known if len(path) > 1]
    return sorted(known, key=lambda pair: -len(pair[0]))


def without_places(value, known: list[tuple[str, str]]):
    """Return `value`, a piece of an output, with this machine's folders replaced."""
    if isinstance(value, str):
        pieces = DATA.split(value)  # every second piece is a picture, whose letters mean nothing
        for path, word in known:
            pattern = re.compile(re.escape(path) + r"(?![\w.-])")
            pieces[::2] = [pattern.sub(word, piece) for piece in pieces[::2]]
        return "".join(pieces)
    if isinstance(value, list):
        return [without_places(part, known) for part in value]
    if isinstance(value, dict):
        return {
            key: part if key == "image/png" else without_places(part, known)
            for key, part in value.items()
        }
    return value


def may_raise(cell) -> bool:
    """Tell whether a cell is there to show an error."""
    tags = cell.metadata.get("tags", [])
    return "raises-exception" in tags or "nbval-raises-exception" in tags


def clean_output(output, where: str, raising: bool):
    """Return an output as it is stored, or None when nothing of it is worth storing.

    Raises
    ------
    ValueError
        When it is a warning, or an error in a cell that is not tagged ``raises-exception``.
    """
    kind = output.output_type
    if kind == "stream" and output.name == "stderr":
        rest = without_bars(re.sub(r"\r\n?", "\n", ANSI.sub("", output.text))).strip()
        if rest:  # a warning that a bar was drawn over is a warning all the same
            raise ValueError(f"{where} writes to stderr, fix the cause: {rest}")
        return None
    if kind == "stream":
        output.text = without_bars(as_shown(output.text))
        return output if output.text.strip() else None
    if kind == "error":
        line = f"{output.ename}: {output.evalue}"
        if not raising:
            raise ValueError(f"{where} fails with {line}")
        output.traceback = [line]
        return output
    if WIDGET in output.data:
        del output.data[WIDGET]
        if set(output.data) <= {"text/plain"}:
            return None
    output.get("metadata", {}).pop(WIDGET, None)
    if "text/html" in output.data:  # a live figure's programs come when the cell is run
        output.data["text/html"] = LIVE.sub("", output.data["text/html"])
    return output


def clean(notebook: nbformat.NotebookNode, chapter: str, root: Path) -> None:
    """Make the outputs of an executed notebook fit to store, in place.

    Raises
    ------
    ValueError
        When there is something no reader should find in a stored output; every such cell is named.
    """
    known, faults = places(root), []
    cells = [cell for cell in notebook.cells if cell.cell_type == "code"]
    for number, cell in enumerate(cells, start=1):
        kept = []
        for output in joined(cell.outputs):  # a bar may come in pieces
            try:
                output = clean_output(output, f"{chapter}, code cell {number}", may_raise(cell))
            except ValueError as fault:
                faults.append(str(fault))
                continue
            if output is not None:
                kept.append(nbformat.from_dict(without_places(dict(output), known)))
        cell.outputs = joined(kept)
    if faults:
        raise ValueError("\n".join(faults))


def joined(outputs: list) -> list:
    """Return `outputs` with neighbouring pieces of the same stream made one.

    How a stream is cut depends on timing; joined, the same text gives the same bytes.
    """
    result = []
    for output in outputs:
        last = result[-1] if result else None
        if last and output.output_type == last.output_type == "stream" and output.name == last.name:
            last.text += output.text
        else:
            result.append(nbformat.NotebookNode(output))
    return result
