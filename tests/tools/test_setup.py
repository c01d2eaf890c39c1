"""Set-up finds a Python that suits, or says in one sentence what to install."""

import ast
import os
import shutil
import subprocess
from pathlib import Path

import pytest

from tools import environment, setup

ROOT = Path(__file__).resolve().parents[2]


def pretend(monkeypatch, version, others=()):
    """Let this Python be `version`, and `others` the minor versions that are on PATH."""
    monkeypatch.setattr(setup.sys, "version_info", (*version, 5))
    monkeypatch.setattr(setup.sys, "argv", ["setup.py", "-m", "pytest"])
    asked = []

    def call(command, stderr=None):
        asked.append(command)
        return 0 if command[0] in [f"python3.{minor}" for minor in others] else 1

    monkeypatch.setattr(setup.subprocess, "call", call)
    monkeypatch.setattr(environment, "main", lambda argv: argv)
    return asked


def test_too_old_a_python_with_no_other_is_one_sentence(monkeypatch, capsys):
    pretend(monkeypatch, (3, 9))
    assert setup.main() == 1
    message = capsys.readouterr().err
    assert "on Python 3.11, 3.12 and 3.13, but this is Python 3.9" in message
    assert "install one of them" in message and message.count("\n") == 1


@pytest.mark.parametrize("minor", [11, 12, 13])
def test_python_3_11_to_3_13_go_on_without_a_word(monkeypatch, capsys, minor):
    pretend(monkeypatch, (3, minor), others=[11, 12, 13])
    assert setup.main() == ["-m", "pytest"]
    assert capsys.readouterr() == ("", "")


def test_a_newer_python_is_warned_of_and_used_where_it_is_the_only_one(monkeypatch, capsys):
    pretend(monkeypatch, (3, 14))
    assert setup.main() == ["-m", "pytest"]
    message = capsys.readouterr().err
    assert "this is Python 3.14 and no other was found: if it does not work" in message
    assert message.count("\n") == 1


@pytest.mark.parametrize("version", [(3, 10), (3, 14)])
def test_a_tested_python_is_preferred_and_gets_the_command(monkeypatch, capsys, version):
    asked = pretend(monkeypatch, version, others=[11, 12])
    assert setup.main() == 0
    assert asked[-1] == ["python3.12", str(ROOT / "tools/setup.py"), "-m", "pytest"]
    assert "using python3.12 instead" in capsys.readouterr().out


def old_pythons():
    """Pythons older than 3.11 on this machine, each as a path."""
    names = ["python2.7", *(f"python3.{minor}" for minor in range(6, 11))]
    found = [shutil.which(name) for name in names]
    pyenv = Path.home() / ".pyenv/versions"
    found += [str(path) for name in names for path in pyenv.glob(f"*/bin/{name}")]
    ask = "import sys; sys.exit(sys.version_info[:2] >= (3, 11))"
    return sorted(
        {path for path in found if path and not subprocess.run([path, "-c", ask]).returncode}
    )


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
        assert done.stderr.startswith("The course is tested on Python 3.11, 3.12 and 3.13, but")
        assert done.stderr.count("\n") == 1


def test_setup_py_uses_no_syntax_that_old_pythons_cannot_read():
    tree = ast.parse((ROOT / "tools/setup.py").read_text(encoding="utf-8"))
    new = (ast.JoinedStr, ast.AnnAssign, ast.NamedExpr, ast.Starred, ast.AsyncFunctionDef)
    assert [node.lineno for node in ast.walk(tree) if isinstance(node, new)] == []


@pytest.mark.skipif(os.name == "nt", reason="makes shell scripts")
def test_a_shim_without_its_python_is_passed_over(tmp_path, monkeypatch):
    for name, script in {"python3.13": "exit 127", "python3.12": "exit 0"}.items():
        (tmp_path / name).write_text(f"#!/bin/sh\n{script}\n")
        (tmp_path / name).chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    assert setup.find_python() == ["python3.12"]
