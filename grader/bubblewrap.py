"""What bubblewrap shows to the code it shuts in, and whether it works here."""

import os
import shutil
import subprocess
import sys
import sysconfig
from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path

from grader.inside import seccomp
from grader.inside.limits import MAX_FILES

INSIDE = Path(__file__).parent / "inside"
OPEN = (
    "Without bubblewrap (--sandbox none) students' code can read and delete your files, including "
    "the masters and other submissions, read your keyrings, use the network, and leave processes "
    "behind; only time, memory and file sizes are limited."
)


class SandboxError(Exception):
    """The sandbox itself does not work; the message says why and what to do."""


def bwrap_complaint() -> str | None:
    """Why bubblewrap can't be used here, or None when it can."""
    if shutil.which("bwrap") is None:
        return (
            "Grading runs students' code in bubblewrap, and there is no `bwrap` here. Install it "
            "(Debian, Ubuntu: `apt install bubblewrap`), or accept the risk with --sandbox none."
        )
    command = ["bwrap", "--unshare-all", "--ro-bind", "/", "/", "true"]
    tried = subprocess.run(command, capture_output=True, text=True)
    if tried.returncode == 0:
        return machine_complaint()
    return (
        f"Grading runs students' code in bubblewrap, which does not work here: "
        f"{tried.stderr.strip()}. Allow user namespaces, or accept the risk with --sandbox none."
    )


def machine_complaint() -> str | None:
    """Why this kind of machine is not known well enough to shut code in, or None when it is."""
    try:
        seccomp.program(os.uname().machine)
    except ValueError as error:
        return f"{error} Grade on one of those, or accept the risk with --sandbox none."
    return None


def packages() -> list[str]:
    """The folders that hold torch and the other libraries."""
    places = {sysconfig.get_path("purelib"), sysconfig.get_path("platlib")}
    spec = find_spec("torch")
    if spec is None or spec.origin is None:
        raise SandboxError("torch is not installed; `make setup` installs what grading needs.")
    places.add(str(Path(spec.origin).parent.parent))
    return sorted(places)


def visible() -> list[str]:
    """What of this machine's files is shown inside."""
    roots = ["/usr", sys.prefix, sys.base_prefix, sys.exec_prefix, *packages()]
    system = ["/etc/ld.so.cache", "/etc/ld.so.conf", "/etc/ld.so.conf.d", "/etc/alternatives"]
    roots += [path for path in system if os.path.exists(path)]
    found = sorted({os.path.abspath(root) for root in roots})
    return [p for p in found if not any(p != q and Path(p).is_relative_to(q) for q in found)]


def seen_at(path: Path, shown: Sequence[str]) -> list[Path]:
    """Where ``path`` would be seen inside, by way of the folders that are ``shown``.

    With a file goes what lies beside it under the same name, such as a chapter's notebook.
    """
    path = path.resolve()
    paths = [path]
    if path.is_file():
        paths = [other for other in path.parent.iterdir() if other.stem == path.stem]
    reals = [(Path(root), Path(root).resolve()) for root in shown]  # a root may be a link
    return [
        root / one.relative_to(real)
        for one in paths
        for root, real in reals
        if one.is_relative_to(real)
    ]


def cover(path: Path) -> list[str]:
    """Options that let a folder or a file look empty."""
    if path.is_dir():
        return ["--tmpfs", str(path), "--remount-ro", str(path)]
    if path.exists():
        return ["--dev-bind", "/dev/null", str(path)]
    return []


def small_folder(path: str) -> list[str]:
    """Options for an empty folder to write to, of limited size where this bubblewrap can (0.7).

    Where it can't, the kernels that come with it allow the namespaces within namespaces in which
    every answer mounts small folders of its own.
    """
    known = subprocess.run(["bwrap", "--help"], capture_output=True, text=True).stdout
    size = ["--size", str(MAX_FILES)] if "--size" in known else []
    return [*size, "--tmpfs", path]


def bwrap_command(hidden: Sequence[Path]) -> list[str]:
    """The command that starts a program inside, where all that is ``hidden`` looks empty."""
    command = ["bwrap", "--unshare-all", "--die-with-parent", "--new-session", "--clearenv"]
    command += ["--hostname", "grader", "--setenv", "OMP_NUM_THREADS", "1"]
    command += ["--setenv", "PATH", "/usr/bin:/bin", "--setenv", "LANG", "C.UTF-8"]
    command += ["--setenv", "HOME", "/tmp"]
    command += small_folder("/tmp")  # first: Python itself may lie under it
    shown = visible()
    for root in shown:
        command += ["--ro-bind", root, root]
    for name in ("/bin", "/sbin", "/lib", "/lib32", "/lib64"):
        if os.path.islink(name):
            command += ["--symlink", os.readlink(name), name]
        elif os.path.exists(name):
            command += ["--ro-bind", name, name]
    models = [Path(place) / "torchvision" / "models" for place in packages()]
    course = Path(__file__).resolve().parent.parent  # with its chapters, unless it is installed
    ours = [course]
    if str(course) in packages():
        ours = [course / name for name in ("grader", "utils", "exercises")]
    covered: list[Path] = []
    for place in sorted({p for path in [*models, *ours, *hidden] for p in seen_at(path, shown)}):
        # The outermost alone: what is in a folder that is covered is gone already.
        if not any(place.is_relative_to(other) for other in covered):
            covered.append(place)
            command += cover(place)
    command += ["--ro-bind", str(INSIDE), "/grader", "--dev", "/dev", "--remount-ro", "/dev"]
    command += small_folder("/dev/shm")
    return [*command, "--proc", "/proc", "--remount-ro", "/", "--chdir", "/tmp"]
