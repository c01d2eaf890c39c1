"""Shapes and costs of a network, stage by stage."""

from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass

import pandas as pd
from torch import Tensor, nn
from torch.utils.flop_counter import FlopCounterMode

from utils.inspection.modes import evaluating, zeros_for

LAYERS = (nn.Conv2d, nn.Linear)


@dataclass
class Summary:
    """The shapes and costs of a network, as `summary` finds them; shows itself as a table.

    Attributes
    ----------
    table : pandas.DataFrame
        One row per child of the network: ``output`` shape, ``parameters``, ``multiply_adds``.
    parameters, multiply_adds : int
        Of the whole network; multiply-adds for the given input, of convolutions and linear
        layers, as the papers count.
    """

    table: pd.DataFrame
    parameters: int
    multiply_adds: int

    def _repr_html_(self) -> str:
        return self.styled().to_html(index_names=False)

    def __str__(self) -> str:
        return self.styled().to_string()

    def styled(self) -> pd.DataFrame:
        """The table with a last row of sums, numbers with thousands separators."""
        total = pd.DataFrame(
            [{"output": "", "parameters": self.parameters, "multiply_adds": self.multiply_adds}],
            index=["total"],
        )
        both = pd.concat([self.table, total])
        for column in ("parameters", "multiply_adds"):
            both[column] = both[column].map("{:,}".format)
        return both


def summary(net: nn.Module, input_shape: Sequence[int]) -> Summary:
    """Output shape, parameters and multiply-adds of each child of ``net``, in eval mode.

    The network is left as it was, see `evaluating`.

    Parameters
    ----------
    net : nn.Module
        Children that do nothing (``nn.Identity``) are left out.
    input_shape : sequence of int
        ``(N, C, H, W)``; shapes and multiply-adds are for this batch.
    """
    shapes: dict[str, str] = {}

    def note_shape_of(name: str) -> Callable[[nn.Module, tuple[Tensor, ...], Tensor], None]:
        def hook(module: nn.Module, inputs: tuple[Tensor, ...], output: Tensor) -> None:
            shapes[name] = " x ".join(str(n) for n in output.shape)

        return hook

    children = [(n, m) for n, m in net.named_children() if not isinstance(m, nn.Identity)]
    counter = FlopCounterMode(display=False)
    with ExitStack() as stack:
        stack.enter_context(evaluating(net))
        for name, module in children:
            stack.enter_context(module.register_forward_hook(note_shape_of(name)))
        stack.enter_context(counter)
        net(zeros_for(net, input_shape))
    counts = counter.get_flop_counts()
    prefix = type(net).__name__
    rows = [
        {
            "output": shapes.get(name, ""),
            "parameters": count_parameters(module),
            "multiply_adds": sum(counts.get(f"{prefix}.{name}", {}).values()) // 2,
        }
        for name, module in children
    ]
    table = pd.DataFrame(rows, index=[name for name, _ in children])
    return Summary(table, count_parameters(net), counter.get_total_flops() // 2)


def count_parameters(module: nn.Module) -> int:
    """The number of parameters, trainable and frozen."""
    return sum(p.numel() for p in module.parameters())
