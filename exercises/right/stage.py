"""Right answers to the exercise `stage`, of different structure."""

from torch import nn

# %% a Sequential of a class of one's own


class Stage(nn.Sequential):
    def extra_repr(self):
        return f"{len(self)} blocks"


def stage(block, in_channels, out_channels, blocks, stride):
    rest = (block(out_channels, out_channels, 1) for _ in range(blocks - 1))
    return Stage(block(in_channels, out_channels, stride), *rest)


# %% appended one by one


def stage(block, in_channels, out_channels, blocks, stride):
    net = nn.Sequential()
    for _ in range(blocks):
        net.append(block(in_channels, out_channels, stride))
        in_channels, stride = out_channels, 1
    return net


# %% blocks with names

from collections import OrderedDict


def stage(block, in_channels, out_channels, blocks, stride):
    channels = [in_channels] + [out_channels] * blocks
    made = OrderedDict()
    for n in range(blocks):
        made[f"block{n + 1}"] = block(channels[n], channels[n + 1], stride if n == 0 else 1)
    return nn.Sequential(made)


# %% shorter stages extended


def stage(block, in_channels, out_channels, blocks, stride):
    if blocks == 1:
        return nn.Sequential(block(in_channels, out_channels, stride))
    shorter = stage(block, in_channels, out_channels, blocks - 1, stride)
    return nn.Sequential(*shorter, block(out_channels, out_channels, 1))


# %% a class that makes its blocks itself


class Stage(nn.Sequential):
    def __init__(self, block, plan):
        super().__init__(*(block(*arguments) for arguments in plan))


def stage(block, in_channels, out_channels, blocks, stride):
    plan = [(in_channels, out_channels, stride)]
    plan += [(out_channels, out_channels, 1)] * (blocks - 1)
    return Stage(block, plan)
