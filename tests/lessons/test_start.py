"""Where d2l is missing the first cell adds it, alone; where it is there nothing happens."""

import subprocess
from types import SimpleNamespace

import pytest

from utils import start


@pytest.fixture
def told(monkeypatch):
    """Commands that would have been run; `told.status` and `told.words` are their answer."""
    told = SimpleNamespace(commands=[], status=0, words="")

    def run(command, **options):
        told.commands.append(command)
        return subprocess.CompletedProcess(command, told.status, "", told.words)

    monkeypatch.setattr(start.subprocess, "run", run)
    return told


def without_d2l(monkeypatch):
    monkeypatch.setattr(start.importlib.util, "find_spec", lambda name: None)


def test_a_d2l_that_is_there_is_not_touched(told):
    start.ready()
    assert told.commands == []


def test_a_missing_d2l_is_installed_as_pinned_and_without_its_requirements(
    told, monkeypatch, capsys
):
    without_d2l(monkeypatch)
    start.ready()
    (command,) = told.commands
    pin = start.REQUIREMENT.read_text("utf-8").split()[-1]
    assert command[1:] == ["-m", "pip", "install", "--no-deps", pin]
    assert capsys.readouterr().out == f"installed {pin}; nothing else was changed\n"


def test_without_network_it_says_one_sentence(told, monkeypatch):
    without_d2l(monkeypatch)
    told.status, told.words = 1, "trying\nERROR: no route\n"
    with pytest.raises(SystemExit, match=r"Cannot install d2l==.*network.*\(ERROR: no route\)"):
        start.ready()
