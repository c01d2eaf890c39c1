"""The small live figures of chapters 6 to 16 say what PyTorch says."""

import json
import re
from functools import partial

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from torch import nn

from tools import live_stills
from utils.figures import live
from utils.inspection import effective_field, receptive_field, summary
from utils.pretrained import made
from utils.recordings import load
from utils.resnet import TABLE_1, Bottleneck, ResNet, cifar_resnet, resnet18
from utils.seeding import seed_everything

pytestmark = pytest.mark.usefixtures("node")


# Chapter 6.

WATCHED = """(() => {
  const list = (v) => [...v], one = new t.Watched(asked), start = list(one.net.theta);
  const batches = [], tests = [];
  for (let step = 1; step <= asked.steps; step++) {
    one.step(step <= asked.hold);
    batches.push([list(one.training.x), list(one.training.y)]);
    tests.push([one.test(true), one.test(false)]);
  }
  const named = ({ ins, outs, w, b, gamma, beta }) => ({ ins, outs, w, b, gamma, beta });
  const parts = one.net.parts.map(named);
  const { x, y } = one.training.points;
  return { start, batches, tests, parts, x: list(x), y: list(y), end: list(one.net.theta),
    kept: one.kept.map(({ mean, variance }) => [list(mean), list(variance)]) };
})()"""


class Plane(nn.Module):
    """The network of the playground, from the program's list of parts and its parameters."""

    def __init__(self, parts, theta, momentum):
        super().__init__()
        self.linear, self.norm = nn.ModuleList(), nn.ModuleList()
        theta = torch.tensor(theta, dtype=torch.float64)
        for part in parts:
            ins, outs = part["ins"], part["outs"]
            layer = nn.Linear(ins, outs, bias=part["b"] >= 0).double()
            layer.weight.data = theta[part["w"] : part["w"] + ins * outs].reshape(outs, ins).clone()
            if part["b"] >= 0:
                layer.bias.data = theta[part["b"] : part["b"] + outs].clone()
            self.linear.append(layer)
            if part["gamma"] >= 0:
                norm = nn.BatchNorm1d(outs, momentum=momentum).double()
                norm.weight.data = theta[part["gamma"] : part["gamma"] + outs].clone()
                norm.bias.data = theta[part["beta"] : part["beta"] + outs].clone()
                self.norm.append(norm)

    def forward(self, x):
        x = F.relu(self.norm[0](self.linear[0](x)))
        for i in range(1, len(self.linear) - 1, 2):
            branch = F.relu(self.norm[i](self.linear[i](x)))
            x = F.relu(x + self.norm[i + 1](self.linear[i + 1](branch)))
        return self.linear[-1](x)[:, 0]

    def flat(self, parts):
        """The parameters as one vector, in the program's order."""
        found, norms = [], iter(self.norm)
        for layer, part in zip(self.linear, parts, strict=True):
            found += [layer.weight.flatten()] + ([layer.bias] if part["b"] >= 0 else [])
            if part["gamma"] >= 0:
                norm = next(norms)
                found += [norm.weight, norm.bias]
        return torch.cat(found)


@pytest.mark.parametrize("momentum, hold", [(0.1, 99), (0.3, 5)])
def test_chapter_6_running_averages_are_pytorchs(momentum, hold):
    asked = {"layers": 8, "rate": 0.1, "momentum": momentum, "seed": 3, "steps": 9, "hold": hold}
    found = live_stills.answers("averages.js", WATCHED, asked)
    net = Plane(found["parts"], found["start"], momentum)
    sgd = torch.optim.SGD(net.parameters(), asked["rate"], momentum=0.9)
    points, labels = torch.tensor(found["x"]).double().reshape(-1, 2), torch.tensor(found["y"])
    for step, (x, y) in enumerate(found["batches"], start=1):
        net.train()
        output = net(torch.tensor(x).double().reshape(-1, 2))
        if step <= hold:
            sgd.zero_grad()
            F.binary_cross_entropy_with_logits(output, torch.tensor(y).double()).backward()
            sgd.step()
        with torch.no_grad():
            running = ((net.eval()(points) > 0) == (labels > 0.5)).double().mean().item()
            for norm in net.norm:  # the points' own statistics, and no average moves
                norm.momentum = 0.0
            own = ((net.train()(points) > 0) == (labels > 0.5)).double().mean().item()
            for norm in net.norm:
                norm.momentum = momentum
        assert found["tests"][step - 1] == pytest.approx([running, own], abs=1e-9), step
    for norm, (mean, variance) in zip(net.norm, found["kept"], strict=True):
        assert norm.running_mean.tolist() == pytest.approx(mean, rel=1e-6, abs=1e-9)
        assert norm.running_var.tolist() == pytest.approx(variance, rel=1e-6)
    assert net.flat(found["parts"]).tolist() == pytest.approx(found["end"], rel=1e-5, abs=1e-7)


@pytest.mark.parametrize("seed", range(1, 6))
def test_chapter_6_says_of_its_figure_what_the_figure_shows(seed):
    """Lagging averages hide good weights; they catch up once the weights stand still."""
    found = live_stills.watched(rate=0.2, seed=seed)
    gaps = [b - r for b, r in zip(found["batch"][:6], found["running"][:6], strict=True)]
    assert min(found["batch"][:6]) > 0.75 and max(gaps) > 0.15, "by step 24"
    held = live_stills.watched(rate=0.2, seed=seed, hold=8)
    late = held["step"].index(32)
    after = zip(held["batch"][late:], held["running"][late:], strict=True)
    assert max(abs(b - r) for b, r in after) < 0.06
    slow = live_stills.watched(rate=0.2, seed=seed, momentum=0.01)
    assert np.mean(slow["running"][:10]) < 0.55 < 0.85 < np.mean(slow["batch"][:10])


# Chapter 7.


def table_1(name, version):
    block, depths = TABLE_1[f"resnet{name}"]
    if block is Bottleneck and version == "v1":

        class V1(Bottleneck):
            def __init__(self, i, o, stride=1, **options):
                super().__init__(i, o, stride, **options)
                self.conv1.stride, self.conv2.stride = self.conv2.stride, self.conv1.stride

        block = V1
    return ResNet(block, depths, (4,) * 4)


NETWORKS = [(18, "v1.5"), (34, "v1.5"), (50, "v1.5"), (50, "v1"), (101, "v1")]


@pytest.mark.parametrize("name, version", NETWORKS)
def test_chapter_7_fields_are_measured_ones(name, version):
    field = live_stills.profile(name, version=version)["field"]
    assert field == receptive_field(table_1(name, version), "layer4")


@pytest.mark.parametrize("depth", [20, 32])
def test_chapter_7_fields_of_the_second_family(depth):
    assert live_stills.profile(depth)["field"] == receptive_field(cifar_resnet(depth), "layer3")


@pytest.mark.parametrize("shortcut", [True, False])
def test_chapter_7_profile_is_pytorchs(shortcut):
    """With weights of one over the kernel's size, the profile is a gradient."""
    x = torch.zeros(1, 1, 1001, dtype=torch.float64, requires_grad=True)

    def layer(x, kernel, stride):
        weight = torch.full((1, 1, kernel), 1 / kernel, dtype=torch.float64)
        return F.conv1d(x, weight, stride=stride, padding=kernel // 2)

    y = layer(layer(x, 7, 2), 3, 2)
    for stage in range(4):
        for i in range(2):
            stride = 2 if stage and not i else 1
            branch = layer(layer(y, 3, stride), 3, 1)
            y = branch + y[..., ::stride] if shortcut else branch
    y[0, 0, y.shape[-1] // 2].backward()
    found = live_stills.profile(18, shortcut=shortcut)
    seen = x.grad[0, 0][x.grad[0, 0] != 0]
    assert found["profile"] == pytest.approx((seen / seen.sum()).tolist(), rel=1e-9)


@pytest.mark.parametrize("kind, depth", [("A", 20), ("none", 20)])  # 56 takes 20 seconds each
def test_chapter_7_expectation_is_near_what_is_measured(kind, depth):
    """The chapter says: to about a tenth."""
    widths = []
    for seed in range(3):
        seed_everything(seed)
        widths.append(effective_field(cifar_resnet(depth, shortcut=kind), "layer3", 256))
    expected = live_stills.profile(depth, shortcut=kind != "none")["middle"]
    assert expected == pytest.approx(np.mean(widths), rel=0.11)


def test_chapter_7_expectation_of_the_first_family():
    seed_everything(0)
    measured = effective_field(resnet18(), "layer4", 448)
    assert live_stills.profile(18)["middle"] == pytest.approx(measured, rel=0.1)


def recorded():
    """Kind and depth to the widths that were measured, as chapter 7 recorded them."""
    study = load("depths")
    kinds, depths = ("plain", "residual"), study.settings["field"]
    found = study.each("{kind} {depth} sees", kind=kinds, depth=depths)
    return {pair: value["widths"] for pair, value in found.items()}


@pytest.mark.parametrize("kind, depth", list(recorded()), ids=str)
def test_chapter_7_expectation_is_near_what_was_recorded(kind, depth):
    expected = live_stills.profile(depth, shortcut=kind == "residual")["middle"]
    assert expected == pytest.approx(np.mean(recorded()[kind, depth]), rel=0.11)


def test_chapter_7_shortcuts_look_closer_at_every_depth():
    for depth in (18, 34, 50, 101, 152, 20, 32, 44, 56, 110):
        plain, residual = (live_stills.profile(depth, shortcut=s)["middle"] for s in (False, True))
        assert residual < plain


# Chapter 8.


def bottleneck(place, stride, ins=256, outs=512):
    """torchvision-like layers, with the stride where the figure puts it."""
    strides = {"first": (stride, 1, 1), "last": (1, 1, stride)}.get(place, (1, stride, 1))
    mid = outs // 4
    branch = nn.Sequential(
        nn.Conv2d(ins, mid, 1, strides[0], bias=False),
        nn.Conv2d(mid, mid, 3, strides[1], 1, bias=False),
        nn.Conv2d(mid, outs, 1, strides[2], bias=False),
    )
    pool = [nn.AvgPool2d(stride)] if place == "pooled" else []
    shortcut = nn.Sequential(*pool, nn.Conv2d(ins, outs, 1, 1 if pool else stride, bias=False))
    return branch, shortcut


class Sum(nn.Module):
    def __init__(self, *parts):
        super().__init__()
        self.parts = nn.ModuleList(parts)

    def forward(self, x):
        return self.parts[0](x) + self.parts[1](x)


@pytest.mark.parametrize("place", ["first", "middle", "last", "pooled"])
def test_chapter_8_reads_and_costs_what_pytorch_reads_and_costs(place):
    found = live_stills.bottlenecks()[place]
    both = bottleneck(place, 2)
    assert found["work"] == summary(Sum(*both), (1, 256, 56, 56)).multiply_adds
    for part, name in zip(bottleneck(place, 2, 4, 8), ("branch", "shortcut"), strict=True):
        for weights in part.parameters():
            nn.init.ones_(weights)
        x = torch.zeros(1, 4, 8, 8, requires_grad=True)
        out = part(x)
        (all_read,) = torch.autograd.grad(out.sum(), x, retain_graph=True)
        assert found[name] == (all_read[0, 0] == 0).float().mean()
        rows = live_stills.answers("stride.js", f"t.ways(t.PLACES.{place}.{name}(2))", None)
        for row, column in ((0, 0), (1, 2), (3, 3)):
            (grad,) = torch.autograd.grad(out[0, 0, row, column], x, retain_graph=True)
            ways = torch.tensor(rows[row])[:, None] * torch.tensor(rows[column])[None, :]
            assert torch.equal(grad[0, 0] > 0, ways > 0)


def test_chapter_8_says_what_each_place_costs():
    found = live_stills.bottlenecks()
    assert found["pooled"]["work"] == found["middle"]["work"], "at the price of v1.5"
    assert 1.8 < found["last"]["work"] / found["middle"]["work"] < 2, "almost twice"
    reading_all = [k for k, v in found.items() if v["branch"] == v["shortcut"] == 0]
    assert reading_all == ["pooled"] and found["last"]["shortcut"] == 0.75


# Chapter 9.


def b(x):
    return F.batch_norm(x, None, None, training=True)


r = F.relu
BLOCKS = {
    "a": lambda x, c1, c2: r(x + b(c2(r(b(c1(x)))))),
    "b": lambda x, c1, c2: r(b(x + c2(r(b(c1(x)))))),
    "c": lambda x, c1, c2: x + r(b(c2(r(b(c1(x)))))),
    "d": lambda x, c1, c2: x + b(c2(r(b(c1(r(x)))))),
    "e": lambda x, c1, c2: x + c2(r(b(c1(r(b(x)))))),
}


@pytest.mark.parametrize("order", "abcde")
def test_chapter_9_orders_are_pytorchs(order):
    code = (
        "(() => { const list = (v) => [...v], w = t.walk({ ...asked, keep: true });"
        "return { found: w.found,"
        "streams: [w.streams[0], w.streams[asked.blocks]].map(list),"
        "weights: w.weights.map((pair) => pair.map(list)) } })()"
    )
    found = live_stills.answers("orders.js", code, {"order": order, "blocks": 4, "seed": 5})
    x, last = (torch.tensor(s, dtype=torch.float64).reshape(96, 48) for s in found["streams"])
    start = x
    for pair in found["weights"]:
        w1, w2 = (torch.tensor(w, dtype=torch.float64).reshape(48, 48) for w in pair)
        c1, c2 = (lambda h, w=w: F.linear(h, w) for w in (w1, w2))
        x = BLOCKS[order](x, c1, c2)
    assert torch.allclose(last, x, atol=1e-9)
    end = found["found"][-1]
    assert end["mean"] == pytest.approx(x.mean().item(), abs=1e-9)
    assert end["spread"] == pytest.approx(x.std(correction=0).item())
    assert end["zeros"] == pytest.approx((x == 0).double().mean().item())
    together = torch.corrcoef(torch.stack([start.flatten(), x.flatten()]))[0, 1].item()
    assert end["left"] == pytest.approx(together)


@pytest.mark.parametrize("seed", range(1, 6))
def test_chapter_9_says_of_its_figure_what_the_figure_shows(seed):
    ends = {order: live_stills.walked(order=order, seed=seed)[-1] for order in "abcde"}
    assert max(ends[k]["left"] for k in "ab") < 0.12 < 0.16 < min(ends[k]["left"] for k in "cde")
    assert ends["c"]["mean"] > 8 and all(abs(ends[k]["mean"]) < 1 for k in "de")
    assert max(ends["d"]["zeros"], ends["e"]["zeros"], ends["c"]["zeros"]) == 0 < ends["a"]["zeros"]


# Chapter 13.

MODULES = {
    "stem 7x7": (nn.Conv2d(1, 64, 7, 2, 3, bias=False), 1, 96),
    "3x3, 64 channels": (nn.Conv2d(64, 64, 3, 1, 1, bias=False), 64, 24),
    "3x3, 512 channels": (nn.Conv2d(512, 512, 3, 1, 1, bias=False), 512, 3),
    "1x1, 64 to 128": (nn.Conv2d(64, 128, 1, bias=False), 64, 12),
    "BatchNorm": (nn.BatchNorm2d(64), 64, 24),
    "ReLU": (nn.ReLU(), 64, 24),
    "linear": (nn.Conv2d(512, 10, 1, bias=False), 512, 1),
}


def test_chapter_13_counts_as_the_chapter_does():
    found = live_stills.roofs([{"batch": 4, **layer} for layer in live_stills.LAYERS.values()])
    for (layer, channels, side), one in zip(MODULES.values(), found, strict=True):
        x = torch.rand(4, channels, side, side)
        y = layer(x)
        parameters = sum(p.numel() for p in layer.parameters())
        assert one["work"] == y.numel() * max(1, parameters // y.shape[1])
        assert one["moved"] == 4 * (x.numel() + parameters + y.numel())


def test_chapter_13_a_pass_is_what_fusing_saves():
    layer = dict(kind="3x3", channels=64, side=24, batch=8)
    behind = ("none", "passes", "fused")
    alone, passes, fused = live_stills.roofs([{**layer, "after": a} for a in behind])
    norm, relu = live_stills.roofs([{**layer, "kind": kind} for kind in ("BatchNorm", "ReLU")])
    for what in ("work", "moved"):
        assert passes[what] == alone[what] + norm[what] + relu[what]
    assert fused["work"] == passes["work"]
    assert passes["moved"] - fused["moved"] == 4 * 4 * 8 * 64 * 24 * 24  # four maps, not fetched


# Chapter 14.


def outcome(columns, blocks, hidden):
    """What PyTorch makes of the blocks: shapes and parameters, or its error."""
    x, found = torch.rand(32, columns), []
    for block in blocks:
        width, ins = block["width"], x.shape[1]
        branch = nn.Sequential(nn.Linear(ins, hidden), nn.ReLU(), nn.Linear(hidden, width))
        shortcut = {"identity": nn.Identity, "none": nn.Identity,
                    "matrix": lambda i=ins, w=width: nn.Linear(i, w, bias=False),
                    "zeros": lambda n=width - ins: partial(F.pad, pad=(0, n))}  # fmt: skip
        way = shortcut[block["shortcut"]]()
        try:
            y = branch(x) if block["shortcut"] == "none" else way(x) + branch(x)
        except RuntimeError as error:
            return [*found, {"error": str(error)}]
        added = sum(p.numel() for p in way.parameters()) if isinstance(way, nn.Module) else 0
        total = sum(p.numel() for p in branch.parameters())
        found.append({"outs": y.shape[1], "parameters": total, "added": added})
        x = y
    return found


def test_chapter_14_says_what_pytorch_says():
    rng, asked, kinds = np.random.default_rng(14), [], ["identity", "zeros", "matrix", "none"]
    for _ in range(60):
        blocks = [
            {"width": int(rng.choice([1, 2, 9, 16])), "shortcut": str(rng.choice(kinds))}
            for _ in range(3)
        ]
        asked.append((int(rng.choice([1, 9, 16])), blocks, int(rng.integers(1, 20))))
    seen = set()
    for one, rows in zip(asked, live_stills.tables(asked), strict=True):
        expected = outcome(*one)
        assert len(rows) == len(expected)
        for row, right in zip(rows, expected, strict=True):
            assert {name: row.get(name) for name in right} == right
            seen.add("error" if "error" in row else row["warning"][:6])
    assert seen == {"error", "", "No err", "F.pad "}, "the draw holds each kind"


# Chapter 16.

COVERED = """(() => {
  globalThis.CourseStream = require(asked.folder + "/stream.js");
  const { Stream, tensors, bytes } = globalThis.CourseStream;
  for (const file of ["kernels", "resnet-residual"]) require(`${asked.folder}/${file}.js`);
  const held = globalThis.CourseResNet, plan = (net) => net.whole(true);
  const weights = tensors(held.residual);
  const pixels = bytes(held.images.pixels).subarray(784 * asked.image, 784 * (asked.image + 1));
  const code = bytes(globalThis.CourseKernels);
  const one = new Stream(weights, 1, code), many = new Stream(weights, 196, code);
  const { logits, maps } = one.now(pixels, 1, plan(one), { maps: true });
  const { softmax } = globalThis.CourseStream, chances = softmax(logits[10]);
  const says = chances.indexOf(Math.max(...chances));
  const all = many.now(t.everywhere(pixels, asked.size, "black"), 196, plan(many)).logits[10];
  const left = (i) => softmax(all.subarray(10 * i, 10 * i + 10))[says];
  const costs = Array.from({ length: 196 }, (_, i) => chances[says] - left(i));
  return { says, sure: chances[says], costs, cam: [...t.cam(one, maps[10], says)] };
})()"""


@pytest.mark.parametrize("image, size", [(8, 8), (23, 6)])
def test_chapter_16_covers_and_looks_as_pytorch_does(image, size):
    asked = {"folder": str(live.FOLDER), "image": image, "size": size}
    found = live_stills.answers("cover.js", COVERED, asked)
    _, costs, cam, label, sure = live_stills.covered(image, size)
    assert found["sure"] == pytest.approx(sure, abs=0.02), "weights of 8 bits"
    assert np.corrcoef(found["costs"], costs.flatten())[0, 1] > 0.98
    assert np.abs(np.array(found["costs"]) - costs.flatten().numpy()).max() < 0.15
    assert np.corrcoef(found["cam"], cam.flatten())[0, 1] > 0.995


def test_chapter_16_rank_correlation_is_scipys():
    from scipy.stats import spearmanr

    rng = np.random.default_rng(3)
    numbers, ties = rng.normal(size=(2, 50)), rng.integers(0, 4, (2, 50))
    for pair in (numbers, ties):
        found = live_stills.answers("cover.js", "t.ranked(...asked)", pair.tolist())
        assert found == pytest.approx(spearmanr(*pair).statistic)


def test_chapter_16_shows_the_network_of_chapter_12_trained_on_all_images():
    assert made("residual")["data"].startswith("the whole set")


CELLS = [
    (chapter.stem, output["data"]["text/html"])
    for chapter in sorted((live_stills.ROOT / "chapters").glob("*.ipynb"))
    for cell in json.loads(chapter.read_text("utf-8"))["cells"]
    for output in cell.get("outputs", [])
    if "course-live" in "".join(output.get("data", {}).get("text/html", ""))
]


@pytest.mark.parametrize("name", live.PROGRAMS)
def test_stored_outputs_are_what_the_cells_give_now(name):
    """The picture and the loader, and not the program."""
    marked = f'data-figure="{name}"'
    stored = ["".join(html) for _, html in CELLS if marked in "".join(html)]
    assert stored and all("data-live-program" not in html for html in stored)
    given = re.sub(r"<script data-live-program>.*?</script>", "", live.body(name), flags=re.DOTALL)
    assert set(stored) == {given}


@pytest.mark.parametrize("draw", live_stills.DRAWN, ids=lambda draw: draw.__name__)
def test_stills_show_what_the_programs_say(draw):
    """python tools/live_stills.py draws them anew."""
    stored = json.loads((live.FOLDER / f"{draw.__name__}.json").read_text(encoding="utf-8"))
    assert stored["alt"] == draw().alt
