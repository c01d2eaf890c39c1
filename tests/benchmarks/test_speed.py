"""The benchmark's contestants do the same work, take turns, and are measured once."""

import json

import pytest
import torch
from torch.utils.checkpoint import checkpoint_sequential

from benchmarks import growth, rounds, speed, step
from utils import recordings, train
from utils.data import FashionMNIST
from utils.device import machine
from utils.history import History
from utils.resnet import cifar_resnet

RATE = "images_per_second"


@pytest.mark.parametrize("size", [28, 96])
def test_both_loaders_give_the_same_images_and_labels(size):
    ours = FashionMNIST(16, size, seed=0, verbose=False)
    theirs = speed.D2LFashionMNIST(16, size, 64, 32)
    theirs.num_workers = 0
    ours.val = tuple(part[:32] for part in ours.val)
    for (X, y), (Z, z) in zip(ours.val_dataloader(), theirs.val_dataloader(), strict=True):
        assert torch.equal(y, z) and (X - Z).abs().max() <= 1.01 / 255


def test_contestants_take_turns_and_are_not_measured_twice(tmp_path, monkeypatch):
    monkeypatch.setattr(rounds, "MINE", tmp_path)
    order = []

    def contestant(name):
        return lambda: order.append(name) or {RATE: len(order)}

    contestants = {name: contestant(name) for name in "ab"}
    given = rounds.options("speed", "").parse_args([])
    found = rounds.interleaved(rounds.begin("speed-x", given), contestants, 2)
    assert order == ["a", "b", "a", "b"] and found["b"] == [{RATE: 2}, {RATE: 4}]
    assert rounds.interleaved(rounds.begin("speed-x", given), contestants, 2) == found
    assert len(order) == 4 and len(json.loads((tmp_path / "speed-x.json").read_text())["measured"])
    assert rounds.median(found["a"], RATE) == 2
    assert speed.spread_of(found["a"]) == "1.0 to 3.0"


def test_only_what_was_measured_here_is_gone_on_with(tmp_path, monkeypatch, capsys):
    """A reader's `make bench` must not print the course's own figures as the reader's."""
    monkeypatch.setattr(recordings, "FOLDER", tmp_path / "results")
    monkeypatch.setattr(rounds, "MINE", tmp_path / "mine")
    here, record = (rounds.options("speed", "").parse_args(a) for a in ([], ["--record"]))
    rounds.begin("speed-x", record).measure("a", lambda: {RATE: 1})
    assert (tmp_path / "results" / "speed-x.json").exists()
    assert rounds.begin("speed-x", here).measure("a", lambda: {RATE: 2}) == {RATE: 2}
    assert capsys.readouterr().out == ""
    assert list(rounds.begin("speed-x", here).entries) == ["a"]
    assert "1 measured on 20" in capsys.readouterr().out
    other = machine() | {"torch": "1.0"}
    monkeypatch.setattr(rounds, "machine", lambda: other)
    assert rounds.begin("speed-x", here).entries == {}
    assert "another machine or other versions; measured anew" in capsys.readouterr().out


def test_other_settings_are_measured_anew_and_told(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(rounds, "MINE", tmp_path)
    given = rounds.options("speed", "").parse_args([])
    rounds.begin("speed-x", given, batch=1).measure("a", lambda: {RATE: 1})
    assert rounds.begin("speed-x", given, batch=2).entries == {}
    assert "measured with other settings; measured anew" in capsys.readouterr().out


def test_fresh_forgets(tmp_path, monkeypatch):
    monkeypatch.setattr(rounds, "MINE", tmp_path)
    here, fresh = (rounds.options("speed", "").parse_args(a) for a in ([], ["--fresh"]))
    rounds.begin("speed-x", here).measure("a", lambda: {RATE: 1})
    assert rounds.begin("speed-x", fresh).measure("a", lambda: {RATE: 2}) == {RATE: 2}


def test_the_target_is_run_here_whatever_the_course_recorded(tmp_path, monkeypatch):
    monkeypatch.setattr(rounds, "MINE", tmp_path)
    seeds = []
    ran = History(val_acc=[0.5], about={"wall_seconds": 2.0})
    monkeypatch.setattr(train, "train", lambda settings, seed: seeds.append(seed) or ran)
    told = speed.target(speed.parse(["target"]))
    assert seeds == [0, 1, 2, 3, 4] and "lowest 0.5000" in told and "no ratio" in told


def test_an_unknown_part_gets_a_sentence(capsys):
    with pytest.raises(SystemExit):
        speed.main(["nonsense"])
    assert "unknown part 'nonsense'; there are training, data" in capsys.readouterr().err
    with pytest.raises(SystemExit):
        speed.main(["--rounds", "0"])
    assert "must be a whole number, 1 or more, got '0'" in capsys.readouterr().err


def test_exponents_are_those_of_power_laws():
    assert growth.exponent((1, 2, 4), [3, 6, 12]) == pytest.approx(1)
    assert growth.exponent((1, 2, 4), [5, 20, 80]) == pytest.approx(2)


@pytest.mark.parametrize("recompute", [False, True])
def test_the_chain_of_a_network_computes_what_the_network_does(recompute):
    net = cifar_resnet(14).eval()
    stem, blocks, head = step.chain(net)
    X = torch.rand(2, 1, 14, 14)
    hidden = stem(X)
    if recompute:
        hidden = checkpoint_sequential(blocks, 2, hidden, use_reentrant=False)
    else:
        hidden = torch.nn.Sequential(*blocks)(hidden)
    assert torch.allclose(head(hidden), net(X), atol=1e-6)
    # In megabytes: with 64 images one 28x28 map of 16 channels takes 3.2, and this process itself,
    # which is the parent, holds more than the child ever will.
    found = growth.apart({"depth": 8, "batch": 64, "size": 28, "recompute": int(recompute)})
    assert found["seconds"] > 0 and 20 < found["megabytes"] < 200
