"""What one training step computes of a batch, for every trainer the same."""

from collections.abc import Sequence

from d2l import torch as d2l
from torch import Tensor, nn


def has_own_step(model: d2l.Module) -> bool:
    """Whether ``model`` computes its training loss in a ``training_step`` of its own."""
    return getattr(model.training_step, "__func__", None) is not d2l.Module.training_step


def loss_and_output(model: d2l.Module, batch: Sequence[Tensor]) -> tuple[Tensor, Tensor | None]:
    """The mean loss of a batch, and the network's output.

    A model with a ``training_step`` of its own keeps its output to itself: it is None.
    """
    if has_own_step(model):
        return model.training_step(batch), None
    output = model(*batch[:-1])
    return model.loss(output, batch[-1]), output


def correct_answers(model: d2l.Module, output: Tensor | None, y: Tensor) -> Tensor | None:
    """How many of a batch are classified correctly; None where that can't be told."""
    if output is None or not hasattr(model, "accuracy"):
        return None
    return model.accuracy(output.detach(), y, averaged=False).sum()


class Step(nn.Module):
    """`loss_and_output` of one model, as a module that can be wrapped or compiled."""

    def __init__(self, model: d2l.Module) -> None:
        super().__init__()
        self.model = model

    def forward(self, *batch: Tensor) -> tuple[Tensor, Tensor | None]:
        return loss_and_output(self.model, batch)
