"""Weights in few bits: what int8 keeps of a network, and what it costs in the file.

Weights are rounded, activations are not: the network still computes in float32, from weights that
fit into one byte each. Source: Krishnamoorthi 2018, "Quantizing deep convolutional networks for
efficient inference" (arXiv 1806.08342), sections 2.3 and 3.1.
"""

import copy
import io

import torch
from torch import Tensor, nn

LAYERS = (nn.Conv2d, nn.Linear)


def quantise(weight: Tensor, bits: int = 8, per_channel: bool = True) -> tuple[Tensor, Tensor]:
    """Whole numbers and the scale by which they are multiplied to give ``weight`` again.

    Symmetric: 0 stays 0, and with 8 bits the numbers are -127 to 127. They are rounded, so no
    weight is off by more than half its scale.

    Parameters
    ----------
    weight : Tensor
        ``(out, ...)``, floating point.
    bits : int
        2 to 8.
    per_channel : bool
        One scale for each output channel; otherwise one for all.

    Returns
    -------
    (int8 Tensor of the shape of ``weight``, scale ``(out, 1, ...)`` or ``(1, 1, ...)``)

    Raises
    ------
    ValueError
        For another number of bits.
    """
    if not 2 <= bits <= 8:
        raise ValueError(f"quantise: 2 to 8 bits fit into an int8 with its sign, got {bits}.")
    most = 2 ** (bits - 1) - 1
    rest = tuple(range(1 if per_channel else 0, weight.ndim))
    largest = weight.abs().amax(dim=rest, keepdim=True)
    scale = torch.where(largest > 0, largest / most, 1.0)
    return (weight / scale).round().to(torch.int8), scale


@torch.no_grad()
def quantised(net: nn.Module, bits: int = 8, per_channel: bool = True) -> nn.Module:
    """A copy of ``net`` whose convolutions and linear layers have weights from `quantise`.

    Biases and normalisation layers keep their float32; of 100 numbers they are less than one.
    """
    rounded = copy.deepcopy(net)
    for module in rounded.modules():
        if isinstance(module, LAYERS):
            whole, scale = quantise(module.weight, bits, per_channel)
            module.weight.copy_(whole * scale)
    return rounded


def packed(net: nn.Module) -> dict[str, Tensor]:
    """The state dict of ``net`` with int8 weights: `quantise`, and scales under ``NAME.scale``."""
    state = dict(net.state_dict())
    for name, module in net.named_modules():
        if isinstance(module, LAYERS):
            whole, scale = quantise(module.weight.detach())
            state |= {f"{name}.weight": whole, f"{name}.weight.scale": scale}
    return state


def unpacked(state: dict[str, Tensor]) -> dict[str, Tensor]:
    """A state dict to load, from what `packed` gave."""
    scales = {name: state[f"{name}.scale"] for name in state if f"{name}.scale" in state}
    plain = {name: t for name, t in state.items() if name.removesuffix(".scale") not in scales
             or name in scales}  # fmt: skip
    return {name: t * scales[name] if name in scales else t for name, t in plain.items()}


def size(state: dict[str, Tensor]) -> int:
    """Bytes of a state dict as a safetensors file."""
    from safetensors.torch import save

    return io.BytesIO(save({name: t.contiguous() for name, t in state.items()})).getbuffer().nbytes
