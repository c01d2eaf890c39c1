"""What the site asks before it shows: every guess of every chapter, and the words of the reply."""

import json
import random
import re
from functools import partial

import pytest
from bs4 import BeautifulSoup

from tools import site_cells, site_guesses, site_home
from tools.contents import chapters, read_text
from tools.notebooks import ROOT
from utils import predictions

SOURCES = {source.stem: source for source in chapters(ROOT)}


def text(source):
    return {"cell_type": "markdown", "source": source}


def code(source, printed=""):
    outputs = [{"output_type": "stream", "name": "stdout", "text": printed}] if printed else []
    return {"cell_type": "code", "source": source, "outputs": outputs, "metadata": {}}


def told(question, measured):
    return f"{question}: {measured}.{site_guesses.NO_GUESS}\n"


@pytest.mark.parametrize("name", SOURCES)
def test_every_guess_of_a_chapter_has_its_question_and_its_answer(name):
    cells = json.loads(SOURCES[name].with_suffix(".ipynb").read_text("utf-8"))["cells"]
    asking = [
        place for place, cell in enumerate(cells)
        if cell["cell_type"] == "code" and site_guesses.is_guess("".join(cell["source"]))
    ]  # fmt: skip
    found = site_guesses.found(cells)
    assert list(found) == asking, "one of them is never answered"
    for guess in (guess for guesses in found.values() for guess in guesses):
        assert guess.question and guess.measured
        assert guess.kind != "choice" or guess.measured in guess.choices
        assert guess.kind != "text" or guess.measured.isalpha(), "a tuple of what is no number"
        assert guess.kind != "choice" or set(guess.replies) <= set(guess.choices)
    questions = [guess.question for guesses in found.values() for guess in guesses]
    assert len(questions) == len(set(questions)), "the page finds its results by these words"


def test_choices_stand_in_the_text_above_and_replies_in_the_call():
    cells = [
        text('Is it `"lower"`, `"equal"` or `"higher"`?'),
        code("guess_a, guess_b = ..., ..."),
        code(
            'WRONG = {"lower": "So one would think."}\nreveal("a", guess_a, a, WRONG)\n'
            'reveal("b", guess_b, 3)',
            told("a", "higher") + told("b", "3"),
        ),
    ]
    ((first, second),) = site_guesses.found(cells).values()
    assert (first.kind, first.choices) == ("choice", ["lower", "equal", "higher"])
    assert first.replies == {"lower": "So one would think."} and first.measured == "higher"
    assert (second.kind, second.choices, second.question) == ("number", [], "b")


def test_a_loop_over_all_guesses_answers_them_in_their_order():
    loop = 'for n, guess in enumerate([guess_a, guess_b]):\n    reveal(f"stage {n}", guess, x[n])'
    cells = [code("guess_a = ...\nguess_b = ..."),
             code(loop, told("stage 0", "(64, 7, 7)") + told("stage 1", "True"))]  # fmt: skip
    ((first, second),) = site_guesses.found(cells).values()
    assert (first.question, first.kind) == ("stage 0", "several")
    assert (second.kind, second.choices) == ("choice", ["True", "False"])


def test_an_answer_may_come_later_than_that_of_the_next_guess():
    cells = [code("guess_a = ..."), code("guess_b = ..."),
             code('reveal("b", guess_b, 2)', told("b", "2")),
             code('reveal("a", guess_a, 1)', told("a", "1"))]  # fmt: skip
    found = site_guesses.found(cells)
    assert [[g.measured for g in guesses] for guesses in found.values()] == [["1"], ["2"]]


def test_an_answer_beside_one_that_nobody_asked_for_here_is_its_own():
    cells = [code("guess_b = ..."),
             code('reveal("a", guess_a, 1)\nreveal("b", guess_b, 2)',
                  told("a", "1") + told("b", "2"))]  # fmt: skip
    ((guess,),) = site_guesses.found(cells).values()
    assert (guess.question, guess.measured) == ("b", "2")


def test_a_guess_that_nothing_answers_stays_as_it_is():
    cells = [code("guess_a = ..."), code('print("a: 1.")', "a: 1.\n")]
    assert site_guesses.found(cells) == {}
    shown = json.loads(site_cells.prepared(json.dumps({"cells": cells})))["cells"][0]
    assert shown["outputs"] == [] and shown["source"] == "guess_a = ..."


def test_the_cell_gets_a_form_that_knows_what_to_ask():
    cells = [code("guess_a = ..."),
             code("reveal('a \"b\" <c>', guess_a, 1)", told('a "b" <c>', "0.5"))]  # fmt: skip
    shown = json.loads(site_cells.prepared(json.dumps({"cells": cells})))["cells"][0]
    (output,) = shown["outputs"]
    box = BeautifulSoup(output["data"]["text/html"], "html.parser").find("div")
    (asked,) = json.loads(box["data-ask"])
    assert (asked["name"], asked["question"], asked["measured"]) == ("guess_a", 'a "b" <c>', "0.5")


@pytest.mark.parametrize("name", SOURCES)
def test_every_chapter_has_a_quiz_of_which_each_question_has_one_right_answer(name):
    source = read_text(SOURCES[name])
    quiz = source.partition("\n## Check yourself\n")[2].partition("\n## ")[0]
    folds = quiz.split("<details>")
    replies = [fold.partition("</summary>")[2].strip()[:12] for fold in folds[1:]]
    assert all(reply.startswith(("**Right.** ", "**No.** ")) for reply in replies)
    count = site_home.questions(source)
    assert 4 <= count <= 6
    assert sum(reply.startswith("**Right.") for reply in replies) == count
    assert len(replies) == 3 * count
    places = [place % 3 for place, reply in enumerate(replies) if reply.startswith("**Right.")]
    assert len(set(places)) > 1, "the right one always stands in the same place"
    for fold in folds[1:]:
        assert fold.startswith("<summary>") and "$" not in fold.partition("</summary>")[0]


@pytest.mark.parametrize("name", SOURCES)
def test_before_each_solution_stands_a_hint(name):
    text = read_text(SOURCES[name])
    begin = 0
    for found in re.finditer(r"^# @answer (\w+)", text, re.MULTILINE):
        begin = max(begin, text.rfind("**Exercise", 0, found.start()))
        assert "<details><summary>Hint" in text[begin : found.start()], found[1]
        begin = found.end()


@pytest.fixture(scope="module")
def ask(in_node):
    """The script's own functions: name and arguments to results."""
    return partial(in_node, "ask.js", "CourseAsk")


def test_the_verdict_on_a_guess_is_the_notebooks(ask):
    draw = random.Random(0)
    pairs = [(0, 0.5), (0.5, 0), (-1, 1), (-0.4, -0.8), (3, 3), (1e-9, 2.0), (0, 0), (95, 100)]
    for _ in range(500):
        scale = 10.0 ** draw.randint(-8, 8)
        pairs.append((draw.uniform(-1, 3) * scale, draw.uniform(-1, 3) * scale))
        pairs.append((draw.randint(-50, 50), draw.uniform(0, 100)))
    assert ask([["verdict", *pair] for pair in pairs]) == [predictions.verdict(*p) for p in pairs]
    words = [("lower", "higher"), ("higher", "higher")]
    assert ask([["verdict", *w] for w in words]) == [predictions.verdict(*w) for w in words]


def test_numbers_are_written_as_in_the_notebook(ask):
    draw = random.Random(1)
    values = [draw.uniform(-10, 10) * 10.0 ** draw.randint(-9, 9) for _ in range(500)]
    values += [0.0, 0.001, 999.4, 999.6, 1234.0, 1e-5, 100.0, 0.5]
    assert ask([["short", value] for value in values]) == [predictions.say(v) for v in values]


@pytest.mark.parametrize(
    "kind, typed, value",
    [
        ("number", " 0.25 ", 0.25), ("number", "3e-4", 3e-4), ("number", ".5", 0.5),
        ("number", "0,5", 0.5), ("number", "−2", -2), ("number", "-2", -2), ("number", "1e5", 1e5),
        ("number", "half", None), ("number", "50 %", None), ("number", "1,000,000", 1e6),
        ("number", "37,000", 37_000), ("number", "-1,234.5", -1234.5), ("number", "1,00", 1),
        ("number", "0,685", 0.685), ("number", "1,2,3", None), ("number", "1/8", 0.125),
        ("number", "1/0", None),
        ("several", "(64, 56, 56)", [64, 56, 56]), ("several", "64 56 56", [64, 56, 56]),
        ("several", "[1,1]", [1, 1]), ("several", "64x56x56", [64, 56, 56]),
        ("several", "a few", None), ("text", ' "Shirt" ', "shirt"),
    ],
)  # fmt: skip
def test_what_a_reader_types_is_understood_or_refused(ask, kind, typed, value):
    assert ask([["parsed", kind, typed]]) == [value]
