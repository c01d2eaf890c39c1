"""The second set's operators, which no probe is written against: it is only measured.

Other functions of the same kind, other settings of layers, and answers that are wrong in one case
alone: one image, a map that is not square, the second call. They are used alone and in pairs.
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


MORE: dict[str, Operator] = {
    function.__name__: function
    for function in (sibling, setting, around, shared, guarded, in_one_case)
}
ALL = OPERATORS | MORE
