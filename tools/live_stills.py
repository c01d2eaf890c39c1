"""Stills of the live figures of chapters 5 and 15: ``python tools/live_stills.py``.

They are drawn from what the figures' own programs say, by Node.js, and written to
``utils/figures/live/family.json`` and ``tokens.json``.
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


def main() -> None:
    for draw in (family, tokens):
        shown = draw()
        content = {"html": shown.to_html(), "alt": shown.alt}
        files.write(FOLDER / f"{draw.__name__}.json", json.dumps(content, indent=1) + "\n")


if __name__ == "__main__":
    main()
