"""From what a run brought back to points and reasons in words.

Values are compared here, in the grader, with those of the solution; when they differ, with those
of every wrong answer we know, so that the reason can name the misconception.
"""

import re
import signal
from collections.abc import Sequence
from dataclasses import dataclass

from grader.answers import Answer, Mutant
from grader.sandbox import Run
from grader.values import Value, compare

NOT_ANSWERED = "not answered"
MENTIONED = 5  # failed cells named in a record, lest someone fill it with them
LINE = re.compile(r" \(line \d+ of the cell\)\Z")


def no_cell(answer: str) -> str:
    """Why an answer that is nowhere in a submission gets no points."""
    return f"no cell starts with `# @answer {answer}`"


@dataclass(frozen=True)
class Outcome:
    """What one probe got out of an answer.

    Attributes
    ----------
    values : dict or None
        The plain values, when there are any.
    error : str
        Otherwise the error's type, or ``""`` when there was no error but an end.
    text : str
        The error's message, or how the process ended.
    whole : bool
        Whether it is the cell that failed, and not this probe.
    """

    values: dict[str, Value] | None = None
    error: str = ""
    text: str = ""
    whole: bool = False


@dataclass(frozen=True)
class Reference:
    """What the solution and the known wrong answers give, probe by probe."""

    answer: Answer
    expected: tuple[dict[str, Value], ...]
    mutants: tuple[tuple[Mutant, tuple[Outcome, ...]], ...]


@dataclass(frozen=True)
class Verdict:
    """Whether a probe is passed; if not, why, and which mutant explains it."""

    passed: bool
    reason: str = ""
    mutant: str | None = None


def end_in_words(run: Run, timeout: float, memory: int) -> str:
    """How the student's process ended, as a sentence's end."""
    kind, _, number = run.ended.partition(" ")
    if kind == "signal":
        try:
            name = signal.Signals(int(number)).name
        except ValueError:
            name = f"signal {number}"
        if name in ("SIGKILL", "SIGXCPU"):
            return "the system ended it for the time or the memory it took"
        return f"the process crashed ({name})"
    if kind == "exit" and run.spoilt:
        return f"what it wrote to the result pipe can't be read: {run.spoilt}"
    return {
        "timeout": f"it takes longer than {timeout:g} s",
        "memory": f"it takes more than {memory} MB of memory",
        "processes": "it starts too many processes",
        "exit": "the process ended before it answered",
    }.get(kind, "it took the sandbox down with it")


def outcomes(run: Run, count: int, timeout: float, memory: int) -> tuple[Outcome, ...]:
    """What each of ``count`` probes got out of ``run``; the first record of a probe counts."""
    ended = Outcome(text=end_in_words(run, timeout, memory))
    found: dict[int, Outcome] = {}
    for record in run.records:
        if record["kind"] in ("cell", "context"):
            ended = Outcome(error=record["type"], text=record["text"], whole=True)
        elif record["kind"] == "values":
            found.setdefault(record["probe"], Outcome(values=record["values"]))
        elif record["kind"] == "error":
            error = Outcome(error=record["type"], text=record["text"])
            found.setdefault(record["probe"], error)
    return tuple(found.get(number, ended) for number in range(count))


def skipped(run: Run) -> list[str]:
    """Sentences about the student's own cells that failed."""
    return [
        f"{record['label']} failed and was skipped ({record['type']}: {record['text']})"
        for record in run.records
        if record["kind"] == "skipped"
    ][:MENTIONED]


def alike(one: Outcome, other: Outcome, tolerance: float) -> bool:
    """Whether two wrong answers are wrong in the same way."""
    if one.values is not None and other.values is not None:
        return compare(one.values, other.values, tolerance) is None
    if not one.error or one.error == "NotImplementedError":
        return False
    texts = [LINE.sub("", outcome.text) for outcome in (one, other)]
    return one.error == other.error and texts[0] == texts[1]


def failed_in_words(outcome: Outcome, message: str, differs: str | None) -> str:
    """Why a probe failed that no mutant explains."""
    if outcome.values is not None:
        return f"{message} ({differs})"
    if outcome.error == "NotImplementedError":
        return NOT_ANSWERED
    if outcome.whole:
        return f"the cell raises {outcome.error}: {outcome.text}".removesuffix(": ")
    if outcome.error == "NotPlain":
        return f"{message} (it gives {outcome.text})"
    if outcome.error:
        return f"{message} (it raises {outcome.error}: {outcome.text})".replace(": )", ")")
    return outcome.text


def judge(reference: Reference, mine: Sequence[Outcome]) -> list[Verdict]:
    """A verdict for each probe of an answer.

    A mutant that agrees with the student on every probe comes before one that agrees on some,
    and of those the one that explains the most failed probes.
    """
    probes = reference.answer.probes
    differs = [
        "no values"
        if outcome.values is None
        else compare(outcome.values, expected, probe.tolerance)
        for probe, outcome, expected in zip(probes, mine, reference.expected, strict=True)
    ]
    candidates = []
    for mutant, theirs in reference.mutants:
        triples = zip(probes, mine, theirs, strict=True)
        same = [alike(one, other, probe.tolerance) for probe, one, other in triples]
        explained = sum(s for s, d in zip(same, differs, strict=True) if d)
        candidates.append((all(same), explained, mutant, same))
    candidates.sort(key=lambda c: (not c[0], -c[1]))  # stable: the master's order decides ties
    verdicts = []
    for number, (probe, outcome) in enumerate(zip(probes, mine, strict=True)):
        if differs[number] is None:
            verdicts.append(Verdict(True))
            continue
        mutant = next((m for _, _, m, same in candidates if same[number]), None)
        if mutant is not None:
            verdicts.append(Verdict(False, mutant.message, mutant.name))
        else:
            reason = failed_in_words(outcome, probe.message, differs[number])
            verdicts.append(Verdict(False, reason))
    return verdicts


def report(
    answer: Answer,
    verdicts: Sequence[Verdict],
    mentions: Sequence[str] = (),
    run: Run | None = None,
) -> dict:
    """An answer's part of the student's record."""
    reasons = dict.fromkeys(v.reason for v in verdicts if not v.passed)  # each once, in order
    mutants = [v.mutant for v in verdicts if v.mutant]
    pairs = list(zip(answer.probes, verdicts, strict=True))
    return {
        "name": answer.name,
        "chapter": answer.chapter,
        "score": sum(probe.points for probe, verdict in pairs if verdict.passed),
        "max": answer.points,
        "reason": "; ".join(reasons),
        "mutant": mutants[0] if mutants else None,
        "mentions": list(mentions),
        "seconds": round(run.seconds, 3) if run else 0.0,
        "printed": run.printed if run else "",
        "probes": [
            {
                "name": probe.name,
                "score": probe.points if verdict.passed else 0.0,
                "max": probe.points,
                "reason": verdict.reason,
                "mutant": verdict.mutant,
            }
            for probe, verdict in pairs
        ],
    }
