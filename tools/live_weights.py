"""Weights and images of the live ResNet: ``python tools/live_weights.py``.

Writes into ``utils/figures/live``: ``resnet-residual.js``, with the weights of chapter 12's
residual network and 200 test images of the bundled sample; ``resnet-plain.js``, with those of its
plain twin; and ``resnet.json``, a still of the figure. Convolutions and the linear layer are int8,
one scale for each output channel, BatchNorm is float32. ``tests/lessons/test_live_resnet.py``
compares.
"""

import base64
import json
import sys
from pathlib import Path
from typing import Any

import numpy as np
import torch
from matplotlib.patches import Rectangle

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from utils import figures, files  # noqa: E402
from utils.data import sources  # noqa: E402
from utils.inspection import read_out  # noqa: E402
from utils.pretrained import made, pretrained  # noqa: E402
from utils.quantised import quantise  # noqa: E402

FOLDER = ROOT / "utils" / "figures" / "live"
OF_EACH = 20  # images of each class
SHOWN = 200  # of the sample's test images, for the still: its answer changes on the way
SKIPPED = ("num_batches_tracked",)


def text(values: np.ndarray) -> str:
    """Bytes as base64."""
    return base64.b64encode(np.ascontiguousarray(values).tobytes()).decode()


def weights(kind: str) -> dict[str, Any]:
    """All tensors of a network in one piece, and where each lies in it.

    Scales and float32 numbers come first, so that all of them lie at multiples of four bytes.
    """
    floats, wholes, listed = [], [], []
    for name, values in pretrained(kind).state_dict().items():
        if name.endswith(SKIPPED):
            continue
        entry: dict[str, Any] = {"name": name, "shape": list(values.shape)}
        if values.ndim > 1:
            whole, scale = quantise(values)
            entry["scale"] = 4 * sum(map(len, floats))
            floats.append(scale.numpy().ravel())
            wholes.append((entry, whole.numpy().ravel()))
        else:
            entry["at"] = 4 * sum(map(len, floats))
            floats.append(values.numpy().ravel())
        listed.append(entry)
    place = 4 * sum(map(len, floats))
    for entry, whole in wholes:
        entry["at"] = place
        place += len(whole)
    data = np.concatenate(floats).astype("<f4").tobytes() + b"".join(w.tobytes() for _, w in wholes)
    return {"tensors": listed, "data": base64.b64encode(data).decode(),
            "accuracy": made(kind)["test accuracy"]}  # fmt: skip


def images() -> dict[str, Any]:
    """The first test images of each class in the bundled sample, the classes in turn."""
    pixels, labels = sources.load_sample()["test"]
    chosen = np.stack([np.flatnonzero(labels == c)[:OF_EACH] for c in range(10)], axis=1).ravel()
    return {
        "pixels": text(pixels[chosen].astype(np.uint8)),
        "labels": text(labels[chosen].astype(np.uint8)),
        "classes": list(sources.CLASSES),
    }


def script(kind: str) -> str:
    """A classic script that adds a network, and with the residual one the images."""
    held = {kind: weights(kind)} | ({"images": images()} if kind == "residual" else {})
    return f"globalThis.CourseResNet = {{ ...globalThis.CourseResNet, ...{json.dumps(held)} }};\n"


def picture() -> dict[str, str]:
    """The still of the figure: what the head says of one image after each block."""
    pixels, labels = sources.load_sample()["test"]
    X = torch.from_numpy(pixels[SHOWN]).float()[None, None] / 255
    with torch.no_grad():
        chances = read_out(pretrained("residual"), X)[:, 0].softmax(1)
    figure, (left, right) = figures.canvas(1, 2, width=3.6, height=3.4, width_ratios=[1, 2.6])
    left.imshow(pixels[SHOWN], cmap="gray_r", interpolation="none")
    left.axis("off")
    left.set_title(sources.CLASSES[labels[SHOWN]])
    for (depth, label), chance in np.ndenumerate(chances.numpy()):
        right.add_patch(Rectangle((depth, label), 0.92, 0.9, facecolor=figures.RESIDUAL,
                                  alpha=0.06 + 0.94 * float(chance), linewidth=0))  # fmt: skip
    names = ["stem", *range(1, len(chances))]
    right.set_xticks(np.arange(len(names)) + 0.46, names)
    right.set_yticks(np.arange(10) + 0.45, sources.CLASSES)
    right.set(xlim=(0, len(names)), ylim=(10, 0), xlabel="after block")
    right.grid(visible=False)
    top = [sources.CLASSES[int(c.argmax())] for c in chances]
    told = "; ".join(f"{name}: {t} {float(c.max()):.2f}"
                     for name, t, c in zip(names, top, chances, strict=True))  # fmt: skip
    shown = figures.show(
        figure,
        f"A test image of class {sources.CLASSES[labels[SHOWN]]}, and what the head of the "
        f"residual network says after the stem and after each of its ten blocks. {told}.",
        "The answer of a residual network forms from block to block. Darker is more probable.",
    )
    return {"html": shown.to_html(), "alt": shown.alt}


def main() -> None:
    files.write(FOLDER / "resnet.json", json.dumps(picture(), indent=1) + "\n")
    for kind in ("residual", "plain"):
        path = FOLDER / f"resnet-{kind}.js"
        files.write(path, script(kind))
        print(f"{path.relative_to(ROOT)}: {path.stat().st_size / 1000:.0f} kB")


if __name__ == "__main__":
    main()
