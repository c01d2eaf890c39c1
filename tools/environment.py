"""Make the virtual environment of the course, or bring it up to date; standard library only.

An environment counts as ready only while the stamp in it says so. The stamp is written last, after
the packages were seen to import, and removed before anything changes, so a set-up that was killed
leaves an environment that the next call builds anew (from uv's cache) instead of trusting it. An
update that fails before it changed a package, as without network, puts the stamp back.
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

from tools import installer
from tools.installer import SetupError, python_of

ROOT = Path(__file__).resolve().parent.parent
STAMP = "course-ready.json"
MARKER = "made-by-the-course.txt"
FOR = "It was made for the course in "  # in the marker, before that folder's name
MADE_FROM = ("requirements.txt", "requirements-d2l.txt", "pyproject.toml")


def made_from(root, venv):
    """Return what an environment must have been made from to be trusted: Python, folder, files."""
    ask = [python_of(venv), "-I", "-c", "import sys; print('%d.%d' % sys.version_info[:2])"]
    try:
        python = subprocess.run(ask, capture_output=True, text=True, timeout=60).stdout.strip()
    except (OSError, subprocess.TimeoutExpired):
        python = ""
    files = [root / name for name in MADE_FROM] + [Path(installer.__file__)]
    digest = hashlib.sha256(b"\0".join(path.read_bytes() for path in files))
    return {"python": python, "root": str(root), "files": digest.hexdigest()}


def packages(venv):
    """Return the packages in `venv`, as the names of the folders about them, with versions."""
    folders = venv.glob("Lib/site-packages" if os.name == "nt" else "lib/python3*/site-packages")
    return sorted(path.name for folder in folders for path in folder.glob("*.dist-info"))


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
    wanted = made_from(root, venv)
    try:
        stamp = json.loads((venv / STAMP).read_text(encoding="utf-8"))
        current = stamp["made from"]["files"] == wanted["files"]
        kept = {**stamp["made from"], "files": wanted["files"]} == wanted and wanted["python"]
        whole = set(stamp["packages"]) <= set(packages(venv))
    except (OSError, ValueError, KeyError, TypeError):
        return "broken"
    return "broken" if not kept else "ready" if current and whole else "outdated"


def others(root, venv):
    """Tell whose the environment `venv` is, if not that of the course in `root`: "" or a sentence.

    A copy of another course's environment lies in this course's folder and may be made anew; a
    link to one, or a folder that two courses name in COURSE_VENV, may not.
    """
    if venv.resolve().is_relative_to(root.resolve()) or not (venv / MARKER).is_file():
        return ""
    owner = (venv / MARKER).read_text(encoding="utf-8").partition(FOR)[2].strip()
    with contextlib.suppress(OSError, ValueError, KeyError, TypeError):  # made before markers said
        owner = owner or json.loads((venv / STAMP).read_text("utf-8"))["made from"]["root"]
    if owner and (owner == str(root) or not Path(owner).is_dir()):
        return ""
    return f"{venv} was made for the course in {owner or 'another folder'}"


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


def clear(root, venv, needed_gb):
    """Leave the folder `venv` with nothing but the marker, and room for what comes."""
    if (venv / MARKER).is_file():
        print(f"{venv} is unfinished or no longer runs: making it anew.", flush=True)
        for child in venv.iterdir():
            if child.is_dir() and not child.is_symlink():
                shutil.rmtree(child)
            elif child.name != MARKER:  # it goes last: a folder without it is a stranger's
                child.unlink()
    free = shutil.disk_usage(venv.parent).free / 1e9
    if free < needed_gb:
        raise SetupError(
            f"Setting up needs about {needed_gb:g} GB of free disk space, but {venv.parent} has"
            f" {free:.1f} GB: free some, or name a folder on a larger disk in COURSE_VENV."
        )
    venv.mkdir(exist_ok=True)
    words = f"tools/setup.py made this folder and may remake it.\n{FOR}{root}\n"
    (venv / MARKER).write_text(words, encoding="utf-8")


def location(root=ROOT):
    """Return the folder of the environment: what COURSE_VENV names, else ``.venv`` in `root`."""
    named = os.environ.get("COURSE_VENV") or ".venv"
    try:
        return root / Path(named).expanduser()
    except RuntimeError:
        raise SetupError(
            f"COURSE_VENV is {named!r}, but there is no such user: write the folder's full path."
        ) from None


def set_up(root=ROOT, imports=installer.IMPORTS, needed_gb=installer.NEEDED_GB):
    """Make the environment of the course in the folder `root` ready.

    Returns the `state` found; ``"ready"`` means that nothing was done. Raises `SetupError`, whose
    text says why and what to do, when there is less than `needed_gb` GB of room for a new
    environment, when a step fails, or when the modules `imports` do not import in the end.
    """
    venv = location(root)
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
        theirs = others(root, venv)
        if theirs:
            raise SetupError(
                f"{theirs}, and set-up would change or remake it: take the link to it away, or"
                " name another folder in COURSE_VENV."
            )
        if found == "outdated":
            stamp, before = (venv / STAMP).read_bytes(), packages(venv)
            (venv / STAMP).unlink()
            print(f"The requirements or packages changed: updating {venv}.", flush=True)
        else:
            clear(root, venv, needed_gb)
            print(f"Setting up {venv}: minutes, mostly downloads.", flush=True)
            installer.create(venv, held)
        try:
            installer.install(root, venv, held, imports)
        except SetupError:
            if found == "outdated" and packages(venv) == before:
                (venv / STAMP).write_bytes(stamp)
            raise
        stamp = {"made from": made_from(root, venv), "packages": packages(venv)}
        (venv / STAMP).write_text(json.dumps(stamp, indent=1), encoding="utf-8")
    return found


def main(command):
    """Set up, then run `command`, arguments for the environment's Python; return the exit status.

    Whatever stops set-up is one sentence.
    """
    start = time.monotonic()
    try:
        if set_up() != "ready":
            print(f"Ready after {time.monotonic() - start:.0f} s.", flush=True)
    except SetupError as error:
        print(error, file=sys.stderr)
        return 1
    except OSError as error:
        print(f"Set-up stopped: {error}. Mend that, then run this again.", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("\nSet-up interrupted: run this again to finish it.", file=sys.stderr)
        return 130
    python = str(python_of(location()))
    if command and os.name != "nt":
        os.execv(python, [python, *command])
    return subprocess.call([python, *command]) if command else 0
