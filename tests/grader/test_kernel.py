"""A cell finds what it finds in Jupyter, and what no answer may use is refused in words."""

import builtins
import linecache

import pytest
from test_exercises import EXERCISES

from grader.check import Rehearsal, check_answer
from grader.inside.kernel import Kernel, as_python, failure
from grader.submissions import StudentAnswer

pytestmark = pytest.mark.slow(reason="gives cells to the sandbox and to the visible checks")


def ran(*cells):
    """The namespace after ``cells``."""
    kernel = Kernel({"__name__": "student"})
    for number, cell in enumerate(cells):
        kernel.run(cell, f"cell {number}")
    return kernel.names


@pytest.mark.parametrize(
    "cell",
    [
        "%matplotlib inline\nx = 1",
        "x = 1\n!pip install torch\n%timeit x",
        "files = !ls\nx = 1 + len(files)",
        "%%time\nx = 1",
        "%%capture out\n\nx = 1",
        "def f():\n    return 1\nx = f()\nf?",
        "get_ipython().run_line_magic('load_ext', 'autoreload')\nx = 1",
        "x = int('google.colab' not in str(get_ipython()))",
        "x = int(get_ipython().__class__.__name__ == 'ZMQInteractiveShell')",
        "async def one():\n    return 1\nx = await one()",
        "display(3, [4])\nx = 1",
    ],
)
def test_a_cell_of_a_notebook_runs(cell, capsys):
    assert ran(cell)["x"] == 1
    assert capsys.readouterr().out == ("3 [4]\n" if "display" in cell else "")


def test_the_body_of_a_magic_that_is_no_python_does_not_run():
    assert "x" not in ran("%%bash\nx=1")


def test_a_future_import_lasts_for_the_cells_after_it_and_for_no_other_notebook():
    names = ran("from __future__ import annotations", "def f(x: Unknown): pass")
    assert names["f"].__annotations__ == {"x": "Unknown"}
    with pytest.raises(NameError):
        ran("def f(x: Unknown): pass")


def test_a_cell_finds_its_own_source():
    source = "import inspect\ndef f():\n    return 1  # why\ntext = inspect.getsource(f)"
    assert ran(source)["text"] == "def f():\n    return 1  # why\n"
    linecache.checkcache()
    assert ran("%%time\n" + source)["text"] == "def f():\n    return 1  # why\n"


def test_lines_are_counted_as_in_the_cell():
    for magic in ("", "%%time\n"):
        kernel = Kernel({})
        with pytest.raises(ZeroDivisionError) as raised:
            kernel.run(magic + "x = 1\n\nx / 0", "answer")
        line = 4 if magic else 3
        assert failure(raised.value)["text"] == f"division by zero (line {line} of the cell)"


def test_nothing_of_it_stays_in_the_process():
    ran("display(1)")
    assert not hasattr(builtins, "display") and not hasattr(builtins, "get_ipython")


def test_plain_python_is_left_as_it_is():
    assert as_python("x = 1\n") == "x = 1\n" and as_python("x = (").strip() == "x = ("


EXERCISE = next(e for e in EXERCISES if e.chapter == "01-function-classes")
QUESTION = next(q for q in EXERCISE.questions if q.name == "rewrite")
TRANSFORMS = "import torchvision\ntorchvision.transforms.ToTensor()"  # may be used
USES = {
    "utils": ("from utils.blocks import BottleneckBlock", "utils is the course's own code"),
    "grader": ("import grader", "grader is the course's own code"),
    "torchvision": ("from torchvision.models import resnet18", "cannot import name 'resnet18'"),
    "lazy": ("from torch import nn\nnn.LazyLinear(3)", "use nn.Linear and say the number"),
}


@pytest.mark.parametrize("kind", USES)
def test_what_no_answer_may_use_is_refused_by_grade_in_words(grader, kind):
    code, words = USES[kind]
    run = grader.run(QUESTION, f"{code}\n{QUESTION.solution}", [])
    results = grader.probe_results(QUESTION, run)
    assert all(result.whole and words in result.text for result in results), results


def test_the_rest_of_torchvision_may_be_used(grader):
    run = grader.run(QUESTION, f"{TRANSFORMS}\n{QUESTION.solution}", [])
    results = grader.probe_results(QUESTION, run)
    assert all(result.values is not None for result in results), results


def test_it_is_refused_by_check_in_the_same_words(tmp_path):
    def faults(code):
        answer = StudentAnswer(f"{code}\n{QUESTION.solution}", (), 1)
        return [found.fault for found in check_answer(rehearsal, EXERCISE, QUESTION, answer)]

    with Rehearsal(str(tmp_path)) as rehearsal:
        for code, words in USES.values():
            said = faults(code)
            assert said and all(words in fault for fault in said), said
        assert set(faults(TRANSFORMS)) == {""}
