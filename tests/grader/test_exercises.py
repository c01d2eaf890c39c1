"""Every exercise: the solution passes, the starter and each wrong answer fail, and are told so."""

import ast
import contextlib
import io
import re
import sys
from functools import cache
from pathlib import Path

import jupytext
import nbformat
import pytest
import torch
from nbclient import NotebookClient

from grader import build, masters
from grader.exercise_files import find
from grader.inside.kernel import Kernel
from utils.notebook_json import dumps

pytestmark = pytest.mark.slow(reason="runs all answers and copies through the visible checks")

ROOT = Path(__file__).parents[2]
EXERCISES = masters.read_all(ROOT / "chapters")
ANSWERS = [(exercise, answer) for exercise in EXERCISES for answer in exercise.questions]
MUTANTS = [(e, a, wrong_answer) for e, a in ANSWERS for wrong_answer in a.wrong_answers]
EVERYBODYS = ("super().__init__()", "def ", "import ", "from ")  # not telling
MARKERS = ("### BEGIN SOLUTION", "### END SOLUTION")


def name(value):
    return getattr(value, "name", getattr(value, "chapter", None))


def plain(code: str) -> str:
    """Code without comments, a line for each simple statement."""
    return ast.unparse(ast.parse(code))


def complaint(exercise, answer, code, check) -> str:
    """What a check says about one answer's cell, all other answers being right."""
    helpers = [
        s for kind, s in exercise.handed_out if kind == "code" and not masters.cell_kind(s)[0]
    ]
    others = [other.solution for other in exercise.questions if other is not answer]
    kernel = Kernel({"__name__": "student"})
    torch.manual_seed(0)
    with contextlib.redirect_stdout(io.StringIO()):
        for number, cell in enumerate([*answer.context, *helpers, *others, code]):
            kernel.run(cell, f"cell {number}")
        try:
            kernel.run(check.code, "check")
        except (AssertionError, NotImplementedError) as error:
            return f"{type(error).__name__}: {error}"
        except Exception as error:  # whatever a wrong answer may raise
            return f"!{type(error).__name__}: {error}"
    return ""


@cache
def complaints(exercise, answer, code) -> dict[str, str]:
    """Check to complaint, for one answer's checks in order; empty for those that pass."""
    own = [check for check in exercise.checks if check.answer == answer.name]
    return {check.what: complaint(exercise, answer, code, check) for check in own}


@pytest.mark.parametrize("exercise, answer", ANSWERS, ids=name)
def test_the_solution_passes_every_check_and_the_starter_none(exercise, answer):
    assert not any(complaints(exercise, answer, answer.solution).values())
    starter = complaints(exercise, answer, answer.starter)
    assert starter, "an answer without a visible check answers nobody"
    for what, said in starter.items():
        assert said.startswith(("NotImplementedError", "AssertionError")), (what, said)


@pytest.mark.parametrize("exercise, answer, wrong_answer", MUTANTS, ids=name)
def test_the_first_check_that_fails_says_what_is_wrong(exercise, answer, wrong_answer):
    failed = [said for said in complaints(exercise, answer, wrong_answer.code).values() if said]
    assert failed, "no visible check rejects it"
    assert failed[0].startswith("AssertionError: ") and len(failed[0]) > 30, failed[0]


@pytest.mark.parametrize("exercise, answer, wrong_answer", MUTANTS, ids=name)
def test_a_wrong_repair_is_rejected_by_its_own_check_and_a_weak_test_by_its_own(
    exercise, answer, wrong_answer
):
    said = complaints(exercise, answer, wrong_answer.code)
    if "your test" in said:
        first = next(what for what, words in said.items() if words)
        assert (first == "your test") == wrong_answer.name.startswith("test-")


@pytest.mark.parametrize("exercise, answer", ANSWERS, ids=name)
def test_no_check_is_decoration(exercise, answer):
    """Each check is the first to reject some wrong answer: without it a student hears less."""
    first = set()
    for wrong_answer in answer.wrong_answers:
        said = complaints(exercise, answer, wrong_answer.code)
        first.add(next(what for what, words in said.items() if words))
    own = {check.what for check in exercise.checks if check.answer == answer.name}
    assert first == own


@pytest.mark.parametrize("exercise, answer", ANSWERS, ids=name)
def test_each_answer_has_probes_and_at_least_four_wrong_answers_with_names(exercise, answer):
    assert answer.probes and len(answer.wrong_answers) >= 4
    names = [wrong_answer.name for wrong_answer in answer.wrong_answers]
    assert len(set(names)) == len(names)
    assert all(
        wrong_answer.message and wrong_answer.code != answer.solution
        for wrong_answer in answer.wrong_answers
    )


@pytest.mark.parametrize("exercise", EXERCISES, ids=name)
def test_no_line_of_a_solution_or_a_probe_reaches_a_student(exercise):
    cells = nbformat.reads(dumps(build.student_copy(exercise)), as_version=4).cells
    text = "\n".join(cell.source for cell in cells)
    # A statement is one line in this form, however it was laid out.
    text += "\n".join(plain(cell.source) for cell in cells if cell.cell_type == "code")
    source = (ROOT / "chapters" / f"{exercise.chapter}.md").read_text("utf-8")
    solved = "\n".join(region[0] for region in masters.REGION.finditer(source))
    probes = "\n".join(
        plain(probe.code) for answer in exercise.questions for probe in answer.probes
    )
    hidden = {line.strip() for line in f"{solved}\n{probes}".split("\n")}
    telling = [line for line in hidden if len(line) > 12 and not line.startswith(EVERYBODYS)]
    assert len(telling) > 6
    assert [line for line in telling if line in text] == []
    assert MARKERS[0] not in text


@pytest.mark.parametrize("path", sorted((ROOT / "chapters").glob("*.*")), ids=lambda p: p.name)
def test_a_readers_chapter_holds_nothing_of_the_graders(path):
    cells = jupytext.read(path).cells
    firsts = [masters.cell_kind(cell.source)[0] for cell in cells if cell.cell_type == "code"]
    assert len(cells) > 5 and not {"probe", "mutants"} & set(firsts)
    text = "\n".join(cell.source for cell in cells)
    assert "for the grader" not in text and "grader.exercise" not in text


def test_every_file_of_probes_belongs_to_a_chapter():
    belonging = {file for path in masters.files(ROOT / "chapters") for file in find(path)}
    right = {ROOT / "exercises" / "right" / f"{answer.name}.py" for _, answer in ANSWERS}
    assert belonging | right == set((ROOT / "exercises").rglob("*.py"))


def test_no_file_of_probes_is_longer_than_one_reads():
    files = (ROOT / "exercises").rglob("*.py")
    assert [f.name for f in files if len(f.read_text("utf-8").splitlines()) > 400] == []


def test_the_student_copies_in_the_repository_are_fresh():
    assert build.build(EXERCISES, ROOT / "homework", check=True) == [], "run `make homework`"


def test_a_student_copy_needs_nothing_but_pytorch():
    for exercise in EXERCISES:
        codes = [source for kind, source in exercise.handed_out if kind == "code"]
        lines = "\n".join(codes).split("\n")
        imports = {line.split()[1].split(".")[0] for line in lines
                   if line.startswith(("import ", "from "))}  # fmt: skip
        assert imports - sys.stdlib_module_names == {"torch"}, exercise.chapter


@pytest.mark.parametrize("exercise", EXERCISES, ids=name)
def test_a_student_copy_alone_in_a_folder_runs_to_its_end(exercise, tmp_path, monkeypatch):
    """As in Colab: no course beside it. What is not answered says so, and nothing else fails.

    Like JupyterLab, the client stops at an error unless the cell's tag tells it to go on.
    """
    monkeypatch.setenv("PYTHONPATH", "")
    notebook = build.student_copy(exercise)
    NotebookClient(
        notebook, timeout=120, kernel_name="python3", allow_errors=False,
        resources={"metadata": {"path": str(tmp_path)}}, extra_arguments=["--log-level=40"],
    ).execute()  # fmt: skip
    cells = [cell for cell in notebook.cells if cell.cell_type == "code"]
    errors = {o.ename for cell in cells for o in cell.outputs if o.output_type == "error"}
    assert all(cell.execution_count for cell in cells) and errors == {"NotImplementedError"}


@pytest.mark.parametrize("exercise", EXERCISES, ids=name)
def test_a_student_is_asked_for_no_guess_that_nobody_answers(exercise):
    """A guess is answered by `reveal`, and what it is held against stands in the chapter alone."""
    cells = nbformat.reads(dumps(build.student_copy(exercise)), as_version=4).cells
    text = "\n".join(cell.source for cell in cells)
    asked = set(re.findall(r"\bguess_\w+", text))
    answered = {found for call in re.findall(r"reveal\([^)]*", text) for found in asked
                if found in call}  # fmt: skip
    assert asked == answered
