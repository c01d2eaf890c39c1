"""Probes and wrong answers for the exercise `cifar` of chapter 7."""

from collections.abc import Callable
from random import Random

import torch
from torch import nn
from torch.nn import functional as F

from grader.exercise import behaviour_of, draw_images, probe, set_weights, wrong


class Halving(nn.Module):
    """A block with few parameters that gives something else in another order."""

    def __init__(self, i: int, o: int, stride: int = 1) -> None:
        super().__init__()
        self.told, self.stride, self.extra = (i, o, stride), stride, o - i
        self.weight, self.shift = nn.Parameter(torch.ones(o, 1, 1)), nn.Parameter(torch.zeros(1))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        x = F.pad(x[:, :, :: self.stride, :: self.stride], (0, 0, 0, 0, 0, self.extra))
        return x.relu() * self.weight + self.shift * x


@probe("cifar", "parts", "the network has other layers, or too few", points=2)
def probe_parts(CifarResNet: Callable[..., nn.Module], seed: int) -> dict[str, object]:
    random = Random(seed)
    found: dict[str, object] = {}
    for n in random.sample(range(1, 6), 2) + [random.randint(9, 13)]:
        net = CifarResNet(
            Halving, 6 * n + 2, *([] if random.random() < 0.5 else [random.randint(1, 30)])
        )
        where = f"{6 * n + 2} layers"
        tensors = net.state_dict()
        found[f"layers, {where}"] = sorted(f"{k} {tuple(v.shape)}" for k, v in tensors.items())
        learned = sorted(name for name, p in net.named_parameters() if p.requires_grad)
        found[f"learned, {where}"] = learned
        blocks = [(k, *m.told) for k, m in net.named_modules() if isinstance(m, Halving)]
        found[f"blocks, {where}"] = [list(block) for block in sorted(blocks)]
        found[f"made in train mode, {where}"] = all(module.training for module in net.modules())
    return found


@probe("cifar", "values", "the network computes or keeps something else", points=2)
def probe_values(CifarResNet: Callable[..., nn.Module], seed: int) -> dict[str, object]:
    random = Random(seed)
    found: dict[str, object] = {}
    few, other = random.sample([1, 2, 3], 2)
    for n in (few, other):
        net = set_weights(CifarResNet(Halving, 6 * n + 2, classes=random.randint(1, 12)), seed)
        x = draw_images(random, 3, batch=2 if n == few else random.randint(5, 7))[:, :, :12, :12]
        x = F.pad(x, (0, max(0, 5 - x.shape[3]), 0, max(0, 6 - x.shape[2])))
        x = x[:, :, : x.shape[2] // 2 * 2, : (x.shape[3] - 1) // 2 * 2 + 1]  # even by odd
        large = 10 ** random.uniform(3, 4)
        calls = {"train": x, "train, small": 0.01 * (x.flip(0, 3)[:, :, 1:] - 1), "eval": x.mT - 1,
                 "eval, one image": large * x[:1], "eval, large": large * x.flip(2),
                 "train, once more": x.roll(1, 3) + 1}  # fmt: skip
        for mode, images in calls.items():
            net.train("eval" not in mode)
            found |= behaviour_of(net, images, where=f"{6 * n + 2} layers, {mode}")
    return found


@wrong(
    "cifar",
    "resnet20-vs-18",
    "these are the widths of Table 1: this network is forty times as large",
)
class Table1Widths(nn.Module):
    def __init__(self, block: "Callable[..., nn.Module]", depth: int, classes: int = 10) -> None:
        super().__init__()
        n = (depth - 2) // 6
        self.conv1 = nn.Conv2d(3, 64, 3, padding=1, bias=False)
        self.bn1 = nn.BatchNorm2d(64)
        self.layer1 = nn.Sequential(block(64, 64), *[block(64, 64) for _ in range(n - 1)])
        self.layer2 = nn.Sequential(block(64, 128, 2), *[block(128, 128) for _ in range(n - 1)])
        self.layer3 = nn.Sequential(block(128, 256, 2), *[block(256, 256) for _ in range(n - 1)])
        self.fc = nn.Linear(256, classes)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        x = F.relu(self.bn1(self.conv1(x)))
        x = self.layer3(self.layer2(self.layer1(x)))
        return self.fc(x.mean(dim=(2, 3)))


@wrong(
    "cifar",
    "layers-for-blocks",
    "a block has two convolutions: a third of the layers is no number of blocks",
)
class LayersForBlocks(nn.Module):
    def __init__(self, block: "Callable[..., nn.Module]", depth: int, classes: int = 10) -> None:
        super().__init__()
        n = (depth - 2) // 3
        self.conv1 = nn.Conv2d(3, 16, 3, padding=1, bias=False)
        self.bn1 = nn.BatchNorm2d(16)
        self.layer1 = nn.Sequential(block(16, 16), *[block(16, 16) for _ in range(n - 1)])
        self.layer2 = nn.Sequential(block(16, 32, 2), *[block(32, 32) for _ in range(n - 1)])
        self.layer3 = nn.Sequential(block(32, 64, 2), *[block(64, 64) for _ in range(n - 1)])
        self.fc = nn.Linear(64, classes)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        x = F.relu(self.bn1(self.conv1(x)))
        x = self.layer3(self.layer2(self.layer1(x)))
        return self.fc(x.mean(dim=(2, 3)))


@wrong(
    "cifar", "shared-block", "one block stands in a stage several times, with one set of weights"
)
class SharedBlock(nn.Module):
    def __init__(self, block: "Callable[..., nn.Module]", depth: int, classes: int = 10) -> None:
        super().__init__()
        n = (depth - 2) // 6
        self.conv1 = nn.Conv2d(3, 16, 3, padding=1, bias=False)
        self.bn1 = nn.BatchNorm2d(16)
        self.layer1 = nn.Sequential(*[block(16, 16)] * n)
        self.layer2 = nn.Sequential(block(16, 32, 2), *[block(32, 32)] * (n - 1))
        self.layer3 = nn.Sequential(block(32, 64, 2), *[block(64, 64)] * (n - 1))
        self.fc = nn.Linear(64, classes)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        x = F.relu(self.bn1(self.conv1(x)))
        x = self.layer3(self.layer2(self.layer1(x)))
        return self.fc(x.mean(dim=(2, 3)))


@wrong("cifar", "first-stage-halved", "the first stage keeps the size of the image")
class FirstStageHalved(nn.Module):
    def __init__(self, block: "Callable[..., nn.Module]", depth: int, classes: int = 10) -> None:
        super().__init__()
        n = (depth - 2) // 6
        self.conv1 = nn.Conv2d(3, 16, 3, padding=1, bias=False)
        self.bn1 = nn.BatchNorm2d(16)
        self.layer1 = nn.Sequential(block(16, 16, 2), *[block(16, 16) for _ in range(n - 1)])
        self.layer2 = nn.Sequential(block(16, 32, 2), *[block(32, 32) for _ in range(n - 1)])
        self.layer3 = nn.Sequential(block(32, 64, 2), *[block(64, 64) for _ in range(n - 1)])
        self.fc = nn.Linear(64, classes)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        x = F.relu(self.bn1(self.conv1(x)))
        x = self.layer3(self.layer2(self.layer1(x)))
        return self.fc(x.mean(dim=(2, 3)))


@wrong("cifar", "never-halved", "the first blocks of the second and third stage have stride 2")
class NeverHalved(nn.Module):
    def __init__(self, block: "Callable[..., nn.Module]", depth: int, classes: int = 10) -> None:
        super().__init__()
        n = (depth - 2) // 6
        self.conv1 = nn.Conv2d(3, 16, 3, padding=1, bias=False)
        self.bn1 = nn.BatchNorm2d(16)
        self.layer1 = nn.Sequential(block(16, 16), *[block(16, 16) for _ in range(n - 1)])
        self.layer2 = nn.Sequential(block(16, 32), *[block(32, 32) for _ in range(n - 1)])
        self.layer3 = nn.Sequential(block(32, 64), *[block(64, 64) for _ in range(n - 1)])
        self.fc = nn.Linear(64, classes)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        x = F.relu(self.bn1(self.conv1(x)))
        x = self.layer3(self.layer2(self.layer1(x)))
        return self.fc(x.mean(dim=(2, 3)))


@wrong("cifar", "large-stem", "the stem shrinks the image, as for photographs; here it keeps it")
class LargeStem(nn.Module):
    def __init__(self, block: "Callable[..., nn.Module]", depth: int, classes: int = 10) -> None:
        super().__init__()
        n = (depth - 2) // 6
        self.conv1 = nn.Conv2d(3, 16, 3, stride=2, padding=1, bias=False)
        self.bn1 = nn.BatchNorm2d(16)
        self.layer1 = nn.Sequential(block(16, 16), *[block(16, 16) for _ in range(n - 1)])
        self.layer2 = nn.Sequential(block(16, 32, 2), *[block(32, 32) for _ in range(n - 1)])
        self.layer3 = nn.Sequential(block(32, 64, 2), *[block(64, 64) for _ in range(n - 1)])
        self.fc = nn.Linear(64, classes)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        x = F.relu(self.bn1(self.conv1(x)))
        x = self.layer3(self.layer2(self.layer1(x)))
        return self.fc(x.mean(dim=(2, 3)))


@wrong("cifar", "no-relu-in-stem", "the ReLU after the first BatchNorm is missing")
class NoReluInStem(nn.Module):
    def __init__(self, block: "Callable[..., nn.Module]", depth: int, classes: int = 10) -> None:
        super().__init__()
        n = (depth - 2) // 6
        self.conv1 = nn.Conv2d(3, 16, 3, padding=1, bias=False)
        self.bn1 = nn.BatchNorm2d(16)
        self.layer1 = nn.Sequential(block(16, 16), *[block(16, 16) for _ in range(n - 1)])
        self.layer2 = nn.Sequential(block(16, 32, 2), *[block(32, 32) for _ in range(n - 1)])
        self.layer3 = nn.Sequential(block(32, 64, 2), *[block(64, 64) for _ in range(n - 1)])
        self.fc = nn.Linear(64, classes)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        x = self.bn1(self.conv1(x))
        x = self.layer3(self.layer2(self.layer1(x)))
        return self.fc(x.mean(dim=(2, 3)))


@wrong("cifar", "no-norm-in-stem", "the BatchNorm of the stem is not used")
class NoNormInStem(nn.Module):
    def __init__(self, block: "Callable[..., nn.Module]", depth: int, classes: int = 10) -> None:
        super().__init__()
        n = (depth - 2) // 6
        self.conv1 = nn.Conv2d(3, 16, 3, padding=1, bias=False)
        self.bn1 = nn.BatchNorm2d(16)
        self.layer1 = nn.Sequential(block(16, 16), *[block(16, 16) for _ in range(n - 1)])
        self.layer2 = nn.Sequential(block(16, 32, 2), *[block(32, 32) for _ in range(n - 1)])
        self.layer3 = nn.Sequential(block(32, 64, 2), *[block(64, 64) for _ in range(n - 1)])
        self.fc = nn.Linear(64, classes)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        x = F.relu(self.conv1(x))
        x = self.layer3(self.layer2(self.layer1(x)))
        return self.fc(x.mean(dim=(2, 3)))


@wrong(
    "cifar",
    "fixed-pooling",
    "the head averages windows of 8 by 8 places, and fits images of 32 pixels only",
)
class FixedPooling(nn.Module):
    def __init__(self, block: "Callable[..., nn.Module]", depth: int, classes: int = 10) -> None:
        super().__init__()
        n = (depth - 2) // 6
        self.conv1 = nn.Conv2d(3, 16, 3, padding=1, bias=False)
        self.bn1 = nn.BatchNorm2d(16)
        self.layer1 = nn.Sequential(block(16, 16), *[block(16, 16) for _ in range(n - 1)])
        self.layer2 = nn.Sequential(block(16, 32, 2), *[block(32, 32) for _ in range(n - 1)])
        self.layer3 = nn.Sequential(block(32, 64, 2), *[block(64, 64) for _ in range(n - 1)])
        self.fc = nn.Linear(64, classes)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        x = F.relu(self.bn1(self.conv1(x)))
        x = self.layer3(self.layer2(self.layer1(x)))
        return self.fc(F.avg_pool2d(x, 8).flatten(1))


@wrong("cifar", "largest-place", "the head takes the largest value of each channel, not the mean")
class LargestPlace(nn.Module):
    def __init__(self, block: "Callable[..., nn.Module]", depth: int, classes: int = 10) -> None:
        super().__init__()
        n = (depth - 2) // 6
        self.conv1 = nn.Conv2d(3, 16, 3, padding=1, bias=False)
        self.bn1 = nn.BatchNorm2d(16)
        self.layer1 = nn.Sequential(block(16, 16), *[block(16, 16) for _ in range(n - 1)])
        self.layer2 = nn.Sequential(block(16, 32, 2), *[block(32, 32) for _ in range(n - 1)])
        self.layer3 = nn.Sequential(block(32, 64, 2), *[block(64, 64) for _ in range(n - 1)])
        self.fc = nn.Linear(64, classes)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        x = F.relu(self.bn1(self.conv1(x)))
        x = self.layer3(self.layer2(self.layer1(x)))
        return self.fc(x.amax(dim=(2, 3)))
