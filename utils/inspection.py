"""What a network does: shapes, costs, predictions, gradients."""

from collections.abc import Sequence
from dataclasses import dataclass

import pandas as pd
import torch
from torch import Tensor, nn
from torch.utils.flop_counter import FlopCounterMode

from utils.batches import Batches

LEAVES = (nn.Conv2d, nn.Linear)


@dataclass
class Summary:
    """Shapes and costs of a network, stage by stage.

    Attributes
    ----------
    table : pandas.DataFrame
        One row a stage: ``output`` shape, ``parameters``, ``multiply_adds``.
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
        """The table with a last row of sums, numbers with thousands apart."""
        total = pd.DataFrame(
            [{"output": "", "parameters": self.parameters, "multiply_adds": self.multiply_adds}],
            index=["total"],
        )
        both = pd.concat([self.table, total])
        for column in ("parameters", "multiply_adds"):
            both[column] = both[column].map("{:,}".format)
        return both


def summary(net: nn.Module, input_shape: Sequence[int]) -> Summary:
    """Output shape, parameters and multiply-adds of each child of ``net``.

    Parameters
    ----------
    net : nn.Module
        Children that do nothing (``nn.Identity``) are left out.
    input_shape : sequence of int
        ``(N, C, H, W)``; shapes and multiply-adds are for this batch.
    """
    shapes: dict[str, str] = {}

    def note(name: str):
        def hook(module, inputs, output):
            shapes[name] = " x ".join(str(n) for n in output.shape)

        return hook

    children = [(n, m) for n, m in net.named_children() if not isinstance(m, nn.Identity)]
    hooks = [module.register_forward_hook(note(name)) for name, module in children]
    counter = FlopCounterMode(display=False)
    try:
        with evaluating(net), counter:
            net(torch.zeros(tuple(input_shape), device=next(net.parameters()).device))
    finally:
        for hook in hooks:
            hook.remove()
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
    """Numbers that training changes."""
    return sum(p.numel() for p in module.parameters())


class evaluating:
    """A context in which ``net`` is in eval mode and no gradients are kept."""

    def __init__(self, net: nn.Module):
        self.net, self.no_grad = net, torch.no_grad()

    def __enter__(self) -> nn.Module:
        self.was_training = self.net.training
        self.net.eval()
        self.no_grad.__enter__()
        return self.net

    def __exit__(self, *error) -> None:
        self.no_grad.__exit__(*error)
        self.net.train(self.was_training)


def gradient_norms(net: nn.Module, X: Tensor, y: Tensor) -> dict[str, float]:
    """The norm of the loss's gradient by each convolution's and linear layer's weight.

    One forward and backward pass in train mode over the batch ``X, y``; the network's
    gradients and BatchNorm statistics are put back as they were.

    Returns
    -------
    dict of layer name to Euclidean norm, in the order of the layers, without projections.
    """
    saved = {name: value.clone() for name, value in net.state_dict().items()}
    was_training = net.training
    net.train()
    layers = {
        name: m.weight
        for name, m in net.named_modules()
        if isinstance(m, LEAVES) and ".downsample" not in name
    }
    loss = nn.functional.cross_entropy(net(X), y)
    gradients = torch.autograd.grad(loss, list(layers.values()))
    net.load_state_dict(saved)
    net.train(was_training)
    return {name: float(g.norm()) for name, g in zip(layers, gradients, strict=True)}


def input_gradient(module: nn.Module, shape: Sequence[int]) -> Tensor:
    """How much each input pixel moves the sum of the outputs: ``(H, W)``, absolute values.

    A pixel at exactly 0 is never looked at. Inputs and signs are random but fixed, so that
    contributions don't cancel.
    """
    random = torch.Generator().manual_seed(0)
    x = torch.randn(tuple(shape), generator=random, requires_grad=True)
    output = module(x)
    output.backward(torch.randn(output.shape, generator=random))
    return x.grad.abs().sum(dim=(0, 1))


def predict(net: nn.Module, loader: Batches) -> tuple[Tensor, Tensor]:
    """Class probabilities ``(N, classes)`` and labels ``(N,)`` over a whole loader, on the CPU."""
    where = next(net.parameters()).device
    probabilities, labels = [], []
    with evaluating(net):
        for X, y in loader:
            probabilities.append(net(X.to(where)).float().softmax(dim=1).cpu())
            labels.append(y.cpu())
    return torch.cat(probabilities), torch.cat(labels)


def confusion_matrix(labels: Tensor, predictions: Tensor, classes: int = 10) -> Tensor:
    """Counts ``(classes, classes)``: row is the true class, column the predicted one."""
    for name, values in (("labels", labels), ("predictions", predictions)):
        if len(values) and (values.min() < 0 or values.max() >= classes):
            bad = int(values[(values < 0) | (values >= classes)][0])
            raise ValueError(
                f"confusion_matrix: {name} must lie in 0 to {classes - 1}, got {bad}."
            )
    return torch.bincount(labels * classes + predictions, minlength=classes**2).reshape(
        classes, classes
    )


def most_confused(matrix: Tensor, count: int = 5) -> list[tuple[int, int, int]]:
    """The largest off-diagonal entries: (true class, predicted class, how many)."""
    off = matrix.clone()
    off.fill_diagonal_(0)
    values, places = off.flatten().topk(count)
    classes = len(matrix)
    return [
        (int(p) // classes, int(p) % classes, int(v)) for v, p in zip(values, places, strict=True)
    ]


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
