"""The first cell finds the course wherever a notebook lies, and fetches it only where it must."""

import subprocess
import sys
import tomllib
from dataclasses import replace
from pathlib import Path

import pytest
import yaml

from tools import nb_first, nb_rules
from tools.notebooks import ROOT

COURSE = nb_first.read_course(ROOT)
PUBLISHED = replace(COURSE, address="https://github.com/somebody/residual-networks")
NOWHERE = "http://127.0.0.1:9/residual-networks"  # nobody listens on this port
SHOW = "\nfrom utils import blocks; print('found', blocks.WHICH)"


def package(folder: Path, which: str) -> None:
    """Put a tiny course into `folder` that says which one it is."""
    (folder / "utils").mkdir(parents=True)
    (folder / "utils" / "__init__.py").write_text("")
    (folder / "utils" / "blocks.py").write_text(f"WHICH = {which!r}\n")
    (folder / "utils" / "start.py").write_text("def ready():\n    pass\n")


def run(folder: Path, course=None, search: tuple = (), code: str = SHOW):
    """Run the first cell and `code` in `folder`, in a Python without this environment's utils.

    `search` are folders on the module path, where other packages are installed.
    """
    cell = nb_first.first_cell(course or replace(COURSE, address=NOWHERE))
    # An editable installation of the course would be found before anything else.
    lonely = "import sys; sys.meta_path = [f for f in sys.meta_path if 'editable' not in str(f)]\n"
    lonely += f"sys.path = [p for p in sys.path if p not in ('', {str(ROOT)!r})]\n"
    lonely += f"sys.path[:0] = {[str(s) for s in search]!r}\n"
    return subprocess.run(
        [sys.executable, "-c", lonely + cell + code],
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=120,
    )


@pytest.fixture
def repository(tmp_path):
    """A repository of a tiny course with the tag that the cell fetches; later commits differ."""
    folder = tmp_path / "hub" / "residual-networks"
    package(folder, "tagged")
    git = ["git", "-c", "user.name=t", "-c", "user.email=t@example.org", "-C", str(folder)]
    for arguments in (["init", "-q"], ["add", "."], ["commit", "-qm", "one"], ["tag", COURSE.tag]):
        subprocess.run([*git, *arguments], check=True)
    (folder / "utils" / "blocks.py").write_text("WHICH = 'later'\n")
    subprocess.run([*git, "commit", "-qam", "two"], check=True)
    return replace(COURSE, address=folder.as_uri())


def test_in_a_clone_the_code_next_door_is_used_and_nothing_fetched(tmp_path):
    package(tmp_path, "next door")
    (tmp_path / "chapters").mkdir()
    done = run(tmp_path / "chapters")
    assert done.stdout == "found next door\n" and not done.stderr
    assert list((tmp_path / "chapters").iterdir()) == []


def test_an_installed_course_is_used_as_it_is(tmp_path):
    package(tmp_path / "installed", "installed")
    (tmp_path / "elsewhere").mkdir()
    done = run(tmp_path / "elsewhere", search=(tmp_path / "installed",))
    assert done.stdout == "found installed\n" and not done.stderr


def test_alone_in_a_folder_it_fetches_the_tag_and_only_once(tmp_path, repository):
    alone = tmp_path / "content"
    alone.mkdir()
    assert run(alone, repository).stdout == "found tagged\n"
    offline = replace(repository, address=NOWHERE)
    assert run(alone, offline).stdout == "found tagged\n"


@pytest.mark.parametrize("shape", ["package", "module", "namespace"])
def test_another_package_called_utils_does_not_fool_it(tmp_path, repository, shape):
    other = tmp_path / "site"
    other.mkdir()
    if shape == "module":
        (other / "utils.py").write_text("WHICH = 'foreign'\n")
    else:
        (other / "utils").mkdir()
        (other / "utils" / "helpers.py").write_text("")
        if shape == "package":
            (other / "utils" / "__init__.py").write_text("")
    (tmp_path / "content").mkdir()
    done = run(tmp_path / "content", repository, search=(other,))
    assert done.stdout == "found tagged\n", done.stderr


def test_without_network_it_says_one_sentence_and_leaves_nothing(tmp_path):
    alone = tmp_path / "content"
    alone.mkdir()
    done = run(alone)
    assert done.returncode == 1 and done.stdout == ""
    (sentence,) = done.stderr.strip().splitlines()
    assert sentence.startswith(f"Cannot fetch {NOWHERE}: check the network")
    assert list(alone.iterdir()) == []


def test_without_an_address_it_says_so_in_one_sentence_and_nothing_is_launched(tmp_path):
    unset = replace(
        COURSE, address=f"https://github.com/NOBODY{nb_first.NOT_SET}/residual-networks"
    )
    done = run(tmp_path, unset)
    assert done.returncode == 1 and done.stdout == ""
    (sentence,) = done.stderr.strip().splitlines()
    assert sentence.startswith("No address to fetch the course from is set:")
    assert nb_first.badges(unset, "03-x") == "<!-- badges -->\n<!-- /badges -->"
    assert nb_first.NOT_SET not in nb_first.first_cell(unset)
    package(tmp_path, "next door")
    (tmp_path / "chapters").mkdir()
    assert run(tmp_path / "chapters", unset).stdout == "found next door\n"


@pytest.mark.parametrize("course", [COURSE, PUBLISHED])
def test_the_cell_has_at_most_eight_lines_and_fits_a_page(course):
    lines = nb_first.first_cell(course).split("\n")
    assert len(lines) <= 8
    assert max(map(len, lines)) <= nb_rules.COLUMNS


def test_address_branch_and_tag_are_those_that_the_project_states():
    config = yaml.safe_load((ROOT / "_config.yml").read_text("utf-8"))["repository"]
    version = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]["version"]
    assert COURSE.address == config["url"]
    cell, line = nb_first.first_cell(PUBLISHED), nb_first.badges(PUBLISHED, "03-x")
    assert f'ADDRESS, TAG = "{PUBLISHED.address}", "v{version}"' in cell
    assert f"/somebody/residual-networks/blob/{config['branch']}/chapters/03-x.ipynb)" in line


def test_the_address_stands_in_config_alone_apart_from_what_is_generated():
    owner = COURSE.address.split("/")[-2]
    done = subprocess.run(
        ["git", "grep", "-l", "--untracked", owner], cwd=ROOT, capture_output=True, text=True
    )
    named = {name for name in done.stdout.split() if not name.startswith("chapters/")}
    # How to cite the course names it too; test_contributing.py compares the two.
    assert named == {"_config.yml", "CITATION.cff"}
    assert COURSE.published or "chapters/" not in done.stdout


@pytest.mark.parametrize("key", ["url", "branch"])
def test_a_missing_address_or_branch_is_named(tmp_path, key):
    (tmp_path / "pyproject.toml").write_text((ROOT / "pyproject.toml").read_text("utf-8"), "utf-8")
    repository = {"url": "https://example.org/x", "branch": "main"}
    del repository[key]
    (tmp_path / "_config.yml").write_text(yaml.safe_dump({"repository": repository}))
    with pytest.raises(ValueError, match=f"repository.{key} is missing"):
        nb_first.read_course(tmp_path)
