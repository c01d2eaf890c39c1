"""`make lint` finds nothing."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
LINTERS = {
    "ruff": ["-m", "ruff", "check", "--no-cache", "."],
    "import-linter": ["-c", "from importlinter.cli import lint_imports_command as lint; lint()"],
    "mypy": ["-m", "mypy"],
}


@pytest.fixture(scope="module")
def types(tmp_path_factory):
    """A folder in which mypy keeps what it found out about the libraries, between two tests."""
    return tmp_path_factory.mktemp("mypy")


def lint(name, types, folder=ROOT):
    """Exit status and words of one linter over ``folder``."""
    arguments = {"import-linter": ["--no-cache"], "mypy": ["--cache-dir", types]}
    done = subprocess.run(
        [sys.executable, *LINTERS[name], *arguments.get(name, [])],
        cwd=folder, capture_output=True, text=True,
        env={**os.environ, "PYTHONPATH": str(folder), "NO_COLOR": "1"},
    )  # fmt: skip
    return done.returncode, done.stdout + done.stderr


def copy(*names, to):
    """Copy files and folders of the course, without data and bytecode."""
    for name in names:
        if (ROOT / name).is_dir():
            left_out = shutil.ignore_patterns("*.png", "__pycache__")
            shutil.copytree(ROOT / name, to / name, ignore=left_out)
        else:
            shutil.copy(ROOT / name, to)


SLOW = pytest.mark.slow(reason="mypy reads PyTorch's types, a quarter of a minute without a cache")


@pytest.mark.parametrize(
    "name", [pytest.param(name, marks=[SLOW] if name == "mypy" else []) for name in LINTERS]
)
def test_linter_finds_nothing(name, types):
    status, words = lint(name, types)
    assert status == 0, words


@pytest.mark.parametrize(
    "module, line, broken",
    [
        ("utils/blocks.py", "from utils.training import Trainer", "imports go down only"),
        ("utils/resnet.py", "def f():\n    import utils.inspection", "imports go down only"),
        ("utils/resnet.py", "import numpy", "PyTorch alone"),
        ("utils/newcomer.py", "", "imports go down only"),
        ("grader/decoding.py", "from utils import recordings", "atomic writes"),
    ],
)
def test_an_arrow_upward_is_named(tmp_path, types, module, line, broken):
    copy("utils", "grader", "tools", "benchmarks", "pyproject.toml", to=tmp_path)
    with open(tmp_path / module, "a", encoding="utf-8") as file:
        file.write(f"\n{line}\n")
    status, words = lint("import-linter", types, tmp_path)
    assert status != 0 and f"{broken} BROKEN" in words


@SLOW
@pytest.mark.parametrize(
    "module, line, code",
    [
        ("utils/resnet.py", "def f(x):\n    return x", "no-untyped-def"),
        ("utils/resnet.py", "width: int = 'wide'", "assignment"),
        ("utils/inspection/modes.py", "n: int = 1  # type: ignore[assignment]", "unused-ignore"),
        ("utils/figures/plots.py", "n: int = ''  # type: ignore", "ignore-without-code"),
        ("utils/training/newcomer.py", "def f(x):\n    return x", "no-untyped-def"),
        ("exercises/08_bottleneck/stage.py", "def f(x):\n    return x", "no-untyped-def"),
        ("grader/decoding.py", "def f(x):\n    return x", "no-untyped-def"),
        ("grader/inside/cells.py", "kinds: dict = {}", "type-arg"),
    ],
)
def test_a_type_that_is_missing_or_wrong_is_named(tmp_path, types, module, line, code):
    copy("utils", "exercises", "grader", "pyproject.toml", to=tmp_path)
    with open(tmp_path / module, "a", encoding="utf-8") as file:
        file.write(f"\n{line}\n")
    status, words = lint("mypy", types, tmp_path)
    assert status != 0 and f"[{code}]" in words and "Found 1 error in 1 file" in words


def test_every_ignored_type_error_has_a_reason():
    bare = []
    for path in ROOT.rglob("*.py"):
        if any(part.startswith((".", "_")) or part == "build" for part in path.parts[:-1]):
            continue
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1):
            ignored = re.search(r"#\s*type:\s*ignore(.*)", line)
            if ignored and path != Path(__file__):
                if not re.fullmatch(r"\[[a-z, -]+\]  # \w.+", ignored[1]):
                    bare.append(f"{path.relative_to(ROOT)}:{number}: {line.strip()}")
    assert not bare, "add the error's code and '  # why' behind it:\n" + "\n".join(bare)
