"""Every way into the course installs the same packages, and d2l never downgrades them."""

import ast
import re
import subprocess
import sys
import tomllib
from importlib import metadata
from pathlib import Path

import pytest
import yaml
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from packaging.version import Version

from tools import setup

ROOT = Path(__file__).resolve().parents[2]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
# Where the name to import is not the name to install.
PACKAGE_OF = {
    "markdown_it": "markdown-it-py",
    "PIL": "pillow", "yaml": "pyyaml", "bs4": "beautifulsoup4", "IPython": "ipython",
    "sphinxcontrib": "sphinxcontrib-katex", "sklearn": "scikit-learn",
}  # fmt: skip


def requirement_lines(name):
    lines = (ROOT / name).read_text(encoding="utf-8").splitlines()
    return [line for line in lines if line and not line.startswith("#")]


PINS = {
    canonicalize_name(r.name): r for r in map(Requirement, requirement_lines("requirements.txt"))
}


def version_pinned(requirement):
    (specifier,) = requirement.specifier
    assert specifier.operator == "==", f"{requirement} is not pinned with =="
    return Version(specifier.version)


def outside_imports(folder):
    """Top-level names that the Python files of `folder` import from outside the course."""
    ours = {"utils", "grader", "tools", "benchmarks", "tests", "conftest"}
    ours |= {path.stem for path in (ROOT / folder).rglob("*.py")}
    names = set()
    for path in (ROOT / folder).rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Import):
                names |= {alias.name.split(".")[0] for alias in node.names}
            elif isinstance(node, ast.ImportFrom) and node.level == 0:
                names.add(node.module.split(".")[0])
    names -= ours | set(sys.stdlib_module_names)
    return {canonicalize_name(PACKAGE_OF.get(name, name)) for name in names}


def test_every_requirement_is_pinned_once():
    names = [canonicalize_name(Requirement(r).name) for r in requirement_lines("requirements.txt")]
    assert len(names) == len(set(names))
    for requirement in PINS.values():
        version_pinned(requirement)


def test_d2l_is_stated_in_one_file_and_never_among_what_pip_resolves():
    assert len(requirement_lines("requirements-d2l.txt")) == 1
    assert "d2l" not in PINS
    assert not any(Requirement(r).name == "d2l" for r in PROJECT["dependencies"])


@pytest.mark.parametrize("name", sorted(PINS))
def test_this_environment_holds_the_pinned_version(name):
    installed = Version(metadata.version(name))
    # A local part such as +cu132 or +cpu names the build, not another version.
    assert Version(installed.public) == version_pinned(PINS[name])


def test_d2l_imports_beside_the_pinned_packages():
    pinned = version_pinned(Requirement(requirement_lines("requirements-d2l.txt")[0]))
    assert Version(metadata.version("d2l")) == pinned
    import d2l.torch as d2l

    assert issubclass(d2l.FashionMNIST, d2l.DataModule)


def test_d2ls_own_pins_would_downgrade_numpy():
    # The reason for --no-deps. When a new d2l lifts the pin, this fails: install it plainly then.
    own = [Requirement(line) for line in metadata.requires("d2l")]
    numpy = next(requirement for requirement in own if requirement.name == "numpy")
    assert version_pinned(numpy) < version_pinned(PINS["numpy"])


def test_pip_finds_no_conflict_except_d2ls_own_pins():
    check = [sys.executable, "-I", "-m", "pip", "--disable-pip-version-check", "check"]
    lines = subprocess.run(check, capture_output=True, text=True).stdout.splitlines()
    assert any(line.startswith("d2l ") for line in lines)  # pip did look
    assert [line for line in lines if not line.startswith("d2l ")] == []


@pytest.mark.parametrize("requirement", PROJECT["dependencies"])
def test_the_tested_version_lies_within_pyprojects_bounds(requirement):
    bound = Requirement(requirement)
    assert version_pinned(PINS[canonicalize_name(bound.name)]) in bound.specifier


@pytest.mark.parametrize("folder", ["utils", "grader", "tools", "tests", "benchmarks"])
def test_what_is_imported_is_required(folder):
    assert outside_imports(folder) - set(PINS) - {"d2l"} == set()


def test_what_utils_imports_stands_in_pyproject():
    declared = {canonicalize_name(Requirement(r).name) for r in PROJECT["dependencies"]}
    assert outside_imports("utils") - declared - {"d2l"} == set()


def pip_installs(text):
    """The `pip install` commands of a file, continued lines joined."""
    joined = re.sub(r"\\\n\s*", " ", text)
    return re.findall(r"pip install[^\n`]*", joined)


def ways_in():
    """Files that tell a person or a machine how to install the course."""
    names = ["README.md", "environment.yml", ".binder/postBuild", "Makefile", ".ci/run"]
    chapters = sorted((ROOT / "chapters").glob("*.md"))
    return [ROOT / name for name in names] + chapters


@pytest.mark.parametrize("path", ways_in(), ids=lambda path: path.name)
def test_no_way_in_installs_d2l_or_the_course_with_dependencies(path):
    for command in pip_installs(path.read_text(encoding="utf-8")):
        if "d2l" in command or re.search(r"\s(-e\s+)?\.(\s|$)", command):
            assert "--no-deps" in command, f"{path.name}: {command}"


def test_every_d2l_version_named_anywhere_is_the_same():
    (pinned,) = requirement_lines("requirements-d2l.txt")
    places = [*ways_in(), *(ROOT / "tools").glob("*.py"), *(ROOT / "chapters").glob("*.ipynb")]
    for path in places:
        for named in re.findall(r"d2l\s*==\s*[\d.]+\d", path.read_text(encoding="utf-8")):
            assert named.replace(" ", "") == pinned, path.name


def test_conda_installs_the_same_files():
    environment = yaml.safe_load((ROOT / "environment.yml").read_text(encoding="utf-8"))
    pip = [d["pip"] for d in environment["dependencies"] if isinstance(d, dict)]
    assert pip == [["-r requirements.txt"]]
    text = (ROOT / "environment.yml").read_text(encoding="utf-8")
    assert any("--no-deps -r requirements-d2l.txt" in command for command in pip_installs(text))


def test_binder_installs_the_same_files_with_the_cpu_build():
    commands = pip_installs((ROOT / ".binder/postBuild").read_text(encoding="utf-8"))
    first, second, third = commands
    assert "download.pytorch.org/whl/cpu" in first and "-r requirements.txt" in first
    assert "--no-deps -r requirements-d2l.txt" in second
    assert "--no-deps" in third and "-e ." in third


@pytest.mark.parametrize("name", ["environment.yml", ".binder/environment.yml"])
def test_conda_and_binder_take_a_python_that_suits(name):
    environment = yaml.safe_load((ROOT / name).read_text(encoding="utf-8"))
    python = [d for d in environment["dependencies"] if str(d).startswith("python=")]
    (version,) = (tuple(map(int, p.split("=")[1].split("."))) for p in python)
    assert setup.OLDEST <= version <= setup.NEWEST


def test_ci_runs_every_python_that_set_up_accepts():
    text = (ROOT / ".github/workflows/ci.yml").read_text(encoding="utf-8")
    workflow = yaml.safe_load(text)
    tested = workflow["jobs"]["test"]["strategy"]["matrix"]["python"]
    accepted = [f"3.{m}" for m in range(setup.OLDEST[1], setup.NEWEST[1] + 1)]
    assert tested == accepted
    assert PROJECT["requires-python"] == f">=3.{setup.OLDEST[1]}"  # newer ones are only warned of


WORKFLOW = yaml.safe_load((ROOT / ".github/workflows/ci.yml").read_text(encoding="utf-8"))


@pytest.mark.parametrize("job", WORKFLOW["jobs"])
def test_ci_has_least_privilege_pinned_actions_and_a_limit(job):
    assert WORKFLOW["permissions"] == {"contents": "read"}
    steps = WORKFLOW["jobs"][job]["steps"]
    actions = [step["uses"] for step in steps if "uses" in step]
    assert actions and all(re.fullmatch(r"[\w-]+/[\w-]+@[0-9a-f]{40}", a) for a in actions)
    assert WORKFLOW["jobs"][job]["timeout-minutes"] <= 90


def test_ci_runs_on_three_systems_and_on_the_oldest_pytorch():
    systems = {job["runs-on"].split("-")[0] for job in WORKFLOW["jobs"].values()}
    assert systems == {"ubuntu", "macos", "windows"}
    assert WORKFLOW["jobs"]["test"]["steps"][-1]["run"] == ".ci/run"
    oldest = [step.get("run", "") for step in WORKFLOW["jobs"]["oldest"]["steps"]]
    assert any("-r requirements-oldest.txt" in command for command in oldest)


@pytest.mark.parametrize("requirement", requirement_lines("requirements-oldest.txt"))
def test_the_oldest_versions_tested_are_those_that_pyproject_and_readme_state(requirement):
    oldest = Requirement(requirement)
    declared = {r.name: r.specifier for r in map(Requirement, PROJECT["dependencies"])}
    assert declared[oldest.name] == f">={version_pinned(oldest)}"
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    assert oldest.name != "torch" or f"oldest PyTorch supported, {version_pinned(oldest)}" in text


def test_before_a_commit_only_commands_of_the_course_run():
    config = yaml.safe_load((ROOT / ".pre-commit-config.yaml").read_text(encoding="utf-8"))
    assert [repo["repo"] for repo in config["repos"]] == ["local"]
    hooks = config["repos"][0]["hooks"]
    assert [hook["entry"] for hook in hooks] == ["make lint", "make sync ARGS=--check"]
    assert {hook["language"] for hook in hooks} == {"system"}
