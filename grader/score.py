"""The mutation score: how many of the wrong answers the course knows its grader catches by name."""

import re
from collections.abc import Sequence
from pathlib import Path

from grader.diagnosis import Reference, judge
from utils.files import write

SCORE = re.compile(r"(<!-- score -->\n).*?(\n<!-- /score -->)", re.DOTALL)


def misnamed(reference: Reference) -> dict[str, set[str | None]]:
    """Wrong answers that pass, or are taken for another: name to the names they are told by.

    Parameters
    ----------
    reference : Reference
        From `grader.runner.Grader.reference`, which ran the solution and every mutant.

    Returns
    -------
    dict
        Empty when each is told by its own name. An empty set means that no probe rejects it,
        ``None`` in a set that a probe does and can't say why.
    """
    found = {}
    for mutant, outcomes in reference.mutants:
        told = {verdict.mutant for verdict in judge(reference, outcomes) if not verdict.passed}
        if told != {mutant.name}:
            found[mutant.name] = told
    return found


def sentence(references: Sequence[Reference]) -> str:
    """The score of all references together, in words."""
    total = sum(len(reference.mutants) for reference in references)
    caught = total - sum(len(misnamed(reference)) for reference in references)
    return (
        f"{caught} of {total} wrong answers caught, each by name "
        f"({len(references)} answers, {sum(len(r.answer.probes) for r in references)} probes)."
    )


def shown(page: Path) -> str:
    """The score that ``page`` shows.

    Raises
    ------
    ValueError
        When it has no place for one.
    """
    place = SCORE.search(page.read_text("utf-8"))
    if not place:
        raise ValueError(f"{page} has no `<!-- score -->` … `<!-- /score -->` to write into.")
    return place[0].split("\n", 1)[1].rsplit("\n", 1)[0].strip()


def show(page: Path, words: str) -> None:
    """Write the score into ``page``, between its marks."""
    shown(page)
    text = page.read_text("utf-8")
    write(page, SCORE.sub(lambda place: f"{place[1]}{words}{place[2]}", text))
