"""The chapters keep the rules of `tools/nb_rules.py` and `nb_text.py`; each rule can complain."""

import json
import re

import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output

from tools import contents, nb_pair, nb_read, nb_rules, nb_text
from tools.nb_first import Course, read_course
from tools.notebooks import ROOT

SOURCES = contents.chapters(ROOT)
NOTEBOOKS = sorted(
    p for folder in ("chapters", "homework") for p in (ROOT / folder).glob("*.ipynb")
)
COURSE = read_course(ROOT)
RULES = nb_rules.RULES + nb_text.RULES
each_chapter = pytest.mark.parametrize("source", SOURCES, ids=lambda path: path.stem)


def say(complaints):
    assert not complaints, "\n" + "\n".join(complaints)


def test_the_list_of_chapters_names_all_there_are_and_each_has_its_pair():
    stems = [path.stem for path in SOURCES]
    assert stems == sorted(stems) != []
    for kind in ("md", "ipynb"):
        assert sorted(p.stem for p in (ROOT / "chapters").glob(f"*.{kind}")) == stems


def test_the_tables_of_chapters_are_what_sync_writes():
    assert contents.stale(ROOT) == {}


@each_chapter
def test_pair_is_in_sync(source):
    differing = nb_pair.differing(source, COURSE)
    assert not differing, f"{[p.name for p in differing]} differ from what `make sync` writes"


@each_chapter
@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.__name__)
def test_chapter_keeps_the_rule(source, rule):
    say(rule(nb_read.read(source.with_suffix(".ipynb")), source.stem))


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: f"{path.parent.name}/{path.stem}")
def test_no_stored_output_holds_a_piece_of_a_progress_bar(path):
    for cell in json.loads(path.read_text("utf-8"))["cells"]:
        for output in cell.get("outputs", []):
            texts = [v for k, v in output.get("data", {}).items() if not k.startswith("image/")]
            shown = "\n".join("".join(t) for t in [output.get("text", ""), *texts])
            shown = re.sub(r"data:image/[^\"']*", "", shown)
            found = re.search(r"[▏▎▍▌▋▊▉█]|it/s|s/it|\r|\d%\|", shown)
            assert not found, shown[max(found.start() - 40, 0) : found.end() + 40]


def test_the_rule_of_the_projection_stands_before_everything_else_of_its_chapter():
    text = (ROOT / "chapters" / "04-projection-shortcuts.md").read_text("utf-8")
    head = text[: text.index("## Before you start")]
    rule = re.search(r"^> .*`([^`]+)`", head, re.M)
    shapes = [(64, 64, 1), (64, 64, 2), (64, 128, 1), (64, 128, 2)]
    asked = compile(rule[1], "the rule", "eval")
    needs = [eval(asked, dict(in_channels=a, out_channels=b, stride=s)) for a, b, s in shapes]
    assert needs == [False, True, True, True], "the block that changes no shape needs none"


def test_no_helper_is_defined_in_two_chapters():
    notebooks = {s.stem: nb_read.read(s.with_suffix(".ipynb")) for s in SOURCES}
    say(nb_rules.defined_twice(notebooks))


# --- each rule complains about a planted fault, and only then ---

GOOD = """\
# 3. Good

## Before you start

- **You will** read.
- **You will learn** much.
- **You need** 2 minutes.

See [the exercises](#exercises), $x^2$ and `{ref}` in code.

```{code-cell} ipython3
guess = ...
```

```{code-cell} ipython3
:tags: [nbval-check-output]

print(3)
```

## Middle

## Recap

## Check yourself

## Exercises

## References
"""
COURSE_FOR_TESTS = Course(ROOT, "https://github.com/o/residual-networks", "main", "0.1.0")


@pytest.fixture
def good():
    text = nb_pair.complete(GOOD, COURSE_FOR_TESTS, "03-good")
    notebook = nb_pair.to_notebook(text, "03-good")
    for number, cell in enumerate(nb_rules.code_cells(notebook), start=1):
        cell.execution_count = number
    nb_rules.code_cells(notebook)[2].outputs = [new_output("stream", name="stdout", text="3\n")]
    return notebook


def complaints_about(notebook):
    return {rule.__name__ for rule in RULES if rule(notebook, "03-good")}


def shows(*outputs):
    def plant(notebook):
        nb_rules.code_cells(notebook)[2].outputs = list(outputs)

    return plant


def says(text):
    def plant(notebook):
        notebook.cells[-1].source += f"\n\n{text}"

    return plant


def printed(text, name="stdout"):
    return shows(new_output("stream", name=name, text=text))


def displayed(data, metadata=None):
    return shows(new_output("display_data", data=data, metadata=metadata or {}))


def untagged(notebook):
    nb_rules.code_cells(notebook)[2].metadata = {}


def without_guess(notebook):
    nb_rules.code_cells(notebook)[1].source = "first = 3"


def with_a_guess_filled_in(notebook):
    nb_rules.code_cells(notebook)[1].source = "guess, guess_more = ..., 3"


def unexecuted(notebook):
    nb_rules.code_cells(notebook)[1].execution_count = None


def long_cell(notebook):
    nb_rules.code_cells(notebook)[2].source = "x = 3\n" * 19


def wide_cell(notebook):
    nb_rules.code_cells(notebook)[1].source = "guess = ...\nx = 3" + " " * 80 + "# wide"


def long_setup(notebook):
    nb_rules.code_cells(notebook)[0].source += "\n# more" * 8


def open_setup(notebook):
    nb_rules.code_cells(notebook)[0].metadata["tags"] = ["setup"]


def long_opening(notebook):
    nb_rules.code_cells(notebook)[1].source = "guess = ...\na = 1\nb = 2\nc = 3"


def swapped(notebook):
    notebook.cells[-1].source = notebook.cells[-1].source.replace("Recap", "Summary")


def edits(old, new):
    def plant(notebook):
        assert any(old in cell.source for cell in notebook.cells)
        for cell in notebook.cells:
            cell.source = cell.source.replace(old, new)

    return plant


def names_a_path(notebook):
    nb_rules.code_cells(notebook)[1].source = 'guess = ...\nopen("/home/ann/x.csv")'


def huge(notebook):
    nb_rules.code_cells(notebook)[2].outputs = [
        new_output("stream", name="stdout", text="long line\n" * 100_000)
    ]


def draws_nothing(call):
    def plant(notebook):
        nb_rules.code_cells(notebook)[1].source = f"guess = ...\n{call}"

    return plant


PNG = {"image/png": "AAAA"}
FAULTS = [
    ("has_skeleton", swapped),
    ("has_skeleton", says("# Another title")),
    ("says_what_to_expect", edits("**You will learn** much", "You may learn")),
    ("says_what_to_expect", edits("2 minutes", "time")),
    ("has_short_cells", long_cell),
    ("has_narrow_cells", wide_cell),
    ("opens_simply", long_setup),
    ("opens_simply", open_setup),
    ("opens_simply", long_opening),
    ("is_executed_in_order", unexecuted),
    ("has_clean_outputs", printed("careful", name="stderr")),
    ("has_clean_outputs", printed("epoch 1/3:  62%|██████▎   | 20/32 [00:00<00:00, 39.89it/s]\n")),
    ("has_clean_outputs", printed("reading\rread\n")),
    ("has_clean_outputs", printed("x.py:3: UserWarning: careful\n")),
    ("has_clean_outputs", printed("saved to /home/ann/x.pt\n")),
    ("has_clean_outputs", printed("<object at 0x7f3a12345678>\n")),
    ("has_clean_outputs", printed("Traceback (most recent call last):\n")),
    ("has_clean_outputs", shows(new_output("error", ename="E", evalue="x", traceback=["E: x"]))),
    (
        "has_clean_outputs",
        displayed({"application/vnd.jupyter.widget-view+json": {"model_id": "1"}}),
    ),
    ("has_its_pictures", draws_nothing("figures.bars({}, 'y', alt='a')")),
    ("has_its_pictures", draws_nothing("data.visualize(batch)")),
    ("has_portable_sources", names_a_path),
    ("is_small", huge),
    ("asks_for_a_guess", without_guess),
    ("asks_for_a_guess", with_a_guess_filled_in),
    ("compares_an_output", untagged),
    ("is_portable", says("```{note}\nhello\n```")),
    ("is_portable", says(":::{note}\nhello\n:::")),
    ("is_portable", says("See {ref}`there`.")),
    ("is_portable", says("(target)=")),
    ("is_portable", says(r"Maths in \(x\).")),
    ("is_portable", says(r"\begin{align}x\end{align}")),
    ("is_portable", says("It costs $x.")),
    ("has_own_pictures", says("![a cat](https://example.org/cat.png)")),
    ("has_own_pictures", says('<img alt="a cat" src="https://example.org/cat.png">')),
    ("has_own_pictures", says("![a cat](cat.svg)")),
    ("has_text_for_pictures", says("![](data:image/png;base64,AAAA)")),
    ("has_text_for_pictures", displayed(PNG)),
    ("has_text_for_pictures", displayed({"text/html": '<img src="data:,">'})),
    ("has_text_for_pictures", displayed({"text/html": "<svg><path/></svg>"})),
    ("is_portable", says("See [the source](02-other.md).")),
    ("is_portable", says("See [its recap](02-other.md#recap).")),
    ("is_short", says("word " * 5_000)),
    ("folds_its_asides", edits("## Recap", "## Asides\n\nSkip these.\n\nAn aside.\n\n## Recap")),
    ("is_portable", says('See <a href="02-other.ipynb">that</a>.')),
]


def test_the_good_notebook_gets_no_complaint(good):
    assert complaints_about(good) == set()


@pytest.mark.parametrize(
    "rule, plant", FAULTS, ids=[f"{i}-{rule}" for i, (rule, _) in enumerate(FAULTS)]
)
def test_a_planted_fault_is_found_by_its_rule_alone(good, rule, plant):
    plant(good)
    assert complaints_about(good) == {rule}


def test_imports_a_mark_and_asides_that_are_folded_get_no_complaint(good):
    cells = nb_rules.code_cells(good)
    cells[1].source = "# @context\nimport a\n\nimport b\nimport c\nfrom d import e"
    cells[2].source = "guess = ...\na = 1\nb = 2\nc = 3"
    folded = "### One\n\n<details><summary>It</summary>\n\nAn aside.\n\n</details>"
    edits("## Recap", f"## Asides\n\nSkip these.\n\n{folded}\n\n## Recap")(good)
    assert complaints_about(good) == set()


def test_words_are_those_of_the_text():
    text = "Two words, `code` and $x$. <!-- no\nword -->\n\n```python\nnot = 'counted'\n```"
    cells = [new_markdown_cell(text), new_code_cell("not = 'counted'")]
    assert nb_text.words(new_notebook(cells=cells)) == 5


def test_pictures_with_alt_text_and_raising_cells_are_welcome(good):
    displayed(PNG, {"image/png": {"alt": "a curve"}})(good)
    cell = new_code_cell("1 / 0", id="0123456789ab", execution_count=4)
    cell.metadata["tags"] = ["raises-exception"]
    cell.outputs = [new_output("error", ename="E", evalue="x", traceback=["E: x"])]
    good.cells.append(cell)
    assert complaints_about(good) == set()


def test_a_helper_defined_in_two_chapters_is_named():
    one = new_notebook(cells=[new_code_cell("def helper(x):\n    return x + 1")])
    two = new_notebook(cells=[new_code_cell("y = 1"), new_code_cell(one.cells[0].source + "  # 1")])
    other = new_notebook(cells=[new_code_cell("def helper(x):\n    return x + 2")])
    assert nb_rules.defined_twice({"01-a": one, "02-b": other}) == []
    (complaint,) = nb_rules.defined_twice({"01-a": one, "02-b": two})
    assert complaint.startswith("02-b, code cell 2: helper is defined in 01-a")
