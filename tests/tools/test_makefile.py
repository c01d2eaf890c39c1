"""The Makefile's targets are listed, set up first, and run commands that exist."""

import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from tools import installer

ROOT = Path(__file__).resolve().parents[2]
TARGETS = re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE)
needs_make = pytest.mark.skipif(not shutil.which("make"), reason="make is not installed")


def make(*arguments, folder=ROOT):
    hidden = ("MAKE", "MFLAGS", "COURSE_VENV")
    env = {name: value for name, value in os.environ.items() if not name.startswith(hidden)}
    return subprocess.run(["make", *arguments], cwd=folder, env=env, capture_output=True, text=True)


@needs_make
def test_make_help_lists_every_target_and_is_the_default():
    listed = make("help").stdout
    assert re.findall(r"^  ([a-z]+) +\S", listed, re.MULTILINE) == TARGETS
    assert make().stdout == listed


@needs_make
@pytest.mark.parametrize(
    "target, command",
    [
        ("lab", "-m jupyterlab chapters/00-start-here.ipynb"),
        ("run", "tools/notebooks.py run"),
        ("sync", "tools/notebooks.py sync"),
        ("outputs", "tools/notebooks.py outputs"),
        ("test", "-m pytest"),
        ("book", "tools/book.py"),
        ("data", "-m utils.data download"),
        ("results", "tools/results.py"),
    ],
)
def test_a_target_sets_up_first_and_then_runs_what_exists(target, command):
    lines = make("-n", target, "ARGS=--more").stdout.splitlines()
    python = installer.python_of(Path(".venv")).as_posix()
    assert lines[-1].startswith(f'"{python}" {command} --more')
    assert any("tools/setup.py" in line for line in lines[:-1])
    for name in re.findall(r"[\w/-]+\.(?:py|ipynb)", command):
        assert (ROOT / name).is_file(), name


def test_readme_names_only_targets_that_exist():
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    named = set(re.findall(r"`make ([a-z]+)|^make ([a-z]+)", text, re.MULTILINE))
    named = {first or second for first, second in named}
    assert {"lab", "run", "test"} <= named <= set(TARGETS)
