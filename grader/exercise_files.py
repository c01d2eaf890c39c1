"""Read a chapter's probes, candidates and wrong answers in `exercises/` as text: nothing is run.

How these files are written is described in `grader.exercise`.
"""

import ast
import inspect
import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from grader import exercise
from grader.questions import Candidate, Probe

MARKS: dict[str, Callable[..., object]] = {
    "behaviour": exercise.behaviour,
    "candidate": exercise.candidate,
    "probe": exercise.probe,
    "wrong": exercise.wrong,
}
IMPORT = (
    "from grader.exercise import behaviour, behaviour_of, behaviour_of_block, candidate, "
    "draw_images, made_small, probe, set_weights, set_weights_by_shape, wrong"
)
EQUIVALENT = "EQUIVALENT"
Definition = ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef


@dataclass(frozen=True)
class MarkedProbe:
    """A probe, the answer it belongs to, and its place, ``"exercises/08_bottleneck.py:12"``."""

    answer: str
    probe: Probe
    place: str


@dataclass(frozen=True)
class MarkedBehaviour:
    """A behaviour, the answer it belongs to, and its place."""

    answer: str
    behaviour: Probe
    place: str


@dataclass(frozen=True)
class EquivalentMutant:
    """A mutant known to be a right answer: what the engine calls it, why it is, and the place."""

    answer: str
    key: str
    reason: str
    place: str


@dataclass(frozen=True)
class WrongDefinition:
    """A definition that is a wrong answer, or a part of one.

    Attributes
    ----------
    answer, name, message, replaces
        As given to `grader.exercise.wrong`.
    own_name : str
        What it is called in its file.
    code : str
        Its source, without the mark.
    place : str
        File and line.
    """

    answer: str
    name: str
    message: str
    replaces: str | None
    own_name: str
    code: str
    place: str


@dataclass(frozen=True)
class MarkedCandidate:
    """A candidate, the answer it belongs to, its name in its file, and its place."""

    answer: str
    candidate: Candidate
    own_name: str
    place: str


Marked = MarkedProbe | MarkedBehaviour | MarkedCandidate | EquivalentMutant | WrongDefinition


def find(master: Path) -> list[Path]:
    """The files of probes and wrong answers that belong to ``master``, in order; mostly one.

    The last one, in a folder ``behaviours`` beside them, is for the mutation engine.

    Raises
    ------
    ValueError
        When there are both a file and a folder.
    """
    stem = master.stem.replace("-", "_")
    for folder in (master.parent, Path(os.path.normpath(master.parent / ".." / "exercises"))):
        file, parts = folder / f"{stem}.py", folder / stem
        if file.is_file() and parts.is_dir():
            raise ValueError(f"There are both {file} and the folder {parts}; keep one of them.")
        found = [file] if file.is_file() else sorted(parts.glob("*.py"))
        if found:
            behaviours = folder / "behaviours" / file.name
            return [*found, behaviours] if behaviours.is_file() else found
    return []


def read(path: Path) -> list[Marked]:
    """The probes, candidates and wrong answers of one file, in order.

    Raises
    ------
    ValueError
        When it is no Python, or a mark does not fit; the message names file and line.
    """
    try:
        return parse(path.read_text("utf-8"), str(path))
    except UnicodeDecodeError:
        raise ValueError(f"{path} is no text in UTF-8; save it in that encoding.") from None


def parse(text: str, file: str) -> list[Marked]:
    """As `read`, from the file's text."""
    try:
        body = ast.parse(text).body
    except SyntaxError as error:
        raise ValueError(f"{file}:{error.lineno}: this is not Python: {error.msg}.") from None
    except ValueError as error:  # what some versions of Python say about null bytes
        raise ValueError(f"{file}: this is not Python: {error}.") from None
    marked: list[tuple[Definition, ast.expr]] = []
    rest: list[ast.stmt] = []
    equivalent: list[Marked] = []
    for node in body:
        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == EQUIVALENT:
            equivalent += equivalents(node, file)
            continue
        marks: list[ast.expr] = []
        if isinstance(node, Definition):
            marks = [decorator for decorator in node.decorator_list if mark_name(decorator)]
            if len(marks) > 1:
                raise ValueError(f"{file}:{node.lineno}: {node.name} has several marks; keep one.")
            marked += [(node, mark) for mark in marks]
        if not marks:
            rest += unmarked(node, file)
    probes = [node for node, mark in marked if mark_name(mark) != "wrong"]
    refuse_forgotten(rest, probes, file)
    before = ast.unparse(ast.Module(rest, []))
    lines = text.split("\n")
    return [read_marked(node, mark, before, lines, file) for node, mark in marked] + equivalent


def mark_name(decorator: ast.expr) -> str:
    """``"probe"`` or another of `MARKS` where a decorator is one of them, else nothing."""
    function = decorator.func if isinstance(decorator, ast.Call) else decorator
    return function.id if isinstance(function, ast.Name) and function.id in MARKS else ""


def unmarked(node: ast.stmt, file: str) -> list[ast.stmt]:
    """What of a top-level statement runs before a probe."""
    if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
        return []  # the file's docstring
    if isinstance(node, ast.If) and ast.unparse(node.test).endswith("TYPE_CHECKING"):
        return node.orelse
    if isinstance(node, ast.Import | ast.ImportFrom):
        module = node.module or "" if isinstance(node, ast.ImportFrom) else node.names[0].name
        if module == "grader.exercise" and not any(name.asname for name in node.names):
            return []
        if module.split(".")[0] == "grader":
            raise ValueError(
                f"{file}:{node.lineno}: the grader can't be imported in the sandbox, where this "
                f"code runs; all one may write is `{IMPORT}`."
            )
    return [node]


def refuse_forgotten(rest: Sequence[ast.stmt], probes: Sequence[Definition], file: str) -> None:
    """Raise where a definition has no mark, and isn't a helper that a probe uses either."""
    for node in rest:
        if isinstance(node, Definition):
            others = [other for other in (*rest, *probes) if other is not node]
            names = {
                name.id
                for other in others
                for name in ast.walk(other)
                if isinstance(name, ast.Name)
            }
            if node.name not in names:
                raise ValueError(
                    f"{file}:{node.lineno}: {node.name} has none of the marks "
                    f"{', '.join(f'@{mark}(…)' for mark in MARKS)}, and no probe uses it; mark it "
                    "or take it out."
                )


def read_marked(
    node: Definition, mark: ast.expr, before: str, lines: Sequence[str], file: str
) -> Marked:
    """A marked definition; ``before`` is what runs before a probe, ``lines`` are the file's."""
    kind, place = mark_name(mark), f"{file}:{mark.lineno}"
    given = arguments(mark, kind, place)
    first = min(decorator.lineno for decorator in node.decorator_list)
    code = "\n".join(
        line
        for number, line in enumerate(lines[first - 1 : node.end_lineno], start=first)
        if not mark.lineno <= number <= (mark.end_lineno or mark.lineno)
    )
    if kind == "wrong":
        return WrongDefinition(**given, own_name=node.name, code=code, place=place)
    if kind == "candidate":
        return MarkedCandidate(given["answer"], Candidate(code, given["bug"]), node.name, place)
    if not isinstance(node, ast.FunctionDef):
        raise ValueError(f"{place}: a {kind} is a function (def), {node.name} is none.")
    if kind == "behaviour":
        asked = f"{before}\n\n{code}\n\nprobe = {node.name}\n"
        return MarkedBehaviour(given["answer"], Probe(node.name, asked, "", 1.0), place)
    name = f"{given['answer']}-{given['what']}"
    asked = f"{before}\n\n{code}\n\nprobe = {node.name}\n"
    test = the_test(node, place)
    made = Probe(name, asked, given["message"], float(given["points"]), test=test)
    return MarkedProbe(given["answer"], made, place)


def the_test(node: ast.FunctionDef, place: str) -> str | None:
    """The name of the student's test that a probe puts to candidates, if it does."""
    names = [one.arg for one in node.args.args]
    if "candidate" not in names:
        return None
    tests = [name for name in names if name not in ("candidate", "seed")]
    if len(tests) != 1:
        raise ValueError(
            f"{place}: a probe with a parameter `candidate` asks for one more thing, the student's "
            f"test; {node.name} asks for {', '.join(tests) or 'nothing'}."
        )
    return tests[0]


def equivalents(node: ast.Assign, file: str) -> list[Marked]:
    """The mutants in a file's ``EQUIVALENT``."""
    place = f"{file}:{node.lineno}"
    try:
        listed = ast.literal_eval(node.value)
        found: list[Marked] = [
            EquivalentMutant(answer, key, reason, place)
            for answer, reasons in listed.items()
            for reason, keys in reasons.items()
            for key in keys
        ]
    except (ValueError, AttributeError, TypeError):
        raise ValueError(
            f"{place}: {EQUIVALENT} must be a literal "
            "{answer: {reason: [mutant, …]}}; it is read without running the file."
        ) from None
    return found


def arguments(mark: ast.expr, kind: str, place: str) -> dict[str, Any]:
    """The arguments of a mark by name, of the types that `grader.exercise` says."""
    if not isinstance(mark, ast.Call):
        raise ValueError(f"{place}: @{kind} needs arguments, @{kind}(answer, …, message).")
    try:
        positional = [ast.literal_eval(value) for value in mark.args]
        named = {str(word.arg): ast.literal_eval(word.value) for word in mark.keywords}
    except ValueError:
        raise ValueError(
            f"{place}: the arguments of @{kind} must be literals; they are read without running "
            "the file."
        ) from None
    try:
        bound = inspect.signature(MARKS[kind]).bind(*positional, **named)
    except TypeError as error:
        raise ValueError(f"{place}: @{kind}: {error}.") from None
    bound.apply_defaults()
    for name, value in bound.arguments.items():
        if name == "points":
            fits, expected = type(value) in (int, float) and value > 0, "a number above 0"
        else:
            may_lack = name in ("replaces", "bug")
            fits = (isinstance(value, str) and value.strip() != "") or (may_lack and value is None)
            expected = "a text"
        if not fits:
            raise ValueError(f"{place}: @{kind}: {name} must be {expected}, not {value!r}.")
    return dict(bound.arguments)
