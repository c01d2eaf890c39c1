"""What every chapter keeps to: its skeleton, its cells and its stored outputs.

Each rule takes a notebook and its chapter's name and returns complaints, sentences that name the
cell; none means that the rule is kept. `RULES` of this file and of ``nb_text.py`` are what the
tests go through.
"""

import ast
import copy
import json
import os
import re
from pathlib import Path

from nbformat import NotebookNode

from tools import nb_clean
from tools.nb_first import BADGES

LINES = 15
TOLERANCE = 3
COLUMNS = 84  # what fits beside the margin of the site
FIRST_SECTION = "Before you start"
PROMISES = ["**You will**", "**You will learn**", "**You need**"]
DURATION = re.compile(r"\d\s*(?:s|seconds?|min|minutes?|h|hours?)\b")
LAST_SECTIONS = ["Recap", "Check yourself", "Exercises", "References"]
# Folders that belong to one machine; /usr/share is where systems keep their data.
PATH = re.compile(
    r"(?<![\w.~>/:-])/(?:home|root|Users|tmp|work|opt|mnt|content|private|var)/[\w.-]+"
    r"|\b[A-Z]:\\\w+"
)
NOT_STORED = {
    PATH.pattern: "a path of one machine",
    r"^\S+:\d+: \w*Warning: .*": "a warning",
    r"Traceback \(most recent call last\)": "a traceback",
    r" at 0x[0-9a-f]{6,}": "a memory address; end the cell with `;`",
}


def code_cells(notebook: NotebookNode) -> list:
    """Return the code cells in order; complaints count them from 1."""
    return [cell for cell in notebook.cells if cell.cell_type == "code"]


def without_code(text: str) -> str:
    """Return Markdown without fenced blocks and inline code."""
    text = re.sub(r"^(\s*)(`{3,}|~{3,}).*?^\s*\2[ \t]*$", "", text, flags=re.M | re.S)
    return re.sub(r"(`+)(?!`).+?(?<!`)\1(?!`)", "", text)


def prose(notebook: NotebookNode) -> list[str]:
    """Return the lines of all Markdown cells that are not code."""
    cells = (cell.source for cell in notebook.cells if cell.cell_type == "markdown")
    return [line for source in cells for line in without_code(source).split("\n")]


def output_text(output) -> str:
    """Return all that a reader can read in an output, without the bytes of pictures."""
    if output.output_type == "stream":
        return output.text
    if output.output_type == "error":
        return "\n".join(output.traceback)
    parts = [str(v) for k, v in output.data.items() if not k.startswith("image/")]
    return nb_clean.DATA.sub("", "\n".join(parts))


def has_skeleton(notebook: NotebookNode, chapter: str) -> list[str]:
    """Title and badges, what to know before, sections, then the four closing ones in order."""
    number = int(chapter[:2])
    complaints = []
    first = notebook.cells[0] if notebook.cells else None
    if first is None or not re.match(rf"# {number}\. \S", first.source):
        complaints.append(f"{chapter}: the first line must be '# {number}. Title'.")
    elif not first.source.split("\n\n")[1:2] or BADGES[0] not in first.source.split("\n\n")[1]:
        complaints.append(f"{chapter}: the badges must follow the title; run `make sync`.")
    lines = prose(notebook)
    if sum(line.startswith("# ") for line in lines) != 1:
        complaints.append(f"{chapter}: expected one title ('# …') and no more.")
    sections = [line[3:].strip() for line in lines if line.startswith("## ")]
    if sections[:1] != [FIRST_SECTION]:
        complaints.append(f"{chapter}: the first section must be '## {FIRST_SECTION}'.")
    if sections[-4:] != LAST_SECTIONS:
        complaints.append(
            f"{chapter}: the last sections must be {', '.join(LAST_SECTIONS)};"
            f" they are {', '.join(sections[-4:]) or 'missing'}."
        )
    return complaints


def says_what_to_expect(notebook: NotebookNode, chapter: str) -> list[str]:
    """The first section says what the reader does, learns and needs, and how long it runs."""
    text = "\n".join(prose(notebook))
    section = re.search(rf"^## {FIRST_SECTION}$(.*?)(?=^## |\Z)", text, re.MULTILINE | re.DOTALL)
    text = section[1] if section else ""
    complaints = [
        f"{chapter}: '{FIRST_SECTION}' does not say {promise}."
        for promise in PROMISES
        if promise not in text
    ]
    if not DURATION.search(text):
        complaints.append(f"{chapter}: '{FIRST_SECTION}' gives no running time, such as '3 min'.")
    return complaints


def has_short_cells(notebook: NotebookNode, chapter: str) -> list[str]:
    """A code cell has about 15 lines at most, blank ones not counted.

    An answer has to stand in one cell: twice that.
    """
    complaints = []
    for number, cell in enumerate(code_cells(notebook), start=1):
        lines = sum(bool(line.strip()) for line in cell.source.split("\n"))
        if cell.source.startswith("# @answer"):
            lines /= 2
        if lines > LINES + TOLERANCE:
            complaints.append(
                f"{chapter}, code cell {number}: {lines} lines, expected {LINES} or so"
                f" ({LINES + TOLERANCE} at most); split it or move a helper to utils."
            )
    return complaints


def has_narrow_cells(notebook: NotebookNode, chapter: str) -> list[str]:
    """No line of a code cell is wider than the page."""
    return [
        f"{chapter}, code cell {number}: {len(line)} columns, at most {COLUMNS}: "
        + line.strip()[:40]
        for number, cell in enumerate(code_cells(notebook), start=1)
        for line in cell.source.split("\n")
        if len(line) > COLUMNS
    ]


def opens_simply(notebook: NotebookNode, chapter: str) -> list[str]:
    """The setup is short and folded, and the first cell that a reader sees has three lines.

    A list of imports may be longer; the line that marks a cell for the grader does not count.
    """
    setup, *others = [*code_cells(notebook), None]
    if setup is None:
        return []
    complaints = []
    if "hide-input" not in setup.metadata.get("tags", []):
        complaints.append(f"{chapter}, code cell 1: the setup must be tagged hide-input.")
    if len(setup.source.splitlines()) > 8:
        complaints.append(f"{chapter}, code cell 1: a setup of more than eight lines.")
    for number, cell in enumerate(others[:-1], start=2):
        if "hide-input" in cell.metadata.get("tags", []):
            continue
        lines = [line for line in cell.source.splitlines() if line and not line.startswith("# @")]
        if len(lines) > 3 and not all(re.match(r"import |from ", line) for line in lines):
            complaints.append(
                f"{chapter}, code cell {number}: {len(lines)} lines are the first that a reader"
                " sees, expected three at most, or imports."
            )
        break
    return complaints


def is_executed_in_order(notebook: NotebookNode, chapter: str) -> list[str]:
    """Every code cell was executed, from the first to the last."""
    return [
        f"{chapter}, code cell {number}: execution count {cell.execution_count}, expected {number};"
        " run `make outputs`."
        for number, cell in enumerate(code_cells(notebook), start=1)
        if cell.execution_count != number
    ]


def has_clean_outputs(notebook: NotebookNode, chapter: str) -> list[str]:
    """No stored output shows what `nb_clean` takes out, or something of one machine or moment."""
    cleaned = copy.deepcopy(notebook)
    try:
        nb_clean.clean(cleaned, chapter, Path(os.sep, "nowhere"))
    except ValueError as error:
        return str(error).splitlines()
    complaints = []
    pairs = zip(code_cells(notebook), code_cells(cleaned), strict=True)
    for number, (cell, clean) in enumerate(pairs, start=1):
        where = f"{chapter}, code cell {number}"
        if cell.outputs != clean.outputs:
            complaints.append(f"{where}: a bar, a widget or a path is stored; run `make outputs`.")
        for text in map(output_text, cell.outputs):
            for pattern, what in NOT_STORED.items():
                found = re.search(pattern, text, re.MULTILINE)
                complaints += [f"{where}: the output shows {what}: {found[0]}"] if found else []
    return complaints


def draws(source: str) -> bool:
    """Whether a cell ends in a picture: a call of ``figures``, ``diagrams``, or a method's."""
    try:
        body = ast.parse(source).body
    except SyntaxError:  # IPython's own syntax
        return False
    last = body[-1] if body else None
    call = last.value if isinstance(last, ast.Expr) else None
    function = call.func if isinstance(call, ast.Call) else None
    if not isinstance(function, ast.Attribute):
        return False
    owner = function.value.id if isinstance(function.value, ast.Name) else ""
    return owner in ("figures", "diagrams") or function.attr in ("visualize", "plot")


def has_its_pictures(notebook: NotebookNode, chapter: str) -> list[str]:
    """A cell that ends in a picture shows one."""
    complaints = []
    for number, cell in enumerate(code_cells(notebook), start=1):
        kinds = [kind for output in cell.outputs for kind in output.get("data", {})]
        pictures = [kind for kind in kinds if kind.startswith("image/") or kind == "text/html"]
        if draws(cell.source) and not pictures:
            complaints.append(f"{chapter}, code cell {number}: draws, and shows no picture.")
    return complaints


def has_its_captions(notebook: NotebookNode, chapter: str) -> list[str]:
    """Every picture says below it what it shows; the site numbers it by that."""
    return [
        f"{chapter}, code cell {number}: a picture without a caption; give `caption=`."
        for number, cell in enumerate(code_cells(notebook), start=1)
        for output in cell.outputs
        for html in [output.get("data", {}).get("text/html", "")]
        if html.count('class="dark-light"') > html.count("<figcaption>")
    ]


def has_portable_sources(notebook: NotebookNode, chapter: str) -> list[str]:
    """No cell names a folder of one machine."""
    return [
        f"{chapter}, cell {number}: names {found}, a path of one machine."
        for number, cell in enumerate(notebook.cells, start=1)
        for found in PATH.findall(cell.source)
    ]


def is_small(notebook: NotebookNode, chapter: str) -> list[str]:
    """A notebook stays under a megabyte."""
    size = len(json.dumps(notebook, indent=1, ensure_ascii=False).encode())
    if size < nb_clean.MAX_BYTES:
        return []
    return [
        f"{chapter}: {size / 1e6:.2f} MB, expected less than 1; draw fewer or smaller pictures."
    ]


def asks_for_a_guess(notebook: NotebookNode, chapter: str) -> list[str]:
    """The reader commits a guess before an experiment; the cell has none of its own."""
    guess = re.compile(r"^(guess(?:_\w+)?(?:,\s*guess(?:_\w+)?)*)\s*=\s*(.*)$", re.MULTILINE)
    found = [match for cell in code_cells(notebook) for match in guess.finditer(cell.source)]
    if not found:
        return [f"{chapter}: no cell `guess = ...` lets the reader predict before an experiment."]
    return [
        f"{chapter}: {match[1]} = {match[2]}: leave a guess to the reader, as `{match[1]} = ...`."
        for match in found
        if not re.fullmatch(r"\.\.\.(?:,\s*\.\.\.)*", match[2].strip())
    ]


def compares_an_output(notebook: NotebookNode, chapter: str) -> list[str]:
    """From chapter 3 on at least one cell's output is compared with the stored one."""
    tagged = (c.metadata.get("tags", []) for c in code_cells(notebook))
    if chapter < "03" or any("nbval-check-output" in tags for tags in tagged):
        return []
    return [f"{chapter}: no cell is tagged nbval-check-output; tag one with a sure output."]


def definitions(notebook: NotebookNode) -> dict[tuple[str, str], int]:
    """Return name and body of what a notebook defines, with the number of the cell."""
    found = {}
    for number, cell in enumerate(code_cells(notebook), start=1):
        try:
            tree = ast.parse(cell.source)
        except SyntaxError:  # IPython's own syntax: magics and shell lines define nothing
            continue
        for node in ast.walk(tree):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
                if node in tree.body:
                    found[node.name, ast.dump(node)] = number
    return found


def defined_twice(notebooks: dict[str, NotebookNode]) -> list[str]:
    """Return a complaint for every helper that two chapters define in the same words."""
    first: dict[tuple[str, str], str] = {}
    complaints = []
    for chapter, notebook in notebooks.items():
        for key, number in definitions(notebook).items():
            if key in first:
                complaints.append(
                    f"{chapter}, code cell {number}: {key[0]} is defined in {first[key]} already;"
                    " move it to utils."
                )
            first.setdefault(key, chapter)
    return complaints


RULES = [
    has_skeleton,
    says_what_to_expect,
    has_short_cells,
    has_narrow_cells,
    opens_simply,
    is_executed_in_order,
    has_clean_outputs,
    has_its_pictures,
    has_its_captions,
    has_portable_sources,
    is_small,
    asks_for_a_guess,
    compares_an_output,
]
