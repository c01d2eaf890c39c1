"""Right answers to the exercise `preact`, of different structure."""

import torch
from torch import nn
from torch.nn import functional as F

# %% whether it projects is remembered; a branch that starts at zero


class PreActBlock(nn.Module):
    def __init__(self, in_channels, out_channels, stride=1):
        super().__init__()
        self.bn1, self.bn2 = nn.BatchNorm2d(in_channels), nn.BatchNorm2d(out_channels)
        nn.init.zeros_(self.bn2.weight)
        self.conv1 = nn.Conv2d(in_channels, out_channels, 3, stride, 1, bias=False)
        self.conv2 = nn.Conv2d(out_channels, out_channels, 3, 1, 1, bias=False)
        self.projects = stride > 1 or in_channels != out_channels
        self.downsample = (
            nn.Conv2d(in_channels, out_channels, 1, stride, bias=False)
            if self.projects
            else nn.Identity()
        )

    def forward(self, x):
        a = self.bn1(x).relu()
        shortcut = self.downsample(a if self.projects else x)
        out = self.conv1(a)
        out = self.conv2(self.bn2(out).relu())
        out += shortcut
        return out


# %% a function for norm, ReLU and convolution


def before(norm, conv, x):
    return conv(torch.relu(norm(x)))


class PreActBlock(nn.Module):
    def __init__(self, in_channels, out_channels, stride=1):
        super().__init__()
        for n, (i, s) in enumerate(((in_channels, stride), (out_channels, 1)), 1):
            setattr(self, f"bn{n}", nn.BatchNorm2d(i))
            conv = nn.Conv2d(i, out_channels, kernel_size=3, stride=s, padding=1, bias=False)
            setattr(self, f"conv{n}", conv)
        self.downsample = nn.Identity()
        if (in_channels, 1) != (out_channels, stride):
            self.downsample = nn.Conv2d(in_channels, out_channels, 1, stride, bias=False)

    def forward(self, x):
        pre = F.relu(self.bn1(x), inplace=True)
        source = pre if len(list(self.downsample.parameters())) else x
        return before(self.bn2, self.conv2, self.conv1(pre)).add(self.downsample(source))


# %% two classes, of which one is chosen when it is made


class Same(nn.Module):
    def __init__(self, in_channels, out_channels, stride):
        super().__init__()
        self.bn1 = nn.BatchNorm2d(in_channels)
        self.conv1 = nn.Conv2d(in_channels, out_channels, 3, stride, 1, bias=False)
        self.bn2 = nn.BatchNorm2d(out_channels)
        self.conv2 = nn.Conv2d(out_channels, out_channels, 3, 1, 1, bias=False)
        self.downsample = nn.Identity()

    def residual(self, activated):
        return self.conv2(F.relu(self.bn2(self.conv1(activated))))

    def forward(self, x):
        return self.downsample(x) + self.residual(F.relu(self.bn1(x)))


class Changed(Same):
    def __init__(self, in_channels, out_channels, stride):
        super().__init__(in_channels, out_channels, stride)
        self.downsample = nn.Conv2d(in_channels, out_channels, 1, stride, bias=False)

    def forward(self, x):
        activated = F.relu(self.bn1(x))
        return self.downsample(activated) + self.residual(activated)


def PreActBlock(in_channels, out_channels, stride=1):
    kind = Same if in_channels == out_channels and stride == 1 else Changed
    return kind(in_channels, out_channels, stride)


# %% branch and shortcut added up from a list


class PreActBlock(nn.Module):
    def __init__(self, in_channels, out_channels, stride=1):
        super().__init__()
        self.bn1 = nn.BatchNorm2d(in_channels)
        self.conv1 = nn.Conv2d(in_channels, out_channels, (3, 3), (stride, stride), 1, bias=False)
        self.bn2 = nn.BatchNorm2d(out_channels)
        self.conv2 = nn.Conv2d(out_channels, out_channels, (3, 3), padding="same", bias=False)
        self.relu = nn.ReLU()
        projection = nn.Conv2d(in_channels, out_channels, 1, stride, bias=False)
        same = stride == 1 and in_channels == out_channels
        self.downsample = nn.Identity() if same else projection

    def forward(self, x):
        activated = out = self.relu(self.bn1(x))
        for layer in (self.conv1, self.bn2, self.relu, self.conv2):
            out = layer(out)
        parts = [out]
        match self.downsample:
            case nn.Identity():
                parts.append(x)
            case project:
                parts.append(project(activated))
        return sum(parts)
