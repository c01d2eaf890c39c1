"""Right answers to the exercise `rewrite`, of different structure."""

import torch

# %% one new step after the other


def rewrite(heights, n):
    found, m = [], len(heights)
    for step in range(n):
        first, last = step * m // n, ((step + 1) * m - 1) // n
        met = {heights[i].item() for i in range(first, last + 1)}
        if len(met) > 1:
            return None
        found.append(met.pop())
    return torch.tensor(found)


# %% there and back


def rewrite(heights, n):
    sampled = heights[torch.arange(n) * len(heights) // n]
    same = torch.equal(sampled.repeat_interleave(len(heights)), heights.repeat_interleave(n))
    return sampled if same else None


# %% the smallest and the largest height of each


def rewrite(heights, n):
    pieces = heights.unsqueeze(1).expand(-1, n).reshape(n, len(heights))
    low, high = pieces.aminmax(dim=1)
    return low if bool((low == high).all()) else None


# %% fractions of the line

from fractions import Fraction


def rewrite(heights, n):
    m = len(heights)
    jumps = {Fraction(i, m) for i in range(1, m) if heights[i] != heights[i - 1]}
    if not jumps <= {Fraction(k, n) for k in range(1, n)}:
        return None
    return torch.stack([heights[int(Fraction(k, n) * m)] for k in range(n)])
