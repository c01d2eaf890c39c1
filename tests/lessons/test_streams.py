"""The residual stream, against networks whose answers are known on paper."""

from itertools import combinations
from math import prod

import pytest
import torch
from torch import nn
from torch.nn import functional as F

from utils.inspection import (
    branch_cosines,
    count_parameters,
    lesion,
    path_lengths,
    read_out,
    reordered,
    stream,
    stream_gradients,
)
from utils.isotropic import Isotropic


@pytest.fixture
def net():
    """A small network of three blocks in train mode, with statistics of its own."""
    torch.manual_seed(0)
    net = Isotropic(3, 4, num_classes=5)
    net(torch.randn(16, 1, 8, 8))
    return net


@pytest.fixture
def batch():
    """Six images and their labels."""
    return torch.randn(6, 1, 8, 8), torch.arange(6) % 5


class Scaling(nn.Module):
    """A block whose branch multiplies by a number."""

    def __init__(self, factor):
        super().__init__()
        self.factor = factor

    def forward(self, x):
        return x + self.factor * x


class Adding(nn.Module):
    """A block whose branch is a constant."""

    def __init__(self, constant):
        super().__init__()
        self.constant = constant

    def forward(self, x):
        return x + self.constant


class Linear(nn.Module):
    """The smallest network with a stream: no stem, the given blocks, a linear head."""

    def __init__(self, *blocks, features=4, classes=3):
        super().__init__()
        self.stem, self.body = nn.Identity(), nn.Sequential(*blocks)
        self.fc = nn.Linear(features, classes)

    def head(self, stream):
        return self.fc(stream)

    def forward(self, x):
        return self.head(self.body(x))


def test_the_network_has_the_size_that_pencil_and_paper_give():
    """Ten blocks: two 3x3 convolutions of 32 channels and two BatchNorms each."""
    expected = 9 * 32 + 10 * (2 * 9 * 32**2 + 2 * 64) + 64 + 330
    for shortcut in ("identity", "none"):
        assert count_parameters(Isotropic(shortcut=shortcut)) == expected == 186_282


def test_it_has_the_shapes_it_says_and_the_head_gives_the_logits(batch):
    net = Isotropic(2, 6, num_classes=5).eval()
    maps = stream(net, torch.zeros(2, 1, 28, 27))
    assert [tuple(x.shape) for x in maps] == [(2, 6, 14, 14)] * 3
    assert torch.equal(net.head(stream(net, batch[0])[-1]), net(batch[0]))


@pytest.mark.parametrize("options, words", [
    ({"shortcut": "B"}, "'identity' or 'none', got 'B'"), ({"blocks": 0}, "at least 1, got 0")
])  # fmt: skip
def test_a_network_that_cannot_be_is_refused_in_words(options, words):
    with pytest.raises(ValueError, match=words):
        Isotropic(**options)


def test_a_block_taken_out_is_a_block_never_run(net, batch):
    x = net.eval().stem(batch[0])
    expected = net.head(net.body[2](net.body[0](x)))
    with lesion(net, 1):
        assert torch.equal(net(batch[0]), expected)
    with lesion(net, 0, 1, 2):
        assert torch.equal(net(batch[0]), net.head(x))
    with reordered(net, [2, 0, 1]):
        assert torch.equal(net(batch[0]), net.head(net.body[2](net.body[1](net.body[0](x)))))


def test_reordered_runs_the_blocks_in_the_order_that_is_given(net, batch):
    x = net.eval().stem(batch[0])
    expected = net.head(net.body[1](net.body[0](net.body[2](x))))
    with reordered(net, [2, 0, 1]):
        found = net(batch[0])
    assert torch.equal(found, expected) and not torch.equal(found, net(batch[0]))


def test_afterwards_the_network_is_whole_even_after_an_error(net, batch):
    names, before = list(net.state_dict()), net.eval()(batch[0])
    with pytest.raises(ZeroDivisionError), lesion(net, 0):
        raise ZeroDivisionError
    assert list(net.state_dict()) == names and torch.equal(net(batch[0]), before)


@pytest.mark.parametrize("use, words", [
    (lambda net: lesion(net, 3), "lesion: there are blocks 0 to 2, and no 3"),
    (lambda net: reordered(net, [0, -1]), "reordered: there are blocks 0 to 2, and no -1"),
    (lambda net: reordered(net, [1, 1]), "a block stands twice in [1, 1]"),
    (lambda net: lesion(net.fc, 0), "lesion: the network needs a stem"),
])  # fmt: skip
def test_what_is_not_there_is_said(net, use, words):
    with pytest.raises(ValueError) as error, use(net):
        pass
    assert words in str(error.value)


def test_a_read_out_is_the_answer_of_the_shorter_network(net, batch):
    found = read_out(net, batch[0])
    assert found.shape == (4, 6, 5) and net.training
    for k in range(4):
        with lesion(net.eval(), *range(k, 3)):
            assert torch.equal(found[k], net(batch[0]))


def test_the_gradients_of_the_stream_are_those_of_finite_differences(net, batch):
    X, y = batch[0].double(), batch[1]
    net.double().eval()
    found = stream_gradients(net, X, y)
    with torch.no_grad():
        x, step = stream(net, X)[1], torch.zeros(()).double()

        def loss(x):
            return F.cross_entropy(net.head(net.body[1:](x)), y, reduction="sum")

        for place in [(0, 0, 0, 0), (5, 3, 2, 1)]:
            step = torch.zeros_like(x)
            step[place] = 1e-5
            slope = (loss(x + step) - loss(x - step)) / 2e-5
            torch.testing.assert_close(found[1][place], slope, rtol=1e-5, atol=1e-9)


def test_scaling_branches_give_symmetric_polynomials():
    """If branch i multiplies by a_i, the paths of length k bring the k-th symmetric polynomial."""
    factors = [0.5, -0.25, 2.0, 1.5]
    net = Linear(*map(Scaling, factors)).double()
    X, y = torch.randn(3, 4).double(), torch.tensor([0, 1, 2])
    found = path_lengths(net, X, y)
    for k, part in enumerate(found):
        polynomial = sum(prod(chosen) for chosen in combinations(factors, k))
        torch.testing.assert_close(part, polynomial * found[0])


@pytest.mark.parametrize("training", [True, False])
def test_all_lengths_add_up_to_the_gradient(net, batch, training):
    """In the mode in which the network is: in train mode BatchNorm uses the batch."""
    net.double().train(training)
    X, y = batch[0].double(), batch[1]
    found = path_lengths(net, X, y)
    assert found.shape == (4, 6, 4, 4, 4) and net.training is training
    torch.testing.assert_close(found.sum(0), stream_gradients(net, X, y)[0])
    torch.testing.assert_close(found[0], stream_gradients(net, X, y)[-1])


def test_downhill_is_what_pencil_and_paper_say():
    """The gradient of the cross-entropy at a linear head's input is W^T (p - y)."""
    torch.manual_seed(0)
    constant, X, y = torch.randn(4), torch.randn(5, 4), torch.tensor([0, 1, 2, 1, 0])
    net = Linear(Adding(constant))
    found = branch_cosines(net, X, y)
    p = F.softmax(net(X), dim=1) - F.one_hot(y, 3)
    expected = F.cosine_similarity(constant.expand(5, 4), -(p @ net.fc.weight))
    torch.testing.assert_close(found, expected.detach()[None])


def test_looking_changes_nothing(net, batch):
    before = {name: value.clone() for name, value in net.state_dict().items()}
    branch_cosines(net, *batch), path_lengths(net, *batch), stream_gradients(net, *batch)
    assert all(torch.equal(value, before[name]) for name, value in net.state_dict().items())
    assert net.training and all(p.grad is None for p in net.parameters())
