"""The stage is a class of its own, derived from `nn.Sequential`."""

from torch import nn


class Stage(nn.Sequential):
    def extra_repr(self):
        return f"{len(self)} blocks"


def stage(block, in_channels, out_channels, blocks, stride):
    rest = (block(out_channels, out_channels, 1) for _ in range(blocks - 1))
    return Stage(block(in_channels, out_channels, stride), *rest)
