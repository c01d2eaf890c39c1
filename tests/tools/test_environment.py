"""Set-up can be repeated, killed, moved and run twice at once; every failure is one sentence.

The environments made here are real, for a course whose packages are tiny wheels made on the spot:
no test reaches the network.
"""

import os
import re
import shutil
import signal
import subprocess
import sys
import time
import zipfile
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import pytest
import uv

from tools import environment, installer

pytestmark = pytest.mark.slow(reason="makes virtual environments")

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


# What the wheel of uv does, with the uv that these tests run beside: 40 MB less to unpack.
UV = f"import os, sys; os.execv({uv.find_uv_bin()!r}, ['uv', *sys.argv[1:]])"
UV_PIN = next(
    line for line in (ROOT / "requirements.txt").read_text().splitlines() if line[:4] == "uv=="
)


def make_wheel(folder, name, module, version="1.0", needs=(), code=""):
    """Write a wheel of one module, empty by default, as pip would download it."""
    folder.mkdir(parents=True, exist_ok=True)
    info = f"{name}-{version}.dist-info"
    requires = "".join(f"Requires-Dist: {need}\n" for need in needs)
    with zipfile.ZipFile(folder / f"{name}-{version}-py3-none-any.whl", "w") as wheel:
        wheel.writestr(module, code)
        wheel.writestr(
            f"{info}/METADATA",
            f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n{requires}",
        )
        wheel.writestr(
            f"{info}/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
        )
        wheel.writestr(f"{info}/RECORD", "")


@pytest.fixture(scope="session")
def bare(tmp_path_factory):
    """An environment with pip alone, to copy: making one takes seconds."""
    venv = tmp_path_factory.mktemp("bare")
    with environment.lock(venv.with_name("bare.lock")) as held:
        installer.create(venv, held)
    return venv


@pytest.fixture
def course(tmp_path, monkeypatch, bare):
    """The root of a small course, in a folder with a space in its name, and no index to ask."""
    for name in [n for n in os.environ if n.startswith(("PIP_", "UV_", "COURSE_", "MAKE"))]:
        monkeypatch.delenv(name)
    wheels = tmp_path / "wheels"
    make_wheel(wheels, "uv", "uv/__main__.py", UV_PIN.removeprefix("uv=="), code=UV)
    for name in ("torch", "torchvision", "jupyterlab"):
        make_wheel(wheels, name, f"{name}.py")
    make_wheel(wheels, "d2l", "d2l/torch.py", needs=["numpy==1.23.5", "no-such-package"])
    monkeypatch.setenv("UV_CACHE_DIR", str(tmp_path / "cache"))
    monkeypatch.setenv("PIP_CONFIG_FILE", os.devnull)
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(wheels))
    copy = partial(shutil.copytree, bare, symlinks=True, dirs_exist_ok=True)
    monkeypatch.setattr(installer, "create", lambda venv, held: copy(venv))
    root = tmp_path / "a course"
    (root / "utils").mkdir(parents=True)
    (root / "utils/__init__.py").write_text("")
    (root / "requirements.txt").write_text(f"torch==1.0\ntorchvision\njupyterlab\n{UV_PIN}\n")
    (root / "requirements-d2l.txt").write_text("d2l==1.0\n")
    (root / "pyproject.toml").write_text(PYPROJECT)
    (root / "backend.py").write_text(BACKEND)
    return root


def set_up(root):
    return environment.set_up(root, needed_gb=0.01)


def start_set_up(root, python=sys.executable):
    """Start a set-up in a process group of its own, as a shell starts make."""
    code = (
        f"import sys; sys.path.insert(0, {str(ROOT)!r})\n"
        "from pathlib import Path\nfrom tools import environment\n"
        f"print(environment.set_up(Path({str(root)!r}), needed_gb=0.01))"
    )
    return subprocess.Popen(
        [python, "-c", code],
        start_new_session=True,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


def wait_for(path, seconds=300):
    end = time.monotonic() + seconds
    while not path.exists():
        assert time.monotonic() < end, f"{path.name} did not appear"
        time.sleep(0.02)


def imports(root, name):
    python = installer.python_of(root / ".venv")
    return subprocess.run([python, "-I", "-c", f"import {name}"], stderr=subprocess.DEVNULL)


def test_set_up_runs_once_and_again_when_requirements_or_packages_change(course, monkeypatch):
    assert set_up(course) == "absent"
    for name in ("torch", "torchvision", "d2l.torch", "utils"):
        assert imports(course, name).returncode == 0

    with monkeypatch.context() as patch:
        patch.setattr(installer, "run", None)  # a ready environment starts neither pip nor uv
        assert set_up(course) == "ready"

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
    assert "torch-0.9.dist-info" not in environment.packages(course / ".venv")
    assert "torch-1.0.dist-info" in environment.packages(course / ".venv")

    # New packages of the course's own need no network.
    monkeypatch.setenv("PIP_INDEX_URL", "http://127.0.0.1:9/simple")
    monkeypatch.setenv("PIP_RETRIES", "1")
    for name in ("PIP_NO_INDEX", "PIP_FIND_LINKS"):
        monkeypatch.delenv(name)
    with open(course / "pyproject.toml", "a") as project:
        project.write("# another package\n")
    assert set_up(course) == "outdated"
    assert set_up(course) == "ready"

    # New requirements do; what was there stays in use until they come.
    with open(course / "requirements.txt", "a") as requirements:
        requirements.write("one-more\n")
    for _ in range(2):
        with pytest.raises(environment.SetupError, match="index could not be reached"):
            set_up(course)
        assert environment.state(course, course / ".venv") == "outdated"
    assert imports(course, "torch, extra").returncode == 0


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
    assert first.communicate(timeout=300)[0].splitlines()[-1] == "absent"
    assert second.communicate(timeout=300)[0].splitlines()[-1] == "ready"
    assert (first.returncode, second.returncode) == (0, 0)


@pytest.mark.skipif(os.name == "nt", reason="environments link to their Python only on POSIX")
def test_an_environment_that_lost_its_python_or_moved_is_made_anew(course):
    set_up(course)
    python = installer.python_of(course / ".venv")
    python.unlink()
    python.symlink_to(course / "gone")
    assert environment.state(course, course / ".venv") == "broken"
    assert set_up(course) == "broken"
    # VS Code starts the environment's own Python, which set-up must not need while remaking it.
    (course / ".venv" / environment.STAMP).unlink()
    process = start_set_up(course, python)
    assert process.communicate(timeout=300)[0].splitlines()[-1] == "broken"
    assert set_up(course) == "ready"
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


@pytest.mark.parametrize("stage", ["pip", "uv"])
def test_no_network_is_one_sentence_and_leaves_nothing_to_trust(course, monkeypatch, stage):
    monkeypatch.delenv("PIP_NO_INDEX")
    monkeypatch.delenv("PIP_FIND_LINKS")
    monkeypatch.setenv("PIP_INDEX_URL", "http://127.0.0.1:9/simple")
    monkeypatch.setenv("PIP_RETRIES", "1")
    if stage == "uv":  # of which pip finds a wheel
        monkeypatch.setenv("PIP_FIND_LINKS", str(course.parent / "wheels"))
    with pytest.raises(environment.SetupError, match="index could not be reached: conn") as error:
        set_up(course)
    assert str(error.value).count("\n") == 0 and "then run this again" in str(error.value)
    assert "127.0.0.1" in (course / ".venv" / installer.LOG).read_text()
    assert environment.state(course, course / ".venv") == "broken"


def test_a_package_that_does_not_exist_is_named(course, monkeypatch):
    monkeypatch.setenv("COLUMNS", "40")  # a narrow terminal cuts no sentence
    (course / "requirements.txt").write_text(f"{UV_PIN}\nno-such-package==3\n")
    with pytest.raises(environment.SetupError, match=r"require no-such-package==3.*see .*log"):
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


# What Python, pip and uv print when these things happen, cut to the lines that matter.
DISK = """error: Failed to download `scipy==1.17.1`
cause: failed to write to file `_bsplines.py`: No space left on device (os error 28)"""
DNS = """error: Request failed after 1 retry in 1.5s
cause: error sending request for url (https://example.org/simple/torch/)
cause: failed to lookup address information: Temporary failure in name resolution"""
CERTIFICATE = """error: Failed to fetch: https://example.org/simple/torch/
cause: error sending request for url (https://example.org/simple/torch/)
cause: invalid peer certificate: UnknownIssuer"""
CACHE = """error: Failed to initialize cache at `/.cache/uv`
cause: failed to create directory `/.cache/uv`: Permission denied (os error 13)"""
CONFLICT = """error: No solution found when resolving dependencies
cause: Because there is no version of torch==99, your requirements are unsatisfiable."""


@pytest.mark.parametrize(
    "output, sentence",
    [
        (DISK, "The disk became full"),
        ("OSError: [Errno 28] No space left on device", "The disk became full"),
        (DNS, "index could not be reached: connect"),
        (CERTIFICATE, "a certificate that is not trusted: set UV_SYSTEM_CERTS=1"),
        (CACHE, "name a folder in UV_CACHE_DIR"),
        (CONFLICT, r"`-m uv ...` failed \(error: No solution.* no version of torch==99"),
        ("Error: ensurepip is not available", "comes without venv and pip"),
        ("/usr/bin/python3: No module named venv", "comes without venv and pip"),
        ("", "failed (it said nothing)"),
    ],
)
def test_what_goes_wrong_inside_venv_pip_and_uv_is_one_sentence(output, sentence):
    said = installer.explain(["python", "-m", "uv"], output.splitlines(), Path("setup.log"))
    assert re.search(sentence if "\\" in sentence else re.escape(sentence), said)
    assert said.count("\n") == 0 and "then run this again" in said and "setup.log" in said


def test_a_platform_without_uv_is_told_what_to_do(course):
    for wheel in (course.parent / "wheels").glob("uv-*"):
        wheel.unlink()
    with pytest.raises(environment.SetupError, match="no uv for this machine.*README.md"):
        set_up(course)


@pytest.fixture
def index(course):
    """The address of an index on this machine: everything but ``torch`` is in ``main``.

    It has torch 0.9, as a company's mirror may be behind; 1.0 is in ``more``.
    """
    wheels = course.parent / "wheels"
    for wheel in wheels.glob("*.whl"):
        name = wheel.name.split("-")[0]
        place = course.parent / "index" / ("more" if name == "torch" else "main") / name
        place.mkdir(parents=True)
        wheel.rename(place / wheel.name)
    make_wheel(course.parent / "index/main/torch", "torch", "torch.py", version="0.9")

    class Quiet(SimpleHTTPRequestHandler):
        def log_message(self, *words):
            pass

    handler = partial(Quiet, directory=str(course.parent / "index"))
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


def test_pip_and_uv_ask_the_indexes_of_pips_file_and_install_nowhere_else(
    course, index, monkeypatch
):
    elsewhere = [course.parent / name for name in ("target", "prefix", "root", "variable")]
    target, prefix, root, variable = elsewhere
    file = course.parent / "pip.conf"
    file.write_text(
        f"[global]\nindex-url = http://127.0.0.1:9/not/this/one\nuser = yes\nno-deps = yes\n"
        f"[install]\nindex-url = {index}/main\nextra-index-url =\n    {index}/more\n"
        f"target = {target}\nprefix = {prefix}\nroot = {root}\n"
    )
    monkeypatch.setenv("PIP_CONFIG_FILE", str(file))
    monkeypatch.setenv("PIP_TARGET", str(variable))
    monkeypatch.setenv("UV_SYSTEM_PYTHON", "1")
    for name in ("PIP_NO_INDEX", "PIP_FIND_LINKS"):
        monkeypatch.delenv(name)
    assert set_up(course) == "absent"
    assert imports(course, "torch, d2l.torch").returncode == 0
    assert not any(place.exists() for place in elsewhere)
    installed = environment.packages(course / ".venv")
    assert {"torch-1.0.dist-info", f"uv-{UV_PIN[4:]}.dist-info"} <= set(installed)


def test_uv_is_told_what_pips_settings_say_and_its_own_variables_count_more(monkeypatch):
    monkeypatch.setenv("UV_HTTP_TIMEOUT", "7")
    monkeypatch.setenv("PIP_USER", "1")
    monkeypatch.setenv("SSL_CERT_FILE", "/etc/not-as-pip.pem")
    said = installer.index_settings(
        "global.cert='/etc/company.pem'\nglobal.find-links='/one /two'\ninstall.timeout='20'\n"
        "global.timeout='10'\nfreeze.timeout='99'\n:env:.proxy='http://me:pw=@proxy:3128'\n"
        "global.target='/elsewhere'"
    )
    given = installer.variables(said)
    assert given["UV_FIND_LINKS"] == "/one,/two"
    assert given["SSL_CERT_FILE"] == given["PIP_CERT"] == "/etc/company.pem"
    assert given["HTTPS_PROXY"] == given["HTTP_PROXY"] == "http://me:pw=@proxy:3128"
    assert given["PIP_TIMEOUT"] == "20" and given["UV_HTTP_TIMEOUT"] == "7"
    assert not {"PIP_USER", "PIP_TARGET"} & set(given)


def test_a_configuration_that_pip_cannot_read_is_named(course, monkeypatch):
    (course / "pip.conf").write_text("no section\n")
    monkeypatch.setenv("PIP_CONFIG_FILE", str(course / "pip.conf"))
    with pytest.raises(environment.SetupError, match=r"its settings \(.*pip\.conf.*mend"):
        set_up(course)


def test_the_large_steps_of_uv_are_told_while_they_run(capsys):
    large = set()
    for line in [
        "Using Python 3.11.7 environment at: v", "Resolved 186 packages in 1.14s",
        "Downloading torch (514.2MiB)", "Downloading six (1.1MiB)", "Downloaded six",
        "Downloaded torch", "Prepared 186 packages in 40.31s", "Installed 186 packages in 1.10s",
        "+ torch==2.15.0",
    ]:  # fmt: skip
        installer.tell(line, large)
    assert capsys.readouterr().out.splitlines() == [
        "  resolved 186 packages in 1.14s", "  downloading torch (514.2MiB)",
        "  downloaded torch", "  prepared 186 packages in 40.31s",
        "  installed 186 packages in 1.10s",
    ]  # fmt: skip


@pytest.mark.parametrize("named", ["~/envs/course", "mine", "/opt/x"])
def test_course_venv_may_begin_with_a_tilde(tmp_path, monkeypatch, named):
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("USERPROFILE", str(tmp_path))
    monkeypatch.setenv("COURSE_VENV", named)
    wanted = {"~/envs/course": tmp_path / "envs/course", "mine": ROOT / "mine"}
    assert environment.location(ROOT) == wanted.get(named, Path(named))


def test_course_venv_of_a_user_who_is_not_there_is_one_sentence(monkeypatch, capsys):
    monkeypatch.setenv("COURSE_VENV", "~nobody-of-this-name/x")
    assert environment.main([]) == 1
    assert capsys.readouterr().err.startswith("COURSE_VENV is '~nobody-of-this-name/x', but")


def test_a_failed_set_up_prints_the_sentence_and_exits_1(monkeypatch, capsys):
    def fail():
        raise environment.SetupError("The disk became full.")

    monkeypatch.setattr(environment, "set_up", fail)
    assert environment.main([]) == 1
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


@pytest.mark.parametrize("how", ["a link", "a link to a broken one", "COURSE_VENV"])
def test_the_environment_of_another_clone_is_left_alone(course, monkeypatch, how):
    set_up(course)
    theirs = course / ".venv"
    if how == "a link to a broken one":
        (theirs / environment.STAMP).unlink()
    kept = sorted(path.relative_to(theirs) for path in theirs.rglob("*"))
    mine = course.with_name("another clone")
    shutil.copytree(course, mine, ignore=shutil.ignore_patterns(".venv*"))
    if how == "COURSE_VENV":
        monkeypatch.setenv("COURSE_VENV", str(theirs))
    else:
        (mine / ".venv").symlink_to(theirs)
    with pytest.raises(environment.SetupError, match="was made for the course in .*a course, and"):
        set_up(mine)
    assert sorted(path.relative_to(theirs) for path in theirs.rglob("*")) == kept


@pytest.mark.parametrize("killed", [False, True])
def test_a_link_to_a_larger_disk_is_followed(course, tmp_path, killed):
    disk = tmp_path / "disk"
    disk.mkdir()
    (course / ".venv").symlink_to(disk)
    assert set_up(course) == "absent"
    if killed:
        (disk / environment.STAMP).unlink()
    assert set_up(course) == ("broken" if killed else "ready")
    assert (course / ".venv").is_symlink()


def test_a_copy_of_a_course_makes_its_own_environment_anew(course):
    set_up(course)
    copy = course.with_name("a copy")
    shutil.copytree(course, copy, symlinks=True)
    assert set_up(copy) == "broken"
    assert environment.state(copy, copy / ".venv") == "ready"
