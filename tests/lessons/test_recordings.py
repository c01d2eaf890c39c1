"""Recorded results: kept one by one, told with their machine, never half."""

import json
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


def test_other_settings_start_anew(recording):
    recording(1).measure("a", lambda: {"x": 1})
    assert recording(2).measure("a", lambda: {"x": 2}) == {"x": 2}


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
