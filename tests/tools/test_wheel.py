"""Installed as a wheel, the course's packages are whole: pictures and table among them."""

import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

ROOT = Path(__file__).parents[2]
PACKAGES = ("utils", "grader")


def test_the_wheel_holds_every_file_of_what_can_be_imported(tmp_path):
    leave = shutil.ignore_patterns("__pycache__", ".*")
    for name in PACKAGES:
        shutil.copytree(ROOT / name, tmp_path / name, ignore=leave)
    for name in ("pyproject.toml", "README.md"):
        shutil.copy(ROOT / name, tmp_path)
    files = {
        path.relative_to(tmp_path).as_posix()
        for name in PACKAGES
        for path in (tmp_path / name).rglob("*")
        if path.is_file()
    }
    build = "from setuptools import build_meta; print(build_meta.build_wheel('.'))"
    said = subprocess.run(
        [sys.executable, "-c", build], cwd=tmp_path, capture_output=True, text=True, check=True
    ).stdout
    with zipfile.ZipFile(tmp_path / said.split()[-1]) as wheel:
        inside = {name for name in wheel.namelist() if ".dist-info/" not in name}
    assert inside == files
    assert "utils/data/diamonds/diamonds.csv.gz" in inside
    assert "utils/data/sample/train-0.png" in inside and "grader/inside/fork_server.py" in inside
