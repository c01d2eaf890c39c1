"""What stops a run with a sentence: a loss that is no number, a norm layer that gets one value."""

import pytest
import torch
from d2l import torch as d2l
from small_runs import quiet, small_data
from torch import nn

from utils.data.batches import Batches
from utils.resnet import resnet8, resnet18
from utils.training import Classifier, DistributedTrainer, TrainingError, guards


def test_a_loss_that_is_no_number_stops_the_run():
    class Explodes(nn.Module):
        def __init__(self):
            super().__init__()
            self.linear, self.calls = nn.Linear(784, 10), 0

        def forward(self, X):
            self.calls += 1
            return self.linear(X.flatten(1)) * (float("nan") if self.calls >= 3 else 1.0)

    with pytest.raises(TrainingError) as caught:
        quiet(2).fit(Classifier(Explodes(), lr=0.125, schedule="constant"), small_data())
    words = str(caught.value)
    assert "became nan at step 3 (epoch 1)" in words and "learning rate of 0.125" in words
    assert "gradient_clip_val" in words


# One value per channel


def alone(trainer, net, size):
    """Let ``trainer`` hold ``net``, and ten images of that size in batches of one."""
    data = small_data(subset=10, batch_size=1, resize=size, augment=[])
    trainer.prepare_data(data)
    trainer.prepare_model(Classifier(net))
    trainer.train_batch_idx = 0


NETS = {
    "resnet8": resnet8,
    "resnet18": resnet18,
    "linear": lambda: nn.Sequential(nn.Flatten(), nn.LazyLinear(8), nn.BatchNorm1d(8)),
    "no norm": lambda: nn.Sequential(nn.Flatten(), nn.LazyLinear(10)),
    "group norm": lambda: nn.Sequential(
        nn.Conv2d(1, 4, 3), nn.AdaptiveAvgPool2d(1), nn.GroupNorm(4, 4), nn.Flatten()
    ),
}


@pytest.mark.parametrize("size", [17, 28, 33])
@pytest.mark.parametrize("name", list(NETS))
def test_a_single_image_is_refused_exactly_where_pytorch_refuses_it(name, size):
    net = NETS[name]()
    X = torch.rand(2, 1, size, size)
    net(X)
    try:
        net(X[:1])
        refuses = False
    except ValueError:
        refuses = True
    trainer = quiet(1)
    alone(trainer, net, size)
    if not refuses:
        return guards.refuse_one_value(trainer)
    with pytest.raises(ValueError, match="10 images in batches of 1: .*a larger batch_size, or la"):
        guards.refuse_one_value(trainer)


def test_a_network_with_larger_maps_trains_on_single_images():
    history = quiet(1).fit(resnet8(), small_data(subset=10, batch_size=1))
    assert history.epochs == 1 and history.lr[-1] > 0


def test_asking_changes_neither_the_network_nor_what_is_drawn_next():
    trainer, net = quiet(1), nn.Sequential(resnet8(), nn.Dropout(0.5))
    alone(trainer, net, 28)
    weights = {name: value.clone() for name, value in net.state_dict().items()}
    random = torch.get_rng_state()
    guards.refuse_one_value(trainer)
    assert torch.equal(torch.get_rng_state(), random)
    assert all(torch.equal(value, weights[name]) for name, value in net.state_dict().items())


@pytest.mark.parametrize(
    "options, accumulate, processes, words",
    [
        ({"batch_size": 199}, 1, 1, "200 images in batches of 199 leave 1 for the last batch: .*"
         "Choose drop_last=True in FashionMNIST, or another batch_size, or larger images"),
        ({"batch_size": 4, "subset": 40}, 4, 1, "40 images in batches of 4, computed in "
         "accumulate=4 pieces: .*a larger batch_size, or a smaller accumulate"),
        ({"batch_size": 4}, 1, 3, "batches of 4, shared by 3 processes: .*or fewer processes"),
        ({"batch_size": 99}, 2, 1, "leave 2 for the last batch, computed in accumulate=2 pieces"),
        ({"batch_size": 9, "subset": 45}, 4, 1, None),  # 3, 3, 3
        ({"batch_size": 7, "subset": 49}, 3, 1, "batches of 7, computed in accumulate=3"),  # 1
        ({"batch_size": 199, "drop_last": True}, 1, 1, None),
        ({"batch_size": 66}, 1, 3, None),  # the last 2, fewer than 3, are left out
    ],
)  # fmt: skip
def test_the_sentence_names_what_leaves_one_image(options, accumulate, processes, words):
    trainer = quiet(1, DistributedTrainer, accumulate=accumulate)
    trainer.prepare_data(small_data(**options))
    trainer.prepare_model(Classifier(resnet18()))
    trainer.train_dataloader.shard(0, processes)
    trainer.train_batch_idx = 0
    if words is None:
        return trainer.refuse_one_value()
    with pytest.raises(ValueError, match=f"(?s){words}"):
        trainer.refuse_one_value()


def test_it_is_said_before_the_first_step():
    trainer = quiet(1, DistributedTrainer, accumulate=4)
    trainer.train_step = lambda batch: pytest.fail("a step was taken")
    with pytest.raises(ValueError, match="accumulate=4 pieces"):
        trainer.fit(resnet18(), small_data(batch_size=4, subset=40))


def test_small_images_in_the_first_epochs_count():
    net, data = resnet8(), small_data(batch_size=199, progressive=[5])
    with pytest.raises(ValueError, match="leave 1 for the last batch"):
        quiet(2).fit(net, data)


def test_loaders_of_other_kinds_get_the_sentence_when_it_happens():
    class Three(d2l.DataModule):
        batch_size = 2

        def get_dataloader(self, train):
            return self.get_tensorloader((torch.rand(3, 1, 28, 28), torch.arange(3)), train)

    with pytest.raises(ValueError, match="came down to one image.*drop_last=True in the loader"):
        quiet(1).fit(resnet18(), Three())
    assert quiet(1).fit(resnet8(), Three()).epochs == 1


def test_other_errors_are_left_as_they_are():
    with pytest.raises(ValueError, match="^another reason$"), guards.explaining_one_value():
        raise ValueError("another reason")


@pytest.mark.parametrize("images, pieces", [(1, 1), (2, 2), (7, 3), (9, 4), (50, 4), (3, 5)])
def test_pieces_are_as_large_as_torch_chunk_makes_them(images, pieces):
    batch = Batches(torch.zeros(images, 1, 2, 2), torch.zeros(images), images, (2, 2), True)
    parts = [len(part) for part in next(iter(batch))[0].chunk(pieces)]
    assert guards.sizes(images, pieces) == parts
