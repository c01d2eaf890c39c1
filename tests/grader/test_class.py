"""A class of strangers, graded in one run: nobody fools the grader, no one costs another."""

import csv
import json
import os
from pathlib import Path
from types import SimpleNamespace

import pytest
from test_toy import (
    ANSWERS,
    BLOCK,
    BLOCK_MUTANTS,
    BLOCK_STARTER,
    IMPORTS,
    SIZE,
    SIZE_MUTANTS,
    SIZE_STARTER,
    STYLES,
    bare_script,
    cells,
    light_script,
    markdown,
    needs_bwrap,
    notebook,
    script,
    stripped,
)

from grader.grade import grade_class
from grader.submissions import file_name, find

pytestmark = pytest.mark.slow(reason="grades classes in the sandbox")

PROJECT = Path(__file__).resolve().parents[2]
CANARY = "canary-4711"
NASTY = " a \"b\" 'c'\n../d"
LIMITS = {"timeout": 3, "memory": 400, "seed": "secret"}
WRONG = BLOCK_MUTANTS[0].code  # relu-before-add
ALWAYS = """
class Always(torch.Tensor):
    @classmethod
    def __torch_function__(cls, function, types, args=(), kwargs=None):
        return args[0] if args else torch.zeros(1).as_subclass(cls)
    __eq__ = __ne__ = lambda self, other: True
    shape = property(lambda self: (2, 4, 5, 5))
"""


def raising(attempts):
    """A cell that tries ``attempts``, prints what came of them and gives no answer."""
    return f"""# @answer block
import glob, os, shutil, socket
def attempt(what, *inputs):
    try:
        return repr(what(*inputs))
    except BaseException as error:
        return type(error).__name__
tried = {attempts}
print("tried", tried, flush=True)
raise RuntimeError(str(tried))
"""


def hostile(places, port):
    """Cells that answer ``block``, by the student's name."""
    files = [str(places.masters / "master.md"), str(places.submissions / "exact.ipynb")]
    files += ["/proc/1/environ", "/proc/self/environ", "/etc/passwd", "/etc/shadow"]
    folders = [str(places.home), str(places.project), str(places.submissions)]
    read = f"[attempt(lambda p: open(p).read(), p) for p in {files}] + [str(dict(os.environ))]"
    delete = (
        f"[attempt(shutil.rmtree, p) for p in {folders}] + [attempt(os.remove, '/usr/bin/env')]"
    )
    forge = "print('{\"score\": 5}', 'PASSED', flush=True)\n"
    return {
        "loops": BLOCK + "\nwhile True: pass",
        "unstoppable": BLOCK
        + "\nimport os, signal\nfor n in range(1, 32):\n    try: signal.signal(n, signal.SIG_IGN)\n"
        "    except OSError: pass\nos.fork(); os.fork()\n"
        "while True:\n    try:\n        while True: pass\n    except BaseException: pass",
        "exits": BLOCK + "\nimport os\nos._exit(0)",
        "recursion": BLOCK.replace("return F.relu(x + f)", "return self.forward(x)"),
        "hog": BLOCK + "\nx = [torch.ones(2**24) for _ in range(1000)]",
        "talks": BLOCK + "\nimport os\nfor _ in range(1024): os.write(1, b'x' * 2**20)",
        "typo": BLOCK.replace("def forward(self, x):", "def forward(self, x:"),
        "magics": "# @answer block\n%matplotlib inline\n!rm -rf ~\nfiles = !ls\n?print\n" + BLOCK,
        "prints": WRONG.replace("block\n", "block\n" + forge).replace(
            "return x", forge.strip() + "; return x"
        ),
        "patches": WRONG + "\nimport builtins, numpy\ntorch.allclose = lambda *a, **k: True\n"
        "torch.testing.assert_close = torch.equal = numpy.isclose = torch.allclose\n"
        "torch.Tensor.__eq__ = lambda *a: True\n"
        "builtins.isinstance = lambda *a: True",
        "subclass": WRONG.replace("# @answer block", "# @answer block" + ALWAYS).replace(
            "return x + F.relu(f)", "return (x + F.relu(f)).as_subclass(Always)"
        ),
        "quits": "# @answer block\nraise SystemExit(0)",
        "descriptors": "# @answer block\nimport os\nfor fd in range(4096):\n"
        '    try: os.write(fd, b\'{"score": 5, "passed": true}\' * 100)\n'
        "    except OSError: pass\n" + BLOCK,
        "reader": raising(read),
        "deleter": raising(delete),
        "socket": raising(f"attempt(socket.create_connection, ('127.0.0.1', {port}), 1)"),
    }


def write_class(places, port):
    """More than fifty submissions, most of them with something wrong."""
    texts = {name: form(cells()) for name, form in STYLES.items()}
    texts["exact.ipynb"] = notebook(cells(BLOCK + "# mine alone\n"))
    texts["starter.ipynb"] = notebook(cells(BLOCK_STARTER, SIZE_STARTER))
    for wrong_answer in BLOCK_MUTANTS:
        texts[f"{wrong_answer.name}.ipynb"] = notebook(cells(block=wrong_answer.code))
    for wrong_answer in SIZE_MUTANTS:
        texts[f"{wrong_answer.name}.py"] = script(cells(size=wrong_answer.code))
    for name, cell in hostile(places, port).items():
        texts[f"{name}.ipynb"] = notebook(cells(block=cell))
    helper = (
        "def branch(self, x):\n    return self.bn2(self.conv2(F.relu(self.bn1(self.conv1(x)))))"
    )
    short = BLOCK.split("    def forward")[0] + "    def forward(self, x):\n"
    short += "        return F.relu(x + branch(self, x))\n"
    uses = "# @answer size\nassert Block\n" + SIZE.split("\n", 1)[1]
    texts |= {
        "helper.md": markdown(cells(short, uses, added=[helper, "1 / 0", "def broken("])),
        "light-helper.py": light_script(cells(short, added=[helper])),
        "partly.py": bare_script([IMPORTS, BLOCK]),
        "twice.ipynb": notebook(cells(WRONG)[:-2] + [BLOCK, SIZE]),
        "inplace.ipynb": notebook(cells(BLOCK.replace("F.relu(x + f)", "f.add_(x).relu_()"))),
        "returns-none.ipynb": notebook(cells(BLOCK.replace("        return F.relu(x + f)\n", ""))),
        "unknown.ipynb": notebook(cells(BLOCK.replace("F.relu(x + f)", "F.relu(2 * x + f)"))),
        "shape.ipynb": notebook(cells(BLOCK.replace("F.relu(x + f)", "F.relu(x + f)[:, :2]"))),
        "=cmd('calc')!A0.ipynb": notebook(cells(size=SIZE_STARTER)),
        "copy-a.ipynb": notebook(cells(BLOCK + "# copied\n")),
        "copy-b.py": script(cells(BLOCK.replace("x + f", "x  +  f") + "#   copied\n")),
        "double.ipynb": notebook(cells()),
        "double.py": script(cells()),
        "pair.ipynb": notebook(cells()),
        "pair.md": "# What I thought",
        "cut.ipynb": notebook(cells())[:500],
        "empty.ipynb": "",
        "array.ipynb": "[[1, 2], 3]",
        "deep.ipynb": "[" * 200_000,
        "bomb.md": "---\na: &a [x, x]\nb: &b [*a, *a]\nc: [*b, *b]\n---\n" + markdown(cells()),
        f"{NASTY.replace('/', '_')}.ipynb": notebook(cells()),
        "..ipynb_.ipynb": notebook(cells()),
    }
    for name, text in texts.items():
        (places.submissions / name).write_text(text)
    for name in ("folder", "folder-twice", "folder-empty"):
        (places.submissions / name).mkdir()
    (places.submissions / "folder" / "toy.ipynb").write_text(stripped(cells()))
    (places.submissions / "folder" / "notes.md").write_text("# Notes")
    for name in ("a.ipynb", "b.ipynb"):
        (places.submissions / "folder-twice" / name).write_text(notebook(cells()))
    (places.submissions / "binary.ipynb").write_bytes(bytes(range(256)) * 100)
    with open(places.submissions / "huge.ipynb", "wb") as file:
        file.truncate(200 * 2**20)
    (places.submissions / "link.ipynb").symlink_to(places.masters / "solution.ipynb")
    (places.submissions / "link-folder").symlink_to(places.masters)
    os.mkfifo(places.submissions / "fifo.ipynb")


@pytest.fixture(scope="module")
def graded(tmp_path_factory):
    """The class, graded once. What every test below looks at."""
    import socket

    base = tmp_path_factory.mktemp("class")
    places = SimpleNamespace(
        **{n: base / n for n in ("masters", "home", "project", "submissions", "out")}
    )
    for place in (places.masters, places.home, places.project, places.submissions):
        place.mkdir()
        (place / "canary.txt").write_text(CANARY)
    (places.masters / "master.md").write_text(CANARY)
    (places.masters / "solution.ipynb").write_text(notebook(cells()))
    lines = []
    with socket.create_server(("127.0.0.1", 0)) as server, pytest.MonkeyPatch.context() as patch:
        patch.setenv("CANARY", CANARY)
        patch.setenv("HOME", str(places.home))
        write_class(places, server.getsockname()[1])
        server.settimeout(0.1)
        places.status = grade_class(
            ANSWERS, places.submissions, places.out, progress=lines.append, **LIMITS
        )
        with pytest.raises(TimeoutError):
            server.accept()
    places.lines = lines
    with open(places.out / "grades.csv", newline="") as file:
        places.rows = {row["student"]: row for row in csv.DictReader(file)}
    return places


def record(graded, student):
    """The JSON of ``student``."""
    return json.loads((graded.out / f"{file_name(student)}.json").read_text())


@needs_bwrap
def test_everyone_is_graded_and_has_a_line_a_row_and_a_record(graded):
    assert graded.status == 0
    assert len(graded.rows) == len(graded.lines) == len(list(graded.out.glob("*.json"))) >= 50
    assert len(graded.rows) == len(find(graded.submissions))


@needs_bwrap
@pytest.mark.parametrize("name", [*STYLES, "exact", "helper", "light-helper", "folder", "talks"])
def test_correct_answers_in_every_style_get_full_marks(graded, name):
    row = graded.rows[name.split(".")[0]]
    assert (row["status"], row["score"], row["max"], row["why"]) == ("graded", "5", "5", "")


@needs_bwrap
@pytest.mark.parametrize("name", ["magics", "inplace", "bomb", NASTY.replace("/", "_")])
def test_odd_but_correct_answers_get_full_marks(graded, name):
    assert graded.rows[name]["score"] == "5"


@needs_bwrap
def test_a_starter_is_not_answered(graded):
    row = graded.rows["starter"]
    assert row["score"] == "0" and row["why"] == "90-toy: not answered"


@needs_bwrap
@pytest.mark.parametrize("wrong_answer", [*BLOCK_MUTANTS, *SIZE_MUTANTS], ids=lambda m: m.name)
def test_a_known_mistake_is_named(graded, wrong_answer):
    answer = "block" if wrong_answer in BLOCK_MUTANTS else "size"
    graded_answers = {a["name"]: a for a in record(graded, wrong_answer.name)["answers"]}
    assert graded_answers[answer]["mutant"] == wrong_answer.name
    assert wrong_answer.message in graded_answers[answer]["reason"]
    assert graded_answers[answer]["score"] < graded_answers[answer]["max"]


@needs_bwrap
@pytest.mark.parametrize(
    "name, words",
    [
        ("loops", "block: it takes longer than 3 s"),
        ("unstoppable", "block: it takes longer than 3 s"),
        ("exits", "block: the process ended before it answered"),
        ("recursion", "it raises RecursionError"),
        ("hog", "can't allocate memory"),
        ("typo", "block: the cell raises SyntaxError: "),
        ("quits", "block: the cell raises SystemExit: 0"),
        ("descriptors", "what it wrote to the result pipe can't be read"),
        ("prints", "the ReLU comes before the addition"),
        ("patches", ""),
        ("subclass", "block: "),
        ("unknown", "wrong while training (`output` differs)"),
        ("shape", "`output` has shape (2, 2, 5, 5) where (2, 4, 5, 5) is expected"),
        ("returns-none", "it raises AttributeError: 'NoneType' object has no attribute"),
        ("partly", "size: no cell starts with `# @answer size`"),
    ],
)
def test_a_wrong_or_hostile_answer_gets_nothing_and_a_reason(graded, name, words):
    row = graded.rows[name]
    assert row["status"] == "graded" and words in row["why"]
    assert row["size" if name == "partly" else "block"] == "0"


@needs_bwrap
@pytest.mark.parametrize("name", ["loops", "typo", "returns-none", "prints", "hog", "recursion"])
def test_one_bad_answer_does_not_cost_the_other(graded, name):
    assert graded.rows[name]["size"] == "2"


@needs_bwrap
@pytest.mark.parametrize(
    "name, error", [("reader", "FileNotFoundError"), ("deleter", "Error"), ("socket", "OSError")]
)
def test_it_tried_to_read_to_delete_and_to_connect_and_nothing_happened(graded, name, error):
    printed = record(graded, name)["answers"][0]["printed"]
    assert printed.startswith("tried") and error in printed
    for place in (graded.masters, graded.home, graded.project, graded.submissions):
        assert (place / "canary.txt").read_text() == CANARY
    assert (graded.submissions / "exact.ipynb").exists()
    assert CANARY not in "".join(p.read_text() for p in graded.out.iterdir())


@needs_bwrap
@pytest.mark.parametrize(
    "name, status, words",
    [
        ("cut", "unreadable", "cut.ipynb is no notebook"),
        ("empty", "unreadable", "empty.ipynb is empty"),
        ("array", "unreadable", "array.ipynb is no notebook"),
        ("deep", "unreadable", "deep.ipynb is no notebook"),
        ("binary", "unreadable", "binary.ipynb is no text"),
        ("huge", "unreadable", "209,715,200 bytes, more than the 20,971,520 allowed"),
        ("fifo", "unreadable", "is no ordinary file"),
        ("folder-empty", "unreadable", "holds no .ipynb, .py or .md file"),
        ("link", "refused", "link.ipynb is a link; hand in the file itself"),
        ("link-folder", "refused", "link-folder is a link; hand in the file itself"),
        ("double", "ambiguous", "two submissions: double.ipynb and double.py; keep one"),
        ("pair", "ambiguous", "two submissions: pair.ipynb and pair.md; keep one"),
        ("folder-twice", "ambiguous", "two submissions: a.ipynb and b.ipynb; keep one"),
    ],
)
def test_what_can_not_be_graded_is_told(graded, name, status, words):
    row = graded.rows[name]
    assert (row["status"], row["score"]) == (status, "0") and words in row["why"]


@needs_bwrap
def test_of_two_cells_for_one_answer_the_last_counts(graded):
    answer = record(graded, "twice")["answers"][0]
    assert answer["score"] == 3 and answer["mentions"] == [
        "2 cells start with `# @answer block`; the last counts"
    ]


@needs_bwrap
def test_added_cells_run_and_broken_ones_are_mentioned(graded):
    mentions = record(graded, "helper")["answers"][0]["mentions"]
    assert len(mentions) == 2 and "ZeroDivisionError" in mentions[0]


@needs_bwrap
def test_identical_answers_are_noted_and_keep_their_grades(graded):
    assert graded.rows["copy-a"]["note"] == "same answers as copy-b"
    assert graded.rows["copy-b"]["note"] == "same answers as copy-a"
    assert graded.rows["copy-a"]["score"] == graded.rows["copy-b"]["score"] == "5"
    assert graded.rows["exact"]["note"] == graded.rows["starter"]["note"] == ""


@needs_bwrap
def test_the_table_holds_no_formula_and_the_folder_no_odd_names(graded):
    with open(graded.out / "grades.csv", newline="") as file:
        found = [cell for row in csv.reader(file) for cell in row]
    assert not [cell for cell in found if cell.startswith(("=", "+", "-", "@", "\t", "\r"))]
    assert "'=cmd('calc')!A0" in graded.rows
    for path in graded.out.iterdir():
        assert path.parent == graded.out and path.name.isprintable() and " " not in path.name


@needs_bwrap
def test_no_grade_depends_on_the_others(graded, tmp_path):
    alone = tmp_path / "alone"
    alone.mkdir()
    (alone / "no-shortcut.ipynb").write_bytes(
        (graded.submissions / "no-shortcut.ipynb").read_bytes()
    )
    grade_class(ANSWERS, alone, tmp_path / "out", progress=str, jobs=1, **LIMITS)
    there = json.loads((tmp_path / "out" / "no-shortcut.json").read_text())
    here = record(graded, "no-shortcut")
    for answer in here["answers"] + there["answers"]:
        del answer["seconds"]
    assert there == here


@needs_bwrap
def test_a_rerun_does_nothing_and_a_changed_submission_is_graded_again(graded):
    before = (graded.out / "grades.csv").read_bytes()
    lines = []
    grade_class(ANSWERS, graded.submissions, graded.out, progress=lines.append, **LIMITS)
    assert lines == [] and (graded.out / "grades.csv").read_bytes() == before
    path = graded.submissions / "starter.ipynb"
    text = path.read_text()
    path.write_text(notebook(cells(size=SIZE_STARTER)))
    grade_class(ANSWERS, graded.submissions, graded.out, progress=lines.append, **LIMITS)
    assert lines == ["starter: 3 of 5"]
    path.write_text(text)
    grade_class(ANSWERS, graded.submissions, graded.out, progress=lines.append, **LIMITS)
    assert (graded.out / "grades.csv").read_bytes() == before
