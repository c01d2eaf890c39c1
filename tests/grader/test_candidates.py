"""Candidates differ in what they compute alone, and no guess is right once in a hundred times.

What a test can see of its candidate is compared over all candidates of a draw; how a test fares
that looks at it, in the sandbox, is in `test_strangers_forgery`.
"""

import dis
import os
import random
import re
import subprocess
import sys
from collections import Counter
from math import sqrt
from types import CodeType

import pytest
from strangers_tools import ROOT

from grader import masters
from grader.candidates import (
    FEWEST,
    arranged,
    draw,
    form,
    patterns,
    signature,
    stripped,
    the_definition,
)
from grader.exercise_files import parse
from grader.runner import Grader

HUNTS = [
    question
    for exercise in masters.read_all(ROOT / "chapters")
    for question in exercise.questions
    if question.candidates
]
PROJECTION = HUNTS[0]


def name(value):
    return getattr(value, "name", None)


def bugs(question):
    return [candidate.bug for candidate in question.candidates]


def kinds(question):
    return len(set(bugs(question)) - {None})


def codes(code):
    """A code object and all inside it."""
    yield code
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            yield from codes(constant)


def words(code):
    """All names, constants and kinds of instruction in a code object and inside it."""
    found = set()
    for one in codes(code):
        found |= {("name", word) for word in (*one.co_names, *one.co_freevars)}
        found |= {("instruction", instruction.opname) for instruction in dis.get_instructions(one)}
        # From Python 3.13 on the body of a class keeps its first line as a number. Where a class
        # stands is drawn, as it is for functions, whose lines are not compared either.
        line = one.co_firstlineno if "__firstlineno__" in one.co_names else None
        found |= {("constant", repr(value)) for value in one.co_consts
                  if not isinstance(value, CodeType | str) and value != line}  # fmt: skip
    return found


def looks(source):
    """What can be seen of a candidate without following its call: the same for all, or it tells."""
    space = {}
    exec(compile(source, "candidate", "exec"), {"nn": __import__("torch").nn}, space)
    code = space["candidate"].__code__
    inside = [one for one in codes(code) if one is not code]
    plain = [word for word in words(code) if not str(word[1]).startswith("v_")]
    return {
        "names": (space["candidate"].__name__, space["candidate"].__qualname__, code.co_filename),
        "place": (code.co_firstlineno, source.count("\n"), len(source)),
        "parameters": (code.co_varnames[: code.co_argcount], space["candidate"].__defaults__),
        "sizes": (len(code.co_code), code.co_stacksize, code.co_flags, len(code.co_consts)),
        "counts": (len(code.co_names), len(code.co_varnames), len(code.co_cellvars)),
        "inside": Counter((len(one.co_code), one.co_stacksize, one.co_flags) for one in inside),
        "words": sorted(plain),
    }


@pytest.mark.parametrize("number", [2, 3, 4, 5])
def test_no_guess_is_right_in_one_of_a_hundred_draws(number):
    found = patterns(number)
    size = len(found[0])
    assert len(set(found)) == len(found) and {len(pattern) for pattern in found} == {size}
    assert size >= FEWEST
    # Whoever knows the order, and which pattern is likeliest: all are as likely.
    assert 1 / len(found) < 0.01
    # Whoever tosses a coin in each process, whatever the coin.
    for percent in range(101):
        p = percent / 100
        luck = sum(p ** sum(one) * (1 - p) ** (size - sum(one)) for one in found) / len(found)
        assert luck < 0.01, percent


def test_every_pattern_is_drawn_equally_often():
    of_each, chance = 60, random.Random("equally")
    known = patterns(kinds(PROJECTION))
    found = Counter(
        tuple(bugs(PROJECTION)[number] is None for number in arranged(bugs(PROJECTION), chance))
        for _ in range(of_each * len(known))
    )
    assert found.keys() == set(known)
    assert max(abs(count - of_each) for count in found.values()) < 5 * sqrt(of_each)


@pytest.mark.parametrize("question", HUNTS, ids=name)
def test_every_draw_has_each_kind_of_bug_and_several_right_ones(question):
    for seed in range(100):
        drawn = arranged(bugs(question), random.Random(seed))
        said = [bugs(question)[number] for number in drawn]
        assert set(said) == set(bugs(question)) and len(said) >= FEWEST
        assert len({number for number in drawn if bugs(question)[number] is None}) >= 2


@pytest.mark.parametrize("question", HUNTS, ids=name)
def test_a_draws_candidates_look_the_same(question):
    for seed in range(50 if question is PROJECTION else 3):
        first, *others = [looks(one.code) for one in draw(question.candidates, str(seed))]
        for other in others:
            assert other == first


def test_no_two_forms_of_one_candidate_are_the_same():
    forms = {form(PROJECTION.candidates, 0, random.Random(seed)) for seed in range(50)}
    assert len(forms) == 50
    assert len({text.rpartition("return ")[2] for text in forms}) == 50


def test_the_one_that_is_called_may_stand_anywhere():
    for number in range(len(PROJECTION.candidates)):
        places = set()
        for seed in range(100):
            text = form(PROJECTION.candidates, number, random.Random(seed))
            called = text.rpartition("return ")[2].partition("(")[0]
            places.add(re.findall(r"^    def (\w+)", text, re.MULTILINE).index(called))
        assert places == set(range(len(PROJECTION.candidates)))


@pytest.mark.parametrize("question", HUNTS, ids=name)
def test_bugs_and_repairs_are_written_in_several_ways(question):
    count = Counter(bugs(question))
    assert count[None] >= 3 and kinds(question) >= 2 and min(count.values()) >= 2
    assert len({signature(one.code) for one in question.candidates}) == 1


@pytest.mark.parametrize("question", HUNTS, ids=name)
def test_no_single_word_of_their_code_tells_bugs_from_repairs(question):
    """Not even for one that has followed the call to the code that is run."""
    found = [words(compile(stripped(one.code), "c", "exec")) for one in question.candidates]
    right = {number for number, bug in enumerate(bugs(question)) if bug is None}
    for word in set().union(*found):
        having = {number for number, all_words in enumerate(found) if word in all_words}
        assert having != right and having != set(range(len(found))) - right, word


@pytest.mark.parametrize("question", HUNTS, ids=name)
def test_every_candidate_is_what_it_says_in_every_form(question):
    """By the solution's own test."""
    space = {}
    for cell in (*question.context, question.solution):
        exec(cell, space)
    test = space[next(probe.test for probe in question.probes if probe.test)]
    for number, candidate in enumerate(question.candidates):
        formed = dict(space)
        exec(form(question.candidates, number, random.Random(number)), formed)
        assert space["passes"](test, formed["candidate"]) == (candidate.bug is None)


def test_what_is_drawn_depends_on_the_secret_alone():
    code = (
        "import sys\nfrom grader.candidates import draw\nfrom grader.questions import Candidate\n"
        "bugs = [None, None, 'one', 'two', 'three', 'one', 'two', None]\n"
        "texts = [f'def f{n}(x):\\n    y = x + {n}\\n    return y' for n in range(len(bugs))]\n"
        "pool = [Candidate(text, bug) for text, bug in zip(texts, bugs)]\n"
        "print(draw(pool, sys.argv[1]))"
    )

    def drawn(secret, hash_seed):
        environment = {**os.environ, "PYTHONHASHSEED": hash_seed, "PYTHONPATH": str(ROOT)}
        command = [sys.executable, "-c", code, secret]
        return subprocess.run(
            command, env=environment, capture_output=True, text=True, check=True
        ).stdout

    assert drawn("one", "1") == drawn("one", "2") != drawn("two", "1")


def test_the_grader_draws_with_the_teachers_secret_and_anew_for_each_answer():
    one, again, other = (Grader(None, secret) for secret in ("a", "a", "b"))
    assert one.candidates(PROJECTION) == again.candidates(PROJECTION)
    assert one.candidates(PROJECTION) != other.candidates(PROJECTION)
    drawn = [grader.candidates(hunt) for hunt in HUNTS for grader in (one, other)]
    assert len({tuple(c.bug is None for c in candidates) for candidates in drawn}) > 15


CHAPTER = """\
```{code-cell} ipython3
# @context
def passes(test, candidate):
    return test(candidate) is None
```

```{code-cell} ipython3
# @answer double
def double(x):
    ### BEGIN SOLUTION
    return 2 * x
    ### END SOLUTION

def test_double(double):
    ### BEGIN SOLUTION
    assert double(3) == 6
    ### END SOLUTION
```
"""
RIGHT, BUG = '@candidate("double")\n', '@candidate("double", bug="it squares")\n'
FILE = f"""\
from grader.exercise import candidate, probe


@probe("double", "test", "your test doesn't tell", points=2)
def probe_test(test_double, candidate, seed):
    return {{"passes": passes(test_double, candidate)}}


{RIGHT}def added(x):
    return x + x


{RIGHT}def doubled(x):
    return x * 2


{BUG}def squared(x):
    '''It squares.'''
    y: int = x
    return x * y


@candidate("double", bug="it is off by one")
def off(x: int) -> int:
    return 2 * x + 1
"""


def test_candidates_are_read():
    (double,) = masters.parse(CHAPTER, "90-small", parse(FILE, "90_small.py")).questions
    assert [one.bug for one in double.candidates] == [None, None, "it squares", "it is off by one"]
    (probe,) = double.probes
    assert probe.test == "test_double" and probe.points == 2
    for one in draw(double.candidates, "secret"):
        space = {}
        exec(one.code, space)
        assert (space["candidate"](5) == 10) == (one.bug is None)
        assert "It squares" not in one.code and "int" not in one.code


@pytest.mark.parametrize(
    "old, new, sentence",
    [
        (RIGHT, "", "none of the marks @behaviour"),
        ('"double", bug="it squares"', '"double", bug=""', "bug must be a text, not ''"),
        ("def doubled(x):", "def doubled(z):", "doubled takes (z) where added takes (x)"),
        ("def doubled(x)", "def doubled(x, *y)", "doubled takes (x, *y) where added takes (x)"),
        ("x * 2", "x * two", "doubled uses two, which the chapter's `# @context` does not define"),
        (f"{RIGHT}def doubled", f"{BUG}def doubled", "has 1 right candidates and 2 kinds of bugs"),
        ('bug="it is off by one"', 'bug="it squares"', "2 right candidates and 1 kinds of bugs"),
        ("test_double, candidate, seed", "test_double, seed", "has a parameter `candidate`"),
        ("test_double, candidate, seed", "candidate, seed", "probe_test asks for nothing"),
        ("probe_test(test_double,", "probe_test(double, test_double,", "asks for double, test_d"),
    ],
)  # fmt: skip
def test_candidates_that_do_not_fit_are_refused(old, new, sentence):
    assert old in FILE
    with pytest.raises(ValueError) as refused:
        masters.parse(CHAPTER, "90-small", parse(FILE.replace(old, new, 1), "90_small.py"))
    assert sentence in str(refused.value).replace("\n", " "), refused.value


def test_a_second_probe_with_candidates_is_refused():
    probe = FILE[FILE.index("@probe") : FILE.index("@candidate")]
    other = probe.replace('"test",', '"other",').replace("probe_test", "probe_other")
    with pytest.raises(ValueError, match="double has two probes with candidates"):
        masters.parse(CHAPTER, "90-small", parse(FILE + "\n\n" + other, "90_small.py"))


def test_a_class_takes_what_its_init_takes():
    code = "class A:\n    def __init__(self, i, o=2): ...\n    def f(self): ..."
    assert signature(code) == "i, o=2"
    assert signature("class A:\n    pass") == ""
    assert the_definition(code).name == "A"
