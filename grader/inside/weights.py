"""The same weights for every implementation, told by names or by shapes."""

import hashlib
import math
from collections.abc import Iterable

import numpy as np
import torch


def draw(name: str, shape: tuple[int, ...], seed: int) -> np.ndarray:
    """What `set_weights` puts into the parameter or buffer ``name``."""
    digest = hashlib.sha256(f"{seed}/{name}/{shape}".encode()).digest()
    random = np.random.Generator(np.random.PCG64(int.from_bytes(digest[:16], "little")))
    leaf = name.rpartition(".")[2]
    if leaf == "running_var":
        return random.uniform(0.5, 1.5, shape)
    noise = random.standard_normal(shape)
    if len(shape) >= 2:
        return noise / math.sqrt(max(1, math.prod(shape[1:])))
    if leaf == "weight" or not shape:  # BatchNorm's scale, or a scalar gate
        return 1 + 0.1 * noise
    return 0.1 * noise


def by_place(module: torch.nn.Module, name: str) -> str:
    """``name`` with places in place of the names that a Sequential inside ``module`` gives.

    What is in a Sequential has an order, and whatever names its author likes. ``module`` itself
    may be one, and then its names stay: they may be those that an exercise asks for.
    """
    words = name.split(".")
    inside: torch.nn.Module | None = module
    for depth, word in enumerate(words):
        children = inside._modules if inside is not None else {}
        if depth and isinstance(inside, torch.nn.Sequential) and word in children:
            words[depth] = str(list(children).index(word))
        inside = children.get(word)
    return ".".join(words)


def set_weights_by_shape(
    module: torch.nn.Module, seed: int, given: Iterable[torch.nn.Module] = ()
) -> torch.nn.Module:
    """Set all parameters to values that depend on their numbers of elements and ``seed`` alone.

    For implementations that may name and order their parameters as they like: two of equal shape
    get the same values, drawn from N(0, 1). Those of the modules in ``given``, and all buffers,
    stay as they are. Returns ``module``.
    """
    kept = {id(parameter) for one in given for parameter in one.parameters()}
    for parameter in module.parameters():
        if id(parameter) not in kept:
            generator = torch.Generator().manual_seed(seed + parameter.numel())
            parameter.data = torch.randn(parameter.shape, generator=generator)
    return module


def set_weights(module: torch.nn.Module, seed: int) -> torch.nn.Module:
    """Set all floating-point parameters and buffers to values that anyone can reproduce.

    A value depends on the parameter's name and shape and on ``seed`` alone, not on torch's
    random numbers or on the order in which layers were built, so two implementations with the
    same names (but see `by_place`) get the same weights. Weights are about N(0, 1/fan_in),
    BatchNorm's scales near 1, running variances positive. Returns ``module``.
    """
    state = dict(module.named_parameters()) | dict(module.named_buffers())
    for name, tensor in sorted(state.items()):
        if tensor.is_floating_point():
            drawn = draw(by_place(module, name), tuple(tensor.shape), seed)
            tensor.data.copy_(torch.from_numpy(np.asarray(drawn)))
    return module
