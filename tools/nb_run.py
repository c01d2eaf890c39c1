"""Execute chapters: to store their outputs, or to see whether they run on this machine."""

import asyncio
import contextlib
import os
import re
import signal
import sys
import time
from pathlib import Path
from typing import NamedTuple

import nbformat
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError, CellTimeoutError, DeadKernelError

from tools import nb_clean, nb_pair, nb_time
from tools.nb_first import Course
from utils import files, notebook_json

HEADLINE = re.compile(r"^headline: (.+)$", re.MULTILINE)


class Outcome(NamedTuple):
    """How the execution of one chapter went: `fault` is empty when it went well."""

    chapter: str
    seconds: float
    fault: str
    headline: str


class Interruptible(NotebookClient):
    """A client that tells Ctrl-C (and SIGTERM) from a kernel that died by itself."""

    interrupted = False

    async def async_start_new_kernel(self, **kwargs):
        """Start the kernel; from here on signals end the kernel and are remembered."""
        await super().async_start_new_kernel(**kwargs)
        loop = asyncio.get_running_loop()

        def stop():
            self.interrupted = True
            self._killing = asyncio.ensure_future(self.km.signal_kernel(signal.SIGKILL))

        with contextlib.suppress(NotImplementedError):  # Windows: asyncio raises KeyboardInterrupt
            loop.add_signal_handler(signal.SIGINT, stop)
            loop.add_signal_handler(signal.SIGTERM, stop)


def execute(
    notebook: nbformat.NotebookNode,
    folder: Path,
    timeout: float | None,
    progress: str = "",
    record_timing: bool = False,
) -> tuple[float, str]:
    """Execute `notebook` in place, its kernel working in `folder`.

    A cell may take `timeout` seconds (None: any time). With `progress`, a name, the cells are
    counted on a terminal; with `record_timing` each cell's metadata say when it ran. The notebook
    gets the outputs, up to the cell that failed. Returns how many seconds it took and what went
    wrong, in a sentence; empty when nothing did. On Ctrl-C the kernel is ended and
    KeyboardInterrupt raised.
    """
    total, done = len(notebook.cells), 0
    live = bool(progress) and sys.stdout.isatty()

    def count(**_):
        nonlocal done
        done += 1
        if live:
            print(f"\r{progress}: cell {done} of {total}", end="", flush=True)

    client = Interruptible(
        notebook,
        timeout=timeout,
        startup_timeout=120,
        kernel_name="python3",
        resources={"metadata": {"path": str(folder)}},
        record_timing=record_timing,
        store_widget_state=False,
        on_cell_complete=count,
        extra_arguments=["--log-level=40"],
    )
    begin, fault = time.perf_counter(), ""
    try:
        # What an author executes is no reader's progress.
        asyncio.run(client.async_execute(env=os.environ | {"COURSE_PROGRESS": "off"}))
    except CellExecutionError as error:
        fault = f"{error.ename}: {error.evalue}"
    except CellTimeoutError:
        fault = f"a cell ran longer than {timeout:.0f} s"
    except DeadKernelError:
        fault = "the kernel died; short of memory?"
    finally:
        if live:
            print("\r\x1b[K", end="", flush=True)
    if client.interrupted:
        raise KeyboardInterrupt
    if fault:
        number = sum(
            c.cell_type == "code" and c.execution_count is not None for c in notebook.cells
        )
        fault = f"code cell {max(number, 1)}: {fault}"
    return time.perf_counter() - begin, fault


def headline(notebook: nbformat.NotebookNode) -> str:
    """Return the last headline that a notebook printed, empty when it printed none."""
    found = [""]
    for cell in notebook.cells:
        for output in nb_clean.joined(cell.get("outputs", [])):
            if output.output_type == "stream":
                found += HEADLINE.findall(nb_clean.as_shown(output.text))
    return found[-1].strip()


def table(outcomes: list[Outcome]) -> str:
    """Return the outcomes as a table."""
    wide = max(len(o.chapter) for o in outcomes)
    rows = [("chapter", "seconds", "result", "headline")]
    rows += [
        (o.chapter, f"{o.seconds:.1f}", "FAILED" if o.fault else "ok", o.headline) for o in outcomes
    ]
    rows.append(("together", f"{sum(o.seconds for o in outcomes):.1f}", "", ""))
    return "\n".join(f"{a:<{wide}}  {b:>8}  {c:<6}  {d}".rstrip() for a, b, c, d in rows)


def try_one(source: Path, course: Course, folder: Path, timeout: float) -> Outcome:
    """Execute one chapter as its Markdown says it, into `folder`."""
    try:
        notebook = nb_pair.derived(source, course)[1]
    except (ValueError, OSError) as error:
        return Outcome(source.stem, 0.0, str(error), "")
    seconds, fault = execute(notebook, source.parent, timeout, source.stem)
    files.write(folder / f"{source.stem}.ipynb", notebook_json.dumps(notebook))
    return Outcome(source.stem, seconds, fault, headline(notebook))


def run(
    sources: list[Path], course: Course, folder: Path, timeout: float, keep_times: bool = False
) -> int:
    """Execute chapters into `folder` and print a table; the headless twin of `make lab`.

    The chapters' own files stay untouched. With `keep_times`, the seconds of the chapters that ran
    are kept for their heads, as `make outputs` does. Returns the exit status: 0, 1 when a chapter
    failed, 130 after Ctrl-C.
    """
    outcomes: list[Outcome] = []
    try:
        for i, source in enumerate(sources, start=1):
            print(f"[{i}/{len(sources)}] {source.stem} ...", flush=True)
            outcomes.append(done := try_one(source, course, folder, timeout))
            said = f"FAILED: {done.fault}" if done.fault else "ok"
            print(f"      {done.seconds:.1f} s, {said}", flush=True)
            if keep_times and not done.fault:
                from utils.budget import budget_name

                nb_time.record(source.stem, done.seconds, budget_name())
    except KeyboardInterrupt:
        print(f"\nStopped: {len(outcomes)} of {len(sources)} chapters were executed.")
        if outcomes:
            print(table(outcomes))
        return 130
    print(f"\n{table(outcomes)}\n\nExecuted notebooks: {folder}")
    failed = [o for o in outcomes if o.fault]
    for o in failed:
        print(f"{o.chapter} failed, {o.fault}", file=sys.stderr)
    return 1 if failed else 0


def store(sources: list[Path], course: Course, timeout: float) -> int:
    """Execute chapters and store their cleaned outputs in the notebooks beside them.

    A chapter that fails or warns keeps the notebook it had, and so does one whose notebook was
    edited. Returns the exit status: 0, 1 when a chapter was not stored, 130 after Ctrl-C.
    """
    os.environ.setdefault("COURSE_BUDGET", "cpu")
    bad = 0
    for source in sources:
        try:
            store_one(source, course, timeout)
        except KeyboardInterrupt:
            print(f"Stopped; {source.stem} and what follows it keep their old outputs.")
            return 130
        except (ValueError, OSError) as error:
            bad += 1
            print(f"{error}\n{source.stem}: not stored.", file=sys.stderr, flush=True)
    return 1 if bad else 0


def store_one(source: Path, course: Course, timeout: float) -> None:
    """Execute one chapter and store its outputs; ValueError says why it was not done."""
    for path, text in nb_pair.differing(source, course).items():
        files.write(path, text)
    print(f"{source.stem}: executing, budget {os.environ['COURSE_BUDGET']} ...", flush=True)
    notebook = nb_pair.derived(source, course)[1]
    seconds, fault = execute(notebook, source.parent, timeout, source.stem)
    if fault:
        raise ValueError(f"{source.stem}, {fault}")
    nb_clean.clean(notebook, source.stem, course.root)
    nb_time.record(source.stem, seconds, os.environ["COURSE_BUDGET"])
    # The author may have gone on writing meanwhile, in either file: only cells that still stand
    # keep outputs, and edits of the notebook are left alone.
    text, current = nb_pair.derived(source, course)
    nb_pair.refuse_edits(source, course, current)
    nb_pair.keep_outputs(current, notebook)
    written = notebook_json.dumps(current)
    size = len(written.encode())
    if size > nb_clean.MAX_BYTES:
        raise ValueError(
            f"{source.stem}: it would have {size / 1e6:.2f} MB; a notebook stays under 1 MB: draw"
            " fewer or smaller pictures."
        )
    files.write(source.with_suffix(".ipynb"), written)
    files.write(source, text)
    print(f"{source.stem}: stored, {seconds:.0f} s, {size / 1e3:.0f} kB", flush=True)
