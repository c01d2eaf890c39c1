"""Files that are either the old or the new one; notebooks whose bytes follow from what they say."""

import copy
import json
import os
import tempfile
from pathlib import Path

import nbformat

METADATA = {
    "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
    "language_info": {"name": "python"},
}


def dumps(notebook: nbformat.NotebookNode) -> str:
    """A notebook's JSON, the same bytes for the same content."""
    nbformat.validate(notebook)
    strings = nbformat.v4.rwbase.split_lines(copy.deepcopy(notebook))
    return json.dumps(strings, indent=1, ensure_ascii=False, sort_keys=True) + "\n"


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
