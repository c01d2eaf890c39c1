"""Run one student's answers, and the masters' own, and judge what they give."""

import ast
import hashlib
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from grader.comparison import compare
from grader.decoding import one_line
from grader.diagnosis import (
    ProbeResult,
    Reference,
    Verdict,
    judge,
    probe_results,
    report,
    skipped,
)
from grader.formats import Cell
from grader.gradebook import summarize
from grader.questions import Question
from grader.reading import read
from grader.sandbox import Run, Sandbox
from grader.sentences import NOT_ANSWERED, no_cell
from grader.submissions import StudentAnswer, Submission, fingerprint, gather, same_code


class MastersError(Exception):
    """The masters can't be graded against; the message says which answer and why."""


def probe_seed(secret: str, probe: str) -> int:
    """The seed of a probe: the same for everybody, and unknown without the teacher's secret."""
    return int.from_bytes(hashlib.sha256(f"{secret}\0{probe}".encode()).digest()[:4], "little") >> 1


def modules(questions: Sequence[Question]) -> list[str]:
    """What the chapters' contexts and probes import, for the sandbox to import beforehand."""
    probes = [probe.code for question in questions for probe in question.probes]
    found = set()
    for source in {*probes, *(cell for question in questions for cell in question.context)}:
        try:
            nodes = list(ast.walk(ast.parse(source)))
        except SyntaxError:
            continue  # magics among the imports; the sandbox knows what to do with them
        for node in nodes:
            if isinstance(node, ast.Import):
                found |= {name.name for name in node.names}
            elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
                found.add(node.module)
    if any("optim" in text for text in (*probes, *(question.solution for question in questions))):
        found.add("torch._dynamo")  # what the first optimizer imports, for more than a second
    return sorted(found)


class Grader:
    """Runs answers in ``sandbox`` and judges what comes back; ``reader`` gives a file's cells."""

    def __init__(self, sandbox: Sandbox, seed: str, reader: Callable[[Path], list[Cell]] = read):
        self.sandbox, self.seed, self.reader = sandbox, seed, reader

    def run(self, question: Question, cell: str, before: Sequence[tuple[str, str]]) -> Run:
        """Run ``cell`` as the answer to ``question``, after the cells ``before`` it."""
        probes = [(probe.code, probe_seed(self.seed, probe.name)) for probe in question.probes]
        job = {"context": question.context, "before": before, "cell": cell, "probes": probes}
        return self.sandbox.run(job)

    def probe_results(self, question: Question, run: Run) -> tuple[ProbeResult, ...]:
        """What the probes of ``question`` got out of ``run``."""
        return probe_results(run, len(question.probes), self.sandbox.timeout, self.sandbox.memory)

    def reference(self, question: Question, questions: Sequence[Question]) -> Reference:
        """What the solution gives, twice to be sure, and what the wrong answers give.

        Raises
        ------
        MastersError
            When the solution fails a probe, or gives something else the second time.
        """
        names = [other.name for other in questions]
        before = [
            (other.name, other.solution)
            for other in questions[: names.index(question.name)]
            if other.chapter == question.chapter
        ]
        runs = [
            self.probe_results(question, self.run(question, question.solution, before))
            for _ in "12"
        ]
        expected = []
        for probe, first, second in zip(question.probes, *runs, strict=True):
            where = f"{question.chapter}, answer {question.name}, probe {probe.name}"
            if first.values is None or second.values is None:
                bad = first if first.values is None else second
                words = f"{bad.error}: {bad.text}" if bad.error else bad.text
                raise MastersError(f"{where}: the solution itself gives no values ({words}).")
            differs = compare(second.values, first.values, probe.tolerance)
            if differs:
                raise MastersError(
                    f"{where}: {differs} when the solution is run again; seed what is random."
                )
            expected.append(first.values)
        wrong_answers = [
            (
                wrong_answer,
                self.probe_results(question, self.run(question, wrong_answer.code, before)),
            )
            for wrong_answer in question.wrong_answers
        ]
        return Reference(question, tuple(expected), tuple(wrong_answers))

    def grade_answer(self, reference: Reference, found: StudentAnswer | None) -> dict[str, Any]:
        """Grade one answer of a student."""
        question = reference.question
        if found is None:
            verdicts = [Verdict(False, no_cell(question.name))] * len(question.probes)
            return report(question, verdicts)
        mentions = []
        if found.copies > 1:
            mentions = [
                f"{found.copies} cells start with `# @answer {question.name}`; the last counts"
            ]
        if same_code(found.cell, question.starter):
            verdicts = [Verdict(False, NOT_ANSWERED)] * len(question.probes)
            return report(question, verdicts, mentions)
        run = self.run(question, found.cell, found.before)
        verdicts = judge(reference, self.probe_results(question, run))
        return report(question, verdicts, mentions + skipped(run), run)

    def grade_submission(
        self, submission: Submission, references: Sequence[Reference]
    ) -> dict[str, Any]:
        """Grade one student: the record without its key."""
        questions = [reference.question for reference in references]
        remarks: list[str] = []
        located: dict[str, StudentAnswer] = {}
        if not submission.status:
            submission, located, remarks = gather(submission, questions, self.reader)
        graded = [
            self.grade_answer(reference, located.get(reference.question.name))
            for reference in references
            if not submission.status
        ]
        return summarize(
            {
                "student": submission.student,
                "status": submission.status or "graded",
                "sentence": one_line(submission.sentence or "; ".join(remarks)),
                "fingerprint": fingerprint(located, questions),
                "written": dict(submission.written),
                "answers": graded,
            },
            sum(question.points for question in questions),
        )


def failed(submission: Submission, error: Exception, best: float) -> dict[str, Any]:
    """The record of a submission that the grader itself stumbled over; it has no key."""
    sentence = f"the grader failed on it, please report this ({type(error).__name__}: {error})"
    record = {"student": submission.student, "status": "failed", "sentence": one_line(sentence)}
    return summarize({**record, "fingerprint": None, "written": {}, "answers": []}, best)
