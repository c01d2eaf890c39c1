"""Networks for tables: the residual one of Gorishniy et al. 2021, its plain twin, and training.

Gorishniy et al. 2021 is "Revisiting Deep Learning Models for Tabular Data" (arXiv 2106.11959).
This file and `utils.blocks` can be read on their own.
"""

from collections.abc import Callable

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from utils.blocks import Residual

Loss = Callable[[Tensor, Tensor], Tensor]
PLACES = ("branch", "trunk")


class PadFeatures(nn.Module):
    """Option A for tables: the input, followed by columns of zeros; no parameters.

    Shapes: ``(N, inputs)`` to ``(N, outputs)``. Source: He et al. 2016a, section 3.3.

    Raises
    ------
    ValueError
        When there would be fewer columns out than in.
    """

    def __init__(self, inputs: int, outputs: int):
        super().__init__()
        if outputs < inputs:
            raise ValueError(
                f"PadFeatures adds columns and can't remove any: got {inputs} in and {outputs} "
                "out. Use a projection, nn.Linear(inputs, outputs, bias=False)."
            )
        self.extra = outputs - inputs

    def forward(self, x: Tensor) -> Tensor:
        return F.pad(x, (0, self.extra))

    def extra_repr(self) -> str:
        return f"extra={self.extra}"


def tabular_branch(
    width: int, hidden: int, dropout: float = 0.0, last_dropout: float = 0.0, norm: bool = True
) -> nn.Sequential:
    """The residual branch: BatchNorm, linear, ReLU, dropout, linear, dropout.

    Shapes: ``(N, width)`` to ``(N, width)``. Source: Gorishniy et al. 2021, section 3.

    Parameters
    ----------
    width, hidden : int
        Columns outside and inside the branch.
    dropout, last_dropout : float
        What share of the hidden numbers, and of the branch's output, is set to zero in training.
    norm : bool
        Whether the branch starts with a BatchNorm.
    """
    return nn.Sequential(
        nn.BatchNorm1d(width) if norm else nn.Identity(),
        nn.Linear(width, hidden),
        nn.ReLU(),
        nn.Dropout(dropout),
        nn.Linear(hidden, width),
        nn.Dropout(last_dropout),
    )


class TabularResNet(nn.Module):
    """A linear layer, blocks, and a head of BatchNorm, ReLU and linear.

    Parameters
    ----------
    inputs, outputs : int
        Columns of the table; numbers to predict, or classes.
    blocks, width, hidden : int
        How many blocks; columns outside and inside their branches.
    dropout, last_dropout : float
        As in `tabular_branch`.
    norm : bool
        Whether branches and head have a BatchNorm.
    shortcut : bool
        ``False`` gives the plain twin: the same layers in the same order, nothing added.
    dropout_in : {"branch", "trunk"}
        ``"trunk"`` moves the last dropout behind the addition, where the shortcut is hit as well.
        In a plain network the two are the same.

    Shapes: ``(N, inputs)`` to ``(N, outputs)``. Source: Gorishniy et al. 2021, section 3.

    Raises
    ------
    ValueError
        For another ``dropout_in``.
    """

    def __init__(
        self, inputs: int, outputs: int, blocks: int = 4, width: int = 64, hidden: int = 128,
        dropout: float = 0.0, last_dropout: float = 0.0, norm: bool = True, shortcut: bool = True,
        dropout_in: str = "branch",
    ):  # fmt: skip
        super().__init__()
        if dropout_in not in PLACES:
            raise ValueError(f"TabularResNet: dropout_in is {dropout_in!r}, not one of {PLACES}.")
        in_trunk = dropout_in == "trunk"
        self.stem = nn.Linear(inputs, width)
        self.blocks = nn.Sequential()
        for _ in range(blocks):
            branch = tabular_branch(width, hidden, dropout, 0 if in_trunk else last_dropout, norm)
            self.blocks.append(Residual(branch) if shortcut else branch)
            if in_trunk:
                self.blocks.append(nn.Dropout(last_dropout))
        self.head = nn.Sequential(
            nn.BatchNorm1d(width) if norm else nn.Identity(), nn.ReLU(), nn.Linear(width, outputs)
        )

    def forward(self, x: Tensor) -> Tensor:
        return self.head(self.blocks(self.stem(x)))


def init_he(net: nn.Module) -> nn.Module:
    """Give each linear layer in front of a ReLU a gain of 2, the others 1; biases 0.

    Weights are normal with variance gain / inputs, so that a signal keeps its size on average.
    "In front of" goes by the order of the modules in ``net``, which it returns. Source: He et al.
    2015, "Delving Deep into Rectifiers", section 2.2.
    """
    layers = [m for m in net.modules() if isinstance(m, (nn.Linear, nn.ReLU))]
    for layer, following in zip(layers, [*layers[1:], None], strict=True):
        if isinstance(layer, nn.Linear):
            gain = 2 if isinstance(following, nn.ReLU) else 1
            nn.init.normal_(layer.weight, std=(gain / layer.in_features) ** 0.5)
            nn.init.zeros_(layer.bias)
    return net


def init_identity(net: nn.Module) -> nn.Module:
    """Let each branch of `tabular_branch` without BatchNorm start as the identity; returns ``net``.

    With an orthogonal matrix A the first layer gets A and -A, the second their transposes, and
    x = A'relu(Ax) - A'relu(-Ax). Each branch needs ``hidden`` of twice its ``width``. Source: the
    looks-linear weights of Balduzzi et al. 2017, "The Shattered Gradients Problem".

    Raises
    ------
    ValueError
        When a branch is not twice as wide inside as outside.
    """
    pairs = [[m for m in part if isinstance(m, nn.Linear)]
             for part in net.modules() if isinstance(part, nn.Sequential)]  # fmt: skip
    for first, last in (pair for pair in pairs if len(pair) == 2):
        width, hidden = first.in_features, first.out_features
        if hidden != 2 * width:
            raise ValueError(
                f"init_identity: a branch has {hidden} columns inside and {width} outside; there "
                "must be twice as many inside, one half for each sign."
            )
        turn = nn.init.orthogonal_(torch.empty(width, width))
        with torch.no_grad():
            first.weight.copy_(torch.cat([turn, -turn]))
            last.weight.copy_(torch.cat([turn.T, -turn.T], dim=1))
        nn.init.zeros_(first.bias)
        nn.init.zeros_(last.bias)
    return net


def fit(
    net: nn.Module, X: Tensor, y: Tensor, loss: Loss, epochs: int, rate: float, batch: int = 256,
    weight_decay: float = 1e-4, after_epoch: Callable[[int], object] | None = None,
) -> nn.Module:  # fmt: skip
    """Train ``net`` with AdamW and one cycle of the learning rate; returns it, in eval mode.

    Parameters
    ----------
    X, y : Tensor
        Training rows ``(n, d)`` and their targets, as ``loss(net(X), y)`` takes them. In each
        epoch they are shuffled, and what does not fill a batch is left out.
    epochs, batch : int
    rate : float
        The highest learning rate of the cycle.
    after_epoch : callable, optional
        Called with the number of epochs done; the network is in eval mode then.

    Raises
    ------
    ValueError
        When there are no two rows to train on.
    """
    if len(X) < 2:
        raise ValueError(f"fit: {len(X)} rows; BatchNorm needs at least two.")
    batch = min(batch, len(X))
    steps = len(X) // batch
    optimizer = torch.optim.AdamW(net.parameters(), lr=rate, weight_decay=weight_decay, fused=True)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, rate, total_steps=epochs * steps)
    for epoch in range(epochs):
        net.train()
        for rows in torch.randperm(len(X))[: steps * batch].split(batch):
            optimizer.zero_grad()
            loss(net(X[rows]), y[rows]).backward()
            optimizer.step()
            schedule.step()
        net.eval()
        if after_epoch:
            after_epoch(epoch + 1)
    return net.eval()


@torch.no_grad()
def error(net: nn.Module, X: Tensor, y: Tensor) -> float:
    """Root mean squared error for a quantity, the share of wrong classes for int64 targets."""
    net.eval()
    outputs = net(X)
    if y.dtype == torch.int64:
        return (outputs.argmax(1) != y).float().mean().item()
    return (outputs - y).square().mean().sqrt().item()
