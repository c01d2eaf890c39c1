"""The figures of a page as files of their own, which phones show panel below panel.

A stored output holds its picture. On the site each is a file, loaded when a reader comes near. Text
in a figure is drawn to be read at the size it has; so a figure that is wider than the page is not
made smaller than its text bears: its panels go below one another, and one that has a single panel
can be scrolled.
"""

import base64
import hashlib
import re
from pathlib import Path
from statistics import median
from xml.etree import ElementTree

from bs4 import BeautifulSoup, Tag

DATA = re.compile(r"data:image/(svg\+xml|png);base64,(.+)", re.DOTALL)
LEAST = 12 / 14  # the smallest text is drawn at 14 pixels (10.5 points) and read at 12 at least
PIXELS = 96 / 72  # in a point
NUMBERS = re.compile(r"[ML] (-?[\d.]+) ")
SHIFT = re.compile(r"translate\((-?[\d.]+)")
SCALE = re.compile(r"scale\((-?[\d.]+)")
MATRIX = re.compile(r"matrix\((-?[\d.]+) \S+ \S+ \S+ (-?[\d.]+)")
HEIGHT = 11  # of text, in points
SPACE = "{http://www.w3.org/2000/svg}"

Panel = tuple[float, float]  # from, to; in the drawing's units


def moved(body: str, site: Path, to_root: str) -> str:
    """Return a page whose pictures lie in ``_images`` of the site."""
    page = BeautifulSoup(body, "html.parser")
    for image in page.find_all("img"):
        found = DATA.fullmatch(str(image.get("src", "")))
        if found is None or image.find_parent(class_="course-slider"):
            continue  # a live figure changes its picture itself
        content = base64.b64decode(found[2])
        name = f"{hashlib.sha256(content).hexdigest()[:16]}.{found[1][:3]}"
        (site / "_images").mkdir(exist_ok=True)
        (site / "_images" / name).write_bytes(content)
        image["src"] = f"{to_root}_images/{name}"
        image["loading"] = "lazy"
        if found[1] != "png":
            lay_out(page, image, content.decode("utf-8"))
    return str(page)


def lay_out(page: BeautifulSoup, image: Tag, svg: str) -> None:
    """Put a drawing's panels side by side, so that they wrap where there is no room for all."""
    box = re.search(r'viewBox="0 0 ([\d.]+) ([\d.]+)"', svg)
    if box is None:
        return
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
    if len(found) == 1:
        row["class"] = "panels single"
        row["tabindex"], row["role"] = "0", "group"
        row["aria-label"] = "Figure; scrolls where it is wider than the page"


def panels(svg: str, width: float) -> list[Panel]:
    """Return where a drawing can be cut from top to bottom without cutting through anything."""
    whole = [(0.0, width)]
    figure = ElementTree.fromstring(svg).find(f"{SPACE}g")
    if figure is None:
        return whole
    parts = [part for part in figure if part.get("id") != "patch_1"]
    if any(not part.get("id", "").startswith("axes_") for part in parts):
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
    return list(zip(edges, edges[1:], strict=False))


def has_ticks(part: ElementTree.Element) -> bool:
    """Whether numbers or names stand at the vertical axis of a panel."""
    axes = [axis for axis in part if axis.get("id", "").startswith("matplotlib.axis_")]
    return len(axes) > 1 and any(g.get("id", "").startswith("text_") for g in axes[1].iter())


def extent(part: ElementTree.Element) -> Panel:
    """Return from where to where something is drawn; the width of text is estimated."""
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
        if element.tag == f"{SPACE}path":
            found.extend(float(number) for number in NUMBERS.findall(element.get("d", "")))
        if element.tag == f"{SPACE}image" and (matrix := MATRIX.search(change)):
            start = float(matrix[2])
            found.extend((start, start + float(matrix[1]) * float(element.get("width", 0))))
        for child in element:
            look(child)

    look(part)
    return (min(found), max(found)) if found else (0.0, 0.0)
