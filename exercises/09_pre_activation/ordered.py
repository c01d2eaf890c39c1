"""Probes and wrong answers for the exercise `ordered` of chapter 9."""

from collections.abc import Callable
from functools import partial
from random import Random

import torch
from torch import nn
from torch.nn import functional as F

from grader.exercise import behaviour_of, draw_images, probe, set_weights, wrong


@probe("ordered", "values", "not all orders compute what the table says", points=2)
def probe_ordered(ordered: Callable[..., torch.Tensor], seed: int) -> dict[str, object]:
    random = Random(seed)
    found: dict[str, object] = {}
    for mode, n in [("train", random.randint(2, 6)), ("eval", random.randint(7, 9)), ("train", 1)]:
        layers: list[nn.Module] = [
            *(nn.Conv2d(n, n, 3, padding=1), nn.BatchNorm2d(n)),
            *(nn.Conv2d(n, n, 1), nn.BatchNorm2d(n)),
        ]
        for number, layer in enumerate(layers):
            set_weights(layer.train(mode == "train"), seed + number)
        batches = random.sample([2, 2, 3, 3, random.randint(4, 9)], 5)
        for order in random.sample("abcde", 5 if n > 1 else 2):
            x = draw_images(random, n, batch=batches.pop() if mode == "train" else 1)
            x[0] *= random.uniform(30, 90)  # large numbers in each mode and call
            where = f"order {order}, {mode}, {n} channels"
            found |= behaviour_of(partial(ordered, order), x, *layers, where=where)
            if mode == "eval":
                large = 10 ** random.uniform(2, 4) * x.flip(1, 2)
                where = f"order {order}, eval, large numbers"
                found |= behaviour_of(partial(ordered, order), large, *layers, where=where)
    return found


@wrong("ordered", "a-without-final-relu", "order a lacks its ReLU after the addition")
def a_without_final_relu(
    order: str, x: torch.Tensor, c1: nn.Module, b1: nn.Module, c2: nn.Module, b2: nn.Module
) -> torch.Tensor:
    r = F.relu
    if order == "a":
        return x + b2(c2(r(b1(c1(x)))))
    if order == "b":
        return r(b2(x + c2(r(b1(c1(x))))))
    if order == "c":
        return x + r(b2(c2(r(b1(c1(x))))))
    if order == "d":
        return x + b2(c2(r(b1(c1(r(x))))))
    return x + c2(r(b2(c1(r(b1(x))))))


@wrong(
    "ordered",
    "b-normalises-the-branch",
    "in order b the BatchNorm is on the branch, not on the sum",
)
def b_normalises_the_branch(
    order: str, x: torch.Tensor, c1: nn.Module, b1: nn.Module, c2: nn.Module, b2: nn.Module
) -> torch.Tensor:
    r = F.relu
    if order == "a":
        return r(x + b2(c2(r(b1(c1(x))))))
    if order == "b":
        return r(x + b2(c2(r(b1(c1(x))))))
    if order == "c":
        return x + r(b2(c2(r(b1(c1(x))))))
    if order == "d":
        return x + b2(c2(r(b1(c1(r(x))))))
    return x + c2(r(b2(c1(r(b1(x))))))


@wrong("ordered", "c-relu-outside", "in order c the ReLU is on the sum, not on the branch")
def c_relu_outside(
    order: str, x: torch.Tensor, c1: nn.Module, b1: nn.Module, c2: nn.Module, b2: nn.Module
) -> torch.Tensor:
    r = F.relu
    if order == "a":
        return r(x + b2(c2(r(b1(c1(x))))))
    if order == "b":
        return r(b2(x + c2(r(b1(c1(x))))))
    if order == "c":
        return r(x + b2(c2(r(b1(c1(x))))))
    if order == "d":
        return x + b2(c2(r(b1(c1(r(x))))))
    return x + c2(r(b2(c1(r(b1(x))))))


@wrong("ordered", "d-shortcut-activated", "in order d the shortcut takes ReLU(x) instead of x")
def d_shortcut_activated(
    order: str, x: torch.Tensor, c1: nn.Module, b1: nn.Module, c2: nn.Module, b2: nn.Module
) -> torch.Tensor:
    r = F.relu
    if order == "a":
        return r(x + b2(c2(r(b1(c1(x))))))
    if order == "b":
        return r(b2(x + c2(r(b1(c1(x))))))
    if order == "c":
        return x + r(b2(c2(r(b1(c1(x))))))
    if order == "d":
        return r(x) + b2(c2(r(b1(c1(r(x))))))
    return x + c2(r(b2(c1(r(b1(x))))))


@wrong("ordered", "e-norms-exchanged", "in order e the two BatchNorms are exchanged")
def e_norms_exchanged(
    order: str, x: torch.Tensor, c1: nn.Module, b1: nn.Module, c2: nn.Module, b2: nn.Module
) -> torch.Tensor:
    r = F.relu
    if order == "a":
        return r(x + b2(c2(r(b1(c1(x))))))
    if order == "b":
        return r(b2(x + c2(r(b1(c1(x))))))
    if order == "c":
        return x + r(b2(c2(r(b1(c1(x))))))
    if order == "d":
        return x + b2(c2(r(b1(c1(r(x))))))
    return x + c2(r(b1(c1(r(b2(x))))))
