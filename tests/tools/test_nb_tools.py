"""What `tools/notebooks.py` promises: one way, stable bytes, clean outputs, a table at the end."""

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

from tools import nb_clean, nb_pair, nb_rules, nb_run, nb_time, notebooks
from utils import files

SOURCE = """\
# 0. One

Text.

```{code-cell} ipython3
print("a")
```

```{code-cell} ipython3
:tags: [nbval-check-output]

print("b")
print("headline: 7 of 8 right")
```
"""


@pytest.fixture
def root(tmp_path, monkeypatch):
    monkeypatch.setattr(nb_time, "FILE", tmp_path / "results" / "running_times.json")
    for name in ("pyproject.toml", "requirements-d2l.txt", "_config.yml"):
        (tmp_path / name).write_text((notebooks.ROOT / name).read_text("utf-8"), "utf-8")
    (tmp_path / "utils").mkdir()
    (tmp_path / "utils" / "__init__.py").write_text("")
    (tmp_path / "utils" / "blocks.py").write_text("")
    (tmp_path / "chapters").mkdir()
    (tmp_path / "chapters" / "00-one.md").write_text(SOURCE, "utf-8")
    return tmp_path


def command(root, *arguments):
    return notebooks.main(["--root", str(root), *arguments])


def edit(root, old, new):
    path = root / "chapters" / "00-one.md"
    text = path.read_text("utf-8")
    assert old in text
    path.write_text(text.replace(old, new), "utf-8")


def cells(root):
    return nb_rules.code_cells(nbformat.read(root / "chapters" / "00-one.ipynb", as_version=4))


def test_sync_fills_the_generated_parts_and_a_second_one_changes_nothing(root, capsys):
    assert command(root, "sync") == 0
    text = (root / "chapters" / "00-one.md").read_text("utf-8")
    assert text.startswith("---\njupytext:") and "[Open in Colab](https://" in text
    assert text.count(":tags: [setup]") == 1
    before = {p: p.read_bytes() for p in (root / "chapters").iterdir()}
    assert command(root, "sync") == 0
    assert {p: p.read_bytes() for p in (root / "chapters").iterdir()} == before
    assert "all in sync" in capsys.readouterr().out
    assert command(root, "sync", "--check") == 0


@pytest.mark.parametrize(
    "old, new, files",
    [
        ("Text.", "Other text.", ["00-one.ipynb"]),
        ("ADDRESS, TAG =", "ADDRESS, MARK =", ["00-one.md"]),
        ("[Open in Colab]", "[Open]", ["00-one.md"]),
        ("display_name: Python 3", "display_name: my-env", ["00-one.md"]),
    ],
)
def test_check_names_what_differs_and_writes_nothing(root, capsys, old, new, files):
    command(root, "sync")
    edit(root, old, new)
    before = {p: p.read_bytes() for p in (root / "chapters").iterdir()}
    capsys.readouterr()
    assert command(root, "sync", "--check") == 1
    said = capsys.readouterr().err
    assert [line.split()[0] for line in said.splitlines()] == [f"chapters/{f}" for f in files]
    assert {p: p.read_bytes() for p in (root / "chapters").iterdir()} == before


def test_outputs_of_unchanged_cells_and_ids_survive_an_insertion(root):
    command(root, "sync")
    path = root / "chapters" / "00-one.ipynb"
    notebook = nbformat.read(path, as_version=4)
    for number, cell in enumerate(nb_rules.code_cells(notebook), start=1):
        cell.execution_count = number
        cell.outputs = [new_output("stream", name="stdout", text=f"{number}\n")]
    files.write(path, files.dumps(notebook))
    ids = [cell.id for cell in cells(root)]
    edit(root, 'print("a")\n```', 'print("a")\n```\n\n```{code-cell} ipython3\nprint("new")\n```')
    command(root, "sync")
    after = cells(root)
    assert [c.outputs[0].text if c.outputs else None for c in after] == ["1\n", "2\n", None, "3\n"]
    assert [c.id for c in after if c.source != 'print("new")'] == ids
    edit(root, 'print("a")', 'print("A")')
    command(root, "sync")
    assert cells(root)[1].outputs == [] and cells(root)[1].execution_count is None
    assert cells(root)[3].outputs[0].text == "3\n"


def test_equal_cells_get_different_ids_and_the_same_ones_each_time():
    text = "# 1. Same\n" + "\n```{code-cell}\nx = 1\n```\n" * 3
    first, second = (nb_pair.to_notebook(text, "01-same") for _ in range(2))
    ids = [cell.id for cell in first.cells]
    assert len(set(ids)) == 4 and ids == [cell.id for cell in second.cells]
    assert set(ids).isdisjoint(cell.id for cell in nb_pair.to_notebook(text, "02-same").cells)


def test_a_failed_write_leaves_the_old_file_and_no_other(tmp_path):
    path = tmp_path / "a.ipynb"
    path.write_text("old")
    with pytest.raises(UnicodeEncodeError):
        files.write(path, "half \ud800")
    assert path.read_text() == "old" and list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize(
    "arguments, part",
    [
        (["sync", "42"], "No chapter called '42'; the chapters are 00-one."),
        (["run", "none"], "No chapter called 'none'"),
    ],
)
def test_an_unknown_chapter_gets_a_sentence(root, capsys, arguments, part):
    assert command(root, *arguments) == 1
    assert part in capsys.readouterr().err


def test_a_damaged_notebook_is_named(root, capsys):
    command(root, "sync")
    (root / "chapters" / "00-one.ipynb").write_text('{"cells": [')
    assert command(root, "sync") == 1
    assert "00-one.ipynb: not a notebook" in capsys.readouterr().err


def test_a_title_is_asked_for(root, capsys):
    edit(root, "# 0. One", "One")
    assert command(root, "sync") == 1
    assert "no title" in capsys.readouterr().err


# --- executing ---


def test_outputs_are_stored_without_bars_paths_or_widgets(root):
    edit(
        root,
        'print("a")',
        "import os, sys, time\nfrom tqdm.auto import tqdm\nfrom tqdm import tqdm as plain\n"
        "for _ in tqdm(range(3)): time.sleep(0.01)\n"
        "for _ in plain(range(3), desc='epoch'): time.sleep(0.01)\n"
        "print(os.getcwd(), sys.prefix)",
    )
    assert command(root, "outputs", "00") == 0
    (output,) = cells(root)[1].outputs
    assert output.text == "<course>/chapters <python>\n"
    assert [cell.execution_count for cell in cells(root)] == [1, 2, 3]
    assert command(root, "sync", "--check") == 0
    raw = (root / "chapters" / "00-one.ipynb").read_text("utf-8")
    assert 'execution": {' not in raw and str(root) not in raw


@pytest.mark.parametrize(
    "code, part",
    [
        ("import warnings; warnings.warn('careful')", "writes to stderr"),
        ("1 / 0", "ZeroDivisionError: division by zero"),
        ("print('x' * 1_100_000)", "stays under 1 MB"),
    ],
)
def test_a_warning_an_error_or_a_megabyte_is_not_stored(root, capsys, code, part):
    command(root, "sync")
    edit(root, 'print("a")', code)
    assert command(root, "outputs") == 1
    said = capsys.readouterr().err
    assert part in said and "00-one" in said and "not stored" in said
    assert "x" * 200 not in (root / "chapters" / "00-one.ipynb").read_text("utf-8")
    assert cells(root)[1].outputs == []
    if "MB" not in part:
        assert "code cell 2" in said


def test_an_error_that_is_meant_is_stored_as_one_line(root):
    edit(root, 'print("a")\n', ":tags: [raises-exception]\n\nraise ValueError('so it is')\n")
    assert command(root, "outputs") == 0
    (output,) = cells(root)[1].outputs
    assert output.traceback == ["ValueError: so it is"]


def test_storing_outputs_measures_the_running_time_and_writes_it_into_the_head(root, monkeypatch):
    monkeypatch.setenv("COURSE_BUDGET", "smoke")
    edit(root, "Text.", "Text.\n\n<!-- time -->\nunknown\n<!-- /time -->")
    assert command(root, "outputs") == 0
    assert nb_time.measured()["00-one"]["smoke"]["seconds"] > 0
    text = (root / "chapters" / "00-one.md").read_text("utf-8")
    assert "at budget `smoke`" in text and "unknown" not in text
    assert command(root, "sync", "--check") == 0


def test_what_the_author_writes_during_execution_is_not_lost(root, monkeypatch):
    original = nb_run.execute

    def execute(*arguments):
        edit(root, 'print("b")', 'print("B")')
        return original(*arguments)

    monkeypatch.setattr(nb_run, "execute", execute)
    assert command(root, "outputs") == 0
    assert 'print("B")' in (root / "chapters" / "00-one.md").read_text("utf-8")
    assert [cell.execution_count for cell in cells(root)] == [1, 2, None]


def test_run_goes_on_after_a_failure_and_ends_with_a_table(root, capsys, monkeypatch):
    monkeypatch.setenv("COURSE_BUDGET", "cpu")
    bad = SOURCE.replace("# 0. One", "# 1. Two").replace('print("a")', "import os\n1 / 0")
    (root / "chapters" / "01-two.md").write_text(bad, "utf-8")
    last = SOURCE.replace("# 0. One", "# 2. Three")
    last = last.replace("7 of 8", "{os.environ['COURSE_BUDGET']}").replace(
        '("headline', '(f"headline'
    )
    last = last.replace('print("a")', "import os")
    (root / "chapters" / "02-three.md").write_text(last, "utf-8")
    before = {p: p.read_bytes() for p in (root / "chapters").iterdir()}
    assert command(root, "run", "--budget", "smoke") == 1
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
    written = sorted(p.name for p in (root / "build" / "run").iterdir())
    assert written == ["00-one.ipynb", "01-two.ipynb", "02-three.ipynb"]
    notebook = json.loads((root / "build" / "run" / "00-one.ipynb").read_text("utf-8"))
    assert "a\n" in str(notebook) or "a\\n" in str(notebook)
    assert {p: p.read_bytes() for p in (root / "chapters").iterdir()} == before


@pytest.mark.skipif(os.name == "nt", reason="needs POSIX signals")
def test_ctrl_c_ends_the_run_with_the_table_so_far_and_no_kernel_left(root):
    note = root / "pid"
    slow = SOURCE.replace("# 0. One", "# 1. Two").replace(
        'print("a")',
        f"import os, pathlib, time\npathlib.Path({str(note)!r}).write_text(str(os.getpid()))\n"
        "time.sleep(100)",
    )
    (root / "chapters" / "01-two.md").write_text(slow, "utf-8")
    script = [sys.executable, str(notebooks.ROOT / "tools" / "notebooks.py"), "--root", str(root)]
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
def test_progress_bars_are_told_from_warnings(root, bar):
    assert cleaned(root, new_output("stream", name="stderr", text=f"{bar}\r{bar}\n")) == []
    for after in (f"{bar}\n", bar, f"{bar}\r"):
        warned = new_output("stream", name="stderr", text=f"{after}x.py:3: UserWarning: 50% of it")
        with pytest.raises(ValueError, match="fix the cause: x.py:3: UserWarning: 50% of it"):
            cleaned(root, warned)


@pytest.mark.parametrize("cut", [1, 2, 7, 1000], ids=lambda n: f"pieces-of-{n}")
def test_bars_on_stdout_leave_what_was_printed_however_the_stream_is_cut(root, cut):
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
    (kept,) = cleaned(root, *(new_output("stream", name="stdout", text=p) for p in pieces))
    assert kept.text == "plain    8 layers\nresidual 8 layers\n"
    only = text.rpartition("\n")[2]
    assert cleaned(root, new_output("stream", name="stdout", text=only)) == []


def test_a_line_as_long_as_a_notebook_takes_no_time():
    began = time.process_time()
    for character in "x1 |%":
        assert nb_clean.without_bars(character * 500_000) == character * 500_000
    assert time.process_time() - began < 20


def test_folders_are_replaced_in_text_and_never_inside_a_picture(tmp_path):
    known = [("/tmp", "<tmp>")]
    html = '/tmp/a.csv and /tmpfiles <img src="data:image/png;base64,AA/tmp/BB+/tmp=">'
    said = nb_clean.without_places({"text/html": html, "image/png": "/tmp/"}, known)
    assert said == {
        "text/html": html.replace("/tmp/a.csv", "<tmp>/a.csv"),
        "image/png": "/tmp/",
    }


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
def test_the_tag_nbval_check_output_makes_a_wrong_stored_output_fail(root, shown, status):
    command(root, "sync")
    path = root / "chapters" / "00-one.ipynb"
    notebook = nbformat.read(path, as_version=4)
    for number, cell in enumerate(nb_rules.code_cells(notebook), start=1):
        cell.execution_count = number
        if number > 1:  # what the second cell prints is not compared
            cell.outputs = [new_output("stream", name="stdout", text=shown)]
    files.write(path, files.dumps(notebook))
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
        [sys.executable, "-m", "pytest", *options, "--rootdir", str(root), str(path)],
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert done.returncode == status, done.stdout
    assert ("1 failed" in done.stdout) == bool(status)
