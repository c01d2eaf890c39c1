"""What a student's test is tried on: candidates drawn from the seed, each in a process of its own.

Whether a test passes is said by a process in which the student's code can read everything, and
could say anything. So nothing in that process depends on whether its candidate is right, except
what the candidate computes:

- One name, one list of parameters, one number of lines: a form holds the code of *all* the answer's
  candidates, in an order and under names that are drawn, and calls one of them. Whoever looks for a
  word, a number or a length in it finds the same in every process.
- Which of a test's candidates are right is drawn, with equal chances, from all patterns of right
  and wrong with at least two right ones and every kind of bug. Whoever guesses, however cleverly,
  meets the pattern once in `len(patterns(kinds))` times, which is under one per cent.
- What is drawn depends on the teacher's secret by a hash, as does the seed of the probe: from the
  one the other can't be known.

A test that follows the call and reads the code of what is called *can* know the bug. It has to
recognise it there, in several forms and under changing names, and has then done what a test does.
"""

import ast
import itertools
import random
import string
import textwrap
from collections.abc import Iterator, Sequence
from typing import TypeVar

from grader.exercise_files import Definition, MarkedCandidate
from grader.questions import Candidate, Probe
from grader.wrong_answers import unknown_names

T = TypeVar("T")
NAME = "candidate"  # of every form, whatever is in it
FEWEST = 7  # candidates of one test
RIGHT = 2  # of them at least are right, and as many kinds of bugs there must be
UNLIKELY = 100  # patterns: a guess must be right less often than once in so many times


def patterns(kinds: int) -> list[tuple[bool, ...]]:
    """All ways in which a test's candidates may be right or wrong, given ``kinds`` of bugs.

    Each has at least `RIGHT` right ones and a bug of each kind; they are as long as it takes for
    more than `UNLIKELY` of them.
    """
    for size in itertools.count(FEWEST):
        found = [
            pattern
            for pattern in itertools.product((True, False), repeat=size)
            if sum(pattern) >= RIGHT and size - sum(pattern) >= kinds
        ]
        if len(found) > UNLIKELY:
            break
    return found


def draw(candidates: Sequence[Candidate], secret: str) -> tuple[Candidate, ...]:
    """What a test is tried on, in this order: formed candidates, the same for the same secret."""
    chance = random.Random(secret)
    return tuple(
        Candidate(form(candidates, number, chance), candidates[number].bug)
        for number in arranged([one.bug for one in candidates], chance)
    )


def arranged(bugs: Sequence[str | None], chance: random.Random) -> list[int]:
    """Which candidates a test is tried on, in order, given what is wrong with each of them."""
    kinds: dict[str | None, list[int]] = {}
    for number, bug in enumerate(bugs):
        kinds.setdefault(bug, []).append(number)
    right = kinds.pop(None)
    pattern = chance.choice(patterns(len(kinds)))
    drawn_right = several(right, sum(pattern), chance)
    drawn_kinds = several(list(kinds), len(pattern) - sum(pattern), chance)
    forms = {bug: several(pool, drawn_kinds.count(bug), chance) for bug, pool in kinds.items()}
    return [drawn_right.pop() if yes else forms[drawn_kinds.pop()].pop() for yes in pattern]


def several(pool: Sequence[T], count: int, chance: random.Random) -> list[T]:
    """``count`` of ``pool``: each once before any comes again."""
    found: list[T] = []
    while len(found) < count:
        found += chance.sample(pool, min(len(pool), count - len(found)))
    return found


def form(candidates: Sequence[Candidate], number: int, chance: random.Random) -> str:
    """Source of a function `NAME` that does what one of the candidates does, and holds them all."""
    fresh = new_names(chance)
    called, body = "", []
    for place in chance.sample(range(len(candidates)), len(candidates)):
        definition = the_definition(candidates[place].code)
        own = own_names(definition)
        names = dict(zip(sorted(own), fresh, strict=False))
        if place == number:
            called = names[definition.name]
        body.append(ast.unparse(Plain(names).visit(definition)))
    head = parameters(the_definition(candidates[number].code))
    given = ", ".join(one.arg for one in head.args)
    inside = textwrap.indent("\n".join(body), "    ")
    return f"def {NAME}({ast.unparse(head)}):\n{inside}\n    return {called}({given})\n"


def new_names(chance: random.Random) -> Iterator[str]:
    """Names of one length, no two the same; nothing that Python or torch knows begins so."""
    given = set()
    while True:
        name = "v_" + "".join(chance.choices(string.ascii_lowercase, k=5))
        if name not in given:
            given.add(name)
            yield name


def the_definition(code: str) -> Definition:
    """The function or class that ``code`` is."""
    (definition,) = ast.parse(code).body
    assert isinstance(definition, Definition)
    return definition


def parameters(definition: Definition) -> ast.arguments:
    """What a function, or a class's ``__init__`` beside ``self``, takes; without annotations."""
    made: ast.AST = definition
    if isinstance(definition, ast.ClassDef):
        made = next(
            (node for node in definition.body if getattr(node, "name", "") == "__init__"),
            ast.parse("def __init__(self): pass").body[0],
        )
    assert isinstance(made, ast.FunctionDef | ast.AsyncFunctionDef)
    found: ast.arguments = Plain({}).visit(made.args)
    if isinstance(definition, ast.ClassDef):
        del found.args[0]
    return found


def own_names(definition: Definition) -> set[str]:
    """Names that mean something inside a definition alone, its own included.

    Not those by which something is reached from outside: attributes, methods, and the names of
    arguments where a call gives them.
    """
    own, reached = {definition.name}, set()
    for node in ast.walk(definition):
        match node:
            case ast.Name(id=name, ctx=ast.Store()) | ast.arg(arg=name):
                own.add(name)
            case ast.FunctionDef(name=name):
                own.add(name)
            case ast.ClassDef(name=name, body=body):
                own.add(name)
                reached |= {getattr(one, "name", "") for one in body}
                targets = [t for one in body if isinstance(one, ast.Assign) for t in one.targets]
                reached |= {target.id for target in targets if isinstance(target, ast.Name)}
            case ast.keyword(arg=str(name)):
                reached.add(name)
    return own - reached


class Plain(ast.NodeTransformer):
    """Gives names new ones, and takes out docstrings and annotations."""

    def __init__(self, names: dict[str, str]):
        self.names = names

    def visit_Name(self, node: ast.Name) -> ast.AST:
        node.id = self.names.get(node.id, node.id)
        return node

    def visit_arg(self, node: ast.arg) -> ast.AST:
        node.arg, node.annotation = self.names.get(node.arg, node.arg), None
        return node

    def visit_AnnAssign(self, node: ast.AnnAssign) -> ast.AST:
        self.generic_visit(node)
        if node.value is None:
            return ast.Pass()
        return ast.copy_location(ast.Assign([node.target], node.value), node)

    def visit_FunctionDef(self, node: ast.FunctionDef) -> ast.AST:
        node.returns = None
        return self.visit_ClassDef(node)

    def visit_ClassDef(self, node: ast.FunctionDef | ast.ClassDef) -> ast.AST:
        if ast.get_docstring(node) is not None:
            node.body = node.body[1:] or [ast.Pass()]
        node.name = self.names.get(node.name, node.name)
        return self.generic_visit(node)


def checked(
    answer: str, marked: Sequence[MarkedCandidate], probes: Sequence[Probe], around: Sequence[str]
) -> tuple[Candidate, ...]:
    """The candidates of one answer, if a test can be tried on them.

    Parameters
    ----------
    answer : str
    marked : sequence of MarkedCandidate
        All of this answer's.
    probes : sequence of Probe
        This answer's.
    around : sequence of str
        Sources of the cells whose names a candidate may use.

    Raises
    ------
    ValueError
        When they are too few or don't fit together; the message says where.
    """
    tests = [probe for probe in probes if probe.test]
    if len(tests) > 1:
        raise ValueError(f"{tests[1].name}: {answer} has two probes with candidates; keep one.")
    if marked and not tests:
        raise ValueError(f"{marked[0].place}: no probe of {answer} has a parameter `candidate`.")
    right = sum(one.candidate.bug is None for one in marked)
    kinds = {one.candidate.bug for one in marked} - {None}
    if tests and (right < RIGHT or len(kinds) < RIGHT):
        raise ValueError(
            f"{tests[0].name}: {answer} has {right} right candidates and {len(kinds)} kinds of "
            f"bugs; at least {RIGHT} of each are needed."
        )
    for one in marked:
        mine, first = (signature(c.candidate.code) for c in (one, marked[0]))
        if mine != first:
            raise ValueError(
                f"{one.place}: {one.own_name} takes ({mine}) where {marked[0].own_name} takes "
                f"({first}); candidates of one answer must not differ in that."
            )
        if any(sign in mine for sign in "*/"):
            raise ValueError(
                f"{one.place}: {one.own_name} takes ({mine}); write it without * and /."
            )
        unknown = unknown_names(stripped(one.candidate.code), "", around)
        if unknown:
            raise ValueError(
                f"{one.place}: {one.own_name} uses {', '.join(sorted(unknown))}, which the "
                "chapter's `# @context` does not define; import or define it inside."
            )
    return tuple(one.candidate for one in marked)


def signature(code: str) -> str:
    """What a candidate takes, as text."""
    return ast.unparse(parameters(the_definition(code)))


def stripped(code: str) -> str:
    """A candidate without annotations, whose names are its file's and no matter."""
    return ast.unparse(Plain({}).visit(the_definition(code)))
