"""The benchmark's contestants do the same work, take turns, and are measured once."""

import json

import pytest
import torch
from torch.utils.checkpoint import checkpoint_sequential

from benchmarks import growth, rounds, speed, step, target
from utils import recordings, train
from utils.data import FashionMNIST
from utils.data.sources import WHOLE
from utils.device import machine
from utils.history import History
from utils.resnet import cifar_resnet

RATE = "images_per_second"


@pytest.mark.parametrize("size", [28, 96])
def test_both_loaders_give_the_same_images_and_labels(size):
    ours = FashionMNIST(16, size, seed=0, verbose=False)
    theirs = speed.D2LFashionMNIST(16, size, 64, 32)
    theirs.num_workers = 0
    ours.test = tuple(part[:32] for part in ours.test)
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


@pytest.fixture
def runs(tmp_path, monkeypatch):
    """What `utils.train` gives for each seed, played; and a study beside it of d2l's speed."""
    monkeypatch.setattr(rounds, "MINE", tmp_path)
    given = speed.parse(["target"])
    rounds.begin("speed-training", given).measure("d2l, round 1", lambda: {RATE: 100.0})
    made = []

    def play(accuracies, images=WHOLE):
        def run(settings, seed):
            about = {"wall_seconds": 2.0, "train_images": images[0], "test_images": images[1]}
            made.append(History(test_acc=[accuracies[seed]], about=about))
            return made[-1]

        monkeypatch.setattr(train, "train", run)
        return target.target(given)

    play.made = made
    return play


def test_the_target_is_run_here_whatever_the_course_recorded(runs):
    told = runs([0.9, 0.91, 0.92, 0.93, 0.94])
    assert len(runs.made) == 5 and "lowest 0.9000" in told
    # 600,000 images at 100 a second, over 2 seconds
    assert "would take 6,000 s (not run): 3000 times as long" in told


def test_no_ratio_is_told_for_a_target_that_was_not_reached(runs):
    told = runs([0.9, 0.91, 0.8, 0.93, 0.94])
    assert "no ratio: 1 of 5 runs did not reach 0.893" in told and "times" not in told


def test_no_ratio_is_told_on_the_sample(runs):
    told = runs([0.9] * 5, (10_000, 2_000))
    assert "no ratio: trained on 10,000 images and tested on 2,000" in told
    assert "60,000" in told and "make data" in told and "times" not in told


def test_runs_on_other_images_are_not_gone_on_with(runs, monkeypatch, capsys):
    runs([0.9] * 5)
    told = runs([0.8] * 5, (10_000, 2_000))
    assert "trained on other images; measured anew" in capsys.readouterr().out
    assert len(runs.made) == 10 and "lowest 0.8000" in told


def test_the_courses_figures_are_not_recorded_on_the_sample(capsys):
    with pytest.raises(SystemExit, match="whole set.*make data"):
        speed.main(["target", "--record"])


def test_the_course_own_figures_are_replaced_only_when_told_so(tmp_path, monkeypatch):
    monkeypatch.setattr(recordings, "FOLDER", tmp_path)
    record = rounds.options("speed", "").parse_args(["--record"])
    fresh = rounds.options("speed", "").parse_args(["--record", "--fresh"])
    rounds.begin("speed-x", record, batch=1).measure("a", lambda: {RATE: 1})
    with pytest.raises(SystemExit, match="holds runs with batch 1; .*--fresh"):
        rounds.begin("speed-x", record, batch=2)
    monkeypatch.setattr(rounds, "machine", lambda: machine() | {"torch": "1.0"})
    with pytest.raises(SystemExit, match="recorded on another machine.*--fresh"):
        rounds.begin("speed-x", record, batch=1)
    study = rounds.begin("speed-x", fresh, batch=1)
    assert recordings.load("speed-x", tmp_path).values == {"a": {RATE: 1}}, "still there"
    study.measure("b", lambda: {RATE: 2})
    assert recordings.load("speed-x", tmp_path).values == {"b": {RATE: 2}}


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
