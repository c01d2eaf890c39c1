"""Where the data comes from, and what happens when it is damaged."""

import gzip
import hashlib
import http.server
import shutil
import threading
from pathlib import Path

import numpy as np
import pytest

from utils.data import FashionMNIST, sources
from utils.data.__main__ import main
from utils.data.sources import DataError

ROOT = Path(__file__).parents[2]
LABELS = "t10k-labels-idx1-ubyte"
CLOSED = "http://127.0.0.1:9/"


@pytest.fixture
def bare(tmp_path, monkeypatch):
    """A machine with an empty cache, without Debian's package, whose mirrors answer nothing."""
    monkeypatch.delenv("COURSE_SAMPLE")
    monkeypatch.setenv("COURSE_DATA", str(tmp_path / "cache"))
    monkeypatch.setattr(sources, "DEBIAN", tmp_path / "nothing")
    monkeypatch.setattr(sources.download, "__defaults__", ((CLOSED,), 2.0, True))
    monkeypatch.setattr(sources, "FAILED", {})
    sources.tell_once.cache_clear()
    return tmp_path / "cache"


@pytest.fixture
def labels_gz(tmp_path):
    """A file that counts as Fashion-MNIST's test labels, made for the test."""
    content = bytes(range(10)) * 100
    path = tmp_path / f"{LABELS}.gz"
    path.write_bytes(gzip.compress(content))
    return path, content


def digest(content):
    return hashlib.sha256(content).hexdigest()


def test_the_sample_is_real_whole_and_balanced():
    arrays = sources.load_sample()
    for split, per_class in (("train", 1000), ("test", 200)):
        images, labels = arrays[split]
        assert images.dtype == np.uint8 and images.shape == (10 * per_class, 28, 28)
        assert np.bincount(labels).tolist() == [per_class] * 10


def test_the_published_files_have_the_known_checksums_and_contain_the_sample(whole_set):
    whole, sample = sources.load_folder(whole_set), sources.load_sample()
    assert [len(whole[s][0]) for s in ("train", "test")] == [60_000, 10_000]
    for label in range(10):
        for split in ("train", "test"):
            images, labels = whole[split]
            some, their_labels = sample[split]
            mine = some[their_labels == label]
            assert np.array_equal(mine, images[labels == label][: len(mine)])


def test_a_whole_file_is_read(labels_gz):
    path, content = labels_gz
    assert sources.read_checked(path, digest(content)) == content


@pytest.mark.parametrize("damage, sentence", [
    (lambda raw: raw[:-20], "cut short or is no gzip"),
    (lambda raw: b"", "is empty|cut short"),
    (lambda raw: b"hello", "no gzip file"),
    (lambda raw: gzip.compress(b"x" + gzip.decompress(raw)[1:]), "not the published file"),
    (lambda raw: gzip.compress(gzip.decompress(raw)[:500]), "not the published file"),
    (lambda raw: gzip.compress(b""), "is empty"),
])  # fmt: skip
def test_a_damaged_file_is_named_and_never_read(labels_gz, damage, sentence):
    path, content = labels_gz
    path.write_bytes(damage(path.read_bytes()))
    with pytest.raises(DataError, match=sentence) as caught:
        sources.read_checked(path, digest(content))
    assert str(path) in str(caught.value) and "utils.data download" in str(caught.value)


def test_a_folder_without_the_files_says_what_belongs_there(tmp_path):
    with pytest.raises(DataError, match="holds no train-images.*four such files"):
        sources.locate(tmp_path, allow_download=False)


def test_a_damaged_cache_is_named_once_and_the_next_source_serves(bare, capsys):
    bare.mkdir()
    (bare / "train-images-idx3-ubyte.gz").write_bytes(b"broken")
    sources.locate(None, allow_download=False, verbose=False)
    assert capsys.readouterr().out == ""
    for _ in range(2):
        arrays, words = sources.locate(None, allow_download=False)
        assert words == "the bundled sample" and len(arrays["train"][0]) == 10_000
    said = capsys.readouterr().out
    assert said.count("Passed over") == said.count("\n") == 1 and "train-images" in said


def test_an_altered_sample_is_refused(tmp_path, monkeypatch):
    shutil.copytree(sources.SAMPLE, tmp_path / "sample")
    monkeypatch.setattr(sources, "SAMPLE", tmp_path / "sample")
    shutil.copy(tmp_path / "sample" / "test-0.png", tmp_path / "sample" / "test-1.png")
    with pytest.raises(DataError, match="not those of the course.*git checkout"):
        sources.load_sample()
    (tmp_path / "sample" / "test-2.png").write_bytes(b"")
    with pytest.raises(DataError, match="test-2.png can't be read"):
        sources.load_sample()


def test_an_unwritable_cache_gets_a_sentence(tmp_path, capsys):
    blocker = tmp_path / "file"
    blocker.write_text("not a folder")
    with pytest.raises(DataError, match="can't be written.*COURSE_DATA"):
        sources.download(blocker / "data")
    assert main(["download", "--folder", str(blocker / "data")]) == 1
    assert "can't be written" in capsys.readouterr().err


@pytest.fixture
def server(tmp_path, monkeypatch):
    """A mirror on the loopback address, serving small stand-ins for the four files."""
    folder, small = tmp_path / "mirror", {}
    folder.mkdir()
    for key, (name, _, header) in sources.FILES.items():
        content = bytes(header) + name.encode() * 50
        (folder / f"{name}.gz").write_bytes(gzip.compress(content))
        small[key] = (name, digest(content), header)
    monkeypatch.setattr(sources, "FILES", small)
    asked = []

    class Handler(http.server.SimpleHTTPRequestHandler):
        def __init__(self, *args, **kwargs):
            super().__init__(*args, directory=str(folder), **kwargs)

        def log_message(self, *args):
            asked.append(self.path)

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as running:
        thread = threading.Thread(target=running.serve_forever, daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{running.server_port}/", folder, asked
        running.shutdown()


def test_download_fetches_checks_and_keeps_what_is_whole(server, tmp_path):
    mirror, _, asked = server
    target = tmp_path / "data"
    sources.download(target, (mirror,))
    assert sorted(p.name for p in target.iterdir()) == sorted(
        f"{name}.gz" for name, *_ in sources.FILES.values()
    ), "no half-written file may stay"
    first = len(asked)
    sources.download(target, (mirror,))
    assert len(asked) == first, "whole files are kept"
    (target / f"{LABELS}.gz").write_bytes(b"broken")
    sources.download(target, (mirror,))
    assert len(asked) > first, "a broken one is fetched again"


def test_download_tries_the_next_mirror_and_refuses_altered_files(server, tmp_path):
    mirror, folder, _ = server
    sources.download(tmp_path / "a", (CLOSED, mirror))
    (folder / f"{LABELS}.gz").write_bytes(gzip.compress(b"altered"))
    with pytest.raises(DataError, match=f"no mirror gave a whole {LABELS}.gz") as caught:
        sources.download(tmp_path / "b", (mirror, CLOSED))
    assert not (tmp_path / "b" / f"{LABELS}.gz").exists()
    altered, closed = caught.value.__notes__
    assert altered == f"{mirror}: the checksum differs" and closed.startswith(CLOSED)


def test_a_failed_download_is_one_sentence_once_a_process_and_is_not_tried_again(
    bare, monkeypatch, capsys
):
    FashionMNIST(subset=50, verbose=False)
    assert capsys.readouterr().out == ""
    monkeypatch.setattr(sources, "download", lambda *a, **k: pytest.fail("it tried again"))
    for _ in range(3):
        FashionMNIST(subset=50)
    first, *others = capsys.readouterr().out.splitlines()
    assert first.startswith("Fashion-MNIST could not be downloaded") and len(first) < 200
    assert "127.0.0.1" not in first and "`python -m utils.data download` says why" in first
    assert len(others) == 3 and all(": the bundled sample, a subset" in line for line in others)


def test_what_is_fetched_after_a_failed_download_is_used(bare, server, capsys):
    assert sources.locate(None, allow_download=True)[1] == "the bundled sample"
    shutil.copytree(server[1], bare, dirs_exist_ok=True)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sources, "load_folder", lambda folder: {"from": folder})
        assert sources.locate(None, allow_download=True) == (
            {"from": bare}, "the whole set, downloaded"
        )  # fmt: skip


def test_the_command_tells_what_every_mirror_answered(bare, capsys):
    assert main(["download"]) == 1
    said = capsys.readouterr().err
    assert said.count(CLOSED) == 1 and "refused" in said
    assert "Run the command again" in said and "bundled sample" in said


@pytest.mark.parametrize("no", ["1", "true", "YES"])
def test_offline_forbids_the_download(bare, monkeypatch, no):
    monkeypatch.setenv("COURSE_OFFLINE", no)
    monkeypatch.setattr(sources, "download", lambda *a, **k: pytest.fail("it tried to download"))
    assert sources.locate(None, allow_download=True)[1] == "the bundled sample"


@pytest.mark.parametrize("no", ["0", "false", "No", ""])
def test_offline_that_says_no_allows_the_download(bare, monkeypatch, no):
    monkeypatch.setenv("COURSE_OFFLINE", no)
    sources.locate(None, allow_download=True, verbose=False)
    assert bare in sources.FAILED


def test_the_sample_is_taken_where_it_is_asked_for(bare, monkeypatch):
    monkeypatch.setenv("COURSE_SAMPLE", "1")
    monkeypatch.setattr(sources, "find", lambda *a: pytest.fail("it looked elsewhere"))
    assert sources.locate(None, allow_download=True)[1] == "the bundled sample"


def test_a_tilde_is_the_readers_home(bare, monkeypatch, tmp_path, capsys):
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("USERPROFILE", str(tmp_path))
    monkeypatch.setenv("COURSE_DATA", "~/fashion")
    assert sources.cache_folder() == tmp_path / "fashion"
    with pytest.raises(DataError, match="holds no") as caught:
        FashionMNIST(root="~/mine")
    assert str(tmp_path / "mine") in str(caught.value)
    assert main(["check", "--folder", "~/theirs"]) == 1
    assert str(tmp_path / "theirs") in capsys.readouterr().err


def test_a_relative_folder_is_the_same_wherever_a_command_or_a_notebook_runs(bare, monkeypatch):
    monkeypatch.setenv("COURSE_DATA", "mine")
    for place in (ROOT / "chapters", bare.parent):
        monkeypatch.chdir(place)
        assert sources.cache_folder() == ROOT / "mine"
