"""Run venv and pip for the set-up, and turn what goes wrong into one sentence each."""

import os
import re
import subprocess
import sys

REQUIREMENTS = "requirements.txt"
# Installed with --no-deps: d2l's own pins would downgrade numpy and install nowhere after 3.11.
WITHOUT_DEPENDENCIES = "requirements-d2l.txt"
# Imported before the environment counts as ready; the first two also prove that they fit together.
IMPORTS = ("torch", "torchvision", "jupyterlab", "d2l.torch")

LOG = "setup.log"
# Free space asked for, in GB. On Linux torch comes with the CUDA libraries: 6.5 in the end, 9 while
# packages are unpacked (measured), and up to 3 in pip's cache.
NEEDED_GB = 12 if sys.platform == "linux" else 4

NETWORK = re.compile(
    r"NewConnectionError|Max retries exceeded|ConnectTimeout|ReadTimeout|Read timed out"
    r"|Connection (refused|reset|aborted)|name resolution|Name or service not known"
    r"|getaddrinfo failed|Network is unreachable|ProxyError|No route to host"
)
DISK_FULL = re.compile(r"No space left on device|not enough space on the disk", re.IGNORECASE)
DOWNLOAD = re.compile(r"^\s*Downloading (\S+) \((\d+\.?\d*) ([kMG]B)\)")


class SetupError(Exception):
    """A set-up that can't go on; its text is the one sentence for the reader."""


def python_of(venv):
    """Return the path of the Python inside the environment `venv`."""
    return venv / ("Scripts/python.exe" if os.name == "nt" else "bin/python")


def _environment_variables(venv):
    """Return this process's variables less those that would send packages elsewhere."""
    elsewhere = {"PIP_TARGET", "PIP_PREFIX", "PIP_ROOT", "PIP_DRY_RUN", "PIP_NO_DEPS"}
    kept = {name: value for name, value in os.environ.items() if name not in elsewhere}
    # pip unpacks gigabytes; a /tmp that lives in memory is often too small for them.
    scratch = venv / "tmp"
    scratch.mkdir(exist_ok=True)
    return {**kept, "PIP_USER": "0", "TMPDIR": str(scratch)}


def run_logged(command, venv, held):
    """Run `command`, its output into the environment's log and its large downloads on screen.

    Parameters
    ----------
    command : list of str
    venv : Path
    held : int
        Descriptor of the lock. The command inherits it, so that the lock stays taken while the
        command lives, even if this process is killed.

    Returns
    -------
    tuple of (int, str)
        Exit status and output.
    """
    lines = []
    more = {} if os.name == "nt" else {"pass_fds": (held,)}
    with (
        open(venv / LOG, "a", encoding="utf-8") as log,
        subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            encoding="utf-8",
            errors="replace",
            env=_environment_variables(venv),
            **more,
        ) as process,
    ):
        try:
            log.write(f"$ {' '.join(map(str, command))}\n")
            for line in process.stdout:
                log.write(line)
                log.flush()
                lines.append(line)
                tell(line)
        except BaseException:
            process.terminate()
            raise
    return process.returncode, "".join(lines)


def tell(line):
    """Print what a reader waiting for pip wants to know of one line of its output."""
    download = DOWNLOAD.match(line)
    if download and (download[3] == "GB" or (download[3] == "MB" and float(download[2]) >= 50)):
        name = download[1].rsplit("/", 1)[-1].split("-")[0]
        print(f"  downloading {name} ({download[2]} {download[3]})", flush=True)
    elif line.startswith("Installing collected packages:"):
        names = line.partition(":")[2].split(",")
        what = names[0].strip() if len(names) == 1 else f"{len(names)} packages"
        print(f"  installing {what}", flush=True)


def pip(venv, held, *arguments):
    """Run ``pip install`` in `venv`; raise `SetupError` with a sentence when it fails."""
    options = ["--no-input", "--disable-pip-version-check", "--progress-bar", "off"]
    command = [python_of(venv), "-I", "-m", "pip", "install", *options, *arguments]
    status, output = run_logged(command, venv, held)
    if status == 0:
        return
    log = venv / LOG
    if DISK_FULL.search(output):
        raise SetupError(
            f"The disk became full while packages were installed (pip's words: {log}): free some"
            f" space, about {NEEDED_GB} GB in all, then run this again."
        )
    if NETWORK.search(output):
        raise SetupError(
            f"pip could not reach the package index (pip's words: {log}): connect this machine to"
            " the network, or set PIP_PROXY or PIP_INDEX_URL if it has its own, then run this"
            " again."
        )
    errors = [line.strip() for line in output.splitlines() if line.startswith("ERROR:")]
    last = (errors or output.strip().splitlines() or ["it said nothing"])[-1]
    raise SetupError(
        f"pip could not install {' '.join(map(str, arguments))} ({last}): see {log}, mend what it"
        " names, then run this again."
    )


def create(venv, held):
    """Make an empty virtual environment with pip in the folder `venv`."""
    status, output = run_logged([sys.executable, "-I", "-m", "venv", str(venv)], venv, held)
    if status != 0 and "ensurepip" in output:
        raise SetupError(
            f"{sys.executable} comes without venv and pip: install them (on Debian and Ubuntu:"
            " sudo apt install python3-venv), then run this again."
        )
    if status != 0:
        raise SetupError(
            f"{sys.executable} could not make a virtual environment in {venv}: see {venv / LOG},"
            " mend what it names, then run this again."
        )


def install(root, venv, held, imports):
    """Install the requirements, d2l without its pins and the course itself, then import them."""
    pip(venv, held, "-r", root / REQUIREMENTS)
    pip(venv, held, "--no-deps", "-r", root / WITHOUT_DEPENDENCIES)
    # No build isolation: it would ask the network for setuptools, which the requirements bring.
    pip(venv, held, "--no-deps", "--no-build-isolation", "-e", root)
    print("  checking that the packages import", flush=True)
    code = "".join(f"import {name}\n" for name in imports)
    status, output = run_logged([python_of(venv), "-I", "-c", code], venv, held)
    if status != 0:
        last = (output.strip().splitlines() or ["no message"])[-1]
        raise SetupError(
            f"The packages were installed, but importing {', '.join(imports)} failed ({last}):"
            f" see {venv / LOG}, then run this again."
        )
