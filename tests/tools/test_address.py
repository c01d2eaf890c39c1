"""The course's address is one setting, which `make address` writes wherever it is needed."""

import shutil
import subprocess
import sys

import pytest

from tools import address, nb_first
from tools.notebooks import ROOT

WHERE = "https://github.com/somebody/residual-networks"


@pytest.fixture
def copy(tmp_path):
    """The files that hold the address."""
    for name in ("_config.yml", "CITATION.cff", "pyproject.toml"):
        shutil.copy(ROOT / name, tmp_path / name)
    return tmp_path


@pytest.mark.parametrize(
    "said",
    [
        WHERE,
        f"{WHERE}/",
        f"{WHERE}.git",
        "https://token@github.com/somebody/residual-networks.git",
        "git@github.com:somebody/residual-networks.git",
        "ssh://git@github.com:22/somebody/residual-networks",
    ],
)
def test_a_repository_is_known_in_every_form_in_which_git_names_it(said):
    assert address.normal(said) == WHERE


@pytest.mark.parametrize(
    "said", ["/srv/course", "../course", "file:///srv/course", "nonsense", "C:/c"]
)
def test_what_is_not_on_the_web_is_refused_in_a_sentence(said):
    with pytest.raises(ValueError, match="is no repository on the web: give one such as"):
        address.normal(said)


def test_it_is_written_into_both_files_and_read_back(copy, capsys):
    assert address.main([WHERE, "--root", str(copy)]) == 0
    assert "_config.yml, CITATION.cff changed" in capsys.readouterr().out
    course = nb_first.read_course(copy)
    assert course.address == WHERE and course.published
    assert f"repository-code: {WHERE}\n" in (copy / "CITATION.cff").read_text("utf-8")
    before = (ROOT / "_config.yml").read_text("utf-8").splitlines()
    after = (copy / "_config.yml").read_text("utf-8").splitlines()
    assert sum(a != b for a, b in zip(before, after, strict=True)) <= 1, "comments stay"


def test_without_an_argument_the_remote_says_it(copy, capsys):
    git = ["git", "-C", str(copy)]
    subprocess.run([*git, "init", "-q"], check=True)
    assert address.main(["--root", str(copy)]) == 1
    assert "no remote called origin" in capsys.readouterr().err
    subprocess.run([*git, "remote", "add", "origin", "git@github.com:a-b/course.git"], check=True)
    assert address.main(["--root", str(copy)]) == 0
    assert nb_first.read_course(copy).address == "https://github.com/a-b/course"


@pytest.mark.slow(reason="derives every chapter anew")
def test_in_a_clone_it_puts_links_into_every_chapter_and_back(tmp_path):
    clone = tmp_path / "clone"
    shutil.copytree(
        ROOT,
        clone,
        ignore=shutil.ignore_patterns(".git", ".venv*", "_build", "build", "data", ".*_cache"),
    )
    for command in (["tools/address.py", WHERE], ["tools/notebooks.py", "sync"]):
        subprocess.run([sys.executable, *command], cwd=clone, check=True, capture_output=True)
    sources = sorted((clone / "chapters").glob("*.md"))
    for source in sources:
        text = source.read_text("utf-8")
        assert f'ADDRESS, TAG = "{WHERE}"' in text, source.name
        assert f"blob/main/chapters/{source.stem}.ipynb" in text
        assert f"/somebody/residual-networks/main?urlpath=lab/tree/chapters/{source.stem}" in text
        assert WHERE in source.with_suffix(".ipynb").read_text("utf-8")
    assert nb_first.NOT_SET not in "".join(path.read_text("utf-8") for path in sources)
