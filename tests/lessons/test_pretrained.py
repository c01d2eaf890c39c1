"""The networks that come trained with the course."""

import pytest
import torch
from safetensors.torch import load_file

from utils import pretrained as module
from utils.data import FashionMNIST
from utils.pretrained import SHIPPED, made, main, path, pretrained


@pytest.mark.parametrize("kind", ["plain", "residual"])
def test_what_is_shipped_scores_what_its_file_says(kind):
    """On the bundled sample of the test images, within what its size allows: four deviations."""
    data = FashionMNIST(1000, verbose=False)
    X, y = next(iter(data.val_dataloader()))
    net, score = pretrained(kind), made(kind)["test accuracy"]
    with torch.no_grad():
        found = (net(X).argmax(1) == y).float().mean().item()
    assert not net.training and abs(found - score) < 4 * (score * (1 - score) / len(y)) ** 0.5


@pytest.mark.parametrize("kind", ["plain", "residual"])
def test_what_is_shipped_is_small_and_says_how_it_was_made(kind):
    assert path(kind, 0).stat().st_size < 400_000
    told = made(kind)
    assert told["command"].startswith(f"python -m utils.pretrained {kind}")
    assert "whole set" in told["data"]
    assert told["settings"]["seed"] == 0 and told["machine"]["torch"]


def test_twins_have_the_same_parts():
    plain, residual = (load_file(path(kind, 0)) for kind in ("plain", "residual"))
    assert {k: v.shape for k, v in plain.items()} == {k: v.shape for k, v in residual.items()}
    assert {p.parent for p in (path("plain", 0), path("residual", 0))} == {SHIPPED}


@pytest.mark.parametrize("call, words", [
    (lambda: pretrained("dense"), "are residual and plain, not 'dense'"),
    (lambda: pretrained("plain", 99), "python -m utils.pretrained plain --seed 99"),
])  # fmt: skip
def test_what_is_not_there_is_said(call, words):
    with pytest.raises(ValueError, match=words):
        call()


def test_the_command_trains_a_network_and_writes_a_file_that_loads(tmp_path, monkeypatch, capsys):
    """On 256 images, with the command's own code."""
    monkeypatch.setattr(module, "LOCAL", tmp_path)
    monkeypatch.setitem(module.SETTINGS, "epochs", 1)
    monkeypatch.setattr(
        module, "FashionMNIST",
        lambda batch, seed: FashionMNIST(batch, subset=256, seed=seed, verbose=False),
    )  # fmt: skip
    assert main(["residual", "--seed", "3"]) == 0
    assert "isotropic-residual-3.safetensors" in capsys.readouterr().out
    X = torch.rand(4, 1, 28, 28)
    with torch.no_grad():
        assert pretrained("residual", 3)(X).shape == (4, 10)
    assert 0 <= made("residual", 3)["test accuracy"] <= 1
