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
    right = classroom.write_class(tmp_path, 3, exercises)
    questions = [question for exercise in exercises for question in exercise.questions]
    assert [answers.keys() for answers in right.values()] == [{q.name for q in questions}] * 3
    count = 3 * len(questions)
    cells = []
    for submission in find(tmp_path):
        _, located, remarks = gather(submission, questions)
        assert located.keys() == {question.name for question in questions} and not remarks
        cells += [found.cell for found in located.values()]
    assert len(set(cells)) == count


def test_a_right_answer_without_all_points_counts_and_a_wrong_one_with_all(tmp_path):
    (exercise,) = [one for one in classroom.EXERCISES if one.chapter == "05-resnet-18"]
    right = classroom.write_class(tmp_path, 12, [exercise])
    names = [question.name for question in exercise.questions]
    given = {pair for answers in right.values() for pair in answers.items()}
    assert given == {(name, is_right) for name in names for is_right in (True, False)}
    full = classroom.POINTS
    rows = {
        student: {name: str(full[name] if ok else full[name] / 2) for name, ok in answers.items()}
        for student, answers in right.items()
    }
    assert classroom.misjudged(rows, right) == 0
    for student, is_right in (("student-0003", True), ("student-0004", False)):
        right[student][names[0]] = is_right
        rows[student][names[0]] = str(0.0 if is_right else full[names[0]])
    assert classroom.misjudged(rows, right) == 2
    del rows["student-0007"]
    assert classroom.misjudged(rows, right) == 2 + len(names)
    assert classroom.told(6.0, rows, right)["seconds_per_answer"] == 0.5 / len(names)


def test_each_size_and_the_strangers_are_measured_and_told(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(rounds, "MINE", tmp_path)
    asked = []

    def graded(*arguments):
        asked.append(arguments)
        return json.dumps({"submissions": int(arguments[3]), "seconds_per_answer": 0.05})

    monkeypatch.setattr(course, "in_a_process", graded)
    assert course.main(["10", "100", "--jobs", "4", "--among", "80"]) == 0
    said = capsys.readouterr().out
    assert "100 students: submissions 100  seconds_per_answer 0.05" in said
    assert "80 students, strange ones among them: submissions 80" in said
    kinds = [("ordinary", "10"), ("ordinary", "100"), ("alone", "0"), ("among", "80")]
    assert {kind for kind, _ in kinds} == classroom.KINDS.keys()
    assert asked == [("-m", "benchmarks.classroom", *kind, "4") for kind in kinds]
