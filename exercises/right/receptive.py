"""Right answers to the exercise `receptive`, of different structure."""

import math
from itertools import accumulate
from operator import mul

# %% from the last layer to the first


def receptive(layers):
    pixels = 1
    for kernel, stride in reversed(layers):
        pixels = (pixels - 1) * stride + kernel
    return pixels, math.prod(stride for _, stride in layers)


# %% products of strides first


def receptive(layers):
    strides = [1, *accumulate((s for _, s in layers), mul)]
    return 1 + sum((k - 1) * s for (k, _), s in zip(layers, strides[:-1], strict=True)), strides[-1]


# %% recursion on the rest


def receptive(layers):
    if not layers:
        return 1, 1
    pixels, apart = receptive(layers[:-1])
    kernel, stride = layers[-1]
    return pixels + (kernel - 1) * apart, apart * stride


# %% first and last pixel


def receptive(layers):
    first, last, apart = 0, 0, 1
    for kernel, stride in layers:
        last += (kernel - 1) * apart
        apart = apart * stride
    return last - first + 1, apart
