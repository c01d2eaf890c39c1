"""Right answers to the exercise `norms`, of different structure."""

import torch
from torch import nn
from torch.nn import functional as F

# %% layers set by name, in place; calls counted by hooks


class TwoNorms(nn.Module):
    def __init__(self, channels):
        super().__init__()
        for k in "12":
            setattr(self, f"conv{k}", nn.Conv2d(channels, channels, 3, padding=1, bias=False))
            setattr(self, f"bn{k}", nn.BatchNorm2d(channels))
        self.relu = nn.ReLU(inplace=True)

    def forward(self, x):
        out = self.relu(self.bn1(self.conv1(x)))
        out = self.bn2(self.conv2(out))
        out += x
        return self.relu(out)


def test_norms(Block):
    block, calls = Block(3).train(), {}
    for m in block.modules():
        if isinstance(m, nn.BatchNorm2d):
            calls[m] = 0
            m.register_forward_hook(lambda m, *_: calls.__setitem__(m, calls[m] + 1))
    block(torch.randn(4, 3, 6, 6))
    assert list(calls.values()) == [1, 1]


# %% a branch that is walked through; counted over several batches


class TwoNorms(nn.Module):
    def __init__(self, channels):
        super().__init__()
        same = dict(kernel_size=3, padding="same", bias=False)
        self.conv1, self.conv2 = (nn.Conv2d(channels, channels, **same) for _ in "12")
        self.bn1, self.bn2 = (nn.BatchNorm2d(channels) for _ in "12")

    def forward(self, x):
        y = x
        for layer in (self.conv1, self.bn1, torch.relu, self.conv2, self.bn2):
            y = layer(y)
        return (x + y).clamp(min=0)


def test_norms(Block):
    block = Block(2)
    block.train()
    for _ in range(3):
        block(torch.rand(2, 2, 4, 4))
    state = block.state_dict()
    seen = [int(n) for name, n in state.items() if name.endswith("num_batches_tracked")]
    assert seen == [3, 3], seen


# %% layers of a class of one's own; the running averages have moved


class Half(nn.Module):
    def norm_of(self, number, x):
        conv, norm = getattr(self, f"conv{number}"), getattr(self, f"bn{number}")
        return norm(F.conv2d(x, conv.weight, padding=1))


class TwoNorms(Half):
    def __init__(self, channels):
        super().__init__()
        self.bn2 = nn.BatchNorm2d(channels)
        self.bn1 = nn.BatchNorm2d(channels)
        self.conv2 = nn.Conv2d(channels, channels, 3, 1, 1, bias=False)
        self.conv1 = nn.Conv2d(channels, channels, 3, 1, 1, bias=False)

    def forward(self, x):
        return F.relu(torch.add(self.norm_of(2, F.relu(self.norm_of(1, x))), x))


def test_norms(Block):
    block = Block(5).train()
    norms = [m for m in block.modules() if isinstance(m, nn.modules.batchnorm._BatchNorm)]
    assert len(norms) == 2, f"{len(norms)} BatchNorms"
    inputs = []
    for norm in norms:
        norm.register_forward_pre_hook(lambda module, given: inputs.append(module))
    block(torch.rand(3, 5, 7, 7))
    assert len(inputs) == 2 and inputs[0] is not inputs[1], "one of them is used twice"
