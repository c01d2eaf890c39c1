"""A figure once more for phones: as wide as a phone's text, its words as large as they were.

A drawing that is made smaller makes its words smaller too. So axes are made narrower between their
borders only: what is drawn in them moves together, words keep their size, long names go on in a
second line, ticks that would touch are left out or slanted, and panels side by side go below one
another, each with the numbers of the axes that they share.
"""

import copy
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from xml.etree import ElementTree

from tools.site_words import PAIR, SPACE, Element, Words, move, turned, words_of, wrapped

HREF = "{http://www.w3.org/1999/xlink}href"
WIDTH = 252.0  # points, 336 pixels: words keep 12 where a phone's text has 288
LEAST_AXES = 92.0
APART = 20.0  # rows of panels end at least so far from each other
LEAST_PART = 60.0  # what is narrower explains colours and keeps its width
LONGEST = 74.0  # a name at the side that is longer goes on below
KEY = 170.0  # a wider one stands below its panel
MATRIX = re.compile(r"matrix\((-?[\d.]+) (\S+) (\S+) (\S+) (-?[\d.]+) (\S+)\)")
NUMBER = re.compile(r"\s*(?:[-−]?[\d.,]+|\$.*\$)\s*")
Map = Callable[[float], float]


@dataclass
class Block:
    """Axes that stay side by side: a panel, and what explains its colours."""

    row: int
    axes: list[Element]
    boxes: list[tuple[float, float]]  # from left to right, within which things move together
    words: list[Words] = field(default_factory=list)
    points: list[tuple[float, float]] = field(default_factory=list)


def narrow(svg: str, room: float = WIDTH) -> str | None:
    """Return a drawing that is `room` points wide, those of a phone; None where it has to stay."""
    reader = ElementTree.XMLParser(target=ElementTree.TreeBuilder(insert_comments=True))
    root = ElementTree.fromstring(svg, reader)
    figure = root.find(f"{SPACE}g")
    if figure is None:
        return None
    axes = [part for part in figure if part.get("id", "").startswith("axes_")]
    others = [part for part in figure if part not in axes and part.get("id") != "patch_1"]
    if not axes or any(not part.get("id", "").startswith("text_") for part in others):
        return None
    found = blocks(axes)
    if found is None:
        return None
    with_shared_numbers(found)
    shapes = {shape.get("id"): shape for shape in root.iter(f"{SPACE}path") if shape.get("id")}
    clips = {clip.get("id"): clip for clip in root.iter(f"{SPACE}clipPath")}
    height = 4.0
    for part in others:
        title = words_of(part)
        move(title, (room - title.right - title.left) / 2, height - title.top)
        height += title.bottom - title.top + 6
    for block in found:
        used = narrowed(block, room, shapes, clips)
        if used is None:
            return None
        top, bottom = used
        for part in block.axes:
            around = ElementTree.Element(
                f"{SPACE}g", {"transform": f"translate(0 {height - top:.2f})"}
            )
            figure[list(figure).index(part)] = around
            around.append(part)
        height += bottom - top + 14
    return as_text(root, figure, room, height)


def as_text(root: Element, figure: Element, width: float, height: float) -> str:
    """Return the drawing with its new size."""
    root.set("width", f"{width:g}pt")
    root.set("height", f"{height:.2f}pt")
    root.set("viewBox", f"0 0 {width:g} {height:.2f}")
    ground = figure.find(f"{SPACE}g[@id='patch_1']/{SPACE}path")
    if ground is not None:
        ground.set("d", f"M 0 0 L {width:g} 0 L {width:g} {height:.2f} L 0 {height:.2f} z")
    ElementTree.register_namespace("", SPACE[1:-1])
    ElementTree.register_namespace("xlink", HREF[1:].partition("}")[0])
    return ElementTree.tostring(root, encoding="unicode")


def blocks(axes: list[Element]) -> list[Block] | None:
    """Return the panels row by row; None where there are no borders to see."""
    spans = []
    for part in axes:
        frame = frame_of(part)
        if frame is None:
            return None
        spans.append((*frame, part))
    lows = sorted({tall[1] for _, tall, _ in spans})
    rows = [low for last, low in zip([0.0, *lows], lows, strict=False) if low > last + APART]
    found: list[Block] = []
    for row, low in enumerate(rows):
        for box, tall, part in sorted(spans, key=lambda span: span[0]):
            if not low <= tall[1] <= low + APART:
                continue
            last = found[-1] if found and found[-1].row == row else None
            if last and (box == last.boxes[-1] or box[1] - box[0] < LEAST_PART):
                last.axes.append(part)
                if box != last.boxes[-1]:
                    last.boxes.append(box)
            else:
                found.append(Block(row, [part], [box]))
    return found if sum(len(block.axes) for block in found) == len(axes) else None


def frame_of(axes: Element) -> tuple[tuple[float, float], tuple[float, float]] | None:
    """Return from where to where axes reach, across and down; None where they show no borders."""
    patch = axes.find(f"{SPACE}g")
    path = patch.find(f"{SPACE}path") if patch is not None else None
    if path is not None and axis(axes, 1) is not None:
        pairs = [(float(x), float(y)) for x, y in PAIR.findall(path.get("d", ""))]
        across, down = zip(*pairs, strict=True)
        return (min(across), max(across)), (min(down), max(down))
    image = axes.find(f".//{SPACE}image")
    found = MATRIX.search(image.get("transform", "")) if image is not None else None
    if image is None or found is None:
        return None
    x, y = float(found[5]), float(found[6])
    wide = float(found[1]) * float(image.get("width", 0))
    high = float(found[4]) * float(image.get("height", 0))
    return (x, x + wide), (min(y, y + high), max(y, y + high))


def with_shared_numbers(found: list[Block]) -> None:
    """Give each panel the numbers of axes that it shares: at its side those of the first of its
    row, below it those of the last of its column."""
    for number, block in enumerate(found):
        row = [other for other in found if other.row == block.row]
        column = [other for other in found if other.boxes[0] == block.boxes[0]]
        for leader, which in ((row[0], 2), (column[-1], 1)):
            first, own = axis(leader.axes[0], which), axis(block.axes[0], which)
            if first is None or own is None or text_in(own) or not text_in(first):
                continue
            if which == 2:
                shift = block.boxes[0][0] - leader.boxes[0][0], 0.0
            else:
                shift = 0.0, foot(block.axes[0]) - foot(leader.axes[0])
            block.axes[0].append(moved(first, shift, number))


def moved(words: Element, shift: tuple[float, float], number: int) -> Element:
    """Return the words of an axis, without its marks, as another panel has them."""
    added = copy.deepcopy(words)
    for part in added.iter():
        for letters in part.findall(f"{SPACE}defs"):
            part.remove(letters)  # they are in the first panel
        if part.get("id"):
            part.set("id", f"{part.get('id')}-{number}")
    for tick in added.iter(f"{SPACE}g"):
        for line in [g for g in tick if g.get("id", "").startswith("line2d")]:
            tick.remove(line)
    for part in [g for g in added.iter(f"{SPACE}g") if g.get("id", "").startswith("text_")]:
        move(words_of(part), *shift)
    return added


def foot(axes: Element) -> float:
    """Return where axes end below."""
    frame = frame_of(axes)
    return frame[1][1] if frame is not None else 0.0


def axis(axes: Element, number: int) -> Element | None:
    """Return the horizontal (1) or vertical (2) axis."""
    found = [part for part in axes if part.get("id", "").startswith("matplotlib.axis_")]
    return found[number - 1] if len(found) >= number else None


def text_in(part: Element) -> bool:
    """Whether there are words in a part of a drawing."""
    return any(g.get("id", "").startswith("text_") for g in part.iter(f"{SPACE}g"))


def narrowed(
    block: Block,
    room: float,
    shapes: dict[str | None, Element],
    clips: dict[str | None, Element],
) -> tuple[float, float] | None:
    """Make a panel narrower; return from where to where it reaches, None where it cannot be."""
    collect(block)
    start, end = block.boxes[0]
    for number, words in enumerate(block.words):
        wide = words.right - words.left
        if not words.upright and wide > LONGEST and words.right <= start + 2:
            block.words[number] = wrapped(words, "right")
        elif not words.upright and wide > LONGEST and words.left >= end - 8:
            block.words[number] = wrapped(words, "left")
        elif not words.upright and wide > room - 4:
            block.words[number] = wrapped(words, "middle")
    image = any(part.find(f".//{SPACE}image") is not None for part in block.axes)
    if image and sum(start < w.left and w.right < end and not w.tick for w in block.words) > 4:
        return None  # the numbers of a table in colours would touch
    keys = [w for w in block.words if is_key(w) and (w.left >= end - 1 or w.right - w.left > KEY)]
    words = [w for w in block.words if w not in keys]
    at_end = [w for w in words if not w.tick and not w.upright and w.left >= end - 22]
    _, down = frame_of(block.axes[0]) or ((), (0.0, 0.0))
    within = [w for w in words if not w.tick and w.bottom > down[0]]
    at_point = [w for w in within if beside(w, block.points)]
    left = 4 + max([start - w.left for w in words if w.upright or w.right <= start + 2], default=0)
    rest = block.boxes[-1][1] - end  # what explains the colours
    width = min(end - start, room - left - rest - 5)
    for word in words:
        free = room - 3 - left - (word.right - word.left)
        if word.left >= end - 1:
            width = min(width, free - (word.left - end))
        elif word in at_point and word.left > start + 5:
            width = min(width, free * (end - start) / (word.left - start))
    least = min(LEAST_AXES, end - start)
    if width < least or any(w.right - w.left > room - 4 and not w.upright for w in words):
        return None

    def across(x: float) -> float:
        if x <= start:
            return left + x - start
        return left + min(x - start, end - start) * width / (end - start) + max(0.0, x - end)

    for part in block.axes:
        stretch(part, across, shapes, clips, {id(w.element) for w in block.words})
    for word in words:
        middle = (word.left + word.right) / 2
        fixed = word.left if word in at_end or word in at_point else middle
        inside = down[0] < (word.top + word.bottom) / 2 < down[1] and word.left > start
        least = left + 3 if inside and not word.upright else 2.0  # not over the axis' numbers
        goal = max(across(fixed) - fixed, least - word.left)
        move(word, min(goal, room - 2 - word.right), 0)
    slanted(words)
    apart(at_end)
    tops = [word.top for word in words] + [y for _, y in block.points]
    bottoms = [word.bottom for word in words] + [y for _, y in block.points]
    low = max(bottoms)
    for key in keys:  # below, where it stood beside
        if key.right - key.left > room - 4:
            return None
        move(key, left - key.left, low + 8 - key.top)
        low = key.bottom
    return min(tops), low


def is_key(words: Words) -> bool:
    """Whether this is the key of a panel."""
    return words.element.get("id", "").startswith("legend_")


def slanted(words: list[Words]) -> None:
    """Let no names or numbers below a panel touch: numbers are left out, names are slanted."""
    ticks = [w for w in words if w.tick]
    if without_touching(ticks):
        return
    low = max(w.bottom for w in ticks)
    for tick in ticks:
        words[words.index(tick)] = turned(tick)
    more = max(w.bottom for w in words if w.tick) - low
    for word in words:
        if not word.tick and word.top > low - 4:
            move(word, 0, more)


def beside(words: Words, points: list[tuple[float, float]]) -> bool:
    """Whether a text begins where something drawn ends."""
    middle = (words.top + words.bottom) / 2
    return any(-9 <= x - words.left <= 1 and abs(y - middle) < 12 for x, y in points)


def collect(block: Block) -> None:
    """Find a panel's texts, and the points of what is drawn."""

    def look(part: Element, tick: bool) -> None:
        name = part.get("id", "")
        if part.tag == f"{SPACE}defs":
            return
        if name.startswith(("text_", "legend_")):
            block.words.append(words_of(part, tick))
            return
        if part.tag == f"{SPACE}path":
            pairs = [(float(x), float(y)) for x, y in PAIR.findall(part.get("d", ""))]
            block.points.extend(pairs)
        if part.tag == f"{SPACE}use" and part.get("x"):
            block.points.append((float(part.get("x", 0)), float(part.get("y", 0))))
        for child in part:
            look(child, tick or name.startswith("xtick"))

    for part in block.axes:
        look(part, False)
        if frame := frame_of(part):
            block.points.extend(zip(*frame, strict=True))


def stretch(
    part: Element,
    across: Map,
    shapes: dict[str | None, Element],
    clips: dict[str | None, Element],
    words: set[int],
) -> None:
    """Move all that is drawn, but for words, to where it belongs now."""
    if id(part) in words or part.tag == f"{SPACE}defs":
        return
    clip = clips.pop((part.get("clip-path") or "")[5:-1], None)
    for frame in [] if clip is None else clip.iter(f"{SPACE}rect"):
        x, wide = float(frame.get("x", 0)), float(frame.get("width", 0))
        frame.set("x", f"{across(x):.2f}")
        frame.set("width", f"{across(x + wide) - across(x):.2f}")
    if part.tag == f"{SPACE}path":
        part.set("d", PAIR.sub(lambda p: f"{across(float(p[1])):.2f} {p[2]}", part.get("d", "")))
    elif part.tag == f"{SPACE}use" and part.get("x") is not None:
        if float(part.get("x", 0)):
            part.set("x", f"{across(float(part.get('x', 0))):.2f}")
        elif (shape := shapes.pop((part.get(HREF) or "")[1:], None)) is not None:
            shape.set("d", PAIR.sub(
                lambda p: f"{across(float(p[1])):.2f} {p[2]}", shape.get("d", "")
            ))  # fmt: skip
    elif part.tag == f"{SPACE}image" and (found := MATRIX.search(part.get("transform", ""))):
        start, wide = float(found[5]), float(found[1]) * float(part.get("width", 0))
        scale = (across(start + wide) - across(start)) / float(part.get("width", 1))
        part.set("transform", f"matrix({scale:.6f} {found[2]} {found[3]} {found[4]} "
                              f"{across(start):.3f} {found[6]})")  # fmt: skip
    for child in part:
        stretch(child, across, shapes, clips, words)


def without_touching(ticks: list[Words]) -> bool:
    """Hide numbers that would touch the one before; False where names would."""
    last = None
    for words in sorted(ticks, key=lambda w: (round(w.top / 6), w.left)):
        if last is not None and abs(last.top - words.top) < 6 and words.left < last.right + 2:
            if not NUMBER.fullmatch(words.said):
                return False
            words.element.set("display", "none")  # its letters may be used elsewhere
            continue
        last = words
    return True


def apart(names: list[Words]) -> None:
    """Move names at the side up and down until none lies over another."""
    names.sort(key=lambda w: w.top)
    for _ in range(20):
        for above, below in zip(names, names[1:], strict=False):
            over = above.bottom - below.top - 1
            if over > 0.2:
                move(above, 0, -over / 2)
                move(below, 0, over / 2)
