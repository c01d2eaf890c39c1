"""Environment variables, read as people write them."""

import os
from pathlib import Path

BESIDE = Path(__file__).resolve().parent.parent
# The course's folder; the working one where `utils` alone was installed.
ROOT = BESIDE if (BESIDE / "pyproject.toml").exists() else Path.cwd()
YES, NO = ("1", "true", "yes", "on"), ("", "0", "false", "no", "off")


def is_on(name: str, other: bool | None = None) -> bool:
    """Whether the yes/no variable ``name`` says yes; unset or empty, it says no.

    Parameters
    ----------
    name : str
        Of the environment variable.
    other : bool, optional
        What a word means that is neither a yes nor a no; refused when not given.

    Raises
    ------
    ValueError
        For a word that is neither a yes nor a no.
    """
    word = os.environ.get(name, "").strip().lower()
    if word in NO:
        return False
    if word in YES:
        return True
    if other is None:
        raise ValueError(
            f"{name} is {os.environ[name]!r}, which is neither yes nor no; set it to 1 or 0, or "
            "unset it."
        )
    return other


def folder(name: str, default: Path) -> Path:
    """The folder that the variable ``name`` names, or ``default``.

    ``~`` is the reader's home. A relative folder is one in the course's own, so that it is the
    same for every command and notebook, wherever they run.
    """
    return ROOT / Path(os.environ.get(name) or default).expanduser()
