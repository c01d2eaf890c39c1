"""Right answers to the exercise `head`, of different structure."""

import torch
from torch import nn

# %% a layer that takes the mean; compared with the mean taken beforehand


class Mean(nn.Module):
    def forward(self, x):
        return x.mean((-1, -2))


def head(channels, classes):
    return nn.Sequential(Mean(), nn.Linear(channels, classes))


def test_head(head):
    made = head(4, 10)
    for size in [(1, 1), (2, 2), (7, 7), (15, 9)]:
        x = torch.randn(3, 4, *size)
        assert torch.allclose(made(x), made(x.mean(dim=(2, 3), keepdim=True)), atol=1e-5)


# %% adaptive pooling with names; sizes from 1 to 20

from collections import OrderedDict


def head(channels, classes):
    return nn.Sequential(
        OrderedDict(
            pool=nn.AdaptiveAvgPool2d((1, 1)), flat=nn.Flatten(1), fc=nn.Linear(channels, classes)
        )
    )


def test_head(head):
    shapes = {tuple(head(2, 3)(torch.rand(5, 2, n, n)).shape) for n in range(1, 21)}
    assert shapes == {(5, 3)}, shapes
    made = head(1, 1)
    with torch.no_grad():
        for weight in made.parameters():
            weight.fill_(1.0)
    x = torch.zeros(1, 1, 10, 3)
    x[0, 0, 9, 2] = 60
    assert abs(made(x).item() - 3) < 1e-4, "60 in one of 30 places has a mean of 2, and 1 is added"


# %% flattened places, a mean over them; a map repeated in place and one turned over


class Places(nn.Module):
    def forward(self, x):
        return x.flatten(2).sum(2) / x[0, 0].numel()


def head(channels, classes):
    layers = nn.Sequential(Places())
    layers.append(nn.Linear(channels, classes))
    return layers


def test_head(head):
    logits, x = head(3, 7), torch.randn(2, 3, 4, 6)
    expected = logits(x)
    assert expected.shape == (2, 7)
    for other in (x.repeat(1, 1, 2, 3), x.flip(2, 3), x.transpose(2, 3)):
        assert torch.allclose(logits(other), expected, atol=1e-5), "the mean is the same"
