"""Every wrong answer the course knows is caught by the grader, in the sandbox, and by its name."""

from pathlib import Path

import pytest

from utils.homework.bubblewrap import bwrap_complaint
from utils.homework.diagnosis import judge
from utils.homework.grader import Grader, modules
from utils.homework.masters import read_all
from utils.homework.sandbox import Sandbox

ANSWERS = [a for e in read_all(Path(__file__).parent.parent / "chapters") for a in e.answers]
KIND = "none" if bwrap_complaint() else "bwrap"  # what is compared is the same in both


@pytest.fixture(scope="module")
def grader():
    with Sandbox(KIND, timeout=20, memory=2000, warm=modules(ANSWERS)) as sandbox:
        yield Grader(sandbox, "the tests' secret")


@pytest.fixture(scope="module")
def references(grader):
    return {answer.name: grader.reference(answer, ANSWERS) for answer in ANSWERS}


@pytest.mark.parametrize("answer", ANSWERS, ids=lambda answer: answer.name)
def test_every_wrong_answer_fails_a_probe_and_is_told_by_its_name(references, answer):
    reference, misnamed = references[answer.name], []
    for mutant, outcomes in reference.mutants:
        verdicts = judge(reference, outcomes)
        named = {verdict.mutant for verdict in verdicts if not verdict.passed}
        if named != {mutant.name}:
            misnamed.append((mutant.name, named))
    assert misnamed == []


@pytest.mark.parametrize("answer", ANSWERS, ids=lambda answer: answer.name)
def test_the_starter_passes_no_probe(grader, references, answer):
    run = grader.run(answer, answer.starter, [])
    verdicts = judge(references[answer.name], grader.outcomes(answer, run))
    assert {(v.passed, v.reason) for v in verdicts} == {(False, "not answered")}


@pytest.mark.parametrize("answer", ANSWERS, ids=lambda answer: answer.name)
def test_no_probe_is_decoration(references, answer):
    """Without any one probe, some wrong answer would pass or would not be told from another."""
    reference = references[answer.name]

    def kinds(left_out: int | None) -> int:
        kept = [i for i in range(len(answer.probes)) if i != left_out]
        found = [
            tuple(str(o.values or (o.error, o.text)) for i, o in enumerate(outcomes) if i in kept)
            for _, outcomes in reference.mutants
        ]
        right = tuple(str(reference.expected[i]) for i in kept)
        return len(set(found) | {right})

    everything = kinds(None)
    assert everything == 1 + len(answer.mutants)
    assert [i for i in range(len(answer.probes)) if kinds(i) == everything] == []
