"""Right answers to the exercise `tail`, of different structure."""

import torch
from torch import nn

# %% Sequentials in a Sequential; the two modules after a mark


def ended(stem, blocks, channels, classes):
    end = nn.Sequential(nn.BatchNorm2d(channels), nn.ReLU(inplace=True))
    return nn.Sequential(
        stem,
        nn.Sequential(*blocks),
        end,
        nn.AdaptiveAvgPool2d((1, 1)),
        nn.Flatten(1),
        nn.Linear(channels, classes),
    )


def test_end(build):
    mark = nn.Hardtanh()
    net = build(nn.Conv2d(1, 2, 1), [mark], 2, 3)
    order = [m for m in net.modules() if not list(m.children())]
    place = order.index(mark)
    assert isinstance(order[place + 1], nn.BatchNorm2d)
    assert isinstance(order[place + 2], nn.ReLU)


# %% appended; the names of all layers


def ended(stem, blocks, channels, classes):
    net = nn.Sequential(stem)
    for block in blocks:
        net.append(block)
    for layer in (nn.BatchNorm2d(channels), nn.ReLU(), nn.AdaptiveAvgPool2d(1), nn.Flatten()):
        net.append(layer)
    net.append(nn.Linear(in_features=channels, out_features=classes))
    return net


def test_end(build):
    net = build(nn.Identity(), [nn.Tanh(), nn.Sigmoid()], 4, 2)
    kinds = [type(m).__name__ for m in net.modules() if not list(m.children())]
    assert "Sigmoid BatchNorm2d ReLU AdaptiveAvgPool2d" in " ".join(kinds), kinds


# %% with names; the order in which layers are called

from collections import OrderedDict


def ended(stem, blocks, channels, classes):
    parts = OrderedDict(stem=stem)
    parts.update((f"block{n}", block) for n, block in enumerate(blocks))
    parts.update(bn=nn.BatchNorm2d(channels), relu=nn.ReLU(), pool=nn.AdaptiveAvgPool2d(1))
    parts.update(flat=nn.Flatten(), fc=nn.Linear(channels, classes))
    return nn.Sequential(parts)


def test_end(build):
    called, last = [], nn.Softsign()
    net = build(nn.Identity(), [nn.Tanh(), last], 3, 5)
    for module in net.modules():
        if not list(module.children()):
            module.register_forward_hook(lambda m, *_: called.append(m))
    net(torch.randn(2, 3, 4, 4))
    after = called[called.index(last) + 1 :]
    assert [type(m) for m in after[:2]] == [nn.BatchNorm2d, nn.ReLU], after
    assert not any(isinstance(m, nn.BatchNorm2d) for m in after[2:])
