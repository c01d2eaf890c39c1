"""The benchmark of patience: which networks are trained, and what is kept of them."""

from concurrent.futures import Future

import pytest

from benchmarks import patience
from utils import recordings
from utils.history import History

SETTINGS = {"epochs": [12, 36, 108], "rates": [0.01, 0.1], "seeds": [0, 1]}


def history(accuracy):
    return History(train_loss=[1.0], train_acc=[accuracy])


def race(errors):
    """A race whose networks end with ``errors(job)``; what it gave, and the jobs asked for."""
    asked = []

    def ask(jobs):
        asked.extend(jobs)
        return (history(1 - errors(job)) for job in jobs)

    return patience.race("plain", 56, SETTINGS, ask), asked


def test_the_rate_is_searched_in_the_shortest_training_with_the_first_seed():
    (best, _), asked = race(lambda job: 0.2 if job.rate == 0.1 else 0.3)
    assert best == 0.1
    assert [(j.epochs, j.rate, j.seed) for j in asked[:2]] == [(12, 0.01, 0), (12, 0.1, 0)]
    assert {j.rate for j in asked[2:]} == {0.1}


def test_it_goes_on_until_every_seed_is_done_and_no_longer():
    (_, errors), _ = race(lambda job: 0.0005 if job.epochs == 36 or job.seed == 0 else 0.25)
    assert errors == {12: pytest.approx([0.0005, 0.25]), 36: pytest.approx([0.0005, 0.0005])}
    (_, errors), asked = race(lambda job: 0.25)
    assert list(errors) == [12, 36, 108] and max(job.epochs for job in asked) == 108


class Pool:
    """Trains at once, in this process."""

    def submit(self, what, *arguments):
        future = Future()
        future.set_result(what(*arguments))
        return future


@pytest.fixture
def small(monkeypatch, tmp_path):
    tiny = {"images": 64, "pixels": 14, "batch": 32, "epochs": [1], "rates": [0.1], "seeds": [0],
            "shallow": 8, "deep": 14}  # fmt: skip
    monkeypatch.setattr(patience, "SETTINGS", tiny)
    monkeypatch.setattr("benchmarks.rounds.MINE", tmp_path)
    return tmp_path / "patience.json"


def test_what_is_trained_once_is_kept_and_the_twins_are_chapter_2s(small, monkeypatch, capsys):
    trained = []
    original = patience.train

    def train(job, *how):
        trained.append(job.key)
        return original(job, *how)

    class Executor(Pool):
        def __init__(self, *arguments, **options): ...
        def __enter__(self):
            return self

        def __exit__(self, *error): ...

    monkeypatch.setattr(patience, "train", train)
    monkeypatch.setattr(patience, "ProcessPoolExecutor", Executor)
    assert patience.main([]) == 0
    keys = [
        f"{twin}, 1 epochs, rate 0.1, seed 0" for twin in ("plain 8", "plain 14", "residual 14")
    ]
    assert sorted(trained) == sorted(keys) == sorted(recordings.read(small)["measured"])
    assert patience.main([]) == 0
    assert len(trained) == 3, "nothing is trained twice"
    assert "residual 14, rate 0.1, 1 epochs: training error 0." in capsys.readouterr().out
