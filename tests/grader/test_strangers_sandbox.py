"""What an answer may use, and what it may see, has no gap beside the limits."""

import subprocess
import sys

import pytest
from strangers_tools import ROOT
from test_sandbox import job
from test_toy import needs_bwrap

from grader import bubblewrap
from grader.sandbox import Sandbox

pytestmark = pytest.mark.slow(reason="starts sandboxes and fills their limits")

KEYS = """
import ctypes
import platform

libc = ctypes.CDLL(None, use_errno=True)
ADD, KEYCTL = {"x86_64": (248, 250), "aarch64": (217, 219)}[platform.machine()]
JOIN, SEARCH, READ, SESSION = 1, 10, 11, -3

def add(name, secret):
    return libc.syscall(ADD, b"user", name, secret, len(secret), SESSION)

def read(name):
    key = libc.syscall(KEYCTL, SEARCH, SESSION, b"user", name, 0)
    into = ctypes.create_string_buffer(100)
    count = libc.syscall(KEYCTL, READ, key, into, 100) if key != -1 else 0
    return into.raw[:max(0, count)].decode()
"""
# In a process with a session keyring of its own, so that nobody's is touched.
SESSION = f"""
import sys
{KEYS}
from grader.sandbox import Sandbox
if libc.syscall(KEYCTL, JOIN, None) == -1 or add(b"teacher", b"canary") == -1:
    sys.exit("no keyrings")
echo = "def probe(found, seed):\\n    return {{'found': found}}"
def found(sandbox, cell):
    cell = {KEYS!r} + cell
    job = {{"context": [], "before": [], "cell": cell, "probes": [(echo, 1)]}}
    run = sandbox.run(job)
    return run.records[-1]["values"]["found"] if run.records else run.ended
with Sandbox("bwrap", timeout=10, memory=500) as sandbox:
    print(found(sandbox, "found = read(b'teacher')"))
    found(sandbox, "found = add(b'note', b'canary')")
    print(found(sandbox, "found = read(b'note')"))
"""


@pytest.fixture(scope="module")
def read_from_keyrings():
    """What an answer reads of the teacher's keys and of an earlier answer's."""
    command = [sys.executable, "-c", SESSION]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=120)
    if "no keyrings" in done.stderr:
        pytest.skip("this machine's kernel gives no keyrings")
    assert done.returncode == 0, done.stderr
    return dict(zip(("teacher", "classmate"), done.stdout.split("\n"), strict=False))


@needs_bwrap
@pytest.mark.parametrize("whose", ["teacher", "classmate"])
def test_an_answer_reads_nobodys_keys(read_from_keyrings, whose):
    assert "canary" not in read_from_keyrings[whose]


FOUR_TIMES_SIXTY = """
import mmap
import os
import time

for _ in range(4):
    if os.fork() == 0:
        {take}
        time.sleep(6)
        os._exit(0)
time.sleep(3)
found = "not stopped"
"""


def run_of(take):
    """What becomes of an answer whose four processes take 60 MB each and may take 100 together."""
    with Sandbox("bwrap", timeout=20, memory=100) as sandbox:
        return sandbox.run(job(FOUR_TIMES_SIXTY.format(take=take)))


@needs_bwrap
def test_memory_of_ones_own_counts():
    run = run_of("piece = b'x' * (60 * 2**20)")
    assert run.ended == "memory" and not run.records


@needs_bwrap
def test_memory_that_could_be_shared_counts():
    run = run_of("p = mmap.mmap(-1, 60 * 2**20); [p.write(bytes(2**20)) for _ in range(60)]")
    assert run.ended == "memory" and not run.records, run


def seen(master, given, monkeypatch):
    """Whether a program inside can read ``master`` when ``given`` is to be hidden."""
    shown = [*bubblewrap.visible(), str(master.parent.parent)]
    monkeypatch.setattr(bubblewrap, "visible", lambda: shown)
    command = [*bubblewrap.bwrap_command([given]), "/bin/cat", str(master)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0 or "No such file" in done.stderr, done.stderr
    return "def probe" in done.stdout


@pytest.fixture
def master(tmp_path):
    """A chapter in a folder that the sandbox shows."""
    path = tmp_path / "masters" / "90-toy.md"
    path.parent.mkdir()
    path.write_text("def probe(x): ...")
    return path


@needs_bwrap
def test_a_master_given_as_one_file_can_not_be_read_inside(master, monkeypatch):
    assert not seen(master, master, monkeypatch)


@needs_bwrap
def test_a_master_in_a_hidden_folder_can_not_be_read_inside(master, monkeypatch):
    assert not seen(master, master.parent, monkeypatch)
