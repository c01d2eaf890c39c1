"""Right answers to the exercise `widen`, of different structure."""

import torch
from torch import nn

# %% padded with zeros and random numbers


def widen(first, second, extra):
    new_in = torch.randn(extra, first.in_channels, 3, 3)
    a = nn.Conv2d(first.in_channels, first.out_channels + extra, 3, padding=1)
    b = nn.Conv2d(a.out_channels, second.out_channels, 3, padding=1)
    a.weight = nn.Parameter(torch.cat([first.weight.detach(), new_in]))
    a.bias = nn.Parameter(nn.functional.pad(first.bias.detach(), (0, extra)))
    zeros = torch.zeros(second.out_channels, extra, 3, 3)
    b.weight = nn.Parameter(torch.cat([second.weight.detach(), zeros], dim=1))
    b.bias = nn.Parameter(second.bias.detach().clone())
    return a, b


# %% the new channels first


def widen(first, second, extra):
    a = nn.Conv2d(first.in_channels, first.out_channels + extra, 3, padding=1)
    b = nn.Conv2d(first.out_channels + extra, second.out_channels, 3, padding=1)
    with torch.no_grad():
        a.weight[extra:].copy_(first.weight), a.bias[extra:].copy_(first.bias)
        b.weight[:, :extra].zero_()
        b.weight[:, extra:].copy_(second.weight), b.bias.copy_(second.bias)
    return a, b


# %% copies that share the work unequally


def widen(first, second, extra):
    old = first.out_channels
    source = torch.arange(old + extra) % old
    shares = torch.rand(old + extra) + 0.5
    shares /= torch.zeros(old).index_add(0, source, shares)[source]
    a = nn.Conv2d(first.in_channels, old + extra, 3, padding=1)
    b = nn.Conv2d(old + extra, second.out_channels, 3, padding=1)
    a.load_state_dict({"weight": first.weight[source], "bias": first.bias[source]})
    b.load_state_dict(
        {"weight": second.weight[:, source] * shares[:, None, None], "bias": second.bias}
    )
    return a, b


# %% modules of the same kind, made by copying

import copy


def widen(first, second, extra):
    a, b = copy.deepcopy(first), copy.deepcopy(second)
    a.out_channels = b.in_channels = first.out_channels + extra
    more = nn.Conv2d(first.in_channels, extra, 3)
    a.weight = nn.Parameter(torch.cat([a.weight.data, more.weight.data]))
    a.bias = nn.Parameter(torch.cat([a.bias.data, more.bias.data]))
    b.weight = nn.Parameter(
        torch.cat([b.weight.data, 0 * b.weight.data[:, :1].repeat(1, extra, 1, 1)], 1)
    )
    return a, b
