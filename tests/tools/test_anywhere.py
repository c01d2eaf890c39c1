"""The course is fetched from where it is published and runs there; what changed there is told."""

import ast
import re
import sys
import sysconfig
import venv
from pathlib import Path

import nbformat
import pytest

from tools import anywhere
from tools.contents import chapters
from tools.nb_first import NOT_SET

pytestmark = pytest.mark.slow(reason="publishes a copy of the course and runs notebooks")

ROOT = Path(__file__).resolve().parents[2]
LINUX = pytest.mark.skipif(sys.platform != "linux", reason="only Linux says what memory is shared")
BROUGHT_BY = {"PIL": "pillow", "sklearn": "scikit-learn", "IPython": "ipython", "yaml": "PyYAML"}
LATER = """
import utils, pathlib
print(pathlib.Path(utils.__file__).parents[1])
"""


@pytest.fixture(scope="module")
def published(tmp_path_factory):
    return anywhere.published(ROOT, tmp_path_factory.mktemp("published") / "course")


@pytest.fixture(scope="module")
def stranger(tmp_path_factory):
    """A Python with this one's packages, in which the course is not installed."""
    folder = tmp_path_factory.mktemp("stranger")
    venv.create(folder, symlinks=True)
    (packages,) = folder.glob("lib/python3*/site-packages")
    packages.joinpath("others.pth").write_text(sysconfig.get_paths()["purelib"] + "\n")
    return folder / "bin" / "python"


def notebook(folder, *cells, name="chapters/02-small"):
    path = folder / f"{name}.ipynb"
    path.parent.mkdir(parents=True, exist_ok=True)
    content = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(cell) for cell in cells])
    nbformat.write(content, path)
    return path


def first_cell(course):
    content = nbformat.read(course / "chapters" / "03-residual-blocks.ipynb", as_version=4)
    return next(cell.source for cell in content.cells if cell.cell_type == "code")


def variables(tmp_path, python, course, budget="smoke"):
    return {
        **anywhere.kernel(tmp_path / "jupyter", python),
        **anywhere.fetched_from(course),
        "COURSE_BUDGET": budget,
    }


def test_a_notebook_alone_fetches_the_course_from_where_it_is_published(
    tmp_path, published, stranger
):
    assert NOT_SET not in first_cell(published) and anywhere.ADDRESS in first_cell(published)
    empty = tmp_path / "empty"
    empty.mkdir()
    told = f"assert str(pathlib.Path(utils.__file__).parents[1]).startswith('{empty}')"
    one = notebook(tmp_path, first_cell(published), LATER + told)
    tried = anywhere.alone("here", one, empty, stranger, **variables(tmp_path, stranger, published))
    assert tried.fault == "" and tried.notebook == "chapters/02-small" and tried.changed == ()
    assert 0 < tried.first < tried.seconds
    assert (empty / "residual-networks" / "utils" / "start.py").exists()


def test_where_it_cannot_be_fetched_the_first_cell_says_so_and_stops(tmp_path, published, stranger):
    (tmp_path / "nothing").mkdir()
    one = notebook(tmp_path, first_cell(published), "raise ValueError('went on')")
    gone = variables(tmp_path, stranger, tmp_path / "nothing")
    tried = anywhere.alone("here", one, tmp_path, stranger, **gone)
    assert "code cell 1: SystemExit: Cannot fetch https://github.com/" in tried.fault


def test_packages_that_a_notebook_changes_are_told(tmp_path, stranger, monkeypatch):
    said = iter([{"numpy==1", "d2l==1"}, {"numpy==2", "d2l==1", "more==1"}])
    monkeypatch.setattr(anywhere, "frozen", lambda python: next(said))
    jupyter = anywhere.kernel(tmp_path / "jupyter", stranger)
    tried = anywhere.alone("here", notebook(tmp_path, "1"), tmp_path, stranger, **jupyter)
    assert tried.changed == ("+more==1", "+numpy==2", "-numpy==1")


@LINUX
def test_memory_of_a_process_and_of_what_it_started_counts_together():
    child = "b = bytearray(150_000_000); import time; b[::4096] = b'x' * len(b[::4096]); "
    both = (
        "import subprocess, sys; b = bytearray(100_000_000); b[::4096] = b'x' * len(b[::4096]); "
        f"subprocess.run([sys.executable, '-c', {child + 'time.sleep(2)'!r}])"
    )
    watch = (  # in a process of its own: this one may have started others
        "import subprocess, sys; from tools import anywhere\n"
        "with anywhere.Memory(pause=0.05) as memory:\n"
        f"    subprocess.run([sys.executable, '-c', {both!r}], check=True)\n"
        "print(memory.peak)"
    )
    said = anywhere.run([sys.executable, "-c", watch], ROOT)
    assert 250_000_000 < int(said) < 400_000_000


def test_what_went_well_is_kept_for_the_same_commit_only(tmp_path):
    well = anywhere.Tried("colab 3.12", "chapters/03", 2.5, 1.5, 700, ("+d2l==1",), "")
    fault = anywhere.Tried("colab 3.12", "chapters/04", 1.0, 1.0, 600, (), "code cell 2: no")
    kept = anywhere.Kept(tmp_path / "kept.json", "one")
    kept.add(well)
    kept.add(fault)
    again = anywhere.Kept(tmp_path / "kept.json", "one")
    assert again.get("colab 3.12", "chapters/03") == well
    assert again.get("colab 3.12", "chapters/04") is None
    assert again.get("colab 3.13", "chapters/03") is None
    assert anywhere.Kept(tmp_path / "kept.json", "two").get("colab 3.12", "chapters/03") is None


def test_a_python_that_is_not_there_is_named():
    mine = ".".join(str(part) for part in sys.version_info[:2])
    assert anywhere.find_python(mine) == sys.executable
    with pytest.raises(ValueError, match=r"No Python 3\.99 was found"):
        anywhere.find_python("3.99")


def test_a_place_that_is_none_is_refused(capsys):
    with pytest.raises(SystemExit):
        anywhere.main(["kaggle"])
    assert "no place 'kaggle'; give colab or binder" in capsys.readouterr().err


def test_what_the_course_imports_is_what_colab_brings_and_d2l():
    code = [path.read_text("utf-8") for path in (ROOT / "utils").rglob("*.py")]
    for source in chapters(ROOT):
        content = nbformat.read(source.with_suffix(".ipynb"), as_version=4)
        code += [cell.source for cell in content.cells if cell.cell_type == "code"]
    trees = [node for one in code for node in ast.walk(ast.parse(one))]
    names = {alias.name for node in trees if isinstance(node, ast.Import) for alias in node.names}
    names |= {node.module for node in trees if isinstance(node, ast.ImportFrom) and not node.level}
    mine = {"utils", "d2l", "grader", *sys.stdlib_module_names}
    wanted = {name.split(".")[0] for name in names} - mine
    brought = set(re.findall(r"^([\w-]+)==", (ROOT / "tools/colab.txt").read_text(), re.MULTILINE))
    assert {"torch", "sklearn", "matplotlib"} <= wanted
    assert {BROUGHT_BY.get(name, name.replace("_", "-")) for name in wanted} <= brought
