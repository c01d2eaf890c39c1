"""Inputs from the whole range, asked beside a probe's own."""

from pathlib import Path

import torch

from grader import masters
from grader.drawn import DRAWS, parameters, with_draws
from grader.questions import Probe

COURSE = masters.read_all(Path(__file__).parents[2] / "chapters")
SMALL = """
def number():
    return 3

def probe_small(double, seed):
    return {"three": double(number())}

probe = probe_small
"""
BEHAVIOUR = """
def number(seed):
    return 10 + seed % 1000

def behaviour_double(seed, double):
    return {"value": double(number(seed))}

probe = behaviour_double
"""
PROBES = (
    Probe("double-zero", "def probe(double, seed):\n    return {'zero': double(0)}\n", "at 0"),
    Probe("double-small", SMALL, "it is not doubled", points=2.0),
)
DRAWN = Probe("behaviour_double", BEHAVIOUR, "")


def asked(probe, double, seed=5):
    """What a probe finds of a function, as in the sandbox: among names of its own."""
    room = {"torch": torch}
    exec(probe.code, room)
    given = {"double": double, "seed": seed}
    return room["probe"](**{name: given[name] for name in parameters(probe)})


def test_what_is_wrong_beyond_the_probes_is_found():
    def right(x):
        return 2 * x

    def limited(x):
        return min(2 * x, 20)

    _, alone = PROBES
    _, both = with_draws(PROBES, [DRAWN])
    assert asked(alone, limited) == asked(alone, right) == {"three": 6}
    assert asked(both, limited) != asked(both, right)


def test_each_draw_has_a_seed_of_its_own_and_helpers_of_one_name_are_kept_apart():
    _, both = with_draws(PROBES, [DRAWN])
    found = asked(both, lambda x: 2 * x, seed=5)
    assert found["three"] == 6 and len(found) == 1 + DRAWS
    assert [found[f"drawn 0 {n} value"] for n in range(DRAWS)] == [
        2 * (15 + n) for n in range(DRAWS)
    ]


def test_the_probe_with_most_points_draws_and_keeps_name_words_and_points():
    zero, both = with_draws(PROBES, [DRAWN])
    assert zero == PROBES[0]
    assert (both.name, both.message, both.points) == ("double-small", "it is not doubled", 2.0)


def test_a_students_test_is_tried_on_candidates_alone():
    hunt = Probe("hunt", "def probe(f, candidate, seed):\n    return {'passes': True}\n", "", 3.0,
                 test="f")  # fmt: skip
    assert with_draws([hunt], [DRAWN]) == (hunt,)
    assert with_draws(PROBES, []) == PROBES


def test_every_answer_of_the_course_that_is_no_test_is_asked_by_draws():
    for question in (question for exercise in COURSE for question in exercise.questions):
        able = [probe for probe in question.probes if probe.test is None]
        drawing = [probe for probe in able if "asked_alone" in probe.code]
        assert len(drawing) == bool(able and question.behaviours), question.name
        assert not able or question.behaviours, f"{question.name} has no behaviour"
