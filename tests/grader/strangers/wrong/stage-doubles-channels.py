"""The first block doubles the channels, whatever number was asked for."""

from torch import nn


def stage(block, in_channels, out_channels, blocks, stride):
    layers = [block(in_channels, 2 * in_channels, stride)]
    for _ in range(blocks - 1):
        layers.append(block(out_channels, out_channels, 1))
    return nn.Sequential(*layers)
