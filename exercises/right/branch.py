"""Right answers to the exercise `branch`, of different structure."""

import torch
from torch import nn
from torch.nn import functional as F

# %% a class inside; shapes, biases and sizes counted


def branch(i, width, o, stride=1):
    class Branch(nn.Module):
        def __init__(self):
            super().__init__()
            self.a = nn.Sequential(nn.Conv2d(i, width, 1, bias=False), nn.BatchNorm2d(width))
            self.b = nn.Sequential(
                nn.Conv2d(width, width, 3, stride, 1, bias=False), nn.BatchNorm2d(width)
            )
            self.c = nn.Sequential(nn.Conv2d(width, o, 1, bias=False), nn.BatchNorm2d(o))

        def forward(self, x):
            return self.c(F.relu(self.b(F.relu(self.a(x)))))

    return Branch()


def test_branch(branch):
    i, width, o = 8, 5, 12
    for stride, side in ((1, 9), (2, 5)):
        made = branch(i, width, o, stride)
        assert made(torch.randn(2, i, 9, 9)).shape == (2, o, side, side)
        assert all(m.bias is None for m in made.modules() if isinstance(m, nn.Conv2d))
        count = sum(p.numel() for p in made.parameters())
        assert count == i * width + 9 * width**2 + width * o + 2 * (2 * width + o)


# %% one Sequential written out; a map that is not square


def branch(i, width, o, stride=1):
    return nn.Sequential(
        nn.Conv2d(i, width, kernel_size=1, bias=False),
        nn.BatchNorm2d(width),
        nn.ReLU(inplace=True),
        nn.Conv2d(width, width, kernel_size=3, stride=stride, padding=1, bias=False),
        nn.BatchNorm2d(width),
        nn.ReLU(inplace=True),
        nn.Conv2d(width, o, kernel_size=1, bias=False),
        nn.BatchNorm2d(o),
    )


def test_branch(branch):
    same, halved = branch(7, 3, 11), branch(7, 3, 11, stride=2)
    x = torch.rand(3, 7, 8, 5)
    assert list(same(x).shape) == [3, 11, 8, 5], "a map of another size"
    assert list(halved(x).shape) == [3, 11, 4, 3], "not halved, rounded up"


# %% units put together; compared with the layers one expects


class Unit(nn.Sequential):
    def __init__(self, i, o, kernel, stride=1, active=True):
        layers = [nn.Conv2d(i, o, kernel, stride, kernel // 2, bias=False), nn.BatchNorm2d(o)]
        super().__init__(*layers, *([nn.ReLU()] if active else []))


def branch(i, width, o, stride=1):
    units = [Unit(i, width, 1), Unit(width, width, 3, stride), Unit(width, o, 1, active=False)]
    return nn.Sequential(*units)


def test_branch(branch):
    for i, width, o in [(4, 2, 6), (6, 12, 3), (5, 5, 5)]:
        for stride in (1, 2):
            made = branch(i, width, o, stride).eval()
            norms = [m.num_features for m in made.modules() if isinstance(m, nn.BatchNorm2d)]
            assert norms == [width, width, o], norms
            for size in (1, 6, 7):
                got = made(torch.rand(1, i, size, size))
                expected = nn.Conv2d(i, o, 3, stride, 1)(torch.rand(1, i, size, size))
                assert got.shape == expected.shape, (got.shape, expected.shape)
