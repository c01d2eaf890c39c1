"""The same seed gives the same numbers, and other initial weights go where they should."""

import random

import numpy as np
import torch
from torch import nn

from utils.resnet import resnet8
from utils.seeding import reinitialise, seed_everything


def test_the_same_seed_gives_the_same_numbers_from_every_source():
    drawn = []
    for _ in range(2):
        seed_everything(3)
        drawn.append((random.random(), np.random.rand(), torch.rand(1).item()))
    assert drawn[0] == drawn[1] and len(set(drawn[0])) == 3


def test_every_convolution_and_linear_layer_is_drawn_and_nothing_else():
    net = resnet8()
    before = {name: value.clone() for name, value in net.state_dict().items()}
    assert reinitialise(net, nn.init.orthogonal_) is net
    drawn = {f"{name}.weight" for name, layer in net.named_modules()
             if type(layer) in (nn.Conv2d, nn.Linear)}  # fmt: skip
    changed = {k for k, value in net.state_dict().items() if not torch.equal(value, before[k])}
    assert changed == drawn and len(drawn) > 8
    rows = net.fc.weight @ net.fc.weight.T  # orthogonal rows of length 1
    assert torch.allclose(rows, torch.eye(len(rows)), atol=1e-5)


def test_without_a_draw_every_weight_stays():
    net = nn.Sequential(nn.Linear(2, 3), nn.Conv1d(1, 1, 1))
    before = [value.clone() for value in net.parameters()]
    reinitialise(net, None)
    assert all(map(torch.equal, net.parameters(), before))
