"""From what a run brought back to points and reasons in words.

Values are compared here, in the grader, with those of the solution; when they differ, with those
of every wrong answer we know, so that the reason can name the misconception.
"""

import signal
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from grader.comparison import compare
from grader.decoding import Value
from grader.questions import Candidate, Probe, Question, WrongAnswer
from grader.sandbox import Run
from grader.sentences import LINE, error_in_words, named_cause, skipped_in_words

INTRUDER = "something in the cell sends the grader results of its own"
MENTIONED = 5  # failed cells named in a record, lest someone fill it with them


@dataclass(frozen=True)
class ProbeResult:
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
    """What the solution and the known wrong answers give, probe by probe.

    ``candidates`` are those on which tests were tried, in this order.
    """

    question: Question
    expected: tuple[dict[str, Value], ...]
    wrong_answers: tuple[tuple[WrongAnswer, tuple[ProbeResult, ...]], ...]
    candidates: tuple[Candidate, ...] = ()


@dataclass(frozen=True)
class Verdict:
    """Whether a probe is passed; if not, why, and which known wrong answer explains it."""

    passed: bool
    reason: str = ""
    wrong_answer: str | None = None


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


def ended(run: Run, timeout: float, memory: int) -> ProbeResult:
    """What a probe gets that got no record out of ``run``."""
    found = ProbeResult(text=end_in_words(run, timeout, memory))
    for record in run.records:
        if record["kind"] in ("cell", "context"):
            found = ProbeResult(error=record["type"], text=record["text"], whole=True)
    return found


def probe_results(run: Run, count: int, timeout: float, memory: int) -> tuple[ProbeResult, ...]:
    """What each of ``count`` probes got out of ``run``.

    Each sends one record. Where one has two, or there is one that nobody asked for, the student's
    code has written to the pipe as well, and nothing that came through it counts.
    """
    found: dict[int, ProbeResult] = {}
    for record in run.records:
        if record["kind"] not in ("values", "error"):
            continue
        if record["probe"] in found or record["probe"] not in range(count):
            return (ProbeResult(text=INTRUDER),) * count
        found[record["probe"]] = (
            ProbeResult(values=record["values"])
            if record["kind"] == "values"
            else ProbeResult(error=record["type"], text=record["text"])
        )
    nothing = ended(run, timeout, memory)
    return tuple(found.get(number, nothing) for number in range(count))


def together(results: Sequence[ProbeResult]) -> ProbeResult:
    """What a test says about its candidates, in order; or the first result that is no verdict."""
    for result in results:
        if result.values is None:
            return result
    said = [(result.values or {}).get("passes") for result in results]
    return ProbeResult(values={"verdicts": said})


def verdicts_on(candidates: Sequence[Candidate]) -> dict[str, Value]:
    """What a right test says, in the form of `together`."""
    return {"verdicts": [candidate.bug is None for candidate in candidates]}


def difference(
    probe: Probe,
    values: dict[str, Value],
    expected: dict[str, Value],
    candidates: Sequence[Candidate],
) -> str | None:
    """How the values of a probe differ from the right ones, in words; None when they don't."""
    differs = compare(values, expected, probe.tolerance)
    if differs is None or not probe.test:
        return differs
    said = values["verdicts"]
    pairs = list(zip(candidates, said if isinstance(said, list) else [], strict=True))
    missed = [candidate.bug for candidate, passed in pairs if candidate.bug and passed is not False]
    words = [f"it passes although {missed[0]}"] if missed else []
    if any(not candidate.bug and passed is not True for candidate, passed in pairs):
        words.append("it fails on a right one, written in another way")
    return " and ".join(words)


def skipped(run: Run) -> list[str]:
    """Sentences about the student's own cells that failed."""
    return [
        skipped_in_words(record["label"], record["type"], record["text"])
        for record in run.records
        if record["kind"] == "skipped"
    ][:MENTIONED]


def alike(one: ProbeResult, other: ProbeResult, tolerance: float) -> bool:
    """Whether two wrong answers are wrong in the same way: the same values, or the same error."""
    if one.values is not None and other.values is not None:
        return compare(one.values, other.values, tolerance) is None
    texts = [LINE.sub("", result.text) for result in (one, other)]
    return bool(one.error) and one.error == other.error and texts[0] == texts[1]


def failed_in_words(result: ProbeResult, message: str, differs: str | None) -> str:
    """Why a probe failed that no known wrong answer explains."""
    if result.values is not None:
        return f"{message} ({differs})"
    cause = named_cause(result.error, result.text)
    if cause:
        return cause
    if result.whole:
        return f"the cell raises {error_in_words(result.error, result.text)}"
    if result.error == "NotPlain":
        return f"{message} (it gives {result.text})"
    if result.error:
        return f"{message} (it raises {error_in_words(result.error, result.text)})"
    return result.text


def known_causes(
    reference: Reference, mine: Sequence[ProbeResult], failed: Sequence[bool]
) -> list[WrongAnswer | None]:
    """For each failed probe the wrong answer that explains it, where numbers single one out.

    An error says little: many mistakes raise the same one. So a wrong answer counts only if its
    values are the student's in a probe that the student failed; an error, and a probe that another
    wrong answer fails with the same values, is then explained by what agrees everywhere.
    """
    probes = reference.question.probes
    found: dict[str, tuple[WrongAnswer, list[bool]]] = {}
    for wrong_answer, theirs in reference.wrong_answers:
        triples = zip(probes, mine, theirs, strict=True)
        same = [alike(one, other, probe.tolerance) for probe, one, other in triples]
        if any(s and f and m.values is not None
               for s, f, m in zip(same, failed, mine, strict=True)):  # fmt: skip
            found[wrong_answer.name] = wrong_answer, same
    whole = [wrong_answer for wrong_answer, same in found.values() if all(same)]
    if len(whole) == 1:
        return [whole[0] if f else None for f in failed]
    causes: list[WrongAnswer | None] = []
    for number, result in enumerate(mine):
        fits = [wrong_answer for wrong_answer, same in found.values() if same[number]]
        told = failed[number] and result.values is not None and len(fits) == 1
        causes.append(fits[0] if told else None)
    return causes


def judge(reference: Reference, mine: Sequence[ProbeResult]) -> list[Verdict]:
    """A verdict for each probe of an answer."""
    probes = reference.question.probes
    differs = [
        "no values"
        if result.values is None
        else difference(probe, result.values, expected, reference.candidates)
        for probe, result, expected in zip(probes, mine, reference.expected, strict=True)
    ]
    causes = known_causes(reference, mine, [words is not None for words in differs])
    verdicts = []
    for probe, result, words, known in zip(probes, mine, differs, causes, strict=True):
        if words is None:
            verdicts.append(Verdict(True))
        elif known is not None:
            verdicts.append(Verdict(False, known.message, known.name))
        else:
            verdicts.append(Verdict(False, failed_in_words(result, probe.message, words)))
    return verdicts


def report(
    question: Question,
    verdicts: Sequence[Verdict],
    mentions: Sequence[str] = (),
    run: Run | None = None,
) -> dict[str, Any]:
    """An answer's part of the student's record."""
    reasons = dict.fromkeys(v.reason for v in verdicts if not v.passed)  # each once, in order
    wrong_answers = [v.wrong_answer for v in verdicts if v.wrong_answer]
    pairs = list(zip(question.probes, verdicts, strict=True))
    return {
        "name": question.name,
        "chapter": question.chapter,
        "score": sum(probe.points for probe, verdict in pairs if verdict.passed),
        "max": question.points,
        "reason": "; ".join(reasons),
        "mutant": wrong_answers[0] if wrong_answers else None,
        "mentions": list(mentions),
        "seconds": round(run.seconds, 3) if run else 0.0,
        "printed": run.printed if run else "",
        "probes": [
            {
                "name": probe.name,
                "score": probe.points if verdict.passed else 0.0,
                "max": probe.points,
                "reason": verdict.reason,
                "mutant": verdict.wrong_answer,
            }
            for probe, verdict in pairs
        ],
    }
