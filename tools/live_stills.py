"""Stills of the small live figures: ``python tools/live_stills.py``.

They are drawn from what the figures' own programs say, by Node.js, and written to
``utils/figures/live/NAME.json``.
"""

import json
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from utils import figures, files  # noqa: E402
from utils.figures import charts  # noqa: E402

FOLDER = ROOT / "utils" / "figures" / "live"
KINDS = {
    "residual": {},
    "plain": {"attention": "bare", "mlp": "bare"},
    "attention alone, plain": {"attention": "bare", "mlp": "none"},
    "MLPs alone, plain": {"attention": "none", "mlp": "bare"},
}


def answers(program: str, expression: str, asked: object) -> Any:
    """The value of an expression in ``t``, a figure's program, and ``asked``.

    Raises
    ------
    FileNotFoundError
        When there is no Node.js.
    """
    node = shutil.which("node")
    if node is None:
        raise FileNotFoundError("Node.js, which runs the figure's program, is not installed.")
    code = (
        "const t = require(process.argv[1]), asked = JSON.parse(process.argv[2]);"
        f"console.log(JSON.stringify({expression}));"
    )
    command = [node, "-e", code, str(FOLDER / program), json.dumps(asked)]
    return json.loads(subprocess.run(command, capture_output=True, check=True, text=True).stdout)


def told(asked: list[dict[str, object]]) -> list[list[float]]:
    """How different the tokens are after each pair, for each of some settings."""
    found: list[list[float]] = answers("tokens.js", "asked.map((one) => t.run(one).apart)", asked)
    return found


def counted(asked: list[list[int]]) -> list[dict[str, Any]]:
    """Rows and sums of networks, each given as depth, pixels, channels and classes."""
    found: list[dict[str, Any]] = answers("family.js", "asked.map((a) => t.count(...a))", asked)
    return found


def tokens() -> figures.Picture:
    """Chapter 15: tokens with shortcuts and without."""
    series = {
        name: (range(1, 13), values)
        for name, values in zip(KINDS, told([dict(kind) for kind in KINDS.values()]), strict=True)
    }
    return figures.lines(
        series, "pairs", "how different the tokens are", log="y",
        caption="With shortcuts tokens stay different. Without them attention makes all of them "
                "equal within a few pairs.",
    )  # fmt: skip


def family() -> figures.Picture:
    """Chapter 5: ResNet-18 at 224 pixels."""
    (found,) = counted([[18, 224, 3, 1000]])
    sides = {row["name"]: row["side"] for row in found["rows"]}
    return figures.bars(
        {"image": 224, **sides}, "pixels a side", fmt="{:.0f}",
        caption=f"ResNet-18 at 224 pixels: {found['layers']} layers, "
                f"{found['parameters']:,} parameters.",
    )  # fmt: skip


def watched(**settings: object) -> dict[str, list[float]]:
    """A network of the figure of chapter 6, tested twice every few steps."""
    found: dict[str, list[float]] = answers("averages.js", "t.watch(asked)", settings)
    return found


def averages() -> figures.Picture:
    """Chapter 6: the same weights with two kinds of statistics."""
    found = watched(rate=0.2)
    return figures.lines(
        {"running averages": (found["step"], found["running"]),
         "their own statistics": (found["step"], found["batch"])},
        "step", "points classified correctly",
        caption="A network of 20 layers in the plane, at a learning rate of 0.2. The same weights "
                "are good from the start, and the running averages hide it.",
    )  # fmt: skip


def profile(name: int, **settings: object) -> dict[str, Any]:
    """What a place after the last block can see, and where its gradient is expected."""
    code = (
        "(() => { const n = t.built(asked.name).blocks.length, s = t.seen(asked.name, n, asked);"
        "return { ...s, profile: [...s.profile], middle: t.middle(s.profile) } })()"
    )
    found: dict[str, Any] = answers("sight.js", code, {"name": name, **settings})
    return found


def sight() -> figures.Picture:
    """Chapter 7: ResNet-18 and its plain twin."""
    kinds = {kind: profile(18, shortcut=kind == "residual") for kind in ("plain", "residual")}
    half = (kinds["plain"]["field"] - 1) // 2
    held = {kind: found["middle"] for kind, found in kinds.items()}
    return figures.lines(
        {kind: (range(-half, half + 1), found["profile"]) for kind, found in kinds.items()},
        "pixels from the middle", "share of the squared gradient",
        alt=f"Two hills over the middle of {2 * half + 1} pixels, the residual one narrower: 90 % "
            f"of it in the middle {held['residual']}, of the plain one in {held['plain']}.",
        caption=f"Both can see {2 * half + 1} pixels. Expected before training: 90 % lies in the "
                f"middle {held['residual']} with shortcuts, {held['plain']} without.",
    )  # fmt: skip


def bottlenecks() -> dict[str, dict[str, float]]:
    """For each place of the stride: what is never read, and the multiply-adds."""
    code = (
        "Object.fromEntries(Object.entries(t.PLACES).map(([k, p]) => [k, {"
        "branch: t.unread(p.branch(2)), shortcut: t.unread(p.shortcut(2)), work: t.work(k, 2) }]))"
    )
    found: dict[str, dict[str, float]] = answers("stride.js", code, None)
    return found


def stride() -> figures.Picture:
    """Chapter 8: the share of places that a block never reads."""
    names = {"first": "first 1x1\n(v1)", "middle": "3x3\n(v1.5)", "last": "last 1x1",
             "pooled": "3x3, mean in\nthe shortcut"}  # fmt: skip
    lost = {names[k]: min(v["branch"], v["shortcut"]) for k, v in bottlenecks().items()}
    return figures.bars(
        lost, "share of places never read", fmt="{:.2f}",
        caption="By where a bottleneck of stride 2 has its stride.",
    )  # fmt: skip


def walked(**settings: object) -> list[dict[str, float]]:
    """The stream of one order after each block."""
    found: list[dict[str, float]] = answers("orders.js", "t.walk(asked).found", settings)
    return found


def orders() -> figures.Picture:
    """Chapter 9: what is left of the input in each order."""
    names = answers("orders.js", "t.ORDERS", 0)
    series = {f"{k}, {name}": walked(order=k) for k, name in names.items()}
    return figures.lines(
        {name: (range(len(rows)), [row["left"] for row in rows]) for name, rows in series.items()},
        "block", "correlation with the input",
        caption="Before training: with nothing on the path of the shortcut (c, d, e) more of the "
                "input is left.",
    )  # fmt: skip


LAYERS = {
    "stem 7x7": dict(kind="7x7, stride 2", channels=1, outs=64, side=96),
    "3x3, 64 channels": dict(kind="3x3", channels=64, side=24),
    "3x3, 512 channels": dict(kind="3x3", channels=512, side=3),
    "1x1, 64 to 128": dict(kind="1x1", channels=64, outs=128, side=12),
    "BatchNorm": dict(kind="BatchNorm", channels=64, side=24),
    "ReLU": dict(kind="ReLU", channels=64, side=24),
    "linear": dict(kind="linear", channels=512, outs=10, side=1),
}


def roofs(asked: list[dict[str, object]]) -> list[dict[str, float]]:
    """Multiply-adds, bytes and their ratio, for each of some layers."""
    found: list[dict[str, float]] = answers("roof.js", "asked.map((a) => t.count(a))", asked)
    return found


def roof() -> figures.Picture:
    """Chapter 13: seven layers on an assumed machine."""
    peak, bandwidth = 200e9, 20e9
    found = roofs([{"batch": 64, **layer} for layer in LAYERS.values()])
    places = {
        name: (one["perByte"], min(peak, bandwidth * one["perByte"]))
        for name, one in zip(LAYERS, found, strict=True)
    }
    told = "; ".join(f"{n} {x:.2g} per byte, {r / 1e9:.3g} billion" for n, (x, r) in places.items())
    return charts.roofline(
        places, peak, bandwidth, f"Seven layers at their best: {told}.",
        "What seven layers can reach at best on an assumed machine: 200 billion multiply-adds and "
        "20 GB a second.",
    )  # fmt: skip


def tables(asked: list[tuple[int, list[dict[str, object]], int]]) -> list[list[dict[str, Any]]]:
    """What becomes of tables in the blocks of chapter 14's figure."""
    found: list[list[dict[str, Any]]] = answers(
        "widths.js", "asked.map((a) => t.follow(...a))", asked
    )
    return found


def widths() -> figures.Picture:
    """Chapter 14: what three shortcuts cost where each block is wider than the one before."""
    kinds = {"identity": "identity", "zeros": "zero padding", "matrix": "W_s"}
    found = tables([(9, [{"width": w, "shortcut": k} for w in (16, 32, 64)], 64) for k in kinds])
    added = {
        name: sum(row["added"] for row in rows)
        for name, rows in zip(kinds.values(), found, strict=True)
    }
    return figures.bars(
        added, "parameters in three shortcuts", fmt="{:,.0f}",
        caption=f"From 9 columns to 16, 32 and 64. The identity costs nothing and does not run: "
                f"“{found[0][0]['error']}”.",
    )  # fmt: skip


def cover() -> figures.Picture:
    """Chapter 16: a test image, what covering a place costs the answer, and Grad-CAM."""
    pixels, costs, map_, label, sure = covered()
    worst = float(costs.max())
    return figures.image_grid(
        [pixels, costs.clamp(min=0), map_],
        [label, "what covering costs", "Grad-CAM"], columns=3,
        alt=f"A test image ({label}, {sure:.2f}), what covering each place costs that answer (at "
            f"most {worst:.2f}), and the map of Grad-CAM.",
        caption="A square of 8 pixels over each place, and where Grad-CAM says that the network "
                "looks.",
    )  # fmt: skip


def covered(image: int = 8, size: int = 8) -> tuple[Any, ...]:
    """By PyTorch: an image, what covering it costs, Grad-CAM, its class and probability."""
    import torch
    from torch.nn.functional import relu

    from tools.live_weights import OF_EACH
    from utils.data import sources
    from utils.pretrained import pretrained

    pixels, labels = sources.load_sample()["test"]
    at = [(labels == c).nonzero()[0][:OF_EACH] for c in range(10)][image % 10][image // 10]
    shown = torch.from_numpy(pixels[at]).float() / 255
    many = shown.repeat(196, 1, 1)
    for i in range(196):
        row, column = (2 * (i // 14) + 1 - size // 2, 2 * (i % 14) + 1 - size // 2)
        many[i, max(0, row) : row + size, max(0, column) : column + size] = 0
    net, kept = pretrained("residual"), []
    hook = net.bn.register_forward_hook(lambda *given: kept.append(relu(given[2])) or kept[-1])
    logits = net(shown[None, None])[0]
    hook.remove()
    says = int(logits.argmax())
    (slope,) = torch.autograd.grad(logits[says], kept[0])
    found = (slope.mean(dim=(2, 3), keepdim=True) * kept[0])[0].sum(0).relu().detach()
    with torch.no_grad():
        chances = logits.softmax(0)
        costs = (chances[says] - net(many[:, None]).softmax(1)[:, says]).reshape(14, 14)
    return shown, costs, found, sources.CLASSES[says], float(chances[says])


DRAWN = (family, tokens, averages, sight, stride, orders, roof, widths, cover)


def main() -> None:
    for draw in DRAWN:
        shown = draw()
        content = {"html": shown.to_html(), "alt": shown.alt}
        files.write(FOLDER / f"{draw.__name__}.json", json.dumps(content, indent=1) + "\n")


if __name__ == "__main__":
    main()
