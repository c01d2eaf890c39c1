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


def write(path: Path, text: str) -> None:
    """Write ``text`` to a temporary name beside ``path``, then rename it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.", suffix=".part")
    try:
        with os.fdopen(handle, "w", encoding="utf-8", newline="\n") as file:
            file.write(text)
        os.chmod(name, 0o644)
        os.replace(name, path)
    except BaseException:
        os.unlink(name)
        raise
