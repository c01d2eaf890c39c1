"""Batches: torchvision's and PIL's answers for resizing, d2l's vocabulary, randomness by seed."""

import numpy as np
import pytest
import torch
from d2l import torch as d2l
from PIL import Image
from torchvision import transforms

from utils import figures
from utils.data import FashionMNIST
from utils.data.batches import ERASED, Batches, channels_last, erase, move, resize
from utils.data.fashion_mnist import tensors
from utils.data.sources import CLASSES


@pytest.fixture(scope="module")
def data():
    return FashionMNIST(batch_size=64, subset=300, seed=0, verbose=False)


def test_it_says_in_one_line_what_it_uses(capsys):
    FashionMNIST(subset=50)
    said = capsys.readouterr().out
    assert said.count("\n") == 1 and "50 training and 50 test images, 28x28" in said


def test_batches_are_what_a_d2l_reader_expects(data):
    assert isinstance(data, d2l.DataModule)
    loader = data.train_dataloader()
    X, y = next(iter(loader))
    assert X.shape == (64, 1, 28, 28) and X.dtype == torch.float32
    assert 0 <= X.min() and X.max() <= 1 and y.dtype == torch.int64
    batches = list(loader)
    assert len(batches) == len(loader) == 5 and sum(len(y) for _, y in batches) == 300


def test_labels_have_d2ls_names(data):
    assert data.text_labels(range(10)) == d2l.FashionMNIST.text_labels(None, range(10))
    assert data.text_labels(range(10)) == list(CLASSES)
    for wrong in (10, -1):
        with pytest.raises(ValueError, match=f"labels 0 to 9, got {wrong}"):
            data.text_labels([wrong])


@pytest.mark.parametrize("size", [(96, 96), (14, 14), (32, 48), (224, 224)])
def test_resizing_equals_torchvisions_through_pil_to_one_level(data, size):
    theirs = transforms.Compose([transforms.Resize(size), transforms.ToTensor()])
    images = data.test[0][:16]
    ours = resize(images.float() / 255, size)
    for image, mine in zip(images, ours, strict=True):
        expected = theirs(Image.fromarray(image[0].numpy()))
        assert (mine - expected).abs().max() <= 1 / 255 + 1e-6


def test_a_subset_is_balanced_and_every_class_is_in_order(data):
    counts = np.bincount(data.train[1].numpy())
    assert counts.tolist() == [30] * 10
    images, labels = tensors(
        np.arange(20, dtype=np.uint8).reshape(20, 1, 1), np.arange(20, dtype=np.uint8) % 10, 10
    )
    assert labels.tolist() == list(range(10)) and images.flatten().tolist() == list(range(10))


def test_what_is_held_out_is_balanced_and_not_trained_on(capsys):
    data = FashionMNIST(seed=0, held_out=500, subset=3_000)
    assert "3,000 training, 500 validation and 2,000 test images" in capsys.readouterr().out
    for (images, labels), count in ((data.train, 3_000), (data.validation, 500)):
        assert len(images) == count and labels.bincount().tolist() == [count // 10] * 10
    seen = {image.numpy().tobytes() for image in data.train[0]}
    assert not seen & {image.numpy().tobytes() for image in data.validation[0]}
    evaluated = torch.cat([y for _, y in data.val_dataloader()])
    assert torch.equal(evaluated, data.validation[1]) and data.evaluated == "val"
    tested = torch.cat([y for _, y in data.test_dataloader()])
    assert torch.equal(tested, data.test[1])
    whole = FashionMNIST(seed=0, held_out=500, verbose=False)
    assert len(whole.train[0]) == 9_500
    assert torch.equal(whole.validation[0], data.validation[0]), "the same, whatever is trained on"


def test_more_than_there_is_is_not_held_out():
    with pytest.raises(ValueError, match="of 10,000 training images 9,995 can't be held out"):
        FashionMNIST(held_out=9_995, verbose=False)
    with pytest.raises(ValueError, match="held_out must be at least 10"):
        FashionMNIST(held_out=3, verbose=False)


def test_the_test_images_are_cut_with_the_training_images_unless_told_otherwise(capsys):
    def sizes(**options):
        data = FashionMNIST(seed=0, **options)
        said = capsys.readouterr().out
        assert f"{len(data.train[0]):,} training and {len(data.test[0]):,} test images" in said
        assert ("a subset" in said) == ((len(data.train[0]), len(data.test[0])) != (10_000, 2_000))
        return len(data.train[0]), len(data.test[0])

    assert sizes() == sizes(subset=60_000, test_subset=10_000) == (10_000, 2_000)
    assert sizes(subset=100) == (100, 100) and sizes(subset=5_000) == (5_000, 2_000)
    assert sizes(subset=100, test_subset=2_000) == (100, 2_000)
    assert sizes(test_subset=50) == (10_000, 50)


def test_every_epoch_has_its_own_order_and_the_seed_decides_it(data):
    def orders(seed):
        loader = FashionMNIST(32, subset=100, seed=seed, verbose=False).train_dataloader()
        return [torch.cat([y for _, y in loader]).tolist() for _ in range(2)]

    first, second = orders(1)
    assert first != second and sorted(first) == sorted(second)
    assert orders(1) == [first, second] and orders(2)[0] != first
    torch.manual_seed(7)
    a = FashionMNIST(subset=50, verbose=False).seed
    torch.manual_seed(7)
    assert FashionMNIST(subset=50, verbose=False).seed == a


def test_the_test_images_come_unshuffled_and_unchanged():
    data = FashionMNIST(32, subset=100, augment=["flip", "crop"], seed=0, verbose=False)
    X = torch.cat([X for X, _ in data.val_dataloader()])
    assert torch.equal((X * 255).round().byte(), data.test[0])


def test_shifting_moves_whole_pixels_and_fills_with_zeros():
    X = torch.arange(1, 17, dtype=torch.uint8).reshape(1, 1, 4, 4).repeat(2, 1, 1, 1)
    moved = move(X, torch.tensor([[1, 0], [0, -2]]))
    assert moved[0, 0, :3].equal(X[0, 0, 1:]) and (moved[0, 0, 3] == 0).all()
    assert moved[1, 0, :, 2:].equal(X[1, 0, :, :2]) and (moved[1, 0, :, :2] == 0).all()


def test_moving_is_torchvisions_crop_of_a_padded_image_then_its_mirror():
    torch.manual_seed(0)
    X = torch.randint(256, (6, 2, 5, 7), dtype=torch.uint8)
    by, flip = torch.randint(-2, 3, (6, 2)), torch.tensor([True, False] * 3)
    for image, (down, right), mirror, moved in zip(X, by, flip, move(X, by, flip), strict=True):
        padded = transforms.functional.pad(image, [2])
        expected = transforms.functional.crop(padded, int(down) + 2, int(right) + 2, 5, 7)
        if mirror:
            expected = transforms.functional.hflip(expected)
        assert torch.equal(moved, expected)
    assert torch.equal(move(X, flip=flip)[::2], X[::2].flip(-1))


def test_erasing_blackens_one_square_anywhere_inside():
    corners = torch.tensor([[0.0, 0.0], [0.999, 0.999], [0.5, 0.0]])
    erased = erase(torch.ones(3, 1, 28, 28), corners)
    for image, (top, left) in zip(erased, [(0, 0), (20, 20), (10, 0)], strict=True):
        expected = torch.ones(1, 28, 28)
        transforms.functional.erase(expected, top, left, ERASED, ERASED, 0.0, inplace=True)
        assert torch.equal(image, expected)
    images = torch.full((400, 1, 28, 28), 255, dtype=torch.uint8)
    loader = Batches(images, torch.zeros(400), 400, (28, 28), True, augment=["erase"])
    X, _ = next(iter(loader))
    assert ((X == 0).sum(dim=(1, 2, 3)) == ERASED**2).all()
    assert (X == 0).any(0).all(), "some places are never erased"


def test_the_first_epochs_may_be_smaller_and_tests_never_are():
    data = FashionMNIST(50, subset=100, seed=0, verbose=False, progressive=[14, 20])
    loader = data.train_dataloader()
    assert [next(iter(loader))[0].shape[2] for _ in range(3)] == [14, 20, 28]
    assert {X.shape[2] for X, _ in data.val_dataloader()} == {28}
    loader.epoch = 0  # as when a run is resumed
    small, _ = next(iter(loader))
    whole, _ = next(iter(FashionMNIST(50, subset=100, seed=0, verbose=False).train_dataloader()))
    assert torch.equal(small, resize(whole, (14, 14)))


def test_flipping_mirrors_about_half_of_the_images():
    images = torch.zeros(1000, 1, 2, 2, dtype=torch.uint8)
    images[..., 0] = 255
    loader = Batches(images, torch.zeros(1000), 1000, (2, 2), True, augment=["flip"])
    X, _ = next(iter(loader))
    flipped = (X[:, 0, 0, 1] == 1).float().mean()
    assert 0.4 < flipped < 0.6 and ((X.sum(dim=(1, 2, 3)) - 2).abs() < 1e-6).all()


def test_processes_share_a_batch_without_overlap_or_loss():
    data = FashionMNIST(64, subset=150, augment=["flip", "crop"], seed=0, verbose=False)
    whole = list(data.train_dataloader())
    shares = []
    for rank in range(2):
        loader = data.train_dataloader()
        loader.shard(rank, 2)
        shares.append(list(loader))
    for (X, y), (X0, y0), (X1, y1) in zip(whole, *shares, strict=True):
        assert torch.equal(X[0::2], X0) and torch.equal(X[1::2], X1)
        assert torch.equal(y[0::2], y0) and torch.equal(y[1::2], y1)


def test_channels_last_strides_survive_one_channel():
    X = channels_last(torch.rand(2, 1, 5, 7))
    assert X.stride() == (35, 1, 7, 1)
    conv = torch.nn.Conv2d(1, 8, 3).to(memory_format=torch.channels_last)
    assert conv(X).is_contiguous(memory_format=torch.channels_last)


@pytest.mark.parametrize("options, sentence", [
    (dict(batch_size=0), "batch_size must be at least 1, got 0"),
    (dict(batch_size=2.5), "batch_size must be at least 1, got 2.5"),
    (dict(resize=(28,)), "number of pixels or \\(height, width\\), got \\(28,\\)"),
    (dict(resize=-3), "got \\(-3, -3\\)"),
    (dict(subset=5), "FashionMNIST: subset must be at least 10.*got 5"),
    (dict(test_subset=9), "test_subset must be at least 10.*got 9"),
    (dict(augment=["rotate"]), "names from flip, crop, erase, got \\['rotate'\\]"),
    (dict(augment="flip"), "takes a list"),
])  # fmt: skip
def test_bad_settings_get_a_sentence(options, sentence):
    with pytest.raises(ValueError, match=sentence):
        FashionMNIST(**options)


def test_drop_last_leaves_out_the_rest():
    data = FashionMNIST(64, subset=130, drop_last=True, seed=0, verbose=False)
    assert [len(y) for _, y in data.train_dataloader()] == [64, 64]
    assert sum(len(y) for _, y in data.val_dataloader()) == 130


def test_a_batch_is_shown_with_its_class_names():
    data = FashionMNIST(20, subset=100, seed=0, verbose=False)
    picture = data.visualize(next(iter(data.val_dataloader())), nrows=2, ncols=3)
    names = data.text_labels(data.test[1][:6])
    assert isinstance(picture, figures.Picture) and ", ".join(names) in picture.alt
