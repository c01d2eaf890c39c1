"""What every chapter starts with: the badges line and the first code cell, from one template.

The course's address and branch stand in ``_config.yml``, its version in ``pyproject.toml``, d2l's
in ``requirements-d2l.txt``; nothing of them is written by hand into a chapter.
"""

import tomllib
from dataclasses import dataclass
from pathlib import Path

from tools.contents import read_text, read_yaml

BADGES = ("<!-- badges -->", "<!-- /badges -->")

FIRST_CELL = """\
# Finds the course's code: in a clone it lies next door, elsewhere (Colab) it is fetched once.
import importlib.util, os, subprocess, sys

ADDRESS, TAG = "{address}", "{tag}"
HOMES = ["..", "{folder}"]
sys.path[:0] = [os.path.abspath(p) for p in HOMES if os.path.exists(f"{{p}}/utils/blocks.py")]
package = importlib.util.find_spec("utils")  # another package of this name has no blocks.py
if not package or not os.path.exists(f"{{os.path.dirname(str(package.origin))}}/blocks.py"):
    pip = [sys.executable, "-m", "pip", "install", "--no-deps", "{d2l}"]
    git = ["git", "clone", "--depth=1", f"--branch={{TAG}}", ADDRESS, HOMES[1]]
    try:
        for command in [git] if importlib.util.find_spec("d2l") else [pip, git]:
            subprocess.run(command, check=True, capture_output=True)
    except (OSError, subprocess.CalledProcessError):
        sys.exit(f"Cannot fetch {{ADDRESS}}: check the network, delete {{HOMES[1]}}, try again.")
    sys.path.insert(0, os.path.abspath(HOMES[1]))
"""


@dataclass(frozen=True)
class Course:
    """The course's folder, where and in which version it is published, d2l's requirement line."""

    root: Path
    address: str
    branch: str
    version: str
    d2l: str

    @property
    def tag(self) -> str:
        """The tag that the first cell fetches."""
        return f"v{self.version}"


def read_course(root: Path) -> Course:
    """Read address, branch, version and d2l's requirement from the files under `root`."""
    repository = read_yaml(root / "_config.yml").get("repository") or {}
    for key in ("url", "branch"):
        if not repository.get(key):
            raise ValueError(
                f"_config.yml: repository.{key} is missing; give the course's web address as `url`"
                " and the branch that the badges open as `branch`."
            )
    try:
        version = tomllib.loads(read_text(root / "pyproject.toml"))["project"]["version"]
    except tomllib.TOMLDecodeError as error:
        raise ValueError(f"pyproject.toml: {error}.") from error
    except KeyError as error:
        raise ValueError("pyproject.toml: no project.version, the course's version.") from error
    lines = read_text(root / "requirements-d2l.txt").splitlines()
    pins = [line.strip() for line in lines if line.strip() and not line.startswith("#")]
    if len(pins) != 1:
        raise ValueError(f"requirements-d2l.txt: expected one requirement line, found {pins}.")
    return Course(root, repository["url"].rstrip("/"), repository["branch"], version, pins[0])


def first_cell(course: Course) -> str:
    """Return the source of the first code cell, the same in every chapter."""
    return FIRST_CELL.format(
        address=course.address,
        tag=course.tag,
        folder=course.address.rsplit("/", 1)[-1],
        d2l=course.d2l,
    ).rstrip("\n")


def badges(course: Course, chapter: str) -> str:
    """Return the badges line of `chapter`, between its markers.

    Plain links, not pictures: a badge picture would be loaded from another host by every reader.
    """
    place = course.address.removeprefix("https://github.com/")
    path = f"{course.branch}/chapters/{chapter}.ipynb"
    colab = f"https://colab.research.google.com/github/{place}/blob/{path}"
    lab = f"lab/tree/chapters/{chapter}.ipynb"
    binder = f"https://mybinder.org/v2/gh/{place}/{course.branch}?urlpath={lab}"
    links = f"[Open in Colab]({colab}) · [Launch on Binder]({binder})"
    return "\n".join([BADGES[0], links, BADGES[1]])
