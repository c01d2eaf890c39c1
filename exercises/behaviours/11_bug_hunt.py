"""Inputs from the whole range that the exercises of chapter 11 allow, for the mutation engine.

It concerns the repairs alone. The tests that students write are tried on candidates.
"""

from collections.abc import Callable, Sequence
from random import Random

import torch
from torch import nn

from grader.exercise import (
    behaviour,
    behaviour_of,
    behaviour_of_block,
    set_weights,
    set_weights_by_shape,
)


def images(random: Random, channels: int, least: int = 1) -> torch.Tensor:
    """Images of any number, size and magnitude, with ``least`` rows at least."""
    shape = random.choice([1, 2, 5, 17]), channels, random.randint(least, 9), random.randint(1, 9)
    generator = torch.Generator().manual_seed(random.getrandbits(31))
    return 10 ** random.uniform(-3, 3) * torch.randn(shape, generator=generator)


@behaviour("projection")
def behaviour_projection(
    shortcut: Callable[[int, int, int], nn.Module], seed: int
) -> dict[str, object]:
    """Up to 20 channels and strides up to 5; two calls in modes drawn at random."""
    random = Random(seed)
    i, o = (random.randint(1, 20) for _ in "12")
    layer = shortcut(i, random.choice([i, o]), random.choice([1, 1, 2, 3, 4, 5]))
    found: dict[str, object] = {"trains": layer.training}
    set_weights_by_shape(layer, seed)
    for call in range(2):
        found |= behaviour_of(
            layer.train(random.random() < 0.5), images(random, i), where=str(call)
        )
    return found


@behaviour("branch")
def behaviour_branch(branch: Callable[..., nn.Module], seed: int) -> dict[str, object]:
    """Numbers of channels that may be equal; two calls on images, in modes drawn at random."""
    random = Random(seed)
    i, width, o = (random.randint(1, 8) for _ in "123")
    width, o = random.choice([i, width]), random.choice([i, width, o])
    stride = random.choice([1, 1, 2, 3])
    layers = branch(i, width, o, *([stride] if stride > 1 else []))
    found: dict[str, object] = {
        "new": [float(buffer.sum()) for _, buffer in layers.named_buffers()],
        "mode": all(module.training for module in layers.modules()),
    }
    set_weights_by_shape(layers, seed)
    return found | behaviour_of_block(layers, i, stride, random)


@behaviour("head")
def behaviour_head(head: Callable[[int, int], nn.Module], seed: int) -> dict[str, object]:
    """Maps of 1 to 9 rows and columns, up to 30 channels and classes, in two calls."""
    random = Random(seed)
    channels = random.randint(1, random.choice([4, 30]))
    layers = head(channels, random.randint(1, random.choice([4, 30])))
    found: dict[str, object] = {"kind": isinstance(layers, nn.Sequential) and layers.training}
    set_weights_by_shape(layers, seed)
    for call in range(2):
        layers.train(random.random() < 0.5)
        found |= behaviour_of(layers, images(random, channels), where=str(call))
    return found


@behaviour("chain")
def behaviour_chain(chain: Callable[..., nn.Module], seed: int) -> dict[str, object]:
    """Chains of up to 20 blocks, made by a class or a function; the last is of one block."""

    class Block(nn.Module):
        def __init__(self, i: int, o: int) -> None:
            super().__init__()
            self.told, self.weight = [i, o], nn.Parameter(torch.ones(2))

        def forward(self, x: torch.Tensor) -> torch.Tensor:
            return torch.tanh(x * self.weight[0] + self.weight[1])

    def block(i: int, o: int) -> nn.Module:
        return Block(i, o)

    random = Random(seed)
    found: dict[str, object] = {}
    kept: list[nn.Module] = []
    channels, count = random.randint(1, 600), random.randint(1, random.choice([3, 20]))
    for n in (count, count, 1):
        blocks = chain(random.choice([Block, block]), channels, n)
        where = f"{len(kept)} {n}"
        found[f"told {where}"] = [one.told for one in blocks.children()]
        found[f"new {where}"] = not any(one is old for old in kept for one in blocks.children())
        found[f"kind {where}"] = isinstance(blocks, nn.Sequential) and blocks.training
        kept += blocks.children()
        set_weights(blocks, seed)
        found |= behaviour_of(blocks, torch.randn(3), where=where)
    return found


@behaviour("question")
def behaviour_question(Repaired: Callable[..., nn.Module], seed: int) -> dict[str, object]:
    """Branches with parameters and without, some return their very input; two calls on tables."""
    random, chance = Random(seed), torch.Generator().manual_seed(seed)
    i = random.randint(1, 20)
    o = random.choice([i, random.randint(1, 20)])
    branch: nn.Module = nn.Sequential(nn.Linear(i, o), nn.BatchNorm1d(o), nn.Dropout(0.0))
    if i == o:
        branch = random.choice([branch, nn.Identity(), nn.Tanh()])
    block = Repaired(branch, i, o)
    found: dict[str, object] = {"mode": all(module.training for module in block.modules())}
    set_weights(block, seed)
    for call in range(2):
        training = random.random() < 0.5
        rows = random.choice([2, 5, 30] if training else [1, 2, 5])
        x = 10 ** random.uniform(-3, 3) * torch.randn(rows, i, generator=chance)
        found |= behaviour_of(block.train(training), x, where=str(call))
    return found


@behaviour("norms")
def behaviour_norms(TwoNorms: Callable[[int], nn.Module], seed: int) -> dict[str, object]:
    """One block in modes drawn at random; images of any size and magnitude, twice."""
    random = Random(seed)
    channels = random.randint(1, random.choice([4, 20]))
    block = TwoNorms(channels)
    found: dict[str, object] = {
        "new": [float(buffer.sum()) for _, buffer in block.named_buffers()],
        "mode": all(module.training for module in block.modules()),
    }
    set_weights(block, seed)
    return found | behaviour_of_block(block, channels, 1, random)


@behaviour("tail")
def behaviour_tail(ended: Callable[..., nn.Module], seed: int) -> dict[str, object]:
    """Two networks on one stem, of up to six blocks; two calls each, in modes drawn at random."""
    random = Random(seed)
    channels = random.randint(1, random.choice([4, 20]))
    stem = nn.Conv2d(1, channels, 3, padding=1)
    kinds: list[Callable[[], nn.Module]] = [nn.Tanh, nn.Sigmoid]
    kinds.append(lambda: nn.Conv2d(channels, channels, 1))
    found: dict[str, object] = {}
    for number in range(2):
        blocks = [random.choice(kinds)() for _ in range(random.randint(1, 6))]
        given = list(blocks)
        net = ended(stem, blocks, channels, random.randint(1, 12))
        found |= {
            f"kind {number}": isinstance(net, nn.Sequential),
            f"mode {number}": all(module.training for module in net.modules()),
            f"given {number}": [
                sum(module is one for module in net.modules()) for one in (stem, *given)
            ],
            f"blocks {number}": list(map(id, blocks)) == list(map(id, given)),
        }
        set_weights_by_shape(net, seed)
        for place, block in enumerate(given):
            set_weights(block, seed + place)
        for call in range(2):
            net.train(random.random() < 0.5)
            x = images(random, 1, least=2)
            found |= behaviour_of(net, x, where=f"{number} {call}")
    return found


@behaviour("accuracy")
def behaviour_accuracy(accuracy: Callable[..., float], seed: int) -> dict[str, object]:
    """Two networks, each in a mode; batches of any size."""
    random, chance = Random(seed), torch.Generator().manual_seed(seed)
    found: dict[str, object] = {}
    for call in range(2):
        features, classes = random.randint(1, 6), random.randint(1, 12)
        net = nn.Sequential(nn.BatchNorm1d(features), nn.Dropout(), nn.Linear(features, classes))
        set_weights(net.train(random.random() < 0.5), seed + call)
        before = {name: value.clone() for name, value in net.state_dict().items()}
        modes = [module.training for module in net.modules()]
        rows = random.choice([1, 2, random.randint(3, 20), random.randint(21, 300)])
        x = 10 ** random.uniform(-2, 3) * torch.randn(rows, features, generator=chance)
        y = torch.randint(random.randint(1, classes), (rows,), generator=chance)
        size = random.choice([1, rows, random.randint(1, rows)])
        batches = list(zip(x.split(size), y.split(size), strict=True))
        given = x.clone(), y.clone()
        found |= {
            f"share {call}": float(accuracy(net, batches)),
            f"modes {call}": modes == [module.training for module in net.modules()],
            f"state {call}": all(torch.equal(before[n], v) for n, v in net.state_dict().items()),
            f"trainable {call}": all(p.requires_grad for p in net.parameters()),
            f"given {call}": torch.equal(x, given[0]) and torch.equal(y, given[1]),
            f"gradients on {call}": torch.is_grad_enabled(),
        }
    return found


@behaviour("loss")
def behaviour_loss(
    loss: Callable[[torch.Tensor, torch.Tensor], torch.Tensor], seed: int
) -> dict[str, object]:
    """Two batches of one image or of many, with up to 30 classes, sure and unsure."""
    random, chance = Random(seed), torch.Generator().manual_seed(seed)
    found: dict[str, object] = {}
    for call in range(2):
        count, classes = random.choice([1, 2, random.randint(3, 60)]), random.randint(1, 30)
        logits = torch.randn(count, classes, generator=chance) + random.choice([0, -40, 40])
        labels = torch.randint(classes, (count,), generator=chance)
        found |= behaviour_of(loss, 10 ** random.uniform(-3, 2) * logits, labels, where=str(call))
    return found


@behaviour("strides")
def behaviour_strides(
    strides: Callable[[Sequence[int]], list[int]], seed: int
) -> dict[str, object]:
    """Up to eight stages of up to 40 blocks, as a tuple and as a list, which stays as it was."""
    random = Random(seed)
    found: dict[str, object] = {}
    for call in range(2):
        most = random.choice([1, 3, 40])
        blocks = [random.randint(1, most) for _ in range(random.randint(1, 8))]
        given = list(blocks)
        found[f"strides {call}"] = list(strides(tuple(blocks)))
        found[f"strides of a list {call}"] = list(strides(given))
        found[f"unchanged {call}"] = given == blocks
    return found


@behaviour("running")
def behaviour_running(
    running: Callable[..., tuple[torch.Tensor, torch.Tensor]], seed: int
) -> dict[str, object]:
    """Two batches after any averages, of two rows and of many, with any momentum, or none given."""
    random, chance = Random(seed), torch.Generator().manual_seed(seed)
    features = random.randint(1, 9)
    size, off = 10 ** random.uniform(-2, 2), random.uniform(-3, 3)
    mean = off + torch.randn(features, generator=chance)
    var = 10 ** random.uniform(-2, 2) * torch.rand(features, generator=chance)
    found: dict[str, object] = {}
    for call in range(2):
        rows = random.choice([2, 3, random.randint(4, 20), random.randint(21, 200)])
        batch = size * (off + torch.randn(rows, features, generator=chance))
        momentum = random.choice([[], [0.0], [1.0], [random.random()], [random.random()]])
        given = batch.clone()
        mean, var = running(mean.clone(), var.clone(), given, *momentum)
        found[f"batch unchanged {call}"] = torch.equal(given, batch)
        found |= {f"mean {call}": mean, f"variance {call}": var}
    return found


@behaviour("gradient")
def behaviour_gradient(
    gradient: Callable[[torch.Tensor], torch.Tensor], seed: int
) -> dict[str, object]:
    """Tensors of no axis to four, with one number or hundreds, of any magnitude, twice."""
    random, chance = Random(seed), torch.Generator().manual_seed(seed)
    found: dict[str, object] = {}
    for call in range(2):
        shape = [random.randint(1, random.choice([3, 9])) for _ in range(random.randint(0, 4))]
        x = 10 ** random.uniform(-3, 4) * torch.randn(shape, generator=chance)
        given = x.clone()
        slope = gradient(given)
        unit = max(1.0, float(x.abs().max()))
        # In units of the number that is expected, lest small ones be taken for equal.
        found |= {
            f"shape {call}": list(slope.shape),
            f"relative {call}": slope * x.numel() / unit,
            f"unchanged {call}": torch.equal(given, x),
        }
    return found


EQUIVALENT = {
    "projection": {
        "a stride is 1 or more": [
            "shortcut: same = i == o and stride == 1 → same = i == o and stride <= 1",
        ],
    },
    "branch": {
        "what was made first is thrown away": [
            "branch: layers += [nn.Conv2d(a, b, kernel, step, padding=kernel // 2, bias"
            "=False), nn.BatchNorm2d(b), nn.ReLU()] → layers += [nn.Conv2d(a, b, kernel"
            ", step, padding=kernel // 2, bias=False), (nn.BatchNorm2d(b), nn.BatchNorm"
            "2d(b))[1], nn.ReLU()]",
        ],
        "for kernels of 1 and 3 it is the same number": [
            "branch: layers += [nn.Conv2d(a, b, kernel, step, padding=kernel // 2, bias"
            "=False), nn.BatchNorm2d(b), nn.ReLU()] → layers += [nn.Conv2d(a, b, kernel"
            ", step, padding=(kernel - 1) // 2, bias=False), nn.BatchNorm2d(b), nn.ReLU"
            "()]",
            "branch: layers += [nn.Conv2d(a, b, kernel, step, padding=kernel // 2, bias"
            "=False), nn.BatchNorm2d(b), nn.ReLU()] → layers += [nn.Conv2d(a, b, kernel"
            ", step, padding=kernel // 3, bias=False), nn.BatchNorm2d(b), nn.ReLU()]",
        ],
        "a Sequential with one in it does what that one does": [
            "branch: return nn.Sequential(*layers[:-1]) → return nn.Sequential(nn.Seque"
            "ntial(*layers[:-1]))",
        ],
    },
    "chain": {
        "what was made first is thrown away": [
            "chain: (nothing) → @twice",
            "chain: return nn.Sequential(*[block(channels, channels) for _ in range(n)]"
            ") → return (nn.Sequential(*[block(channels, channels) for _ in range(n)]),"
            " nn.Sequential(*[block(channels, channels) for _ in range(n)]))[1]",
            "chain: return nn.Sequential(*[block(channels, channels) for _ in range(n)]"
            ") → return nn.Sequential(*[(block(channels, channels), block(channels, cha"
            "nnels))[1] for _ in range(n)])",
        ],
        "the numbers of the blocks are not used": [
            "chain: return nn.Sequential(*[block(channels, channels) for _ in range(n)]"
            ") → return nn.Sequential(*[block(channels, channels) for _ in list(range(n"
            "))[::-1]])",
        ],
    },
    "tail": {
        "what was made first is thrown away": [
            "ended: (nothing) → tail = [nn.BatchNorm2d(channels), nn.ReLU()]",
            "ended: tail = [nn.BatchNorm2d(channels), nn.ReLU()] → tail = [(nn.BatchNor"
            "m2d(channels), nn.BatchNorm2d(channels))[1], nn.ReLU()]",
        ],
    },
    "accuracy": {
        "to ask a network in eval mode again gives the same and leaves nothing behind": [
            "accuracy: (nothing) → @twice",
            "accuracy: (nothing) → with torch.no_grad():; hits = torch.cat([net(x).argm"
            "ax(1) == y for x, y in batches])",
            "accuracy: (nothing) → hits = torch.cat([net(x).argmax(1) == y for x, y in batches])",
            "accuracy: hits = torch.cat([net(x).argmax(1) == y for x, y in batches]) → "
            "hits = (torch.cat([net(x).argmax(1) == y for x, y in batches]), torch.cat("
            "[net(x).argmax(1) == y for x, y in batches]))[1]",
            "accuracy: hits = torch.cat([net(x).argmax(1) == y for x, y in batches]) → "
            "hits = torch.cat([(net(x).argmax(1), net(x).argmax(1))[1] == y for x, y in"
            " batches])",
            "accuracy: hits = torch.cat([net(x).argmax(1) == y for x, y in batches]) → "
            "hits = torch.cat([(net(x), net(x))[1].argmax(1) == y for x, y in batches])",
        ],
        "logits have two axes, and the last one is axis 1": [
            "accuracy: hits = torch.cat([net(x).argmax(1) == y for x, y in batches]) → "
            "hits = torch.cat([net(x).argmax(-1) == y for x, y in batches])",
        ],
        "the order of the batches is no matter": [
            "accuracy: hits = torch.cat([net(x).argmax(1) == y for x, y in batches]) → "
            "hits = torch.cat([net(x).argmax(1) == y for x, y in list(batches)[::-1]])",
        ],
    },
    "loss": {
        "labels are whole numbers, which have no gradient": [
            "loss: (nothing) → labels = labels.detach()",
            "loss: return F.cross_entropy(logits, labels) → return F.cross_entropy(logi"
            "ts, labels.detach())",
        ],
        "classes are numbered from 0: nothing negative is there to be overwritten": [
            "loss: (nothing) → labels.relu_()",
        ],
    },
    "strides": {
        "stages are numbered from 0": [
            "strides: return [2 if stage > 0 and number == 0 else 1 for stage, count in"
            " enumerate(blocks) for number in range(count)] → return [2 if stage != 0 a"
            "nd number == 0 else 1 for stage, count in enumerate(blocks) for number in "
            "range(count)]",
        ],
        "twice a number is 0 where the number is": [
            "strides: return [2 if stage > 0 and number == 0 else 1 for stage, count in"
            " enumerate(blocks) for number in range(count)] → return [2 if 2 * stage > "
            "0 and number == 0 else 1 for stage, count in enumerate(blocks) for number "
            "in range(count)]",
            "strides: return [2 if stage > 0 and number == 0 else 1 for stage, count in"
            " enumerate(blocks) for number in range(count)] → return [2 if stage > 0 an"
            "d 2 * number == 0 else 1 for stage, count in enumerate(blocks) for number "
            "in range(count)]",
        ],
        "blocks are numbered from 0": [
            "strides: return [2 if stage > 0 and number == 0 else 1 for stage, count in"
            " enumerate(blocks) for number in range(count)] → return [2 if stage > 0 an"
            "d number <= 0 else 1 for stage, count in enumerate(blocks) for number in r"
            "ange(count)]",
        ],
    },
    "running": {
        "a variance is never negative": [
            "running: (nothing) → var.relu_()",
        ],
        "PyTorch's variance has Bessel's correction by itself": [
            "running: return (mean, torch.lerp(var, batch.var(0, correction=1), momentu"
            "m)) → return (mean, torch.lerp(var, batch.var(0), momentum))",
        ],
    },
}
