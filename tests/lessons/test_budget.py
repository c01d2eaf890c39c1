"""The budget: who chooses it, and what is refused."""

import pytest
import torch

from utils.budget import budget, budget_name

SIZES = dict(smoke=dict(epochs=1), cpu=dict(epochs=3), gpu=dict(epochs=10))


@pytest.mark.parametrize("name, epochs", [("smoke", 1), ("cpu", 3), ("gpu", 10), ("record", 10)])
def test_the_variable_chooses_the_budget_and_it_is_said(monkeypatch, capsys, name, epochs):
    monkeypatch.setenv("COURSE_BUDGET", name)
    run = budget(**SIZES)
    assert (run.name, run.epochs) == (name, epochs)
    said = capsys.readouterr().out
    assert said.startswith(f"budget {name}: epochs {epochs}")
    assert ("(full run: 10)" in said) == (epochs != 10)


def test_without_the_variable_the_machine_chooses(monkeypatch):
    monkeypatch.delenv("COURSE_BUDGET", raising=False)
    for has_gpu, name in ((False, "cpu"), (True, "gpu")):
        monkeypatch.setattr(torch.cuda, "is_available", lambda has_gpu=has_gpu: has_gpu)
        assert budget_name() == name


def test_an_unknown_budget_or_uneven_sizes_get_a_sentence(monkeypatch):
    monkeypatch.setenv("COURSE_BUDGET", "huge")
    with pytest.raises(ValueError, match="COURSE_BUDGET is 'huge'.*one of smoke, cpu, gpu"):
        budget(**SIZES)
    with pytest.raises(ValueError, match="smoke differs in images"):
        budget(**SIZES | {"smoke": dict(epochs=1, images=2)})
