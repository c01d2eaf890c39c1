"""The figures of a page as files of their own, which phones show panel below panel.

A stored output holds its picture. On the site each is a file, loaded when a reader comes near. Text
in a figure is drawn to be read at the size it has; so a figure that is wider than the page is not
made smaller than its text bears: its panels go below one another, a wide panel is drawn narrower
(`site_phone`), and the few that must stay as they are can be scrolled, which is said below them.
"""

import base64
import hashlib
import json
import re
from pathlib import Path
from statistics import median
from xml.etree import ElementTree

from bs4 import BeautifulSoup, Tag

from tools import site_phone

DATA = re.compile(r"data:image/(svg\+xml|png);base64,(.+)", re.DOTALL)
LEAST = 12 / 14  # the smallest text is drawn at 14 pixels (10.5 points) and read at 12 at least
PIXELS = 96 / 72  # in a point
PAIRS = re.compile(r"(-?[\d.]+) (-?[\d.]+)")
SHIFT = re.compile(r"translate\((-?[\d.]+)")
SCALE = re.compile(r"scale\((-?[\d.]+)")
MATRIX = re.compile(r"matrix\((-?[\d.]+) \S+ \S+ \S+ (-?[\d.]+)")
HEIGHT = 11  # of text, in points
SOLID = ("pane3d_", "grid3d_", "axis3d_")  # parts of axes in three dimensions
WHITE = 3  # points that stay free beside a panel
SPACE = "{http://www.w3.org/2000/svg}"

MANY = 6  # panels that are kept together by halves
PHONE, BESIDE, WIDEST = 340, 92, 784  # pixels: a phone's text; what is not text; the widest text
BOX = re.compile(r'viewBox="0 0 ([\d.]+) ([\d.]+)"')

Panel = tuple[float, float]  # from, to; in the drawing's units


def move(page: BeautifulSoup, site: Path, to_root: str) -> None:
    """Put the pictures of a page into ``_images`` of the site."""
    for box in page.select("div.course-slider"):
        slider_for_phones(page, box, site, to_root)
    for image in page.find_all("img"):
        found = DATA.fullmatch(str(image.get("src", "")))
        if found is None or image.find_parent(class_="course-slider"):
            continue  # a live figure changes its picture itself
        content = base64.b64decode(found[2])
        image["loading"] = "lazy"
        if found[1] != "png":
            svg = content.decode("utf-8")
            shown = lower(svg)
            image["src"] = stored(shown.encode(), "svg", site, to_root)
            if (least := lay_out(page, image, shown)) > PHONE:
                for_phones(page, image, least, site_phone.narrow(svg), site, to_root)
        else:
            image["src"] = stored(content, found[1][:3], site, to_root)


def slider_for_phones(page: BeautifulSoup, box: Tag, site: Path, to_root: str) -> None:
    """Put narrower pictures of a slider beside its own, for ``course.js`` to choose from."""
    frames, image = box.select_one('script[type="application/json"]'), box.find("img")
    if frames is None or not isinstance(image, Tag):
        return
    drawn = [base64.b64decode(frame["svg"]).decode() for frame in json.loads(frames.get_text())]
    narrow = [svg for svg in map(site_phone.narrow, drawn) if svg is not None]
    if len(narrow) < len(drawn):
        return
    places = [stored(svg.encode(), "svg", site, to_root) for svg in narrow]
    box["data-phones"] = " ".join(places)
    image.wrap(page.new_tag("picture"))
    image.insert_before(page.new_tag("source", attrs={
        "media": "(max-width: 749px)", "srcset": places[0],
    }))  # fmt: skip


def lower(svg: str) -> str:
    """Return a drawing with its panels below one another where no page has room for it."""
    box = BOX.search(svg)
    width = float(box[1]) if box else 0.0
    if width * PIXELS * LEAST <= WIDEST or len(panels(svg, width)) > 1:
        return svg
    return site_phone.narrow(svg, WIDEST / PIXELS) or svg


def stored(content: bytes, ending: str, site: Path, to_root: str) -> str:
    """Write a picture of the site; return its address."""
    name = f"{hashlib.sha256(content).hexdigest()[:16]}.{ending}"
    (site / "_images").mkdir(exist_ok=True)
    (site / "_images" / name).write_bytes(content)
    return f"{to_root}_images/{name}"


def for_phones(
    page: BeautifulSoup, image: Tag, least: int, svg: str | None, site: Path, to_root: str
) -> None:
    """Show another drawing where a panel has no room; say where there is none."""
    row = image.parent
    if not isinstance(row, Tag):
        return
    if svg is None:
        said = page.new_tag("p", attrs={"class": "swipe", "hidden": ""})
        said.string = "The figure goes on to the right: drag it, or use the arrow keys."
        row.insert_after(said)
        return
    size = BOX.search(svg)
    assert size is not None
    width, height = (str(round(float(side) * PIXELS)) for side in size.groups())
    address = stored(svg.encode(), "svg", site, to_root)
    if "#" in str(image["src"]):  # several panels, each a part of one file
        attributes = dict(image.attrs) | {"src": address, "width": width, "height": height}
        attributes["class"] = "for-phones"
        del attributes["style"]
        row["class"] = "panels not-for-phones"
        row.insert_after(page.new_tag("img", attrs=attributes))
        return
    for name in ("tabindex", "role", "aria-label"):
        del row[name]
    row["class"] = "panels"
    del image["style"]
    image.wrap(page.new_tag("picture"))
    image.insert_before(page.new_tag("source", attrs={
        "media": f"(max-width: {max(599, least + BESIDE)}px)", "width": width, "height": height,
        "srcset": address,
    }))  # fmt: skip


def lay_out(page: BeautifulSoup, image: Tag, svg: str) -> int:
    """Put a drawing's panels side by side, so that they wrap where there is no room for all.

    Returns how many pixels its widest panel needs at least.
    """
    box = BOX.search(svg)
    if box is None:
        return 0
    width, height = float(box[1]), float(box[2])
    del image["style"]
    row = page.new_tag("div", attrs={"class": "panels"})
    image.wrap(row)
    found = panels(svg, width)
    for number, (start, end) in enumerate(found):
        part = page.new_tag("img", attrs=dict(image.attrs)) if number else image
        size = round((end - start) * PIXELS), round(height * PIXELS)
        part["width"], part["height"] = map(str, size)
        part["style"] = (
            f"--least:{round(size[0] * LEAST)}px;--most:{size[0]}px;--ratio:{size[0]}/{size[1]}"
        )
        if len(found) > 1:
            view = ",".join(f"{value:g}" for value in (start, 0, round(end - start, 2), height))
            part["src"] = f"{str(image['src']).partition('#')[0]}#svgView(viewBox({view}))"
        if number:
            part["alt"] = ""
            row.append(part)
    if len(found) >= MANY:
        by_halves(page, row)
    if len(found) == 1:
        row["class"] = "panels single"
        row["tabindex"], row["role"] = "0", "group"
        row["aria-label"] = "Figure; scrolls where it is wider than the page"
    return round(max(end - start for start, end in found) * PIXELS * LEAST)


def by_halves(page: BeautifulSoup, row: Tag) -> None:
    """Keep each half of a row's panels together, so that no line has one or two of them alone."""
    parts = row.find_all("img")
    middle = (len(parts) + 1) // 2
    for half in (parts[:middle], parts[middle:]):
        most = sum(int(str(part["width"])) for part in half)
        box = page.new_tag("div", attrs={"class": "half", "style": f"--most:{most}px"})
        row.append(box)
        box.extend(half)


def panels(svg: str, width: float) -> list[Panel]:
    """Return where a drawing can be cut from top to bottom without cutting through anything."""
    whole = [(0.0, width)]
    figure = ElementTree.fromstring(svg).find(f"{SPACE}g")
    if figure is None:
        return whole
    parts = [part for part in figure if part.get("id") != "patch_1"]
    if len(parts) == 1 and not any("axis" in part.get("id", "") for part in parts[0]):
        box = BOX.search(svg)
        is_row = box is not None and float(box[2]) * 2 < width and width * PIXELS * LEAST > PHONE
        return chain(parts[0], width) if is_row else whole
    solid = any(part.get("id", "").startswith(SOLID) for part in parts)
    of_panels = ("axes_", "patch_", *SOLID) if solid else ("axes_",)
    if any(not part.get("id", "").startswith(of_panels) for part in parts):
        return whole  # a title or a key of all
    if len({has_ticks(part) for part in parts}) > 1:
        return whole  # the numbers of one are those of all
    columns: list[list[float]] = []
    for start, end in sorted(extent(part) for part in parts):
        if columns and start < columns[-1][1]:
            columns[-1][1] = max(end, columns[-1][1])
        else:
            columns.append([start, end])
    if len(columns) < 2:
        return whole
    usual = median(end - start for start, end in columns)
    wide = [columns[0]]
    for column in columns[1:]:
        if column[1] - column[0] < 0.4 * usual:
            wide[-1][1] = column[1]  # a bar that explains colours stays with its picture
        else:
            wide.append(column)
    cuts = [(left[1] + right[0]) / 2 for left, right in zip(wide, wide[1:], strict=False)]
    edges = [0.0, *(round(cut, 2) for cut in cuts), width]
    found = list(zip(edges, edges[1:], strict=False))
    if max(end - start for start, end in found) * PIXELS * LEAST <= PHONE:
        return found
    return [  # without the white at the borders
        (round(max(start, column[0] - WHITE), 2), round(min(end, column[1] + WHITE), 2))
        for (start, end), column in zip(found, wide, strict=True)
    ]


def chain(diagram: ElementTree.Element, width: float) -> list[Panel]:
    """Return two rows for a chain of boxes, cut where lines alone lead from box to box."""
    spans = [extent(part, tall=True) for part in diagram]
    for share in range(10):
        for at in (width * (0.5 + share / 100), width * (0.5 - share / 100)):
            rows = [(0.0, round(at, 2)), (round(at, 2), width)]
            fits = max(at, width - at) * PIXELS * LEAST <= PHONE
            if fits and not any(start - 1 < at < end + 1 for start, end in spans):
                return rows
    return [(0.0, width)]


def has_ticks(part: ElementTree.Element) -> bool:
    """Whether numbers or names stand at the vertical axis of a panel."""
    axes = [axis for axis in part if axis.get("id", "").startswith("matplotlib.axis_")]
    return len(axes) > 1 and any(g.get("id", "").startswith("text_") for g in axes[1].iter())


def extent(part: ElementTree.Element, tall: bool = False) -> Panel:
    """Return from where to where something is drawn, `tall` for more than lines across.

    The width of text is estimated.
    """
    found: list[float] = []

    def look(element: ElementTree.Element) -> None:
        if element.tag == f"{SPACE}defs":
            return
        change = element.get("transform", "")
        if element.tag == f"{SPACE}g" and (shift := SHIFT.search(change)):
            found.append(float(shift[1]) - (HEIGHT if "rotate" in change else 0))
            if (scale := SCALE.search(change)) and "rotate" not in change:
                last = [float(at) for use in element.iter(f"{SPACE}use")
                        for at in SHIFT.findall(use.get("transform", ""))]  # fmt: skip
                found.append(float(shift[1]) + float(scale[1]) * (max(last, default=0) + 60))
            return
        if element.tag == f"{SPACE}path" and (not tall or is_tall(element)):
            # Of a curve its handles count, too: it lies between them.
            found.extend(float(x) for x, _ in PAIRS.findall(element.get("d", "")))
        if element.tag == f"{SPACE}image" and (matrix := MATRIX.search(change)):
            start = float(matrix[2])
            found.extend((start, start + float(matrix[1]) * float(element.get("width", 0))))
        for child in element:
            look(child)

    look(part)
    return (min(found), max(found)) if found else (0.0, 0.0)


def is_tall(path: ElementTree.Element) -> bool:
    """Whether a path is more than a line across, or a small head of an arrow."""
    pairs = PAIRS.findall(path.get("d", ""))
    heights = [float(y) for _, y in pairs]
    return max(heights, default=0) - min(heights, default=0) > 8
