"""`make lint` finds nothing."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
LINTERS = {
    "ruff": ["-m", "ruff", "check", "--no-cache", "."],
    "import-linter": ["-c", "from importlinter.cli import lint_imports_command as lint; lint()"],
}


def lint(name, folder=ROOT):
    """Exit status and words of one linter over ``folder``."""
    arguments = ["--no-cache"] if name == "import-linter" else []
    done = subprocess.run(
        [sys.executable, *LINTERS[name], *arguments],
        cwd=folder, capture_output=True, text=True,
        env={**os.environ, "PYTHONPATH": str(folder), "NO_COLOR": "1"},
    )  # fmt: skip
    return done.returncode, done.stdout + done.stderr


@pytest.mark.parametrize("name", LINTERS)
def test_linter_finds_nothing(name):
    status, words = lint(name)
    assert status == 0, words


@pytest.mark.parametrize(
    "module, line, broken",
    [
        ("utils/blocks.py", "from utils.training import Trainer", "imports go down only"),
        ("utils/resnet.py", "def f():\n    import utils.inspection", "imports go down only"),
        ("utils/resnet.py", "import numpy", "PyTorch alone"),
        ("utils/newcomer.py", "", "imports go down only"),
        ("grader/values.py", "from utils import recordings", "atomic writes"),
    ],
)
def test_an_arrow_upward_is_named(tmp_path, module, line, broken):
    for name in ("utils", "grader", "tools", "benchmarks"):
        shutil.copytree(
            ROOT / name, tmp_path / name, ignore=shutil.ignore_patterns("*.png", "__pycache__")
        )
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    with open(tmp_path / module, "a", encoding="utf-8") as file:
        file.write(f"\n{line}\n")
    status, words = lint("import-linter", tmp_path)
    assert status != 0 and f"{broken} BROKEN" in words
