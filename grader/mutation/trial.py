"""Try a mutant as the grader tries a student's cell: the visible checks, then the probes."""

import ast
import json
import symtable
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

from grader.comparison import compare
from grader.decoding import Value, decode
from grader.diagnosis import ProbeResult, Reference, judge, probe_results
from grader.masters import Check, Exercise, cell_kind
from grader.mutation.forked import in_child, run, run_into
from grader.mutation.mutants import Mutant
from grader.mutation.observed import PROBE, Seen, instrumented, observed
from grader.questions import Probe, Question
from grader.runner import probe_seed
from grader.sandbox import Run
from grader.wrong_answers import used

SECONDS = 10  # of computing: a mutant may go on for ever
PARTS = (0, 10, 100, 1000)  # of the inputs; most differences show in the first ones
PATIENCE = 4  # times as long for the inputs, which are many: one that ends too early would differ
AT_ONCE = 50  # of the inputs, by one probe
TOLERANCE = 1e-4  # as probes have by default
Cells = Sequence[tuple[str, str]]
Probes = Sequence[tuple[str, int]]


def as_probe(check: Check, names: Sequence[str]) -> str:
    """A visible check as a probe: it gives a value where the check's cell raises nothing."""
    given = ", ".join(f"{name!r}: {name}" for name in names)
    return (
        f"def probe({', '.join([*names, 'seed'])}):\n"
        f"    exec(compile({check.code!r}, 'check', 'exec'), {{**globals(), {given}}})\n"
        f"    return {{'passed': True}}\n"
    )


def as_one_probe(behaviour: Probe, count: int) -> str:
    """A behaviour as a probe that asks it ``count`` times: to compile it takes most of the time."""
    defined = {n.name: n for n in ast.parse(behaviour.code).body if isinstance(n, ast.FunctionDef)}
    names = [argument.arg for argument in defined[behaviour.name].args.args]
    given = ", ".join("seed + n" if name == "seed" else name for name in names)
    return (
        f"{behaviour.code}\nasked_once = probe\n\n"
        f"def probe({', '.join(names)}):\n"
        f"    found = {{}}\n"
        f"    for n in range({count}):\n"
        f"        torch.manual_seed(seed + n)\n"
        f"        values = asked_once({given})\n"
        f"        found |= {{f'{{n}} {{name}}': value for name, value in values.items()}}\n"
        f"    return found\n"
    )


@dataclass(frozen=True)
class Outcome:
    """What became of a mutant.

    Attributes
    ----------
    checked : bool
        Its cell ran, and every visible check passed.
    whole : bool
        It gave values to all probes, with one seed at least.
    passed : tuple of bool
        Whether it passed all probes, seed by seed.
    """

    checked: bool
    whole: bool
    passed: tuple[bool, ...]

    @property
    def counts(self) -> bool:
        """Whether to reject it proves anything."""
        return self.checked and self.whole

    @property
    def survives(self) -> bool:
        """Whether it counts and gets full marks with some seed."""
        return self.counts and any(self.passed)


class Trials:
    """Tries mutants of one answer, each in a child of its own (`forked`).

    Parameters
    ----------
    exercise : Exercise
        The chapter's.
    question : Question
        The answer's.
    secrets : sequence of str
        The teachers' seeds to grade with.

    Raises
    ------
    ValueError
        When the solution itself gives no values.
    """

    def __init__(self, exercise: Exercise, question: Question, secrets: Sequence[str]):
        plain = tuple(probe for probe in question.probes if not probe.test)
        self.question = question = replace(question, probes=plain)  # tests are no mutant's matter
        names = [other.name for other in exercise.questions]
        earlier = exercise.questions[: names.index(question.name)]
        self.before = [(other.name, other.solution) for other in earlier]
        others = [(q.name, q.solution) for q in exercise.questions if q.name != question.name]
        helpers = [("helper", source) for kind, source in exercise.handed_out
                   if kind == "code" and not cell_kind(source)[0]]  # fmt: skip
        self.around = helpers + others
        checks = [check for check in exercise.checks if check.answer == question.name]
        defined = assigned(*(source for _, source in self.around), question.solution)
        self.checks = [(as_probe(check, sorted(used(check.code) & defined)), 0) for check in checks]
        self.asked = [
            [(probe.code, probe_seed(secret, probe.name)) for probe in question.probes]
            for secret in secrets
        ]
        self.references = [
            Reference(question, tuple(self.solved(asked, "probes")), ()) for asked in self.asked
        ]
        self.inputs: dict[int, list[dict[str, Value]]] = {}

    def run(self, cell: str, before: Cells, probes: Probes) -> Run:
        """Run a cell and probes on it; only in a child."""
        context = self.question.context
        return run({"context": context, "before": before, "cell": cell, "probes": probes})

    def results(self, cell: str, before: Cells, probes: Probes) -> tuple[ProbeResult, ...]:
        """What probes get out of a cell; only in a child."""
        return probe_results(self.run(cell, before, probes), len(probes), SECONDS, 0)

    def solved(self, probes: Probes, what: str) -> list[dict[str, Value]]:
        """What the solution gives to probes."""

        def work() -> bytes:
            with tempfile.TemporaryFile() as file:
                context = self.question.context
                job = {"context": context, "before": self.before, "probes": probes}
                run_into({**job, "cell": self.question.solution}, file.fileno())
                file.seek(0)
                return file.read()

        records, spoilt = decode(in_child(work, PATIENCE * SECONDS))
        values = [record["values"] for record in records if record["kind"] == "values"]
        if len(values) != len(probes):
            words = [f"{r['type']}: {r['text']}" for r in records if "text" in r] or [spoilt]
            raise ValueError(
                f"{self.question.name}: the solution gives no values to its {what} ({words[0]})."
            )
        return values

    def observe(self, tree: ast.Module) -> Seen:
        """The values that the solution's expressions have in the visible checks."""
        cell, paths = instrumented(tree)

        def work() -> bytes:
            *checked, noted = self.results(cell, self.around, [*self.checks, (PROBE, 0)])
            right = all(result.values is not None for result in checked)
            return json.dumps(noted.values if right else None).encode()

        noted = json.loads(in_child(work, SECONDS) or "null")
        if noted is None:
            raise ValueError(f"{self.question.name}: the solution fails its own visible checks.")
        return observed(noted, paths)

    def tried(self, mutant: Mutant) -> Outcome:
        """What becomes of a mutant: the visible checks, then all probes with every seed."""

        def work() -> bytes:
            checked = self.results(mutant.runnable, self.around, self.checks)
            if any(result.values is None for result in checked):
                return json.dumps([False, False, []]).encode()
            passed, whole = [], False
            for asked, reference in zip(self.asked, self.references, strict=True):
                mine = self.results(mutant.runnable, self.before, asked)
                whole = whole or all(result.values is not None for result in mine)
                passed.append(all(verdict.passed for verdict in judge(reference, mine)))
            return json.dumps([True, whole, passed]).encode()

        checked, whole, passed = json.loads(in_child(work, SECONDS) or "[false, false, []]")
        return Outcome(checked, whole, tuple(passed))

    def equal(self, mutant: Mutant) -> bool:
        """Whether it behaves as the solution on all inputs that `@behaviour` draws."""
        return bool(self.question.behaviours) and all(
            self.behaves(mutant.runnable, *part) for part in pairwise(PARTS)
        )

    def behaves(self, cell: str, start: int, end: int) -> bool:
        """As `equal`, on some of the inputs."""
        asked = [
            (as_one_probe(one, min(AT_ONCE, end - seed)), seed)
            for seed in range(start, end, AT_ONCE)
            for one in self.question.behaviours
        ]
        if start not in self.inputs:
            self.inputs[start] = self.solved(asked, "behaviours")

        def work() -> bytes:
            pairs = zip(self.results(cell, self.before, asked), self.inputs[start], strict=True)
            same = all(
                got.values is not None and compare(got.values, expected, TOLERANCE) is None
                for got, expected in pairs
            )
            return b"same" if same else b""

        return in_child(work, PATIENCE * SECONDS) == b"same"


def assigned(*sources: str) -> set[str]:
    """The names that cells define at their top level."""
    return {
        symbol.get_name()
        for source in sources
        for symbol in symtable.symtable(source, "cell", "exec").get_symbols()
        if symbol.is_assigned() or symbol.is_imported()
    }
