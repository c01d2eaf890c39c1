"""The learning-rate schedule: which share of the peak each step gets."""

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
