"""The floors of `utils`: a module imports only from floors below its own."""

import ast
import sys
from pathlib import Path

FLOORS = {
    1: {
        "files", "runtime", "timing", "shortcuts", "blocks",
        "figures", "diagrams", "charts", "interactive",
    },
    2: {"resnet", "sources", "batches", "data", "history", "results"},
    3: {"baseline", "processes", "checkpoints", "classifier", "training", "inspection"},
    4: {"train", "homework"},
}  # fmt: skip
# A module that grew two jobs became two files: the first may import the others on its floor.
PARTS = {
    "blocks": {"shortcuts"},
    "diagrams": {"figures"},
    "charts": {"figures"},
    "interactive": {"figures"},
    "results": {"history"},
    "data": {"sources", "batches"},
    "training": {"checkpoints", "processes", "classifier"},
}
# Readable on their own: nothing but PyTorch and Python.
PURE = {"shortcuts", "blocks", "resnet"}


def imports(source: str) -> set[str]:
    """Return the full names of all modules that Python code imports, at its top or deeper."""
    found = set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            found |= {name.name for name in node.names}
        elif isinstance(node, ast.ImportFrom):
            base = "utils" if node.level else ""
            base = ".".join(filter(None, [base, node.module]))
            if base == "utils":
                found |= {f"utils.{name.name}" for name in node.names}
            else:
                found.add(base)
    return found


def complaints(modules: dict[str, str]) -> list[str]:
    """Return what is wrong with the imports of `modules`, name to source code."""
    floor = {name: number for number, names in FLOORS.items() for name in names}
    wrong = []
    for name, source in sorted(modules.items()):
        if name not in floor:
            wrong.append(f"utils/{name}.py stands on no floor; give it one in tools/floors.py.")
            continue
        for module in sorted(imports(source)):
            top, _, rest = module.partition(".")
            other = rest.partition(".")[0]
            if top == "utils" and other != name:
                allowed = other in PARTS.get(name, ()) or floor.get(other, 9) < floor[name]
                if not allowed:
                    wrong.append(
                        f"utils/{name}.py (floor {floor[name]}) imports {module}"
                        f" (floor {floor.get(other, 'unknown')}); imports go down only."
                    )
            elif top != "utils" and name in PURE:
                if top != "torch" and top not in sys.stdlib_module_names:
                    wrong.append(f"utils/{name}.py imports {module}; it may import torch alone.")
    return wrong


def modules(folder: Path) -> dict[str, str]:
    """Return name and source of every module in `folder`, those of packages in it included."""
    found = {p.stem: p.read_text("utf-8") for p in folder.glob("*.py") if p.stem != "__init__"}
    for package in folder.glob("*/__init__.py"):
        files = sorted(package.parent.rglob("*.py"))
        found[package.parent.name] = "\n".join(f.read_text("utf-8") for f in files)
    return found
