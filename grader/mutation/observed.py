"""What the solution's expressions are worth while the visible checks run.

An answer in which a size is replaced by the number that it has in the checks passes them all.
"""

import ast
import copy
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from grader.mutation.places import Function, Place, changed, places, source

SEEN = "values_seen"
NOTE = f"note_{SEEN}"
MAX_VALUES = 2  # of an expression: one with more is no constant that anybody would write
MOST_KEPT = 20
PRELUDE = f"""
{SEEN} = {{}}

def {NOTE}(number, value):
    kept = {SEEN}.setdefault(str(number), [])
    axes = getattr(value, "ndim", None)
    kind = [type(value).__name__, axes if type(axes) is int else 0]
    plain = type(value) in (bool, int, float, str)
    for one in (kind, value) if plain else (kind,):
        if len(kept) < {MOST_KEPT} and one not in kept:
            kept.append(one)
    return value
"""
PROBE = f"def probe({SEEN}, seed):\n    return dict({SEEN})\n"


@dataclass(frozen=True)
class Observed:
    """What was seen of one expression: few plain values, and kinds: type and number of axes."""

    values: tuple[Any, ...]
    kinds: tuple[tuple[str, int], ...]


Seen = dict[tuple[Any, ...], Observed]


def watched(place: Place) -> bool:
    """Whether a student could write a constant at ``place``, in place of what stands there."""
    node = place.node
    if isinstance(node, list) or place.function is None:
        return False
    if isinstance(place.parent, ast.Call) and place.path[-1][0] == "func":
        return False
    return isinstance(node, ast.Name | ast.Attribute | ast.Subscript | ast.Call | ast.BinOp)


def instrumented(tree: ast.Module) -> tuple[str, list[tuple[Any, ...]]]:
    """The cell, noting the values of expressions; and the path of each, by its number."""
    watch = [place for place in places(tree) if watched(place)]
    noted = copy.deepcopy(tree)
    for number in reversed(range(len(watch))):  # inner ones first: a path stays what it was
        place = watch[number]
        inner = at(noted, place)
        call = ast.Call(ast.Name(NOTE, ast.Load()), [ast.Constant(number), inner], [])
        noted = changed(noted, place, call)
    return PRELUDE + source(noted), [place.path for place in watch]


def at(tree: ast.Module, place: Place) -> ast.expr:
    """What stands at ``place`` in ``tree``."""
    node: Any = tree
    for name, index in place.path:
        node = getattr(node, name) if index is None else getattr(node, name)[index]
    assert isinstance(node, ast.expr)
    return node


def observed(noted: dict[str, Any], paths: Sequence[tuple[Any, ...]]) -> Seen:
    """What was noted, by path; no values where they were too many."""
    found = {}
    for number, path in enumerate(paths):
        kept = noted.get(str(number), [])
        values = [one for one in kept if not isinstance(one, list)]
        kinds = tuple((name, axes) for name, axes in (k for k in kept if isinstance(k, list)))
        found[path] = Observed(tuple(values) if len(values) <= MAX_VALUES else (), kinds)
    return found


def arguments(function: Function) -> list[str]:
    """The names of a function's parameters, without ``self``."""
    given = function.args
    names = [one.arg for one in (*given.posonlyargs, *given.args, *given.kwonlyargs)]
    return [name for name in names if name != "self"]
