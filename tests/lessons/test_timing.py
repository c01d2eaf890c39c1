"""Seconds are seconds, and the limits come from work that was done."""

import os
import time

import pytest
import torch

from utils import timing

CPU = torch.device("cpu")


@pytest.fixture
def sleep(monkeypatch):
    """A clock that goes on only while this sleeps, so that a busy machine measures the same."""
    now = [1000.0]
    monkeypatch.setattr(timing.time, "perf_counter", lambda: now[0])
    return lambda seconds: now.append(now.pop() + seconds)


def test_timed_is_the_time_the_work_takes(sleep):
    assert timing.timed(lambda: sleep(0.25), CPU) == 0.25


def test_the_clock_is_the_machines():
    assert timing.timed(lambda: time.sleep(0.03), CPU) >= 0.03


def test_fastest_is_the_least_of_five_after_one_to_warm_up(sleep):
    naps = iter([0.125, 2.0, 0.5, 1.5, 1.0, 3.0, 0.25])
    assert timing.fastest(lambda: sleep(next(naps))) == 0.5
    assert list(naps) == [0.25]


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
def test_rates_are_those_of_the_products_they_name(dtype, monkeypatch):
    """With a clock that says one second, the rate is the number of multiply-adds."""
    monkeypatch.setattr(timing, "fastest", lambda work, where: (work(), 1.0)[1])
    rates = timing.multiply_add_rates(CPU, dtype)
    pixels = 16 * 32 * 32
    assert rates == {
        "mm": 2048**3, "1x1": 256 * 256 * pixels, "3x3": 9 * 256 * 256 * pixels
    }  # fmt: skip


def test_bandwidth_counts_what_is_read_and_what_is_written(monkeypatch):
    monkeypatch.setattr(timing, "fastest", lambda work, where: 2.0)
    assert timing.bandwidth(CPU, megabytes=8) == 8 * 2**20


def test_a_process_of_its_own_finds_what_this_one_finds(tmp_path, monkeypatch):
    (tmp_path / "only_here.py").write_text("import os\nSAID = os.environ['HOW'], os.getpid()\n")
    monkeypatch.syspath_prepend(str(tmp_path))
    code = "import only_here, sys; print(*only_here.SAID, sys.argv[1])"
    how, number, argument = timing.in_a_process("-c", code, "7", HOW="well").split()
    assert (how, argument) == ("well", "7") and int(number) != os.getpid()


@pytest.mark.parametrize(
    ("code", "said"),
    [("1 / 0", "exit status 1:.*ZeroDivisionError"), ("exit(3)", "status 3:.*said nothing")],
)
def test_a_process_that_fails_is_quoted(code, said):
    with pytest.raises(RuntimeError, match=f"(?s){said}"):
        timing.in_a_process("-c", code)
