"""Right answers to the exercise `table`, of different structure."""

import torch
from torch import nn
from torch.nn import functional as F

# %% zeroed in a loop over parameters


class TableBlock(torch.nn.Module):
    def __init__(self, features, hidden):
        super().__init__()
        self.inner = nn.Linear(features, hidden)
        self.outer = nn.Linear(hidden, features)
        with torch.no_grad():
            for p in self.outer.parameters():
                p.zero_()

    def forward(self, x):
        return self.outer(self.inner(x).clamp(min=0)).add(x)


# %% a linear layer that resets itself to zero


class Silent(nn.Linear):
    def reset_parameters(self):
        nn.init.zeros_(self.weight)
        nn.init.zeros_(self.bias)


class TableBlock(nn.Module):
    def __init__(self, features, hidden):
        super().__init__()
        self.inner, self.outer = nn.Linear(features, hidden), Silent(hidden, features)

    def forward(self, x):
        return self.outer(torch.relu(self.inner(x))) + x


# %% a branch made of a Sequential with names

from collections import OrderedDict


class TableBlock(nn.Sequential):
    def __init__(self, features, hidden):
        last = nn.Linear(hidden, features)
        last.load_state_dict({k: torch.zeros_like(v) for k, v in last.state_dict().items()})
        super().__init__(OrderedDict(inner=nn.Linear(features, hidden), relu=nn.ReLU(), outer=last))

    def forward(self, x):
        return x + super().forward(x)


# %% functional, with initial values from apply


class TableBlock(nn.Module):
    def __init__(self, features: int, hidden: int) -> None:
        super().__init__()
        self.add_module("inner", nn.Linear(features, hidden))
        self.add_module("outer", nn.Linear(hidden, features))
        self.outer.apply(self.silence)

    @staticmethod
    def silence(layer: nn.Linear) -> None:
        layer.weight.data.fill_(0.0)
        layer.bias.data.fill_(0.0)

    def branch(self, x: torch.Tensor) -> torch.Tensor:
        hidden = F.relu(F.linear(x, self.inner.weight, self.inner.bias), inplace=True)
        return F.linear(hidden, self.outer.weight, self.outer.bias)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return torch.stack([x, self.branch(x)]).sum(0)
