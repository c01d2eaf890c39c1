"""Right answers to the exercise `bottleneck`, of different structure."""

import torch
from torch import nn
from torch.nn import functional as F

# %% layers made and used in loops


class Bottleneck(nn.Module):
    def __init__(self, in_channels, out_channels, stride=1, stride_on="3x3"):
        super().__init__()
        width = out_channels // 4
        strides = {"1x1": (stride, 1, 1), "3x3": (1, stride, 1)}[stride_on]
        sizes = [(in_channels, width, 1), (width, width, 3), (width, out_channels, 1)]
        for n, ((i, o, k), s) in enumerate(zip(sizes, strides, strict=True), start=1):
            self.add_module(f"conv{n}", nn.Conv2d(i, o, k, s, k // 2, bias=False))
            self.add_module(f"bn{n}", nn.BatchNorm2d(o))
        self.downsample = nn.Identity()
        if in_channels != out_channels or stride != 1:
            projection = nn.Conv2d(in_channels, out_channels, 1, stride, bias=False)
            self.downsample = nn.Sequential(projection, nn.BatchNorm2d(out_channels))

    def forward(self, x):
        y = x
        for n in (1, 2, 3):
            y = getattr(self, f"bn{n}")(getattr(self, f"conv{n}")(y))
            y = y + self.downsample(x) if n == 3 else y
            y = y.relu()
        return y


# %% as torchvision does it, in place


class Bottleneck(nn.Module):
    expansion = 4

    def __init__(self, in_channels, out_channels, stride=1, stride_on="3x3"):
        super().__init__()
        planes = out_channels // self.expansion
        one, three = (stride, 1) if stride_on == "1x1" else (1, stride)
        self.conv1 = nn.Conv2d(in_channels, planes, kernel_size=1, stride=one, bias=False)
        self.bn1 = nn.BatchNorm2d(planes)
        self.conv2 = nn.Conv2d(planes, planes, kernel_size=3, stride=three, padding=1, bias=False)
        self.bn2 = nn.BatchNorm2d(planes)
        self.conv3 = nn.Conv2d(planes, out_channels, kernel_size=1, bias=False)
        self.bn3 = nn.BatchNorm2d(out_channels)
        self.relu = nn.ReLU(inplace=True)
        if stride == 1 and in_channels == out_channels:
            self.downsample = nn.Identity()
        else:
            self.downsample = nn.Sequential(
                nn.Conv2d(in_channels, out_channels, kernel_size=1, stride=stride, bias=False),
                nn.BatchNorm2d(out_channels),
            )

    def forward(self, x):
        identity = self.downsample(x)
        out = self.relu(self.bn1(self.conv1(x)))
        out = self.relu(self.bn2(self.conv2(out)))
        out = self.bn3(self.conv3(out))
        out += identity
        return self.relu(out)


# %% the last scale starts at zero


class Bottleneck(nn.Module):
    def __init__(self, in_channels, out_channels, stride=1, stride_on="3x3"):
        super().__init__()
        width = out_channels // 4
        first, middle = (1, stride) if stride_on == "3x3" else (stride, 1)
        self.conv1 = nn.Conv2d(in_channels, width, 1, first, bias=False)
        self.bn1 = nn.BatchNorm2d(width)
        self.conv2 = nn.Conv2d(width, width, 3, middle, padding=1, bias=False)
        self.bn2 = nn.BatchNorm2d(width)
        self.conv3 = nn.Conv2d(width, out_channels, 1, bias=False)
        self.bn3 = nn.BatchNorm2d(out_channels)
        nn.init.zeros_(self.bn3.weight)
        self.downsample = self.shortcut(in_channels, out_channels, stride)

    @staticmethod
    def shortcut(i, o, stride):
        if i == o and stride == 1:
            return nn.Identity()
        return nn.Sequential(nn.Conv2d(i, o, 1, stride, bias=False), nn.BatchNorm2d(o))

    def branch(self, x):
        layers = [self.conv1, self.bn1, F.relu, self.conv2, self.bn2, F.relu, self.conv3, self.bn3]
        for layer in layers:
            x = layer(x)
        return x

    def forward(self, x):
        return F.relu(self.branch(x) + self.downsample(x))


# %% layers of classes of one's own


class Conv(nn.Conv2d):
    def __init__(self, i, o, kernel, stride=1):
        super().__init__(i, o, kernel, stride, padding=kernel // 2, bias=False)


class Norm(nn.BatchNorm2d):
    def extra_repr(self):
        return f"{self.num_features} channels"


class Projection(nn.Sequential):
    def __init__(self, i, o, stride):
        super().__init__(Conv(i, o, 1, stride), Norm(o))


class Bottleneck(nn.Module):
    def __init__(self, in_channels, out_channels, stride=1, stride_on="3x3"):
        super().__init__()
        width, late = out_channels // 4, stride_on == "3x3"
        self.conv1 = Conv(in_channels, width, 1, 1 if late else stride)
        self.conv2 = Conv(width, width, 3, stride if late else 1)
        self.conv3 = Conv(width, out_channels, 1)
        self.bn1, self.bn2, self.bn3 = Norm(width), Norm(width), Norm(out_channels)
        fits = stride == 1 and in_channels == out_channels
        self.downsample = nn.Identity() if fits else Projection(in_channels, out_channels, stride)

    def forward(self, x):
        y = torch.relu(self.bn1(self.conv1(x)))
        y = torch.relu(self.bn2(self.conv2(y)))
        return torch.relu(torch.add(self.downsample(x), self.bn3(self.conv3(y))))


# %% the addition compiled by TorchScript


@torch.jit.script
def add_relu(a: torch.Tensor, b: torch.Tensor) -> torch.Tensor:
    return torch.relu(a + b)


class Bottleneck(nn.Module):
    def __init__(self, in_channels, out_channels, stride=1, stride_on="3x3"):
        super().__init__()
        width = out_channels // 4
        first, middle = (1, stride) if stride_on == "3x3" else (stride, 1)
        self.conv1 = nn.Conv2d(in_channels, width, 1, first, bias=False)
        self.bn1 = nn.BatchNorm2d(width)
        self.conv2 = nn.Conv2d(width, width, 3, middle, padding=1, bias=False)
        self.bn2 = nn.BatchNorm2d(width)
        self.conv3 = nn.Conv2d(width, out_channels, 1, bias=False)
        self.bn3 = nn.BatchNorm2d(out_channels)
        self.downsample = nn.Identity()
        if in_channels != out_channels or stride != 1:
            self.downsample = nn.Sequential(
                nn.Conv2d(in_channels, out_channels, 1, stride, bias=False),
                nn.BatchNorm2d(out_channels),
            )

    def forward(self, x):
        y = F.relu(self.bn1(self.conv1(x)))
        y = F.relu(self.bn2(self.conv2(y)))
        return add_relu(self.downsample(x), self.bn3(self.conv3(y)))


# %% the shortcut first, convolutions as functions


class Bottleneck(nn.Module):
    def __init__(self, in_channels, out_channels, stride=1, stride_on="3x3"):
        super().__init__()
        if in_channels == out_channels and stride == 1:
            self.downsample = nn.Identity()
        else:
            self.downsample = nn.Sequential()
            self.downsample.append(nn.Conv2d(in_channels, out_channels, 1, stride, bias=False))
            self.downsample.append(nn.BatchNorm2d(out_channels))
        width = out_channels // 4
        self.conv3 = nn.Conv2d(width, out_channels, 1, bias=False)
        self.conv2 = nn.Conv2d(width, width, 3, padding=1, bias=False)
        self.conv1 = nn.Conv2d(in_channels, width, 1, bias=False)
        self.bn3, self.bn2, self.bn1 = map(nn.BatchNorm2d, (out_channels, width, width))
        (self.conv1 if stride_on == "1x1" else self.conv2).stride = (stride, stride)

    def forward(self, x):
        y = self.downsample(x)
        z = F.conv2d(x, self.conv1.weight, stride=self.conv1.stride)
        z = F.conv2d(self.bn1(z).relu(), self.conv2.weight, stride=self.conv2.stride, padding=1)
        z = F.conv2d(self.bn2(z).relu(), self.conv3.weight)
        return (y + self.bn3(z)).relu_()
