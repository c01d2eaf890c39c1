"""Run one student's answers, and the masters' own, and judge what they give."""

import ast
import hashlib
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from grader.candidates import draw
from grader.decoding import Value, one_line
from grader.diagnosis import (
    ProbeResult,
    Reference,
    Verdict,
    difference,
    ended,
    judge,
    probe_results,
    report,
    skipped,
    together,
    verdicts_on,
)
from grader.formats import Cell
from grader.gradebook import summarize
from grader.questions import Candidate, Probe, Question
from grader.reading import read
from grader.sandbox import Run, Sandbox
from grader.sentences import NOT_ANSWERED, no_cell
from grader.submissions import StudentAnswer, Submission, fingerprint, gather, same_code
from grader.wrong_answers import same_part


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
        self.drawn: dict[str, tuple[Candidate, ...]] = {}

    def candidates(self, question: Question) -> tuple[Candidate, ...]:
        """What a student's test is tried on; the same for everybody, drawn once."""
        if question.name not in self.drawn:
            secret = f"{self.seed}\0{question.name}\0candidates"
            found = draw(question.candidates, secret) if question.candidates else ()
            self.drawn[question.name] = found
        return self.drawn[question.name]

    def run(
        self,
        question: Question,
        cell: str,
        before: Sequence[tuple[str, str]],
        *,
        tests: bool = True,
    ) -> Run:
        """Run ``cell`` as the answer to ``question``, after the cells ``before`` it.

        Its test, unless ``tests`` is false, is run once for each candidate, always in a new
        process, until one brings no verdict.
        """
        job = {"context": question.context, "before": before, "cell": cell}
        asked = [self.asked(probe) for probe in question.probes if not probe.test]
        run = self.sandbox.run({**job, "probes": asked})
        fell = any(record["kind"] in ("cell", "context") for record in run.records)
        tried: list[Run] = []
        for candidate in self.candidates(question) if tests and not fell else ():
            asked = [self.asked(probe) for probe in question.probes if probe.test]
            more = {"probes": asked, "candidate": candidate.code}
            tried.append(self.sandbox.run({**job, **more}))
            if self.results(tried[-1], 1)[0].values is None:
                break
        seconds = run.seconds + sum(one.seconds for one in tried)
        return replace(run, seconds=seconds, tried=tuple(tried))

    def asked(self, probe: Probe) -> tuple[str, int]:
        """A probe as the sandbox takes it."""
        return probe.code, probe_seed(self.seed, probe.name)

    def results(self, run: Run, count: int) -> tuple[ProbeResult, ...]:
        """What ``count`` probes got out of one run in the sandbox."""
        return probe_results(run, count, self.sandbox.timeout, self.sandbox.memory)

    def probe_results(self, question: Question, run: Run) -> tuple[ProbeResult, ...]:
        """What the probes of ``question`` got out of ``run``."""
        first = iter(self.results(run, sum(not probe.test for probe in question.probes)))
        nothing = ended(run, self.sandbox.timeout, self.sandbox.memory)
        verdicts = [self.results(one, 1)[0] for one in run.tried]
        return tuple(
            (together(verdicts) if verdicts else nothing) if probe.test else next(first)
            for probe in question.probes
        )

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
        solved, again = (
            self.probe_results(question, self.run(question, question.solution, before, tests=tests))
            for tests in (True, False)  # a test is tried several times anyway
        )
        tried = self.candidates(question)
        expected: list[dict[str, Value]] = []
        for probe, first, second in zip(question.probes, solved, again, strict=True):
            where = f"{question.chapter}, answer {question.name}, probe {probe.name}"
            second = first if probe.test else second
            if first.values is None or second.values is None:
                bad = first if first.values is None else second
                words = f"{bad.error}: {bad.text}" if bad.error else bad.text
                raise MastersError(f"{where}: the solution itself gives no values ({words}).")
            known = verdicts_on(tried) if probe.test else first.values
            differs = difference(probe, second.values, known, tried)
            if differs and probe.test:
                raise MastersError(f"{where}: the solution's own test is wrong: {differs}.")
            if differs:
                raise MastersError(
                    f"{where}: {differs} when the solution is run again; seed what is random."
                )
            expected.append(known)
        wrong_answers = [
            (wrong_answer, self.tried_wrong(question, wrong_answer.code, before, solved))
            for wrong_answer in question.wrong_answers
        ]
        return Reference(question, tuple(expected), tuple(wrong_answers), tried)

    def tried_wrong(
        self,
        question: Question,
        cell: str,
        before: Sequence[tuple[str, str]],
        solved: Sequence[ProbeResult],
    ) -> tuple[ProbeResult, ...]:
        """What a known wrong answer gives; of its test, what the solution's gives if it is that."""
        tests = [probe.test for probe in question.probes if probe.test]
        mine = not all(same_part(cell, question.solution, test) for test in tests)
        run = self.run(question, cell, before, tests=mine)
        found = self.probe_results(question, run)
        if mine or any(result.whole for result in found):
            return found
        return tuple(
            theirs if probe.test else result
            for probe, result, theirs in zip(question.probes, found, solved, strict=True)
        )

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
