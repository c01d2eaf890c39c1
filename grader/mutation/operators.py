"""The first set's operators: the mistakes that one makes in one place.

Each takes a place and gives what may stand there instead. What can't run is no matter: a mutant
that raises does not count.
"""

import ast
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import combinations

from grader.mutation.observed import Observed, Seen, arguments
from grader.mutation.places import Function, New, Place, places

ARITHMETIC = (ast.Add, ast.Sub, ast.Mult, ast.Div, ast.FloorDiv, ast.Mod, ast.Pow)
COMPARISONS: tuple[tuple[type[ast.cmpop], ...], ...] = (
    (ast.Eq, ast.NotEq, ast.Lt, ast.LtE, ast.Gt, ast.GtE), (ast.In, ast.NotIn), (ast.Is, ast.IsNot),
)  # fmt: skip
IN_PLACE = {ast.Add: "add_", ast.Sub: "sub_", ast.Mult: "mul_", ast.Div: "div_"}


@dataclass(frozen=True)
class Cell:
    """What operators may know: the cell's tree, and what was observed in the checks."""

    tree: ast.Module
    seen: Seen

    def observed(self, place: Place) -> Observed:
        """What was seen at ``place``, perhaps nothing."""
        return self.seen.get(place.path, Observed((), ()))

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


Operator = Callable[[Place, Cell], Iterator[New]]


def parsed(text: str, **parts: ast.expr) -> ast.expr:
    """An expression from its source, with ``parts`` in the places of the names."""

    class Filled(ast.NodeTransformer):
        def visit_Name(self, node: ast.Name) -> ast.expr:
            return parts.get(node.id, node)

    filled = Filled().visit(ast.parse(text, mode="eval").body)
    assert isinstance(filled, ast.expr)
    return filled


def statements(text: str) -> list[ast.stmt]:
    """Statements from their source."""
    return ast.parse(text).body


def arithmetic(place: Place, cell: Cell) -> Iterator[New]:
    """Another operator; operands exchanged."""
    node = place.node
    if isinstance(node, ast.BinOp):
        for kind in ARITHMETIC:
            yield ast.BinOp(node.left, kind(), node.right)
        yield ast.BinOp(node.right, node.op, node.left)


def operand(place: Place, cell: Cell) -> Iterator[New]:
    """An operand left out, or with the other sign; an operator of one operand left out."""
    node = place.node
    if isinstance(node, ast.BinOp):
        yield from (node.left, node.right)
        yield ast.BinOp(ast.UnaryOp(ast.USub(), node.left), node.op, node.right)
    elif isinstance(node, ast.BoolOp):
        for n in range(len(node.values)):
            rest = node.values[:n] + node.values[n + 1 :]
            yield rest[0] if len(rest) == 1 else ast.BoolOp(node.op, rest)
        yield ast.BoolOp(ast.Or() if isinstance(node.op, ast.And) else ast.And(), node.values)
    elif isinstance(node, ast.UnaryOp):
        yield node.operand


def comparison(place: Place, cell: Cell) -> Iterator[New]:
    """Another comparison."""
    node = place.node
    if isinstance(node, ast.Compare):
        for n, op in enumerate(node.ops):
            kinds = next((kinds for kinds in COMPARISONS if isinstance(op, kinds)), ())
            for kind in kinds:
                ops = [*node.ops[:n], kind(), *node.ops[n + 1 :]]
                yield ast.Compare(node.left, ops, node.comparators)


def condition(place: Place, cell: Cell) -> Iterator[New]:
    """A condition the other way round, always true, never true; a case dropped."""
    node = place.node
    holds = isinstance(place.parent, ast.If | ast.IfExp | ast.While)
    if isinstance(node, ast.expr) and holds and place.path[-1][0] == "test":
        yield ast.UnaryOp(ast.Not(), node)
        yield from (ast.Constant(True), ast.Constant(False))
    if isinstance(node, ast.IfExp):
        yield from (node.body, node.orelse)


def constant(place: Place, cell: Cell) -> Iterator[New]:
    """Another constant: neighbours, zero, twice, half, the other sign; another text."""
    node = place.node
    if not isinstance(node, ast.Constant):
        return
    value = node.value
    if isinstance(value, bool):
        yield ast.Constant(not value)
    elif isinstance(value, int | float):
        halves = [value // 2 if isinstance(value, int) else value / 2]
        for other in dict.fromkeys([value + 1, value - 1, 0, 2 * value, -value, *halves]):
            yield ast.Constant(other)
    elif isinstance(value, str):
        others = {n.value for n in ast.walk(cell.tree) if isinstance(n, ast.Constant)}
        for text in sorted(t for t in {*others, ""} if isinstance(t, str) and t != value):
            yield ast.Constant(text)


def off_by_one(place: Place, cell: Cell) -> Iterator[New]:
    """One more or less than a whole number that is computed, and twice and half of it."""
    node = place.node
    if isinstance(node, ast.expr) and ("int", 0) in cell.observed(place).kinds:
        for text in ("e + 1", "e - 1", "2 * e", "e // 2"):
            yield parsed(text, e=node)


def hard_coded(place: Place, cell: Cell) -> Iterator[New]:
    """The number that an expression has in the visible checks."""
    for value in cell.observed(place).values:
        yield ast.Constant(value)


def wrong_name(place: Place, cell: Cell) -> Iterator[New]:
    """Another variable of the same function, or another attribute of the same object."""
    node = place.node
    if isinstance(node, ast.Name) and node.id in cell.names(place):
        yield from (ast.Name(name, ast.Load()) for name in cell.names(place))
    elif isinstance(node, ast.Attribute) and node.attr in cell.attributes(place):
        yield from (ast.Attribute(node.value, a, ast.Load()) for a in cell.attributes(place))


def argument(place: Place, cell: Cell) -> Iterator[New]:
    """An argument or keyword left out; two arguments exchanged."""
    node = place.node
    if isinstance(node, ast.Call):
        for n in range(len(node.args)):
            yield ast.Call(node.func, node.args[:n] + node.args[n + 1 :], node.keywords)
        for n in range(len(node.keywords)):
            yield ast.Call(node.func, node.args, node.keywords[:n] + node.keywords[n + 1 :])
        for one, two in combinations(range(len(node.args)), 2):
            args = list(node.args)
            args[one], args[two] = args[two], args[one]
            yield ast.Call(node.func, args, node.keywords)


def element(place: Place, cell: Cell) -> Iterator[New]:
    """An element of a tuple or list left out, or two neighbours exchanged; a part of a slice."""
    node = place.node
    if isinstance(node, ast.Tuple | ast.List):
        for n in range(len(node.elts)):
            yield type(node)(node.elts[:n] + node.elts[n + 1 :], ast.Load())
        for n in range(len(node.elts) - 1):
            swapped = [node.elts[n + 1], node.elts[n]]
            yield type(node)([*node.elts[:n], *swapped, *node.elts[n + 2 :]], ast.Load())
    elif isinstance(node, ast.Slice):
        yield ast.Slice(None, node.upper, node.step)
        yield ast.Slice(node.lower, None, node.step)
        yield ast.Slice(node.lower, node.upper, None)
    elif isinstance(node, ast.Subscript):
        yield node.value


def call(place: Place, cell: Cell) -> Iterator[New]:
    """A call not made at all, or made twice."""
    node = place.node
    if isinstance(node, ast.Call):
        yield from (arg for arg in node.args if not isinstance(arg, ast.Starred))
        if isinstance(node.func, ast.Attribute):
            yield node.func.value
        yield ast.Subscript(
            ast.Tuple([node, node], ast.Load()), ast.Constant(1), ast.Load()
        )  # fmt: skip
        if len(node.args) == 1:
            yield ast.Call(node.func, [node], node.keywords)


def gradient(place: Place, cell: Cell) -> Iterator[New]:
    """No gradient flows through here; or none into the parameters."""
    node = place.node
    if isinstance(node, ast.Name | ast.Call | ast.BinOp | ast.Subscript | ast.Attribute):
        if isinstance(place.parent, ast.Attribute):
            return
        if isinstance(place.parent, ast.Call) and place.path[-1][0] == "func":
            if isinstance(node, ast.Attribute):
                yield parsed("torch.no_grad()(e)", e=node)
                yield parsed("e.requires_grad_(False)", e=node)
            return
        yield parsed("e.detach()", e=node)
        if isinstance(node, ast.Call):
            yield parsed("e.requires_grad_(False)", e=node)


def mode(place: Place, cell: Cell) -> Iterator[New]:
    """A module in the other mode, once and for all."""
    node = place.node
    if isinstance(node, ast.Attribute) and isinstance(place.parent, ast.Call):
        if place.path[-1][0] == "func":
            yield parsed("e.eval()", e=node)
            yield parsed("e.train()", e=node)
    elif isinstance(node, ast.Call) and isinstance(place.parent, ast.Assign):
        yield parsed("e.eval()", e=node)


def in_place(place: Place, cell: Cell) -> Iterator[New]:
    """What was computed anew overwrites what it was computed from."""
    node = place.node
    if isinstance(node, ast.BinOp) and type(node.op) in IN_PLACE:
        name = IN_PLACE[type(node.op)]
        yield parsed(f"a.{name}(b)", a=node.left, b=node.right)
        yield parsed(f"b.{name}(a)", a=node.left, b=node.right)
    elif isinstance(node, ast.Call) and ast.unparse(node.func).endswith("relu") and node.args:
        yield parsed("e.relu_()", e=node.args[0])


def loop(place: Place, cell: Cell) -> Iterator[New]:
    """A loop without its first or last turn, or the other way round."""
    if isinstance(place.node, ast.expr) and place.path[-1][0] == "iter":
        for text in ("list(e)[1:]", "list(e)[:-1]", "list(e)[::-1]"):
            yield parsed(text, e=place.node)


def returned(place: Place, cell: Cell) -> Iterator[New]:
    """Another local value is returned, or this one with the other sign."""
    if isinstance(place.node, ast.expr) and isinstance(place.parent, ast.Return):
        yield from (ast.Name(name, ast.Load()) for name in cell.names(place))
        yield ast.UnaryOp(ast.USub(), place.node)


def statement(place: Place, cell: Cell) -> Iterator[New]:
    """A statement deleted, done twice, exchanged with the next, without gradients; a case kept."""
    block = place.node
    if not isinstance(block, list) or place.function is None:
        return
    for n, one in enumerate(block):
        before, after = block[:n], block[n + 1 :]
        if isinstance(one, ast.Expr) and isinstance(one.value, ast.Constant):
            continue  # a docstring
        yield before + after
        if not isinstance(one, ast.Return):
            yield [*before, one, *block[n:]]
        if after:
            yield [*before, after[0], one, *after[1:]]
        if isinstance(one, ast.If):
            yield [*before, *one.body, *after]
            yield [*before, *one.orelse, *after]
        frozen = statements("with torch.no_grad():\n    pass")
        assert isinstance(frozen[0], ast.With)
        frozen[0].body = [one]
        yield [*before, *frozen, *after]


def entry(place: Place, cell: Cell) -> Iterator[New]:
    """At its start a function switches its mode, or changes an argument."""
    block, function = place.node, place.function
    if isinstance(block, list) and function is not None and place.parent is function:
        texts = [f"{name} = {name}.detach()" for name in arguments(function)]
        texts += [f"{name}.relu_()" for name in arguments(function)]
        if function.name == "forward":
            texts += ["self.eval()", "self.train()", "self.requires_grad_(False)"]
        for text in texts:
            yield [*statements(text), *block]


def decorated(function: Function, *decorators: str) -> Iterator[Function]:
    """The function with each of these decorators; `decorators` says what they do."""
    fields = {name: getattr(function, name) for name in function._fields}
    for text in decorators:
        yield type(function)(**{**fields, "decorator_list": [parsed(text)]})


def cached(place: Place, cell: Cell) -> Iterator[New]:
    """A function that keeps what it gave first."""
    node = place.node
    if isinstance(node, Function) and node.name != "__init__":
        yield from decorated(node, "first_result", "first_result_for_shapes", "twice")


OPERATORS: dict[str, Operator] = {
    function.__name__: function
    for function in (
        arithmetic, operand, comparison, condition, constant, off_by_one, hard_coded, wrong_name,
        argument, element, call, gradient, mode, in_place, loop, returned, statement, entry, cached,
    )
}  # fmt: skip
