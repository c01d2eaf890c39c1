"""Right answers get what they deserve, however they are written and whatever they use."""

import nbformat
import pytest
from strangers_tools import EXERCISE, FILES, ROOT, SOLVED, code_of, names, tiny, write_notebooks
from test_exercises import EXERCISES, complaints
from test_toy import needs_bwrap

from grader import check, example
from grader.submissions import find, gather

pytestmark = pytest.mark.slow(reason="gives cells to the sandbox and to the visible checks")

OF = {answer.name: (exercise, answer) for exercise in EXERCISES for answer in exercise.questions}
RIGHT = sorted((FILES / "right").glob("*.py"))
WRONG = sorted((FILES / "wrong").glob("*.py"))


def cell(source):
    """A code cell."""
    return nbformat.v4.new_code_cell(source)


@needs_bwrap
@pytest.mark.parametrize("student", ["shows", "detects", "branches", "annotates", "awaits"])
def test_what_every_jupyter_kernel_gives_to_a_cell_is_there(strange, student):
    row = strange.rows[student]
    assert row["score"] == row["max"], row["why"]


@needs_bwrap
def test_a_default_dtype_costs_no_points_or_is_named(strange):
    row = strange.rows["float64"]
    assert row["score"] == row["max"] or "float64" in row["why"], row["why"]


@needs_bwrap
def test_worker_processes_work_or_the_teachers_page_says_that_they_do_not(strange):
    row = strange.rows["workers"]
    page = (ROOT / "homework" / "README.md").read_text("utf-8")
    assert row["score"] == row["max"] or "num_workers" in page, row["why"]


@needs_bwrap
@pytest.mark.parametrize("student", ["from-colab", "from-pycharm"])
def test_a_script_gets_the_points_and_the_reason_of_the_notebook(strange, student):
    kept = ("score", "block", "size", "why")
    script, notebook = ({key: strange.rows[name][key] for key in kept}
                        for name in (student, "as-notebook"))  # fmt: skip
    assert notebook["size"] == "1" and script == notebook


@needs_bwrap
def test_the_notebook_with_half_a_right_answer_gets_half_its_points_and_a_name(strange):
    row = strange.rows["as-notebook"]
    assert row["size"] == "1" and "a size is a whole number" in row["why"]


def displaced():
    """Notebooks in which an answer's first line is not the cell's first any more."""
    merged = tiny()
    first, second = (n for n, c in enumerate(merged.cells) if c.source.startswith("# @answer"))
    merged.cells[first].source += "\n\n" + merged.cells.pop(second).source
    return {
        "import": tiny(one="import math\n" + SOLVED["one"]),
        "title": tiny(one="# @title The first number\n" + SOLVED["one"]),
        "merged": merged,
    }


@pytest.mark.parametrize("kind", ["import", "title", "merged"])
def test_check_and_grade_agree_on_an_answer_whose_mark_is_not_the_first_line(kind, tmp_path):
    folder = write_notebooks(tmp_path, {"mine": displaced()[kind]})
    (submission,) = find(folder)
    located = gather(submission, EXERCISE.questions)[1]
    if located.keys() != SOLVED.keys():
        found = check.check_notebook(folder / "mine.ipynb", [EXERCISE])
        assert [f.fault for f in found if f.fault], "not located, and no word about it"


@pytest.mark.parametrize("path", RIGHT, ids=names(RIGHT))
def test_a_right_answer_gets_full_marks_or_a_sentence_from_its_check(judged, tmp_path, path):
    code, name = code_of(path), path.stem.split("-")[0]
    points, best, reasons = judged(name, code)
    if path.stem == "bottleneck-lazy":  # only this one can be refused beforehand
        said = checked(tmp_path, name, code)
        assert said and all("LazyConv2d has no weights" in words for words in said), said
        assert all("LazyConv2d has no weights" in words for words in reasons), reasons
    else:
        assert points == best, reasons


def checked(folder, name, code):
    """What `check` says of the answer ``name``."""
    exercise, _ = OF[name]
    book = example.submission(exercise, {name: code})
    found = check.check_notebook(write_notebooks(folder, {"mine": book}) / "mine.ipynb", [exercise])
    return [one.fault for one in found if one.check.answer == name]


@pytest.mark.parametrize(
    "path", [p for p in RIGHT if "lazy" not in p.stem], ids=lambda path: path.stem
)
def test_the_check_accepts_what_the_grader_accepts(path):
    said = complaints(*OF[path.stem.split("-")[0]], code_of(path))
    assert not any(said.values()), said


def test_every_file_is_tried():
    assert len(RIGHT) == 5


@pytest.mark.parametrize("path", WRONG, ids=names(WRONG))
def test_a_wrong_answer_gets_full_marks_with_no_seed(judged, path):
    found = [judged(path.stem.split("-")[0], code_of(path), seed) for seed in ("a", "b", "c")]
    assert [points for points, best, _ in found if points == best] == []
