"""The benchmark of grading the course: who is in its classes, and what it prints."""

import json

import pytest

from benchmarks import classroom, course, rounds
from benchmarks.strange_files import STRANGE, write_strange
from grader.submissions import find, gather


@pytest.fixture(scope="module")
def strangers(tmp_path_factory):
    """One strange submission of each kind, as the grader finds them."""
    folder = tmp_path_factory.mktemp("strange")
    write_strange(folder, classroom.solved(classroom.EXERCISES[0]))
    yield find(folder)
    (folder / "closed").chmod(0o700)


def test_strangers_are_at_least_fifty_of_as_many_kinds_and_no_two_share_a_name(strangers):
    assert len(STRANGE) >= 50
    # A kind is a student, but for two links that need each other.
    assert len({s.student for s in strangers}) == len(strangers) == len(STRANGE) + 1


def test_some_strangers_can_be_graded_and_the_others_are_told_why_not(strangers):
    questions = classroom.EXERCISES[0].questions
    small = [s for s in strangers if sum(p.lstat().st_size for p in s.files) < 100_000]
    found = [(s, {}) if s.status else gather(s, questions)[:2] for s in small]
    answered = {submission.student for submission, located in found if located}
    assert answered >= {"capitals", "windows", "mark", "old", "pycharm", "Ana Lee", "one\ntwo"}
    assert {s.status for s, _ in found} == {"", "refused", "ambiguous", "unreadable"}


def test_ordinary_students_answer_everything_and_no_two_hand_in_the_same(tmp_path):
    exercises = classroom.EXERCISES[:2]
    count = classroom.write_class(tmp_path, 3, exercises)
    questions = [question for exercise in exercises for question in exercise.questions]
    assert count == 3 * len(questions)
    cells = []
    for submission in find(tmp_path):
        _, located, remarks = gather(submission, questions)
        assert located.keys() == {question.name for question in questions} and not remarks
        cells += [found.cell for found in located.values()]
    assert len(set(cells)) == count


def test_each_size_and_the_strangers_are_measured_and_told(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(rounds, "MINE", tmp_path)
    asked = []

    def graded(*arguments):
        asked.append(arguments)
        return json.dumps({"submissions": int(arguments[3]), "seconds_per_answer": 0.05})

    monkeypatch.setattr(course, "in_a_process", graded)
    assert course.main(["10", "100", "--jobs", "4", "--beside", "30"]) == 0
    said = capsys.readouterr().out
    assert "100 students: submissions 100  seconds_per_answer 0.05" in said
    assert "strange, beside 30: submissions 30" in said
    kinds = [("ordinary", "10"), ("ordinary", "100"), ("strange", "30")]
    assert asked == [("-m", "benchmarks.classroom", *kind, "4") for kind in kinds]
