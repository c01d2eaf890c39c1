"""Learning-rate schedules: which share of the highest rate each step gets."""

import math


def one_cycle(step: int, steps: int) -> float:
    """The share of the peak learning rate at ``step`` (from 0) of ``steps``.

    Linear up over the first quarter, then half a cosine down to almost zero (Smith and Topin
    2017, arXiv 1708.07120). PyTorch's own ``OneCycleLR`` divides by zero for runs of a few steps.
    """
    rising = max(1, steps // 4)
    if step < rising:
        return (step + 1) / rising
    return (1 + math.cos(math.pi * (step - rising + 1) / (steps - rising + 1))) / 2


def milestones(step: int, steps: int, warmup: int = 0) -> float:
    """The share of the first learning rate at ``step`` (from 0) of ``steps``: 1, 0.1, then 0.01.

    It is divided by ten after a half and after three quarters, and is a tenth during the first
    ``warmup`` steps (He et al. 2016a, section 4.2: at 32,000 and 48,000 of 64,000 steps; about 400
    steps of warm-up for 110 layers).
    """
    if step < warmup:
        return 0.1
    return 0.1 ** ((2 * step >= steps) + (4 * step >= 3 * steps))
