"""The Makefile's targets are listed, set up first, and run commands that exist."""

import json
import os
import re
import shlex
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
MAKEFILE = (ROOT / "Makefile").read_text(encoding="utf-8")
TARGETS = re.findall(r"^([a-z][a-z-]*):", MAKEFILE, re.MULTILINE)
needs_make = pytest.mark.skipif(not shutil.which("make"), reason="make is not installed")


def make(*arguments, folder=ROOT):
    hidden = ("MAKE", "MFLAGS", "COURSE_VENV", "WORKERS")
    env = {name: value for name, value in os.environ.items() if not name.startswith(hidden)}
    return subprocess.run(["make", *arguments], cwd=folder, env=env, capture_output=True, text=True)


@needs_make
def test_make_help_lists_every_target_and_is_the_default():
    listed = make("help").stdout
    assert re.findall(r"^  ([a-z-]+) +\S", listed, re.MULTILINE) == TARGETS
    assert make().stdout == listed


@needs_make
@pytest.mark.parametrize(
    "target, command",
    [
        ("lab", "tools/lab.py"),
        ("run", "tools/notebooks.py run"),
        ("sync", "tools/notebooks.py sync"),
        ("outputs", "tools/notebooks.py outputs"),
        ("test", "-m pytest -n 2 --dist loadfile"),
        ("test-fast", '-m pytest -n 2 --dist loadfile -m "not slow" tests'),
        ("book", "tools/book.py"),
        ("data", "-m utils.data download"),
        ("new-chapter", "tools/new_chapter.py"),
        ("score", "-m grader score"),
        ("fair", "-m grader fair"),
        ("results", "tools/results.py"),
        ("sample", "tools/make_sample.py"),
        ("bench", "-m benchmarks.speed"),
        ("scaling", "-m benchmarks.scaling"),
        ("lint", "-m ruff check"),
    ],
)
def test_a_target_sets_up_and_then_runs_what_exists(target, command):
    line = make("-n", target, "ARGS=--more", "PYTHON=a python").stdout.splitlines()[0]
    assert line.startswith(f'"a python" tools/setup.py {command}')
    assert " --more" in line
    words = command.split()
    if words[0] == "-m" and words[1].startswith(("utils", "benchmarks")):
        words.append(words[1].replace(".", "/"))
        assert any((ROOT / f"{words[-1]}{end}").is_file() for end in (".py", "/__main__.py"))
    for name in re.findall(r"[\w/-]+\.py", command):
        assert (ROOT / name).is_file(), name


@needs_make
def test_without_a_python_every_target_but_help_says_so(tmp_path):
    shell = f"SHELL={shutil.which('sh')}"
    env = {"PATH": str(tmp_path)}
    command = [shutil.which("make"), "-n", "lab", shell]
    done = subprocess.run(command, cwd=ROOT, env=env, capture_output=True, text=True)
    assert done.returncode != 0 and "No Python found: install Python 3.11" in done.stderr


def wait(url, process):
    """What the server of `process` answers, once it does."""
    end = time.monotonic() + 300
    while True:
        try:
            return urllib.request.urlopen(url).read()
        except OSError:
            assert process.poll() is None and time.monotonic() < end
            time.sleep(0.2)


@needs_make
@pytest.mark.skipif(os.name == "nt", reason="splits a POSIX shell's command")
def test_make_lab_serves_the_whole_folder_and_opens_chapter_0(tmp_path):
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    line = make("-n", "lab").stdout.splitlines()[-1]
    arguments = shlex.split(line)[2:]  # those of the environment's Python
    command = [
        sys.executable, *arguments, "--no-browser", "--allow-root", "--ip=127.0.0.1",
        f"--port={port}", "--ServerApp.port_retries=0", "--IdentityProvider.token=open",
    ]  # fmt: skip
    env = {
        **os.environ, "HOME": str(tmp_path), "PYTHONPATH": str(ROOT),
        "JUPYTER_CONFIG_DIR": str(tmp_path), "JUPYTER_RUNTIME_DIR": str(tmp_path),
    }  # fmt: skip
    log = tmp_path / "log"
    with open(log, "wb") as out:
        process = subprocess.Popen(command, cwd=ROOT, env=env, stdout=out, stderr=out)
    try:
        top = wait(f"http://127.0.0.1:{port}/api/contents?token=open", process)
    finally:
        process.terminate()
        process.wait(300)
    served = {entry["path"] for entry in json.loads(top)["content"]}
    assert {"chapters", "homework", "utils", "README.md"} <= served
    assert f":{port}/lab/tree/chapters/00-start-here.ipynb" in log.read_text()


def test_readme_names_only_targets_that_exist():
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    named = set(re.findall(r"`make ([a-z-]+)|^make ([a-z-]+)", text, re.MULTILINE))
    named = {first or second for first, second in named}
    assert {"lab", "run", "test", "test-fast"} <= named <= set(TARGETS)
