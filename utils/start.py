"""What a notebook needs beside the course's own code, for the first cell of each chapter.

In the course's environment everything is there. Where it isn't, as on Colab, only d2l is added:
what a machine brings, PyTorch above all, stays as it is.
"""

import importlib.util
import subprocess
import sys
from pathlib import Path

from utils import checks, progress

REQUIREMENT = Path(__file__).parent.parent / "requirements-d2l.txt"


def ready() -> None:
    """Install d2l, alone, where it is missing; from here on note which checks pass, and let one
    that fails say its sentence only.

    Its own requirements are old pins that would downgrade NumPy, so they are left out.

    Raises
    ------
    SystemExit
        With one sentence, when it can't be installed.
    """
    progress.watch()
    checks.watch()
    if importlib.util.find_spec("d2l"):
        return
    lines = REQUIREMENT.read_text("utf-8").splitlines()
    (pin,) = [line.strip() for line in lines if line.strip() and not line.startswith("#")]
    install = [sys.executable, "-m", "pip", "install", "--no-deps", pin]
    done = subprocess.run(install, capture_output=True, text=True)
    if done.returncode:
        last = (done.stderr.strip().splitlines() or ["pip gave no reason"])[-1]
        sys.exit(f"Cannot install {pin}: check the network and run this cell again. ({last})")
    importlib.invalidate_caches()
    print(f"installed {pin}; nothing else was changed")
