"""What every chapter starts with: the badges line and the first code cell, from one template.

The course's address and branch stand in ``_config.yml``, its version in ``pyproject.toml``; nothing
of them is written by hand into a chapter. While the course has no address (`make address` sets it)
there are no links to launch it, and the cell says what is missing.
"""

import tomllib
from dataclasses import dataclass
from pathlib import Path

from tools.contents import read_text, read_yaml

BADGES = ("<!-- badges -->", "<!-- /badges -->")

NOT_SET = "--NOT-SET"  # in an address that is none yet; no owner can be called so

# At most eight lines; what else is to be done, `utils.start` does.
FIRST_CELL = """\
import os, sys  # in a clone the course lies next door; on Colab it is fetched
ADDRESS, TAG = "{address}", "{tag}"
places = ["..", "{folder}", *sys.path]
here = next((p for p in places if os.path.exists(p + "/utils/start.py")), None)
if not here and os.system(f"git clone -qb{{TAG}} --depth 1 {{ADDRESS}} 2>{{os.devnull}}"):
    sys.exit(f"Cannot fetch {{ADDRESS}}: check the network and run this cell again.")
sys.path.insert(0, os.path.abspath(here or "{folder}"))
from utils import start; start.ready()
"""

UNPUBLISHED = """\
import os, sys  # in a clone the course lies next door
places = ["..", "{folder}", *sys.path]
here = next((p for p in places if os.path.exists(p + "/utils/start.py")), None)
if not here:
    sys.exit("No address to fetch the course from is set: open it in a clone.")
sys.path.insert(0, os.path.abspath(here))
from utils import start; start.ready()
"""


@dataclass(frozen=True)
class Course:
    """The course's folder, and where and in which version it is published."""

    root: Path
    address: str
    branch: str
    version: str

    @property
    def tag(self) -> str:
        """The tag that the first cell fetches."""
        return f"v{self.version}"

    @property
    def published(self) -> bool:
        """Whether there is an address to fetch the course from."""
        return NOT_SET not in self.address


def read_course(root: Path) -> Course:
    """Read address, branch and version from the files under `root`."""
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
    return Course(root, repository["url"].rstrip("/"), repository["branch"], version)


def first_cell(course: Course) -> str:
    """Return the source of the first code cell, the same in every chapter."""
    template = FIRST_CELL if course.published else UNPUBLISHED
    return template.format(
        address=course.address,
        tag=course.tag,
        folder=course.address.rsplit("/", 1)[-1],
    ).rstrip("\n")


def badges(course: Course, chapter: str) -> str:
    """Return the badges line of `chapter`, between its markers; nothing where there is no address.

    Plain links, not pictures: a badge picture would be loaded from another host by every reader.
    """
    if not course.published:
        return "\n".join(BADGES)
    place = course.address.removeprefix("https://github.com/")
    path = f"{course.branch}/chapters/{chapter}.ipynb"
    colab = f"https://colab.research.google.com/github/{place}/blob/{path}"
    lab = f"lab/tree/chapters/{chapter}.ipynb"
    binder = f"https://mybinder.org/v2/gh/{place}/{course.branch}?urlpath={lab}"
    links = f"[Open in Colab]({colab}) · [Launch on Binder]({binder})"
    return "\n".join([BADGES[0], links, BADGES[1]])
