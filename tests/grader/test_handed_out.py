"""Copies that students were given before the grader's code moved are graded as they were then.

`handed_out/` holds such a copy, filled in (one answer right, one wrong in a known way, one not
begun), and what the grader made of it when it was handed out.
"""

import json
import shutil
from pathlib import Path

import pytest
from test_toy import needs_bwrap

from grader import __main__ as command

pytestmark = pytest.mark.slow(reason="grades old copies in the sandbox")

ROOT = Path(__file__).parents[2]
THEN = Path(__file__).parent / "handed_out"


@needs_bwrap
def test_a_copy_of_before_gets_the_same_points_for_the_same_reasons(tmp_path):
    (tmp_path / "class" / "filled-in").mkdir(parents=True)
    shutil.copy(THEN / "08-bottleneck.ipynb", tmp_path / "class" / "filled-in")
    master = ROOT / "chapters" / "08-bottleneck.md"
    arguments = ["grade", str(master), str(tmp_path / "class"), "-o", str(tmp_path / "grades")]
    assert command.main([*arguments, "--seed", "handed out", "--jobs", "1"]) == 0
    now = json.loads((tmp_path / "grades" / "filled-in.json").read_text("utf-8"))
    then = json.loads((THEN / "filled-in.json").read_text("utf-8"))
    del now["key"]  # it stands for the grader's code as well
    for answer in (*now["answers"], *then["answers"]):
        # A check that reads otherwise today counts as a cell of the student's, and may print.
        del answer["printed"]
        answer.pop("seconds", None)
    assert now == then
    table = (tmp_path / "grades" / "grades.csv").read_text("utf-8")
    assert table == (THEN / "grades.csv").read_text("utf-8")
