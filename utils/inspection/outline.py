"""A network as rows for a diagram: layers and blocks, with their shapes."""

from collections.abc import Callable, Sequence
from contextlib import ExitStack
from typing import TypedDict

from torch import Tensor, nn

from utils.inspection.modes import evaluating, zeros_for


class Row(TypedDict):
    """One layer or block of a diagram, see `diagram_rows`."""

    name: str
    kind: str
    shape: tuple[int, ...]
    text: str


def diagram_rows(net: nn.Module, input_shape: Sequence[int]) -> list[Row]:
    """What `diagrams.network` draws: one row per layer or block of a `utils.resnet.ResNet`.

    The network is left as it was, see `evaluating`.

    Parameters
    ----------
    net : nn.Module
    input_shape : sequence of int
        ``(N, C, H, W)``.

    Returns
    -------
    list of dict
        In the order of computation: ``name``; ``kind``, one of "layer", "plain", "identity" and
        "projection"; ``shape`` of the output without N; ``text``, the layer in words.
    """
    rows: list[Row] = []

    def note(name: str, kind: str) -> Callable[[nn.Module, tuple[Tensor, ...], Tensor], None]:
        def hook(module: nn.Module, inputs: tuple[Tensor, ...], output: Tensor) -> None:
            shape = tuple(output.shape[1:])
            rows.append({"name": name, "kind": kind, "shape": shape, "text": words(module)})

        return hook

    with ExitStack() as stack:
        stack.enter_context(evaluating(net))
        for name, module in net.named_children():
            if isinstance(module, nn.Sequential) and name.startswith("layer"):
                for i, block in enumerate(module):
                    hook = note(f"{name}.{i}", kind_of(block))
                    stack.enter_context(block.register_forward_hook(hook))
            elif isinstance(module, (nn.Conv2d, nn.MaxPool2d, nn.AdaptiveAvgPool2d, nn.Linear)):
                stack.enter_context(module.register_forward_hook(note(name, "layer")))
        net(zeros_for(net, input_shape))
    return rows


def kind_of(block: nn.Module) -> str:
    """How a block's shortcut is drawn; one without the attribute ``downsample`` has none."""
    shortcut = getattr(block, "downsample", None)
    if shortcut is None:
        return "plain"
    return "identity" if isinstance(shortcut, nn.Identity) else "projection"


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
