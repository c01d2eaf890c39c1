"""The page of the course's own code: what ``utils`` offers, from its docstrings.

The files are parsed, not imported, so the page is made where there is no PyTorch. What comes out is
Markdown, which goes through the same mill as every page and is found by the search.
"""

import ast
import inspect
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

MARK = "<!-- api -->"
# What a reader of the chapters meets first comes first; the rest by name.
FIRST = ("blocks", "shortcuts", "resnet", "tabular", "data", "training", "inspection", "figures")
SECTION = re.compile(r"^(\w[\w ]*)\n-{3,}\n", re.MULTILINE)
LISTS = ("Parameters", "Returns", "Raises", "Attributes", "Yields", "Warns", "Other Parameters")
# What stays as it is written: code, and words set apart.
MARKED = re.compile(r"(``.+?``|`[^`\n]+`|(?<![\w*])\*\w(?:[^*\n]*\w)?\*(?!\w))", re.DOTALL)
SENTENCE = re.compile(r"[.:]$|: ")
SPECIAL = re.compile(r"([\\*_$<\[\]])")
WIDTH = 84

Function = ast.FunctionDef | ast.AsyncFunctionDef
Named = ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef


@dataclass(frozen=True)
class Module:
    """A file of ``utils``: its name, its text, and where its public names are imported from."""

    name: str
    tree: ast.Module
    offered: dict[str, str]


def modules(root: Path) -> list[Module]:
    """Return the public modules of ``utils`` in the order of the page."""
    base = root / "utils"
    trees = {
        ".".join(path.relative_to(root).with_suffix("").parts): ast.parse(path.read_text("utf-8"))
        for path in base.rglob("*.py")
        if not any(part.startswith(".") for part in path.relative_to(root).parts)
    }
    offered: dict[str, str] = {}
    for name, tree in trees.items():
        package = name.removesuffix(".__init__")
        for part in tree.body if package != name else []:
            if isinstance(part, ast.ImportFrom) and (part.module or "").startswith("utils."):
                offered |= {f"{part.module}.{alias.name}": package for alias in part.names}

    def place(name: str) -> tuple[int, str]:
        group = name.split(".")[1]
        return (FIRST.index(group) if group in FIRST else len(FIRST), name)

    names = sorted((n for n in trees if not n.endswith("__main__")), key=place)
    return [
        Module(name.removesuffix(".__init__"), trees[name], offered)
        for name in names
        if name != "utils.__init__"
    ]


def page(root: Path) -> str:
    """Return the page's Markdown, without its title."""
    parts = []
    for module in modules(root):
        names = list(public(module.tree.body))
        if not names:
            continue
        parts.append(f"## `{module.name}`\n\n{prose(ast.get_docstring(module.tree) or '')}")
        parts += [text for name in names for text in described(name, module)]
    return "\n\n".join(parts) + "\n"


def public(body: list[ast.stmt]) -> Iterator[Named]:
    """Yield the classes and functions that are meant for others: without `_`, and described."""
    for part in body:
        if isinstance(part, ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
            if not part.name.startswith("_") and ast.get_docstring(part):
                yield part


def described(part: Named, module: Module, owner: str = "") -> Iterator[str]:
    """Yield heading, signature and description of a class or a function, then of its methods."""
    where = module.offered.get(f"{module.name}.{part.name}", module.name)
    full = f"{owner}.{part.name}" if owner else f"{where}.{part.name}"
    title = f"#### `{full}`" if owner else f"### `{part.name}`"
    yield f"{title}\n\n```python\n{signature(part, full)}\n```"
    yield formatted(ast.get_docstring(part) or "")
    if isinstance(part, ast.ClassDef):
        for method in public(part.body):
            if not is_property(method):
                yield from described(method, module, part.name)


def is_property(part: Named) -> bool:
    """Whether a method is read like an attribute."""
    return any("property" in ast.unparse(decorator) for decorator in part.decorator_list)


def signature(part: Named, name: str) -> str:
    """Return how something is called."""
    if isinstance(part, ast.ClassDef):
        found = next((f for f in part.body if getattr(f, "name", "") == "__init__"), None)
        if isinstance(found, Function):
            return called(name, arguments(found.args, skip=1), "")
        fields = [
            ast.unparse(field).replace("\n", " ")
            for field in part.body
            if isinstance(field, ast.AnnAssign) and not ast.unparse(field.target).startswith("_")
        ]
        is_data = any("dataclass" in ast.unparse(d) for d in part.decorator_list)
        return called(name, fields, "") if is_data else f"class {name}"
    method = name.split(".")[0][0].isupper()
    back = f" -> {ast.unparse(part.returns)}" if part.returns else ""
    static = any(ast.unparse(d) == "staticmethod" for d in part.decorator_list)
    return called(name, arguments(part.args, skip=int(method and not static)), back)


def arguments(given: ast.arguments, skip: int) -> list[str]:
    """Return each argument as it is written, without the first `skip`."""
    every = [*given.posonlyargs, *given.args]
    defaults = [None] * (len(every) - len(given.defaults)) + list(given.defaults)
    made = [written(a, d) for a, d in zip(every, defaults, strict=True)]
    if given.posonlyargs:
        made.insert(len(given.posonlyargs), "/")
    if given.vararg:
        made.append("*" + written(given.vararg))
    elif given.kwonlyargs:
        made.append("*")
    made += [written(a, d) for a, d in zip(given.kwonlyargs, given.kw_defaults, strict=True)]
    if given.kwarg:
        made.append("**" + written(given.kwarg))
    return made[skip:]


def written(argument: ast.arg, default: ast.expr | None = None) -> str:
    """Return an argument with its type and its default."""
    kind = f": {ast.unparse(argument.annotation)}" if argument.annotation else ""
    if default is None:
        return argument.arg + kind
    return f"{argument.arg}{kind}{' = ' if kind else '='}{ast.unparse(default)}"


def called(name: str, made: list[str], back: str) -> str:
    """Return a call on one line, or with a line for each argument."""
    line = f"{name}({', '.join(made)}){back}"
    if len(line) <= WIDTH:
        return line
    return f"{name}(\n" + "".join(f"    {part},\n" for part in made) + f"){back}"


def formatted(text: str) -> str:
    """Return a docstring in NumPy's style as Markdown."""
    pieces = SECTION.split(inspect.cleandoc(text) + "\n")
    made = [prose(pieces[0])]
    for title, body in zip(pieces[1::2], pieces[2::2], strict=True):
        made.append(f"**{title}**")
        if title in LISTS:
            made.append(entries(body))
        elif title == "Examples":
            made.append(f"```python\n{body.strip()}\n```")
        else:
            made.append(prose(body))
    return "\n\n".join(part for part in made if part)


def entries(body: str) -> str:
    """Return a list of parameters, results or errors as Markdown's list."""
    made: list[tuple[str, list[str]]] = []
    after = []  # sentences below the list
    for line in body.strip("\n").splitlines():
        if line.strip() and (after or SENTENCE.search(line.partition(" : ")[0])) and line[0] != " ":
            after.append(line)
        elif line and not line.startswith(" "):
            name, colon, kind = line.partition(" : ")
            made.append((f"`{name.strip()}`" + (f" ({prose(kind)})" if colon else ""), []))
        elif line.strip():
            (made[-1][1] if made and not after else after).append(line.strip())
    items = [f"- {name}: {prose(' '.join(said))}" if said else f"- {name}" for name, said in made]
    return "\n".join(items) + ("\n\n" + prose("\n".join(after)) if after else "")


def prose(text: str) -> str:
    """Return text with nothing in it that Markdown would take for a sign, but for code."""
    parts = MARKED.split(text.strip())
    for number, part in enumerate(parts):
        if number % 2 == 0:
            parts[number] = SPECIAL.sub(r"\\\1", part)
        elif part.startswith("`"):
            parts[number] = f"`` {part.strip('`').strip()} ``"
    return "".join(parts)
