"""Right answers to the exercise `cifar`, of different structure."""

from collections import OrderedDict

from torch import nn
from torch.nn import functional as F

# %% stages in a loop


class CifarResNet(nn.Module):
    def __init__(self, block, depth, classes=10):
        super().__init__()
        self.conv1 = nn.Conv2d(3, 16, 3, 1, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(16)
        channels = 16
        for i, width in enumerate((16, 32, 64)):
            blocks = []
            for j in range((depth - 2) // 6):
                blocks.append(block(channels, width, 2 if i and not j else 1))
                channels = width
            setattr(self, f"layer{i + 1}", nn.Sequential(*blocks))
        self.fc = nn.Linear(channels, classes)

    def forward(self, x):
        x = self.bn1(self.conv1(x)).relu()
        for i in (1, 2, 3):
            x = getattr(self, f"layer{i}")(x)
        return self.fc(F.adaptive_avg_pool2d(x, 1).flatten(1))


# %% a Sequential with names


class CifarResNet(nn.Sequential):
    def __init__(self, block, depth, classes=10):
        n = (depth - 2) // 6

        def stage(i, o, s):
            return nn.Sequential(*(block(o if k else i, o, 1 if k else s) for k in range(n)))

        super().__init__(
            OrderedDict(
                conv1=nn.Conv2d(3, 16, 3, padding=1, bias=False),
                bn1=nn.BatchNorm2d(16),
                relu=nn.ReLU(),
                layer1=stage(16, 16, 1),
                layer2=stage(16, 32, 2),
                layer3=stage(32, 64, 2),
                pool=nn.AdaptiveAvgPool2d(1),
                flat=nn.Flatten(),
                fc=nn.Linear(64, classes),
            )
        )


# %% a method for a stage, the tail appended


class CifarResNet(nn.Module):
    def __init__(self, block, depth, classes=10):
        super().__init__()
        self.n, self.block = round((depth - 2) / 6), block
        self.fc = nn.Linear(64, classes)
        self.layer3 = self.stage(32, 64, 2)
        self.layer2 = self.stage(16, 32, 2)
        self.layer1 = self.stage(16, 16, 1)
        self.conv1, self.bn1 = nn.Conv2d(3, 16, 3, padding="same", bias=False), nn.BatchNorm2d(16)
        self.relu = nn.ReLU(inplace=True)

    def stage(self, i, o, stride):
        layers = nn.Sequential(self.block(i, o, stride))
        while len(layers) < self.n:
            layers.append(self.block(o, o, 1))
        return layers

    def features(self, x):
        x = self.relu(self.bn1(self.conv1(x)))
        return self.layer3(self.layer2(self.layer1(x)))

    def forward(self, x):
        return self.fc(self.features(x).flatten(2).mean(2))


# %% places summed and divided


class CifarResNet(nn.Module):
    def __init__(self, block, depth, classes=10):
        super().__init__()
        n, rest = divmod(depth - 2, 6)
        assert rest == 0 and n > 0
        sizes = [(16, 16, 1), (16, 32, 2), (32, 64, 2)]
        stages = [
            nn.Sequential(block(i, o, s), *[block(o, o, 1) for _ in range(1, n)])
            for i, o, s in sizes
        ]
        self.conv1 = nn.Conv2d(3, 16, (3, 3), stride=(1, 1), padding=(1, 1), bias=False)
        self.bn1 = nn.BatchNorm2d(num_features=16)
        self.layer1, self.layer2, self.layer3 = stages
        self.fc = nn.Linear(64, classes, bias=True)

    def forward(self, x):
        y = F.relu(self.bn1(self.conv1(x)))
        for stage in (self.layer1, self.layer2, self.layer3):
            y = stage(y)
        height, width = y.shape[-2:]
        return self.fc(y.sum((-2, -1)) / (height * width))
