"""A network as rows for a diagram: layers and blocks, with their shapes."""

from collections.abc import Sequence

import torch
from torch import nn

from utils.inspection.modes import evaluating


def diagram_rows(net: nn.Module, input_shape: Sequence[int]) -> list[dict]:
    """What `diagrams.network` draws: a row per layer or block, with its output's shape."""
    rows = []
    hooks = []

    def note(name, module, kind):
        def hook(_, inputs, output):
            shape = tuple(output.shape[1:])
            rows.append({"name": name, "kind": kind, "shape": shape, "text": words(module)})

        hooks.append(module.register_forward_hook(hook))

    for name, module in net.named_children():
        if isinstance(module, nn.Sequential) and name.startswith("layer"):
            for i, block in enumerate(module):
                shortcut = block.downsample
                kind = "plain" if shortcut is None else (
                    "identity" if isinstance(shortcut, nn.Identity) else "projection"
                )  # fmt: skip
                note(f"{name}.{i}", block, kind)
        elif isinstance(module, (nn.Conv2d, nn.MaxPool2d, nn.AdaptiveAvgPool2d, nn.Linear)):
            note(name, module, "layer")
    try:
        with evaluating(net):
            net(torch.zeros(tuple(input_shape)))
    finally:
        for hook in hooks:
            hook.remove()
    return rows


def words(module: nn.Module) -> str:
    """A layer or block in a few words, for a diagram."""
    if isinstance(module, nn.Conv2d):
        k, s = module.kernel_size[0], module.stride[0]
        return f"{k}x{k} conv, {module.out_channels}" + (f", stride {s}" if s > 1 else "")
    if isinstance(module, nn.MaxPool2d):
        return f"{module.kernel_size}x{module.kernel_size} max-pool, stride {module.stride}"
    if isinstance(module, nn.AdaptiveAvgPool2d):
        return "global average pool"
    if isinstance(module, nn.Linear):
        return f"linear, {module.out_features}"
    convs = [m for n, m in module.named_modules() if isinstance(m, nn.Conv2d) and "down" not in n]
    return "\n".join(words(m) for m in convs)
