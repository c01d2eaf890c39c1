"""Inputs from the whole range that the exercises of chapter 5 allow, for the mutation engine."""

from collections.abc import Callable
from random import Random

from torch import nn

from grader.exercise import behaviour, behaviour_of_block, set_weights


@behaviour("basic")
def behaviour_basic(BasicBlock: Callable[..., nn.Module], seed: int) -> dict[str, object]:
    """One block in modes drawn at random; images of any size and magnitude, twice."""
    random = Random(seed)
    i, o = (random.randint(1, 8) for _ in "12")
    stride = random.choice([1, 1, 2, 3, 4])
    block = BasicBlock(i, random.choice([i, o]), *([stride] if stride > 1 else []))
    found: dict[str, object] = {
        "new": [float(buffer.sum()) for _, buffer in block.named_buffers()],
        "mode": all(module.training for module in block.modules()),
    }
    set_weights(block, seed)
    return found | behaviour_of_block(block, i, stride, random)


@behaviour("layers")
def behaviour_layers(layers: Callable[[nn.Module], int], seed: int) -> dict[str, object]:
    """Networks of up to 30 blocks, flat or in stages; counted again when they have grown."""
    random = Random(seed)
    convolutions, head = random.randint(1, 5), random.randint(1, 3)

    def conv() -> nn.Module:
        size = random.choice([1, 3, 5, 7])
        return nn.Conv2d(1, random.choice([1, 2]), size, random.choice([1, 2]), size // 2)

    def block() -> nn.Module:
        parts = {f"conv{k + 1}": conv() for k in range(convolutions)}
        parts["bn"], parts["relu"] = nn.BatchNorm2d(1), nn.ReLU()
        if random.random() < 0.7:
            shortcuts = [nn.Identity(), conv(), nn.Sequential(conv(), nn.BatchNorm2d(1))]
            parts["downsample"] = random.choice(shortcuts)
        return nn.ModuleDict(parts)

    blocks = [block() for _ in range(random.randint(0, random.choice([2, 6, 30])))]
    body = [nn.Sequential(*blocks)] if random.random() < 0.5 else blocks
    ends = nn.ModuleDict({"pool": nn.MaxPool2d(3), "flat": nn.Flatten(), "drop": nn.Dropout()})
    linear = [nn.Linear(1, 1) for _ in range(head)]
    net = nn.Sequential(conv(), nn.BatchNorm2d(1), *body, ends, *linear)
    net.train(random.random() < 0.5)
    modes = [module.training for module in net.modules()]
    found = [int(layers(net)), int(layers(net.append(nn.Linear(1, 1))))]
    return {"found": found, "same": modes == [m.training for m in net.modules()][: len(modes)]}


EQUIVALENT = {
    "basic": {
        "a convolution's stride is 1 by itself": [
            "BasicBlock.__init__: self.conv2 = nn.Conv2d(out_channels, out_channels, 3,"
            " 1, padding=1, bias=False) → self.conv2 = nn.Conv2d(out_channels, out_chan"
            "nels, 3, padding=1, bias=False)",
        ],
        "a stride is 1 or more": [
            "BasicBlock.__init__: if stride != 1 or in_channels != out_channels: → if s"
            "tride > 1 or in_channels != out_channels:",
        ],
        "only a sum that was computed anew is overwritten": [
            "BasicBlock.forward: return F.relu(self.downsample(x) + self.bn2(self.conv2"
            "(y))) → return (self.downsample(x) + self.bn2(self.conv2(y))).relu_()",
        ],
    },
    "layers": {
        "isinstance asks for either of the two, in any order": [
            "layers: return sum((isinstance(module, (nn.Conv2d, nn.Linear)) and 'downsa"
            "mple' not in name for name, module in net.named_modules())) → return sum(("
            "isinstance(module, (nn.Linear, nn.Conv2d)) and 'downsample' not in name fo"
            "r name, module in net.named_modules()))",
        ],
        "what comes first is the network itself, which is no single layer": [
            "layers: return sum((isinstance(module, (nn.Conv2d, nn.Linear)) and 'downsa"
            "mple' not in name for name, module in net.named_modules())) → return sum(("
            "isinstance(module, (nn.Conv2d, nn.Linear)) and 'downsample' not in name fo"
            "r name, module in list(net.named_modules())[1:]))",
        ],
        "the order in which modules are counted is no matter": [
            "layers: return sum((isinstance(module, (nn.Conv2d, nn.Linear)) and 'downsa"
            "mple' not in name for name, module in net.named_modules())) → return sum(("
            "isinstance(module, (nn.Conv2d, nn.Linear)) and 'downsample' not in name fo"
            "r name, module in list(net.named_modules())[::-1]))",
        ],
    },
}
