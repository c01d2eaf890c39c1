"""Every wrong answer the course knows is caught by the grader, in the sandbox, and by its name."""

from dataclasses import replace
from pathlib import Path

import pytest

from grader import score
from grader.diagnosis import ProbeResult, judge
from grader.masters import read_all
from grader.submissions import StudentAnswer

ROOT = Path(__file__).parents[2]
ANSWERS = [a for e in read_all(ROOT / "chapters") for a in e.questions]


@pytest.mark.parametrize("answer", ANSWERS, ids=lambda answer: answer.name)
def test_every_wrong_answer_fails_a_probe_and_is_told_by_its_name(references, answer):
    assert score.misdiagnosed(references[answer.name]) == {}


def test_the_homework_page_shows_the_score_of_this_run(references, capsys):
    words = score.sentence(list(references.values()))
    with capsys.disabled():
        print(f"\nmutation score: {words}")
    assert score.read_score(ROOT / "homework" / "README.md") == words, "run `make homework`"


def test_a_wrong_answer_that_passes_lowers_the_score(references):
    reference = references["contains"]
    right = tuple(ProbeResult(values=values) for values in reference.expected)
    (wrong_answer, _), *others = reference.wrong_answers
    worse = replace(reference, wrong_answers=((wrong_answer, right), *others))
    assert score.misdiagnosed(worse) == {wrong_answer.name: set()}
    assert f"{len(others)} of {len(others) + 1} wrong" in score.sentence([worse])


@pytest.mark.parametrize("answer", ANSWERS, ids=lambda answer: answer.name)
def test_the_starter_passes_no_probe(grader, references, answer):
    run = grader.run(answer, answer.starter, [])
    verdicts = judge(references[answer.name], grader.probe_results(answer, run))
    assert not any(verdict.passed for verdict in verdicts)
    still = "the starter's `raise NotImplementedError` is still there (line "
    assert all(verdict.reason.startswith(still) for verdict in verdicts)
    graded = grader.grade_answer(references[answer.name], StudentAnswer(answer.starter, (), 1))
    assert (graded["score"], graded["reason"]) == (0, "not answered")


@pytest.mark.parametrize("answer", ANSWERS, ids=lambda answer: answer.name)
def test_no_probe_is_decoration(references, answer):
    """Without any one probe, some wrong answer would pass or would not be told from another."""
    reference = references[answer.name]

    def kinds(left_out: int | None) -> int:
        kept = [i for i in range(len(answer.probes)) if i != left_out]
        found = [
            tuple(str(o.values or (o.error, o.text)) for i, o in enumerate(results) if i in kept)
            for _, results in reference.wrong_answers
        ]
        right = tuple(str(reference.expected[i]) for i in kept)
        return len(set(found) | {right})

    everything = kinds(None)
    assert everything == 1 + len(answer.wrong_answers)
    assert [i for i in range(len(answer.probes)) if kinds(i) == everything] == []
