"""A change of the grader in mid-term is told before a grade changes, and changes none unasked."""

import json

import pytest
from strangers_tools import PROBES, command, tiny, write_chapter, write_notebooks

from grader import changes, grade, gradebook
from grader.sandbox import Run

NAMES = ("ana", "boris", "carla")
WRONG = "# @answer two\ndef two():\n    return 3"
HALF = "# @answer two\ndef two():\n    return 2.5"
STRICT = '    return {"value": two()}'
LENIENT = '    return {"value": round(two())}'


class Here:
    """A sandbox that is none, for answers that we wrote: it starts in no time."""

    timeout, memory = 1.0, 1

    def __init__(self, *_, **__):
        self.start = lambda: None

    def __enter__(self):
        return self

    def __exit__(self, *_):
        return None

    def run(self, job):
        records = []
        for number, (probe, seed) in enumerate(job["probes"]):
            space = {}
            for source in (*job["context"], job["cell"], probe):
                exec(source, space)
            name = space["probe"].__code__.co_varnames[0]
            values = space["probe"](space[name], seed)
            records.append({"kind": "values", "probe": number, "values": values})
        return Run(records, "exit", "", "", 0.0)


@pytest.fixture
def places(tmp_path, monkeypatch):
    """Three students, graded once; what the command line is given, and the folder of grades."""
    monkeypatch.setattr(grade, "Sandbox", Here)
    books = {"ana": tiny(two=HALF), "boris": tiny(), "carla": tiny(two=WRONG)}
    arguments = ["grade", write_chapter(tmp_path), write_notebooks(tmp_path / "class", books)]
    arguments += ["-o", tmp_path / "out", "--seed", "s", "--sandbox", "none"]
    assert command(*arguments) == 0
    return arguments, tmp_path / "out"


def change(places, old=STRICT, new=LENIENT):
    """Another version of the exercises."""
    path = places[0][1].with_name("90_tiny.py")
    assert old in PROBES
    path.write_text(PROBES.replace(old, new), "utf-8")


def state(out):
    """All files of the grades themselves."""
    return {path.name: path.read_bytes() for path in out.iterdir() if path.is_file()}


def scores(out):
    """Points by student, as the records have them, and the table's lines."""
    records = [json.loads((out / f"{name}.json").read_text("utf-8")) for name in NAMES]
    return [record["score"] for record in records]


def test_who_changes_is_told_and_nothing_is_written_unless_that_is_accepted(places, capsys):
    arguments, out = places
    assert scores(out) == [1, 2, 1]
    before = state(out)
    change(places)
    capsys.readouterr()
    assert command(*arguments) == 3
    said = capsys.readouterr()
    assert "have changed since these grades were written: 1 of 3 grades changes:" in said.err
    assert "\n  ana: 1 of 2 -> 2 of 2\n" in said.err and "boris" not in said.err
    assert "--accept-changes" in said.err
    assert state(out) == before

    assert command(*arguments, "--accept-changes") == 0
    said = capsys.readouterr()
    assert "1 of 3 grades changes:" in said.err and said.out == ""  # nobody is graded anew
    assert scores(out) == [2, 2, 1]
    assert "ana,graded,2,2" in (out / "grades.csv").read_text("utf-8")
    assert sorted(path.name for path in out.iterdir()) == sorted(before)

    assert command(*arguments) == 0
    assert "have changed" not in capsys.readouterr().err


def test_a_change_that_changes_no_grade_is_told_and_needs_no_permission(places, capsys):
    arguments, out = places
    change(places, "it is another number", "it is a different number")
    capsys.readouterr()
    assert command(*arguments) == 0
    assert "none of 3 grades changes." in capsys.readouterr().err
    assert scores(out) == [1, 2, 1]
    assert "a different number" in (out / "grades.csv").read_text("utf-8")


def test_what_a_student_has_changed_is_no_change_of_the_grader(places, capsys):
    arguments, out = places
    change(places)
    write_notebooks(arguments[2], {"ana": tiny(), "dora": tiny()})
    capsys.readouterr()
    assert command(*arguments) == 0
    assert "none of 2 grades changes." in capsys.readouterr().err
    assert scores(out) == [2, 2, 1] and (out / "dora.json").exists()


def test_going_back_to_the_old_version_loses_nothing(places):
    arguments, out = places
    before = state(out)
    change(places)
    assert command(*arguments) == 3
    change(places, new=STRICT)
    assert command(*arguments) == 0
    assert state(out) == before


def test_a_run_that_ended_among_the_records_that_take_their_places_goes_on(places, capsys):
    arguments, out = places
    change(places)
    assert command(*arguments) == 3
    (out / changes.WAITING / "ana.json").replace(out / "ana.json")
    capsys.readouterr()
    assert command(*arguments) == 0
    assert "none of 2 grades changes." in capsys.readouterr().err
    assert scores(out) == [2, 2, 1] and not (out / changes.WAITING).exists()


def test_records_of_before_there_were_two_parts_of_a_key_count_as_well(places, capsys):
    arguments, out = places
    for name in NAMES:
        path = out / f"{name}.json"
        record = json.loads(path.read_text("utf-8"))
        gradebook.write_record(path, {**record, "key": "0123", "score": 0})
    capsys.readouterr()
    assert command(*arguments) == 3
    assert "3 of 3 grades change:" in capsys.readouterr().err


def record(points, best=2.0, status="graded", **answers):
    """A record as the grader writes it."""
    found = [{"name": name, "score": score, "max": 1.0} for name, score in answers.items()]
    return {"status": status, "score": points, "max": best, "answers": found}


@pytest.mark.parametrize(
    "old, new, words",
    [
        (record(1.0, a=1.0, b=0.0), record(1.0, a=1.0, b=0.0), None),
        (record(1.0, a=1.0, b=0.0), record(2.0, a=1.0, b=1.0), "1 of 2 -> 2 of 2"),
        (record(1.5), record(1.5, best=3.0), "1.5 of 2 -> 1.5 of 3"),
        (record(1.0), record(0.0, status="failed"), "1 of 2 -> 0 of 2 (failed)"),
        (record(1.0, a=1.0, b=0.0), record(1.0, a=0.0, b=1.0),
         "1 of 2, with other points for a, b"),
    ],
)  # fmt: skip
def test_a_change_is_told_by_its_points(old, new, words):
    assert changes.difference(old, new) == words
