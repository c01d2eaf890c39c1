"""Inputs from the whole range that the exercises of chapter 2 allow, for the mutation engine."""

import copy
from collections.abc import Callable
from random import Random

from torch import nn

from grader.exercise import behaviour, behaviour_of, draw_images, set_weights


@behaviour("between")
def behaviour_between(
    between: Callable[[nn.Module, nn.Module, float], nn.Module], seed: int
) -> dict[str, object]:
    """Networks of up to four blocks with BatchNorm, GroupNorm or none, anywhere on the line."""
    random = Random(seed)
    channels = random.randint(1, 6)
    layers: list[nn.Module] = []
    for _ in range(random.randint(1, 4)):
        layers.append(nn.Conv2d(channels, channels, 3, padding=1, bias=random.random() < 0.5))
        norms = [nn.BatchNorm2d(channels), nn.GroupNorm(1, channels), nn.Identity()]
        layers += [random.choice(norms), nn.ReLU()]
    first = nn.Sequential(*layers)
    second = copy.deepcopy(first)
    set_weights(first, seed), set_weights(second, seed + 1)
    for given in (first, second):
        given.train(random.random() < 0.5)
        for name, buffer in given.named_buffers():
            if "num_batches" in name:
                buffer.fill_(random.randint(0, 999))
    t = random.choice([0, 1, random.uniform(0, 1), random.uniform(-3, 4)])
    net = between(first, second, t)
    found: dict[str, object] = {"modes": [module.training for module in net.modules()]}
    for name, one in (("net", net), ("first", first), ("second", second)):
        found[name] = [[key, value] for key, value in sorted(one.state_dict().items())]
    storage = {value.data_ptr() for one in (first, second) for value in one.state_dict().values()}
    found["shared"] = any(value.data_ptr() in storage for value in net.state_dict().values())
    x = draw_images(random, channels, magnitude=10 ** random.uniform(-1, 1))
    return found | behaviour_of(net.eval(), x)


EQUIVALENT = {
    "between": {
        "a copy of a copy is a copy": [
            "between: net, other = (copy.deepcopy(first), second.state_dict()) → net, oth"
            "er = (copy.deepcopy(copy.deepcopy(first)), second.state_dict())",
        ],
        "each tensor is mixed by itself, in whatever order": [
            "between: for name, mine in net.state_dict().items(): → for name, mine in lis"
            "t(net.state_dict().items())[::-1]:",
        ],
        "what copy_ returns is the tensor itself": [
            "between: mine.copy_((1 - t) * mine + t * other[name]) → mine.copy_(mine.copy"
            "_((1 - t) * mine + t * other[name]))",
        ],
        "mine is read once before it is written": [
            "between: mine.copy_((1 - t) * mine + t * other[name]) → mine.copy_(mine.mul_"
            "(1 - t) + t * other[name])",
        ],
    },
}
