"""Make wrong answers: the solution's cell with a wrong definition in the right one's place."""

import ast
import builtins
import io
import symtable
import tokenize
from collections.abc import Iterable, Sequence

from grader.exercise_files import Definition, WrongDefinition
from grader.questions import WrongAnswer

MODULE = {"__name__", "__file__", "__doc__"}


def wrong_answers(
    parts: Sequence[WrongDefinition], solution: str, around: Sequence[str]
) -> tuple[WrongAnswer, ...]:
    """The wrong answers to one question, in order.

    Parameters
    ----------
    parts : sequence of WrongDefinition
        All of this question's.
    solution : str
        The solved cell.
    around : sequence of str
        Sources of the other cells whose names a student's answer may use.

    Raises
    ------
    ValueError
        When one fits nowhere, is not wrong, or uses what students don't have; the message names
        file and line.
    """
    by_name: dict[str, list[WrongDefinition]] = {}
    for part in parts:
        by_name.setdefault(part.name, []).append(part)
    made = []
    for name, mine in by_name.items():
        if len({part.message for part in mine}) > 1:
            raise ValueError(
                f"{mine[1].place}: {name!r} of {mine[0].answer} has another message here than in "
                f"{mine[0].place}; parts of one wrong answer share it."
            )
        code = replaced(solution, mine)
        if same(code, solution):
            raise ValueError(f"{mine[0].place}: {name!r} equals the solution of {mine[0].answer}.")
        unknown = unknown_names(code, solution, around)
        if unknown:
            raise ValueError(
                f"{mine[0].place}: {name!r} uses {', '.join(sorted(unknown))}, which neither the "
                "chapter's `# @context` nor an answer defines; import or define it inside."
            )
        made.append(WrongAnswer(name, code, mine[0].message))
    return tuple(made)


def replaced(solution: str, parts: Sequence[WrongDefinition]) -> str:
    """The solution's cell with each part in the place of the definition that it replaces."""
    try:
        body = ast.parse(solution).body
    except SyntaxError as error:
        raise ValueError(
            f"{parts[0].place}: the solution of {parts[0].answer} is not Python: {error.msg}."
        ) from None
    definitions = {node.name: node for node in body if isinstance(node, Definition)}
    by_target: dict[str, WrongDefinition] = {}
    for part in parts:
        target = the_replaced(part, list(definitions))
        if target in by_target:
            raise ValueError(
                f"{part.place}: {part.name!r} of {part.answer} replaces {target} a second time; "
                f"the first is in {by_target[target].place}."
            )
        by_target[target] = part
    lines = solution.split("\n")
    for target, part in sorted(by_target.items(), key=lambda pair: -definitions[pair[0]].lineno):
        node = definitions[target]
        first = min([node.lineno, *(decorator.lineno for decorator in node.decorator_list)])
        lines[first - 1 : node.end_lineno] = renamed(part.code, part.own_name, target).split("\n")
    return "\n".join(lines)


def the_replaced(part: WrongDefinition, names: Sequence[str]) -> str:
    """Which of the solution's definitions ``part`` takes the place of."""
    target = names[0] if part.replaces is None and len(names) == 1 else part.replaces
    if target is not None and target in names:
        return target
    there = f"the solution of {part.answer} defines {', '.join(names) or 'nothing'}"
    if part.replaces is None:
        raise ValueError(f"{part.place}: {there}; say with replaces=… which one it stands for.")
    raise ValueError(f"{part.place}: there is no {part.replaces} to replace: {there}.")


def renamed(code: str, old: str, new: str) -> str:
    """``code`` with the name ``old`` turned into ``new``, except in strings and as attribute."""
    lines, before = code.split("\n"), ""
    places = []
    for token in tokenize.generate_tokens(io.StringIO(code).readline):
        if token.type == tokenize.NAME and token.string == old and before != ".":
            places.append(token.start)
        before = token.string
    for row, column in reversed(places):
        line = lines[row - 1]
        lines[row - 1] = line[:column] + new + line[column + len(old) :]
    return "\n".join(lines)


def same(one: str, other: str) -> bool:
    """Whether two cells are the same program: comments and layout aside."""
    return ast.dump(ast.parse(one)) == ast.dump(ast.parse(other))


def same_part(one: str, other: str, name: str) -> bool:
    """Whether two cells define ``name``, and all that it uses, alike."""
    return part(one, name) == part(other, name)


def part(code: str, name: str) -> set[str]:
    """The statements of a cell but for the definitions that ``name`` does not need."""
    body = ast.parse(code).body
    needed, before = {name}, set[str]()
    while needed != before:
        before = needed
        for node in body:
            if not isinstance(node, Definition) or node.name in needed:
                names = (inner.id for inner in ast.walk(node) if isinstance(inner, ast.Name))
                needed = needed.union(names)
    return {
        ast.dump(node) for node in body if not isinstance(node, Definition) or node.name in needed
    }


def unknown_names(code: str, solution: str, around: Sequence[str]) -> set[str]:
    """Names that ``code`` uses, and that nobody defines; none where that can't be known."""
    known = set(dir(builtins)) | MODULE | used(solution)
    for source in (code, *around):
        try:
            tree = ast.parse(source)
        except SyntaxError:
            return set()  # magics, which may define anything
        stars = (node.names[0].name for node in ast.walk(tree) if isinstance(node, ast.ImportFrom))
        if "*" in stars:
            return set()
        known |= {
            symbol.get_name()
            for symbol in symtable.symtable(source, "cell", "exec").get_symbols()
            if symbol.is_assigned() or symbol.is_imported()
        }
    return used(code) - known


def used(code: str) -> set[str]:
    """The global names that ``code`` reads."""
    top = symtable.symtable(code, "cell", "exec")
    return {
        symbol.get_name()
        for table in (top, *below(top))
        for symbol in table.get_symbols()
        if symbol.is_referenced() and (table is top or symbol.is_global())
    }


def below(table: symtable.SymbolTable) -> Iterable[symtable.SymbolTable]:
    """All scopes inside one."""
    for child in table.get_children():
        yield child
        yield from below(child)
