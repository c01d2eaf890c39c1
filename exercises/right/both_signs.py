"""Right answers to the exercise `both_signs`, of different structure."""

import torch
from torch import nn

# %% channels and their negatives in turn


def both_signs(channels):
    net = nn.Sequential(
        nn.Conv2d(channels, 2 * channels, 3, padding=1),
        nn.ReLU(),
        nn.Conv2d(2 * channels, channels, 3, padding=1),
    )
    with torch.no_grad():
        for parameter in net.parameters():
            parameter.zero_()
        for c in range(channels):
            for k, sign in ((2 * c, 1), (2 * c + 1, -1)):
                net[0].weight[k, c, 1, 1] = sign
                net[2].weight[c, k, 1, 1] = sign
    return net


# %% a mixture that is undone


def both_signs(channels):
    mixing = torch.linalg.qr(torch.randn(channels, channels)).Q
    first = nn.Conv2d(channels, 2 * channels, (3, 3), padding="same", bias=False)
    second = nn.Conv2d(2 * channels, channels, (3, 3), padding=(1, 1), bias=False)
    nn.init.zeros_(first.weight), nn.init.zeros_(second.weight)
    first.weight.data[:, :, 1, 1] = torch.cat([mixing, -mixing])
    second.weight.data[:, :, 1, 1] = torch.cat([mixing.T, -mixing.T], dim=1)
    return nn.Sequential(first, nn.ReLU(), second)


# %% three channels for each: the third does nothing


def both_signs(channels):
    eye = torch.eye(channels)
    into = torch.cat([4 * eye, -2 * eye, torch.rand(channels, channels)])
    out = torch.cat([eye / 4, -eye / 2, 0 * eye], dim=1)
    layers = [nn.Conv2d(channels, 3 * channels, 3, 1, 1, bias=False), nn.ReLU(inplace=True)]
    layers.append(nn.Conv2d(3 * channels, channels, 3, 1, 1, bias=False))
    for layer, matrix in ((layers[0], into), (layers[2], out)):
        layer.weight = nn.Parameter(nn.functional.pad(matrix[:, :, None, None], (1, 1, 1, 1)))
    return nn.Sequential(*layers)


# %% a class of its own that is a Sequential


class BothSigns(nn.Sequential):
    def __init__(self, channels):
        wide = nn.Conv2d(channels, 2 * channels, 3, padding=1, bias=False)
        back = nn.Conv2d(2 * channels, channels, 3, padding=1, bias=False)
        nn.init.dirac_(wide.weight, groups=2)
        with torch.no_grad():
            wide.weight[channels:] *= -1
            back.weight.copy_(wide.weight.transpose(0, 1))
        super().__init__(wide, nn.ReLU(), back)


def both_signs(channels):
    return BothSigns(channels)
