"""Residual networks: a stem, stages of blocks, a head; two families, and their plain twins.

Pure PyTorch, built from `utils.blocks`. Sources: He et al. 2016a (arXiv 1512.03385), Table 1 for
ResNet-18 to ResNet-152, section 4.2 for the CIFAR networks of 6n+2 layers.
"""

from collections.abc import Sequence
from typing import Any, Protocol

from torch import Tensor, nn

from utils.blocks import (
    BasicBlock,
    Bottleneck,
    PreActBasicBlock,
    PreActBottleneck,
    is_traced,
    zero_branch,
)
from utils.shortcuts import Norm, conv


class BlockType(Protocol):
    """What `ResNet` asks of a block: a class such as `BasicBlock`."""

    expansion: int

    def __call__(
        self, in_channels: int, out_channels: int, stride: int, /, *, shortcut: str, norm: Norm
    ) -> nn.Module:
        """A block of that kind."""


STEMS = {
    # name: (kernel, stride, pooled?)
    "imagenet": (7, 2, True),
    "cifar": (3, 1, False),
    "small": (5, 2, False),
}

TABLE_1: dict[str, tuple[BlockType, tuple[int, ...]]] = {
    "resnet18": (BasicBlock, (2, 2, 2, 2)),
    "resnet34": (BasicBlock, (3, 4, 6, 3)),
    "resnet50": (Bottleneck, (3, 4, 6, 3)),
    "resnet101": (Bottleneck, (3, 4, 23, 3)),
    "resnet152": (Bottleneck, (3, 8, 36, 3)),
}

PREACT_TWINS: dict[BlockType, BlockType] = {
    BasicBlock: PreActBasicBlock,
    Bottleneck: PreActBottleneck,
}


class ResNet(nn.Module):
    """A residual network: stem, stages of blocks, head.

    Parameters
    ----------
    block : type
        `BasicBlock`, `Bottleneck`, one of their pre-activation twins, a class derived from one
        of these, or another with ``expansion`` and the same arguments.
    depths : sequence of int
        Blocks per stage.
    widths : sequence of int
        Channels of the 3x3 convolutions per stage; a stage's output has
        ``width * block.expansion`` channels.
    num_classes, in_channels : int
    stem : {"imagenet", "cifar", "small"}
        7x7 stride 2 and a 3x3 max-pooling of stride 2; 3x3 stride 1; 5x5 stride 2.
    shortcut : str
        One of ``utils.shortcuts.SHORTCUTS``; ``"none"`` gives the plain twin.
    norm : callable
        Builds a normalisation layer from a number of channels; ``nn.Identity`` switches
        normalisation off.
    zero_init_residual : bool
        Initialise the last layer of every residual branch with zeros, so that each block starts
        as its shortcut (Goyal et al. 2017, arXiv 1706.02677, section 5.1).

    Shapes: ``(N, in_channels, H, W)`` to logits ``(N, num_classes)``. Parameter names equal
    torchvision's, so state dicts can be loaded in both directions.

    Raises
    ------
    ValueError
        For sizes or options from which no network can be built. In ``forward``, when the input is
        not a batch of images with ``in_channels`` channels, or the images are too small.
    """

    def __init__(
        self,
        block: BlockType,
        depths: Sequence[int],
        widths: Sequence[int],
        num_classes: int = 10,
        in_channels: int = 1,
        stem: str = "imagenet",
        shortcut: str = "B",
        norm: Norm = nn.BatchNorm2d,
        zero_init_residual: bool = False,
    ):
        super().__init__()
        check_block(block)
        check_sizes(depths, widths, num_classes, in_channels, stem)
        self.in_channels = in_channels
        kernel, stride, pooled = STEMS[stem]
        self.preact = is_preact(block)

        # In a pre-activation network each block starts with norm and ReLU; the tail is the last.
        stem_width = widths[0]
        self.conv1 = conv(in_channels, stem_width, kernel, stride, norm)
        self.bn1 = nn.Identity() if self.preact else norm(stem_width)
        self.relu = nn.Identity() if self.preact else nn.ReLU()
        self.maxpool = nn.MaxPool2d(3, stride=2, padding=1) if pooled else nn.Identity()
        self.total_stride = stride * (2 if pooled else 1) * 2 ** (len(depths) - 1)

        channels = stem_width
        self.stage_names = []
        for i, (depth, width) in enumerate(zip(depths, widths, strict=True)):
            blocks = []
            for j in range(depth):
                halve = 2 if (i > 0 and j == 0) else 1
                out = width * block.expansion
                blocks.append(block(channels, out, halve, shortcut=shortcut, norm=norm))
                channels = out
            self.stage_names.append(f"layer{i + 1}")
            self.add_module(self.stage_names[-1], nn.Sequential(*blocks))

        self.tail = nn.Sequential(norm(channels), nn.ReLU()) if self.preact else nn.Identity()
        self.avgpool = nn.AdaptiveAvgPool2d(1)
        self.fc = nn.Linear(channels, num_classes)
        initialise(self, zero_init_residual)

    def forward(self, x: Tensor) -> Tensor:
        if not is_traced(x):
            self.check_input(x)
        x = self.maxpool(self.relu(self.bn1(self.conv1(x))))
        for name in self.stage_names:
            x = getattr(self, name)(x)
        x = self.avgpool(self.tail(x)).flatten(1)
        return self.fc(x)

    def check_input(self, x: Tensor) -> None:
        """Refuse an input that is not a batch of images for this network, see `ResNet`."""
        if x.ndim != 4:
            raise ValueError(
                f"ResNet: expected a batch of images (N, {self.in_channels}, H, W), got shape "
                f"{tuple(x.shape)}. Add the missing dimension with x.unsqueeze(0)."
            )
        if x.shape[1] != self.in_channels:
            raise ValueError(
                f"ResNet: this network takes {self.in_channels} channel(s), got images with "
                f"{x.shape[1]}. Build it with in_channels={x.shape[1]}, or convert the images."
            )
        if min(x.shape[2:]) <= self.total_stride // 2:
            raise ValueError(
                f"ResNet: images of {x.shape[2]}x{x.shape[3]} pixels are too small; the strides "
                f"of this network multiply to {self.total_stride}, so its last stage would halve "
                f"a map of one pixel. Give at least {self.total_stride // 2 + 1} pixels a side, "
                "or take stem='cifar'."
            )


def is_preact(block: BlockType) -> bool:
    """Whether ``block`` is a pre-activation block, ours or a class derived from it."""
    return isinstance(block, type) and issubclass(block, (PreActBasicBlock, PreActBottleneck))


def check_block(block: BlockType) -> None:
    """Refuse what is no kind of block, such as a block that is built already."""
    if isinstance(block, nn.Module) or not hasattr(block, "expansion"):
        raise ValueError(
            "ResNet: block must be a class with an `expansion`, such as BasicBlock or one derived "
            f"from it, got {block!r}."
        )


def check_sizes(
    depths: Sequence[int], widths: Sequence[int], num_classes: int, in_channels: int, stem: str
) -> None:
    """Refuse sizes from which no network can be built."""
    if stem not in STEMS:
        raise ValueError(f"Unknown stem {stem!r}; choose one of {', '.join(STEMS)}.")
    if len(depths) != len(widths) or not depths:
        raise ValueError(
            f"ResNet: depths and widths name the stages, one number each; got {len(depths)} "
            f"depths {tuple(depths)} and {len(widths)} widths {tuple(widths)}."
        )
    sizes = [*depths, *widths, num_classes, in_channels]
    if any(not isinstance(n, int) or n < 1 for n in sizes):
        raise ValueError(
            "ResNet: depths, widths, num_classes and in_channels must be whole numbers of at "
            f"least 1; got {tuple(depths)}, {tuple(widths)}, {num_classes}, {in_channels}."
        )


def initialise(net: ResNet, zero_init_residual: bool) -> None:
    """He initialisation (He et al. 2015, arXiv 1502.01852), fan-out as in the authors' code."""
    for module in net.modules():
        if isinstance(module, nn.Conv2d):
            nn.init.kaiming_normal_(module.weight, mode="fan_out", nonlinearity="relu")
            if module.bias is not None:
                nn.init.zeros_(module.bias)
    if zero_init_residual:
        for name in net.stage_names:
            for block in getattr(net, name):
                zero_branch(block)


def from_table_1(name: str, num_classes: int = 10, in_channels: int = 1, **options: Any) -> ResNet:
    """A network of Table 1 by name, such as ``"resnet34"``.

    ``preact=True`` takes the pre-activation twins of the blocks; other options are `ResNet`'s.
    ValueError for a name that Table 1 does not have.
    """
    if name not in TABLE_1:
        raise ValueError(f"Unknown network {name!r}; Table 1 has {', '.join(TABLE_1)}.")
    block, depths = TABLE_1[name]
    if options.pop("preact", False):
        block = PREACT_TWINS[block]
    return ResNet(block, depths, (64, 128, 256, 512), num_classes, in_channels, **options)


def resnet18(num_classes: int = 10, in_channels: int = 1, **options: Any) -> ResNet:
    """ResNet-18, Table 1. Options are `ResNet`'s; ``shortcut="none"`` gives its plain twin."""
    return from_table_1("resnet18", num_classes, in_channels, **options)


def resnet34(num_classes: int = 10, in_channels: int = 1, **options: Any) -> ResNet:
    """ResNet-34, Table 1: 3, 4, 6 and 3 basic blocks. Options are `ResNet`'s."""
    return from_table_1("resnet34", num_classes, in_channels, **options)


def resnet50(num_classes: int = 10, in_channels: int = 1, **options: Any) -> ResNet:
    """ResNet-50, Table 1: 3, 4, 6 and 3 bottlenecks. Options are `ResNet`'s."""
    return from_table_1("resnet50", num_classes, in_channels, **options)


def resnet101(num_classes: int = 10, in_channels: int = 1, **options: Any) -> ResNet:
    """ResNet-101, Table 1: 3, 4, 23 and 3 bottlenecks. Options are `ResNet`'s."""
    return from_table_1("resnet101", num_classes, in_channels, **options)


def resnet152(num_classes: int = 10, in_channels: int = 1, **options: Any) -> ResNet:
    """ResNet-152, Table 1: 3, 8, 36 and 3 bottlenecks. Options are `ResNet`'s."""
    return from_table_1("resnet152", num_classes, in_channels, **options)


def plain18(num_classes: int = 10, in_channels: int = 1, **options: Any) -> ResNet:
    """The plain twin of `resnet18`: the same weighted layers, no shortcuts."""
    return from_table_1("resnet18", num_classes, in_channels, shortcut="none", **options)


def cifar_resnet(
    depth: int,
    num_classes: int = 10,
    in_channels: int = 1,
    shortcut: str = "A",
    preact: bool = False,
    **options: Any,
) -> ResNet:
    """The CIFAR family: three stages of n blocks, 16, 32 and 64 channels, 6n+2 layers.

    Parameters
    ----------
    depth : int
        8, 14, 20, 32, 44, 56, 110: any 6n+2.
    shortcut : str
        The paper uses A here; ``"none"`` gives the plain network of the same depth.
    preact : bool
        Take pre-activation blocks.
    **options
        As in `ResNet`.

    Source: He et al. 2016a, section 4.2.

    Raises
    ------
    ValueError
        When ``depth`` is not 6n+2; for other options as in `ResNet`.
    """
    if not isinstance(depth, int) or depth < 8 or (depth - 2) % 6:
        raise ValueError(
            f"cifar_resnet: depth must be 6n+2 with n of at least 1 (8, 14, 20, 32, 44, 56, 110), "
            f"got {depth!r}."
        )
    block = PreActBasicBlock if preact else BasicBlock
    n = (depth - 2) // 6
    options.setdefault("stem", "cifar")
    return ResNet(
        block, (n,) * 3, (16, 32, 64), num_classes, in_channels, shortcut=shortcut, **options
    )


def resnet8(num_classes: int = 10, in_channels: int = 1, **options: Any) -> ResNet:
    """A small network for quick experiments on a CPU: three blocks of 32, 64 and 128 channels.

    The 5x5 stem has stride 2 and halves a 28x28 image at once. 0.3 million parameters.
    """
    options.setdefault("stem", "small")
    return ResNet(BasicBlock, (1, 1, 1), (32, 64, 128), num_classes, in_channels, **options)


def wide14(num_classes: int = 10, in_channels: int = 1, **options: Any) -> ResNet:
    """Accurate for its cost on 28x28 images: six blocks in stages of 32, 96, 192, 256 channels.

    It is wide where the maps are small, in the spirit of Zagoruyko and Komodakis 2016
    (arXiv 1605.07146). 2.6 million parameters.
    """
    options.setdefault("stem", "cifar")
    return ResNet(BasicBlock, (1, 2, 2, 1), (32, 96, 192, 256), num_classes, in_channels, **options)


def weighted_layers(net: nn.Module) -> int:
    """The number in a network's name: its convolutions and linear layers, without projections."""
    return sum(
        isinstance(module, (nn.Conv2d, nn.Linear)) and "downsample" not in name.split(".")
        for name, module in net.named_modules()
    )
