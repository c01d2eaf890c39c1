"""Set-up can be repeated, killed, moved and run twice at once; every failure is one sentence.

The environments made here are real, for a course whose packages are tiny wheels made on the spot:
no test reaches the network.
"""

import os
import shutil
import signal
import subprocess
import sys
import time
import zipfile
from pathlib import Path

import pytest

from tools import environment, installer

ROOT = Path(__file__).resolve().parents[2]

# Builds the editable install of the small course below; waits while there is a file `hold`.
BACKEND = """
import os, time, zipfile
from pathlib import Path

def build_editable(wheel_directory, config_settings=None, metadata_directory=None):
    Path("building").touch()
    while Path("hold").exists():
        time.sleep(0.02)
    name = "course-1.0-py3-none-any.whl"
    with zipfile.ZipFile(Path(wheel_directory, name), "w") as wheel:
        wheel.writestr("course.pth", os.getcwd())
        info = "course-1.0.dist-info/"
        wheel.writestr(info + "METADATA", "Metadata-Version: 2.1\\nName: course\\nVersion: 1.0\\n")
        wheel.writestr(info + "WHEEL", "Wheel-Version: 1.0\\nTag: py3-none-any\\n")
        wheel.writestr(info + "RECORD", "")
    return name
"""
PYPROJECT = """
[build-system]
requires = []
build-backend = "backend"
backend-path = ["."]
"""


def make_wheel(folder, name, module, version="1.0", needs=()):
    """Write a wheel of one empty module, as pip would download it."""
    info = f"{name}-{version}.dist-info"
    requires = "".join(f"Requires-Dist: {need}\n" for need in needs)
    with zipfile.ZipFile(folder / f"{name}-{version}-py3-none-any.whl", "w") as wheel:
        wheel.writestr(module, "")
        wheel.writestr(
            f"{info}/METADATA",
            f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n{requires}",
        )
        wheel.writestr(
            f"{info}/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
        )
        wheel.writestr(f"{info}/RECORD", "")


@pytest.fixture
def course(tmp_path, monkeypatch):
    """The root of a small course, in a folder with a space in its name, and no index to ask."""
    for name in [name for name in os.environ if name.startswith(("PIP_", "COURSE_", "MAKE"))]:
        monkeypatch.delenv(name)
    wheels = tmp_path / "wheels"
    wheels.mkdir()
    for name in ("torch", "torchvision", "jupyterlab"):
        make_wheel(wheels, name, f"{name}.py")
    make_wheel(wheels, "d2l", "d2l/torch.py", needs=["numpy==1.23.5", "no-such-package"])
    monkeypatch.setenv("PIP_CONFIG_FILE", os.devnull)
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(wheels))
    root = tmp_path / "a course"
    (root / "utils").mkdir(parents=True)
    (root / "utils/__init__.py").write_text("")
    (root / "requirements.txt").write_text("torch==1.0\ntorchvision\njupyterlab\n")
    (root / "requirements-d2l.txt").write_text("d2l==1.0\n")
    (root / "pyproject.toml").write_text(PYPROJECT)
    (root / "backend.py").write_text(BACKEND)
    return root


def set_up(root):
    return environment.set_up(root, needed_gb=0.01)


def start_set_up(root):
    """Start a set-up in a process group of its own, as a shell starts make."""
    code = (
        f"import sys; sys.path.insert(0, {str(ROOT)!r})\n"
        "from pathlib import Path\nfrom tools import environment\n"
        f"print(environment.set_up(Path({str(root)!r}), needed_gb=0.01))"
    )
    return subprocess.Popen(
        [sys.executable, "-c", code],
        start_new_session=True,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


def wait_for(path, seconds=60):
    end = time.monotonic() + seconds
    while not path.exists():
        assert time.monotonic() < end, f"{path.name} did not appear"
        time.sleep(0.02)


def running_python():
    return f"{sys.version_info.major}.{sys.version_info.minor}"


def imports(root, name):
    python = installer.python_of(root / ".venv")
    return subprocess.run([python, "-I", "-c", f"import {name}"], stderr=subprocess.DEVNULL)


def test_set_up_runs_once_and_again_when_requirements_or_packages_change(course):
    assert set_up(course) == "absent"
    for name in ("torch", "torchvision", "d2l.torch", "utils"):
        assert imports(course, name).returncode == 0
    assert not (course / ".venv/tmp").exists()

    before = time.monotonic()
    assert set_up(course) == "ready"
    assert time.monotonic() - before < 2

    make_wheel(course.parent / "wheels", "extra", "extra.py")
    assert imports(course, "extra").returncode != 0
    with open(course / "requirements.txt", "a") as requirements:
        requirements.write("extra\n")
    assert set_up(course) == "outdated"
    assert imports(course, "extra").returncode == 0
    assert set_up(course) == "ready"

    # What `pip install d2l` does to numpy: a package of the course gets another version.
    make_wheel(course.parent / "wheels", "torch", "torch.py", version="0.9")
    python = installer.python_of(course / ".venv")
    subprocess.run([python, "-m", "pip", "-q", "install", "torch==0.9"], check=True)
    assert set_up(course) == "outdated"
    assert "torch-1.0.dist-info" in environment.packages(course / ".venv", running_python())
    assert set_up(course) == "ready"


@pytest.mark.skipif(os.name == "nt", reason="kills a process group, which Windows has not")
def test_a_set_up_killed_halfway_is_not_trusted_and_the_next_call_finishes_it(course):
    (course / "hold").touch()
    process = start_set_up(course)
    wait_for(course / "building")
    os.killpg(process.pid, signal.SIGKILL)
    process.communicate()
    assert imports(course, "torch").returncode == 0  # half of it is there
    assert environment.state(course, course / ".venv") == "broken"
    (course / "hold").unlink()
    assert set_up(course) == "broken"
    assert imports(course, "utils").returncode == 0
    assert set_up(course) == "ready"


@pytest.mark.skipif(os.name == "nt", reason="starts process groups, which Windows has not")
def test_two_set_ups_at_once_do_not_collide(course):
    (course / "hold").touch()
    first = start_set_up(course)
    wait_for(course / "building")
    second = start_set_up(course)
    assert second.stdout.readline().startswith("Another set-up")
    (course / "hold").unlink()
    assert first.communicate(timeout=60)[0].splitlines()[-1] == "absent"
    assert second.communicate(timeout=60)[0].splitlines()[-1] == "ready"
    assert (first.returncode, second.returncode) == (0, 0)


@pytest.mark.skipif(os.name == "nt", reason="environments link to their Python only on POSIX")
def test_an_environment_that_lost_its_python_or_moved_is_made_anew(course):
    set_up(course)
    python = installer.python_of(course / ".venv")
    python.unlink()
    python.symlink_to(course / "gone")
    assert environment.state(course, course / ".venv") == "broken"
    assert set_up(course) == "broken"
    moved = course.with_name("elsewhere")
    course.rename(moved)
    assert environment.state(moved, moved / ".venv") == "broken"


@pytest.mark.parametrize("stamp", ["", "{", "[]", '{"made from": {}}'])
def test_a_damaged_stamp_is_not_trusted(course, stamp):
    venv = course / ".venv"
    venv.mkdir()
    (venv / environment.MARKER).write_text("")
    (venv / environment.STAMP).write_text(stamp)
    assert environment.state(course, venv) == "broken"


def test_a_folder_that_set_up_did_not_make_is_left_alone(course):
    mine = course / ".venv"
    mine.mkdir()
    (mine / "thesis.txt").write_text("years of work")
    with pytest.raises(environment.SetupError, match="not made by this set-up: move it away"):
        set_up(course)
    assert (mine / "thesis.txt").read_text() == "years of work"


def test_no_network_is_one_sentence_and_leaves_nothing_to_trust(course, monkeypatch):
    monkeypatch.delenv("PIP_NO_INDEX")
    monkeypatch.delenv("PIP_FIND_LINKS")
    monkeypatch.setenv("PIP_INDEX_URL", "http://127.0.0.1:9/simple")
    monkeypatch.setenv("PIP_RETRIES", "1")
    with pytest.raises(environment.SetupError, match="could not reach the package index") as error:
        set_up(course)
    assert str(error.value).count("\n") == 0 and "then run this again" in str(error.value)
    assert "127.0.0.1" in (course / ".venv" / installer.LOG).read_text()
    assert environment.state(course, course / ".venv") == "broken"


def test_a_package_that_does_not_exist_is_named(course):
    (course / "requirements.txt").write_text("no-such-package==3\n")
    with pytest.raises(
        environment.SetupError, match=r"No matching .* no-such-package==3.*see .*log"
    ):
        set_up(course)


def test_packages_that_do_not_import_are_not_trusted(course):
    with pytest.raises(environment.SetupError, match="No module named 'nonesuch'"):
        environment.set_up(course, imports=("torch", "nonesuch"), needed_gb=0.01)
    assert environment.state(course, course / ".venv") == "broken"


def test_too_little_disk_is_said_before_anything_is_made(course, monkeypatch):
    usage = shutil.disk_usage(course)._replace(free=3_400_000_000)
    monkeypatch.setattr(shutil, "disk_usage", lambda folder: usage)
    with pytest.raises(
        environment.SetupError, match="about 8 GB of free disk space.* 3.4 GB: free"
    ):
        environment.set_up(course, needed_gb=8)
    assert not (course / ".venv").exists()


@pytest.mark.parametrize(
    "output, sentence",
    [
        ("OSError: [Errno 28] No space left on device", "The disk became full"),
        ("Error: ensurepip is not available", "comes without venv and pip"),
    ],
)
def test_what_goes_wrong_inside_pip_and_venv_is_one_sentence(course, monkeypatch, output, sentence):
    ends = iter([(1, output)] if "ensurepip" in output else [(0, ""), (1, output)])
    monkeypatch.setattr(installer, "run_logged", lambda *arguments: next(ends))
    with pytest.raises(environment.SetupError, match=sentence) as error:
        set_up(course)
    assert str(error.value).endswith("then run this again.")


def test_a_failed_set_up_prints_the_sentence_and_exits_1(monkeypatch, capsys):
    def fail():
        raise environment.SetupError("The disk became full.")

    monkeypatch.setattr(environment, "set_up", fail)
    assert environment.main() == 1
    assert capsys.readouterr().err == "The disk became full.\n"


@pytest.mark.skipif(
    os.name == "nt" or not shutil.which("make"), reason="needs make and a POSIX shell"
)
def test_make_works_in_a_folder_with_a_space_in_its_name(course):
    set_up(course)
    shutil.copytree(ROOT / "tools", course / "tools")
    shutil.copy(ROOT / "Makefile", course)
    (course / "tools/book.py").write_text("import sys, torch; print('built', *sys.argv[1:])")
    command = ["make", "-j2", "-k", "book", "lint", "ARGS=fast"]
    done = subprocess.run(command, cwd=course, capture_output=True, text=True)
    assert "built fast" in done.stdout.splitlines()
    assert "No module named ruff" in done.stderr  # the small course has none: lint did start
