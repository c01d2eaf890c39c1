"""Right answers to the exercise `accuracy`, of different structure."""

import torch
from torch import nn

# %% inference mode, a mean weighted by size; a hook that notes modes


def accuracy(net, batches):
    was, right, count = net.training, 0.0, 0
    net.train(False)
    with torch.inference_mode():
        for x, y in batches:
            right += (net(x).max(1).indices == y).float().mean().item() * len(y)
            count += len(y)
    net.train(was)
    return right / count


def test_accuracy(accuracy):
    x, y, seen = torch.randn(12, 3), torch.randint(0, 2, (12,)), []
    for mode in (True, False):
        net = nn.Linear(3, 2).train(mode)
        net.register_forward_hook(lambda m, *_: seen.append((m.training, torch.is_grad_enabled())))
        accuracy(net, zip(x.split(4), y.split(4), strict=True))
        assert net.training is mode
    assert set(seen) == {(False, False)}


# %% a context manager for the mode; a network that depends on it

from contextlib import contextmanager


@contextmanager
def evaluating(net):
    before = net.training
    net.eval()
    try:
        with torch.no_grad():
            yield
    finally:
        net.train(before)


def accuracy(net, batches):
    with evaluating(net):
        hits = [hit for x, y in batches for hit in (net(x).argmax(dim=1) == y).tolist()]
    return sum(hits) / len(hits)


def test_accuracy(accuracy):
    class Moody(nn.Module):
        def forward(self, x):
            if torch.is_grad_enabled():
                raise RuntimeError("gradients are recorded")
            return -x if self.training else x

    x = torch.tensor([[1.0, 0.0], [0.0, 1.0], [2.0, 1.0], [1.0, 3.0]])
    y = torch.tensor([0, 1, 0, 0])
    for training in (False, True):
        for size in (1, 3, 4):
            net = Moody().train(training)
            got = accuracy(net, list(zip(x.split(size), y.split(size), strict=True)))
            assert abs(got - 0.75) < 1e-6, got
            assert net.training == training


# %% counted with tensors; running averages that must not move


@torch.no_grad()
def accuracy(net, batches):
    mode, right, total = net.training, torch.zeros(()), torch.zeros(())
    net.eval()
    for images, labels in batches:
        right += torch.eq(net(images).argmax(-1), labels).sum()
        total += labels.numel()
    net.train(mode)
    return float(right / total)


def test_accuracy(accuracy):
    x, y = torch.randn(9, 3), torch.zeros(9, dtype=torch.long)
    for mode in (True, False):
        net = nn.Sequential(nn.BatchNorm1d(3), nn.Linear(3, 4)).train(mode)
        before = {name: value.clone() for name, value in net.state_dict().items()}
        results = {round(accuracy(net, list(zip(x.split(k), y.split(k), strict=True))), 5)
                   for k in (9, 3, 1)}  # fmt: skip
        assert len(results) == 1, results
        assert net.training == mode and net[0].training == mode, "another mode"
        for name, value in net.state_dict().items():
            assert torch.equal(value, before[name]), name
