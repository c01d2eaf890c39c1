"""A course in a folder of its own, and JupyterLab's server in it, as `make lab` starts it."""

import contextlib
import json
import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path

from tools import notebooks
from tools.notebooks import ROOT

NEEDED = ["chapters", "homework", "tools", "utils", "assets", "pyproject.toml", "_toc.yml",
          "_config.yml", "requirements-d2l.txt", "README.md", "index.md"]  # fmt: skip


class Lab:
    """A course in a folder of its own, and the server of JupyterLab that was started in it."""

    def __init__(self, root: Path, address: str):
        self.root, self.address = root, address

    def ask(self, path: str, model: dict | None = None) -> dict:
        """What the server answers; saves `model` when there is one."""
        data = None if model is None else json.dumps(model).encode()
        request = urllib.request.Request(
            f"{self.address}api/contents/{path}", data, method="GET" if data is None else "PUT"
        )
        with urllib.request.urlopen(request, timeout=60) as answer:
            return json.load(answer)

    def open(self, name: str) -> dict:
        """A notebook's content."""
        return self.ask(f"{name}?type=notebook&content=1")["content"]

    def save(self, name: str, content: dict) -> None:
        """Save a notebook."""
        self.ask(name, {"type": "notebook", "format": "json", "content": content})

    def changed(self) -> list[str]:
        """What git finds changed or new, then everything as it was."""
        git = ["git", "-C", str(self.root)]
        found = subprocess.run([*git, "status", "--short"], capture_output=True, text=True)
        for command in (["checkout", "-q", "."], ["clean", "-fdq"]):
            subprocess.run([*git, *command], check=True)
        return [line[3:] for line in found.stdout.splitlines()]

    def sync(self, *arguments: str) -> int:
        """The status with which `make sync` ends."""
        return notebooks.main(["--root", str(self.root), "sync", *arguments])


@contextlib.contextmanager
def started(folder: Path) -> Iterator[Lab]:
    """A server in a course that it puts into `folder`."""
    root = folder / "course"
    for name in NEEDED:
        if (ROOT / name).is_dir():
            ignored = shutil.ignore_patterns("__pycache__", ".ipynb_checkpoints", "sample")
            shutil.copytree(ROOT / name, root / name, ignore=ignored)
        else:
            shutil.copy(ROOT / name, root / name)
    (root / ".gitignore").write_text(".ipynb_checkpoints/\n__pycache__/\n")
    git = ["git", "-C", str(root), "-c", "user.name=t", "-c", "user.email=t@example.org"]
    for arguments in (["init", "-q"], ["add", "."], ["commit", "-qm", "one"]):
        subprocess.run([*git, *arguments], check=True)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    own = {f"JUPYTER_{kind}_DIR": str(root.parent / kind) for kind in ("CONFIG", "DATA", "RUNTIME")}
    options = ["--no-browser", "--ip=127.0.0.1", f"--port={port}", "--ServerApp.port_retries=0",
               "--IdentityProvider.token=", "--ServerApp.disable_check_xsrf=True", "--allow-root",
               "--LabApp.news_url="]  # fmt: skip
    log = root.parent / "log"
    with open(log, "w") as output:
        server = subprocess.Popen(
            [sys.executable, "tools/lab.py", *options],
            cwd=root, env=os.environ | own, stdout=output, stderr=output,
        )  # fmt: skip
    here, deadline = Lab(root, f"http://127.0.0.1:{port}/"), time.monotonic() + 120
    while True:
        try:
            here.ask("")
            break
        except OSError:
            assert server.poll() is None and time.monotonic() < deadline, log.read_text()
            time.sleep(0.2)
    try:
        yield here
    finally:
        server.terminate()
        server.wait(timeout=60)
