"""Every recorded file has a command, and the command writes that file."""

import json
import re
import shlex
from types import SimpleNamespace

import pytest

from benchmarks import course, growth, homework, patience, playground, scaling, speed, target
from tools import nb_time, results
from utils import recordings, train

ROOT = recordings.FOLDER.parent
ROW = re.compile(r"^\| `([\w-]+)\.json` \| `([^`]+)` \| .+ \|$", re.MULTILINE)
COMMANDS = dict(ROW.findall((recordings.FOLDER / "README.md").read_text(encoding="utf-8")))
STORED = {path.stem: recordings.read(path) for path in recordings.FOLDER.glob("*.json")}


class Began(Exception):
    """A benchmark would write here."""


@pytest.fixture
def study(monkeypatch):
    """The name and the settings of the study that a benchmark's command line begins."""

    def begin(name, given, **settings):
        assert given.record
        raise Began(name, json.loads(json.dumps(settings)))

    for module in (course, growth, homework, patience, playground, scaling, speed, target):
        monkeypatch.setattr(module, "begin", begin)

    def of(module, arguments):
        with pytest.raises(Began) as began:
            if module == "speed":
                given = speed.parse(arguments)
                speed.PARTS[given.parts[0]](given)
            else:
                others = {"course": course, "homework": homework, "patience": patience,
                          "playground": playground, "scaling": scaling}  # fmt: skip
                others[module].main(arguments)
        return began.value.args

    return of


def test_the_table_lists_all_files_and_no_other():
    assert sorted(COMMANDS) == sorted(STORED)


@pytest.mark.parametrize("name", COMMANDS)
def test_its_command_writes_it(name, study):
    program, *arguments = shlex.split(COMMANDS[name])
    if program == "make":
        chapter = arguments[-1].removeprefix("ARGS=")
        if arguments[0] == "outputs":
            assert re.search("^outputs:", (ROOT / "Makefile").read_text(), re.MULTILINE)
            assert name == nb_time.FILE.stem
        else:
            (source,) = [path for path in results.chapters() if path.stem == chapter]
            assert f'Study("{name}"' in source.read_text(encoding="utf-8")
        return
    assert program == "python" and arguments.pop(0) == "-m"
    module = arguments.pop(0)
    if module == "utils.train":
        settings = train.parse(arguments)
        written = settings.record, json.loads(json.dumps(train.decisive(settings)))
        assert [f"seed {seed}" for seed in settings.seeds] == sorted(STORED[name]["measured"])
    else:
        written = study(module.removeprefix("benchmarks."), arguments)
    assert written == (name, STORED[name]["settings"])


def test_the_benchmarks_stored_all_that_their_commands_measure(study):
    jobs = {json.dumps(job) for _, found in growth.sweeps().values() for job in found}
    rounds = speed.parse(shlex.split(COMMANDS["growth"])[3:]).rounds - 1
    assert set(STORED["growth"]["measured"]) == {
        f"{job}, round {number + 1}" for job in jobs for number in range(rounds)
    }


def test_every_measurement_tells_its_machine_and_commands_are_never_empty():
    for name, content in STORED.items():
        if name == "running_times":
            entries = [entry for budgets in content.values() for entry in budgets.values()]
        else:
            entries = content["measured"].values()
        assert entries and all(entry["machine"] and entry.get("command", "-") for entry in entries)


def test_a_command_of_make_results_names_its_chapter(monkeypatch, tmp_path):
    """A kernel can't tell who started it, so that `make results` leaves its name."""
    seen = []

    def execute(notebook, folder, timeout):
        study = recordings.Study("x", SimpleNamespace(), tmp_path)
        study.measure("a", lambda: {"x": 1})
        seen.append(recordings.read(study.path)["measured"]["a"]["command"])
        return 0.0, ""

    monkeypatch.setattr(results.nb_run, "execute", execute)
    monkeypatch.setenv("COURSE_RECORD", "1")
    monkeypatch.setenv("COURSE_COMMAND", "")
    assert results.record(results.chapters()[0])
    assert seen == [f"make results ARGS={results.chapters()[0].stem}"]
