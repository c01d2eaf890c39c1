"""What the grader says helps the student, gives nothing away and does nothing when it is opened."""

import csv
import io
import json

import markdown_it
import numpy as np
import pytest
from strangers_tools import EXERCISE, FILES, SOLVED, code_of, write_notebooks
from test_exercises import EXERCISES, complaints
from test_toy import ANSWERS as TOY
from test_toy import needs_bwrap

from grader import check, example
from grader.comparison import compare
from grader.decoding import decode
from grader.diagnosis import judge
from grader.gradebook import prose, table
from grader.submissions import find, gather

pytestmark = pytest.mark.slow(reason="gives answers to the sandbox")

TOLD = FILES / "told"
ANSWERS = {answer.name: answer for exercise in EXERCISES for answer in exercise.questions}
BOTTLENECK = next(e for e in EXERCISES if e.chapter == "08-bottleneck")


@pytest.fixture(scope="module")
def verdicts(grader):
    """A function of a wrong bottleneck's file: the verdicts, known wrong answers included."""
    reference = grader.reference(ANSWERS["bottleneck"], list(ANSWERS.values()))

    def judged(name):
        run = grader.run(reference.question, code_of(TOLD / f"{name}.py"), [])
        return [
            v
            for v in judge(reference, grader.probe_results(reference.question, run))
            if not v.passed
        ]

    return judged


@pytest.mark.parametrize("name", ["bottleneck-misspelt", "bottleneck-indented"])
def test_a_misspelt_or_indented_forward_is_not_called_unanswered(verdicts, name):
    for verdict in verdicts(name):
        assert "forward" in verdict.reason and "Bottleneck" in verdict.reason, verdict


def test_a_tensor_without_values_is_not_called_unanswered(verdicts):
    reasons = [verdict.reason for verdict in verdicts("bottleneck-meta")]
    assert reasons and "not answered" not in reasons


@pytest.fixture(scope="module")
def faults(tmp_path_factory):
    """A function of a bottleneck's cell: what `check` says, by answer; the others are starters."""

    def said(cell):
        book = example.submission(BOTTLENECK, {"bottleneck": cell})
        path = write_notebooks(tmp_path_factory.mktemp("checked"), {"m": book}) / "m.ipynb"
        found = {}
        for one in check.check_notebook(path, [BOTTLENECK]):
            found.setdefault(one.check.answer, []).append(one.fault)
        return found

    return said


@pytest.mark.parametrize("name", ["bottleneck-misspelt", "bottleneck-indented"])
def test_check_does_not_call_a_missing_forward_unanswered(faults, name):
    said = list(filter(None, faults(code_of(TOLD / f"{name}.py"))["bottleneck"]))
    assert said and all("forward" in words and "Bottleneck" in words for words in said), said


def test_check_still_calls_a_starter_unanswered_and_a_half_answer_by_what_it_lacks(faults):
    starter = ANSWERS["bottleneck"].starter
    half = starter.replace('raise NotImplementedError("yours to write")', "pass", 1)
    said = faults(half)
    assert set(said["stage"]) == {"not answered yet"}
    assert any("raise NotImplementedError` is still there (line 8" in w for w in said["bottleneck"])


def test_a_branch_without_its_stride_is_not_told_that_the_projection_lacks_it(verdicts):
    reasons = [verdict.reason for verdict in verdicts("bottleneck-branch-without-stride")]
    assert reasons and not any("projection" in reason for reason in reasons)


@pytest.mark.parametrize(
    "path",
    [
        TOLD / "bottleneck-branch-minus-shortcut.py",
        TOLD / "bottleneck-halved-shortcut.py",
        FILES / "wrong" / "bottleneck-width-4.py",
    ],
    ids=lambda path: path.stem,
)
def test_a_check_names_no_cause_that_is_not_there(path):
    said = complaints(BOTTLENECK, ANSWERS["bottleneck"], code_of(path)).values()
    assert any(said) and not any("the shortcut is missing" in words for words in said), list(said)


@pytest.mark.parametrize("shape", ["number", "list", "array"])
@pytest.mark.parametrize("given", [0, 1, 1000.5])
def test_no_expected_number_follows_from_a_reason(given, shape):
    """Whatever is expected, the same sentence comes: so nothing can be computed from it."""
    form = {"number": lambda x: x, "list": lambda x: [x], "array": lambda x: np.array([float(x)])}
    said = {
        compare({"n": form[shape](given)}, {"n": form[shape](expected)}, 1e-4)
        for expected in (20, 23, 31)
    }
    assert len(said) == 1 and None not in said, said


def test_an_array_with_an_impossible_shape_is_told_in_a_sentence():
    records, spoilt = decode(record_with([2**31 - 1] * 3))
    assert records == [] and spoilt


def record_with(shape):
    """The bytes of a record with one array of that shape."""
    values = {"output": ["array", "<f4", shape]}
    head = json.dumps({"kind": "values", "probe": 0, "values": values}).encode()
    return len(head).to_bytes(4, "little") + head


def test_an_empty_array_with_enormous_axes_is_told_in_a_sentence():
    records, spoilt = decode(record_with([0, 2**31 - 1, 2**31 - 1, 2**31 - 1]))
    assert records == [] and spoilt


@needs_bwrap
def test_an_answer_that_sends_an_enormous_shape_fails_and_the_grader_does_not(strange):
    row = strange.rows["shape"]
    # The cell ends its process before the answers after it, as it would end a kernel.
    assert (row["status"], row["block"], row["size"]) == ("graded", "0", "0"), row["why"]
    assert strange.status == 0


def row_of(student, why):
    """The table of a class of one, as text."""
    record = {"student": student, "status": "graded", "score": 0, "why": why, "fingerprint": None}
    return table([{**record, "answers": []}], TOY)


def formulas(text):
    """The cells that some spreadsheet would compute, by whichever mark it splits the lines."""
    found = [c for mark in ",;\t" for row in csv.reader(io.StringIO(text), delimiter=mark)
             for c in row]  # fmt: skip
    return [c for c in found if c.strip().strip('"').strip().startswith(tuple("=+-@＝＋－＠"))]


@pytest.mark.parametrize(
    "text",
    ["a;=HYPERLINK(1)", "\n=1+1", "＝1+1", "a;+1", "a\t@SUM(1)"],
    ids=["semicolon", "line feed", "full width", "plus", "tab"],
)
@pytest.mark.parametrize("place", ["name", "reason"])
def test_no_cell_of_the_table_is_a_formula_in_any_spreadsheet(place, text):
    given = (text, "") if place == "name" else ("anna", text)
    assert formulas(row_of(*given)) == []


def test_a_plain_row_holds_no_formula():
    assert formulas(row_of("anna", "size: the + 1 is missing")) == []


@pytest.mark.parametrize(
    "student, answer, tag",
    [
        ("<img src=x onerror=alert(1)>", "why", "<img"),
        ("a <script>alert(1)</script>", "why", "<script"),
        ("![a](http://127.0.0.1/x.png)", "why", "<img"),
        ("[a](http://127.0.0.1/)", "why", "<a "),
        ("anna", "<script>alert(1)</script>", "<script"),
    ],
    ids=["image", "script", "linked-image", "link", "answer"],
)
def test_markup_in_a_name_means_nothing_in_the_page(student, answer, tag):
    page = prose([{"student": student, "written": {answer: "x"}}])
    assert tag not in markdown_it.MarkdownIt().render(page)


def test_twenty_thousand_written_answers_do_not_fill_the_page(tmp_path):
    sources = [*SOLVED.values(), *(f"# @written name{n}\n''" for n in range(20_000))]
    book = {"cells": [{"cell_type": "code", "source": source} for source in sources]}
    (tmp_path / "mallory.ipynb").write_text(json.dumps(book), "utf-8")
    (submission,) = find(tmp_path)
    submission = gather(submission, EXERCISE.questions)[0]
    students = [{"student": f"student {n}", "written": {}} for n in range(30)]
    page = prose([*students, {"student": "mallory", "written": dict(submission.written)}])
    assert len(page) < 1_000_000
