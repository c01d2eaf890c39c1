"""Memory is gathered in large pages where the kernel does that, so that a fork costs less."""

import subprocess
import sys
from pathlib import Path

import pytest

INSIDE = Path(__file__).resolve().parents[2] / "grader" / "inside"
CODE = f"""
import sys
sys.path.insert(0, {str(INSIDE)!r})
from pages import collapse

def huge():
    with open("/proc/self/smaps_rollup") as file:
        return sum(int(line.split()[1]) for line in file if line.startswith("AnonHugePages"))

kept = bytearray(64 * 2**20)
kept[::4096] = bytes([1]) * (len(kept) // 4096)
before = huge()
collapse()
print(before, huge(), sum(kept))
"""


@pytest.mark.skipif(sys.platform != "linux", reason="Linux alone takes such advice")
def test_what_a_process_holds_is_gathered_and_stays_what_it_was():
    command = [sys.executable, "-c", CODE]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    before, after, total = map(int, done.stdout.split())
    assert total == 64 * 2**20 // 4096
    if after == before:
        pytest.skip("this kernel gathers no pages, or has done so by itself")
    assert after - before > 32 * 1024  # kB
