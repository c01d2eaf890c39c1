"""Probes and wrong answers for the exercises of chapter 2."""

import copy
from collections.abc import Callable
from random import Random

import torch
from torch import nn

from grader.exercise import behaviour_of, draw_images, probe, set_weights, wrong


def twins(random: Random, seed: int, channels: int) -> tuple[nn.Module, nn.Module]:
    """Two networks of the same drawn layers, with weights, averages and counts of their own."""
    width, size = random.randint(1, 5), random.choice([1, 3])
    norm = random.choice([nn.BatchNorm2d(width), nn.GroupNorm(1, width)])
    inner = [
        *(nn.Conv2d(channels, width, size, padding=size // 2), nn.BatchNorm2d(width), nn.ReLU()),
        *(nn.Conv2d(width, width, 1, bias=False), norm),
    ]
    head = nn.Sequential(nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(width, 3))
    first = nn.Sequential(nn.Sequential(*inner), nn.ReLU(), head)
    second = copy.deepcopy(first)
    for number, net in enumerate((first, second)):
        set_weights(net, seed + number)
        for name, buffer in net.named_buffers():
            if name.endswith("num_batches_tracked"):
                buffer.fill_(random.randint(1, 99))
    return first, second


@probe("between", "networks", "somewhere on the line stands another network", points=2)
def probe_between(
    between: Callable[[nn.Module, nn.Module, float], nn.Module], seed: int
) -> dict[str, object]:
    """At both ends, on the way and beyond; what is there, what it computes, what it learns."""
    random = Random(seed)
    found: dict[str, object] = {}
    for t in (0, 1, random.uniform(0.1, 0.4), random.uniform(0.6, 0.9), random.uniform(1.1, 2), -1):
        channels = random.randint(1, 4)
        first, second = twins(random, seed, channels)
        first.train(random.random() < 0.5)
        second.train(random.random() < 0.5)
        net, where = between(first, second, t), f"at {t:.2f}"
        found[f"state, {where}"] = [[name, v] for name, v in sorted(net.state_dict().items())]
        found[f"modes, {where}"] = [module.training for module in net.modules()]
        found |= behaviour_of(net.eval(), draw_images(random, channels), where=where)
    return found


@probe("between", "given", "the networks that were given do not stay what they were")
def probe_between_given(
    between: Callable[[nn.Module, nn.Module, float], nn.Module], seed: int
) -> dict[str, object]:
    """Two networks on one line, of which one is then changed."""
    random = Random(seed)
    found: dict[str, object] = {}
    for t in (0, 1, random.uniform(0.2, 0.8)):
        first, second = twins(random, seed, 2)
        net = between(first, second, t)
        again = between(first, second, t)
        kept = [[name, v.clone()] for name, v in sorted(again.state_dict().items())]
        with torch.no_grad():
            for value in net.state_dict().values():
                value.add_(1)
        found[f"changed at {t:.2f}"] = [bool((v != w).all()) for (_, v), (_, w) in zip(
            sorted(net.state_dict().items()), kept, strict=True)]  # fmt: skip
        for what, one in (("first", first), ("second", second), ("another", again)):
            found[f"{what}, {t:.2f}"] = [[name, v] for name, v in sorted(one.state_dict().items())]
            found[f"modes of {what}, {t:.2f}"] = [module.training for module in one.modules()]
    return found


@wrong("between", "averages-left", "the running averages stay those of the first network")
def averages_left(first: nn.Module, second: nn.Module, t: float) -> nn.Module:
    net = copy.deepcopy(first)
    for mine, other in zip(net.parameters(), second.parameters(), strict=True):
        mine.data.copy_((1 - t) * mine + t * other)
    return net


@wrong("between", "ends-exchanged", "t and 1 - t are exchanged: at 0 stands the second network")
def ends_exchanged(first: nn.Module, second: nn.Module, t: float) -> nn.Module:
    net, other = copy.deepcopy(first), second.state_dict()
    for name, mine in net.state_dict().items():
        if mine.is_floating_point():
            mine.copy_(t * mine + (1 - t) * other[name])
    return net


@wrong("between", "first-overwritten", "the first network itself is changed; a copy is asked for")
def first_overwritten(first: nn.Module, second: nn.Module, t: float) -> nn.Module:
    other = second.state_dict()
    for name, mine in first.state_dict().items():
        if mine.is_floating_point():
            mine.copy_((1 - t) * mine + t * other[name])
    return first


@wrong(
    "between",
    "answers-mixed",
    "the answers of two networks are mixed; asked for is one network with mixed weights",
)
class AnswersMixed(nn.Module):
    def __init__(self, first: nn.Module, second: nn.Module, t: float) -> None:
        super().__init__()
        self.first, self.second, self.t = copy.deepcopy(first), copy.deepcopy(second), t

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return (1 - self.t) * self.first(x) + self.t * self.second(x)


@wrong("between", "added-not-mixed", "t times the second is added to the whole of the first")
def added_not_mixed(first: nn.Module, second: nn.Module, t: float) -> nn.Module:
    net, other = copy.deepcopy(first), second.state_dict()
    for name, mine in net.state_dict().items():
        if mine.is_floating_point():
            mine.copy_(mine + t * other[name])
    return net


@wrong("between", "weights-frozen", "the new network can't be trained on: its weights are frozen")
def weights_frozen(first: nn.Module, second: nn.Module, t: float) -> nn.Module:
    net, other = copy.deepcopy(first).requires_grad_(False), second.state_dict()
    for name, mine in net.state_dict().items():
        if mine.is_floating_point():
            mine.copy_((1 - t) * mine + t * other[name])
    return net
