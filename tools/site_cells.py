"""What a chapter's cells look like on the site: the same notebook, without its plumbing.

A notebook must run, so it has set-up, imports and marks for the grader in it. On the page these are
folded to a line or left out, and what a fold holds is said on it. The files that readers open or
download stay as they are: the changes are made to the text that Sphinx reads.
"""

import html
import json
import re
from typing import Any

from tools import site_guesses

Cell = dict[str, Any]

# A line of these is for the grader.
MARK = re.compile(r"^ *(?:# @\w+.*|### (?:BEGIN|END) SOLUTION *)\n?", re.MULTILINE)
IMPORTS = re.compile(r"(?:import \w|from \S+ import )")
CHECK = re.compile(r"^# @check \w+: *(.+)", re.MULTILINE)
# <details> directly followed by text is HTML to the last word, so formulas in it stay TeX.
ANSWER = re.compile(
    r"^(?P<in> *)<details><summary>(?P<say>[^<\n]*)</summary>[ \t]*\n(?P<text>(?: *\S.*\n?)+?)"
    r"(?P=in)</details>",
    re.MULTILINE,
)
OPENED = r"\g<in><details><summary>\g<say></summary>\n\n\g<text>\n\g<in></details>"
BADGES = re.compile(r"<!-- badges -->.*?<!-- /badges -->\s*", re.DOTALL)
REVEALED = re.compile(r"^.+: (?:you said .+, measured .+: .+\.|.+ \(No guess yet: .+\))$")
HEADLINE = re.compile(r"^headline: (.+)$")


def prepared(text: str) -> str:
    """Return a notebook's JSON as the site shows it."""
    notebook = json.loads(text)
    cells = notebook.get("cells", [])
    asked = site_guesses.found(cells)
    for place, cell in enumerate(cells):
        source = "".join(cell["source"])
        if cell["cell_type"] == "markdown":
            cell["source"] = readable(source)
        elif cell["cell_type"] == "code":
            prepare(cell, source)
            if place in asked:
                cell["outputs"].append(as_output(site_guesses.form(asked[place])))
    return json.dumps(notebook)


def readable(text: str) -> str:
    """Return a text cell with folded answers as Markdown, and no link that leads nowhere."""
    text = ANSWER.sub(OPENED, text)
    return BADGES.sub(lambda found: found[0] if "](" in found[0] else "", text)


def prepare(cell: Cell, source: str) -> None:
    """Fold a code cell where readers rarely want it, and take the grader's marks out."""
    tags = cell.setdefault("metadata", {}).setdefault("tags", [])
    kind, said = kind_of(source, tags)
    tags.append(f"is-{kind}")
    if kind == "check":
        cell["outputs"] = []  # it passed with our solution, and says nothing about the reader's
    if said:
        tags[:] = [tag for tag in tags if tag != "hide-input"]
        # What a proof prints belongs into its fold: without its code the numbers have no names.
        tags.append("hide-cell" if kind == "proof" and only_words(cell) else "hide-input")
        cell["metadata"]["mystnb"] = {"code_prompt_show": said, "code_prompt_hide": said}
    cell["source"] = MARK.sub("", source).rstrip("\n")
    cell["outputs"] = [part for output in cell.get("outputs", []) for part in split(output)]


def only_words(cell: Cell) -> bool:
    """Return whether a cell printed something, showed nothing else, and answered no guess."""
    found = cell.get("outputs", [])
    printed = all(output.get("output_type") == "stream" for output in found)
    lines = [line for output in found if printed for line in "".join(output["text"]).splitlines()]
    return bool(found) and printed and not any(as_html(line.strip()) for line in lines)


def kind_of(source: str, tags: list[str]) -> tuple[str, str]:
    """Return what a code cell is for, and what its fold says; nothing where it stays open."""
    lines = [line for line in source.splitlines() if line.strip()]
    if "setup" in tags:
        return "setup", "Set-up: finds the course, or fetches it on Colab"
    if "# @context" in source:
        return "imports", "What an answer may use"
    if found := CHECK.search(source):
        return "check", f"Check: {found[1].strip()}"
    if "# @answer" in source or "### BEGIN SOLUTION" in source:
        return "solution", "Show a solution"
    if lines and all(IMPORTS.match(line) for line in lines):
        return "imports", "Imports: " + ", ".join(imported(lines))
    if site_guesses.is_guess(source):
        return "guess", ""
    if "hide-input" not in tags:
        return "code", ""
    if re.search(r"^ *assert ", source, re.MULTILINE):
        return "proof", "How the text is held against the numbers"
    return "figure", "Code of this figure" if "figures." in source or "alt=" in source else "Code"


def imported(lines: list[str]) -> list[str]:
    """Return the names that import lines make known, in their order."""
    names: list[str] = []
    for line in lines:
        listing = line.partition("import ")[2].partition("#")[0].strip(" ()")
        names += [part.split()[-1] for part in listing.split(",") if part.strip()]
    return list(dict.fromkeys(names))


def split(output: Cell) -> list[Cell]:
    """Return printed text in pieces: lines about guesses and results as HTML, the rest as it is."""
    if output.get("output_type") != "stream" or output.get("name") != "stdout":
        return [output]
    parts: list[Cell] = []
    plain: list[str] = []

    def flush() -> None:
        if any(line.strip() for line in plain):
            parts.append({**output, "text": "".join(plain)})
        plain.clear()

    for line in "".join(output["text"]).splitlines(keepends=True):
        shown = as_html(line.strip())
        if shown is None:
            plain.append(line)
        else:
            flush()
            parts.append(as_output(shown, line.strip()))
    flush()
    return parts


def as_output(shown: str, words: str = "") -> Cell:
    """Return HTML as an output of a cell."""
    data = {"text/html": shown, "text/plain": words}
    return {"output_type": "display_data", "metadata": {}, "data": data}


def as_html(line: str) -> str | None:
    """Return a line about a guess or a result as HTML; None for any other."""
    if found := HEADLINE.match(line):
        return f'<p class="headline"><b>Result</b> {html.escape(found[1])}</p>'
    if REVEALED.match(line):
        question, _, answer = line.partition(": ")
        answer = answer.removesuffix(site_guesses.NO_GUESS)
        return f'<p class="reveal"><b>{html.escape(question)}</b> {html.escape(answer)}</p>'
    return None
