"""Seconds are seconds, and the limits come from work that was done."""

import time

import pytest
import torch

from utils import timing

CPU = torch.device("cpu")


def test_timed_is_the_time_the_work_takes():
    assert 0.03 <= timing.timed(lambda: time.sleep(0.03), CPU) < 3


def test_fastest_is_the_least_of_five_after_one_to_warm_up():
    naps = iter([0.2, 0.05, 0.02, 0.06, 0.05, 0.07])
    assert 0.02 <= timing.fastest(lambda: time.sleep(next(naps))) < 0.05
    assert next(naps, None) is None


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
