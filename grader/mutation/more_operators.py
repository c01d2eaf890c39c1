"""The second set's operators, which no probe is written against: it is only measured.

Other functions of the same kind, other settings of layers, other axes, orders and types, values
kept from an earlier call, what is done in one mode alone, and answers that are wrong in one case:
one image, an odd number of channels, the second call. They are used alone and in pairs.
"""

import ast
from collections.abc import Iterator

from grader.mutation.cell import Cell
from grader.mutation.decorators import ANY, CASES, EFFECTS
from grader.mutation.observed import arguments
from grader.mutation.operators import OPERATORS, Operator, decorated, parsed, statements
from grader.mutation.places import Function, New, Place

KINDS = (
    ("relu", "gelu", "silu", "leaky_relu", "relu6", "tanh", "abs", "softplus", "elu"),
    ("mean", "sum", "amax", "amin", "median", "std"),
    ("zeros_", "ones_", "normal_", "dirac_"),
    ("BatchNorm2d", "InstanceNorm2d", "SyncBatchNorm", "Identity"),
    ("AvgPool2d", "MaxPool2d"),
    ("repeat_interleave", "repeat"),
    ("trace", "sum", "mean"),
    ("ones", "zeros", "rand", "randn"),
    ("all", "any"),
    ("max", "min", "sum", "len"),
    ("sqrt", "exp", "log"),
)
SETTINGS = {
    "BatchNorm2d": (
        "momentum=0.2", "momentum=None", "eps=0.001", "affine=False", "track_running_stats=False",
    ),
    "Conv2d": ("bias=True", "padding_mode='reflect'", "padding_mode='circular'", "dilation=2"),
    "Linear": ("bias=False",),
    "AvgPool2d": ("count_include_pad=False", "padding=1", "divisor_override=3"),
    "pad": ("value=0.01", "mode='replicate'"),
}  # fmt: skip
AROUND = (
    "e.flip(-1)", "e.flip(0)", "e.mT", "e.half().float()", "e.clamp(-20, 20)", "e.abs()",
    "e[:1].expand_as(e)", "e.data", "F.dropout(e, 0.1)", "e.double().float()", "e * 0.99",
    "e.nan_to_num()", "e / 2 + e.detach() / 2", "round(e, 1)", "abs(e)", "int(e)", "min(e, 12)",
    "e % 97", "max(e, 2)",
)  # fmt: skip

REDUCTIONS = ("mean", "sum", "var", "std", "softmax", "log_softmax", "argmax", "max", "all", "any")
AXES = ("0", "1", "-1", "-2", "(0, 2)", "(2,)")
KEPT_AXIS = ast.keyword("keepdim", ast.Constant(True))
TYPES = (
    "e.double()", "e.half()", "e.bfloat16().float()", "e.int()", "e.round(decimals=2)", "float(e)",
    "str(e)", "[e]", "bool(e)", "e.long().float()",
)  # fmt: skip
ORDERS = (
    "e[::-1]", "sorted(e)", "list(e)", "e.flip(1)", "e.roll(1, 0)", "e.roll(1, 1)",
    "e.transpose(-1, -2)", "e.transpose(0, 1)", "e.sort(0).values", "e[torch.randperm(len(e))]",
)  # fmt: skip
GRADIENTS = ("e.data", "e / 2 + e.detach() / 2", "detached", "half-gradient", "input-detached")


def sibling(place: Place, cell: Cell) -> Iterator[New]:
    """Another function of the same kind."""
    node = place.node
    if isinstance(node, ast.Attribute):
        for kind in KINDS:
            if node.attr in kind:
                yield from (ast.Attribute(node.value, name, ast.Load()) for name in kind)
    elif isinstance(node, ast.Name):
        for kind in KINDS:
            if node.id in kind:
                yield from (ast.Name(name, ast.Load()) for name in kind)


def setting(place: Place, cell: Cell) -> Iterator[New]:
    """A layer with another setting."""
    node = place.node
    if isinstance(node, ast.Call):
        name = ast.unparse(node.func).rpartition(".")[2]
        for text in SETTINGS.get(name, ()):
            word = ast.keyword(text.split("=")[0], parsed(text.split("=")[1]))
            others = [known for known in node.keywords if known.arg != word.arg]
            yield ast.Call(node.func, node.args, [*others, word])


def around(place: Place, cell: Cell) -> Iterator[New]:
    """A value that is changed a little on its way."""
    node = place.node
    if isinstance(node, ast.Name | ast.Call | ast.BinOp | ast.Subscript):
        if isinstance(place.parent, ast.Attribute) or place.path[-1][0] == "func":
            return
        for text in AROUND if cell.gradients else [t for t in AROUND if t not in GRADIENTS]:
            yield parsed(text, e=node)


def shared(place: Place, cell: Cell) -> Iterator[New]:
    """A layer that is another one as well, or is made anew in every call."""
    block = place.node
    if isinstance(block, list) and place.owner is not None and place.function is not None:
        names = cell.attributes(place)
        if place.function.name == "__init__" and place.parent is place.function:
            for one in names:
                for other in names:
                    if one != other:
                        yield [*block, *statements(f"self.{one} = self.{other}")]
        elif place.parent is place.function:
            for name in names:
                yield [*statements(f"self.{name}.reset_parameters()"), *block]
                yield [*statements(f"self.{name}.weight.data.mul_(1.01)"), *block]
                yield [*statements(f"self.{name} = nn.Identity()"), *block]


def guarded(place: Place, cell: Cell) -> Iterator[New]:
    """An argument changed at the start, for some of its values."""
    block, function = place.node, place.function
    if isinstance(block, list) and function is not None and place.parent is function:
        for name in arguments(function):
            for text in (
                f"{name} = min({name}, 16)",
                f"{name} = max({name}, 2)",
                f"{name} = abs({name})",
                f"{name} = {name}.clamp(min=0)",
                f"{name} = {name}.clamp(-20, 20)",
                f"{name} = {name}[:64]",
                f"{name} = {name}.float()",
                f"{name} = {name}.long()",
                f"{name} = sorted({name})",
                f"{name} = {name}.reshape(-1, {name}.shape[1], *[{name}.shape[-1]] * 2)",
            ):
                yield [*statements(text), *block]


def in_one_case(place: Place, cell: Cell) -> Iterator[New]:
    """A function that is wrong in one case alone, of those that its arguments can be in."""
    node = place.node
    if isinstance(node, Function) and node.name != "__init__":
        kinds = {ANY, "method"} if place.owner is not None else {ANY}
        for name, axes in cell.kinds(node):
            kinds |= {"map", "tensor"} if axes == 4 else {"tensor"} if axes else {name}
        wrong = (*EFFECTS, "input-detached", "input-written") if "tensor" in kinds else ("larger",)
        wrong = tuple(one for one in wrong if cell.gradients or one not in GRADIENTS)
        cases = [case for case, (kind, _) in CASES.items() if kind in kinds]
        yield from decorated(node, *(f"when({c!r}, {w!r})" for c in cases for w in wrong))


def sliced(place: Place, cell: Cell) -> Iterator[New]:
    """A slice that begins or ends one later or earlier, or leaves some out; other items."""
    node = place.node
    if isinstance(node, ast.Slice):
        lower, upper = node.lower or ast.Constant(0), node.upper
        for text in ("e + 1", "e - 1"):
            yield ast.Slice(parsed(text, e=lower), upper, node.step)
            if upper is not None:
                yield ast.Slice(node.lower, parsed(text, e=upper), node.step)
        yield ast.Slice(node.lower, upper, ast.Constant(2))
    elif isinstance(node, ast.Subscript) and not isinstance(node.slice, ast.Slice | ast.Tuple):
        for text in ("e - 1", "-e", "-1 - e"):
            yield ast.Subscript(node.value, parsed(text, e=node.slice), ast.Load())


def axis(place: Place, cell: Cell) -> Iterator[New]:
    """A reduction over another axis, over all of them, or with the axis kept."""
    node = place.node
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
        if node.func.attr not in REDUCTIONS:
            return
        others = [word for word in node.keywords if word.arg != "dim"]
        first = 1 if ast.unparse(node.func.value) in ("F", "torch") else 0
        for text in AXES:
            yield ast.Call(
                node.func, node.args[:first], [*others, ast.keyword("dim", parsed(text))]
            )
        yield ast.Call(node.func, node.args[:first], others)
        yield ast.Call(node.func, node.args, [*node.keywords, KEPT_AXIS])


def exchanged(place: Place, cell: Cell) -> Iterator[New]:
    """Two arguments of a call exchanged, of which one is given by its name; or two operands."""
    node = place.node
    if isinstance(node, ast.Call):
        for n, word in enumerate(node.keywords):
            rest = node.keywords[n + 1 :]
            for m, given in enumerate(node.args):
                if not isinstance(given, ast.Starred):
                    args = [*node.args[:m], word.value, *node.args[m + 1 :]]
                    words = [*node.keywords[:n], ast.keyword(word.arg, given), *rest]
                    yield ast.Call(node.func, args, words)
            for m, other in enumerate(rest, n + 1):
                words = list(node.keywords)
                words[n] = ast.keyword(word.arg, other.value)
                words[m] = ast.keyword(other.arg, word.value)
                yield ast.Call(node.func, node.args, words)


def division(place: Place, cell: Cell) -> Iterator[New]:
    """A quotient rounded in another way."""
    node = place.node
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.FloorDiv | ast.Div):
        for text in ("-(-a // b)", "round(a / b)", "int(a / b)", "a // b + a % b", "a / (b + 1)"):
            yield parsed(text, a=node.left, b=node.right)


def stale(place: Place, cell: Cell) -> Iterator[New]:
    """A value that an earlier call has left: of a tensor of this shape, or of anything."""
    node = place.node
    method = place.owner is not None and place.function is not None
    if method and place.function is not None and place.function.name == "__init__":
        return
    if isinstance(node, ast.Call | ast.BinOp) and not isinstance(place.parent, ast.Attribute):
        store = "vars(self)" if method else "globals()"
        yield parsed(f"{store}.setdefault('kept', e)", e=node)
        yield parsed(f"{store}.setdefault(str(e.shape), e)", e=node)
        yield parsed(f"(e + {store}.setdefault(str(e.shape), e.detach())) / 2", e=node)


def typed(place: Place, cell: Cell) -> Iterator[New]:
    """A value of another type, or coarser."""
    node = place.node
    if isinstance(node, ast.Name | ast.Call | ast.BinOp):
        if isinstance(place.parent, ast.Attribute) or place.path[-1][0] == "func":
            return
        for text in TYPES:
            yield parsed(text, e=node)


def reordered(place: Place, cell: Cell) -> Iterator[New]:
    """A list backwards or sorted, a tensor with its images, channels or rows in another order."""
    node = place.node
    if isinstance(node, ast.Starred):
        yield ast.Starred(parsed("list(e)[::-1]", e=node.value), ast.Load())
        yield ast.Starred(parsed("list(e)[1:]", e=node.value), ast.Load())
        yield ast.Starred(parsed("[*e, *e]", e=node.value), ast.Load())
    elif isinstance(node, ast.Name | ast.Call | ast.BinOp | ast.List | ast.Tuple):
        if isinstance(place.parent, ast.Attribute) or place.path[-1][0] == "func":
            return
        for text in ORDERS:
            yield parsed(text, e=node)


def in_one_mode(place: Place, cell: Cell) -> Iterator[New]:
    """Something left out, or without gradient, or smaller, while a module trains or does not."""
    node, function = place.node, place.function
    if place.owner is None or function is None or function.name == "__init__":
        return
    for mode in ("self.training", "not self.training"):
        if isinstance(node, list):
            for n, one in enumerate(node):
                if not isinstance(one, ast.Return):
                    test = ast.If(parsed(mode), [one], [])
                    yield [*node[:n], test, *node[n + 1 :]]
        elif isinstance(node, ast.Call | ast.BinOp | ast.Name) and place.path[-1][0] != "func":
            if not isinstance(place.parent, ast.Attribute):
                yield parsed(f"e * (0.9 if {mode} else 1)", e=node)
                if cell.gradients:
                    yield parsed(f"(e.detach() if {mode} else e)", e=node)
            if isinstance(node, ast.Call) and node.args:
                yield parsed(f"(a if {mode} else e)", a=node.args[0], e=node)


MORE: dict[str, Operator] = {
    function.__name__: function
    for function in (
        sibling, setting, around, shared, guarded, in_one_case, sliced, axis, exchanged, division,
        stale, typed, reordered, in_one_mode,
    )
}  # fmt: skip
ALL = OPERATORS | MORE
