"""How far a mean of a few seeds can be trusted."""

from collections.abc import Sequence

import numpy as np
from scipy import stats


def interval(values: Sequence[float], level: float = 0.95) -> tuple[float, float]:
    """The mean of a few values, and how far its confidence interval reaches to either side.

    By Student's t. Given the *differences* of two settings, seed by seed, it says whether the seeds
    tell the two apart: they do where the interval leaves out 0. It holds for values that are
    independent and about normal.

    Parameters
    ----------
    values : sequence of float
    level : float
        How often such an interval holds the true mean.

    Raises
    ------
    ValueError
        For fewer than two values.
    """
    n = len(values)
    if n < 2:
        raise ValueError(f"interval: one value has no spread; give at least two, got {n}.")
    found = np.asarray(values, dtype=float)
    reach = stats.t.ppf((1 + level) / 2, n - 1) * found.std(ddof=1) / n**0.5
    return float(found.mean()), float(reach)
