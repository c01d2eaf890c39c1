"""Intervals: Student's, as SciPy has them, and as often right as they say."""

import numpy as np
import pytest
from scipy import stats

from utils import timing
from utils.intervals import interval


@pytest.mark.parametrize("n", [2, 3, 5, 10])
def test_the_interval_of_paired_differences_is_scipys(n):
    random = np.random.default_rng(n)
    a, b = random.normal(size=n), random.normal(size=n)
    low, high = stats.ttest_rel(a, b).confidence_interval(0.95)
    middle, reach = interval(list(a - b))
    assert (middle - reach, middle + reach) == pytest.approx((low, high))


def test_nineteen_of_twenty_intervals_hold_the_mean():
    random = np.random.default_rng(0)
    held = [abs(m - 3) <= r for m, r in (interval(random.normal(3, 2, 5)) for _ in range(4000))]
    assert 0.94 < np.mean(held) < 0.96


def test_one_value_has_no_interval():
    with pytest.raises(ValueError, match="at least two"):
        interval([1.0])


def test_a_ratio_of_times_compares_neighbours(monkeypatch):
    """A machine that gets slower and slower does not change it."""
    clock = iter(speed * cost for speed in (1, 2, 4, 8, 16) for cost in (3.0, 2.0))
    asked = []
    monkeypatch.setattr(timing, "timed", lambda work, where: (work(), next(clock))[1])
    found = timing.ratio(lambda: asked.append("mine"), lambda: asked.append("other"), rounds=5)
    assert found == pytest.approx(1.5)
    assert asked == ["mine", "other"] * 6, "one of each to warm up, then in turn"
