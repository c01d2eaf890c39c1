"""Set-up finds a Python that suits, or says in one sentence what to install."""

import ast
import os
import shutil
import subprocess
from pathlib import Path

import pytest

from tools import setup

ROOT = Path(__file__).resolve().parents[2]


def test_too_old_a_python_with_no_other_is_one_sentence(monkeypatch, capsys):
    monkeypatch.setattr(setup.sys, "version_info", (3, 9, 18))
    monkeypatch.setattr(setup, "version_of", lambda command: None)
    assert setup.main() == 1
    message = capsys.readouterr().err
    assert "needs Python 3.11, 3.12 or 3.13, but this is Python 3.9" in message
    assert "install one of them" in message and message.count("\n") == 1


@pytest.mark.parametrize("version, suits", [((3, 10), 0), ((3, 11), 1), ((3, 13), 1), ((3, 14), 0)])
def test_python_3_11_to_3_13_suit(version, suits):
    assert setup.suits(version) == bool(suits)


def old_pythons():
    """Pythons older than 3.11 on this machine, each as a path."""
    names = ["python2.7", *(f"python3.{minor}" for minor in range(6, 11))]
    found = [shutil.which(name) for name in names]
    pyenv = Path.home() / ".pyenv/versions"
    found += [str(path) for name in names for path in pyenv.glob(f"*/bin/{name}")]
    versions = {path: setup.version_of([path]) for path in found if path}
    return sorted(path for path, version in versions.items() if version and version < (3, 11))


def test_an_old_python_reads_the_file_and_says_what_to_do():
    pythons = old_pythons()
    if not pythons:
        pytest.skip("no Python older than 3.11 on this machine to try")
    for python in pythons:
        done = subprocess.run(
            [python, ROOT / "tools/setup.py"],
            env={**os.environ, "PATH": ""},
            capture_output=True,
            text=True,
        )
        assert done.returncode == 1
        assert done.stderr.startswith("The course needs Python 3.11, 3.12 or 3.13, but this is")
        assert done.stderr.count("\n") == 1


def test_setup_py_uses_no_syntax_that_old_pythons_cannot_read():
    tree = ast.parse((ROOT / "tools/setup.py").read_text(encoding="utf-8"))
    new = (ast.JoinedStr, ast.AnnAssign, ast.NamedExpr, ast.Starred, ast.AsyncFunctionDef)
    assert [node.lineno for node in ast.walk(tree) if isinstance(node, new)] == []


@pytest.mark.skipif(os.name == "nt", reason="makes shell scripts")
def test_a_shim_without_its_python_is_passed_over(tmp_path, monkeypatch):
    for name, script in {"python3.13": "exit 127", "python3.12": "echo 3 12"}.items():
        (tmp_path / name).write_text(f"#!/bin/sh\n{script}\n")
        (tmp_path / name).chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    assert setup.find_python() == ["python3.12"]
