"""Measure one answer: how many mutants count, and how many of those the grader rejects."""

import ast
import random
from collections.abc import Callable, Sequence
from typing import Any

from grader.masters import Exercise
from grader.mutation.cell import Cell
from grader.mutation.more_operators import MORE
from grader.mutation.mutants import Mutant, first_order, pairs
from grader.mutation.places import diff
from grader.mutation.trial import Outcome, Trials
from grader.questions import Question

SEEDS = 10
WANTED = 100  # mutants of the second set that count, where there are so many
MOST_TRIED = 400  # of one kind, for answers that have fewer
Say = Callable[[str], None]


def seeds(count: int) -> list[str]:
    """The secrets to grade with: the same in every run."""
    return [f"mutation {number}" for number in range(count)]


def survivor(mutant: Mutant, outcome: Outcome, original: str, **more: object) -> dict[str, Any]:
    """What is recorded of a mutant that gets full marks."""
    return {
        "key": mutant.key,
        "operators": mutant.operators,
        "seeds passed": sum(outcome.passed),
        "diff": diff(original, mutant.code),
        **more,
    }


class Tally:
    """Counts of one set."""

    def __init__(self) -> None:
        self.made = self.counted = self.rejected = self.equivalent = 0
        self.judgements = self.wrongly_passed = 0
        self.survivors: list[dict[str, Any]] = []
        self.listed: dict[str, str] = {}

    def add(self, outcome: Outcome, equivalent: bool, kept: dict[str, Any]) -> None:
        """Add a mutant that counts; one that is a right answer is set apart."""
        if equivalent:
            self.equivalent += 1
            return
        self.counted += 1
        self.judgements += len(outcome.passed)
        self.wrongly_passed += sum(outcome.passed)
        if outcome.survives:
            self.survivors.append(kept)
        else:
            self.rejected += 1

    def record(self) -> dict[str, Any]:
        """The counts, as they are stored."""
        return dict(vars(self))


def measure(
    exercise: Exercise,
    question: Question,
    count: int = SEEDS,
    sets: Sequence[str] = ("first", "second"),
    say: Say = print,
) -> dict[str, Any]:
    """The figures of one answer.

    Parameters
    ----------
    exercise : Exercise
        The chapter's.
    question : Question
    count : int
        Teachers' secrets to grade with.
    sets : sequence of str
        ``"first"``, ``"second"`` or both.
    say : callable
        Takes the survivors, as soon as they are found.
    """
    trials = Trials(exercise, question, seeds(count))
    tree = ast.parse(question.solution)
    cell = Cell(tree, trials.observe(tree), question.gradients)
    known = first_order(cell)
    tally, wrong = first(trials, known, say if "first" in sets else lambda words: None)
    record = {"first": tally.record()}
    if "second" in sets:
        record["second"] = second(trials, cell, known, wrong, say).record()
    return {name: record[name] for name in sets}


def first(trials: Trials, known: Sequence[Mutant], say: Say) -> tuple[Tally, list[Mutant]]:
    """The figures of the first set, and those of it that pass the checks and are wrong."""
    question, tally, wrong = trials.question, Tally(), []
    original = ast.unparse(ast.parse(question.solution))
    for mutant in known:
        tally.made += 1
        outcome = trials.tried(mutant)
        right = mutant.key in question.equivalent and outcome.survives
        if right:
            tally.listed[mutant.key] = question.equivalent[mutant.key]
        kept = {}
        if outcome.survives and not right:
            kept = survivor(mutant, outcome, original, equal=trials.equal(mutant))
            say(in_words(question.name, kept))
        if outcome.counts:
            tally.add(outcome, right, kept)
        if outcome.checked and not right and not kept.get("equal"):
            wrong.append(mutant)
    return tally, wrong


def draw(question: Question) -> str:
    """From what the mutants of the second set are drawn: the probes themselves.

    So whoever has looked at the survivors, and then improved a probe, gets others: mutants that a
    probe was written against measure nothing.
    """
    return "\0".join([question.name, *(probe.code for probe in question.probes)])


def second(
    trials: Trials, cell: Cell, known: Sequence[Mutant], wrong: Sequence[Mutant], say: Say
) -> Tally:
    """The figures of the second set: until half of those wanted count, mutants of operators that
    the first set lacks; then such with two changes, of which the first one alone, a mutant of
    ``wrong``, passes the checks.
    """
    tally, chance = Tally(), random.Random(draw(trials.question))
    original = ast.unparse(cell.tree)
    seen = {mutant.code for mutant in known}
    single = [mutant for mutant in first_order(cell, MORE) if mutant.code not in seen]
    chance.shuffle(single)
    both = pairs(cell, wrong, [*wrong, *single], chance)
    for mutants, wanted in ((single, WANTED // 2), (both, WANTED), (single, WANTED)):
        most = tally.made + MOST_TRIED
        for mutant in mutants:
            if tally.counted >= wanted or tally.made >= most:
                break
            if mutant.code in seen:
                continue
            seen.add(mutant.code)
            tally.made += 1
            outcome = trials.tried(mutant)
            if outcome.counts:
                equal = outcome.survives and trials.equal(mutant)
                kept = {}
                if outcome.survives and not equal:
                    kept = survivor(mutant, outcome, original)
                    say(in_words(trials.question.name, kept))
                tally.add(outcome, equal, kept)
    return tally


def in_words(question: str, kept: dict[str, Any]) -> str:
    """A survivor for people: which, by how many seeds, and its diff."""
    equal = {True: "; equal on all inputs", False: "; differs on some input", None: ""}
    return (
        f"{question}: survives {kept['seeds passed']} seeds ({kept['operators']}"
        f"{equal[kept.get('equal')]})\n  {kept['key']}\n{kept['diff']}\n"
    )
