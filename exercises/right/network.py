"""Right answers to the exercise `network`, of different structure."""

from collections import OrderedDict

import torch
from torch import nn
from torch.nn import functional as F

# %% a Sequential with names


class PreActNet(nn.Sequential):
    def __init__(self, block, width, blocks, classes):
        super().__init__(
            OrderedDict(
                stem=nn.Conv2d(1, width, 3, padding=1, bias=False),
                body=nn.Sequential(*(block(width, width) for _ in range(blocks))),
                bn=nn.BatchNorm2d(width),
                relu=nn.ReLU(),
                pool=nn.AdaptiveAvgPool2d(1),
                flat=nn.Flatten(),
                fc=nn.Linear(width, classes),
            )
        )


# %% a body that grows


class PreActNet(nn.Module):
    def __init__(self, block, width, blocks, classes):
        super().__init__()
        self.stem = nn.Conv2d(1, width, kernel_size=3, padding="same", bias=False)
        self.body = nn.Sequential()
        while len(self.body) < blocks:
            self.body.append(block(width, width))
        self.bn, self.fc = nn.BatchNorm2d(width), nn.Linear(width, classes, bias=True)

    def forward(self, x):
        x = self.stem(x)
        for layer in self.body:
            x = layer(x)
        x = torch.relu_(self.bn(x))
        return self.fc(x.flatten(2).mean(-1))


# %% features and head as methods


class PreActNet(nn.Module):
    def __init__(self, block, width, blocks, classes):
        super().__init__()
        chain = [block(width, width) for _ in range(blocks)]
        self.body = nn.Sequential(OrderedDict((f"block{n}", b) for n, b in enumerate(chain)))
        self.fc = nn.Linear(width, classes)
        self.bn = nn.BatchNorm2d(width)
        self.stem = nn.Conv2d(1, width, 3, 1, 1, bias=False)

    def features(self, x):
        return F.relu(self.bn(self.body(self.stem(x))))

    def head(self, maps):
        pooled = F.adaptive_avg_pool2d(maps, (1, 1))
        return self.fc(pooled[:, :, 0, 0])

    def forward(self, x):
        return self.head(self.features(x))


# %% one expression


class PreActNet(nn.Module):
    def __init__(self, block, width, blocks, classes):
        super().__init__()
        self.stem = nn.Conv2d(1, width, 3, padding=1, bias=False)
        self.body = nn.Sequential(*map(block, [width] * blocks, [width] * blocks))
        self.bn = nn.BatchNorm2d(width)
        self.fc = nn.Linear(width, classes)
        nn.init.zeros_(self.fc.bias)

    def forward(self, x):
        y = self.bn(self.body(self.stem(x))).clamp_min(0)
        return F.linear(y.sum((-1, -2)) / (y.shape[-1] * y.shape[-2]), self.fc.weight, self.fc.bias)
