"""Run one student's answers, and the masters' own, and judge what they give."""

import ast
import hashlib
from collections.abc import Callable, Sequence
from pathlib import Path

from grader.answers import Answer
from grader.diagnosis import (
    NOT_ANSWERED,
    Outcome,
    Reference,
    Verdict,
    judge,
    no_cell,
    outcomes,
    report,
    skipped,
)
from grader.formats import Cell
from grader.gradebook import summarize
from grader.reading import read
from grader.sandbox import Run, Sandbox
from grader.submissions import Located, Submission, fingerprint, gather, same_code
from grader.values import compare, one_line


class MastersError(Exception):
    """The masters can't be graded against; the message says which answer and why."""


def probe_seed(secret: str, probe: str) -> int:
    """The seed of a probe: the same for everybody, and unknown without the teacher's secret."""
    return int.from_bytes(hashlib.sha256(f"{secret}\0{probe}".encode()).digest()[:4], "little") >> 1


def modules(answers: Sequence[Answer]) -> list[str]:
    """What the chapters' contexts import, for the sandbox to import beforehand."""
    found = set()
    for source in {cell for answer in answers for cell in answer.context}:
        try:
            nodes = list(ast.walk(ast.parse(source)))
        except SyntaxError:
            continue  # magics among the imports; the sandbox knows what to do with them
        for node in nodes:
            if isinstance(node, ast.Import):
                found |= {name.name for name in node.names}
            elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
                found.add(node.module)
    if any("optim" in text for a in answers for text in (a.solution, *[p.code for p in a.probes])):
        found.add("torch._dynamo")  # what the first optimizer imports, for more than a second
    return sorted(found)


class Grader:
    """Runs answers in ``sandbox`` and judges what comes back; ``reader`` gives a file's cells."""

    def __init__(
        self, sandbox: Sandbox, seed: str, reader: Callable[[Path], list[Cell]] = read
    ):
        self.sandbox, self.seed, self.reader = sandbox, seed, reader

    def run(self, answer: Answer, cell: str, before: Sequence[tuple[str, str]]) -> Run:
        """Run ``cell`` as ``answer``, after the cells ``before`` it."""
        probes = [(probe.code, probe_seed(self.seed, probe.name)) for probe in answer.probes]
        job = {"context": answer.context, "before": before, "cell": cell, "probes": probes}
        return self.sandbox.run(job)

    def outcomes(self, answer: Answer, run: Run) -> tuple[Outcome, ...]:
        """What the probes of ``answer`` got out of ``run``."""
        return outcomes(run, len(answer.probes), self.sandbox.timeout, self.sandbox.memory)

    def reference(self, answer: Answer, answers: Sequence[Answer]) -> Reference:
        """What the solution gives, twice to be sure, and what the mutants give.

        Raises
        ------
        MastersError
            When the solution fails a probe, or gives something else the second time.
        """
        names = [other.name for other in answers]
        before = [
            (other.name, other.solution)
            for other in answers[: names.index(answer.name)]
            if other.chapter == answer.chapter
        ]
        runs = [self.outcomes(answer, self.run(answer, answer.solution, before)) for _ in "12"]
        for probe, first, second in zip(answer.probes, *runs, strict=True):
            where = f"{answer.chapter}, answer {answer.name}, probe {probe.name}"
            if first.values is None or second.values is None:
                bad = first if first.values is None else second
                words = f"{bad.error}: {bad.text}" if bad.error else bad.text
                raise MastersError(f"{where}: the solution itself gives no values ({words}).")
            differs = compare(second.values, first.values, probe.tolerance)
            if differs:
                raise MastersError(
                    f"{where}: {differs} when the solution is run again; seed what is random."
                )
        mutants = [
            (mutant, self.outcomes(answer, self.run(answer, mutant.code, before)))
            for mutant in answer.mutants
        ]
        return Reference(answer, tuple(first.values for first in runs[0]), tuple(mutants))

    def answer(self, reference: Reference, located: Located | None) -> dict:
        """Grade one answer of a student."""
        answer = reference.answer
        if located is None:
            verdicts = [Verdict(False, no_cell(answer.name))] * len(answer.probes)
            return report(answer, verdicts)
        mentions = []
        if located.copies > 1:
            mentions = [
                f"{located.copies} cells start with `# @answer {answer.name}`; the last counts"
            ]
        if same_code(located.cell, answer.starter):
            verdicts = [Verdict(False, NOT_ANSWERED)] * len(answer.probes)
            return report(answer, verdicts, mentions)
        run = self.run(answer, located.cell, located.before)
        verdicts = judge(reference, self.outcomes(answer, run))
        return report(answer, verdicts, mentions + skipped(run), run)

    def student(self, submission: Submission, references: Sequence[Reference]) -> dict:
        """Grade one student: the record without its key."""
        answers = [reference.answer for reference in references]
        remarks: list[str] = []
        located: dict[str, Located] = {}
        if not submission.status:
            submission, located, remarks = gather(submission, answers, self.reader)
        graded = [
            self.answer(reference, located.get(reference.answer.name))
            for reference in references
            if not submission.status
        ]
        return summarize(
            {
                "student": submission.student,
                "status": submission.status or "graded",
                "sentence": one_line(submission.sentence or "; ".join(remarks)),
                "fingerprint": fingerprint(located, answers),
                "written": dict(submission.written),
                "answers": graded,
            },
            sum(answer.points for answer in answers),
        )


def failed(submission: Submission, error: Exception, best: float) -> dict:
    """The record of a submission that the grader itself stumbled over; it has no key."""
    sentence = f"the grader failed on it, please report this ({type(error).__name__}: {error})"
    record = {"student": submission.student, "status": "failed", "sentence": one_line(sentence)}
    return summarize({**record, "fingerprint": None, "written": {}, "answers": []}, best)
