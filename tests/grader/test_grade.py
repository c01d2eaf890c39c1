"""A class is graded to the end, or it is told why not; no grade is lost or half-written."""

import errno
import json
import os
import random
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import pytest
from test_sandbox import family
from test_toy import (
    ANSWERS,
    BLOCK,
    BLOCK_MUTANTS,
    BLOCK_STARTER,
    bare_script,
    cells,
    needs_bwrap,
    notebook,
)

from grader import gradebook
from grader.grade import grade_class
from grader.questions import Probe
from grader.sentences import no_cell
from grader.submissions import file_name, find

pytestmark = pytest.mark.slow(reason="grades classes, kills the grader and grades again")

PROJECT = Path(__file__).resolve().parents[2]
LIMITS = {"timeout": 3, "memory": 400, "seed": "secret"}


@pytest.fixture
def small(tmp_path):
    """A class of twelve, right and wrong, and a command that grades it."""
    submissions = tmp_path / "submissions"
    submissions.mkdir()
    for number in range(12):
        wrong_answer = (*BLOCK_MUTANTS, *BLOCK_MUTANTS)[number % 5]
        text = notebook(cells(BLOCK if number % 2 else wrong_answer.code))
        (submissions / f"student {number}.ipynb").write_text(text)

    def command(out):
        code = (
            f"import sys; sys.path[:0] = {[str(PROJECT), str(PROJECT / 'tests' / 'grader')]}\n"
            "from pathlib import Path\n"
            "from test_toy import ANSWERS\n"
            "from grader.grade import grade_class\n"
            f"sys.exit(grade_class(ANSWERS, Path({str(submissions)!r}), Path({str(out)!r}),"
            f" jobs=1, **{LIMITS}))"
        )
        return [sys.executable, "-c", code]

    return command


@needs_bwrap
def test_a_grader_killed_again_and_again_ends_with_the_same_table(small, tmp_path):
    undisturbed, out = tmp_path / "undisturbed", tmp_path / "out"
    subprocess.run(small(undisturbed), check=True, stdout=subprocess.DEVNULL)
    chance, killed = random.Random(0), 0
    rounds = int(os.environ.get("HOMEWORK_KILLS", "6"))
    while killed < rounds:
        if len(list(out.glob("*.json"))) > 9:  # more rounds than students: begin anew
            for path in out.iterdir():
                path.unlink()
        process = subprocess.Popen(small(out), stdout=subprocess.DEVNULL)
        # At any time while it starts, or around the writing of the next record.
        goal = len(list(out.glob("*.json"))) + chance.choice([1, 1, 2])
        latest = time.monotonic() + chance.choice([2 * chance.random(), 30, 30])
        while process.poll() is None and time.monotonic() < latest:
            if len(list(out.glob("*.json"))) >= goal:
                break
            time.sleep(0.001)
        time.sleep(0.05 * chance.random())
        process.kill()
        killed += process.wait() == -9
        for path in out.glob("*.json"):
            json.loads(path.read_text())  # whole, whenever it was written
    kept = len(list(out.glob("*.json")))
    (out / ".student_1.json.abc.part").write_text("{")  # of one killed while it wrote a record
    result = subprocess.run(small(out), check=True, stdout=subprocess.PIPE, text=True)
    assert len(result.stdout.splitlines()) == 12 - kept  # it went on where it stopped
    assert (out / "grades.csv").read_bytes() == (undisturbed / "grades.csv").read_bytes()
    assert len(list(out.iterdir())) == 13


NAMESPACE = ["unshare", "--user", "--map-root-user", "--mount"]


def can_mount():
    """Whether a file system can be mounted here without rights."""
    try:
        command = [*NAMESPACE, "mount", "-t", "tmpfs", "none", "/mnt"]
        return subprocess.run(command, capture_output=True).returncode == 0
    except OSError:
        return False


@needs_bwrap
@pytest.mark.skipif(not can_mount(), reason="no file system can be mounted here")
def test_a_full_disk_is_told_and_leaves_no_half_written_grade(small, tmp_path):
    out, kept = tmp_path / "out", tmp_path / "kept"
    out.mkdir()
    mount = f"mount -t tmpfs -o size=24k none {out}"
    steps = f'{mount}; "$@"; status=$?; cp -a {out} {kept}; exit $status'
    result = subprocess.run(
        [*NAMESPACE, "sh", "-c", steps, "sh", *small(out)], capture_output=True, text=True
    )
    assert result.returncode == 1
    assert "No space left on device" in result.stderr and "Traceback" not in result.stderr
    records = list(kept.iterdir())
    assert 0 < len(records) < 12 and {path.suffix for path in records} == {".json"}
    for path in records:
        assert json.loads(path.read_text())["status"] == "graded"


@pytest.mark.parametrize(
    "sandbox, processes",  # bubblewrap twice, the fork server, a launcher and the answer
    [pytest.param("bwrap", 5, marks=needs_bwrap), ("none", 3)],
)
def test_an_interrupt_waits_for_no_answer(tmp_path, sandbox, processes):
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "anna.py").write_text(bare_script(cells()))
    (tmp_path / "in" / "boris.py").write_text(bare_script(cells(BLOCK + "while True: pass")))
    before, interrupted = family(os.getpid()), []

    def interrupt(line):
        deadline = time.monotonic() + 60
        while len(family(os.getpid()) - before) < processes and time.monotonic() < deadline:
            time.sleep(0.1)  # until Boris's answer is at work
        interrupted.append(time.monotonic())
        raise KeyboardInterrupt

    limits = LIMITS | {"timeout": 300, "sandbox": sandbox, "jobs": 1}
    assert grade_class(
        ANSWERS, tmp_path / "in", tmp_path / "out", progress=interrupt, **limits
    ) == 130  # fmt: skip
    assert time.monotonic() - interrupted[0] < 60
    assert family(os.getpid()) == before
    assert (tmp_path / "out" / "anna.json").exists()
    assert not (tmp_path / "out" / "boris.json").exists()


def test_a_file_is_replaced_whole_or_not_at_all(tmp_path, monkeypatch):
    path = tmp_path / "grades.csv"
    gradebook.write_whole(path, "old")

    def full(fd):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError):
        gradebook.write_whole(path, "new")
    assert path.read_text() == "old" and list(tmp_path.iterdir()) == [path]


def test_without_bubblewrap_grading_is_refused_unless_told_so(tmp_path, monkeypatch, capsys):
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "anna.py").write_text(bare_script(cells(BLOCK_MUTANTS[0].code)))
    monkeypatch.setenv("PATH", "")
    assert grade_class(ANSWERS, tmp_path / "in", tmp_path / "out", **LIMITS) == 2
    assert "--sandbox none" in capsys.readouterr().err and not (tmp_path / "out").exists()
    lines = []
    assert 0 == grade_class(
        ANSWERS, tmp_path / "in", tmp_path / "out", sandbox="none", progress=lines.append, **LIMITS
    )
    assert "can read and delete your files" in capsys.readouterr().err
    assert lines == ["anna: 2 of 5"]


@needs_bwrap
def test_a_solution_that_fails_its_own_probe_stops_the_grading(tmp_path, capsys):
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "anna.py").write_text(bare_script(cells()))
    bad = replace(ANSWERS[0], solution=BLOCK_STARTER)
    assert grade_class([bad], tmp_path / "in", tmp_path / "out", **LIMITS) == 2
    error = capsys.readouterr().err
    assert "the solution itself gives no values (NotImplementedError" in error
    moody = Probe(
        "moody", "def probe(seed):\n    import os\n    return {'x': os.urandom(9).hex()}", ""
    )
    bad = replace(ANSWERS[0], probes=(moody,))
    assert grade_class([bad], tmp_path / "in", tmp_path / "out", **LIMITS) == 2
    assert "seed what is random" in capsys.readouterr().err


def test_folders_and_masters_that_make_no_sense_are_refused(tmp_path, capsys):
    for answers, submissions, out, words in (
        (ANSWERS, tmp_path / "none", tmp_path / "out", "is no folder"),
        (ANSWERS, tmp_path, tmp_path / "out", "would be taken for a student"),
        ([], tmp_path, tmp_path.parent / "out", "hold no answers"),
        (ANSWERS * 2, tmp_path, tmp_path.parent / "out", "define block twice"),
    ):
        assert grade_class(answers, submissions, out, **LIMITS) == 2
        assert words in capsys.readouterr().err


def test_a_grade_depends_on_everything_that_it_should(tmp_path):
    path = tmp_path / "anna.py"
    path.write_text("x")
    (submission,) = find(tmp_path)
    settings = gradebook.settings_key(ANSWERS, seed="a", timeout=3, memory=9)
    key = gradebook.submission_key(submission, settings)
    assert key == gradebook.submission_key(submission, settings)
    for other in (
        gradebook.settings_key(ANSWERS, seed="b", timeout=3, memory=9),
        gradebook.settings_key(ANSWERS, seed="a", timeout=4, memory=9),
        gradebook.settings_key(ANSWERS[:1], seed="a", timeout=3, memory=9),
    ):
        assert gradebook.submission_key(submission, other) != key
    path.write_text("y")
    assert gradebook.submission_key(submission, settings) != key


def test_names_of_files_are_harmless_and_distinct():
    names = ["anna", "../anna", "..", ".anna", "a b", "a\nb", "a_b", "ü", "x" * 300, "\udcff"]
    files = [file_name(name) for name in names]
    assert files[0] == "anna" and files[6] == "a_b" and len(set(files)) == len(names)
    assert all(f.isascii() and not set(f) & set("/ \n") and f[0] != "." for f in files)
    assert max(map(len, files)) < 100


def part(name, chapter, reason):
    """An answer's record without points."""
    return {"name": name, "chapter": chapter, "reason": reason, "score": 0, "max": 2,
            "mentions": []}  # fmt: skip


def test_a_chapter_that_was_not_handed_in_or_not_begun_is_told_in_one_phrase():
    answers = [
        part("a", "01-x", no_cell("a")), part("b", "01-x", no_cell("b")),
        part("c", "02-y", "wrong"), part("d", "02-y", no_cell("d")),
        part("e", "03-z", "not answered"), part("f", "03-z", "not answered"),
    ]  # fmt: skip
    record = gradebook.summarize({"sentence": "", "answers": answers}, 12)
    assert record["why"] == (
        "01-x: not handed in | c: wrong | d: no cell starts with `# @answer d` | 03-z: not answered"
    )
