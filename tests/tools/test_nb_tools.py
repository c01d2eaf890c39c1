"""What `tools/notebooks.py` promises of executed chapters: clean outputs, a table at the end."""

import io
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_notebook, new_output
from tqdm import tqdm

from tools import nb_clean, nb_rules, nb_run, nb_time, notebooks
from utils import files, notebook_json
from utils.figures import canvas, show

pytestmark = pytest.mark.slow(reason="executes notebooks, each in a kernel of its own")


@pytest.mark.parametrize(
    "arguments, part",
    [
        (["sync", "42"], "No chapter called '42'; the chapters are 00-one."),
        (["run", "none"], "No chapter called 'none'"),
    ],
)
def test_an_unknown_chapter_gets_a_sentence(small, capsys, arguments, part):
    assert small.run(*arguments) == 1
    assert part in capsys.readouterr().err


def test_a_failed_write_leaves_the_old_file_and_no_other(tmp_path):
    path = tmp_path / "a.ipynb"
    path.write_text("old")
    with pytest.raises(UnicodeEncodeError):
        files.write(path, "half \ud800")
    assert path.read_text() == "old" and list(tmp_path.iterdir()) == [path]


def test_outputs_are_stored_without_bars_paths_or_widgets(small):
    small.edit(
        'print("a")',
        "import os, sys, time\nfrom tqdm.auto import tqdm\nfrom tqdm import tqdm as plain\n"
        "for _ in tqdm(range(3)): time.sleep(0.01)\n"
        "for _ in plain(range(3), desc='epoch'): time.sleep(0.01)\n"
        "print(os.getcwd(), sys.prefix)",
    )
    assert small.run("outputs", "00") == 0
    (output,) = small.cells()[1].outputs
    assert output.text == "<course>/chapters <python>\n"
    assert [cell.execution_count for cell in small.cells()] == [1, 2, 3]
    assert small.run("sync", "--check") == 0
    raw = small.notebook.read_text("utf-8")
    assert 'execution": {' not in raw and str(small.root) not in raw


@pytest.mark.parametrize(
    "code, part",
    [
        ("import warnings; warnings.warn('careful')", "writes to stderr"),
        ("1 / 0", "ZeroDivisionError: division by zero"),
        ("print('x' * 1_100_000)", "stays under 1 MB"),
    ],
)
def test_a_warning_an_error_or_a_megabyte_is_not_stored(small, capsys, code, part):
    small.run("sync")
    small.edit('print("a")', code)
    assert small.run("outputs") == 1
    said = capsys.readouterr().err
    assert part in said and "00-one" in said and "not stored" in said
    assert "x" * 200 not in small.notebook.read_text("utf-8")
    assert small.cells()[1].outputs == []
    if "MB" not in part:
        assert "code cell 2" in said


def test_an_error_that_is_meant_is_stored_as_one_line(small):
    small.edit('print("a")\n', ":tags: [raises-exception]\n\nraise ValueError('so it is')\n")
    assert small.run("outputs") == 0
    (output,) = small.cells()[1].outputs
    assert output.traceback == ["ValueError: so it is"]


def test_storing_outputs_measures_the_running_time_and_writes_it_into_the_head(small, monkeypatch):
    monkeypatch.setenv("COURSE_BUDGET", "smoke")
    small.edit("Text.", "Text.\n\n<!-- time -->\nunknown\n<!-- /time -->")
    assert small.run("outputs") == 0
    assert nb_time.measured()["00-one"]["smoke"]["seconds"] > 0
    text = small.source.read_text("utf-8")
    assert "at budget `smoke`" in text and "unknown" not in text
    assert small.run("sync", "--check") == 0


def test_what_the_author_writes_during_execution_is_not_lost(small, monkeypatch):
    original = nb_run.execute

    def execute(*arguments):
        small.edit('print("b")', 'print("B")')
        return original(*arguments)

    monkeypatch.setattr(nb_run, "execute", execute)
    assert small.run("outputs") == 0
    assert 'print("B")' in small.source.read_text("utf-8")
    assert [cell.execution_count for cell in small.cells()] == [1, 2, None]


def test_what_a_reader_writes_into_the_notebook_during_execution_is_not_lost(
    small, monkeypatch, capsys
):
    original = nb_run.execute

    def execute(*arguments):
        small.edit_notebook('print("b")', 'print("mine")')
        return original(*arguments)

    monkeypatch.setattr(nb_run, "execute", execute)
    assert small.run("outputs") == 1
    assert "edited since the last sync: cell 4" in capsys.readouterr().err
    assert small.cells()[2].source.startswith('print("mine")')


def test_run_goes_on_after_a_failure_and_ends_with_a_table(small, capsys, monkeypatch):
    monkeypatch.setenv("COURSE_BUDGET", "cpu")
    bad = small.text.replace("# 0. One", "# 1. Two").replace('print("a")', "import os\n1 / 0")
    small.add("01-two", bad)
    last = small.text.replace("# 0. One", "# 2. Three")
    last = last.replace("7 of 8", "{os.environ['COURSE_BUDGET']}").replace(
        '("headline', '(f"headline'
    )
    last = last.replace('print("a")', "import os")
    small.add("02-three", last)
    before = small.files()
    assert small.run("run", "--budget", "smoke") == 1
    said = capsys.readouterr()
    rows = [
        line.split(maxsplit=3)
        for line in said.out.splitlines()
        if line[:3] in ("00-", "01-", "02-")
    ]
    assert [(r[0], *r[2:]) for r in rows] == [
        ("00-one", "ok", "7 of 8 right"),
        ("01-two", "FAILED"),
        ("02-three", "ok", "smoke right"),
    ]
    assert "01-two failed, code cell 2: ZeroDivisionError: division by zero" in said.err
    written = sorted(p.name for p in (small.root / "build" / "run").iterdir())
    assert written == ["00-one.ipynb", "01-two.ipynb", "02-three.ipynb"]
    notebook = json.loads((small.root / "build" / "run" / "00-one.ipynb").read_text("utf-8"))
    assert "a\n" in str(notebook) or "a\\n" in str(notebook)
    assert small.files() == before


def test_a_run_keeps_its_times_when_told_to_and_only_those_of_chapters_that_ran(small):
    small.add("01-two", small.text.replace("# 0. One", "# 1. Two").replace('print("a")', "1 / 0"))
    assert small.run("run", "--budget", "smoke") == 1
    assert nb_time.measured() == {}
    assert small.run("run", "--budget", "smoke", "--keep-times") == 1
    assert nb_time.measured().keys() == {"00-one"}
    assert nb_time.measured()["00-one"]["smoke"]["seconds"] > 0


@pytest.mark.skipif(os.name == "nt", reason="needs POSIX signals")
def test_ctrl_c_ends_the_run_with_the_table_so_far_and_no_kernel_left(small):
    note = small.root / "pid"
    slow = small.text.replace("# 0. One", "# 1. Two").replace(
        'print("a")',
        f"import os, pathlib, time\npathlib.Path({str(note)!r}).write_text(str(os.getpid()))\n"
        "time.sleep(100)",
    )
    small.add("01-two", slow)
    script = [
        sys.executable,
        str(notebooks.ROOT / "tools" / "notebooks.py"),
        "--root",
        str(small.root),
    ]
    process = subprocess.Popen([*script, "run"], stdout=subprocess.PIPE, text=True)
    deadline = time.monotonic() + 60
    while not (note.exists() and note.read_text()) and time.monotonic() < deadline:
        time.sleep(0.1)
    kernel = int(note.read_text())
    process.send_signal(signal.SIGINT)
    said, _ = process.communicate(timeout=30)
    assert process.returncode == 130
    assert "Stopped: 1 of 2 chapters" in said and "7 of 8 right" in said
    while Path(f"/proc/{kernel}").exists() and time.monotonic() < deadline:
        time.sleep(0.1)
    with pytest.raises(ProcessLookupError):
        os.kill(kernel, 0)


@pytest.mark.parametrize(
    "bar",
    [
        "  0%|          | 0/10 [00:00<?, ?it/s]",
        "epoch 2:  40%|####      | 4/10 [00:01<00:02,  3.1it/s, loss=0.3]",
        "100%|██████████| 29.5M/29.5M [00:01<00:00, 18MB/s]",
        "12it [00:01, 9.10it/s]",
        "\x1b[A\rtrain:  50%|█████     | 5/10 [00:01<00:01]",
    ],
)
def test_progress_bars_are_told_from_warnings(tmp_path, bar):
    assert cleaned(tmp_path, new_output("stream", name="stderr", text=f"{bar}\r{bar}\n")) == []
    for after in (f"{bar}\n", bar, f"{bar}\r"):
        warned = new_output("stream", name="stderr", text=f"{after}x.py:3: UserWarning: 50% of it")
        with pytest.raises(ValueError, match="fix the cause: x.py:3: UserWarning: 50% of it"):
            cleaned(tmp_path, warned)


@pytest.mark.parametrize("cut", [1, 2, 7, 1000], ids=lambda n: f"pieces-of-{n}")
def test_bars_on_stdout_leave_what_was_printed_however_the_stream_is_cut(tmp_path, cut):
    drawn = io.StringIO()
    for net in ("plain", "residual"):
        for epoch in (1, 2):
            bar = tqdm(range(3), f"epoch {epoch}/2", leave=epoch == 2, file=drawn, mininterval=0)
            for _ in bar:
                pass
        print(f"{net:8} 8 layers", file=drawn)
    for _ in tqdm(range(3), leave=False, file=drawn, mininterval=0):
        pass
    text = drawn.getvalue()
    pieces = [text[i : i + cut] for i in range(0, len(text), cut)]
    (kept,) = cleaned(tmp_path, *(new_output("stream", name="stdout", text=p) for p in pieces))
    assert kept.text == "plain    8 layers\nresidual 8 layers\n"
    only = text.rpartition("\n")[2]
    assert cleaned(tmp_path, new_output("stream", name="stdout", text=only)) == []


def test_a_line_as_long_as_a_notebook_takes_no_time():
    began = time.process_time()
    for character in "x1 |%":
        assert nb_clean.without_bars(character * 200_000) == character * 200_000
    assert time.process_time() - began < 20


def test_folders_are_replaced_in_text_and_never_inside_a_picture(tmp_path):
    known = [("/tmp", "<tmp>")]
    html = '/tmp/a.csv and /tmpfiles <img src="data:image/png;base64,AA/tmp/BB+/tmp=">'
    said = nb_clean.without_places({"text/html": html, "image/png": "/tmp/"}, known)
    assert said == {
        "text/html": html.replace("/tmp/a.csv", "<tmp>/a.csv"),
        "image/png": "/tmp/",
    }


def test_a_picture_without_a_caption_is_named():
    figure = canvas()[0]
    for caption, complaints in (("", 1), ("What it shows.", 0)):
        shown = dict(show(figure, "Nothing.", caption)._repr_mimebundle_())
        cell = new_code_cell("x", outputs=[new_output("display_data", shown)])
        found = nb_rules.has_its_captions(new_notebook(cells=[cell]), "00-one")
        assert len(found) == complaints


def cleaned(root, *outputs):
    """What is stored of a cell that gave these outputs."""
    notebook = new_notebook(cells=[new_code_cell("x", outputs=list(outputs))])
    nb_clean.clean(notebook, "00-one", root)
    return notebook.cells[0].outputs


@pytest.mark.parametrize(
    "pieces", [["\r 50%|█ | 1/2", "\r      \rhead", "line: right\n"], ["headline: right\n"]]
)
def test_a_headline_is_found_behind_a_bar_and_in_pieces(pieces):
    outputs = [new_output("stream", name="stdout", text=text) for text in pieces]
    notebook = new_notebook(cells=[new_code_cell("x", outputs=outputs)])
    assert nb_run.headline(notebook) == "right"
    assert [output.text for output in notebook.cells[0].outputs] == pieces, "it only looks"


def test_pieces_of_one_stream_are_joined():
    pieces = [new_output("stream", name="stdout", text=text) for text in ("a", "b\n", "c")]
    (joined,) = nb_clean.joined(pieces)
    assert joined.text == "ab\nc"


@pytest.mark.parametrize("shown, status", [("b\nheadline: 7 of 8 right\n", 0), ("c\n", 1)])
def test_the_tag_nbval_check_output_makes_a_wrong_stored_output_fail(small, shown, status):
    small.run("sync")
    path = small.notebook
    notebook = nbformat.read(path, as_version=4)
    for number, cell in enumerate(nb_rules.code_cells(notebook), start=1):
        cell.execution_count = number
        if number > 1:  # what the second cell prints is not compared
            cell.outputs = [new_output("stream", name="stdout", text=shown)]
    files.write(path, notebook_json.dumps(notebook))
    options = [
        "-q",
        "-p",
        "no:cacheprovider",
        "--nbval-lax",
        "--nbval-current-env",
        "-c",
        os.devnull,
    ]
    done = subprocess.run(
        [sys.executable, "-m", "pytest", *options, "--rootdir", str(small.root), str(path)],
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert done.returncode == status, done.stdout
    assert ("1 failed" in done.stdout) == bool(status)
