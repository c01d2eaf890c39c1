"""The residual playground: right nets, measured words, a page that asks for nothing."""

import json
import re
import subprocess
from functools import partial
from itertools import product
from pathlib import Path

import numpy as np
import pytest
import torch
from bs4 import BeautifulSoup
from torch.nn import functional as F

from benchmarks import playground, playground_picture
from tools import nb_clean, site_live
from utils import recordings
from utils.figures import interactive, live
from utils.figures.style import DARK, GROUND, INK, OCHRE, PLAIN, PURPLE, RESIDUAL

HERE = Path(__file__).parent
SWITCHES = list(product([True, False], [True, False], ["default", "he"]))
RECORDED = recordings.load("playground")


def told(node, **settings):
    """What the engine says of a net, as numbers."""
    command = [node, str(HERE / "playground_gradients.js"), json.dumps(settings)]
    said = json.loads(subprocess.run(command, capture_output=True, check=True, text=True).stdout)
    return {key: np.array(value) if isinstance(value, list) and key not in ("parts", "batches")
            else value for key, value in said.items()}  # fmt: skip


def run_torch(parts, theta, x, shortcut):
    """The same net, written with PyTorch's functions."""

    def tensor(start, *shape):
        return theta[start : start + int(np.prod(shape))].reshape(shape) if start >= 0 else None

    def layer(part, h):
        bias = tensor(part["b"], part["outs"])
        h = F.linear(h, tensor(part["w"], part["outs"], part["ins"]), bias)
        if part["gamma"] < 0:
            return h
        gamma, beta = (tensor(part[key], part["outs"]) for key in ("gamma", "beta"))
        return F.batch_norm(h, None, None, gamma, beta, training=True)

    first, *inner, last = parts
    h = layer(first, x).relu()
    for one, two in zip(inner[::2], inner[1::2], strict=True):
        branch = layer(two, layer(one, h).relu())
        h = (h + branch if shortcut else branch).relu()
    return layer(last, h).squeeze(1)


@pytest.mark.parametrize("norm, shortcut, init", SWITCHES)
def test_its_gradients_are_those_of_finite_differences(node, norm, shortcut, init):
    for layers in (2, 6):
        said = told(node, layers=layers, width=5, norm=norm, shortcut=shortcut, init=init, count=20)
        assert said["grad"] == pytest.approx(said["numeric"], rel=1e-5, abs=1e-8)
        assert np.abs(said["grad"]).max() > 1e-4


@pytest.mark.parametrize("norm, shortcut", list(product([True, False], [True, False])))
@pytest.mark.parametrize("layers", [2, 8, 20])
def test_its_outputs_gradients_and_steps_are_those_of_pytorch(node, layers, norm, shortcut):
    said = told(node, layers=layers, norm=norm, shortcut=shortcut, init="he", count=32)
    theta = torch.tensor(said["theta"], requires_grad=True)
    x, y = torch.tensor(said["x"]).reshape(-1, 2), torch.tensor(said["y"], dtype=torch.double)
    logits = run_torch(said["parts"], theta, x, shortcut)
    loss = F.binary_cross_entropy_with_logits(logits, y)
    (grad,) = torch.autograd.grad(loss, theta)
    assert said["logits"] == pytest.approx(logits.detach().numpy(), rel=1e-7, abs=1e-9)
    assert said["loss"] == pytest.approx(loss.item(), rel=1e-9)
    assert said["grad"] == pytest.approx(grad.numpy(), rel=1e-6, abs=1e-8 * grad.abs().max().item())
    first = said["parts"][0]
    size = first["ins"] * first["outs"]
    assert said["norms"][0] == pytest.approx(grad[:size].norm().item(), rel=1e-6)
    optimiser = torch.optim.Adam([theta], lr=0.003)
    for batch in said["batches"]:
        optimiser.zero_grad()
        x, y = (torch.tensor(batch[key], dtype=torch.double) for key in "xy")
        output = run_torch(said["parts"], theta, x.reshape(-1, 2), shortcut)
        F.binary_cross_entropy_with_logits(output, y).backward()
        optimiser.step()
    # Adam divides by a gradient's size: where that is near 0, so is what can be said of its sign.
    apart = np.abs(said["after"] - theta.detach().numpy())
    assert np.quantile(apart, 0.99) < 1e-6 and np.abs(said["after"] - said["theta"]).max() > 1e-3


def test_with_shortcuts_64_layers_learn_and_without_they_guess(node):
    """A seed of the recording, anew, and not to its end: the whole takes half an hour."""
    job = {"what": "train", "rate": 0.003, "seeds": [3], "every": 25, "threshold": 0.95}
    job |= playground.USUAL
    (residual,) = playground.answer(job | {"shortcut": True, "steps": 1500})
    (plain,) = playground.answer(job | {"shortcut": False, "steps": 400})
    assert residual["reached"] and plain["reached"] is None and plain["best"] < 0.7
    assert plain["first"] > 1e3 * plain["last"] and residual["first"] < 1e3 * residual["last"]


@pytest.mark.parametrize("settings, words", [
    ({"layers": 7}, "layers must be 1 or an even number from 2 to 64, got 7"),
    ({"layers": 66}, "got 66"), ({"init": "lecun"}, "init must be default, he or zero, got lecun"),
])  # fmt: skip
def test_a_net_that_cannot_be_is_refused_in_words(node, settings, words):
    engine = json.dumps(str(live.FOLDER / "engine.js"))
    code = f"new (require({engine}).Net)({json.dumps(settings)})"
    said = subprocess.run([node, "-e", code], capture_output=True, text=True)
    assert said.returncode and words in said.stderr


def reached(kind, **changes):
    """The steps at which ten seeds had learned, None for those that had not."""
    return playground_picture.found(RECORDED, kind, **changes)["reached"]


def test_the_recording_is_complete_and_ten_of_ten_learn_with_shortcuts_and_none_without():
    names = [playground.name(job) for job in playground.plan()]
    assert len(set(names)) == len(names) and set(names) <= set(RECORDED.values)
    rates = playground.SETTINGS["rates"]
    plain = [step for rate in rates for step in reached("plain", rate=rate)]
    assert plain == [None] * 10 * len(rates), "no rate, no seed"
    with_shortcuts = {rate: reached("residual", rate=rate) for rate in rates}
    assert any(None not in steps for steps in with_shortcuts.values())
    assert len(with_shortcuts[0.003]) == 10 and None not in with_shortcuts[0.003]


def ratios(kind, **changes):
    """The first layer's gradient as a multiple of that of the last hidden layer, for ten seeds."""
    run = playground_picture.found(RECORDED, kind, **changes)
    return [first / last for first, last in zip(run["first"], run["last"], strict=True)]


def test_what_each_setting_shows_is_what_was_recorded():
    """Dead signal, exploding gradient, degradation, and what none of them is."""
    found = partial(playground_picture.found, RECORDED)
    assert min(ratios("plain")) > 1e5 > 100 > max(ratios("residual")), "explodes at 64"
    shallow, middle = (reached("plain", layers=layers) for layers in (8, 20))
    assert max(shallow) < min(step for step in middle if step), "slower with depth, and not dead"
    assert 100 > max(ratios("plain", layers=20)) and max(reached("residual", layers=20)) <= 200
    for rate in (0.001, 0.003, 0.01):
        dead = found("plain", norm=False, init="default", rate=rate)
        assert max(dead["spread"]) < 1e-12 and not any(dead["reached"]), "a dead signal"
    explodes = found("residual", norm=False)
    assert min(explodes["spread"]) > 100, "the residual net's own outputs explode without a norm"
    small = found("residual", norm=False, init="zero")
    assert None not in small["reached"] and max(small["spread"]) < 1


def test_switching_shortcuts_on_repairs_a_net_once_adam_forgets():
    found = partial(playground_picture.found, RECORDED, turn=500)
    repaired, kept = found("plain", forget=True), found("plain")
    assert None not in repaired["reached"] and max(repaired["before"]) < 0.7
    assert kept["reached"] == [None] * 10, "with what it remembers, not within 1,000 steps"
    assert max(found("residual")["after"]) < 0.7, "taken away, the net guesses"


def in_chapter(number):
    """A chapter's text."""
    (path,) = (Path(__file__).parents[2] / "chapters").glob(f"{number}-*.md")
    return path.read_text("utf-8")


def test_chapter_2_says_what_was_recorded():
    found, text = partial(playground_picture.found, RECORDED), in_chapter("02")
    shallow, middle = (reached("plain", layers=layers) for layers in (8, 20))
    assert f"with every seed, within {max(shallow)} steps" in text
    arrived = [step for step in middle if step]
    words = {8: "eight", 9: "nine"}[len(arrived)]
    assert f"{words} of ten seeds pass 95 % within 1,500 steps, none before step 750" in text
    assert min(arrived) == 750
    assert f"needs {max(reached('residual', layers=20))} steps at most" in text
    assert "more than 100,000 times" in text and min(ratios("plain")) > 1e5
    same = found("plain", norm=False, init="default")
    assert "the same output, to twelve digits" in text and max(same["spread"]) < 1e-12


def test_chapter_3_says_what_was_recorded():
    found, text = partial(playground_picture.found, RECORDED), in_chapter("03")
    repaired, kept = found("plain", turn=500, forget=True), found("plain", turn=500)
    more = max(repaired["reached"]) - 500
    assert f"all ten seeds had learnt their points within {more} more" in text
    assert kept["reached"] == [None] * 10 and min(kept["accuracy"]) > 0.65
    assert "after 1,000 more steps, although all are better than guessing" in text
    assert max(found("residual", turn=500)["after"]) < 0.6, "guesses from that moment on"
    failed = found("residual", norm=False)["reached"].count(None)
    assert f"{dict([(2, 'two')])[failed]} of ten residual networks of 64 layers don't" in text
    assert "can start at zero instead, and then all ten learn them" in text
    assert None not in found("residual", norm=False, init="zero")["reached"]


def test_the_picture_that_stands_for_it_says_what_was_recorded():
    drawn = playground_picture.draw(RECORDED)
    stored = live.stored("playground")
    assert (stored["alt"], stored["caption"]) == (drawn.alt, drawn.caption)
    assert interactive.playground().alt == drawn.alt


def test_the_page_measures_as_the_recording_does():
    text, settings = (live.FOLDER / "playground.js").read_text("utf-8"), playground.SETTINGS
    said = dict(re.findall(r"\b(EVERY|LIMIT|ENOUGH|SEEDS) = ([\d.]+)", text))
    keys = {"EVERY": "every", "LIMIT": "steps", "ENOUGH": "threshold"}
    assert {key: float(said[key]) for key in keys} == {k: settings[v] for k, v in keys.items()}
    assert int(said["SEEDS"]) == len(settings["seeds"])
    rates = re.search(r"rate: \[.*?\{(.*?)\}", text)[1]
    assert [float(rate) for rate in re.findall(r'"([\d.]+)"', rates)] == settings["rates"]


def test_its_colours_are_the_books_and_its_classes_are_neither_plain_nor_residual():
    text = (live.FOLDER / "charts.js").read_text("utf-8")
    pairs = dict(re.findall(r"--(\w+): light-dark\((#\w{6}, #\w{6})\)", text))
    names = {"ground": GROUND, "ink": INK, "plain": PLAIN, "residual": RESIDUAL,
             "zero": OCHRE, "one": PURPLE}  # fmt: skip
    for name, light in names.items():
        assert pairs[name] == f"{light}, {DARK[light]}"
    for theme, of in (("LIGHT", lambda light: light), ("DARK", DARK.get)):
        table = re.search(rf"{theme} = \{{(.*?)\}};", text)[1]
        for name, numbers in re.findall(r"(\w+): \[([\d, ]+)\]", table):
            wanted = [int(of(names[name])[i : i + 2], 16) for i in (1, 3, 5)]
            assert [int(number) for number in numbers.split(",")] == wanted


def test_its_programs_are_small_and_ask_for_nothing():
    text = live.program("playground")
    assert len(text.encode()) < 60_000 and "</script" not in text
    loading = r"fetch\(|XMLHttpRequest|\bimport\b|new Worker|https?:|\.src\b|eval\(|localStorage"
    assert not re.search(loading, text)


def test_a_stored_notebook_has_the_picture_and_the_loader_and_no_program():
    shown = interactive.playground()._repr_mimebundle_()["text/html"]
    output = nb_clean.nbformat.v4.new_output("display_data", data={"text/html": shown})
    stored = nb_clean.clean_output(output, "x", False).data["text/html"]
    assert "CourseNet" in shown and "CourseNet" not in stored
    assert "<img" in stored and "currentScript" in stored and len(stored) < 250_000
    left = re.sub(r"<script.*?</script>", "", stored, flags=re.DOTALL)
    assert "once this cell is run" in left and "<button" not in left


def test_on_the_site_the_programs_are_one_file_that_a_reader_fetches_when_near(tmp_path):
    page = BeautifulSoup(interactive.playground().body, "html.parser")
    site_live.place(page, tmp_path, "../")
    assert page.select_one('[data-src="../_live/playground.js"]') and "CourseNet" not in str(page)
    written = (tmp_path / "_live" / "playground.js").read_text("utf-8")
    assert written == live.program("playground")
    asked = BeautifulSoup("<p>none</p><!-- other --><!-- live sight -->", "html.parser")
    site_live.place(asked, tmp_path, "")
    assert asked.select_one("div.course-live")["data-src"] == "_live/sight.js"
    assert str(asked).startswith("<p>none</p><!-- other --><")
