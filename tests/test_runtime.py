"""Budgets, devices and recorded results."""

import json
import platform
import subprocess
import sys
from types import SimpleNamespace

import pytest
import torch

from utils import results, runtime
from utils.history import History
from utils.results import Study

SIZES = dict(smoke=dict(epochs=1), cpu=dict(epochs=3), gpu=dict(epochs=10))


@pytest.mark.parametrize("name, epochs", [("smoke", 1), ("cpu", 3), ("gpu", 10), ("record", 10)])
def test_the_variable_chooses_the_budget_and_it_is_said(monkeypatch, capsys, name, epochs):
    monkeypatch.setenv("COURSE_BUDGET", name)
    run = runtime.budget(**SIZES)
    assert (run.name, run.epochs) == (name, epochs)
    said = capsys.readouterr().out
    assert said.startswith(f"budget {name}: epochs {epochs}")
    assert ("(full run: 10)" in said) == (epochs != 10)


def test_without_the_variable_the_machine_chooses(monkeypatch):
    monkeypatch.delenv("COURSE_BUDGET", raising=False)
    for has_gpu, name in ((False, "cpu"), (True, "gpu")):
        monkeypatch.setattr(torch.cuda, "is_available", lambda has_gpu=has_gpu: has_gpu)
        assert runtime.budget_name() == name


def test_an_unknown_budget_or_uneven_sizes_get_a_sentence(monkeypatch):
    monkeypatch.setenv("COURSE_BUDGET", "huge")
    with pytest.raises(ValueError, match="COURSE_BUDGET is 'huge'.*one of smoke, cpu, gpu"):
        runtime.budget(**SIZES)
    with pytest.raises(ValueError, match="smoke differs in images"):
        runtime.budget(**SIZES | {"smoke": dict(epochs=1, images=2)})


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
    stored = results.load("study", tmp_path)
    assert stored["a"] == history(0.5) and stored["b"] == {"x": 1}
    assert runtime.machine()["torch"] in repr(stored) and "epochs 1" in repr(stored)
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
        results.load("x", tmp_path)
    (tmp_path / "x.json").write_text("{")
    with pytest.raises(ValueError, match="x.json is damaged.*Restore it with git"):
        results.load("x", tmp_path)


@pytest.mark.parametrize("name", ["degradation", "shortcuts", "training"])
def test_what_is_recorded_tells_its_machine_versions_and_seed(name):
    content = json.loads((results.FOLDER / f"{name}.json").read_text())
    for entry in content["measured"].values():
        assert {"device", "python", "torch", "date"} <= entry["machine"].keys()
        value = entry["value"].get("history", entry["value"])
        about = value.get("history", value).get("about")
        assert about is None and "stopped" in value or about["seed"] is not None


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="other allocators than glibc's")
def test_kept_memory_is_not_fetched_anew():
    """Counted are pages that the system had to hand out, 16,384 for 64 MB, in a fresh process."""
    code = """if True:
        import torch
        from utils import runtime

        def pages():
            before = runtime.pages_fetched()
            for _ in range(10):
                torch.ones(2**24)
            return runtime.pages_fetched() - before

        print(pages(), runtime.keep_memory(), pages() and pages())
        """
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    given_back, kept, fetched = done.stdout.split()
    assert kept == "True" and int(given_back) > 160_000 and int(fetched) < 20_000


def test_elsewhere_than_in_glibc_nothing_is_changed(monkeypatch):
    monkeypatch.setattr(platform, "libc_ver", lambda: ("", ""))
    assert runtime.keep_memory() is False
