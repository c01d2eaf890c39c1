"""Stem and body never get a gradient, so they never learn."""

import torch
from torch import nn
from torch.nn import functional as F


class PreActNet(nn.Module):
    def __init__(self, block, width, blocks, classes):
        super().__init__()
        self.stem = nn.Conv2d(1, width, 3, padding=1, bias=False)
        self.body = nn.Sequential(*[block(width, width) for _ in range(blocks)])
        self.bn = nn.BatchNorm2d(width)
        self.fc = nn.Linear(width, classes)

    def forward(self, x):
        with torch.no_grad():
            y = self.body(self.stem(x))
        y = F.relu(self.bn(y))
        return self.fc(y.mean(dim=(2, 3)))
