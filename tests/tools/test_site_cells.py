"""A chapter's cells on the site: plumbing folded, marks gone, answers readable."""

import json

import pytest

from tools import site_cells
from tools.contents import chapters
from tools.notebooks import ROOT

SOLUTION = "# @answer f\ndef f():\n    ### BEGIN SOLUTION\n    return 1\n    ### END SOLUTION"
ALL = {source.stem: source.with_suffix(".ipynb").read_text("utf-8") for source in chapters(ROOT)}


def code(source, tags=(), outputs=()):
    """A code cell as the site shows it."""
    cell = {"cell_type": "code", "metadata": {"tags": list(tags)}, "source": source}
    cell["outputs"] = list(outputs)
    (shown,) = json.loads(site_cells.prepared(json.dumps({"cells": [cell]})))["cells"]
    return shown


def says(cell):
    """What the fold of a cell says."""
    return cell["metadata"].get("mystnb", {}).get("code_prompt_show", "")


@pytest.mark.parametrize("name", ALL)
def test_no_mark_of_the_grader_is_shown(name):
    shown = json.loads(site_cells.prepared(ALL[name]))
    text = "\n".join(cell["source"] for cell in shown["cells"] if cell["cell_type"] == "code")
    for mark in ("# @", "### BEGIN", "### END"):
        assert mark not in text
    assert len(shown["cells"]) == len(json.loads(ALL[name])["cells"])


@pytest.mark.parametrize("name", ALL)
def test_no_folded_answer_keeps_its_text_as_html(name):
    for cell in json.loads(site_cells.prepared(ALL[name]))["cells"]:
        if cell["cell_type"] == "markdown":
            after = [part.partition("\n")[0] for part in cell["source"].split("</summary>")[1:]]
            assert not any(line.strip() for line in after)
            for part in cell["source"].split("</summary>")[1:]:
                assert part.startswith("\n\n"), part[:60]


def test_a_folded_answer_in_a_list_becomes_text():
    text = (
        "1. Why?\n   <details><summary>Answer</summary>\n   Because $x$ is `x`.\n   So.\n"
        "   </details>\n2. B"
    )
    assert site_cells.readable(text) == (
        "1. Why?\n   <details><summary>Answer</summary>\n\n   Because $x$ is `x`.\n   So.\n\n"
        "   </details>\n2. B"
    )


def test_where_there_are_no_links_to_launch_nothing_is_left_of_them():
    text = "# 1. A\n\n<!-- badges -->\n<!-- /badges -->\n\nText"
    assert site_cells.readable(text) == "# 1. A\n\nText"
    launched = text.replace("<!-- /b", "[Open](https://x/somebody/y)\n<!-- /b")
    assert site_cells.readable(launched) == launched


@pytest.mark.parametrize(
    "source, tags, words",
    [
        ("import os", ["setup", "hide-input"], "Set-up"),
        ("import numpy as np\n\nfrom utils import figures, budget", [], "Imports: np, figures"),
        (SOLUTION, [], "Show a solution"),
        ("# @check f: the first row\nassert f()", [], "Check: the first row"),
        ("assert x < 1", ["hide-input"], "How the text is held against the numbers"),
        ("figures.lines(x, alt='a')", ["hide-input"], "Code of this figure"),
    ],
)  # fmt: skip
def test_a_fold_says_what_it_holds(source, tags, words):
    cell = code(source, tags)
    assert says(cell).startswith(words) and "hide-input" in cell["metadata"]["tags"]


def printed(text):
    return {"output_type": "stream", "name": "stdout", "text": [text]}


def test_our_own_solution_passing_says_nothing_on_a_page_where_nothing_runs():
    assert code("# @check f: it\nprint('right')", outputs=[printed("right\n")])["outputs"] == []


def test_what_a_proof_prints_is_folded_with_it_but_never_a_figure_or_an_answer():
    picture = {"output_type": "display_data", "metadata": {}, "data": {"text/html": "<b>x</b>"}}
    answer = printed("q: 3. (No guess yet: fill in the dots above.)\n")
    for outputs, tag in (
        ([printed("0.5\n")], "hide-cell"), ([picture], "hide-input"), ([answer], "hide-input"),
    ):  # fmt: skip
        tags = code("assert x < 1", ["hide-input"], outputs)["metadata"]["tags"]
        assert [name for name in tags if name.startswith("hide")] == [tag]
    assert "hide-input" in code("print(x)", ["hide-input"], [printed("1\n")])["metadata"]["tags"]


@pytest.mark.parametrize(
    "source", ["x = 1", "import os\nx = 1", "guess = ...", "guess_a, guess_b = ..., ..."]
)
def test_what_readers_came_for_stays_open(source):
    cell = code(source)
    assert "hide-input" not in cell["metadata"]["tags"] and says(cell) == ""


def test_a_solution_keeps_its_indentation_and_loses_its_marks():
    cell = code(SOLUTION)
    assert cell["source"] == "def f():\n    return 1"


def test_what_a_guess_met_is_told_in_its_own_words():
    lines = ["before\n", "from 3 to 4: worse. (No guess yet: fill in the dots above.)\n",
             "n: you said 2, measured 3: too low by 1.\n", "headline: a < b\n",
             "after\n"]  # fmt: skip
    stream = {"output_type": "stream", "name": "stdout", "text": lines}
    parts = code("x", outputs=[stream])["outputs"]
    shown = [part.get("text") or part["data"]["text/html"] for part in parts]
    assert shown == [
        "before\n",
        '<p class="reveal"><b>from 3 to 4</b> worse.</p>',
        '<p class="reveal"><b>n</b> you said 2, measured 3: too low by 1.</p>',
        '<p class="headline"><b>Result</b> a &lt; b</p>',
        "after\n",
    ]
