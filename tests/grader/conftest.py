"""What several test files share: one grader with the course's own answers, which takes a while."""

from pathlib import Path

import pytest
from small_course import PROBES, SOURCE

from grader.bubblewrap import bwrap_complaint
from grader.masters import read_all
from grader.runner import Grader, modules
from grader.sandbox import Sandbox

ANSWERS = [a for e in read_all(Path(__file__).parents[2] / "chapters") for a in e.answers]
KIND = "none" if bwrap_complaint() else "bwrap"  # what is compared is the same in both


@pytest.fixture(scope="session")
def grader():
    """A grader in its sandbox."""
    with Sandbox(KIND, timeout=20, memory=2000, warm=modules(ANSWERS)) as sandbox:
        yield Grader(sandbox, "the tests' secret")


@pytest.fixture(scope="session")
def references(grader):
    """What the solutions and the wrong answers of every question give, by its name."""
    return {answer.name: grader.reference(answer, ANSWERS) for answer in ANSWERS}


@pytest.fixture
def course(tmp_path):
    """A folder with the small course: ``chapters`` and ``exercises``."""
    for name, text in (("chapters/90-small.md", SOURCE), ("exercises/90_small.py", PROBES)):
        (tmp_path / name).parent.mkdir()
        (tmp_path / name).write_text(text, "utf-8")
    return tmp_path
