"""Right answers to the exercise `loss`, of different structure."""

import math

import torch
from torch import nn
from torch.nn import functional as F

# %% logsumexp; random logits compared with PyTorch


def loss(logits, labels):
    return -(logits - logits.logsumexp(1, keepdim=True))[torch.arange(len(labels)), labels].mean()


def test_loss(loss):
    z, y = torch.randn(8, 10) * 5, torch.randint(10, (8,))
    assert torch.allclose(loss(z, y), F.cross_entropy(z, y))


# %% log-softmax and nll; cases worked out


def loss(logits, labels):
    return F.nll_loss(F.log_softmax(logits, dim=1), labels)


def test_loss(loss):
    for classes in (2, 3, 10):
        y = torch.arange(classes)
        assert abs(loss(torch.zeros(classes, classes), y).item() - math.log(classes)) < 1e-4
        assert abs(loss(50.0 * torch.eye(classes), y).item()) < 1e-4
        wrong = loss(50.0 * torch.eye(classes), (y + 1) % classes).item()
        assert abs(wrong - 50) < 1e-3, "sure and wrong: as much as it was sure"


# %% a layer; a case with two different images


def loss(logits, labels):
    criterion = nn.CrossEntropyLoss(reduction="none")
    return criterion(logits, labels).sum() / len(labels)


def test_loss(loss):
    logits = torch.tensor([[0.0, math.log(3.0)], [0.0, 0.0]])
    got = loss(logits, torch.tensor([1, 0]))
    expected = (math.log(4 / 3) + math.log(2)) / 2
    assert got.shape == () and abs(got.item() - expected) < 1e-4, got
    shifted = loss(logits + 7, torch.tensor([1, 0]))
    assert abs(shifted.item() - expected) < 1e-4, "a constant added to all logits changes nothing"


# %% one-hot labels; its gradient


def loss(logits, labels):
    target = F.one_hot(labels, logits.shape[1]).to(logits.dtype)
    return F.cross_entropy(logits, target)


def test_loss(loss):
    logits = (4 * torch.randn(5, 3)).requires_grad_(True)
    labels = torch.tensor([0, 2, 1, 1, 0])
    value = loss(logits, labels)
    value.backward()
    by_hand = (logits.detach().softmax(1) - torch.eye(3)[labels]) / 5
    assert torch.allclose(logits.grad, by_hand, atol=1e-5)
    assert value.item() > 0
    assert abs(loss(torch.zeros(1, 4), torch.tensor([3])).item() - math.log(4)) < 1e-4
