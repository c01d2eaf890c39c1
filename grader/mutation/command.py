"""``python -m grader mutate``: measure what is not measured yet, and print the figures."""

import argparse
from typing import Any

from grader.masters import Exercise
from grader.mutation import engine, records
from grader.mutation.forked import prepare
from grader.questions import Question
from grader.runner import modules


def chosen(exercises: list[Exercise], names: list[str]) -> list[tuple[Exercise, Question]]:
    """The answers that ``names`` say: of answers, of chapters (``08``), or none for all.

    Raises
    ------
    ValueError
        When a name is neither an answer's nor a chapter's.
    """
    pairs = [(exercise, question) for exercise in exercises for question in exercise.questions]
    if not names:
        return pairs
    found = []
    for name in names:
        mine = [(e, q) for e, q in pairs if name in (q.name, e.chapter, e.chapter.split("-")[0])]
        if not mine:
            answers = ", ".join(question.name for _, question in pairs)
            raise ValueError(
                f"There is no answer and no chapter {name!r}; give the number of a chapter, such "
                f"as 08, or one of: {answers}."
            )
        found += mine
    return found


def mutate(exercises: list[Exercise], given: argparse.Namespace) -> int:
    """Measure the answers that the command line names; 1 when a wrong mutant of the first set is
    left. One that is equal on all inputs waits for somebody to list it with the reason.

    What is current in the records is not measured again. With other seeds than ten, or one set
    alone, nothing is recorded.
    """
    answers = chosen(exercises, given.answers)
    sets = [given.set] if given.set else list(records.SETS)
    whole = not given.set and given.seeds == engine.SEEDS
    found: dict[str, dict[str, Any]] = {}
    prepare(modules([question for _, question in answers]))
    for exercise, question in answers:
        key = records.key(exercise, question)
        record = records.read(given.results, exercise).get(question.name, {})
        if not whole or given.fresh or record.get("key") != key:
            record = {"key": key, **engine.measure(exercise, question, given.seeds, sets)}
            if whole:
                records.store(given.results, exercise, question, record)
        else:
            for kept in (kept for name in sets for kept in record[name]["survivors"]):
                print(engine.in_words(question.name, kept))
        found[question.name] = record
    print(records.table(found.items()))
    stored = records.everything(given.results, exercises)
    if whole and stored is not None:
        print(records.sentence(stored))
        records.write_page(given.page, records.sentence(stored))
    left = [one for record in found.values() for one in record.get("first", {})["survivors"]
            if not one["equal"]] if "first" in sets else []  # fmt: skip
    return 1 if left else 0
