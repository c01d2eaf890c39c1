"""Continuous integration cuts its tests off from network and data; no sandbox test may skip."""

import os
import shutil
import socket
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
DATA = "/usr/share/datasets/fashion-mnist"
# Stands for make: says how it was called and what it can reach.
MAKE = f"""#!{sys.executable}
import os, socket, sys
try:
    socket.create_connection(("127.0.0.1", {{port}})).close()
    network = "outside"
except OSError:
    mine = socket.create_server(("127.0.0.1", 0))
    socket.create_connection(mine.getsockname()).close()
    network = "loopback"
data = bool(os.path.isdir("{DATA}") and os.listdir("{DATA}"))
print("make", *sys.argv[1:], "|", network, data, repr(sys.stdin.read()))
"""
pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="namespaces are Linux's")


@pytest.fixture
def ci(tmp_path):
    """Run a copy of .ci/run whose commands are stand-ins; return what it prints."""
    (tmp_path / "tools").mkdir()
    (tmp_path / "tools/setup.py").write_text("print('torch 1.0')")
    shutil.copytree(ROOT / ".ci", tmp_path / ".ci")
    bin = tmp_path / "bin"
    bin.mkdir()

    def run(**stand_ins):
        with socket.create_server(("127.0.0.1", 0)) as outside:
            port = outside.getsockname()[1]
            scripts = {"git": "#!/bin/sh", "apt-get": "#!/bin/sh\nexit 1", "bwrap": "#!/bin/sh"}
            scripts |= {"make": MAKE.format(port=port)} | stand_ins
            for name, text in scripts.items():
                (bin / name).write_text(text)
                (bin / name).chmod(0o755)
            done = subprocess.run(
                ["bash", tmp_path / ".ci/run"], stdin=subprocess.PIPE, text=True,
                stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                env={"PATH": f"{bin}:/usr/sbin:/usr/bin:/sbin:/bin"},
            )  # fmt: skip
        assert done.returncode == 0, done.stdout
        return done.stdout.splitlines()

    return run


def may_unshare():
    who = [] if os.geteuid() == 0 else ["--map-root-user"]
    return shutil.which("unshare") and not subprocess.call(["unshare", *who, "-nm", "true"])


def test_the_tests_see_loopback_and_no_data_and_those_of_the_data_see_it_all(ci):
    if not may_unshare():
        pytest.skip("this user may not make namespaces")
    calls = [line for line in ci() if line.startswith("make ")]
    data = bool(os.path.isdir(DATA) and os.listdir(DATA))
    setup, tests, *once_more = calls
    assert setup == f"make setup | outside {data} ''"
    assert tests == "make test ARGS=-rs | loopback False ''"
    assert [line.split(" | ")[1] for line in once_more] == ["outside True ''"] * data


def test_where_there_are_no_namespaces_that_is_said_and_the_tests_run(ci):
    lines = ci(unshare="#!/bin/sh\nexit 1")
    (said,) = [number for number, line in enumerate(lines) if line.startswith("SKIPPED: no names")]
    assert lines[said + 1].startswith("make test ARGS=-rs | outside")


SKIPS = """
import pytest
@pytest.mark.skipif(True, reason="no bwrap here")
def test_in_the_sandbox(): pass
@pytest.mark.xfail(strict=True)
def test_of_a_known_fault(): assert False
"""


def pytest_in(folder, **env):
    """What pytest prints of the tests in `folder`, below the course's own two conftests."""
    for name in ("conftest.py", "tests/conftest.py"):
        shutil.copy(ROOT / name, folder / name)
    gone = ("COURSE_", "PYTEST_")
    kept = {name: value for name, value in os.environ.items() if not name.startswith(gone)}
    kept |= {"PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"}
    command = [sys.executable, "-m", "pytest", "-q", "-rs", "-p", "no:cacheprovider"]
    command += ["-c", os.devnull, f"--rootdir={folder}", str(folder)]
    done = subprocess.run(command, env=kept | env, capture_output=True, text=True)
    return done.stdout + done.stderr


@pytest.mark.parametrize("folder, required", [("grader", True), ("grader", False), ("tools", True)])
def test_a_sandbox_test_that_skips_is_red_where_the_sandbox_is_required(tmp_path, folder, required):
    (tmp_path / "tests" / folder).mkdir(parents=True)
    (tmp_path / "tests" / folder / "test_one.py").write_text(SKIPS)
    said = pytest_in(tmp_path, **({"COURSE_REQUIRE_SANDBOX": "1"} if required else {}))
    if required and folder == "grader":
        assert "COURSE_REQUIRE_SANDBOX is set, but: Skipped: no bwrap here" in said
        assert "1 xfailed, 1 error" in said
    else:
        assert "1 skipped, 1 xfailed" in said and "no bwrap here" in said


@pytest.mark.parametrize("mark", ["slow", "slow(reason='')"])
def test_a_test_is_called_slow_with_a_reason_only(tmp_path, mark):
    test = f"import pytest\n@pytest.mark.{mark}\ndef test_one(): pass"
    (tmp_path / "tests").mkdir()
    (tmp_path / "tests" / "test_one.py").write_text(test)
    assert "test_one: write @pytest.mark.slow(reason=...)" in pytest_in(tmp_path)
