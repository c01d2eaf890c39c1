"""The workflows: pinned actions, least privilege, and every version that the course speaks of."""

import re

import pytest
import yaml

from tools import setup
from tools.notebooks import ROOT

FOLDER = ROOT / ".github" / "workflows"
FILES = {path.stem: yaml.safe_load(path.read_text("utf-8")) for path in FOLDER.glob("*.yml")}
JOBS = [(name, job) for name, workflow in FILES.items() for job in workflow["jobs"]]
# A test or a fixture that asks for a browser, or for what judges what it shows.
DRIVES = re.compile(
    r"^ *def \w+\([^)]*\b(?:browse|browser|opened|axe)\b|^from tests.chromium", re.MULTILINE
)
WEEKLY = FILES["weekly"]["jobs"]


def commands(name, job):
    """What a job runs."""
    return [step["run"] for step in FILES[name]["jobs"][job]["steps"] if "run" in step]


@pytest.mark.parametrize("name", FILES)
def test_a_workflow_is_whole(name):
    workflow = FILES[name]
    assert workflow["name"] == name and workflow["permissions"] == {"contents": "read"}
    assert workflow[True], "YAML reads `on` as true; it says when the workflow runs"
    assert workflow["concurrency"]["cancel-in-progress"] is True


@pytest.mark.parametrize("name, job", JOBS)
def test_a_job_has_a_pinned_system_pinned_actions_and_a_limit(name, job):
    told = FILES[name]["jobs"][job]
    systems = told.get("strategy", {}).get("matrix", {}).get("system", [told["runs-on"]])
    assert all(re.fullmatch(r"(ubuntu|macos|windows)-[\d.]+", system) for system in systems)
    assert told["timeout-minutes"] <= 90
    actions = [step["uses"] for step in told["steps"] if "uses" in step]
    assert actions and all(re.fullmatch(r"[\w-]+/[\w-]+@[0-9a-f]{40}", a) for a in actions)
    assert all(set(step) <= {"uses", "with", "run", "env", "name"} for step in told["steps"])
    used = set(re.findall(r"matrix\.(\w+)", str(told)))
    assert used == set(told.get("strategy", {}).get("matrix", {}))


def test_the_same_action_has_the_same_version_everywhere():
    text = "".join(path.read_text("utf-8") for path in FOLDER.glob("*.yml"))
    pinned = set(re.findall(r"uses: (\S+@\S+)", text))
    assert len({action.partition("@")[0] for action in pinned}) == len(pinned)


def test_every_week_everything_runs_on_each_python_and_the_next_on_linux_and_macos():
    matrix = WEEKLY["newest"]["strategy"]["matrix"]
    first, last = setup.OLDEST[1], setup.NEWEST[1] + 1
    assert matrix["python"] == [f"3.{minor}" for minor in range(first, last + 1)]
    assert [system.partition("-")[0] for system in matrix["system"]] == ["ubuntu", "macos"]
    ran = commands("weekly", "newest")
    assert any(command.endswith("install --upgrade torch torchvision") for command in ran)
    assert ran[-1] == ".venv/bin/python -m pytest -rs", "all tests, the chapters among them"
    assert FILES["weekly"][True]["schedule"], "without anybody asking"


def test_every_week_everything_runs_on_the_oldest_pytorch():
    ran = commands("weekly", "oldest")
    assert any(command.endswith("-r requirements-oldest.txt") for command in ran)
    assert ran[-1] == ".venv/bin/python -m pytest -rs"
    assert WEEKLY["oldest"]["strategy"]["matrix"]["python"][0] == f"3.{setup.OLDEST[1]}"


@pytest.mark.parametrize("name", ["ci", "weekly"])
def test_the_site_is_looked_at_in_a_browser_that_must_be_there(name):
    step = FILES[name]["jobs"]["site"]["steps"][-1]
    assert step["env"] == {"COURSE_REQUIRE_BROWSER": 1}
    found = [sorted(ROOT.glob(pattern)) for pattern in step["run"].split("-rs ")[1].split()]
    assert all(found), "each pattern finds something"
    driving = {path for path in ROOT.glob("tests/*/test_*.py") if DRIVES.search(path.read_text())}
    assert len(driving) > 8 and driving <= {path for paths in found for path in paths}
    assert any("requirements-browser.txt" in command for command in commands(name, "site"))


def test_a_matrix_takes_no_version_for_a_number():
    for name, job in JOBS:
        for versions in FILES[name]["jobs"][job].get("strategy", {}).get("matrix", {}).values():
            assert all(isinstance(version, str) for version in versions), (name, job)
