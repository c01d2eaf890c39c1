"""What a chapter asks before it shows: each guess with its choices, what was measured, the replies.

In a notebook a reader fills in ``guess = ...`` and runs on. On the site nothing runs, so the cell
gets a form, and `assets/ask.js` covers what was measured until the reader has answered. All that
the form needs is found in the chapter: the choices in the text above the cell, the question and the
replies in the call of `utils.predictions.reveal`, what was measured in what that call printed.
"""

import ast
import html
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

Cell = dict[str, Any]

GUESS = re.compile(r"(?:guess|my_)\w*(?:, *\w+)* *= *\.\.\.")
CHOICE = re.compile(r'`"([^"`]+)"`')
NO_GUESS = " (No guess yet: fill in the dots above.)"
SAID = re.compile(rf"^(.+?): (.+)\.{re.escape(NO_GUESS)}$")
NUMBER = re.compile(r"-?\d+(\.\d+)?(e[+-]?\d+)?")
SEVERAL = re.compile(r"[\[(]-?\d+(, -?\d+)*,?[\])]")
TRUTHS = ["True", "False"]


@dataclass
class Guess:
    """One thing that a reader is asked.

    ``kind`` is ``"number"``, ``"several"`` (whole numbers), ``"choice"`` or ``"text"``.
    """

    name: str
    question: str = ""
    measured: str = ""
    kind: str = ""
    choices: list[str] = field(default_factory=list)
    replies: dict[str, str] = field(default_factory=dict)


def is_guess(source: str) -> bool:
    """Whether a code cell leaves room for guesses, and does no more than print something first."""
    lines = [line for line in source.splitlines() if line.strip() and not line.startswith("print(")]
    return bool(lines) and all(GUESS.match(line) for line in lines)


def names_of(source: str) -> list[str]:
    """The names that a cell leaves empty."""
    return [
        target.id
        for node in ast.walk(ast.parse(source))
        if isinstance(node, ast.Assign)
        for part in node.targets
        for target in (part.elts if isinstance(part, ast.Tuple) else [part])
        if isinstance(target, ast.Name)
    ]


def printed(cell: Cell) -> list[tuple[str, str]]:
    """Each question whose answer a cell printed while nobody had guessed, with that answer."""
    text = "".join(
        "".join(output["text"])
        for output in cell.get("outputs", [])
        if output.get("output_type") == "stream"
    )
    return [(found[1], found[2]) for line in text.splitlines() if (found := SAID.match(line))]


def calls(source: str) -> Iterator[ast.Call]:
    """The calls of ``reveal`` in a cell, in their order."""
    if "reveal(" not in source:
        return
    found = [
        node
        for node in ast.walk(ast.parse(source))
        if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "reveal"
    ]
    yield from sorted(found, key=lambda node: (node.lineno, node.col_offset))


def replies_of(call: ast.Call, source: str) -> dict[str, str]:
    """The replies to single guesses that a call names, as far as they are written out."""
    if len(call.args) < 4:
        return {}
    node = call.args[3]
    if isinstance(node, ast.Name):
        given = [
            found.value
            for found in ast.walk(ast.parse(source))
            if isinstance(found, ast.Assign) and ast.unparse(found.targets[0]) == node.id
        ]
        node = given[-1] if given else node
    try:
        return dict(ast.literal_eval(node))
    except ValueError:
        return {}


def kind_of(guess: Guess) -> None:
    """Set what kind of answer is asked for, by what was measured and the choices in the text."""
    choices, guess.choices = guess.choices, []
    if NUMBER.fullmatch(guess.measured):
        guess.kind = "number"
    elif SEVERAL.fullmatch(guess.measured):
        guess.kind = "several"
    elif guess.measured in TRUTHS:
        guess.kind, guess.choices = "choice", TRUTHS
    elif guess.measured in choices:
        guess.kind, guess.choices = "choice", choices
    else:
        guess.kind = "text"


def found(cells: list[Cell]) -> dict[int, list[Guess]]:
    """The guesses of a notebook, by the place of the cell that asks for them.

    A cell with a guess that nothing below answers is left out: it stays as it is.
    """
    asked: dict[int, list[Guess]] = {}
    waiting: dict[str, Guess] = {}
    text = ""
    for place, cell in enumerate(cells):
        source = "".join(cell["source"])
        if cell["cell_type"] == "markdown":
            text = source
        elif cell["cell_type"] == "code" and is_guess(source):
            choices = list(dict.fromkeys(CHOICE.findall(text)))
            asked[place] = [Guess(name, choices=[*choices]) for name in names_of(source)]
            waiting |= {guess.name: guess for guess in asked[place]}
        elif cell["cell_type"] == "code" and waiting:
            answer(waiting, cell, source)
    for guess in (guess for guesses in asked.values() for guess in guesses):
        kind_of(guess)
    return {
        place: guesses
        for place, guesses in asked.items()
        if all(guess.measured for guess in guesses)
    }


def answer(waiting: dict[str, Guess], cell: Cell, source: str) -> None:
    """Give the waiting guesses their answers from a cell, by name, else in the order of both."""
    lines = dict(printed(cell))
    for call in calls(source):
        asked, given = call.args[:2]
        name = given.id if isinstance(given, ast.Name) else ""
        if name not in waiting and not name.startswith("guess_"):  # in a loop over all of them
            for guess, question in zip(list(waiting.values()), list(lines), strict=False):
                guess.question, guess.measured = question, lines.pop(question)
                del waiting[guess.name]
            continue
        # Its own words where they stand in the call, else what is printed next.
        question = asked.value if isinstance(asked, ast.Constant) else next(iter(lines), "")
        measured = lines.pop(question, "")
        if name in waiting and measured:
            guess = waiting.pop(name)
            guess.question, guess.measured = question, measured
            guess.replies = replies_of(call, source)


def form(guesses: list[Guess]) -> str:
    """The place of a form, with what the script needs to fill and to answer it."""
    data = html.escape(json.dumps([vars(guess) for guess in guesses]))
    return f'<div class="ask" data-ask="{data}"></div>'
