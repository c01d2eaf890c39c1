"""The benchmark's contestants do the same work, take turns, and are measured once."""

import json

import pytest
import torch
from torch.utils.checkpoint import checkpoint_sequential

from benchmarks import growth, rounds, speed, step
from utils import results
from utils.data import FashionMNIST
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
    monkeypatch.setattr(results, "FOLDER", tmp_path)
    order = []

    def contestant(name):
        return lambda: order.append(name) or {RATE: len(order)}

    contestants = {name: contestant(name) for name in "ab"}
    found = rounds.interleaved(rounds.begin("speed-x", True), contestants, 2)
    assert order == ["a", "b", "a", "b"] and found["b"] == [{RATE: 2}, {RATE: 4}]
    assert rounds.interleaved(rounds.begin("speed-x", False), contestants, 2) == found
    assert len(order) == 4 and len(json.loads((tmp_path / "speed-x.json").read_text())["measured"])
    assert rounds.median(found["a"], RATE) == 2
    assert speed.spread_of(found["a"]) == "1.0 to 3.0"


def test_an_unknown_part_gets_a_sentence(capsys):
    with pytest.raises(SystemExit):
        speed.main(["nonsense"])
    assert "unknown part 'nonsense'; there are training, data" in capsys.readouterr().err


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
