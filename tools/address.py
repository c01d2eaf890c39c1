"""Say where the course is published: ``python tools/address.py [URL]``, or ``make address``.

Without an address, that of the repository's remote ``origin`` is taken. It is written into
``_config.yml`` and ``CITATION.cff``; the chapters and the homework are then derived anew.
"""

import argparse
import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from utils import files  # noqa: E402

# What `git remote` may say of a repository on the web: by https, by ssh, or in scp's short form.
REMOTE = re.compile(
    r"(?:(?:https|ssh|git)://(?:[^@/\s]+@)?|[^@/\s:]+@)(?P<host>[\w-]+(?:\.[\w-]+)+)(?::\d+)?[:/]"
    r"(?P<path>[\w.-]+(?:/[\w.-]+)+)/?"
)
WRITTEN = {
    "_config.yml": re.compile(r"^(  url: )\S+$", re.MULTILINE),
    "CITATION.cff": re.compile(r"^(repository-code: )\S+$", re.MULTILINE),
}


def normal(said: str) -> str:
    """Return a repository's address as a browser opens it.

    Raises
    ------
    ValueError
        When `said` is no repository on the web.
    """
    found = REMOTE.fullmatch(said.strip())
    if found is None:
        raise ValueError(
            f"{said!r} is no repository on the web: give one such as"
            " https://github.com/somebody/residual-networks, make address URL=..."
        )
    return f"https://{found['host']}/{found['path'].removesuffix('.git')}"


def of_remote(root: Path) -> str:
    """Return what `git` says of the remote ``origin``.

    Raises
    ------
    ValueError
        When there is none.
    """
    done = subprocess.run(
        ["git", "-C", str(root), "remote", "get-url", "origin"], capture_output=True, text=True
    )
    if done.returncode:
        raise ValueError(
            "This copy has no remote called origin that could say where the course is published:"
            " give its address, make address URL=https://github.com/somebody/residual-networks."
        )
    return done.stdout.strip()


def write(root: Path, address: str) -> list[str]:
    """Write the address where it stands; return the names of the files that changed."""
    changed = []
    for name, line in WRITTEN.items():
        old = (root / name).read_text("utf-8")
        new, count = line.subn(rf"\g<1>{address}", old)
        if count != 1:
            raise ValueError(f"{name}: found {count} lines for the address, expected one.")
        if new != old:
            files.write(root / name, new)
            changed.append(name)
    return changed


def main(arguments: list[str] | None = None) -> int:
    """Set the address; return the exit status."""
    parser = argparse.ArgumentParser(prog="address.py", description=__doc__.split("\n")[0])
    parser.add_argument("url", nargs="?", default="", help="the repository's address")
    parser.add_argument("--root", type=Path, default=ROOT, help="the course's folder")
    given = parser.parse_args(arguments)
    try:
        address = normal(given.url or of_remote(given.root))
        changed = write(given.root, address)
    except (ValueError, OSError) as error:
        print(error, file=sys.stderr)
        return 1
    print(f"The course is published at {address}: {', '.join(changed) or 'no file'} changed.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
