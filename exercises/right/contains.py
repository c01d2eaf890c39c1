"""Right answers to the exercise `contains`, of different structure."""

from fractions import Fraction

import torch

# %% the ends of all steps, as floats


def steps_contain(large, small):
    ends = {k / large for k in range(large + 1)}
    return all(min(abs(k / small - e) for e in ends) < 1e-9 for k in range(small + 1))


# %% the ends of all steps, as fractions


def steps_contain(large, small):
    def ends(n):
        return {Fraction(k, n) for k in range(n + 1)}

    return ends(small) <= ends(large)


# %% a common divisor

import math

steps_contain = lambda large, small: math.gcd(large, small) == small  # noqa: E731

# %% a staircase that is drawn


def steps_contain(large, small):
    fine = torch.arange(small).repeat_interleave(large)
    pieces = fine.reshape(large, small)
    return bool((pieces == pieces[:, :1]).all())


# %% counted up to it


def steps_contain(large, small):
    reached = small
    while reached < large:
        reached += small
    if reached == large:
        return True
    return False
