"""What the nets of the residual playground do, and how fast they are in this machine's Node.js.

    python -m benchmarks.playground [speed train] [--jobs 1] [--record]

``train`` trains plain nets and their residual twins from ten seeds each, at several learning
rates, and keeps the step at which each has classified 95 % of its training points correctly. The
text beside the playground, and its caption, take their numbers from what is recorded here. The
nets are those that a reader's browser runs: ``utils/figures/live/engine.js``.
"""

import json
import shutil
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from benchmarks.rounds import begin, options, positive
from utils.recordings import Study

DRIVER = Path(__file__).with_suffix(".js")
SEEDS = list(range(1, 11))
RATES = [0.0003, 0.001, 0.003, 0.01, 0.03]
USUAL = {"data": "spirals", "layers": 64, "norm": True, "init": "he"}
SETTINGS = {"seeds": SEEDS, "rates": RATES, "steps": 1500, "every": 25, "threshold": 0.95}
KINDS = {"plain": False, "residual": True}
Job = dict[str, Any]


def name(job: Job) -> str:
    """What a job is known as in the recording."""
    kind = "residual" if job["shortcut"] else "plain"
    norm = "BatchNorm" if job["norm"] else "no normalisation"
    words = f"{kind}, {job['layers']} layers, {norm}, {job['init']}, {job['data']}"
    words += f", rate {job['rate']:g}" if "rate" in job else ""
    if job["what"] != "train":
        return f"{job['what']}: {words}"
    words += f", {job['steps']} steps" if job["steps"] != SETTINGS["steps"] else ""
    words += f", switched at {job['turn']}" if "turn" in job else ""
    return words + (", Adam forgets" if job.get("forget") else "")


def plan() -> Iterator[Job]:
    """What is trained: the playground's first setting, then what its switches lead to."""
    usual = {"what": "train", "seeds": SEEDS} | USUAL
    usual |= {key: SETTINGS[key] for key in ("steps", "every", "threshold")}
    for shortcut in KINDS.values():
        for rate in RATES:
            for layers in (8, 20, 64):
                drawn = {"whole": True} if (layers, rate) == (64, 0.003) else {}
                yield usual | {"shortcut": shortcut, "layers": layers, "rate": rate} | drawn
        for forget in (False, True):
            changes = {"rate": 0.003, "turn": 500, "forget": forget}
            yield usual | {"shortcut": shortcut} | changes
        for rate in (0.001, 0.003, 0.01):
            for init in ("default", "zero"):
                yield usual | {"shortcut": shortcut, "init": init, "rate": rate}
            yield usual | {"shortcut": shortcut, "data": "rings", "rate": rate}
            for init in ("default", "he", "zero"):
                for layers in (8, 20, 64):
                    changes = {"norm": False, "init": init, "layers": layers, "rate": rate}
                    yield usual | {"shortcut": shortcut} | changes
        look = {"what": "picture", "seed": 1, "rate": 0.003, "steps": 500, "side": 40}
        yield USUAL | look | {"shortcut": shortcut}
    for rate in (0.001, 0.003, 0.01):  # would more steps help?
        changes = {"shortcut": False, "rate": rate, "steps": 10_000, "seeds": SEEDS[:3]}
        yield usual | changes


def node() -> str:
    """The command that runs JavaScript.

    Raises
    ------
    SystemExit
        When there is none.
    """
    found = shutil.which("node")
    if found is None:
        raise SystemExit("Node.js is missing, which runs the playground's nets: install it.")
    return found


def answer(job: Job) -> Any:
    """What the driver says to a job."""
    command = [node(), str(DRIVER), json.dumps(job)]
    return json.loads(subprocess.run(command, stdout=subprocess.PIPE, check=True).stdout)


def measured(job: Job) -> dict[str, Any]:
    """What is kept of a job's answer: a list for each quantity, with one number a seed."""
    said = answer(job)
    if job["what"] != "train":
        return dict(said)
    keys = [key for key in said[0] if key != "curve" or "whole" in job]
    return {key: [rounded(run[key]) for run in said] for key in keys}


def rounded(value: Any) -> Any:
    """A number with four digits; lists of them; what is no number as it is."""
    if isinstance(value, list):
        return [rounded(part) for part in value]
    return float(f"{value:.4g}") if isinstance(value, float) else value


def train(study: Study, jobs: int) -> None:
    """Train what is not recorded yet, and print a line for each."""
    todo = list(plan())
    missing = [job for job in todo if name(job) not in study.entries]
    with ThreadPoolExecutor(jobs) as pool:
        running = {name(job): pool.submit(measured, job) for job in missing}
        for job in todo:
            key = name(job)
            found = study.measure(key, lambda key=key: running[key].result())
            if job["what"] == "train":
                steps = sorted(step for step in found["reached"] if step)
                when = f" by step {steps[-1]}" if steps else ""
                print(f"{key}: {len(steps)} of {len(found['reached'])}{when}", flush=True)


def fastest(job: Job, rounds: int) -> dict[str, float]:
    """The largest number of steps a second, of some tries: others only slow a try down."""
    return {"steps a second": max(answer(job)["steps a second"] for _ in range(rounds))}


def speed(study: Study, rounds: int) -> None:
    """Print steps a second."""
    for layers in (8, 20, 64):
        for shortcut in KINDS.values():
            job = USUAL | {"what": "speed", "layers": layers, "steps": 12_800 // layers}
            job |= {"shortcut": shortcut}
            found = study.measure(name(job), lambda job=job: fastest(job, rounds))
            print(f"{name(job)}: {found['steps a second']:.0f} steps a second")


def main(arguments: list[str] | None = None) -> int:
    """Measure what is not measured yet."""
    top = options("playground", __doc__)
    top.add_argument("parts", nargs="*", choices=["speed", "train", []], metavar="PART")
    top.add_argument("--jobs", type=positive, default=1, help="processes that train side by side")
    given = top.parse_args(arguments)
    study = begin("playground", given, **SETTINGS)
    parts = given.parts or ["speed", "train"]
    if "speed" in parts:
        speed(study, given.rounds)
    if "train" in parts:
        train(study, given.jobs)
    return 0


if __name__ == "__main__":
    sys.exit(main())
