"""The stride is 2, whatever stride was asked for."""

from torch import nn


def stage(block, in_channels, out_channels, blocks, stride):
    layers = [block(in_channels, out_channels, 2)]
    for _ in range(blocks - 1):
        layers.append(block(out_channels, out_channels, 1))
    return nn.Sequential(*layers)
