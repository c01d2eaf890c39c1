"""Right answers to the exercise `identity`, of different structure."""

import torch
from torch import nn

# %% the middle of each window


def make_identity(block):
    with torch.no_grad():
        for conv, bn in [(block.conv1, block.bn1), (block.conv2, block.bn2)]:
            conv.weight.zero_()
            for channel in range(conv.out_channels):
                conv.weight[channel, channel, 1, 1] = 1
            bn.weight.copy_((bn.running_var + bn.eps).sqrt())
            bn.bias.copy_(bn.running_mean)


# %% the convolutions make up for the norms


def make_identity(block):
    for conv, bn in ((block.conv1, block.bn1), (block.conv2, block.bn2)):
        nn.init.dirac_(conv.weight)
        conv.weight.data *= (1 + bn.eps) ** 0.5
        bn.reset_parameters()


# %% a state that is loaded


def make_identity(block):
    state = block.state_dict()
    channels = block.conv1.in_channels
    kernel = torch.zeros(channels, channels, 3, 3)
    kernel[:, :, 1, 1] = torch.eye(channels)
    for n in "12":
        eps = getattr(block, f"bn{n}").eps
        state[f"conv{n}.weight"] = kernel
        state[f"bn{n}.weight"] = torch.full((channels,), (1 + eps) ** 0.5)
        state[f"bn{n}.bias"] = torch.zeros(channels)
    block.load_state_dict(state)


# %% channels reversed twice, doubled and halved


def make_identity(block):
    channels = block.conv1.in_channels
    for conv, bn, factor in ((block.conv1, block.bn1, 2.0), (block.conv2, block.bn2, 0.5)):
        kernel = torch.zeros_like(conv.weight)
        kernel[range(channels), range(channels)[::-1], 1, 1] = factor
        conv.weight = nn.Parameter(kernel)
        bn.weight = nn.Parameter(torch.full((channels,), 1 + bn.eps).sqrt())
        bn.bias = nn.Parameter(torch.zeros(channels))


# %% new layers in place of a loop


def make_identity(block):
    def set_pair(conv, bn):
        nn.init.dirac_(conv.weight)
        bn.weight.data.fill_((bn.running_var[0] + bn.eps).item() ** 0.5)
        bn.bias.data.zero_()

    set_pair(block.conv1, block.bn1)
    set_pair(block.conv2, block.bn2)
    return block


# %% up by one, and down again


def make_identity(block):
    for conv, bn, shift in ((block.conv1, block.bn1, 1.0), (block.conv2, block.bn2, -1.0)):
        nn.init.dirac_(conv.weight)
        nn.init.constant_(bn.weight, (1 + bn.eps) ** 0.5)
        nn.init.constant_(bn.bias, shift)
