"""Run venv, pip and uv for the set-up, and turn what goes wrong into one sentence each.

venv and pip come with Python, so they make the environment and fetch uv into it; uv, many times as
fast, installs the rest. Learners keep pip for ``%pip install``, and deleting the one folder deletes
uv too.
"""

import ast
import os
import re
import subprocess
import sys

# Imported before the environment counts as ready; the first two also prove that they fit together.
IMPORTS = ("torch", "torchvision", "jupyterlab", "d2l.torch")
LOG = "setup.log"
# Free space asked for, in GB. On Linux torch comes with the CUDA libraries: 6 in all (measured).
NEEDED_GB = 8 if sys.platform == "linux" else 4

# What of pip's settings is honoured, and its name in uv: where packages come from. Where they go,
# as `target` or `user` would have it, is for set-up alone to say.
UV_NAMES = {
    "index-url": ["UV_DEFAULT_INDEX"],
    "extra-index-url": ["UV_INDEX"],
    "find-links": ["UV_FIND_LINKS"],
    "no-index": [],  # an option, not a variable, of uv
    "trusted-host": ["UV_INSECURE_HOST"],
    "cert": ["SSL_CERT_FILE"],
    "client-cert": ["SSL_CLIENT_CERT"],
    "proxy": ["HTTP_PROXY", "HTTPS_PROXY"],
    "timeout": ["UV_HTTP_TIMEOUT"],
    "default-timeout": ["UV_HTTP_TIMEOUT"],
    "retries": ["UV_HTTP_RETRIES"],
    "keyring-provider": ["UV_KEYRING_PROVIDER"],
}

# What the output of a command that failed shows, and what to do; the first that fits is told.
SENTENCES = {
    r"ensurepip|No module named '?venv": f"{sys.executable} comes without venv and pip: install"
    " them (on Debian and Ubuntu: sudo apt install python3-venv)",
    r"(?i)No space left on device|not enough space on the disk": "The disk became full while"
    f" packages were installed: free some space, about {NEEDED_GB} GB in all, or name folders on a"
    " larger disk in COURSE_VENV and UV_CACHE_DIR",
    r"CERTIFICATE_VERIFY_FAILED|invalid peer certificate": "The package index shows a certificate"
    " that is not trusted: set UV_SYSTEM_CERTS=1, or PIP_CERT to your network's certificate file",
    r"NewConnectionError|Max retries exceeded|Read timed out|ProxyError|ConnectTimeout"
    r"|error sending request|Connection (refused|reset|aborted)|[Nn]ame resolution|dns error"
    r"|Network is unreachable|No route to host|operation timed out": "The package index could not"
    " be reached: connect this machine to the network, or, if it has an index or a proxy of its"
    " own, set PIP_INDEX_URL or PIP_PROXY (UV_DEFAULT_INDEX or HTTPS_PROXY for uv alone)",
    r"No matching distribution found for uv": "pip found no uv for this machine: add it to the"
    " index you ask, or, on a platform that has none (nor PyTorch, most likely), install by hand"
    " as README.md says under conda",
    r"Failed to initialize cache": "uv could not write its cache: name a folder in UV_CACHE_DIR",
}


class SetupError(Exception):
    """A set-up that can't go on; its text is the one sentence for the reader."""


def python_of(venv):
    """Return the path of the Python inside the environment `venv`."""
    return venv / ("Scripts/python.exe" if os.name == "nt" else "bin/python")


def index_settings(listed):
    """Return what pip's files and variables say of the index, from what `pip config list` prints.

    Where several places speak, pip's own order counts: [global], then [install], then variables.
    """
    said = {}
    for section in ("global.", "install.", ":env:."):
        for line in listed.splitlines():
            name, _, value = line.removeprefix(section).partition("=")
            if line.startswith(section) and name in UV_NAMES:
                said[name] = ast.literal_eval(value)
    return said


def variables(said):
    """Return this process's variables, with pip's and uv's set to the index settings `said`.

    A variable of uv's own that is set already counts more than its translation.
    """
    kept = {name: value for name, value in os.environ.items() if not name.startswith("PIP_")}
    pip = {f"PIP_{name.upper().replace('-', '_')}": value for name, value in said.items()}
    # As pip does, take each package from whichever index has the wanted version.
    uv = {"UV_INDEX_STRATEGY": "unsafe-best-match"}
    for name, value in said.items():
        words = ("," if name == "find-links" else " ").join(value.split())
        uv |= dict.fromkeys(UV_NAMES[name], words)
    uv |= {name: value for name, value in kept.items() if name.startswith("UV_")}
    return {**kept, **uv, **pip, "PIP_CONFIG_FILE": os.devnull, "UV_NO_CONFIG": "1"}


def run(command, venv, held, env=None):
    """Run `command`, its output into the environment's log and uv's progress on screen.

    The command inherits `held`, the descriptor of the lock, so that the lock stays taken while the
    command lives, even if this process is killed. Raises `SetupError` when it fails.
    """
    command = [str(part) for part in command]
    lines, large = [], set()
    more = {} if os.name == "nt" else {"pass_fds": (held,)}
    streams = {"stdin": subprocess.DEVNULL, "stdout": subprocess.PIPE, "stderr": subprocess.STDOUT}
    with (
        open(venv / LOG, "a", encoding="utf-8") as log,
        subprocess.Popen(
            command, encoding="utf-8", errors="replace", env=env, **streams, **more
        ) as process,
    ):
        try:
            print("$", *command, file=log, flush=True)
            for line in process.stdout:
                print(line, end="", file=log, flush=True)
                lines.append(line.strip())
                tell(lines[-1], large)
        except BaseException:
            process.terminate()
            raise
    if process.returncode != 0:
        raise SetupError(explain(command, lines, venv / LOG))


def tell(line, large):
    """Print what `line` of uv's says of its progress; `large` collects the large downloads."""
    step = re.match(r"(Download|Resolved|Prepared|Installed)\S* (\S+)", line)
    if line.startswith("Downloading") and re.search(r"\d\d\.\dM|G", line):
        large.add(step[2])
    if step and (step[1] != "Download" or step[2] in large):
        print(f"  {line[0].lower()}{line[1:]}", flush=True)


def explain(command, lines, log):
    """Return the sentence for a `command` that failed with the output `lines`."""
    output = "\n".join(lines)
    for pattern, sentence in SENTENCES.items():
        if re.search(pattern, output):
            return f"{sentence}, then run this again (details: {log})."
    said = [line for line in lines if re.match(r"(error|cause|ERROR):", line)] or lines
    why = " ".join([*said[:1], *said[1:][-1:]]) or "it said nothing"
    what = " ".join(command[1:6])
    return f"`{what} ...` failed ({why}): see {log}, mend what it names, then run this again."


def create(venv, held):
    """Make `venv` an environment with pip alone."""
    # By the Python outside, for the one that runs this may be of the environment just emptied.
    run([sys._base_executable, "-I", "-m", "venv", venv], venv, held)


def install(root, venv, held, imports):
    """Install the requirements, d2l without its pins and the course itself, then import them."""
    python = python_of(venv)
    module = [python, "-I", "-m"]
    listing = [*module, "pip", "config", "list"]  # not in the log: indexes have passwords in them
    everything = {**os.environ, "PIP_USER": "0"}  # `user = yes` would list the user's file alone
    listed = subprocess.run(listing, capture_output=True, text=True, env=everything)
    if listed.returncode != 0:
        said = " ".join(listed.stderr.split())
        raise SetupError(f"pip cannot read its settings ({said}): mend that, then run this again.")
    said = index_settings(listed.stdout)
    env = variables(said) | {"UV_NO_WRAP": "1"}  # or a narrow terminal cuts its sentences
    requirements = (root / "requirements.txt").read_text(encoding="utf-8").splitlines()
    uv = next(line for line in requirements if line.startswith("uv=="))
    quiet = ["--disable-pip-version-check", "--no-input", "--progress-bar=off"]
    run([*module, "pip", "install", *quiet, "--only-binary=uv", uv], venv, held, env)
    # Never `uv pip sync`: it removes what the requirements themselves require.
    command = [*module, "uv", "pip", "install", "--python", python]
    command += ["--no-index"] * (said.get("no-index", "0").lower() in ("1", "true", "yes", "on"))
    # --no-deps: d2l's own pins would downgrade numpy and install nowhere after Python 3.11.
    # No build isolation: it would ask the network for setuptools, which the requirements bring.
    # One by one, because uv asks the network about all that stands beside something to build.
    run([*command, "-r", root / "requirements.txt"], venv, held, env)
    run([*command, "--no-deps", "-r", root / "requirements-d2l.txt"], venv, held, env)
    run([*command, "--no-deps", "--no-build-isolation", "-e", root], venv, held, env)
    print("  checking that the packages import", flush=True)
    run([python, "-I", "-c", f"import {', '.join(imports)}"], venv, held)
