"""The live figure of chapter 15: its arithmetic is PyTorch's, and a keyboard works it."""

import json
import subprocess

import pytest
import torch
from torch import nn

from tools import live_stills
from utils.figures import interactive, live

PROGRAM = """
const t = require(process.argv[1]), asked = { ...JSON.parse(process.argv[2]), keep: true };
const { apart, start, seen, layers } = t.run(asked), list = (values) => [...values];
const numbers = ([name, { w, b }]) => [name, { w: list(w), b: list(b) }];
const made = layers.map((layer) => Object.fromEntries(Object.entries(layer).map(numbers)));
console.log(JSON.stringify({ apart, start: list(start), last: list(seen[seen.length - 1]), made }));
"""


pytestmark = pytest.mark.usefixtures("node")


def layer_of(made):
    """PyTorch's own pair of attention and MLP, with the weights of the program."""
    layer = nn.TransformerEncoderLayer(32, 4, 128, dropout=0, activation="gelu",
                                       batch_first=True, norm_first=True).double()  # fmt: skip
    places = {"ask": (layer.self_attn.in_proj_weight, layer.self_attn.in_proj_bias),
              "out": (layer.self_attn.out_proj.weight, layer.self_attn.out_proj.bias),
              "up": (layer.linear1.weight, layer.linear1.bias),
              "down": (layer.linear2.weight, layer.linear2.bias)}  # fmt: skip
    with torch.no_grad():
        for name, (weight, bias) in places.items():
            weight.copy_(torch.tensor(made[name]["w"]).reshape(weight.shape))
            bias.copy_(torch.tensor(made[name]["b"]))
    return layer


@pytest.mark.parametrize("attention", ["shortcut", "bare", "none"])
@pytest.mark.parametrize("mlp", ["shortcut", "bare", "none"])
def test_the_tokens_are_pytorchs(node, attention, mlp):
    asked = {"attention": attention, "mlp": mlp, "gain": 1.7, "bias": 0.5, "seed": 3}
    command = [node, "-e", PROGRAM, str(live.FOLDER / "tokens.js"), json.dumps(asked)]
    done = subprocess.run(command, capture_output=True, check=True, text=True)
    told = json.loads(done.stdout)
    x = torch.tensor(told["start"], dtype=torch.float64).reshape(1, 49, 32)
    expected = []
    with torch.no_grad():
        for made in told["made"]:
            layer = layer_of(made)
            normed = layer.norm1(x)
            branch = layer.self_attn(normed, normed, normed, need_weights=False)[0]
            x = {"shortcut": x + branch, "bare": branch, "none": x}[attention]
            branch = layer.linear2(layer.activation(layer.linear1(layer.norm2(x))))
            x = {"shortcut": x + branch, "bare": branch, "none": x}[mlp]
            rest = (x - x.mean(1, keepdim=True)).norm() / x.norm()
            expected.append(max(1e-7, rest.item()))
    assert told["apart"] == pytest.approx(expected, rel=1e-3, abs=1e-6)
    last = torch.tensor(told["last"], dtype=torch.float64).reshape(1, 49, 32)
    assert torch.allclose(last, x, atol=1e-4 * max(1.0, x.abs().max().item()))


def test_initial_weights_are_as_wide_as_pytorchs(node):
    command = [node, "-e", PROGRAM, str(live.FOLDER / "tokens.js"), json.dumps({"seed": 1})]
    told = json.loads(subprocess.run(command, capture_output=True, check=True, text=True).stdout)
    for name, layer in (("ask", nn.Linear(32, 96)), ("down", nn.Linear(128, 32))):
        mine = torch.tensor([one[name]["w"] for one in told["made"]])
        assert mine.std().item() == pytest.approx(layer.weight.std().item(), rel=0.08)
        assert mine.abs().max() <= layer.in_features**-0.5


def test_the_caption_holds_for_ten_seeds():
    """Only with shortcuts do tokens stay different; attention alone is enough to end it."""
    for name, kind in live_stills.KINDS.items():
        runs = live_stills.told([{**kind, "seed": seed} for seed in range(1, 11)])
        if "plain" in name and "MLPs" not in name:
            assert max(run[4] for run in runs) < 1e-3, name
        else:
            assert min(run[4] for run in runs) > 0.1, name


def test_it_is_worked_by_keyboard_and_fits_a_phone(opened):
    for width, scheme in ((1100, "light"), (390, "dark")):
        page = opened(interactive.tokens().body, width, color_scheme=scheme)
        status = page.locator(".status")
        assert "still differ" in status.text_content()
        for name in ("attention", "mlp"):
            page.locator(f"[name={name}]").select_option("bare")
        assert "less than a thousandth" in status.text_content()
        before = page.locator("canvas").get_attribute("aria-label")
        page.locator("[name=pair]").focus()
        page.keyboard.press("ArrowLeft")
        assert page.locator("[name=at]").text_content() == "11"
        assert page.locator("canvas").get_attribute("aria-label") != before
        page.locator("[name=bias]").focus()
        page.keyboard.press("Space")
        assert page.locator(".curve path").count() == 4
