"""Memory that training keeps."""

import platform
import subprocess
import sys

import pytest

from utils.training.memory import keep_memory

pytestmark = pytest.mark.slow(reason="measures the memory of Python processes")


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="other allocators than glibc's")
def test_kept_memory_is_not_fetched_anew():
    """Counted are pages that the system had to hand out, 16,384 for 64 MB, in a fresh process."""
    code = """if True:
        import torch
        from utils.training.memory import keep_memory, pages_fetched

        def pages():
            before = pages_fetched()
            for _ in range(10):
                torch.ones(2**24)
            return pages_fetched() - before

        print(pages(), keep_memory(), pages() and pages())
        """
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    given_back, kept, fetched = done.stdout.split()
    assert kept == "True" and int(given_back) > 160_000 and int(fetched) < 20_000


def test_elsewhere_than_in_glibc_nothing_is_changed(monkeypatch):
    monkeypatch.setattr(platform, "libc_ver", lambda: ("", ""))
    assert keep_memory() is False
