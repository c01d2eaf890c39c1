"""CONTRIBUTING.md says what is true, and its recipes work: they are carried out in a copy.

What stands in a fenced block is what is done. ``sh`` is run; ``new``, ``append`` and ``diff``
followed by a path change that file.
"""

import ast
import json
import os
import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
import yaml

from grader.bubblewrap import bwrap_complaint
from tools import nb_read, new_chapter
from tools.contents import chapters
from tools.nb_first import read_course

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
FENCE = re.compile(r"^(?P<fence>`{3,})(?P<info>[^`\n]+)\n(?P<body>.*?)^(?P=fence)$", re.M | re.S)
RECIPES = dict(re.findall(r"^### (Add an? .+?)\n(.*?)(?=^##)", PAGE, re.M | re.S))
UNNEEDED = shutil.ignore_patterns(".*", "_build", "build", "data", "dist", "runs", "*.egg-info")
needs_make = pytest.mark.skipif(not shutil.which("make"), reason="make is not installed")
SANDBOX = " --sandbox none" if bwrap_complaint() else ""  # what is compared is the same in both
a_recipe = pytest.mark.slow(reason="runs a recipe's commands, each a Python that imports PyTorch")


# --- the recipes, one after the other in one copy: each builds on those before it ---


class Copy:
    """A copy of the course, in which recipes are carried out."""

    def __init__(self, folder):
        self.folder, self.said = folder, {}
        for path in ROOT.iterdir():
            if path.is_dir():
                if not UNNEEDED(str(ROOT), [path.name]):
                    left_out = shutil.ignore_patterns("__pycache__", ".*")
                    shutil.copytree(path, folder / path.name, ignore=left_out)
            elif path.suffix != ".lock":
                shutil.copy(path, folder)

    def follow(self, recipe):
        """Carry out all recipes up to ``recipe``; return what this one's commands printed."""
        for name, text in RECIPES.items():
            if name not in self.said:
                self.said[name] = ""
                for block in FENCE.finditer(text):
                    self.said[name] += self.do(block["info"].split(), block["body"])
            if name == recipe:
                return self.said[name]
        raise KeyError(recipe)

    def do(self, info, body):
        if info == ["sh"]:
            return "".join(self.run(line) for line in body.splitlines())
        path, how = self.folder / info[-1], info[-2]
        if how == "new":
            assert not path.exists(), f"{path.name} is there already"
            path.write_text(body, encoding="utf-8")
            return ""
        text = path.read_text(encoding="utf-8")
        path.write_text(text + body if how == "append" else changed(text, body), encoding="utf-8")
        return ""

    def run(self, line):
        """What a line of the page prints, with the Python of these tests in the place of make's."""
        asked = ["make", "-n", "--no-print-directory"]
        hidden = ("MAKE", "MFLAGS", "COURSE_", "PYTEST_")
        env = {k: v for k, v in os.environ.items() if not k.startswith(hidden)}
        env |= {"PYTHONPATH": str(self.folder), "PYTHONDONTWRITEBYTECODE": "1"}
        env |= {"COURSE_OFFLINE": "1", "CI": "1"}
        commands = self.shell(line.replace("make", " ".join(asked), 1), env)
        printed = ""
        for command in commands.splitlines():
            command, found = re.subn(
                r'^"[^"]+"(?: tools/setup\.py)?(?= (?!tools/setup))', f'"{sys.executable}"', command
            )
            if found:
                judging = " -m grader score" in command or " -m grader fair" in command
                options = SANDBOX if judging else ""
                printed += self.shell(command + options, env)
        assert printed, f"{line}: no command of make's was run:\n{commands}"
        return printed

    def shell(self, command, env):
        done = subprocess.run(
            ["bash", "-c", command], cwd=self.folder, env=env, text=True, capture_output=True
        )
        assert done.returncode == 0, f"{command}\n{done.stdout}\n{done.stderr}"
        return done.stdout


def changed(text, hunk):
    """``text`` with the lines of ``hunk`` that begin with + added at the place the others show."""
    lines = [(line[:1] or " ", line[1:]) for line in hunk.splitlines()]
    old = "\n".join(line for mark, line in lines if mark == " ") + "\n"
    assert text.count(old) == 1, f"{text.count(old)} places look like\n{old}"
    return text.replace(old, "".join(f"{line}\n" for _, line in lines))


@pytest.fixture(scope="module")
def copy(tmp_path_factory):
    return Copy(tmp_path_factory.mktemp("course"))


def test_there_are_five_recipes():
    kinds = ["a chapter", "an exercise", "a wrong answer", "a figure", "a recorded result"]
    assert list(RECIPES) == [f"Add {kind}" for kind in kinds]


@needs_make
@a_recipe
def test_a_chapter_is_added(copy):
    said = copy.follow("Add a chapter")
    assert "20-my-family: stored" in said and re.search(r"\d+ passed", said)
    names = [path.stem for path in chapters(copy.folder)]
    assert names[-1] == "20-my-family"
    for page in ("README.md", "index.md", "chapters/00-start-here.md"):
        assert "20-my-family.ipynb" in (copy.folder / page).read_text("utf-8")


@needs_make
@a_recipe
def test_an_exercise_is_added(copy):
    said = copy.follow("Add an exercise")
    assert "1 of 1 wrong answers caught" in said
    assert "3 of 3 right answers" in said and "30 of 30 times one gets all points" in said


@needs_make
@a_recipe
def test_a_wrong_answer_is_added(copy):
    assert "2 of 2 wrong answers caught" in copy.follow("Add a wrong answer")


@needs_make
@a_recipe
def test_a_figure_is_added(copy):
    assert re.search(r"\b1 passed", copy.follow("Add a figure"))
    notebook = nb_read.read(copy.folder / "chapters" / "20-my-family.ipynb")
    assert 'alt="Blocks per stage: 3, 3, 3."' in json.dumps(notebook).replace('\\"', '"')


@needs_make
@a_recipe
def test_a_result_is_recorded(copy):
    copy.follow("Add a recorded result")
    recorded = json.loads((copy.folder / "results" / "family.json").read_text("utf-8"))
    found = {depth: entry["value"] for depth, entry in recorded["measured"].items()}
    assert found["110"]["parameters"] == pytest.approx(1.7e6, rel=0.02), "as in the paper's Table 6"
    assert recorded["measured"]["110"]["machine"]["torch"]


# --- make new-chapter refuses in sentences, and changes nothing then ---


@pytest.fixture
def contents(tmp_path):
    (tmp_path / "chapters").mkdir()
    (tmp_path / "_toc.yml").write_text("root: index.md\nchapters:\n  - file: chapters/03-x.ipynb\n")
    return tmp_path


@pytest.mark.parametrize(
    "number, name, title, sentence",
    [
        ("7", "y", "Y", "number has two digits, such as 07; got '7'"),
        ("07", "The Family", "Y", "lower-case words joined by hyphens.*got 'The Family'"),
        ("07", "../y", "Y", "lower-case words"),
        ("07", "y", " ", "title is one line"),
        ("03", "y", "Y", "Chapter 03 is there already: 03-x"),
    ],
)
def test_what_cannot_be_a_chapter_is_refused(contents, number, name, title, sentence):
    before = (contents / "_toc.yml").read_text()
    with pytest.raises(ValueError, match=sentence):
        new_chapter.create(contents, number, name, title)
    assert (contents / "_toc.yml").read_text() == before
    assert list((contents / "chapters").iterdir()) == []


def test_chapters_stand_in_the_order_of_their_numbers(contents):
    for number in ("05", "01", "04"):
        new_chapter.create(contents, number, "new", "New")
    numbers = re.findall(r"chapters/(\d\d)-", (contents / "_toc.yml").read_text())
    assert numbers == ["01", "03", "04", "05"]
    assert "[chapter 3](03-x.ipynb)" in (contents / "chapters" / "04-new.md").read_text()
    assert "nothing but Python" in (contents / "chapters" / "01-new.md").read_text()


# --- what the page says about the course ---


def table(name):
    """The rows of one of the page's tables, without its head."""
    region = re.search(f"<!-- {name} -->(.*?)<!-- /{name} -->", PAGE, re.S)[1]
    rows = [line.strip("|").split("|") for line in region.strip().splitlines()]
    return [[cell.strip() for cell in row] for row in rows[2:]]


def test_the_floors_are_those_that_the_linter_checks():
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
    contracts = settings["tool"]["importlinter"]["contracts"]
    layers = next(contract["layers"] for contract in contracts if contract["type"] == "layers")
    told = [re.findall(r"`(\w+)`", row[0]) for row in table("floors")]
    assert told == [re.findall(r"\w+", layer) for layer in layers]


def modules(chapter):
    """What a chapter's code cells import from `utils`: names of modules and packages."""
    cells = [c for c in nb_read.read(chapter).cells if c.cell_type == "code"]
    found = set()
    for cell in cells:
        for node in ast.walk(ast.parse(cell.source)):
            if isinstance(node, ast.ImportFrom) and node.module:
                path = node.module.split(".")
                if path[0] == "utils":
                    found |= {path[1]} if path[1:] else {alias.name for alias in node.names}
    return found


def test_the_map_says_what_each_chapter_uses():
    sentence = re.search(r"[^.]*are left out here", PAGE)[0]
    everywhere = set(re.findall(r"`(\w+)`", sentence))
    assert len(everywhere) == 5
    told = {row[0]: sorted(re.findall(r"`(\w+)`", row[2])) for row in table("map")}
    true = {
        path.stem[:2]: sorted(modules(path.with_suffix(".ipynb")) - everywhere)
        for path in chapters(ROOT)
    }
    assert told == true, "\n".join(
        f"chapter {number} uses {', '.join(f'`{name}`' for name in names)}"
        for number, names in true.items()
        if told.get(number) != names
    )


@pytest.mark.parametrize("page", ["CONTRIBUTING.md", "README.md"])
def test_every_path_and_every_target_named_is_there(page):
    text = (ROOT / page).read_text(encoding="utf-8")
    made = {  # by the recipes
        "chapters/20-my-family.md", "exercises/20_my_family.py",
        "exercises/behaviours/20_my_family.py",
    }  # fmt: skip
    named = set(re.findall(r"`((?:[\w.-]+/)+[\w.-]*\.(?:py|md|toml|yml|json))`", text)) - made
    named |= set(re.findall(r"\]\((?!\w+:|#)([^)#]+)\)", text))
    assert [name for name in sorted(named) if "NAME" not in name and "NN" not in name
            and not (ROOT / name).exists()] == []  # fmt: skip
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text("utf-8"), re.M))
    assert set(re.findall(r"(?:`|^)make ([a-z-]+)", text, re.M)) <= targets


def test_whoever_cites_the_course_finds_it():
    citation = yaml.safe_load((ROOT / "CITATION.cff").read_text(encoding="utf-8"))
    course = read_course(ROOT)
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    assert citation["repository-code"] == course.address
    assert str(citation["version"]) == course.version
    assert citation["license"] == settings["license"] == "MIT"
    assert {"cff-version", "message", "title", "authors"} <= set(citation)
    assert f"\n## [{course.version}]" in (ROOT / "CHANGELOG.md").read_text("utf-8")
    assert all((ROOT / name).is_file() for name in settings["license-files"])
