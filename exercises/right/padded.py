"""Right answers to the exercise `padded`, of different structure."""

import torch
from torch.nn import functional as F

# %% new zeros concatenated


def padded(x, out_channels, stride):
    x = x[..., ::stride, ::stride]
    n, c, h, w = x.shape
    return torch.cat([x, x.new_zeros(n, out_channels - c, h, w)], dim=1)


# %% written into zeros


def padded(x, out_channels, stride):
    every = x[:, :, ::stride, ::stride]
    y = torch.zeros(len(x), out_channels, *every.shape[2:], dtype=x.dtype)
    y[:, : x.shape[1]] = every
    return y


# %% pooling over one pixel


def padded(x, out_channels, stride):
    y = F.avg_pool2d(x, kernel_size=1, stride=stride)
    missing = [torch.zeros_like(y[:, :1])] * (out_channels - y.size(1))
    return torch.cat([y, *missing], 1)


# %% a convolution whose kernels are an identity


def padded(x, out_channels, stride):
    identity = torch.eye(out_channels, x.shape[1], dtype=x.dtype)
    return F.conv2d(x, identity[:, :, None, None], stride=stride)
