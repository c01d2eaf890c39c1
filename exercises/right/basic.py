"""Right answers to the exercise `basic`, of different structure."""

import torch
from torch import nn
from torch.nn import functional as F

# %% a helper that makes convolutions, one ReLU for all


class BasicBlock(nn.Module):
    def __init__(self, in_channels, out_channels, stride=1):
        super().__init__()

        def conv(i, o, k, s):
            return nn.Conv2d(i, o, k, s, padding=k // 2, bias=False)

        self.conv1 = conv(in_channels, out_channels, 3, stride)
        self.bn1 = nn.BatchNorm2d(out_channels)
        self.conv2, self.bn2 = conv(out_channels, out_channels, 3, 1), nn.BatchNorm2d(out_channels)
        self.downsample = (
            nn.Identity()
            if (stride, in_channels) == (1, out_channels)
            else (nn.Sequential(conv(in_channels, out_channels, 1, stride),
                                nn.BatchNorm2d(out_channels)))
        )  # fmt: skip
        self.relu = nn.ReLU(inplace=True)

    def forward(self, x):
        out = self.relu(self.bn1(self.conv1(x)))
        out = self.bn2(self.conv2(out))
        out += self.downsample(x)
        return self.relu(out)


# %% a class for convolution and norm, inherited


class Layers(nn.Module):
    def put(self, number, i, o, stride):
        conv = nn.Conv2d(i, o, 3, stride, 1, bias=False)
        setattr(self, f"conv{number}", conv)
        setattr(self, f"bn{number}", nn.BatchNorm2d(o))

    def step(self, number, x):
        return getattr(self, f"bn{number}")(getattr(self, f"conv{number}")(x))


class BasicBlock(Layers):
    def __init__(self, in_channels, out_channels, stride=1):
        super().__init__()
        for number, (i, s) in enumerate([(in_channels, stride), (out_channels, 1)], start=1):
            self.put(number, i, out_channels, s)
        self.downsample = nn.Sequential()
        if stride > 1 or in_channels != out_channels:
            self.downsample.append(nn.Conv2d(in_channels, out_channels, 1, stride, bias=False))
            self.downsample.append(nn.BatchNorm2d(out_channels))
        else:
            self.downsample = nn.Identity()

    def forward(self, x):
        return F.relu(self.step(2, F.relu(self.step(1, x))) + self.downsample(x))


# %% the shortcut is left out where it does nothing, the last scale starts at zero


class BasicBlock(nn.Module):
    expansion = 1

    def __init__(self, in_channels: int, out_channels: int, stride: int = 1):
        super().__init__()
        self.conv1 = nn.Conv2d(in_channels, out_channels, 3, stride, 1, bias=False)
        self.conv2 = nn.Conv2d(out_channels, out_channels, 3, padding="same", bias=False)
        self.bn1, self.bn2 = (nn.BatchNorm2d(out_channels) for _ in range(2))
        self.changes = stride != 1 or in_channels != out_channels
        self.downsample = nn.Identity()
        if self.changes:
            projection = nn.Conv2d(in_channels, out_channels, 1, stride, bias=False)
            self.downsample = nn.Sequential(projection, nn.BatchNorm2d(out_channels))
        for conv in (self.conv1, self.conv2):
            nn.init.kaiming_normal_(conv.weight, mode="fan_out", nonlinearity="relu")
        nn.init.zeros_(self.bn2.weight)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        out = self.bn1(self.conv1(x)).clamp_min(0)
        out = self.bn2(self.conv2(out))
        return torch.relu(out + (self.downsample(x) if self.changes else x))


# %% branch and shortcut as functions, the branch walked through


class BasicBlock(nn.Module):
    def __init__(self, in_channels, out_channels, stride=1):
        super().__init__()
        shape = dict(kernel_size=3, padding=1, bias=False)
        self.conv1 = nn.Conv2d(in_channels, out_channels, stride=stride, **shape)
        self.bn1 = nn.BatchNorm2d(out_channels)
        self.conv2 = nn.Conv2d(out_channels, out_channels, **shape)
        self.bn2 = nn.BatchNorm2d(out_channels)
        same = in_channels == out_channels and stride == 1
        self.downsample = nn.Identity() if same else self.project(in_channels, out_channels, stride)

    @classmethod
    def project(cls, i, o, stride):
        return nn.Sequential(*[nn.Conv2d(i, o, 1, stride, bias=False), nn.BatchNorm2d(o)])

    def branch(self, x):
        for layer in (self.conv1, self.bn1, F.relu, self.conv2, self.bn2):
            x = layer(x)
        return x

    def forward(self, x):
        return sum([self.branch(x), self.downsample(x)]).relu()
