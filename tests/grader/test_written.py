"""What students write in words is collected for the teacher, from every form of a submission."""

import json
from pathlib import Path

import pytest
from test_toy import ANSWERS, BLOCK, STYLES, cells, needs_bwrap, notebook

from grader import build, masters
from grader.formats import Cell
from grader.grade import grade_class
from grader.gradebook import prose
from grader.submissions import written

pytestmark = pytest.mark.slow(reason="grades classes in the sandbox")

SOURCE = """# A toy

```{code-cell} ipython3
# @written why
why = \"\"\"
### BEGIN SOLUTION
Because the branch can be zero.
### END SOLUTION
\"\"\"
```

```{code-cell} ipython3
# @answer one
def one():
    ### BEGIN SOLUTION
    return 1
    ### END SOLUTION
```
"""
WRITTEN = '# @written why\nwhy = """\nThe sum\n  stays a sum.\n"""'
TEXT = "The sum\n  stays a sum."


def test_a_student_gets_the_cell_without_its_solution():
    copy = build.student_copy(masters.parse(SOURCE, "90-small"))
    (cell,) = (c.source for c in copy.cells if "@written" in c.source)
    assert cell == '# @written why\nwhy = """\n(yours to write)\n"""'


@pytest.fixture(scope="module")
def graded(tmp_path_factory):
    """A graded class, in which two students hand in each form: one wrote something, one did not."""
    folder, out = (tmp_path_factory.mktemp(name) for name in ("class", "out"))
    for number, (style, form) in enumerate(STYLES.items()):
        suffix = Path(style).suffix
        wrote, silent = cells(added=[WRITTEN]), cells(f"{BLOCK}# number {number}\n")
        (folder / f"wrote{number}{suffix}").write_text(form(wrote))
        (folder / f"silent{number}{suffix}").write_text(form(silent))
    assert grade_class(ANSWERS, folder, out, jobs=1, timeout=5, memory=500, seed="s") == 0
    return out


@pytest.mark.parametrize("style", STYLES)
@needs_bwrap
def test_every_form_of_a_submission_brings_it_and_its_points_do_not_change(style, graded):
    number = list(STYLES).index(style)
    names = f"wrote{number}", f"silent{number}"
    wrote, silent = (json.loads((graded / f"{name}.json").read_text()) for name in names)
    assert wrote["written"] == {"why": TEXT} and silent["written"] == {}
    assert wrote["score"] == silent["score"] == wrote["max"]
    page = (graded / "written.md").read_text()
    said = [page.index(f"## {names[1]}\n\n    not"), page.index(f"## {names[0]}\n\n    The sum")]
    assert said == sorted(said)


@pytest.mark.parametrize(
    "cell, text",
    [
        ("# @written why\nwhy = '''a b'''", "a b"),
        ('#@written why\n\nr"""\n$x$\n"""\n', "$x$"),
        ('# @written why\nwhy = """never closed', "never closed"),
        ("# @written why\nI forgot the quotes.", "I forgot the quotes."),
        ("# @written why\n", ""),
        ('# @written why\nwhy = """' + "x" * 20_000 + '"""', "x" * 10_000),
    ],
)
def test_quotes_of_all_kinds_and_their_lack(cell, text):
    assert written([Cell("code", cell), Cell("code", "x = 1")]) == {"why": text}


def test_nothing_in_it_means_anything_in_the_page():
    text = "# no heading\n```\n<script>alert(1)</script>\n\x1b[31mred"
    page = prose([{"student": "a\n# b", "written": {"why": text}}, {"student": "c", "written": {}}])
    assert [line for line in page.split("\n") if line and not line.startswith("    ")] == [
        "# why", "## a # b", "## c"]  # fmt: skip
    assert "\x1b" not in page


def test_a_class_without_written_answers_gets_no_page():
    assert prose([{"student": "a", "written": {}}]) == ""


def test_a_cell_that_is_prose_does_no_harm_to_the_answers_after_it():
    sources = (notebook(["x"]), "# @written why\nnot = python at all (")
    assert "why" in written([Cell("code", source) for source in sources])
