"""Places in a syntax tree where something can be changed, and trees with one of them changed."""

import ast
import copy
import difflib
from collections.abc import Iterator
from dataclasses import dataclass

Step = tuple[str, int | None]
Function = ast.FunctionDef | ast.AsyncFunctionDef
New = ast.expr | list[ast.stmt] | Function
BLOCKS = ("body", "orelse", "finalbody")


@dataclass(frozen=True)
class Place:
    """Where an expression or a block of statements stands.

    Attributes
    ----------
    path : tuple of (field, index)
        The way from the tree's root; a block's last step has no index.
    node : expression, list of statements or function
    function, owner
        The function and the class around it, if any.
    parent : AST
        What holds it.
    """

    path: tuple[Step, ...]
    node: New
    function: Function | None
    owner: ast.ClassDef | None
    parent: ast.AST

    @property
    def scope(self) -> str:
        """``"Block.forward"``, or ``"cell"`` outside of classes and functions."""
        names = [found.name for found in (self.owner, self.function) if found is not None]
        return ".".join(names) or "cell"


def places(
    node: ast.AST,
    path: tuple[Step, ...] = (),
    function: Function | None = None,
    owner: ast.ClassDef | None = None,
) -> Iterator[Place]:
    """Expressions that are read, blocks and functions below ``node``; outer ones come first."""
    if isinstance(node, ast.ClassDef) and function is None:
        owner = node
    if isinstance(node, Function) and function is None:
        function = node
    for name, value in ast.iter_fields(node):
        if name in ("annotation", "returns", "type_params", "decorator_list", "bases"):
            continue
        if isinstance(value, list):
            if name in BLOCKS and value:
                yield Place((*path, (name, None)), value, function, owner, node)
            for index, item in enumerate(value):
                if isinstance(item, ast.AST):
                    yield from place(item, (*path, (name, index)), function, owner, node)
        elif isinstance(value, ast.AST):
            yield from place(value, (*path, (name, None)), function, owner, node)


def place(
    node: ast.AST,
    path: tuple[Step, ...],
    function: Function | None,
    owner: ast.ClassDef | None,
    parent: ast.AST,
) -> Iterator[Place]:
    """``node`` itself, if it is one, and what is below it."""
    written = isinstance(getattr(node, "ctx", None), ast.Store | ast.Del)
    if isinstance(node, ast.expr) and not isinstance(node, ast.JoinedStr) and not written:
        yield Place(path, node, function, owner, parent)
    if isinstance(node, Function):
        yield Place(path, node, function or node, owner, parent)
    if not isinstance(node, ast.JoinedStr):  # its parts are words for people
        yield from places(node, path, function, owner)


def changed(tree: ast.Module, place: Place, new: New) -> ast.Module:
    """A copy of ``tree`` with ``new`` at ``place``."""
    tree = copy.deepcopy(tree)
    node: ast.AST = tree
    for name, index in place.path[:-1]:
        value = getattr(node, name)
        node = value if index is None else value[index]
    name, index = place.path[-1]
    if index is not None:
        getattr(node, name)[index] = new
    elif isinstance(new, ast.AST):
        setattr(node, name, new)
    else:
        setattr(node, name, new or [ast.Pass()])
    return tree


def source(tree: ast.Module) -> str:
    """The tree as code."""
    return ast.unparse(ast.fix_missing_locations(tree))


def change(old: str, new: str) -> str:
    """The lines that differ, in one line: ``"y = 2 * x → y = 2 + x"``."""
    gone: list[str] = []
    come: list[str] = []
    for line in difflib.ndiff(old.splitlines(), new.splitlines()):
        if line[:2] in ("- ", "+ "):
            (gone if line[0] == "-" else come).append(line[2:].strip())
    return f"{'; '.join(gone) or '(nothing)'} → {'; '.join(come) or '(nothing)'}"


def diff(old: str, new: str) -> str:
    """The difference as people read it, without headers."""
    lines = difflib.unified_diff(old.splitlines(), new.splitlines(), lineterm="", n=1)
    return "\n".join(list(lines)[2:])
