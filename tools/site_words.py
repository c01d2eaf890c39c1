"""The words of a drawing: where they stand, and how they are moved, broken in two, or slanted."""

import re
from dataclasses import dataclass
from xml.etree import ElementTree

SPACE = "{http://www.w3.org/2000/svg}"
PLACE = re.compile(r"translate\((-?[\d.]+)(?: (-?[\d.]+))?\)")
SCALE = re.compile(r"scale\((-?[\d.]+)")
PAIR = re.compile(r"(-?[\d.]+) (-?[\d.]+)")
GLYPH = 62.0  # about how wide the last letter of a line is, in its own units
BELOW = "-115)"  # the shift of a second line
SLANT = 0.7071, 0.7071  # cosine and sine of 45 degrees

Element = ElementTree.Element


@dataclass
class Words:
    """A text, or a key, and where it stands."""

    element: Element
    said: str
    left: float
    right: float
    top: float
    bottom: float
    upright: bool = False  # turned by a quarter
    tick: bool = False


def words_of(part: Element, tick: bool = False) -> Words:
    """Return the extent of a text or a key; the width of a last letter is estimated."""
    xs: list[float] = []
    ys: list[float] = []
    upright = False
    for line in part.iter(f"{SPACE}g"):
        change = line.get("transform", "")
        place, scale = PLACE.search(change), SCALE.search(change)
        if place is None or scale is None:
            continue
        x, y, size = float(place[1]), float(place[2] or 0), float(scale[1])
        long = size * (line_width(line) + GLYPH)
        if "rotate(-45" in change:
            xs = [*xs, x - 60 * size, x + long * SLANT[0]]
            ys = [*ys, y - long * SLANT[1], y + 20 * size]
            continue
        upright = "rotate" in change
        if upright:
            xs, ys = [*xs, x - 90 * size, x + 20 * size], [*ys, y - long, y]
        else:
            below = 115 if any(BELOW in use.get("transform", "") for use in line) else 0
            xs, ys = [*xs, x, x + long], [*ys, y - 80 * size, y + (22 + below) * size]
    for path in part.iter(f"{SPACE}path"):
        if path.get("id") is None and "scale" not in path.get("transform", ""):
            for x, y in PAIR.findall(path.get("d", "")):
                xs.append(float(x))
                ys.append(float(y))
    said = " ".join(c.text or "" for c in part.iter(ElementTree.Comment)).strip()
    box = (min(xs, default=0), max(xs, default=0), min(ys, default=0), max(ys, default=0))
    return Words(part, said, *box, upright=upright, tick=tick)


def line_width(line: Element) -> float:
    """Return where the last letter of a line begins, in the letters' own units."""
    found = [PLACE.search(use.get("transform", "")) for use in line.iter(f"{SPACE}use")]
    return max((float(place[1]) for place in found if place), default=0.0)


def move(words: Words, right: float, down: float) -> None:
    """Move a text or a key."""
    for line in words.element.iter(f"{SPACE}g"):
        change = line.get("transform", "")
        if place := PLACE.search(change):
            if "scale" not in change:
                continue
            x, y = float(place[1]) + right, float(place[2] or 0) + down
            line.set("transform", PLACE.sub(f"translate({x:.2f} {y:.2f})", change, count=1))
    for path in words.element.iter(f"{SPACE}path"):
        if path.get("id") is None and "scale" not in path.get("transform", ""):
            path.set("d", PAIR.sub(
                lambda p: f"{float(p[1]) + right:.2f} {float(p[2]) + down:.2f}", path.get("d", "")
            ))  # fmt: skip
    for use in words.element.iter(f"{SPACE}use"):
        if use.get("x") is not None:
            use.set("x", f"{float(use.get('x', 0)) + right:.2f}")
            use.set("y", f"{float(use.get('y', 0)) + down:.2f}")
    words.left, words.right = words.left + right, words.right + right
    words.top, words.bottom = words.top + down, words.bottom + down


def wrapped(words: Words, side: str) -> Words:
    """Return a text of one line in two where it has a place to break, which end at the "right" side
    of their place, begin at the "left", or have one "middle"."""
    lines = [g for g in words.element.iter(f"{SPACE}g") if SCALE.search(g.get("transform", ""))]
    scale = SCALE.search(lines[0].get("transform", "")) if len(lines) == 1 else None
    if scale is None or words.upright:
        return words
    size, uses = float(scale[1]), lines[0].findall(f"{SPACE}use")
    spaces = [i for i, letter in enumerate(words.said) if letter == " "]
    if len(uses) != len(words.said) or not spaces:
        return words
    starts = [float(p[1]) if (p := PLACE.search(u.get("transform", ""))) else 0.0 for u in uses]
    half = (starts[-1] + GLYPH) / 2
    cut = min(spaces, key=lambda i: abs(starts[i] - half))
    wide = starts[cut], starts[-1] + GLYPH - starts[cut + 1]
    share = {"left": 0.0, "middle": 0.5, "right": 1.0}[side]
    for number, use in enumerate(uses):
        later = number > cut
        x = starts[number] - later * starts[cut + 1] + share * (max(wide) - wide[later])
        use.set("transform", f"translate({x:.2f} {BELOW if later else '0)'}")
    saved = words.right - words.left - size * max(wide)
    words = words_of(words.element, words.tick)
    move(words, share * saved, 0 if side == "middle" else -5.5)
    return words


def turned(words: Words) -> Words:
    """Return the name below a tick slanted, so that its end points at the tick."""
    at, top = (words.left + words.right) / 2, words.top
    lines = [g for g in words.element.iter(f"{SPACE}g") if SCALE.search(g.get("transform", ""))]
    sizes = [float(found[1]) for g in lines if (found := SCALE.search(g.get("transform", "")))]
    longs = [size * (line_width(g) + GLYPH) for g, size in zip(lines, sizes, strict=True)]
    said = [note.text or "" for note in words.element.iter(ElementTree.Comment)]
    gaps = [0 if text.rstrip().endswith("-") else 3 for text in said][: len(lines) - 1] + [0]
    before = -sum(longs) - sum(gaps)
    for line, size, long, gap in zip(lines, sizes, longs, gaps, strict=True):
        x, y = at + 3 + before * SLANT[0], top + 9 - before * SLANT[1]
        line.set("transform", f"translate({x:.2f} {y:.2f}) rotate(-45) scale({size} -{size})")
        before += long + gap
    return words_of(words.element, words.tick)
