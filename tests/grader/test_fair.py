"""Right answers written in another way than the course's pass all checks and get all points."""

import numpy as np
import pytest
from test_exercises import EXERCISES, ROOT

from grader import comparison, right_answers

pytestmark = pytest.mark.slow(reason="gives every right answer to the checks and to the sandbox")

OF = {answer.name: (exercise, answer) for exercise in EXERCISES for answer in exercise.questions}
QUESTIONS = [question for _, question in OF.values()]
RIGHT = right_answers.read(ROOT / "exercises" / "right", QUESTIONS)


@pytest.fixture(scope="module")
def refused():
    """What `check` does not accept."""
    return [*right_answers.refused(EXERCISES, RIGHT)]


@pytest.mark.parametrize("name", OF)
def test_every_visible_check_passes(refused, name):
    assert [one for one in refused if one.answer.question.name == name] == []


@pytest.mark.parametrize("name", OF)
def test_the_grader_gives_all_points(grader, name):
    mine = [right for right in RIGHT if right.question.name == name]
    rejected = right_answers.rejected(grader.sandbox, mine, [grader.seed])
    assert [(one.answer.difference, one.reasons) for one in rejected] == []


def test_each_question_has_right_answers_and_all_together_are_a_hundred():
    assert len(RIGHT) >= 100  # `read` refuses a question with too few
    cells = {"".join(right.cell.split()) for right in RIGHT}
    assert len(cells) == len(RIGHT)


def test_a_question_with_too_few_right_answers_is_named(tmp_path):
    (tmp_path / "staircase.py").write_text("# %% one\ndef staircase(y, n):\n    return y\n")
    with pytest.raises(ValueError, match="staircase has 1 right answers; write at least 3"):
        right_answers.read(tmp_path, QUESTIONS[:1])


def test_a_wrong_answer_among_them_is_rejected_with_a_reason(grader):
    question = QUESTIONS[0]
    text = "# %% wrong\ndef staircase(y, n):\n    return y\n"
    (one,) = right_answers.rejected(
        grader.sandbox, [*right_answers.parse(text, question)], ["a seed"]
    )
    assert one.answer.difference == "wrong" and one.reasons
    (one,) = right_answers.refused(EXERCISES[:1], [*right_answers.parse(text, question)])
    assert one.by == "its checks" and one.reasons == (
        "best values: the one number closest to 1, 2, 6, 5, 5, 11 is their mean 5, not 1",
    )


@pytest.mark.parametrize(
    "got, expected, share",
    [
        (1.0, 1.0, 0),
        (3.0, 1.0, 1),  # a tolerance of 1 allows 1 + 1 * |1|
        (np.array([1.0, 2.5]), np.array([1.0, 4.0]), 0.3),
        ([np.array([0.0]), 5.0], [np.array([0.5]), 5.0], 1 / 3),
        (np.array([np.nan]), np.array([1.0]), 0),
        (3, 1, 0),  # integers are compared exactly
        ("a", "b", 0),
        (np.zeros(2), np.zeros(3), 0),
    ],
)
def test_the_share_of_what_is_tolerated_is_that_of_the_comparison(got, expected, share):
    assert right_answers.tolerated(got, expected, 1.0) == pytest.approx(share)


@pytest.mark.parametrize("off, differs", [(0.99, False), (1.01, True)])
def test_a_share_above_one_is_what_the_comparison_rejects(off, differs):
    tolerance, theirs = 1e-4, np.array([[0.0, -30.0], [2.0, 7.0]])
    mine = theirs + np.array([[0, off * tolerance * 31], [0, 0]])
    assert right_answers.tolerated(mine, theirs, tolerance) == pytest.approx(off)
    assert (comparison.differ(mine, theirs, tolerance) is not None) == differs


def test_the_place_of_the_nearest_call_is_named(grader):
    question = QUESTIONS[0]
    slightly = question.solution.replace("return ", "return 1.000001 * ")
    assert slightly != question.solution
    (one,) = right_answers.graded(
        grader.sandbox, [*right_answers.parse(f"# %% nearly\n{slightly}", question)], ["a seed"]
    )
    assert not one.reasons and 0 < one.share < 1
    assert one.place.startswith(question.probes[0].name)
