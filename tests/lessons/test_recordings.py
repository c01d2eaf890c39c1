"""Recorded results: kept one by one, told with their machine, never half."""

import json
import sys
from concurrent.futures import ThreadPoolExecutor
from types import SimpleNamespace

import pytest

from utils import recordings
from utils.device import machine
from utils.history import History
from utils.recordings import Study


@pytest.fixture
def recording(monkeypatch, tmp_path):
    monkeypatch.setenv("COURSE_RECORD", "1")
    return lambda epochs: Study("study", SimpleNamespace(name="record", epochs=epochs), tmp_path)


def history(loss):
    return History(train_loss=[loss], about={"seed": 0})


def test_a_recording_goes_on_where_it_was(recording, tmp_path):
    study = recording(1)
    assert study.measure("a", lambda: history(0.5)) == history(0.5)
    again = recording(1)
    assert again.measure("a", lambda: pytest.fail("measured twice")) == history(0.5)
    again.measure("b", lambda: {"x": 1})
    stored = recordings.load("study", tmp_path)
    assert stored["a"] == history(0.5) and stored["b"] == {"x": 1}
    assert machine()["torch"] in repr(stored) and "epochs 1" in repr(stored)
    assert not list(tmp_path.glob("*.part"))


def test_what_was_recorded_on_two_machines_names_both(recording, tmp_path, monkeypatch):
    here = machine()
    for place, keys in {"cpu (A)": "ab", "cpu (B)": "c"}.items():
        monkeypatch.setattr(recordings, "machine", lambda place=place: here | {"device": place})
        for key in keys:
            recording(1).measure(key, lambda: {"x": 1})
    said = repr(recordings.load("study", tmp_path))
    assert "on cpu (A), Python" in said and "(2 of 3)" in said
    assert "on cpu (B), Python" in said and "(1 of 3)" in said


def test_the_best_rate_is_searched_with_the_first_seed_and_nothing_is_measured_twice():
    asked = []

    def measure(rate, seed):
        asked.append((rate, seed))
        return {"score": -abs(rate - (0.1 if seed == 5 else 0.01)), "seed": seed}

    best, found = recordings.at_best_rate(
        measure, (0.01, 0.1, 1.0), (5, 6, 7), lambda one: one["score"]
    )
    assert best == 0.1 and [one["seed"] for one in found] == [5, 6, 7]
    assert asked == [(0.01, 5), (0.1, 5), (1.0, 5), (0.1, 6), (0.1, 7)]


def test_a_range_of_seeds_is_recorded_as_the_list_it_is(recording, tmp_path):
    for seeds in (range(3), [0, 1, 2]):
        study = Study("study", SimpleNamespace(name="record", seeds=seeds), tmp_path)
        study.each("seed {seed}", lambda seed: {"x": seed}, seed=seeds)
    assert recordings.load("study", tmp_path).settings["seeds"] == [0, 1, 2]


def test_what_was_recorded_with_other_settings_is_not_replaced_in_silence(recording, tmp_path):
    recording(1).measure("a", lambda: {"x": 1})
    before = (tmp_path / "study.json").read_bytes()
    with pytest.raises(recordings.RefusedError) as refused:
        recording(2)
    assert str(refused.value).startswith("study.json holds runs with epochs 1; this one has epochs")
    assert "COURSE_RECORD=replace" in str(refused.value)
    assert (tmp_path / "study.json").read_bytes() == before


def test_a_setting_that_one_of_two_runs_lacks_is_told():
    assert recordings.differences({"a": 1, "b": None}, {"a": 1}) == "b None"
    assert recordings.differences({"a": 1}, {"a": 1, "b": None}) == "no b"


def test_told_so_it_is_replaced_when_the_first_new_measurement_is_there(
    recording, tmp_path, monkeypatch
):
    recording(1).measure("a", lambda: {"x": 1})
    monkeypatch.setenv("COURSE_RECORD", "replace")
    study = recording(2)
    assert recordings.load("study", tmp_path).settings["epochs"] == 1, "nothing measured yet"
    study.measure("b", lambda: {"x": 2})
    stored = recordings.load("study", tmp_path)
    assert stored.values == {"b": {"x": 2}} and stored.settings["epochs"] == 2
    recording(2).measure("b", lambda: pytest.fail("measured twice"))


def test_settings_that_changed_meanwhile_are_not_replaced_either(recording, tmp_path):
    late = recording(2)
    recording(1).measure("a", lambda: {"x": 1})
    with pytest.raises(recordings.RefusedError):
        late.measure("b", lambda: {"x": 2})
    assert recordings.load("study", tmp_path).values == {"a": {"x": 1}}


def test_two_recorders_keep_each_others_measurements(recording, tmp_path):
    one, two = recording(1), recording(1)
    one.measure("a", lambda: {"x": 1})
    two.measure("b", lambda: {"x": 2})
    one.measure("c", lambda: {"x": 3})
    assert list(recordings.load("study", tmp_path).values) == ["a", "b", "c"]


def test_what_is_forgotten_is_measured_anew_beside_what_others_measure(recording, tmp_path):
    recording(1).measure("a", lambda: {"x": 1})
    recording(1).measure("b", lambda: {"x": 1})
    study, other = recording(1), recording(1)
    study.forget()
    other.measure("c", lambda: {"x": 2})
    assert study.measure("a", lambda: {"x": 3}) == {"x": 3}
    assert recordings.load("study", tmp_path).values == {"c": {"x": 2}, "a": {"x": 3}}


def test_whoever_writes_at_the_same_time_loses_nothing(tmp_path):
    def write(name):
        for number in range(50):
            row = {f"{name} {number}": 1}
            recordings.update(path, lambda old, row=row: (old or {}) | row)

    path = tmp_path / "x.json"
    with ThreadPoolExecutor() as pool:
        list(pool.map(write, "abc"))
    assert len(recordings.read(path)) == 150


def test_every_measurement_carries_the_command_that_made_it(recording, tmp_path, monkeypatch):
    monkeypatch.setattr(sys, "argv", ["/somewhere/train.py", "fast", "--record", "a b"])
    monkeypatch.setattr(
        sys.modules["__main__"], "__spec__", SimpleNamespace(name="utils.train"), raising=False
    )
    recording(1).measure("a", lambda: {"x": 1})
    monkeypatch.setenv("COURSE_COMMAND", "make results ARGS=02-degradation")
    recording(1).measure("b", lambda: {"x": 1})
    measured = json.loads((tmp_path / "study.json").read_text())["measured"]
    assert [entry["command"] for entry in measured.values()] == [
        "python -m utils.train fast --record 'a b'", "make results ARGS=02-degradation"
    ]  # fmt: skip


@pytest.mark.parametrize("word, recorded", [("true", True), ("0", False), ("false", False)])
def test_recording_is_a_yes_or_a_no(monkeypatch, tmp_path, word, recorded):
    monkeypatch.setenv("COURSE_RECORD", word)
    assert Study("study", SimpleNamespace(name="cpu"), tmp_path).recording is recorded


def test_an_interrupted_run_is_never_recorded(recording, tmp_path):
    cut = history(0.5)
    cut.about["interrupted"] = True
    for value in (cut, {"history": cut.to_dict(), "more": 1}):
        with pytest.raises(KeyboardInterrupt, match="not recorded"):
            recording(1).measure("a", lambda value=value: value)
    assert not (tmp_path / "study.json").exists()


def test_an_ordinary_run_writes_nothing(monkeypatch, tmp_path):
    monkeypatch.delenv("COURSE_RECORD", raising=False)
    study = Study("study", SimpleNamespace(name="cpu"), tmp_path)
    assert study.measure("a", lambda: {"x": 1}) == {"x": 1}
    assert study.checkpoint("a") is None and not list(tmp_path.iterdir())


def test_missing_and_damaged_results_get_a_sentence(tmp_path):
    with pytest.raises(FileNotFoundError, match="No recorded study 'x'.*make results"):
        recordings.load("x", tmp_path)
    (tmp_path / "x.json").write_text("{")
    with pytest.raises(ValueError, match="x.json is damaged.*Restore it with git"):
        recordings.load("x", tmp_path)


@pytest.mark.parametrize("name", ["degradation", "shortcuts", "training"])
def test_what_is_recorded_tells_its_machine_versions_and_seed(name):
    content = json.loads((recordings.FOLDER / f"{name}.json").read_text())
    for entry in content["measured"].values():
        assert {"device", "python", "torch", "date"} <= entry["machine"].keys()
        value = entry["value"].get("history", entry["value"])
        about = value.get("history", value).get("about")
        assert about is None and "stopped" in value or about["seed"] is not None


def test_each_runs_every_combination_and_the_recording_gives_it_back(tmp_path, capsys):
    study = Study("s", SimpleNamespace(name="cpu", n=1), tmp_path, recording=True)
    calls = []

    def run(kind, seed):
        calls.append((kind, seed))
        return {"value": len(calls)}

    axes = {"kind": ("a", "b"), "seed": (0, 1)}
    found = study.each("{kind} {seed}", run, say=lambda v: f"got {v['value']}", **axes)
    assert list(found) == calls == [("a", 0), ("a", 1), ("b", 0), ("b", 1)]
    assert capsys.readouterr().out.startswith("a 0: got 1\n")
    assert recordings.load("s", tmp_path).each("{kind} {seed}", **axes) == found
    assert list(recordings.load("s", tmp_path).each("a {seed}", seed=(0, 1))) == [0, 1]
    with pytest.raises(ValueError, match="does not tell"):
        study.each("{kind}", run, **axes)
