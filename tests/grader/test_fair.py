"""Right answers written in another way than the course's pass all checks and get all points."""

import pytest
from test_exercises import EXERCISES, ROOT

from grader import right_answers

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
