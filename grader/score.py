"""The mutation score: how many of the wrong answers the course knows its grader catches by name."""

import re
from collections.abc import Sequence
from pathlib import Path

from grader.diagnosis import ProbeResult, Reference, judge
from utils.files import write

SCORE = re.compile(r"(<!-- score -->\n).*?(\n<!-- /score -->)", re.DOTALL)


def misdiagnosed(reference: Reference) -> dict[str, set[str | None]]:
    """Wrong answers that pass or are taken for another: name to the names that the grader gives.

    One that shows by errors alone, never by a value, is told by the probe's sentence: that has no
    name, and is right.

    Parameters
    ----------
    reference : Reference
        From `grader.runner.Grader.reference`, which ran the solution and every wrong answer.

    Returns
    -------
    dict
        Empty when each is diagnosed as it should be. An empty set means that no probe rejects
        it, ``None`` in a set that a probe does and can't say why.
    """
    found = {}
    for wrong_answer, results in reference.wrong_answers:
        names = names_given(reference, results)
        if names != {wrong_answer.name} and not by_errors_alone(reference, results):
            found[wrong_answer.name] = names
    return found


def names_given(reference: Reference, results: Sequence[ProbeResult]) -> set[str | None]:
    """The names that the grader gives to what failed; ``None`` where it has none."""
    verdicts = judge(reference, results)
    return {verdict.wrong_answer for verdict in verdicts if not verdict.passed}


def by_errors_alone(reference: Reference, results: Sequence[ProbeResult]) -> bool:
    """Whether some probe failed, and none of those that failed gave values."""
    verdicts = judge(reference, results)
    failed = [r for r, v in zip(results, verdicts, strict=True) if not v.passed]
    return bool(failed) and all(result.values is None for result in failed)


def sentence(references: Sequence[Reference]) -> str:
    """The score of all references together, in words."""
    total = sum(len(reference.wrong_answers) for reference in references)
    caught = total - sum(len(misdiagnosed(reference)) for reference in references)
    raising = sum(
        by_errors_alone(reference, results)
        for reference in references
        for _, results in reference.wrong_answers
    )
    how = f"each by name but {raising} that only raise errors" if raising else "each by name"
    return (
        f"{caught} of {total} wrong answers caught, {how} "
        f"({len(references)} answers, {sum(len(r.question.probes) for r in references)} probes)."
    )


def read_score(page: Path) -> str:
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


def write_score(page: Path, words: str) -> None:
    """Write the score into ``page``, between its marks."""
    read_score(page)
    text = page.read_text("utf-8")
    write(page, SCORE.sub(lambda place: f"{place[1]}{words}{place[2]}", text))
