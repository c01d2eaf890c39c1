"""Make the virtual environment of the course, or bring it up to date; standard library only.

An environment counts as ready only while the stamp in it says so. The stamp is written last, after
the packages were seen to import, and removed before anything changes, so a set-up that was killed
leaves an environment that the next call builds anew (from pip's cache) instead of trusting it.
"""

import contextlib
import hashlib
import json
import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

from tools.installer import (
    IMPORTS,
    NEEDED_GB,
    REQUIREMENTS,
    WITHOUT_DEPENDENCIES,
    SetupError,
    create,
    install,
    python_of,
)

ROOT = Path(__file__).resolve().parent.parent
STAMP = "course-ready.json"
MARKER = "made-by-the-course.txt"
# Raised when set-up itself installs something else: environments made before are then redone.
FORMAT = 1


def minor_version(python):
    """Return for example ``"3.12"`` for the interpreter `python`, None when it doesn't run."""
    ask = "import sys; print('%d.%d' % sys.version_info[:2])"
    try:
        done = subprocess.run([python, "-I", "-c", ask], capture_output=True, text=True, timeout=60)
    except (OSError, subprocess.TimeoutExpired):
        return None
    return done.stdout.strip() if done.returncode == 0 else None


def fingerprint(root, python):
    """Describe what an environment must have been made from to be trusted.

    Parameters
    ----------
    root : Path
        The course's folder; an environment knows it by its full path.
    python : str
        Minor version of the environment's interpreter, such as ``"3.12"``.

    Returns
    -------
    dict
        ``files`` changes with the requirements.
    """
    digest = hashlib.sha256()
    for name in (REQUIREMENTS, WITHOUT_DEPENDENCIES):
        digest.update((root / name).read_bytes())
        digest.update(b"\0")
    return {"format": FORMAT, "python": python, "root": str(root), "files": digest.hexdigest()}


def packages(venv, python):
    """Return the packages in `venv`, as the names of pip's folders about them, with versions."""
    folder = venv / ("Lib" if os.name == "nt" else f"lib/python{python}") / "site-packages"
    return sorted(path.name for path in folder.glob("*.dist-info"))


def state(root, venv):
    """Tell how far the environment `venv` can be trusted.

    Returns
    -------
    str
        ``"absent"``; ``"foreign"`` (something is there that set-up didn't make); ``"broken"``
        (ours, but half made, moved, or without a working Python); ``"outdated"`` (whole, but made
        for other requirements, or a package was removed or exchanged since); ``"ready"``.
    """
    if not venv.exists() or (venv.is_dir() and not any(venv.iterdir())):
        return "absent"
    if not (venv / MARKER).is_file():
        return "foreign"
    try:
        stamp = json.loads((venv / STAMP).read_text(encoding="utf-8"))
        made_from, installed = stamp["made from"], stamp["packages"]
    except (OSError, ValueError, KeyError, TypeError):
        return "broken"
    python = minor_version(python_of(venv))
    if python is None:
        return "broken"
    wanted = fingerprint(root, python)
    if {**made_from, "files": wanted["files"]} != wanted:
        return "broken"
    whole = set(installed) <= set(packages(venv, python))
    return "ready" if whole and made_from == wanted else "outdated"


def write_atomically(path, text):
    """Write `text` to `path` so that a reader sees all of it or nothing."""
    part = path.with_name(path.name + ".part")
    with open(part, "w", encoding="utf-8") as handle:
        handle.write(text)
        handle.flush()
        os.fsync(handle.fileno())
    os.replace(part, path)


def check_disk(venv, needed_gb=NEEDED_GB):
    """Raise `SetupError` where the disk of `venv` has less than `needed_gb` GB free."""
    folder = next(parent for parent in (venv, *venv.parents) if parent.is_dir())
    free = shutil.disk_usage(folder).free / 1e9
    if free < needed_gb:
        raise SetupError(
            f"Setting up needs about {needed_gb:g} GB of free disk space, but {folder} has"
            f" {free:.1f} GB: free some, or name a folder on a larger disk in COURSE_VENV."
        )


@contextlib.contextmanager
def lock(path):
    """Hold the lock file `path`, waiting for whoever holds it; yields its file descriptor.

    The system lets go of the lock when its holder ends, however it ends.
    """
    with open(path, "a+b") as handle:
        if not _try_lock(handle):
            print("Another set-up of this environment is at work; waiting for it.", flush=True)
            while not _try_lock(handle):
                time.sleep(0.2)
        yield handle.fileno()


def _try_lock(handle):
    try:
        if os.name == "nt":
            import msvcrt

            handle.seek(0)
            msvcrt.locking(handle.fileno(), msvcrt.LK_NBLCK, 1)
        else:
            import fcntl

            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    return True


def empty(venv):
    """Delete what is in the environment `venv`, except the marker that says it is ours."""
    try:
        for child in venv.iterdir():
            if child.is_dir() and not child.is_symlink():
                shutil.rmtree(child)
            elif child.name != MARKER:
                child.unlink()
    except OSError as error:
        raise SetupError(
            f"The unfinished environment {venv} could not be removed ({error}): close what still"
            " uses it, then run this again."
        ) from None


def set_up(root=ROOT, venv=None, imports=IMPORTS, needed_gb=NEEDED_GB):
    """Make the environment `venv` of the course in `root` ready.

    Parameters
    ----------
    root : Path
        Folder with the requirement files and ``pyproject.toml``.
    venv : Path, optional
        The environment; by default ``.venv`` in `root`, or what COURSE_VENV names.
    imports : sequence of str
        Modules that must import before the environment counts as ready.
    needed_gb : float
        Free disk space that a new environment asks for.

    Returns
    -------
    str
        The state found: ``"ready"`` means that nothing was done.

    Raises
    ------
    SetupError
        When set-up can't go on; its text says why and what to do.
    """
    venv = root / (venv or os.environ.get("COURSE_VENV") or ".venv")
    if state(root, venv) == "ready":
        return "ready"
    venv.parent.mkdir(parents=True, exist_ok=True)
    with lock(venv.with_name(venv.name + ".lock")) as held:
        found = state(root, venv)  # another set-up may have finished while this one waited
        if found == "ready":
            return found
        if found == "foreign":
            raise SetupError(
                f"{venv} is there already and was not made by this set-up: move it away, or name"
                " another folder in COURSE_VENV."
            )
        version = f"{sys.version_info.major}.{sys.version_info.minor}"
        if found == "outdated":
            version = minor_version(python_of(venv))
            (venv / STAMP).unlink()
            print(f"The requirements or packages changed: updating {venv}.", flush=True)
        else:
            if found == "broken":
                print(f"{venv} is unfinished or no longer runs: making it anew.", flush=True)
                empty(venv)
            check_disk(venv, needed_gb)
            print(
                f"Setting up {venv} with Python {version}: 3 to 10 minutes, mostly downloads.",
                flush=True,
            )
            venv.mkdir(exist_ok=True)
            write_atomically(venv / MARKER, "tools/setup.py made this folder and may remake it.\n")
            create(venv, held)
        install(root, venv, held, imports)
        shutil.rmtree(venv / "tmp", ignore_errors=True)
        stamp = {"made from": fingerprint(root, version), "packages": packages(venv, version)}
        write_atomically(venv / STAMP, json.dumps(stamp, indent=1) + "\n")
    return found


def main():
    """Set the environment up; print one sentence when that fails; return the exit status."""
    start = time.monotonic()
    try:
        found = set_up()
    except SetupError as error:
        print(error, file=sys.stderr)
        return 1
    except OSError as error:
        print(f"Set-up stopped: {error}. Mend that, then run this again.", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("\nSet-up interrupted: run this again to finish it.", file=sys.stderr)
        return 130
    if found != "ready":
        print(f"Ready after {time.monotonic() - start:.0f} s.", flush=True)
    return 0
