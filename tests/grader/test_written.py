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


@pytest.mark.parametrize("style", STYLES)
@needs_bwrap
def test_every_form_of_a_submission_brings_it_and_its_points_do_not_change(style, tmp_path):
    folder, out = tmp_path / "class", tmp_path / "out"
    folder.mkdir()
    suffix = Path(style).suffix
    (folder / f"wrote{suffix}").write_text(STYLES[style](cells(added=[WRITTEN])))
    (folder / f"silent{suffix}").write_text(STYLES[style](cells(BLOCK + "# another\n")))
    assert grade_class(ANSWERS, folder, out, jobs=1, timeout=5, memory=500, seed="s") == 0
    wrote, silent = (json.loads((out / f"{s}.json").read_text()) for s in ("wrote", "silent"))
    assert wrote["written"] == {"why": TEXT} and silent["written"] == {}
    assert wrote["score"] == silent["score"] == wrote["max"]
    page = (out / "written.md").read_text()
    assert page.index("## silent\n\n    not written") < page.index("## wrote\n\n    The sum")


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
