"""Run the course where readers open it: ``python tools/anywhere.py``, or ``make test-anywhere``.

- *Colab*: an environment with nothing but what Colab brings (``tools/colab.txt``); one notebook
  alone in an empty folder, which fetches the course as a reader's does, from the address that it
  names (git is told that this address is a clone on this machine)
- *Binder*: an environment as ``.binder/`` builds it, the notebooks where they lie in the course

What is tried is what is committed. What ran is kept in ``build/anywhere`` for as long as nothing
new is committed: a run that was stopped goes on.
"""

import argparse
import contextlib
import json
import os
import re
import shutil
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path

import nbformat

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from tools import nb_run  # noqa: E402
from tools.contents import chapters, read_yaml  # noqa: E402
from tools.nb_first import read_course  # noqa: E402
from utils import files  # noqa: E402

ADDRESS = "https://github.com/OWNER--TRIED/residual-networks"  # no owner can be called so
PLACES = ("colab", "binder")
UV = (sys.executable, "-m", "uv", "pip")
TIMEOUT = 1800  # seconds for one cell, on a machine that does other things too


@dataclass(frozen=True)
class Tried:
    """How one notebook went.

    Attributes
    ----------
    place, notebook : str
    seconds, first : float
        Of the whole, and of its first cell.
    megabytes : int
        The most memory that its kernel and what that started took together, at one time; 0 where
        the system does not say.
    changed : tuple of str
        The packages that came (``+d2l==1.0.3``) and went (``-numpy==2.0.2``) meanwhile.
    fault : str
        Empty when it went well.
    """

    place: str
    notebook: str
    seconds: float
    first: float
    megabytes: int
    changed: tuple[str, ...]
    fault: str


def run(command: Sequence[str | Path], folder: Path, **variables: str) -> str:
    """Run a command in `folder`; return what it printed.

    Raises
    ------
    RuntimeError
        When it fails, with the end of what it said.
    """
    done = subprocess.run(
        [str(part) for part in command],
        cwd=folder,
        env=os.environ | variables,
        capture_output=True,
        text=True,
    )
    if done.returncode:
        words = " ".join(str(part) for part in command)
        said = "\n".join((done.stdout + done.stderr).strip().splitlines()[-8:])
        raise RuntimeError(f"{words} failed:\n{said}")
    return done.stdout


def published(root: Path, folder: Path, address: str = ADDRESS) -> Path:
    """Clone the course in `root` into `folder` and publish it there: address, notebooks, tag."""
    run(["git", "clone", "-q", root, folder], root)
    run([sys.executable, "tools/address.py", address], folder)
    run([sys.executable, "tools/notebooks.py", "sync"], folder)
    run([sys.executable, "-m", "grader", "build"], folder)
    who = ["-c", "user.name=anywhere", "-c", "user.email=anywhere@localhost"]
    run(["git", *who, "commit", "-qam", "as published"], folder)
    run(["git", "tag", read_course(folder).tag], folder)
    return folder


def fetched_from(clone: Path, address: str = ADDRESS) -> dict[str, str]:
    """Variables by which git takes a folder on this machine for what is published at `address`."""
    return {
        "GIT_CONFIG_COUNT": "1",
        "GIT_CONFIG_KEY_0": f"url.{clone.resolve().as_uri()}.insteadOf",
        "GIT_CONFIG_VALUE_0": address,
    }


def find_python(version: str) -> str:
    """Return the Python of a version such as ``"3.12"`` on this machine.

    Raises
    ------
    ValueError
        When there is none.
    """
    installed = Path(os.environ.get("PYENV_ROOT") or Path.home() / ".pyenv") / "versions"
    found = [sys.executable, f"python{version}"]
    found += [str(p) for p in sorted(installed.glob(f"{version}.*/bin/python"))]
    ask = "import sys; print('%d.%d' % sys.version_info[:2])"
    for command in found:
        with contextlib.suppress(OSError):
            done = subprocess.run([command, "-c", ask], capture_output=True, text=True)
            if done.stdout.strip() == version:
                return command
    raise ValueError(
        f"No Python {version} was found here: install it, or name the versions that there are,"
        ' make test-anywhere ARGS="--python 3.12".'
    )


def environment(folder: Path, version: str, requirements: Path | None = None) -> Path:
    """Make an environment in `folder`, with pip and what `requirements` lists; return its Python.

    What was made whole before is taken as it is.
    """
    python = folder / "bin" / "python"
    if not (folder / "whole").exists():
        shutil.rmtree(folder, ignore_errors=True)
        run([*UV[:-1], "venv", "--seed", "--python", find_python(version), folder], ROOT)
        if requirements is not None:
            run([*UV, "install", "--python", python, "-r", requirements], ROOT)
            (folder / "whole").touch()
    return python


def kernel(folder: Path, python: Path) -> dict[str, str]:
    """Variables by which Jupyter takes `python` for the kernel called python3."""
    spec = {
        "argv": [str(python), "-m", "ipykernel_launcher", "-f", "{connection_file}"],
        "display_name": "Python 3",
        "language": "python",
    }
    place = folder / "kernels" / "python3"
    place.mkdir(parents=True, exist_ok=True)
    files.write(place / "kernel.json", json.dumps(spec))
    return {"JUPYTER_PATH": str(folder)}


@contextlib.contextmanager
def set_in_environment(variables: Mapping[str, str]) -> Iterator[None]:
    """Set environment variables of this process, for a while."""
    before = {name: os.environ.get(name) for name in variables}
    os.environ.update(variables)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value


def frozen(python: Path) -> set[str]:
    """Return which packages an environment has, with versions."""
    return set(run([python, "-m", "pip", "freeze"], ROOT).split("\n")) - {""}


def seconds_of(cell: nbformat.NotebookNode) -> float:
    """Return how long a cell took, by the times that its kernel told; 0 when it did not run."""
    told = cell.metadata.get("execution", {})
    names = ("iopub.execute_input", "shell.execute_reply")
    if not all(name in told for name in names):
        return 0.0
    begin, end = (datetime.fromisoformat(told[name]) for name in names)
    return (end - begin).total_seconds()


class Memory:
    """The most memory that processes started by this one take together, sampled: ``with Memory()``.

    What several of them share counts once (PSS); only Linux says it.
    """

    def __init__(self, pause: float = 0.2) -> None:
        self.peak, self.pause, self.done = 0, pause, threading.Event()
        self.thread = threading.Thread(target=self.watch, daemon=True)

    def watch(self) -> None:
        """Sample until it is done."""
        while not self.done.wait(self.pause):
            self.peak = max(self.peak, sum(pss(process) for process in started_by(os.getpid())))

    def __enter__(self) -> "Memory":
        self.thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.done.set()
        self.thread.join()


def started_by(process: int) -> list[int]:
    """The processes that `process` started, and those that these started."""
    found = []
    with contextlib.suppress(OSError):  # it ended meanwhile, or this is not Linux
        for task in Path(f"/proc/{process}/task").iterdir():
            for child in (task / "children").read_text().split():
                found += [int(child), *started_by(int(child))]
    return found


def pss(process: int) -> int:
    """The memory of a process in bytes, its share of what it shares; 0 when it has ended."""
    with contextlib.suppress(OSError):
        said = Path(f"/proc/{process}/smaps_rollup").read_text()
        return 1024 * int(re.search(r"^Pss: +(\d+)", said, re.MULTILINE)[1])
    return 0


def alone(place: str, notebook: Path, folder: Path, python: Path, **variables: str) -> Tried:
    """Execute one notebook in `folder`, by `python`, at the budget that `variables` say.

    Cells that may fail, as answers not given yet, may.
    """
    content = nbformat.read(notebook, as_version=4)
    for cell in content.cells:
        if cell.cell_type == "code":
            cell.outputs, cell.execution_count = [], None
    before = frozen(python)
    with set_in_environment(variables), Memory() as memory:
        seconds, fault = nb_run.execute(content, folder, TIMEOUT, record_timing=True)
    after = frozen(python)
    changed = [f"+{one}" for one in after - before] + [f"-{one}" for one in before - after]
    first = next(cell for cell in content.cells if cell.cell_type == "code")
    return Tried(
        place,
        f"{notebook.parent.name}/{notebook.stem}",
        seconds,
        seconds_of(first),
        memory.peak // 1_000_000,
        tuple(sorted(changed)),
        fault,
    )


class Kept:
    """What was tried, in a file: of one commit, at one budget."""

    def __init__(self, path: Path, commit: str) -> None:
        self.path, self.commit = path, commit
        with contextlib.suppress(FileNotFoundError):
            said = json.loads(path.read_text("utf-8"))
            if said["commit"] == commit:
                kept = [one | {"changed": tuple(one["changed"])} for one in said["tried"]]
                self.tried = [Tried(**one) for one in kept]
                return
        self.tried = []

    def get(self, place: str, notebook: str) -> Tried | None:
        """What is known of a notebook that went well."""
        found = (t for t in self.tried if (t.place, t.notebook) == (place, notebook))
        return next((t for t in found if not t.fault), None)

    def add(self, one: Tried) -> None:
        """Keep one more."""
        known = (one.place, one.notebook)
        self.tried = [t for t in self.tried if (t.place, t.notebook) != known] + [one]
        said = {"commit": self.commit, "tried": [asdict(t) for t in self.tried]}
        files.write(self.path, json.dumps(said, indent=1))


def try_all(
    place: str,
    notebooks: Sequence[Path],
    kept: Kept,
    python: Path,
    variables: Mapping[str, str],
    empty: Path | None = None,
) -> list[Tried]:
    """Execute notebooks, each in a new folder below `empty`, and without d2l, or where it lies.

    One that went well before is not executed again. Returns how each went.
    """
    found = []
    for notebook in notebooks:
        name = f"{notebook.parent.name}/{notebook.stem}"
        one = kept.get(place, name)
        if one is None:
            folder = notebook.parent
            if empty is not None:
                folder = empty / name
                shutil.rmtree(folder, ignore_errors=True)
                folder.mkdir(parents=True)
                run([*UV, "uninstall", "-q", "--python", python, "d2l"], ROOT)
            one = alone(place, notebook, folder, python, **variables)
            kept.add(one)
        said = f"FAILED: {one.fault}" if one.fault else "ok"
        print(
            f"{place:12} {one.notebook:34} {one.seconds:6.1f} s  first cell {one.first:4.1f} s"
            f"  {one.megabytes:5} MB  {' '.join(one.changed) or '-':12} {said}",
            flush=True,
        )
        found.append(one)
    return found


def notebooks_of(clone: Path, names: Sequence[str], copies: bool) -> list[Path]:
    """Return the chapters' notebooks, and the student copies with `copies`; all, or some."""
    found = [source.with_suffix(".ipynb") for source in chapters(clone)]
    found += sorted((clone / "homework").glob("*.ipynb")) if copies else []
    return [path for path in found if not names or path.stem.split("-")[0] in names]


def colab(version: str, clone: Path, given: argparse.Namespace, kept: Kept) -> list[str]:
    """Try the course on Colab's packages; return what is wrong, in sentences."""
    place = f"colab {version}"
    folder = given.build / place.replace(" ", "-")
    python = environment(folder / "environment", version, ROOT / "tools" / "colab.txt")
    address = fetched_from(clone)
    begin, probe = time.perf_counter(), folder / "cloned"
    shutil.rmtree(probe, ignore_errors=True)
    run(["git", "clone", "-q", "--depth", "1", ADDRESS, probe], folder, **address)
    seconds = time.perf_counter() - begin
    print(f"{place}: to clone the course takes {seconds:.1f} s of a chapter's first cell")
    variables = {**kernel(folder / "jupyter", python), **address, "COURSE_BUDGET": given.budget}
    chosen = notebooks_of(clone, given.chapters, copies=True)
    tried = try_all(place, chosen, kept, python, variables, folder / "alone")
    return [f"{place}, {one.notebook}: {one.fault}" for one in tried if one.fault] + [
        f"{place}, {one.notebook}: packages were changed, {' '.join(one.changed)}"
        for one in tried
        if any(not change.startswith("+d2l==") for change in one.changed)
    ]


def binder(clone: Path, given: argparse.Namespace, kept: Kept) -> list[str]:
    """Try the course in Binder's environment; return what is wrong, in sentences."""
    place, folder = f"binder {given.budget}", given.build / "binder"
    made = read_yaml(ROOT / ".binder" / "environment.yml")["dependencies"]
    (version,) = (one.partition("=")[2] for one in made if one.startswith("python="))
    python = environment(folder / "environment", version)
    whole = folder / "environment" / "whole"
    if not whole.exists():
        path = os.pathsep.join([str(python.parent), os.environ["PATH"]])
        run(["bash", ".binder/postBuild"], clone, PATH=path, PIP_RETRIES="1")
        whole.touch()
    variables = {**kernel(folder / "jupyter", python), "COURSE_BUDGET": given.budget}
    tried = try_all(place, notebooks_of(clone, given.chapters, False), kept, python, variables)
    if tried:
        heaviest = max(tried, key=lambda one: one.megabytes)
        print(f"{place}: most memory takes {heaviest.notebook}, {heaviest.megabytes} MB")
    return [f"{place}, {one.notebook}: {one.fault}" for one in tried if one.fault]


def main(arguments: Sequence[str] | None = None) -> int:
    """Try the places; return the exit status."""
    parser = argparse.ArgumentParser(prog="anywhere.py", description=__doc__.split("\n")[0])
    parser.add_argument("places", nargs="*", help=f"of {', '.join(PLACES)}; both by default")
    parser.add_argument("--python", nargs="+", default=["3.12", "3.13"], help="Colab's versions")
    parser.add_argument("--chapters", nargs="+", default=[], help="such as 03 06; all by default")
    parser.add_argument("--budget", choices=["smoke", "cpu", "gpu"], default="smoke")
    parser.add_argument("--build", type=Path, default=ROOT / "build" / "anywhere")
    given = parser.parse_args(arguments)
    unknown = sorted(set(given.places) - set(PLACES))
    if unknown:
        parser.error(f"no place {unknown[0]!r}; give {' or '.join(PLACES)}")
    places = given.places or PLACES
    bad: list[str] = []
    try:
        commit = run(["git", "rev-parse", "HEAD"], ROOT).strip()
        if run(["git", "status", "--porcelain"], ROOT):
            print("Some of this copy is not committed, and is not tried.")
        given.build = given.build.resolve()
        given.build.mkdir(parents=True, exist_ok=True)
        clone = given.build / commit[:12]
        if not (clone / ".git" / "published").exists():
            shutil.rmtree(clone, ignore_errors=True)
            (published(ROOT, clone) / ".git" / "published").touch()
        if "colab" in places:
            for version in given.python:
                kept = Kept(given.build / f"colab-{version}-{given.budget}.json", commit)
                bad += colab(version, clone, given, kept)
        if "binder" in places:
            kept = Kept(given.build / f"binder-{given.budget}.json", commit)
            bad += binder(clone, given, kept)
    except (ValueError, RuntimeError, OSError) as error:
        bad.append(str(error))
    except KeyboardInterrupt:
        print("\nStopped; what ran is kept, and the next run goes on.")
        return 130
    for complaint in bad:
        print(complaint, file=sys.stderr)
    print("Something is wrong in these places." if bad else "The course runs in these places.")
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
