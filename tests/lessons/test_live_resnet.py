"""The live ResNet: its engine is PyTorch's network, its weights are the course's."""

import base64
import copy
import hashlib
import json

import numpy as np
import pytest
import torch

from benchmarks import live_resnet
from tools import live_weights
from utils.data import sources
from utils.figures import live
from utils.pretrained import pretrained
from utils.quantised import quantised

KINDS = {"residual": True, "plain": False}


@pytest.fixture(scope="module")
def shown():
    """The images that are shipped, as PyTorch takes them."""
    held = live_weights.images()
    pixels = np.frombuffer(base64.b64decode(held["pixels"]), np.uint8).reshape(-1, 1, 28, 28)
    labels = np.frombuffer(base64.b64decode(held["labels"]), np.uint8)
    return torch.from_numpy(pixels.copy()).float() / 255, torch.from_numpy(labels.copy()).long()


def exact(folder, kind):
    """A file with the float32 weights of a network, for the engine."""
    path = folder / f"{kind}.json"
    state = pretrained(kind).state_dict()
    path.write_text(json.dumps({name: t.flatten().tolist() for name, t in state.items()}))
    return str(path)


def engine(node, kind, runs, weights=None, wasm=True):
    """What the engine says to some plans."""
    runs = [{"shortcut": KINDS[kind], **run} for run in runs]
    return live_resnet.asked({"kind": kind, "wasm": wasm, "weights": weights, "runs": runs})


@torch.no_grad()
def reference(net, X, plan, fresh=False):
    """The same in PyTorch: logits after the stem and after each block of the plan."""
    net = copy.deepcopy(net).train(fresh)  # running averages move in train mode
    x = net.stem(X)
    found = [net.head(x)]
    for step in plan:
        block = net.body[step["block"]]
        branch = block.after_first_act(block.bn1(x).relu())
        x = step["scale"] * branch + (x if step["shortcut"] else 0)
        found.append(net.head(x))
    return torch.stack(found)


def plan(order, shortcut, **changes):
    """A plan that runs blocks in an order, with changes by block: (scale, shortcut)."""
    return [{"block": b, "scale": changes.get(f"b{b}", (1, shortcut))[0],
             "shortcut": changes.get(f"b{b}", (1, shortcut))[1]} for b in order]  # fmt: skip


PLANS = {
    "whole": lambda s: plan(range(10), s),
    "deleted": lambda s: plan([0, 1, 2, 4, 5, 6, 7, 9], s),
    "swapped": lambda s: plan([0, 1, 3, 2, 4, 5, 6, 8, 7, 9], s),
    "scaled": lambda s: plan(range(10), s, b4=(0.5, s), b7=(2, s)),
    "cut": lambda s: plan(range(10), s, b5=(1, False)),
    "twice": lambda s: plan([0, 1, 2, 2, 3], s),
}


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("wasm", [True, False], ids=["wasm", "javascript"])
def test_the_engine_gives_pytorchs_logits(node, shown, tmp_path, kind, wasm):
    """Every plan, from the fp32 weights: after each block, within 1e-4 of the largest logit."""
    net, weights = pretrained(kind), exact(tmp_path, kind)
    count = 12 if wasm else 3
    runs = [{"count": count, "plan": make(KINDS[kind]), "fresh": fresh}
            for make in PLANS.values() for fresh in (False, True)]  # fmt: skip
    said = engine(node, kind, runs, weights, wasm)
    assert said["wasm"] == wasm
    for run, found in zip(runs, said["found"], strict=True):
        expected = reference(net, shown[0][:count], run["plan"], run["fresh"])
        got = torch.tensor(found["logits"]).reshape(expected.shape)
        size = max(1.0, expected.abs().max().item())
        assert (got - expected).abs().max() < 1e-4 * size, run


def test_norms_of_one_run_serve_another(node):
    """An image alone, with the averages that many images gave, answers as it did among them."""
    (found,) = engine(node, "residual", [{"count": 20, "fresh": True}])["found"]
    among = np.array(found["logits"]).reshape(11, 20, 10)[:, :3]
    assert np.allclose(np.array(found["again"]).reshape(11, 3, 10), among, atol=1e-4)


def test_maps_are_the_stream(node, shown, tmp_path):
    from utils.inspection import stream

    said = engine(node, "residual", [{"count": 1, "maps": True}], exact(tmp_path, "residual"))
    expected = stream(pretrained("residual"), shown[0][:1])
    for got, x in zip(said["found"][0]["maps"], expected, strict=True):
        maps = torch.tensor(got).reshape(14, 14, 32).permute(2, 0, 1)
        assert torch.allclose(maps, x[0], atol=1e-3)


@pytest.mark.parametrize("kind", KINDS)
def test_the_shipped_weights_are_the_courses_in_int8(kind):
    written = (live.FOLDER / f"resnet-{kind}.js").read_text("utf-8")
    assert written == live_weights.script(kind), "python tools/live_weights.py writes it anew"


def test_int8_says_the_same_as_float32_on_all_test_images(whole_set):
    for kind in KINDS:
        same_answers(kind, *sources.load_folder(whole_set)["test"])


@pytest.mark.parametrize("kind", KINDS)
def test_int8_says_the_same_as_float32(kind):
    same_answers(kind, *sources.load_sample()["test"])


def same_answers(kind, pixels, labels):
    """The same class for 99 %, and accuracy within 0.3 points."""
    X, y = torch.from_numpy(pixels)[:, None].float() / 255, torch.from_numpy(labels.astype(int))
    net = pretrained(kind)
    with torch.no_grad():
        whole, rounded = (n.eval()(X).argmax(1) for n in (net, quantised(net)))
    assert (whole == rounded).float().mean() >= 0.99
    right = [(answer == y).double().mean().item() for answer in (whole, rounded)]
    assert abs(right[0] - right[1]) <= 0.003


@pytest.mark.parametrize("kind", KINDS)
def test_the_page_and_pytorch_agree_on_the_shipped_images(node, shown, kind):
    X, y = shown
    (found,) = engine(node, kind, [{"count": len(y)}])["found"]
    got = torch.tensor(found["logits"][-1]).reshape(len(y), 10)
    with torch.no_grad():
        expected = quantised(pretrained(kind)).eval()(X)
    assert torch.allclose(got, expected, atol=2e-3)
    assert len(y) == 200 and (y.bincount() == 20).all()


def test_the_figure_is_small_enough_to_be_sent():
    """All of it, with 200 images, within 700 kB; the plain twin within 500 kB more."""
    assert len(live.program("resnet")) <= 700_000
    assert len((live.FOLDER / "resnet-plain.js").read_text("utf-8")) <= 500_000


def without(node, kind, fresh, blocks):
    """What share of the shipped images is classified correctly without each block; None: whole."""
    runs = [{"count": 200, "fresh": fresh,
             "plan": plan([b for b in range(10) if b != gone], KINDS[kind])}
            for gone in blocks]  # fmt: skip
    said = engine(node, kind, runs)
    labels = np.array(said["labels"])
    return [float((np.array(found["logits"][-1]).reshape(200, 10).argmax(1) == labels).mean())
            for found in said["found"]]  # fmt: skip


def test_the_page_says_what_the_figure_shows(node):
    """What `live.md` claims of block 3, and of the plain twin."""
    (stale, whole), (fresh,) = (
        without(node, "residual", averages, blocks)
        for averages, blocks in ((False, (2, None)), (True, (2,)))
    )
    assert 0.45 < stale < 0.55 and fresh > 0.8 and whole > 0.9
    *others, sixth, whole = without(node, "plain", True, (0, 1, 2, 3, 4, 6, 7, 8, 9, 5, None))
    assert 0.5 < sixth < 0.6 and max(others) < 0.4 and whole > 0.9


def test_the_kernels_are_those_of_their_source():
    """Whoever changes kernels.c compiles it: python tools/live_kernels.py."""
    digest = hashlib.sha256((live.FOLDER / "kernels.c").read_bytes()).hexdigest()
    assert digest in (live.FOLDER / "kernels.js").read_text("utf-8")


def test_the_still_shows_what_the_network_says():
    """python tools/live_weights.py draws it anew."""
    assert (
        json.loads((live.FOLDER / "resnet.json").read_text())["alt"]
        == (live_weights.picture()["alt"])
    )
