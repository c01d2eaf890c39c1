"""Probes and wrong answers for the exercises of chapter 10."""

from collections.abc import Callable
from random import Random
from typing import TYPE_CHECKING

import torch
from torch import nn
from torch.nn import functional as F

from grader.exercise import draw_images, probe, set_weights, wrong

if TYPE_CHECKING:  # defined by the chapter

    class Plain(nn.Module):
        conv1: nn.Conv2d
        bn1: nn.BatchNorm2d
        conv2: nn.Conv2d
        bn2: nn.BatchNorm2d

        def __init__(self, channels: int) -> None: ...


def by_hand(state: dict[str, torch.Tensor], x: torch.Tensor) -> torch.Tensor:
    """What a `Plain` block with these parameters and buffers returns in eval mode."""
    for k in "12":
        averages = state[f"bn{k}.running_mean"], state[f"bn{k}.running_var"]
        x = F.conv2d(x, state[f"conv{k}.weight"], padding=1)
        x = F.relu(F.batch_norm(x, *averages, state[f"bn{k}.weight"], state[f"bn{k}.bias"]))
    return x


@probe(
    "identity",
    "values",
    "by its parameters alone the block does not return its non-negative inputs",
    points=3,
)
def probe_identity(make_identity: Callable[[nn.Module], object], seed: int) -> dict[str, object]:
    random = Random(seed)
    found: dict[str, object] = {}
    several = random.randint(2, 8)
    one, other = Plain(1), Plain(several)
    for plain, channels, which in (
        (one, 1, "new"),
        (other, several, "new"),
        (other, several, "reset"),
        (other, several, "made for the third time"),
    ):
        for layer in plain.children():
            if which != "new" and isinstance(layer, nn.Conv2d | nn.BatchNorm2d):
                layer.reset_parameters()
        make_identity(plain)
        state, where = plain.state_dict(), f"a {which} block of {channels} channels"
        found[f"parameters, {where}"] = [
            [name, list(p.shape), p.requires_grad] for name, p in sorted(plain.named_parameters())
        ]
        found[f"averages as in a new block, {where}"] = [
            name in state and torch.equal(state[name], buffer)
            for name, buffer in Plain(channels).named_buffers()
        ]
        if not set(Plain(channels).state_dict()) <= set(state):
            continue
        for size in (0.1, 10 ** random.uniform(0, 3)):
            x = draw_images(random, channels, batch=random.randint(1, 3), magnitude=size).relu()
            with torch.no_grad():
                outputs = {"the block": plain.eval()(x), "its parameters alone": by_hand(state, x)}
            for what, y in outputs.items():
                said = f"{what}, {where}, numbers of about {size:.2g}"
                apart = (y - x).abs().max() / max(1, float(x.max()))
                factor = y.double().sum() / x.double().sum()
                found |= {
                    f"output: {said}": y / size,
                    f"to float precision: {said}": bool(apart < 2e-6),
                    f"by which factor: {said}": ((factor - 1) / 2.5e-6).round(),
                }
    return found


@wrong(
    "identity",
    "epsilon-forgotten",
    "BatchNorm divides by the root of 1 + epsilon, and nothing makes up for it",
)
def epsilon_forgotten(block: "Plain") -> None:
    for conv, bn in ((block.conv1, block.bn1), (block.conv2, block.bn2)):
        nn.init.dirac_(conv.weight)
        nn.init.constant_(bn.weight, 1.0)
        nn.init.zeros_(bn.bias)


@wrong("identity", "all-zero", "all weights are zero: that is the zero function")
def all_zero(block: "Plain") -> None:
    for conv, bn in ((block.conv1, block.bn1), (block.conv2, block.bn2)):
        nn.init.zeros_(conv.weight)
        nn.init.constant_(bn.weight, (1 + bn.eps) ** 0.5)
        nn.init.zeros_(bn.bias)


@wrong("identity", "sums-channels", "each channel holds the sum of all channels")
def sums_channels(block: "Plain") -> None:
    for conv, bn in ((block.conv1, block.bn1), (block.conv2, block.bn2)):
        nn.init.zeros_(conv.weight)
        conv.weight.data[:, :, 1, 1] = 1
        nn.init.constant_(bn.weight, (1 + bn.eps) ** 0.5)
        nn.init.zeros_(bn.bias)


@wrong("identity", "first-half-only", "only the first convolution copies")
def first_half_only(block: "Plain") -> None:
    for conv, bn in ((block.conv1, block.bn1),):
        nn.init.dirac_(conv.weight)
        nn.init.constant_(bn.weight, (1 + bn.eps) ** 0.5)
        nn.init.zeros_(bn.bias)


@wrong("identity", "wrong-corner", "the 1 is not in the middle of the window, so the image moves")
def wrong_corner(block: "Plain") -> None:
    for conv, bn in ((block.conv1, block.bn1), (block.conv2, block.bn2)):
        nn.init.dirac_(conv.weight)
        conv.weight.data = conv.weight.roll(1, -1)
        nn.init.constant_(bn.weight, (1 + bn.eps) ** 0.5)
        nn.init.zeros_(bn.bias)


@probe("both_signs", "values", "not every input comes back", points=2)
def probe_both_signs(both_signs: Callable[[int], nn.Sequential], seed: int) -> dict[str, object]:
    """Inputs of both signs and of one, small and very large, of few and of many channels."""
    random = Random(seed)
    found: dict[str, object] = {}
    for channels in (1, 2, *random.sample(range(3, 12), 2), random.randint(17, 24)):
        net = both_signs(channels)
        found[f"layers, {channels} channels"] = [type(layer).__name__ for layer in net]
        found[f"windows, {channels} channels"] = [
            list(layer.kernel_size) for layer in net if isinstance(layer, nn.Conv2d)
        ]
        for size in (10 ** random.uniform(-3, -1), 1, 10 ** random.uniform(2, 6)):
            x = draw_images(random, channels, batch=random.randint(1, 3), magnitude=size)
            cases = {"both signs": x, "no positive ones": -x.abs(), "one place": x[..., :1, :1]}
            for what, given in cases.items():
                with torch.no_grad():
                    y = net(given)
                said = f"{what}, {channels} channels, numbers of about {size:.2g}"
                found[f"output: {said}"] = y / size
                apart = (y - given).abs().max() / given.abs().max()
                found[f"to float precision: {said}"] = bool(apart < 1e-5)
    return found


@wrong("both_signs", "half-lost", "what is negative comes out as 0: the ReLU cuts it off")
def half_lost(channels: int) -> nn.Sequential:
    copy = nn.init.dirac_(torch.empty(channels, channels, 3, 3))
    first = nn.Conv2d(channels, channels, 3, padding=1, bias=False)
    second = nn.Conv2d(channels, channels, 3, padding=1, bias=False)
    first.weight.data, second.weight.data = copy, copy.clone()
    return nn.Sequential(first, nn.ReLU(), second)


@wrong("both_signs", "absolute-value", "the two halves are added; one has to be subtracted")
def absolute_value(channels: int) -> nn.Sequential:
    copy = nn.init.dirac_(torch.empty(channels, channels, 3, 3))
    first = nn.Conv2d(channels, 2 * channels, 3, padding=1, bias=False)
    second = nn.Conv2d(2 * channels, channels, 3, padding=1, bias=False)
    first.weight.data, second.weight.data = torch.cat([copy, -copy]), torch.cat([copy, copy], dim=1)
    return nn.Sequential(first, nn.ReLU(), second)


@wrong("both_signs", "shifted", "a shift before the ReLU saves small numbers, not large ones")
def shifted(channels: int) -> nn.Sequential:
    copy = nn.init.dirac_(torch.empty(channels, channels, 3, 3))
    first = nn.Conv2d(channels, channels, 3, padding=1, bias=True)
    second = nn.Conv2d(channels, channels, 3, padding=1, bias=True)
    first.weight.data, second.weight.data = copy, copy.clone()
    for conv, by in ((first, 10.0), (second, -10.0)):
        assert conv.bias is not None
        nn.init.constant_(conv.bias, by)
    return nn.Sequential(first, nn.ReLU(), second)


@wrong("both_signs", "no-relu", "there is no ReLU between the convolutions")
def no_relu(channels: int) -> nn.Sequential:
    copy = nn.init.dirac_(torch.empty(channels, channels, 3, 3))
    first = nn.Conv2d(channels, channels, 3, padding=1, bias=False)
    second = nn.Conv2d(channels, channels, 3, padding=1, bias=False)
    first.weight.data, second.weight.data = copy, copy.clone()
    return nn.Sequential(first, nn.Identity(), second)


@wrong("both_signs", "channels-summed", "each channel holds the sum of all channels")
def channels_summed(channels: int) -> nn.Sequential:
    copy = nn.init.dirac_(torch.empty(channels, channels, 3, 3))
    sums = copy.sum(0, keepdim=True).expand(channels, channels, 3, 3)
    first = nn.Conv2d(channels, 2 * channels, 3, padding=1, bias=False)
    second = nn.Conv2d(2 * channels, channels, 3, padding=1, bias=False)
    first.weight.data, second.weight.data = (
        torch.cat([copy, -copy]),
        torch.cat([sums, -sums], dim=1),
    )
    return nn.Sequential(first, nn.ReLU(), second)


@wrong("both_signs", "window-moved", "the 1 is not in the middle of the window: the image moves")
def window_moved(channels: int) -> nn.Sequential:
    copy = nn.init.dirac_(torch.empty(channels, channels, 3, 3))
    first = nn.Conv2d(channels, 2 * channels, 3, padding=1, bias=False)
    second = nn.Conv2d(2 * channels, channels, 3, padding=1, bias=False)
    first.weight.data, second.weight.data = (
        torch.cat([copy, -copy]).roll(1, -1),
        torch.cat([copy, -copy], dim=1),
    )
    return nn.Sequential(first, nn.ReLU(), second)


Layers = tuple[nn.Conv2d, nn.Conv2d]


@probe(
    "widen", "function", "the wider layers compute something else, or the given ones do", points=2
)
def probe_widen(
    widen: Callable[[nn.Conv2d, nn.Conv2d, int], Layers], seed: int
) -> dict[str, object]:
    random = Random(seed)
    found: dict[str, object] = {}
    sizes = [[*random.sample(range(1, 9), 3), extra] for extra in (2, 3, random.randint(4, 8))]
    sizes += [[1, 1, 1, 1], [random.randint(1, 8), random.randint(5, 12), 2, random.randint(9, 12)]]
    for number, (i, middle, o, extra) in enumerate(random.sample(sizes, 5)):
        given = nn.Conv2d(i, middle, 3, padding=1), nn.Conv2d(middle, o, 3, padding=1)
        for conv in given:
            set_weights(conv, seed + number)
        before = [p.clone() for conv in given for p in conv.parameters()]
        first, second = widen(*given, extra)
        where = f"{i} to {middle} + {extra} to {o} channels"
        found[f"shapes, {where}"] = [list(conv.weight.shape) for conv in (first, second)]
        after = [p for conv in given for p in conv.parameters()]
        found[f"given ones unchanged, {where}"] = [
            p.shape == q.shape and torch.equal(p, q) for p, q in zip(before, after, strict=True)
        ]
        if all(p.shape == q.shape for p, q in zip(before, after, strict=True)):
            for more in (1, 0):
                again = widen(*given, extra + more)
                found[f"{more} more, {where}"] = [list(conv.weight.shape) for conv in again]
        for size in (0.01, 1, 10 ** random.uniform(1, 3)):
            x = draw_images(random, i, batch=random.randint(1, 3), magnitude=size)
            with torch.no_grad():
                middle_maps = F.conv2d(x, before[0], before[1], padding=1).relu()
                y = F.conv2d(middle_maps, before[2], before[3], padding=1)
                x = second(first(x).relu())
            off = (x - y) / y.abs().max()
            level = off - off[:1, :, :1, :1]
            found[f"same function: {where}, {size:.2g}"] = bool(off.abs().max() < 1e-5)
            found[f"but for a shift: {where}, {size:.2g}"] = bool(level.abs().max() < 1e-5)
    return found


@probe("widen", "learning", "some new channel can learn nothing, or nothing of its own", points=2)
def probe_widen_learning(
    widen: Callable[[nn.Conv2d, nn.Conv2d, int], Layers], seed: int
) -> dict[str, object]:
    random, chance = Random(seed), torch.Generator().manual_seed(seed)
    found: dict[str, object] = {}
    for number in range(4):
        i, middle, o, extra = (random.randint(2, 6) for _ in range(4))
        middle = middle if number else 1
        first, second = nn.Conv2d(i, middle, 3, padding=1), nn.Conv2d(middle, o, 3, padding=1)
        set_weights(first, seed + number), set_weights(second, seed - number)
        first, second = widen(first, second, extra)
        where = f"{number}: {i} to {middle} + {extra} to {o} channels"
        found[f"trainable, {where}"] = [
            p.requires_grad and p.is_leaf for conv in (first, second) for p in conv.parameters()
        ]
        if not all(p.requires_grad for conv in (first, second) for p in conv.parameters()):
            continue
        x = torch.randn(8, i, 7, 7, generator=chance)
        y = second(first(x).relu())
        y.backward(torch.randn(y.shape, generator=chance))
        assert first.weight.grad is not None and second.weight.grad is not None
        into, out = first.weight.grad.flatten(1), second.weight.grad.transpose(0, 1).flatten(1)
        unit = torch.maximum(into.norm(dim=1), out.norm(dim=1)).max()
        own = torch.cat(
            [
                first.weight.detach().flatten(1),
                first.bias.detach()[:, None] if first.bias is not None else into[:, :0],
                second.weight.detach().transpose(0, 1).flatten(1),
            ],
            dim=1,
        )
        apart = torch.pdist(own)
        found[f"all can learn, {where}"] = bool(
            (torch.maximum(into.norm(dim=1), out.norm(dim=1)) > 1e-6 * unit).all()
        )
        found[f"no twins, {where}"] = bool(apart.min() > 1e-6 * own.norm(dim=1).max())
    return found


@wrong("widen", "random-outgoing", "the weights from the new channels change the output")
def random_outgoing(first: nn.Conv2d, second: nn.Conv2d, extra: int) -> tuple[nn.Conv2d, nn.Conv2d]:
    old = first.out_channels
    wide_first = nn.Conv2d(first.in_channels, old + extra, 3, padding=1)
    wide_second = nn.Conv2d(old + extra, second.out_channels, 3, padding=1)
    assert first.bias is not None and second.bias is not None
    assert wide_first.bias is not None and wide_second.bias is not None
    with torch.no_grad():
        wide_first.weight[:old], wide_first.bias[:old] = first.weight, first.bias
        wide_second.weight[:, :old] = second.weight
        wide_second.bias[:] = second.bias
    return wide_first, wide_second


@wrong("widen", "bias-forgotten", "the biases of the second layer are not taken along")
def bias_forgotten(first: nn.Conv2d, second: nn.Conv2d, extra: int) -> tuple[nn.Conv2d, nn.Conv2d]:
    old = first.out_channels
    wide_first = nn.Conv2d(first.in_channels, old + extra, 3, padding=1)
    wide_second = nn.Conv2d(old + extra, second.out_channels, 3, padding=1)
    assert first.bias is not None and second.bias is not None
    assert wide_first.bias is not None and wide_second.bias is not None
    with torch.no_grad():
        wide_first.weight[:old], wide_first.bias[:old] = first.weight, first.bias
        wide_second.weight[:, :old] = second.weight
        wide_second.weight[:, old:] = 0
        wide_second.bias[:] = 0
    return wide_first, wide_second


@wrong("widen", "all-zero", "the new channels have zeros on both sides, and will never learn")
def all_zero_new(first: nn.Conv2d, second: nn.Conv2d, extra: int) -> tuple[nn.Conv2d, nn.Conv2d]:
    old = first.out_channels
    wide_first = nn.Conv2d(first.in_channels, old + extra, 3, padding=1)
    wide_second = nn.Conv2d(old + extra, second.out_channels, 3, padding=1)
    assert first.bias is not None and second.bias is not None
    assert wide_first.bias is not None and wide_second.bias is not None
    with torch.no_grad():
        wide_first.weight[:old], wide_first.bias[:old] = first.weight, first.bias
        wide_second.weight[:, :old] = second.weight
        wide_second.bias[:] = second.bias
        wide_first.weight[old:], wide_first.bias[old:] = 0, 0
        wide_second.weight[:, old:] = 0
    return wide_first, wide_second


@wrong("widen", "zero-incoming", "nothing comes into the new channels, so they will never learn")
def zero_incoming(first: nn.Conv2d, second: nn.Conv2d, extra: int) -> tuple[nn.Conv2d, nn.Conv2d]:
    old = first.out_channels
    wide_first = nn.Conv2d(first.in_channels, old + extra, 3, padding=1)
    wide_second = nn.Conv2d(old + extra, second.out_channels, 3, padding=1)
    assert first.bias is not None and second.bias is not None
    assert wide_first.bias is not None and wide_second.bias is not None
    with torch.no_grad():
        wide_first.weight[:old], wide_first.bias[:old] = first.weight, first.bias
        wide_second.weight[:, :old] = second.weight
        wide_second.bias[:] = second.bias
        wide_first.weight[old:], wide_first.bias[old:] = 0, 0
    return wide_first, wide_second


@wrong("widen", "twins", "copies of old channels with equal shares stay twins for ever")
def twins(first: nn.Conv2d, second: nn.Conv2d, extra: int) -> tuple[nn.Conv2d, nn.Conv2d]:
    old = first.out_channels
    wide_first = nn.Conv2d(first.in_channels, old + extra, 3, padding=1)
    wide_second = nn.Conv2d(old + extra, second.out_channels, 3, padding=1)
    assert first.bias is not None and second.bias is not None
    assert wide_first.bias is not None and wide_second.bias is not None
    source = torch.arange(old + extra) % old
    count = torch.bincount(source)[source]
    with torch.no_grad():
        wide_first.weight[:], wide_first.bias[:] = first.weight[source], first.bias[source]
        wide_second.weight[:] = second.weight[:, source] / count[:, None, None]
        wide_second.bias[:] = second.bias
    return wide_first, wide_second


@wrong("widen", "given-ones-changed", "the given layers themselves are made wider")
def given_ones_changed(
    first: nn.Conv2d, second: nn.Conv2d, extra: int
) -> tuple[nn.Conv2d, nn.Conv2d]:
    old = first.out_channels
    wide_first = nn.Conv2d(first.in_channels, old + extra, 3, padding=1)
    wide_second = nn.Conv2d(old + extra, second.out_channels, 3, padding=1)
    assert first.bias is not None and second.bias is not None
    assert wide_first.bias is not None and wide_second.bias is not None
    with torch.no_grad():
        wide_first.weight[:old], wide_first.bias[:old] = first.weight, first.bias
        wide_second.weight[:, :old] = second.weight
        wide_second.bias[:] = second.bias
        wide_second.weight[:, old:] = 0
    first.weight, first.bias = wide_first.weight, wide_first.bias
    second.weight, second.bias = wide_second.weight, wide_second.bias
    return first, second
