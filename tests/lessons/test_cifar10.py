"""CIFAR-10 from its binary files, on a small set in that format."""

import hashlib
import tarfile

import numpy as np
import pytest
import torch

from utils import train
from utils.data import CIFAR10, DataError, cifar10
from utils.data.batches import Batches, move


@pytest.fixture
def files(monkeypatch):
    """Six files of twenty records: random pixels, labels in turn."""
    monkeypatch.setattr(cifar10, "RECORDS", 20)
    monkeypatch.setattr(CIFAR10, "whole", (100, 20))
    random = np.random.default_rng(0)
    found = {}
    for name in cifar10.TRAINING + cifar10.TEST:
        records = random.integers(0, 256, (20, cifar10.RECORD), dtype=np.uint8)
        records[:, 0] = random.permutation(np.arange(20) % 10)
        found[name] = records
    return found


@pytest.fixture
def folder(files, tmp_path):
    place = tmp_path / "cifar" / cifar10.FOLDER
    place.mkdir(parents=True)
    for name, records in files.items():
        (place / name).write_bytes(records.tobytes())
    return place


def pack(folder, monkeypatch):
    """The archive of a folder, taken for the published one."""
    archive = folder.parent / cifar10.ARCHIVE
    with tarfile.open(archive, "w:gz") as tar:
        tar.add(folder, cifar10.FOLDER)
    known = hashlib.sha256(archive.read_bytes()).hexdigest()
    monkeypatch.setattr(cifar10, "ARCHIVE_SHA256", known)
    return archive


def test_a_record_is_a_label_and_three_planes_read_row_by_row(files, folder, capsys):
    data = CIFAR10(folder)
    X, y = data.train
    record = files["data_batch_3.bin"][7]
    assert X.shape == (100, 3, 32, 32) and y[47] == record[0]
    # The format as its page words it: byte 1 + 1024 is the first green one, 32 more a row below.
    assert X[47, 1, 0, 0] == record[1 + 1024] and X[47, 1, 1, 0] == record[1 + 1024 + 32]
    assert X[47, 2, 0, 1] == record[1 + 2048 + 1]
    assert data.is_whole and len(data.test[0]) == 20
    assert "100 training and 20 test images, 32x32 pixels" in capsys.readouterr().out


def test_the_archive_gives_what_its_files_give(folder, monkeypatch):
    plain = CIFAR10(folder, verbose=False)
    archive = pack(folder, monkeypatch)
    for place in (archive, archive.parent):
        for path in folder.glob("*.bin"):
            path.unlink()
        packed = CIFAR10(place, verbose=False)
        assert torch.equal(packed.train[0], plain.train[0])
        assert torch.equal(packed.test[1], plain.test[1])


def test_the_mean_image_is_taken_off_before_zeros_are_padded(folder):
    data = CIFAR10(folder, batch_size=100, augment=(), seed=0, verbose=False)
    ((X, _),) = data.train_dataloader()
    assert X.mean(0).abs().max() < 1e-6 and X.std() > 0.2
    ((tested, _),) = data.test_dataloader()
    expected = data.test[0].float() / 255 - data.train[0].float().mean(0) / 255
    assert torch.allclose(tested, expected, atol=1e-6)
    ones = torch.full((50, 3, 32, 32), 255, dtype=torch.uint8)
    mean = torch.full((3, 32, 32), 0.25)
    batches = Batches(ones, torch.zeros(50), 50, (32, 32), True, ["crop"], reach=4, mean=mean)
    ((X, _),) = batches
    assert set(X.unique().tolist()) == {0.0, 0.75}  # the image, and the mean beside it


def test_crops_reach_four_pixels_and_are_those_of_the_padded_image():
    X = torch.rand(1, 3, 32, 32)
    padded = torch.nn.functional.pad(X, (4, 4, 4, 4))
    for down, right in ((-4, -4), (4, 3), (0, -2)):
        moved = move(X, torch.tensor([[down, right]]), reach=4)
        assert torch.equal(moved, padded[:, :, 4 + down :, 4 + right :][:, :, :32, :32])


def test_validation_images_are_held_out_alike_and_not_in_the_mean(folder):
    data = CIFAR10(folder, held_out=20, verbose=False)
    assert len(data.train[0]) == 80 and len(data.validation[0]) == 20
    assert torch.bincount(data.validation[1].long()).tolist() == [2] * 10
    assert data.evaluated == "val" and not data.is_whole
    assert torch.allclose(data.mean, data.train[0].float().mean(0) / 255)


@pytest.mark.parametrize(
    "damage, sentence",
    [
        (lambda path: path.unlink(), "data_batch_2.bin can't be read"),
        (lambda path: path.write_bytes(path.read_bytes()[:-1]), "has 61,459 bytes and should have"),
        (lambda path: path.write_bytes(b"\x0b" + path.read_bytes()[1:]), "has the label 11"),
        (lambda path: path.write_bytes(bytes(20 * 3073)), "of a class, and all should be alike"),
    ],
)
def test_what_is_damaged_is_named(folder, damage, sentence):
    damage(folder / "data_batch_2.bin")
    with pytest.raises(DataError, match=sentence):
        CIFAR10(folder.parent, verbose=False)


def test_an_archive_that_is_not_the_published_one_is_refused(folder, tmp_path):
    archive = folder.parent / cifar10.ARCHIVE
    (folder / "test_batch.bin").unlink()
    archive.write_bytes(b"something")
    with pytest.raises(DataError, match="is not the published cifar-10-binary.tar.gz"):
        CIFAR10(folder.parent, verbose=False)
    with pytest.raises(DataError, match="holds neither cifar-10-binary.tar.gz nor"):
        CIFAR10(tmp_path, verbose=False)


@pytest.mark.parametrize(
    "settings, sentence",
    [
        (dict(batch_size=0), "batch_size must be at least 1, got 0"),
        (dict(subset=5), "subset must be at least 10"),
        (dict(held_out=-1), "held_out must be 0 or at least 10"),
        (dict(augment="flip"), "augment takes a list"),
        (dict(held_out=100), "100 can't be held out"),
    ],
)
def test_settings_that_make_no_sense_get_a_sentence(folder, settings, sentence):
    with pytest.raises(ValueError, match=sentence):
        CIFAR10(folder, verbose=False, **settings)


def test_the_recipe_trains_on_three_channels_and_asks_the_test_images_once(folder, capsys):
    command = ["cifar20", "--data", str(folder.parent), "--epochs", "2", "--held-out", "20"]
    assert train.main(command) == 0
    said = capsys.readouterr().out
    assert "80 training, 20 validation and 20 test images" in said
    assert said.count("validation accuracy") == 3 and said.count("test accuracy") == 1


def test_the_recipe_is_the_papers():
    settings = train.parse(["cifar110", "--data", "x"])
    steps = settings.epochs * -(-50_000 // settings.batch_size)
    assert 64_000 <= steps < 64_400  # 64k iterations in batches of 128
    assert (settings.lr, settings.weight_decay, settings.warmup) == (0.1, 1e-4, 400)
    assert settings.augment == ["flip", "crop"] and settings.momentum == "plain"


def test_without_a_folder_the_command_says_what_it_needs(capsys):
    assert train.main(["cifar20"]) == 2
    assert "--dataset cifar10 needs --data" in capsys.readouterr().err
