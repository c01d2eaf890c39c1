"""Files that hold either their old content or the new one, whatever happens meanwhile."""

import os
import tempfile
from pathlib import Path


def write(path: Path, content: str | bytes) -> None:
    """Write ``content`` under a temporary name beside ``path``, force it to disk, then rename it.

    Text is stored as UTF-8. Killed at any moment, or with a full disk, ``path`` holds the old
    content or the new one.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.", suffix=".part")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content.encode() if isinstance(content, str) else content)
            file.flush()
            os.fsync(file.fileno())
        os.chmod(name, 0o644)
        os.replace(name, path)
    except BaseException:
        os.unlink(name)
        raise
    if os.name == "posix":  # the new name is on the disk as well
        folder = os.open(path.parent, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)


def remove_unfinished(folder: Path, name: str = "*") -> None:
    """Remove from ``folder`` what a process that was killed inside `write` left of ``name``.

    Only for who holds the folder: another process that is writing there would lose its file.
    """
    for left_behind in folder.glob(f".{name}.*.part"):
        left_behind.unlink()
