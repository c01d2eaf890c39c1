"""Right answers to the exercise `ordered`, of different structure."""

from functools import reduce

import torch
from torch.nn import functional as F

# %% a dictionary of functions


def ordered(order, x, c1, b1, c2, b2):
    r = torch.relu
    return {
        "a": lambda: r(x + b2(c2(r(b1(c1(x)))))),
        "b": lambda: r(b2(x + c2(r(b1(c1(x)))))),
        "c": lambda: x + r(b2(c2(r(b1(c1(x)))))),
        "d": lambda: x + b2(c2(r(b1(c1(r(x)))))),
        "e": lambda: x + c2(r(b2(c1(r(b1(x)))))),
    }[order]()


# %% the table's words, read from right to left


def ordered(order, x, c1, b1, c2, b2):
    layers = {"c1": c1, "b1": b1, "c2": c2, "b2": b2, "r": F.relu}
    inside = {"a": "b2 c2 r b1 c1", "b": "c2 r b1 c1", "c": "r b2 c2 r b1 c1",
              "d": "b2 c2 r b1 c1 r", "e": "c2 r b2 c1 r b1"}  # fmt: skip
    outside = {"a": "r", "b": "r b2"}
    y = x
    for word in reversed(inside[order].split()):
        y = layers[word](y)
    y = x + y
    for word in reversed(outside.get(order, "").split()):
        y = layers[word](y)
    return y


# %% match, with the common part first


def ordered(order, x, c1, b1, c2, b2):
    def half(y):
        return c2(F.relu(b1(c1(y))))

    match order:
        case "a":
            return F.relu(x + b2(half(x)))
        case "b":
            return F.relu(b2(x + half(x)))
        case "c":
            return x + F.relu(b2(half(x)))
        case "d":
            return x + b2(half(F.relu(x)))
        case "e":
            return x + c2(F.relu(b2(c1(F.relu(b1(x))))))


# %% composed functions


def chain(*steps):
    return lambda x: reduce(lambda value, step: step(value), steps, x)


def ordered(order, x, c1, b1, c2, b2):
    r = torch.nn.ReLU()
    branch = chain(b1, r, c1, b2, r, c2) if order == "e" else chain(c1, b1, r, c2)
    if order == "d":
        branch = chain(r, branch)
    if order in "acd":
        branch = chain(branch, b2)
    if order == "c":
        branch = chain(branch, r)
    total = torch.add(x, branch(x))
    return chain(*{"a": [r], "b": [b2, r]}.get(order, []))(total)
