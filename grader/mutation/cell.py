"""What operators may know of a solution's cell."""

import ast
from dataclasses import dataclass

from grader.mutation.observed import Observed, Seen, arguments
from grader.mutation.places import Function, Place, places

STATES = ("BatchNorm", "Dropout", "append", "block(", "rand")
PARAMETERS = ("Conv", "Linear", "BatchNorm", "block(", "Sequential")


@dataclass(frozen=True)
class Cell:
    """A solution's tree, what was seen of it in the checks, whether gradients are asked for."""

    tree: ast.Module
    seen: Seen
    gradients: bool = True

    def observed(self, place: Place) -> Observed:
        """What was seen at ``place``, perhaps nothing."""
        return self.seen.get(place.path, Observed((), ()))

    def made_of(self, node: ast.AST, place: Place) -> str:
        """The source of ``node``, and of what the attributes in it were set to by its class."""
        names = {n.attr for n in ast.walk(node) if isinstance(n, ast.Attribute)}
        parts = [ast.unparse(node)]
        for found in ast.walk(place.owner) if place.owner is not None else ():
            if isinstance(found, ast.Assign) and isinstance(found.targets[0], ast.Attribute):
                if found.targets[0].attr in names:
                    parts.append(ast.unparse(found.value))
        return "\n".join(parts)

    def has_state(self, node: ast.AST, place: Place) -> bool:
        """Whether calling what is in ``node`` twice, or in another mode, can make a difference.

        BatchNorms keep averages; what an argument does, or a module made from one, nobody knows.
        """
        made = self.made_of(node, place)
        names = {n.id for n in ast.walk(ast.parse(made)) if isinstance(n, ast.Name)}
        given = set(arguments(place.function)) if place.function is not None else set()
        called = {n.func.id for n in ast.walk(node) if isinstance(n, ast.Call)
                  and isinstance(n.func, ast.Name)}  # fmt: skip
        return any(word in made for word in STATES) or bool(called & given & names)

    def has_parameters(self, node: ast.AST, place: Place) -> bool:
        """Whether a module may have parameters that could be kept from learning."""
        made = self.made_of(node, place)
        return any(word in made for word in PARAMETERS) or not isinstance(node, ast.Attribute)

    def is_new(self, node: ast.expr, place: Place) -> bool:
        """Whether nobody else can see a value that is overwritten."""
        made = self.made_of(node, place)
        return isinstance(node, ast.Call | ast.BinOp) and "Identity" not in made

    def kinds(self, function: Function) -> set[tuple[str, int]]:
        """Kinds of a function's arguments in the checks: type and number of axes."""
        names = arguments(function)
        return {
            kind
            for place in places(self.tree)
            if place.function is not None and place.function.name == function.name
            and isinstance(place.node, ast.Name) and place.node.id in names
            for kind in self.observed(place).kinds
        }  # fmt: skip

    def names(self, place: Place) -> list[str]:
        """The names of the function around ``place``: parameters, then what it assigns."""
        if place.function is None:
            return []
        stored = (
            node.id for node in ast.walk(place.function)
            if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)
        )  # fmt: skip
        return list(dict.fromkeys([*arguments(place.function), *stored]))

    def attributes(self, place: Place) -> list[str]:
        """The attributes that the class around ``place`` sets on ``self``."""
        if place.owner is None:
            return []
        return list(dict.fromkeys(
            node.attr for node in ast.walk(place.owner)
            if isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Store)
        ))  # fmt: skip


def chains(node: ast.AST) -> set[str]:
    """The names and attributes that are mentioned, ``"self.outer.weight"``."""
    found = {ast.unparse(n) for n in ast.walk(node) if isinstance(n, ast.Name | ast.Attribute)}
    return {one for one in found if not any(other.startswith(f"{one}.") for other in found)}


def touched(one: ast.stmt) -> set[str]:
    """What a statement may write: its targets, and what it hands to calls of its own."""
    targets: list[ast.AST] = [*getattr(one, "targets", [])]
    if not isinstance(one, ast.Assign):
        targets.append(one)
    return {name for target in targets for name in chains(target)}


def depend(one: ast.stmt, other: ast.stmt) -> bool:
    """Whether it may matter which of two statements comes first."""
    pairs = [(w, r) for w in touched(one) for r in chains(other)]
    pairs += [(w, r) for w in touched(other) for r in chains(one)]
    modules = ("nn.", "F.", "torch.")
    return isinstance(one, ast.Return) or isinstance(other, ast.Return) or any(
        (w == r or w.startswith(f"{r}.") or r.startswith(f"{w}.")) and not w.startswith(modules)
        for w, r in pairs
    )  # fmt: skip
