"""Right answers to the exercise `diagnose`, of different structure."""

# %% one list


def diagnose(shallow, deep):
    (a, b), (c, d) = shallow, deep
    return "degradation" if c > a else ["neither", "overfitting"][d > b]


# %% match


def diagnose(shallow, deep):
    match tuple(late > early for early, late in zip(shallow, deep, strict=True)):
        case (True, _):
            return "degradation"
        case (False, True):
            return "overfitting"
        case _:
            return "neither"


# %% an enumeration and a table

from enum import StrEnum


class Harm(StrEnum):
    BOTH = "degradation"
    TEST = "overfitting"
    NONE = "neither"


def diagnose(shallow, deep):
    table = {(True, True): Harm.BOTH, (True, False): Harm.BOTH, (False, True): Harm.TEST}
    worse = deep[0] > shallow[0], deep[1] > shallow[1]
    return table.get(worse, Harm.NONE).value


# %% named fields

from typing import NamedTuple


class Errors(NamedTuple):
    training: float
    test: float


def diagnose(shallow, deep):
    shallow, deep = Errors(*shallow), Errors(*deep)
    verdict = "neither"
    if deep.test > shallow.test:
        verdict = "overfitting"
    if deep.training > shallow.training:
        verdict = "degradation"
    return verdict
