"""The first set's operators: the mistakes that one makes in one place.

Each takes a place and gives what may stand there instead. What can't run is no matter: a mutant
that raises does not count. What can't make a difference by the rules of Python and torch is left
out, as ``b + a`` for ``a + b``, or a layer made twice; `cell.Cell` says what that is.
"""

import ast
from collections.abc import Callable, Iterator
from itertools import combinations

from grader.mutation.cell import Cell, depend
from grader.mutation.observed import arguments
from grader.mutation.places import Function, New, Place

ARITHMETIC = (ast.Add, ast.Sub, ast.Mult, ast.Div, ast.FloorDiv, ast.Mod, ast.Pow)
COMPARISONS: tuple[tuple[type[ast.cmpop], ...], ...] = (
    (ast.Eq, ast.NotEq, ast.Lt, ast.LtE, ast.Gt, ast.GtE), (ast.In, ast.NotIn), (ast.Is, ast.IsNot),
)  # fmt: skip
IN_PLACE = {ast.Add: "add_", ast.Sub: "sub_", ast.Mult: "mul_", ast.Div: "div_"}


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


def makes_modules(place: Place, cell: Cell) -> bool:
    """Whether the function around ``place`` makes modules, and no gradient flows through it.

    That is an ``__init__``, or a function that was given something in the checks, and no tensor.
    """
    if place.function is None:
        return False
    kinds = cell.kinds(place.function)
    tensors = any(name == "Tensor" for name, _ in kinds)
    return place.function.name == "__init__" or (bool(kinds) and not tensors)


def arithmetic(place: Place, cell: Cell) -> Iterator[New]:
    """Another operator; operands exchanged."""
    node = place.node
    if isinstance(node, ast.BinOp):
        for kind in ARITHMETIC:
            yield ast.BinOp(node.left, kind(), node.right)
        if not isinstance(node.op, ast.Add | ast.Mult):
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
        starts = place.function is not None and place.function.name == "__init__"
        if cell.has_state(node, place) and not starts:
            yield ast.Subscript(ast.Tuple([node, node], ast.Load()), ast.Constant(1), ast.Load())
        if len(node.args) == 1 and not ast.unparse(node.func).endswith(("relu", "zeros_", "len")):
            yield ast.Call(node.func, [node], node.keywords)


def gradient(place: Place, cell: Cell) -> Iterator[New]:
    """No gradient flows through here; or none into the parameters.

    Not where modules are made: what is done there without gradients is done all the same.
    """
    node = place.node
    if not isinstance(node, ast.Name | ast.Call | ast.BinOp | ast.Subscript | ast.Attribute):
        return
    if not cell.gradients:
        return
    starts = makes_modules(place, cell)
    if isinstance(place.parent, ast.Attribute) or "super()" in ast.unparse(node):
        return
    if isinstance(place.parent, ast.Call) and place.path[-1][0] == "func":
        if isinstance(node, ast.Attribute) and not starts:
            yield parsed("torch.no_grad()(e)", e=node)
            if cell.has_parameters(node, place):
                yield parsed("e.requires_grad_(False)", e=node)
    elif isinstance(node, ast.Call) and starts and cell.has_parameters(node.func, place):
        yield parsed("e.requires_grad_(False)", e=node)
    elif not starts and ("int", 0) not in cell.observed(place).kinds:
        if not (isinstance(place.parent, ast.Call) and ast.unparse(place.parent.func) == "len"):
            yield parsed("e.detach()", e=node)


def mode(place: Place, cell: Cell) -> Iterator[New]:
    """A module in the other mode, once and for all."""
    node = place.node
    if isinstance(node, ast.Attribute) and isinstance(place.parent, ast.Call):
        if place.path[-1][0] == "func" and cell.has_state(node, place):
            yield parsed("e.eval()", e=node)
            yield parsed("e.train()", e=node)
    elif isinstance(node, ast.Call) and isinstance(place.parent, ast.Assign):
        if cell.has_state(node, place):
            yield parsed("e.eval()", e=node)


def in_place(place: Place, cell: Cell) -> Iterator[New]:
    """What was computed anew overwrites what it was computed from."""
    node = place.node
    if isinstance(node, ast.BinOp) and type(node.op) in IN_PLACE:
        name = IN_PLACE[type(node.op)]
        if not cell.is_new(node.left, place):
            yield parsed(f"a.{name}(b)", a=node.left, b=node.right)
        if not cell.is_new(node.right, place):
            yield parsed(f"b.{name}(a)", a=node.left, b=node.right)
    elif isinstance(node, ast.Call) and ast.unparse(node.func).endswith("relu") and node.args:
        if not cell.is_new(node.args[0], place):
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
        if again(one, place, cell):
            yield [*before, one, *block[n:]]
        if after and depend(one, after[0]):
            yield [*before, after[0], one, *after[1:]]
        if isinstance(one, ast.If):
            yield [*before, *one.body, *after]
            yield [*before, *one.orelse, *after]
        if makes_modules(place, cell) or not cell.gradients:
            continue
        frozen = statements("with torch.no_grad():\n    pass")
        assert isinstance(frozen[0], ast.With)
        frozen[0].body = [one]
        yield [*before, *frozen, *after]


def again(one: ast.stmt, place: Place, cell: Cell) -> bool:
    """Whether it makes a difference to do a statement twice."""
    if isinstance(one, ast.Return) or (place.function and place.function.name == "__init__"):
        return False
    if isinstance(one, ast.Assign):
        names = {n.id for n in ast.walk(one.value) if isinstance(n, ast.Name)}
        own = any(isinstance(t, ast.Name) and t.id in names for t in one.targets)
        return own or cell.has_state(one.value, place)
    return isinstance(one, ast.AugAssign | ast.For) or cell.has_state(one, place)


def entry(place: Place, cell: Cell) -> Iterator[New]:
    """At its start a function switches its mode, or changes an argument."""
    block, function = place.node, place.function
    if isinstance(block, list) and function is not None and place.parent is function:
        texts = [f"{name} = {name}.detach()" for name in arguments(function) if cell.gradients]
        texts += [f"{name}.relu_()" for name in arguments(function)]
        if function.name == "forward":
            texts += ["self.requires_grad_(False)"]
            if place.owner is not None and cell.has_state(place.owner, place):
                texts += ["self.eval()", "self.train()"]
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
        yield from decorated(node, "first_result")
        if any(name == "Tensor" for name, _ in cell.kinds(node)):
            yield from decorated(node, "first_result_for_shapes")
        if cell.has_state(place.owner or node, place):
            yield from decorated(node, "twice")


OPERATORS: dict[str, Operator] = {
    function.__name__: function
    for function in (
        arithmetic, operand, comparison, condition, constant, off_by_one, hard_coded, wrong_name,
        argument, element, call, gradient, mode, in_place, loop, returned, statement, entry, cached,
    )
}  # fmt: skip
