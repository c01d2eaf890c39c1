"""The benchmark of grading: classes of all forms, each measured once."""

import json

from benchmarks import grading, homework, rounds
from benchmarks.toy_homework import BLOCK, STYLES


def test_a_class_has_all_forms_and_no_two_hand_in_the_same(tmp_path):
    grading.write_class(tmp_path, 2 * len(STYLES))
    texts = [path.read_text() for path in sorted(tmp_path.iterdir())]
    assert len(set(texts)) == len(texts) == 2 * len(STYLES)
    assert {path.suffix for path in tmp_path.iterdir()} == {".ipynb", ".py", ".md"}
    right = [text for text in texts if BLOCK.splitlines()[-1].strip() in text]
    assert 0 < len(right) < len(texts)


def test_each_size_is_measured_once_and_the_slope_is_told(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(rounds, "MINE", tmp_path)
    asked = []

    def graded(*arguments):
        asked.append(arguments)
        count = int(arguments[2])
        return json.dumps({"submissions": count, "answers": 2 * count, "seconds": 5 + count})

    monkeypatch.setattr(homework, "in_a_process", graded)
    for _ in range(2):
        assert homework.main(["10", "110", "--jobs", "4"]) == 0
        assert "each further answer took 0.500 s" in capsys.readouterr().out
    assert asked == [("-m", "benchmarks.grading", size, "4") for size in ("10", "110")]
    assert "command" in json.loads((tmp_path / "homework.json").read_text())["measured"][
        "10 submissions, round 1"]  # fmt: skip
