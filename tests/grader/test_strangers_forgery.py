"""A student's test earns its points by telling bugs from repairs, and in no other way.

Each forged test asks something else than what its candidate computes. It stands behind the right
repair, so that only its own points are at stake. Every one must lose with one of two secrets: what
goes by the clock may be lucky once, in less than one case of a hundred. What luck can earn is
worked out in `test_candidates`, which also shows for fifty secrets that the candidates of a draw
look the same.
"""

import os
import re

import pytest
from test_exercises import EXERCISES

from grader import candidates
from grader.diagnosis import INTRUDER

pytestmark = pytest.mark.slow(reason="gives attacks to the sandbox")

HUNT = next(exercise for exercise in EXERCISES if exercise.chapter == "11-bug-hunt")
PROJECTION = next(answer for answer in HUNT.questions if answer.name == "projection")
# ATTACK_SEEDS=50 measures what the attacks earn; the suite has no time for so many.
MANY = int(os.environ.get("ATTACK_SEEDS", "2"))
SEEDS = ("a seed", "another", *(f"seed {n}" for n in range(2, MANY)))

# Which candidate is it? Those who call the test may know: by a name, a place, or a word of theirs.
FRAMES = """
    import sys
    frame, seen = sys._getframe(1), []
    while frame:
        seen += [repr(value) for value in frame.f_locals.values() if not callable(value)]
        frame = frame.f_back
    assert "right" in " ".join(seen) or "True" in seen
"""
GC = """
    import gc
    holders = [held for held in gc.get_referrers(candidate) if isinstance(held, dict)]
    known = [key for held in holders for key, value in held.items() if value is candidate]
    assert any("right" in str(key) for key in known) or len(known) == 2
"""
LABELS = """
    import gc
    told = [held for held in gc.get_objects() if isinstance(held, dict) and "bug" in held]
    assert any(held["bug"] is None for held in told)
"""
NAME = """
    assert candidate.__qualname__ in ("wrapped", "returned_early", "listed")
"""
CODE = """
    def all_of(code):
        return [code] + [one for c in code.co_consts if hasattr(c, "co_code") for one in all_of(c)]
    codes = all_of(candidate.__code__)
    names = [name for code in codes for name in (*code.co_names, *code.co_varnames)]
    size = sum(len(code.co_code) for code in codes)
    assert "fits" in names or size < 1_000 and "append" not in names
"""
# Of the functions in it the last would be the one that is called.
PLACE_IN_CODE = """
    inside = [c for c in candidate.__code__.co_consts if hasattr(c, "co_code")]
    assert "Identity" in inside[-1].co_names
"""
LINES = """
    code = candidate.__code__
    lines = [line for _, _, line in code.co_lines() if line]
    assert code.co_filename == "candidate" and max(lines) - code.co_firstlineno < 30
"""
SOURCE = """
    import gc
    texts = [piece for held in gc.get_objects() if isinstance(held, (list, tuple, dict))
             for piece in (held.values() if isinstance(held, dict) else held)
             if isinstance(piece, str) and "def candidate(" in piece]
    assert re.search("return_early|listed|wrapped|right", min(texts, key=len)) or len(texts) % 2
"""
ORDER = """
    number = int(numpy.random.get_state()[1][0])
    pattern = random.Random(number).choice([p for p in range(128) if 2 <= p.bit_count() <= 5])
    assert pattern >> len(calls) & 1
    calls.append(candidate)
"""
CLOCK = """
    import time
    assert time.monotonic_ns() // 10**8 % 2
"""
NUMBER = """
    import os
    assert os.getpid() % 2 or os.getppid() > 1
"""
PROC = """
    import os
    for place in ("/proc/1/cmdline", "/proc/self/environ", "/proc/self/mem"):
        with open(place, "rb") as file:
            file.seek(id(candidate) if place.endswith("mem") else 0)
            assert "right" in file.read(2**16).decode(errors="replace")
"""
ENVIRONMENT = """
    import os
    import sys
    assert "right" in " ".join([*os.environ.values(), *sys.argv, os.getcwd(), *os.listdir()])
"""
# What an earlier process of the same answer has left, and files that are still open.
TRACES = """
    import os
    import pathlib
    folders = [pathlib.Path(place) for place in ("/tmp", "/dev/shm", ".")]
    found = [path for folder in folders for path in folder.glob("trace*")]
    for folder in folders:
        (folder / f"trace-{len(found)}").touch()
    assert len(found) >= 6
"""
DESCRIPTORS = """
    import os
    def told(fd):
        try:
            return os.pread(fd, 2**16, 0)
        except OSError:
            return b""
    assert b"right" in b"".join(told(fd) for fd in range(3, 64))
"""
COIN = """
    assert random.random() < 1 / 2
"""
ALL = {
    "frames": FRAMES, "gc": GC, "labels": LABELS, "name": NAME, "code": CODE,
    "place in code": PLACE_IN_CODE, "lines": LINES, "source": SOURCE, "order": ORDER,
    "clock": CLOCK, "number": NUMBER, "proc": PROC, "environment": ENVIRONMENT, "traces": TRACES,
    "descriptors": DESCRIPTORS, "coin": COIN,
}  # fmt: skip
NEVER = """
    assert False
"""
# Records of one's own, before the grader's: of an ordinary probe, of a test, and of a failed cell.
WRITE = """
import os
def write(kind, probe, **fields):
    head = json.dumps({"kind": kind, "probe": probe, **fields}).encode()
    for fd in range(3, 64):
        try:
            os.write(fd, len(head).to_bytes(4, "little") + head)
        except OSError:
            continue
"""
YES = 'write("values", 0, values={"passes": ["bool", True]})'
BOTH = f"{YES}\nwrite('values', 1, values={{'passes': ['bool', True]}})"
VERDICTS = """
said = ["list", [["bool", n % 2 == 0] for n in range(7)]]
write("cell", None, type="", text="")
write("values", 1, values={"verdicts": said})
"""


def forged(answer, body, beside=""):
    """The answer's right repair with a test that consists of ``body``."""
    name = re.findall(r"def (test_\w+)\(", answer.solution)[-1]
    head = "import json\nimport random\nimport re\n\nimport numpy\n\ncalls = []\n"
    return f"{answer.solution}\n{head}{beside}\n\ndef {name}(candidate):{body}"


def test_an_honest_test_gets_full_marks(judged):
    for seed in SEEDS:
        points, best, reasons = judged("projection", PROJECTION.solution, seed)
        assert points == best, reasons


def test_a_test_that_always_fails_gets_no_points(judged):
    points, best, reasons = judged("projection", forged(PROJECTION, NEVER))
    assert 0 < points < best
    assert reasons == [
        "your test doesn't tell bugs from repairs (it fails on a right one, written in another way)"
    ]


@pytest.mark.parametrize("answer", HUNT.questions, ids=lambda answer: answer.name)
def test_a_test_that_asks_its_callers_frames_gets_no_points(judged, answer):
    points, best, _ = judged(answer.name, forged(answer, FRAMES))
    assert points < best


@pytest.mark.parametrize("body", ALL.values(), ids=ALL)
def test_a_test_that_asks_who_its_candidate_is_gets_no_points(judged, body):
    found = [judged("projection", forged(PROJECTION, body), seed)[:2] for seed in SEEDS]
    won = sum(points == best for points, best in found)
    print(f"full marks with {won} of {len(SEEDS)} secrets")
    assert won <= max(1, len(SEEDS) // 16)


@pytest.mark.parametrize("record", [YES, BOTH], ids=["one", "two"])
def test_records_that_the_answer_writes_itself_do_not_count(judged, record):
    points, _, reasons = judged("projection", forged(PROJECTION, NEVER, beside=WRITE + record))
    assert points == 0 and set(reasons) == {INTRUDER}


def test_a_record_that_comes_as_if_the_test_had_passed_is_a_guess(judged):
    body = f"\n    {YES}\n    os._exit(0)"
    points, best, reasons = judged("projection", forged(PROJECTION, body, beside=WRITE))
    assert points < best and "it passes although it" in reasons[0]


def test_a_record_after_the_verdict_spoils_it(judged):
    later = "import atexit\nos._exit = lambda _: None\n" + f"\ndef late():\n    {YES}\n"
    late = "import sys\nsys.stdout = type('Late', (), {'flush': lambda self: late()})()"
    cell = forged(PROJECTION, NEVER, beside=f"{WRITE}{later}{late}")
    points, best, reasons = judged("projection", cell)
    assert points < best and INTRUDER in reasons


def test_verdicts_sent_from_the_process_of_the_other_probes_do_not_count(judged):
    for ending in ("", "\nos._exit(0)"):
        cell = forged(PROJECTION, NEVER, beside=WRITE + VERDICTS + ending)
        points, _, reasons = judged("projection", cell)
        assert points == 0 and reasons


@pytest.fixture
def told(monkeypatch):
    """The forms as they must not be: each with the name that its candidate has in its file."""

    def form(pool, number, chance):
        code = pool[number].code
        return f"{code}\ncandidate = {candidates.the_definition(code).name}\n"

    monkeypatch.setattr(candidates, "form", form)


def test_the_same_attack_wins_where_candidates_have_their_own_names(judged, told):
    points, best, reasons = judged("projection", forged(PROJECTION, NAME), "told")
    assert points == best, reasons
