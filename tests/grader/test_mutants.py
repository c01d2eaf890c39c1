"""Every wrong answer the course knows is caught by the grader, in the sandbox, and by its name."""

import json
from dataclasses import replace
from pathlib import Path

import pytest
from test_unseen import CASES as UNSEEN
from test_unseen import code

from grader import score
from grader.diagnosis import ProbeResult, judge
from grader.masters import read_all
from grader.runner import Grader
from grader.submissions import StudentAnswer

pytestmark = pytest.mark.slow(reason="gives every known wrong answer to the sandbox")

ROOT = Path(__file__).parents[2]
ANSWERS = [a for e in read_all(ROOT / "chapters") for a in e.questions]


@pytest.mark.parametrize("answer", ANSWERS, ids=lambda answer: answer.name)
def test_every_wrong_answer_fails_a_probe_and_is_told_by_its_name(references, answer):
    assert score.misdiagnosed(references[answer.name]) == {}


@pytest.mark.parametrize("name", ["curvature", "fixup_weights", "rewrite"])
def test_no_seed_lets_a_wrong_answer_pass_or_go_without_its_name(grader, name):
    """One seed in two gave a difference of losses full marks, others took one mistake for two."""
    (answer,) = (one for one in ANSWERS if one.name == name)
    for seed in range(8):
        reference = Grader(grader.sandbox, f"seed {seed}").reference(answer, ANSWERS)
        assert score.misdiagnosed(reference) == {}, seed


def test_the_homework_page_shows_the_score_of_this_run(references, capsys):
    words = score.sentence(list(references.values()))
    with capsys.disabled():
        print(f"\nmutation score: {words}")
    assert score.read_score(ROOT / "homework" / "README.md") == words, "run `make homework`"


def test_a_wrong_answer_that_passes_lowers_the_score(references):
    reference = references["rewrite"]
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


def exactly(values):
    """All of ``values`` in one text, arrays with every bit."""
    return json.dumps(values, default=lambda array: [array.shape, array.tobytes().hex()])


@pytest.mark.parametrize("answer", ANSWERS, ids=lambda answer: answer.name)
def test_no_probe_is_decoration(grader, references, answer):
    """Without any one probe, some wrong answer would pass or would not be told from another.

    Not told from another: of those that the course knows. That one would pass: of the unseen.
    """
    reference = references[answer.name]
    tried = [[exactly(r.values or [r.error, r.text]) for r in found]
             for _, found in reference.wrong_answers]  # fmt: skip
    tried.append([exactly(values) for values in reference.expected])

    def kinds(left_out: int | None) -> int:
        return len({tuple(t for i, t in enumerate(texts) if i != left_out) for texts in tried})

    assert kinds(None) == 1 + len(answer.wrong_answers)
    idle = {i for i in range(len(answer.probes)) if kinds(i) == kinds(None)}
    unseen = [name for mine, name in UNSEEN if mine == answer.name] if idle else []
    for name in unseen:
        run = grader.run(answer, code(answer.name, name), [])
        verdicts = judge(reference, grader.probe_results(answer, run))
        failed = {i for i, verdict in enumerate(verdicts) if not verdict.passed}
        idle -= failed if len(failed) == 1 else set()
    assert [answer.probes[i].name for i in idle] == []
