"""How long the live ResNet takes for an image in Node.js, with WebAssembly and without.

    python -m benchmarks.live_resnet [--rounds 5]

Prints milliseconds an image, for one image alone and for the 200 that are counted after each
operation, and the ratio of the two ways, measured in turn. The engine is the one that a reader's
browser runs: ``utils/figures/live/stream.js``.
"""

import argparse
import json
import shutil
import statistics
import subprocess
import sys
from pathlib import Path
from typing import Any

RUNNER = Path(__file__).with_suffix(".js")
LIVE = Path(__file__).parent.parent / "utils" / "figures" / "live"
COUNTS = (1, 200)


def asked(request: dict[str, Any]) -> dict[str, Any]:
    """What the engine answers to a request; see ``live_resnet.js``."""
    node = shutil.which("node")
    if node is None:
        raise FileNotFoundError("Node.js, which runs the live ResNet, is not installed.")
    done = subprocess.run(
        [node, str(RUNNER)], input=json.dumps({"folder": str(LIVE), **request}),
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    answer: dict[str, Any] = json.loads(done.stdout)
    return answer


def measured(rounds: int) -> dict[tuple[bool, int], float]:
    """Median milliseconds an image: by whether in WebAssembly, and by how many images at once."""
    found: dict[tuple[bool, int], list[float]] = {}
    runs = [{"count": count, "shortcut": True} for count in COUNTS for _ in range(2)]
    for _ in range(rounds):
        for wasm in (True, False):
            said = asked({"kind": "residual", "wasm": wasm, "runs": runs})
            if said["wasm"] != wasm:
                raise RuntimeError("this Node.js has no WebAssembly with vectors")
            for run, one in list(zip(runs, said["found"], strict=True))[1::2]:  # the first warms up
                found.setdefault((wasm, int(run["count"])), []).append(one["ms"] / run["count"])
    return {key: statistics.median(values) for key, values in found.items()}


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.live_resnet")
    parser.add_argument("--rounds", type=int, default=5)
    found = measured(parser.parse_args(arguments).rounds)
    for count in COUNTS:
        fast, slow = found[True, count], found[False, count]
        print(
            f"{count:4} images: {fast:6.2f} ms an image in WebAssembly, {slow:6.2f} in "
            f"JavaScript, {slow / fast:.1f} times as long"
        )
    seconds = found[True, COUNTS[-1]] * COUNTS[-1] / 1000
    print(f"all {COUNTS[-1]} after an operation: {seconds:.2f} s")
    return 0


if __name__ == "__main__":
    sys.exit(main())
