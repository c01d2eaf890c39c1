"""Mutants: each operator makes what it says, they are judged as answers are, and none is left."""

import ast
import json
import random
from dataclasses import replace
from itertools import islice
from pathlib import Path

import pytest
from small_course import PROBES, SOURCE

from grader import exercise_files, masters
from grader.mutation import engine, forked, records, trial
from grader.mutation.cell import Cell, depend
from grader.mutation.command import chosen
from grader.mutation.more_operators import ALL, MORE
from grader.mutation.mutants import first_order, pairs
from grader.mutation.observed import observed
from grader.mutation.operators import OPERATORS
from grader.mutation.places import change, places

pytestmark = pytest.mark.slow(reason="runs mutants, each in a process of its own")

ROOT = Path(__file__).parents[2]
EXERCISES = masters.read_all(ROOT / "chapters")
ANSWERS = [(exercise, answer) for exercise in EXERCISES for answer in exercise.questions]
FOLDER = ROOT / "results" / "mutation"
BLOCK = """
class Block(nn.Module):
    def __init__(self, channels):
        super().__init__()
        self.bn = nn.BatchNorm2d(channels)
        self.act = nn.ReLU()

    def forward(self, x):
        {}
"""
# Operator, what it is given, and some of what it must make of it.
MADE = [
    ("arithmetic", "return x - y", ["return x + y", "return x * y", "return y - x"]),
    ("operand", "return x * y", ["return x", "return y", "return -x * y"]),
    ("operand", "return x and y", ["return x", "return y", "return x or y"]),
    ("comparison", "return x < y", ["return x <= y", "return x == y", "return x > y"]),
    ("condition", "return x if y else 0", ["return x if not y else 0", "return x", "return 0"]),
    ("constant", "return 3 * x", ["return 4 * x", "return 2 * x", "return 0 * x", "return 6 * x"]),
    ("constant", "return (x == 'a', 'b')", ["return (x == 'b', 'b')", "return (x == '', 'b')"]),
    ("wrong_name", "return x / 2", ["return y / 2"]),
    ("argument", "return min(x, y, key=abs)", ["return min(x, key=abs)", "return min(x, y)",
                                               "return min(y, x, key=abs)"]),
    ("element", "return x[1:y]", ["return x[:y]", "return x[1:]", "return x"]),
    ("element", "return (x, y)", ["return (y,)", "return (y, x)"]),
    ("call", "return round(x, 1)", ["return x", "return 1"]),
    ("gradient", "return abs(x)", ["return abs(x).detach()", "return abs(x.detach())"]),
    ("in_place", "return x + y", ["return x.add_(y)", "return y.add_(x)"]),
    ("in_place", "return F.relu(x)", ["return x.relu_()"]),
    ("loop", "return [x for _ in y]", ["return [x for _ in list(y)[1:]]",
                                       "return [x for _ in list(y)[:-1]]"]),
    ("returned", "return x + 1", ["return x", "return y", "return -(x + 1)"]),
    ("statement", "x = y\n    y = x + 1\n    return y", ["x = y →", "y = x + 1 →"]),
    ("statement", "if x:\n        y = 0\n    return y", ["if x:; y = 0 → y = 0"]),
    ("entry", "return y", ["x = x.detach()", "y.relu_()"]),
    ("cached", "return y", ["@first_result"]),
    ("sibling", "return F.relu(x)", ["return F.gelu(x)", "return F.leaky_relu(x)"]),
    ("setting", "return nn.Linear(x, y)", ["return nn.Linear(x, y, bias=False)"]),
    ("around", "return x + y", ["return (x + y).clamp(-20, 20)", "return x.flip(-1) + y"]),
    ("guarded", "return y", ["x = min(x, 16)", "y = y.clamp(min=0)"]),
    ("in_one_case", "return y", ["@when('third-call', 'larger')"]),
    ("sliced", "return x[1:y]", ["return x[1 + 1:y]", "return x[1:y - 1]", "return x[1:y:2]"]),
    ("axis", "return x.mean(1)", ["return x.mean(dim=0)", "return x.mean()",
                                  "return x.mean(1, keepdim=True)"]),
    ("axis", "return F.softmax(x, dim=1)", ["return F.softmax(x, dim=-1)"]),
    ("exchanged", "return f(1, 2, k=3, m=4)", ["return f(3, 2, k=1, m=4)",
                                               "return f(1, 2, k=4, m=3)"]),
    ("division", "return x // y", ["return -(-x // y)", "return round(x / y)"]),
    ("stale", "return x + y", ["return globals().setdefault('kept', x + y)"]),
    ("typed", "return x + y", ["return (x + y).half()", "return float(x) + y"]),
    ("reordered", "return f(*x)", ["return f(*list(x)[::-1])"]),
    ("reordered", "return x + y", ["return (x + y).roll(1, 0)"]),
]  # fmt: skip


def made(operator, code, seen=None):
    """The keys of the mutants that one operator makes of a cell."""
    cell = Cell(ast.parse(code), seen or {})
    return [mutant.key for mutant in first_order(cell, {operator: ALL[operator]})]


@pytest.mark.parametrize("operator, body, expected", MADE)
def test_an_operator_makes_what_it_says(operator, body, expected):
    keys = made(operator, f"def f(x, y):\n    {body}\n")
    for part in expected:
        assert any(part in key for key in keys), (part, keys)


def test_every_operator_is_tried_here():
    others = {"off_by_one", "hard_coded", "mode", "shared", "in_one_mode"}  # in the tests below
    assert {operator for operator, _, _ in MADE} | others == set(ALL)


def test_a_number_is_replaced_by_what_it_is_in_the_checks():
    code = "def f(x):\n    return len(x)\n"
    (place,) = [p for p in places(ast.parse(code)) if isinstance(p.node, ast.Call)]
    seen = observed({"0": [["int", 0], 3]}, [place.path])
    assert made("hard_coded", code, seen) == ["f: return len(x) → return 3"]
    assert "f: return len(x) → return len(x) + 1" in made("off_by_one", code, seen)


def test_modules_with_a_state_are_put_into_the_other_mode_and_shared():
    code = BLOCK.format("return self.act(self.bn(x))")
    modes = made("mode", code)
    assert any("self.bn.eval()(x)" in key for key in modes)
    assert not any("self.act.eval()" in key for key in modes)
    assert any("self.bn = self.act" in key for key in made("shared", code))
    left_out = "return self.act(x if self.training else self.bn(x))"
    assert any(left_out in key for key in made("in_one_mode", code))


def test_what_can_make_no_difference_is_no_mutant():
    assert not any("y + x" in key for key in made("arithmetic", "def f(x, y):\n    return x + y"))
    one, two, three = ast.parse("self.a = A()\nself.b = B()\nself.c = self.a").body
    assert not depend(one, two) and depend(one, three)


def test_what_makes_modules_has_no_gradient_flowing_through_it():
    code = "def f(n):\n    return nn.Linear(n, 2)\n"
    (place,) = [p for p in places(ast.parse(code)) if getattr(p.node, "id", "") == "n"]
    seen = observed({"0": [["int", 0]]}, [place.path])
    assert not any("no_grad" in key for key in made("gradient", code, seen))
    assert any("no_grad" in key for key in made("gradient", code))
    assert any("requires_grad_(False)" in key for key in made("gradient", code, seen))


def test_every_mutant_is_another_program_and_none_comes_twice():
    cell = Cell(ast.parse(BLOCK.format("return x + F.relu(self.bn(x))")), {})
    codes = [mutant.code for mutant in first_order(cell)]
    assert len(codes) == len(set(codes)) > 20 and ast.unparse(cell.tree) not in codes
    assert all(ast.parse(code) for code in codes)


def test_two_changes_make_a_mutant_of_their_own():
    cell = Cell(ast.parse("def f(x, y):\n    z = x - y\n    return 2 * z\n"), {})
    known = first_order(cell)
    both = list(islice(pairs(cell, known, known, random.Random(0)), 20))
    assert len({mutant.code for mutant in both}) == 20
    assert all(len(mutant.changes) == 2 for mutant in both)
    assert not {mutant.code for mutant in both} & {ast.unparse(cell.tree)}


def test_a_change_is_told_by_its_lines():
    assert change("a\nb\nc", "a\n  d\nc") == "b → d"


# --- from a course to figures ---

BEHAVIOUR = """

@behaviour("double")
def behaviour_double(double: Callable[[int], int], seed: int) -> dict[str, object]:
    return {"double": double(seed - 500)}
"""
ONCE = '    return {"double": double(seed)}\n'
STRONG = PROBES.replace(
    ONCE, '    return {"double": [double(n) for n in (seed, -seed, *range(-9, 20))]}\n'
)
WEAK = PROBES.replace(ONCE, '    return {"double": double(3)}\n')


def small(probes=PROBES, more=BEHAVIOUR):
    """The small course's exercise, and its one question."""
    text = probes.replace("import probe", "import behaviour, probe") + more
    marked = exercise_files.parse(text, "90_small.py")
    exercise = masters.parse(SOURCE, "90-small", marked)
    return exercise, exercise.questions[0]


@pytest.fixture(scope="module", autouse=True)
def prepared():
    forked.prepare(["torch"])
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(trial, "SECONDS", 1)  # a number to a huge power takes all that it may
        patch.setattr(trial, "PARTS", (0, 10))
        yield


def test_a_mutant_that_passes_the_checks_counts_and_is_rejected(monkeypatch):
    monkeypatch.setattr(engine, "MOST_TRIED", 15)
    exercise, question = small(STRONG)
    said = []
    found = engine.measure(exercise, question, count=3, say=said.append)
    first, second = found["first"], found["second"]
    assert first["made"] > 10 and first["counted"] == first["rejected"] > 0 and not said
    assert second["counted"] == second["rejected"] > 0
    assert first["judgements"] == 3 * first["counted"]


def test_a_mutant_that_a_weak_probe_lets_pass_is_shown_as_a_diff():
    exercise, question = small(WEAK)
    said = []
    first = engine.measure(exercise, question, 2, ("first",), said.append)["first"]
    hard = next(one for one in first["survivors"] if "return 6" in one["key"])
    assert hard["seeds passed"] == 2 and hard["equal"] is False
    assert "-    return 2 * x\n+    return 6" in hard["diff"] and any("return 6" in s for s in said)


def test_a_mutant_that_fails_a_check_or_gives_no_values_does_not_count():
    exercise, question = small(STRONG)
    nothing = replace(exercise, checks=())
    crude = engine.measure(nothing, question, 1, ("first",))["first"]
    checked = engine.measure(exercise, question, 1, ("first",))["first"]
    assert checked["counted"] < crude["counted"] < crude["made"]


def test_a_listed_mutant_is_set_apart_with_its_reason():
    key = "double: return 2 * x → return 6"
    listed = f"\nEQUIVALENT = {{'double': {{'three is all there is': [{key!r}]}}}}\n"
    exercise, question = small(WEAK, BEHAVIOUR + listed)
    first = engine.measure(exercise, question, 1, ("first",), lambda words: None)["first"]
    assert first["listed"] == {key: "three is all there is"} and first["equivalent"] == 1
    assert key not in [one["key"] for one in first["survivors"]]


def test_a_mutant_that_goes_on_for_ever_or_takes_all_memory_is_ended():
    def loop():
        while True:
            pass

    assert forked.in_child(loop, 1) == b""
    assert forked.in_child(lambda: b"x" * 2**33, 5) == b""
    assert forked.in_child(lambda: b"x", 1) == b"x"


def test_a_result_is_current_until_anything_it_depends_on_changes(tmp_path):
    exercise, question = small()
    records.store(tmp_path, exercise, question, {"key": records.key(exercise, question),
                  "first": {"survivors": [], "listed": {}}, "second": {}})  # fmt: skip
    assert records.complaint(tmp_path, exercise, question) == ""
    probe = replace(question.probes[0], code=question.probes[0].code + "\n")
    for other in (replace(question, probes=(probe,)), replace(question, solution="# other"),
                  replace(question, equivalent={"a": "b"})):  # fmt: skip
        assert "no current mutation result" in records.complaint(tmp_path, exercise, other)
    assert "double" in json.loads(records.path(tmp_path, exercise).read_text("utf-8"))


def test_what_a_check_says_is_no_part_of_a_result_and_what_it_asks_is():
    code = "assert f('é') == 2, (\n    f'é {1}: no')\nassert (g(\n    3)), 'x'\nprint('ok, 1')\n"
    rest = "assert f('é') == 2\nassert (g(\n    3)\nprint('ok, 1')\n"
    assert records.without_words(code) == rest
    exercise, question = small()
    keys = {
        records.key(replace(exercise, checks=(replace(exercise.checks[0], code=code),)), question)
        for code in ("assert f(1)", "assert f(1), 'no'", "assert f(1), 'No.'", "assert f(2), 'no'")
    }
    assert len(keys) == 2


def test_whoever_improves_a_probe_is_measured_on_other_mutants():
    _, question = small()
    probe = replace(question.probes[0], code=question.probes[0].code + "\n")
    assert engine.draw(replace(question, probes=(probe,))) != engine.draw(question)
    assert engine.draw(replace(question, equivalent={"a": "b"})) == engine.draw(question)


def test_a_name_that_is_no_answer_is_refused_in_a_sentence():
    assert [question.name for _, question in chosen(EXERCISES, ["06"])] == ["confusion", "merged"]
    with pytest.raises(ValueError, match="no answer and no chapter 'nonsense'"):
        chosen(EXERCISES, ["nonsense"])


# --- the course's own ---


@pytest.mark.parametrize("exercise, answer", ANSWERS, ids=[one.name for _, one in ANSWERS])
def test_every_answer_has_a_current_mutation_result_and_no_mutant_is_left(exercise, answer):
    assert records.complaint(FOLDER, exercise, answer) == ""


def test_the_teachers_page_shows_the_recorded_figures():
    found = [records.read(FOLDER, exercise)[answer.name] for exercise, answer in ANSWERS]
    page = (ROOT / "homework" / "README.md").read_text("utf-8")
    assert records.sentence(found) in page, "run `make mutate`"


def test_of_the_second_set_ninety_nine_in_a_hundred_are_rejected():
    found = [records.read(FOLDER, exercise)[answer.name]["second"] for exercise, answer in ANSWERS]
    counted = sum(one["counted"] for one in found)
    assert counted > 1000 and sum(one["rejected"] for one in found) >= 0.99 * counted


def test_the_two_sets_share_no_operator():
    assert not set(OPERATORS) & set(MORE)
