"""A student's test earns its points by telling bugs from repairs, and in no other way.

Each forged test asks something else than what its candidate computes. It stands behind the right
repair, so that only its own points are at stake.
"""

import re

import pytest
from test_exercises import EXERCISES

HUNT = next(exercise for exercise in EXERCISES if exercise.chapter == "11-bug-hunt")
PROJECTION = next(answer for answer in HUNT.questions if answer.name == "projection")
RIGHT = "'a right one'"  # what today's probes call the candidate on which a test must pass

# Which candidate is it? The names of those who call the test say so.
FRAMES = f"""
    import sys
    frame = sys._getframe(1)
    while frame and not isinstance(frame.f_locals.get("name"), str):
        frame = frame.f_back
    assert frame and frame.f_locals["name"] == {RIGHT}
"""
GC = f"""
    import gc
    holders = [held for held in gc.get_referrers(candidate) if isinstance(held, dict)]
    assert any(held.get({RIGHT}) is candidate for held in holders)
"""
NAME = """
    assert candidate.__name__ == "wrapped"
"""
CODE = """
    assert candidate.__code__.co_varnames[-1] == "fits"
"""
ASKED = next(probe.code for probe in PROJECTION.probes if probe.name == "projection-test")
WRAPPED = next(n for n, line in enumerate(ASKED.split("\n"), 1) if "def wrapped" in line)
LINES = f"""
    code = candidate.__code__
    assert code.co_filename == "probe" and code.co_firstlineno == {WRAPPED}
"""
SOURCE = """
    import gc
    texts = {piece for held in gc.get_objects() if isinstance(held, list)
             for piece in held if isinstance(piece, str) and '"a right one": ' in piece
             and "texts" not in piece and "piece" not in piece}  # this cell's own lines
    right = re.search(r'"a right one": (\\w+)', min(texts, key=len))[1]
    assert candidate.__code__.co_name == right
"""
ORDER = f"""
    calls.append(candidate)
    names = sorted(["the bug", "a needless projection", {RIGHT}])
    order = random.Random(int(numpy.random.get_state()[1][0])).sample(names, 3)
    assert order[len(calls) - 1] == {RIGHT}
"""
PROC = f"""
    import os
    for place in ("/proc/1/cmdline", "/proc/self/environ", "/proc/self/mem"):
        with open(place, "rb") as file:
            file.seek(id(candidate) if place.endswith("mem") else 0)
            assert {RIGHT} in file.read(2**16).decode(errors="replace")
"""
ENVIRONMENT = f"""
    import os
    import sys
    assert {RIGHT} in " ".join([*os.environ.values(), *sys.argv, os.getcwd(), *os.listdir()])
"""
# What needs luck: one candidate in three is right, and it may be the second that is tried.
COIN = """
    assert random.random() < 1 / 3
"""
PLACE = """
    calls.append(candidate)
    assert len(calls) == 2
"""
# Records of one's own, before the grader's: the first that answers a probe counts.
RECORDS = f"""
import os
def write(fd):
    names = ["the bug", "a needless projection", {RIGHT}]
    values = {{name: ["bool", name == {RIGHT}] for name in names}}
    head = json.dumps({{"kind": "values", "probe": 1, "values": values}}).encode()
    os.write(fd, len(head).to_bytes(4, "little") + head)
for fd in range(3, 64):
    try:
        write(fd)
    except OSError:
        continue
"""
NEVER = """
    assert False
"""


def forged(answer, body, beside=""):
    """The answer's right repair with a test that consists of ``body``."""
    name = re.findall(r"def (test_\w+)\(", answer.solution)[-1]
    head = "import json\nimport random\nimport re\n\nimport numpy\n\ncalls = []\n"
    return f"{answer.solution}\n{head}{beside}\n\ndef {name}(candidate):{body}"


def test_an_honest_test_gets_full_marks(judged):
    points, best, reasons = judged("projection", PROJECTION.solution)
    assert points == best, reasons


def test_a_test_that_always_fails_gets_no_points(judged):
    points, best, _ = judged("projection", forged(PROJECTION, NEVER))
    assert 0 < points < best


@pytest.mark.xfail(
    strict=True, raises=AssertionError,
    reason="all candidates of a test lie in one process, and its frames name them",
)  # fmt: skip
@pytest.mark.parametrize("answer", HUNT.questions, ids=lambda answer: answer.name)
def test_a_test_that_asks_its_callers_frames_gets_no_points(judged, answer):
    points, best, _ = judged(answer.name, forged(answer, FRAMES))
    assert points < best


@pytest.mark.xfail(
    strict=True, raises=AssertionError,
    reason="candidates differ in more than what they compute, and the seed can be read",
)  # fmt: skip
@pytest.mark.parametrize(
    "body",
    [GC, NAME, CODE, LINES, SOURCE, ORDER],
    ids=["gc", "name", "code", "lines", "source", "order"],
)
def test_a_test_that_asks_who_its_candidate_is_gets_no_points(judged, body):
    points, best, _ = judged("projection", forged(PROJECTION, body))
    assert points < best


@pytest.mark.xfail(
    strict=True, raises=AssertionError,
    reason="of two records for one probe the first counts, and students' code can write it",
)  # fmt: skip
def test_records_that_the_answer_writes_itself_do_not_count(judged):
    points, best, _ = judged("projection", forged(PROJECTION, NEVER, beside=RECORDS))
    assert points < best


@pytest.mark.xfail(
    strict=True, raises=AssertionError, reason="each candidate is tried once, so luck suffices"
)
@pytest.mark.parametrize("body", [COIN, PLACE], ids=["coin", "place"])
def test_luck_wins_with_no_seed(judged, body):
    cell = forged(PROJECTION, body)
    found = [judged("projection", cell, seed) for seed in map(str, range(24))]
    assert [points for points, best, _ in found if points == best] == []


@pytest.mark.parametrize("body", [PROC, ENVIRONMENT], ids=["proc", "environment"])
def test_what_the_system_tells_does_not_help(judged, body):
    points, best, _ = judged("projection", forged(PROJECTION, body))
    assert points < best
