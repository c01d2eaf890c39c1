"""The toy homework of the other tests: its wrong answers are told apart, its starter fails."""

from functools import cache

import pytest

from benchmarks.toy_homework import (  # noqa: F401  for the other tests, which take them here
    ANSWERS,
    BLOCK,
    BLOCK_MUTANTS,
    BLOCK_STARTER,
    IMPORTS,
    SIZE,
    SIZE_MUTANTS,
    SIZE_STARTER,
    STYLES,
    bare_script,
    cells,
    light_script,
    markdown,
    notebook,
    script,
    stripped,
)
from grader.bubblewrap import bwrap_complaint
from grader.diagnosis import judge
from grader.runner import Grader
from grader.sandbox import Sandbox
from grader.submissions import StudentAnswer

pytestmark = pytest.mark.slow(reason="gives answers to the sandbox")

needs_bwrap = pytest.mark.skipif(bwrap_complaint() is not None, reason=str(bwrap_complaint()))
SETTINGS = {"timeout": 5, "memory": 1000}


@cache
def references():
    """What solutions and wrong answers give; computed once for all tests."""
    with Sandbox("bwrap", **SETTINGS) as sandbox:
        return [Grader(sandbox, "secret").reference(answer, ANSWERS) for answer in ANSWERS]


@needs_bwrap
def test_every_wrong_answer_is_rejected_and_recognised_and_no_two_are_the_same():
    for reference in references():
        for wrong_answer, outcomes in reference.wrong_answers:
            verdicts = judge(reference, outcomes)
            named = {verdict.wrong_answer for verdict in verdicts if not verdict.passed}
            assert named == {wrong_answer.name}
            assert wrong_answer.message in {verdict.reason for verdict in verdicts}


@needs_bwrap
def test_the_starter_fails_every_probe():
    with Sandbox("bwrap", **SETTINGS) as sandbox:
        grader = Grader(sandbox, "secret")
        for reference in references():
            run = grader.run(reference.question, reference.question.starter, [])
            verdicts = judge(reference, grader.probe_results(reference.question, run))
            assert all("NotImplementedError: your turn" in v.reason for v in verdicts)
            starter = StudentAnswer(reference.question.starter, (), 1)
            assert grader.grade_answer(reference, starter)["reason"] == "not answered"
