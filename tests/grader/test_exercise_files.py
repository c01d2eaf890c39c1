"""Probes and wrong answers are Python files beside the chapters, read as text and never run."""

import sys
import textwrap
from dataclasses import replace
from pathlib import Path

import pytest
from small_course import PROBES, SOURCE
from test_toy import needs_bwrap

from grader import __main__ as command
from grader import bubblewrap, exercise, gradebook, masters
from grader.exercise_files import find, parse
from grader.sandbox import Sandbox

pytestmark = pytest.mark.slow(reason="grades in the sandbox what would read the exercises")

TWO = """\
```{code-cell} ipython3
# @context
import torch
```

```{code-cell} ipython3
# @answer twice
class Twice(torch.nn.Module):
    ### BEGIN SOLUTION
    def forward(self, x):
        return 2 * x
    ### END SOLUTION

@torch.no_grad()
def test_twice(Twice):
    ### BEGIN SOLUTION
    assert Twice()(3) == 6  # not 9
    ### END SOLUTION
```
"""
IMPORT = "from grader.exercise import candidate, probe, set_weights, wrong\n"
WRONG = '@wrong("double", "square", "you squared it")'
PROBE = '@probe("double", "number", "double computes something else", points=3)'


def answer(text, source=SOURCE):
    """The one answer of a chapter whose exercises file says ``text``."""
    return masters.parse(source, "90-small", parse(text, "90_small.py")).questions[0]


def test_a_probe_and_a_wrong_answer_are_read():
    double = answer(PROBES)
    (probe,), (wrong,) = double.probes, double.wrong_answers
    assert (probe.name, probe.points) == ("double-number", 3.0)
    assert probe.message == "double computes something else"
    assert (wrong.name, wrong.message) == ("square", "you squared it")
    assert wrong.code == "# @answer double\ndef double(x):\n    return x * x"
    assert double.solution == "# @answer double\ndef double(x):\n    return 2 * x"


def test_the_documented_example_can_be_followed():
    text = textwrap.dedent(exercise.__doc__.split("::\n")[1].split("\n**A probe**")[0])
    imports = TWO.replace("import torch", "import torch\nfrom torch import nn")
    chapter = imports[: imports.index("@torch.no_grad")].replace("Twice", "Scale") + "```\n"
    (scale,) = masters.parse(
        chapter.replace("@answer twice", "@answer scale"), "90-scale", parse(text, "90_scale.py")
    ).questions
    assert [probe.name for probe in scale.probes] == ["scale-values"]
    assert "return x + self.weight" in scale.wrong_answers[0].code


def test_reading_a_file_runs_nothing_of_it():
    double = answer(f"{PROBES}\nraise SystemExit('run')\n")
    assert [wrong.name for wrong in double.wrong_answers] == ["square"]


def test_a_probe_runs_with_its_files_imports_and_helpers_and_without_the_rest(grader):
    text = f"""\
'''What stands here.'''
from typing import TYPE_CHECKING
import math

{IMPORT}
if TYPE_CHECKING:
    def given() -> int: ...

def rounded(x: float) -> int:
    return math.floor(x)

{PROBE}
def probe_double(double, seed):
    return {{"double": rounded(double(seed) + given() + 0.5)}}

{WRONG}
def squared(x):
    return x * x
"""
    (probe,) = answer(text).probes
    assert "squared" not in probe.code and "grader" not in probe.code
    cell = "def double(x): return 2 * x"
    context = ["def given(): return 100"]
    job = {"context": context, "before": [], "cell": cell, "probes": [(probe.code, 7)]}
    (record,) = grader.sandbox.run(job).records
    assert record["values"] == {"double": 114}


def test_the_definition_of_the_same_role_is_replaced_and_the_rest_stays():
    text = f"""\
{IMPORT}
@wrong("twice", "class", "the class is wrong", replaces="Twice")
class Thrice(torch.nn.Module):
    def forward(self, x):  # Thrice is thrice
        return super(Thrice, self).Thrice(3 * x, "Thrice")

@torch.enable_grad()
@wrong(
    "twice", "test", "the test is wrong",
    replaces="test_twice",
)
@torch.no_grad()
def test_nothing(Twice):
    pass
"""
    wrong_class, wrong_test = answer(text, TWO).wrong_answers
    assert (
        wrong_class.code
        == """\
# @answer twice
class Twice(torch.nn.Module):
    def forward(self, x):  # Thrice is thrice
        return super(Twice, self).Thrice(3 * x, "Thrice")

@torch.no_grad()
def test_twice(Twice):
    assert Twice()(3) == 6  # not 9"""
    )
    assert (
        wrong_test.code
        == """\
# @answer twice
class Twice(torch.nn.Module):
    def forward(self, x):
        return 2 * x

@torch.enable_grad()
@torch.no_grad()
def test_twice(Twice):
    pass"""
    )


def test_definitions_with_one_name_make_one_wrong_answer():
    text = f"""\
{IMPORT}
@wrong("twice", "both", "both are wrong", replaces="test_twice")
def test_thrice(Twice):
    assert Twice()(3) == 9

@wrong("twice", "both", "both are wrong", replaces="Twice")
class Thrice(torch.nn.Module):
    pass
"""
    (both,) = answer(text, TWO).wrong_answers
    assert (
        both.code
        == """\
# @answer twice
class Twice(torch.nn.Module):
    pass

def test_twice(Twice):
    assert Twice()(3) == 9"""
    )
    with pytest.raises(ValueError, match=r"^90_small\.py:7: 'both' of twice has another message"):
        answer(text.replace('"both", "both are wrong"', '"both", "it is wrong"', 1), TWO)
    with pytest.raises(ValueError, match=r"py:7: 'both' of twice replaces Twice a second time"):
        answer(text.replace('"test_twice"', '"Twice"'), TWO)


@pytest.mark.parametrize(
    "old, new, sentence",
    [
        ('"double", "square"', '"dubble", "square"', "11: 'dubble' belongs to no answer; there are "
         "double in 90-small"),
        ('"double", "number"', '"dubble", "number"', "6: 'dubble' belongs to no answer"),
        ('"double", "square"', 'NAME, "square"', "11: the arguments of @wrong must be literals"),
        ("points=3", "points=1 + seed", "6: the arguments of @probe must be literals"),
        ("points=3", "points='3'", "6: @probe: points must be a number above 0, not '3'"),
        ("points=3", "point=3", "6: @probe: got an unexpected keyword argument 'point'"),
        (', "you squared it"', "", "11: @wrong: missing a required argument: 'message'"),
        ('"you squared it"', '""', "11: @wrong: message must be a text, not ''"),
        (WRONG, "@wrong", "11: @wrong needs arguments"),
        (WRONG, f"{WRONG}\n{PROBE}", "13: squared has several marks"),
        (WRONG, "", "12: squared has none of the marks @behaviour(…)"),
        ("def probe_double", "async def probe_double", "6: a probe is a function"),
        ("x * x", "2 * x  # as it should be", "11: 'square' equals the solution of double"),
        ("x * x", "math.pow(x, 2)", "11: 'square' uses math, which neither"),
        ("it\")", 'it", replaces="triple")', "11: there is no triple to replace: the solution of "
         "double defines double"),
        ("x * x", "x *", "13: this is not Python: invalid syntax"),
        ("import probe, wrong", "import probe as p, wrong", "3: the grader can't be imported in"),
        ("from grader.exercise", "from grader.decoding", "3: the grader can't be imported in"),
    ],
)  # fmt: skip
def test_what_does_not_fit_is_refused_with_file_and_line(old, new, sentence):
    assert old in PROBES
    with pytest.raises(ValueError) as refused:
        answer(PROBES.replace(old, new))
    said = str(refused.value)
    assert said.startswith("90_small.py:") and sentence in said.replace("\n", " "), said
    assert said.endswith(".") and "\n" not in said


def test_of_two_definitions_one_must_be_named():
    text = (
        f'{IMPORT}\n@wrong("twice", "nothing", "it does nothing")\ndef nothing(Twice):\n    pass\n'
    )
    with pytest.raises(ValueError, match="3: the solution of twice defines Twice, test_twice; say"):
        answer(text, TWO)


def test_a_probe_of_the_same_name_is_refused():
    second = PROBES.replace("def probe_double", "def probe_again")
    marked = [*parse(PROBES, "one.py"), *parse(second, "two.py")]
    with pytest.raises(ValueError, match=r"^two\.py:6: there is a probe double-number already, in"):
        masters.parse(SOURCE, "90-small", marked)


@pytest.mark.parametrize("content", [b"\xff\xfe", b"x = 1\0"])
def test_a_file_that_is_no_text_is_refused(course, content):
    path = course / "exercises" / "90_small.py"
    path.write_bytes(content)
    with pytest.raises(ValueError, match="90_small.py"):
        masters.read_all(course / "chapters")


def test_they_are_looked_for_beside_the_master_first_and_then_in_exercises(course):
    master = course / "chapters" / "90-small.md"
    far, near = course / "exercises" / "90_small.py", course / "chapters" / "90_small.py"
    assert find(master) == [far]
    near.write_text(PROBES)
    assert find(master) == [near]
    folder = course / "chapters" / "90_small"
    folder.mkdir()
    for name in ("b.py", "a.py", "notes.md"):
        (folder / name).write_text("")
    with pytest.raises(ValueError, match="keep one of them"):
        find(master)
    near.unlink()
    assert find(master) == [folder / "a.py", folder / "b.py"]


def test_a_relative_master_in_the_current_folder_is_found_its_exercises(course, monkeypatch):
    monkeypatch.chdir(course / "chapters")
    assert find(Path("90-small.md")) == [Path("../exercises/90_small.py")]


@pytest.mark.parametrize("arguments", [["grade", "-o", "out"], ["score", "--masters"]])
def test_a_master_without_probes_is_handed_out_but_not_graded(
    course,
    capsys,
    monkeypatch,
    arguments,
):
    monkeypatch.chdir(course)
    (course / "exercises" / "90_small.py").unlink()
    assert command.main(["build", "--masters", "chapters", "-o", "homework"]) == 0
    capsys.readouterr()
    more = ["homework"] if arguments[0] == "grade" else []
    assert command.main([*arguments, "chapters", *more]) == 2
    said = capsys.readouterr().err
    assert "answer double has no probe" in said and "into 90_small.py" in said


def test_another_probe_or_wrong_answer_is_another_cache_key():
    keys = {
        gradebook.settings_key([answer(text)], seed="s")
        for text in (
            PROBES,
            PROBES.replace("double(seed)}", "double(seed + 1)}"),
            PROBES.replace("x * x", "x ** 2"),
            PROBES.replace("you squared it", "it is squared"),
            PROBES.replace("points=3", "points=2"),
        )
    }
    assert len(keys) == 5
    same = answer(PROBES)
    assert gradebook.settings_key([same], seed="s") == gradebook.settings_key(
        [replace(same)], seed="s"
    )


@needs_bwrap
@pytest.mark.parametrize("whole", [True, False], ids=["a folder", "one chapter"])
def test_no_answer_can_read_the_exercises_even_where_their_folder_is_shown(
    course,
    monkeypatch,
    whole,
):
    """As when the masters lie in a folder that the sandbox shows, such as ``/usr/local``."""
    shown = bubblewrap.visible()
    for module in (bubblewrap, sys.modules["grader.sandbox"]):
        monkeypatch.setattr(module, "visible", lambda: sorted({*shown, str(course)}))
    for name, text in (
        ("hers.ipynb", "x"),
        ("chapters/91-other.md", SOURCE.replace("double", "thrice")),
        ("exercises/91_other.py", PROBES.replace("double", "thrice")),
        ("readme.txt", "seen"),
    ):
        (course / name).write_text(text)
    secret: list[Path] = []

    def grade_class(*_, hidden, **__):
        secret.extend(hidden)
        return 0

    monkeypatch.setattr("grader.grade.grade_class", grade_class)
    chapters = course / "chapters"
    given = chapters if whole else chapters / "90-small.md"
    command.main(["grade", str(given), str(course), "-o", str(course / "out"), "--seed", "s"])
    cell = f"""\
import os
from pathlib import Path
found = []
for folder, _, names in os.walk({str(course)!r}):
    for name in sorted(names):
        try:
            found += [name] if Path(folder, name).read_text() else []
        except OSError:
            pass
"""
    job = {"context": [], "before": [], "cell": cell,
           "probes": [("def probe(found, seed): return {'found': found}", 1)]}  # fmt: skip
    with Sandbox("bwrap", timeout=10, memory=500, hidden=secret) as sandbox:
        (record,) = sandbox.run(job).records
    seen = set(record["values"]["found"])
    assert "readme.txt" in seen
    mine = {"90-small.md", "90_small.py"} | ({"91-other.md", "91_other.py"} if whole else set())
    assert not seen & mine
