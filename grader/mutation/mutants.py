"""Mutants of a solution: all with one change of the first set's, and some with two."""

import ast
import random
import warnings
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from grader.mutation.cell import Cell
from grader.mutation.more_operators import ALL
from grader.mutation.operators import OPERATORS, Operator
from grader.mutation.places import Place, Step, change, changed, places, source

DECORATORS = Path(__file__).with_name("decorators.py").read_text("utf-8")
HEADER = "from collections.abc import Callable"  # with which a cell begins that needs them


@dataclass(frozen=True)
class Change:
    """One change: which operator made it, where, and which of its proposals it was."""

    operator: str
    path: tuple[Step, ...]
    number: int


@dataclass(frozen=True)
class Mutant:
    """A solution's cell with a change in it, or two.

    Attributes
    ----------
    changes : tuple of Change
    scopes : str
        The functions that are changed, ``"Block.forward"``.
    code : str
        The whole cell, without the decorators that it may use (`runnable` adds them).
    key : str
        Its name in lists: the scopes, and the changed lines before and after.
    tree : ast.Module
    """

    changes: tuple[Change, ...]
    scopes: str
    code: str
    key: str
    tree: ast.Module = field(compare=False, repr=False)

    @property
    def operators(self) -> str:
        """The names of its operators."""
        return " + ".join(one.operator for one in self.changes)

    @property
    def runnable(self) -> str:
        """The cell, and before it what its decorators do."""
        return f"{DECORATORS}\n\n{self.code}" if "\n@" in f"\n{self.code}".replace(
            "\n    @", "\n@"
        ) else self.code  # fmt: skip


def is_test(place: Place) -> bool:
    """Whether a place is in a test that students write: those are tried on candidates instead."""
    return place.function is not None and place.function.name.startswith("test_")


def compiles(code: str) -> bool:
    """Whether it is still Python."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", SyntaxWarning)
        try:
            compile(code, "mutant", "exec", dont_inherit=True)
        except (SyntaxError, ValueError):
            return False
    return True


def proposals(place: Place, cell: Cell, operators: Mapping[str, Operator]) -> Iterator[Mutant]:
    """What the operators make of one place; what is no Python any more is left out."""
    original = source(cell.tree)
    for name, operator in operators.items():
        for number, new in enumerate(operator(place, cell)):
            tree = changed(cell.tree, place, new)
            code = source(tree)
            if not compiles(code):
                continue
            if code != original:
                key = f"{place.scope}: {change(original, code)}"
                yield Mutant((Change(name, place.path, number),), place.scope, code, key, tree)


def first_order(cell: Cell, operators: Mapping[str, Operator] = OPERATORS) -> list[Mutant]:
    """All mutants with one change, each once."""
    found: dict[str, Mutant] = {}
    for place in places(cell.tree):
        if not is_test(place):
            for mutant in proposals(place, cell, operators):
                found.setdefault(mutant.code, mutant)
    return list(found.values())


def pair(one: Mutant, other: Mutant, cell: Cell) -> Mutant | None:
    """A mutant with the changes of both; None where the first leaves no place for the second."""
    second = other.changes[0]
    inside = Cell(one.tree, cell.seen, cell.gradients)
    for place in places(one.tree):
        if place.path == second.path:
            operator = {second.operator: ALL[second.operator]}
            for found in proposals(place, inside, operator):
                if found.changes[0].number == second.number:
                    original = source(cell.tree)
                    if found.code in (original, one.code, other.code):
                        return None
                    scopes = " and ".join(dict.fromkeys([one.scopes, found.scopes]))
                    key = f"{scopes}: {change(original, found.code)}"
                    changes = (*one.changes, *found.changes)
                    return Mutant(changes, scopes, found.code, key, found.tree)
    return None


def pairs(
    cell: Cell, ones: Sequence[Mutant], others: Sequence[Mutant], chance: random.Random
) -> Iterator[Mutant]:
    """Mutants with a change of ``ones`` and one of ``others``, each once, in random order."""
    seen: set[str] = set()
    missed = 0
    while ones and others and missed < len(ones) + len(others):
        both = pair(chance.choice(ones), chance.choice(others), cell)
        if both is None or both.code in seen:
            missed += 1
        else:
            missed = 0
            seen.add(both.code)
            yield both
