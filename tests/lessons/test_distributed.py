"""DistributedTrainer in one process: shares, weights, pieces, devices, the launcher's variables."""

import pytest
import torch
from d2l import torch as d2l
from small_runs import quiet, small_data, small_net
from torch import nn

from utils.resnet import resnet8
from utils.seeding import seed_everything
from utils.training import Classifier, DistributedTrainer, processes


@pytest.fixture
def launched(monkeypatch):
    """A function that sets the variables of torchrun; the processes are not there."""

    def launch(world, rank=0, **more):
        several = {"WORLD_SIZE": world, "RANK": rank, "LOCAL_WORLD_SIZE": world, "LOCAL_RANK": rank}
        for name, value in (several | more).items():
            monkeypatch.setenv(name, str(value))
        monkeypatch.setattr(processes, "agree", lambda value: value)

    for name in ("WORLD_SIZE", "RANK", "LOCAL_WORLD_SIZE", "LOCAL_RANK"):
        monkeypatch.delenv(name, raising=False)
    return launch


def small(**options):
    return quiet(2, DistributedTrainer, device="cpu", **options)


# Shares of a batch


@pytest.mark.parametrize("world", [2, 3, 4])
def test_every_image_of_a_batch_weighs_the_same_in_every_epoch(world, launched):
    """The exchange averages over processes: of each mean over its n images, weight / (world n)."""
    trainers = []
    for rank in range(world):
        launched(world, rank)
        trainers.append(small())
        trainers[-1].prepare_data(small_data(subset=102))
        trainers[-1].train_batch_idx = 0
    for epoch in range(3):
        steps = 0
        for shares in zip(*(trainer.train_dataloader for trainer in trainers), strict=True):
            images = [len(y) for _, y in shares]
            for trainer, n in zip(trainers, images, strict=True):
                trainer.epoch = epoch
                assert trainer.weight(n) / (world * n) == pytest.approx(1 / sum(images))
                trainer.train_batch_idx += 1
            steps += 1
        assert {trainer.num_train_batches for trainer in trainers} == {steps}


def test_the_schedule_ends_with_the_last_shared_batch(launched):
    """Three processes can't share the last two of 102 images: there are two steps, not three."""
    launched(3, 2)
    trainer = small()
    trainer.prepare_data(small_data(subset=102))
    assert trainer.num_train_batches == 2


@pytest.mark.parametrize("options, words", [
    ({"batch_size": 2}, "3 processes can't share a batch of 2.*at most 2.*size of at least 3"),
    ({"subset": 10, "batch_size": 64}, "11 processes can't share a batch of 10"),
])  # fmt: skip
def test_more_processes_than_images_get_a_sentence(options, words, launched):
    launched(int(words.split()[0]))
    with pytest.raises(ValueError, match=words):
        small().prepare_data(small_data(**options))


def test_loaders_that_can_not_be_shared_get_a_sentence(launched):
    launched(2)
    with pytest.raises(ValueError, match="only through utils.FashionMNIST's loader, got DataLoade"):
        small().prepare_data(d2l.SyntheticRegressionData(torch.tensor([2.0]), 1.0))


def test_a_plain_trainer_does_not_train_a_network_in_each_process(launched):
    launched(2)
    with pytest.raises(ValueError, match="each would train a network of its own. Use .*Distribut"):
        quiet(1).fit(small_net(), small_data())


# Pieces of a batch


def test_a_batch_in_pieces_has_the_gradient_of_the_whole():
    """One step with fifty images: thirteen, thirteen, thirteen and eleven."""
    ends = []
    for pieces in (1, 4):
        seed_everything(0)
        net = resnet8(norm=lambda channels: nn.GroupNorm(8, channels))
        trainer = quiet(1, DistributedTrainer, device="cpu", accumulate=pieces)
        history = trainer.fit(Classifier(net, lr=0.1), small_data(subset=50))
        ends.append((torch.cat([p.detach().flatten() for p in net.parameters()]), history))
    torch.testing.assert_close(ends[0][0], ends[1][0], rtol=1e-4, atol=1e-5)
    assert ends[0][1].train_loss == pytest.approx(ends[1][1].train_loss, rel=1e-5)
    assert ends[0][1].train_acc == ends[1][1].train_acc


def test_without_its_extras_it_is_the_plain_trainer():
    one, other = (t.fit(small_net(), small_data()) for t in (quiet(2, device="cpu"), small()))
    assert one.train_loss == other.train_loss and one.test_acc == other.test_acc


def test_what_is_computed_is_what_was_compiled(monkeypatch):
    compiled = []

    def compile_aloud(module):
        def call(*batch):
            compiled.append(len(batch))
            return module(*batch)

        return call

    monkeypatch.setattr(torch, "compile", compile_aloud)
    expected = quiet(2, device="cpu").fit(small_net(), small_data())
    assert small(compile=True).fit(small_net(), small_data()).train_loss == expected.train_loss
    assert compiled == [2] * 8, "images and labels, four batches in two epochs"


@pytest.mark.parametrize("pieces", [0, 1.5, "2"])
def test_pieces_are_a_whole_number(pieces):
    with pytest.raises(ValueError, match="accumulate must be 1 or more, got"):
        small(accumulate=pieces)


# What the launcher says


def test_a_rank_without_other_processes_means_nothing(monkeypatch, launched):
    monkeypatch.setenv("RANK", "1")
    monkeypatch.setenv("LOCAL_RANK", "1")
    assert (processes.world_size(), processes.rank(), processes.is_first()) == (1, 0, True)
    assert processes.own_device("cpu") == torch.device("cpu")
    launched(2, 1)
    assert (processes.world_size(), processes.rank(), processes.is_first()) == (2, 1, False)


@pytest.mark.parametrize("value", ["", " "])
def test_an_empty_variable_is_one_that_is_not_set(value, launched):
    launched(value, value)
    assert (processes.world_size(), processes.rank()) == (1, 0)


@pytest.mark.parametrize("value", ["two", "1.5", "-1"])
def test_a_variable_that_is_no_number_gets_a_sentence(value, launched):
    launched(value)
    with pytest.raises(ValueError, match=f"variable WORLD_SIZE is '{value}'; torchrun would"):
        processes.world_size()


@pytest.fixture
def gpus(monkeypatch):
    """A function that gives this machine so many GPUs, as far as PyTorch can be asked."""

    def install(count):
        monkeypatch.setattr(torch.cuda, "is_available", lambda: count > 0)
        monkeypatch.setattr(torch.cuda, "device_count", lambda: count)

    return install


@pytest.mark.parametrize("name", ["auto", "cuda"])
@pytest.mark.parametrize("rank", [0, 1])
def test_each_process_takes_a_gpu_of_its_own(name, rank, gpus, launched):
    gpus(2)
    launched(2, rank)
    assert processes.own_device(name) == torch.device("cuda", rank)


@pytest.mark.parametrize("name", ["auto", "cuda"])
def test_two_processes_and_one_gpu_get_a_sentence(name, gpus, launched):
    gpus(1)
    launched(2, 0)
    assert processes.own_device(name) == torch.device("cuda", 0)
    launched(2, 1)
    with pytest.raises(ValueError, match="process 1 .*of 2 on this machine.*sees 1 GPU.*nproc"):
        processes.own_device(name)


def test_one_gpu_named_for_all_processes_gets_a_sentence(gpus, launched):
    gpus(2)
    launched(2, 0)
    with pytest.raises(ValueError, match="'cuda:1' is one GPU, and 2 processes.*device 'cuda'"):
        processes.own_device("cuda:1")
    launched(2, 0, LOCAL_WORLD_SIZE=1)  # one process on each of two machines
    assert processes.own_device("cuda:1") == torch.device("cuda", 1)


def test_one_process_takes_the_device_that_it_is_told(gpus, launched, monkeypatch):
    gpus(2)
    monkeypatch.setenv("LOCAL_RANK", "1")  # means nothing without other processes
    assert processes.own_device("auto") == torch.device("cuda", 0)
    assert processes.own_device("cuda:1") == torch.device("cuda", 1)
    with pytest.raises(ValueError, match="'cuda:2' is not on this machine"):
        processes.own_device("cuda:2")


def test_an_apple_gpu_is_not_shared(monkeypatch, gpus, launched):
    gpus(0)
    monkeypatch.setattr(torch.backends.mps, "is_available", lambda: True)
    assert processes.own_device("auto") == torch.device("mps")
    launched(2)
    assert processes.own_device("auto") == torch.device("cpu")
    with pytest.raises(ValueError, match="can't share the device 'mps'"):
        processes.own_device("mps")


def test_only_the_first_process_speaks(launched, capsys):
    for rank in (0, 1):
        launched(2, rank)
        small().say(f"process {rank}")
    assert capsys.readouterr().out == "process 0\n"
