"""A check that fails says its sentence, and everything else fails as it always did."""

import re
import subprocess
import sys

import pytest

from utils import checks

CHECK = '# @check half: of four\nassert half(4) == 2, f"half of 4 is 2, not {half(4)}"'
HALF = "def half(x):\n    {}"


@pytest.fixture(params=["chapter", "copy"])
def cell(request):
    """A function that runs a cell in a kernel's shell, and gives the error that it shows."""
    interactiveshell = pytest.importorskip("IPython.core.interactiveshell")
    shell, shown = interactiveshell.InteractiveShell(), []
    shell._showtraceback = lambda kind, error, lines: shown.append("\n".join(lines))

    def run(code):
        shown.clear()
        result = shell.run_cell(code, store_history=True)
        assert result.success is not bool(shown)
        return re.sub(r"\x1b\[[\d;]*m", "", "".join(shown))  # without colours

    if request.param == "chapter":
        checks.watch(shell)
    else:
        run(checks.source())
    yield run
    shell.history_manager.end_session()


def test_a_check_that_fails_says_its_sentence_and_nothing_else(cell):
    cell(HALF.format("return x"))
    assert cell(CHECK) == "AssertionError: half of 4 is 2, not 4"
    cell(HALF.format('raise NotImplementedError("yours to write")'))
    assert cell(CHECK) == "NotImplementedError: yours to write"
    cell(HALF.format("return x / 2"))
    assert cell(CHECK) == ""


def test_without_a_sentence_and_outside_of_checks_the_way_to_the_error_is_shown(cell):
    for code in (
        "# @check half: bare\nassert 1 == 2",
        'assert 1 == 2, "my own"',
        "# @check half: broken\n1 / 0",
    ):
        assert "Traceback" in (shown := cell(code)) and code.splitlines()[-1] in shown


def test_in_plain_python_the_copys_cell_does_nothing():
    done = subprocess.run([sys.executable, "-c", checks.source()], capture_output=True, text=True)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def test_watching_outside_of_notebooks_does_nothing():
    checks.watch()
    checks.watch(object())
