"""Inputs from the whole range that the exercises of chapter 15 allow, for the mutation engine."""

from collections.abc import Callable, Sequence
from random import Random

import torch
from torch import Tensor, nn

from grader.exercise import behaviour

Map = Callable[[Tensor], Tensor]
Path = tuple[nn.Conv2d, nn.Conv2d, nn.Conv2d]


@behaviour("excite")
def behaviour_excite(excite: Callable[[Tensor, Map, Map], Tensor], seed: int) -> dict[str, object]:
    """Up to 12 images and channels, maps of up to 9 x 9, of any size."""
    random = Random(seed)
    torch.manual_seed(seed)
    channels, squeezed = random.randint(1, 12), random.randint(1, 6)
    down, up = nn.Linear(channels, squeezed), nn.Linear(squeezed, channels)
    shape = (random.randint(1, 12), channels, random.randint(1, 9), random.randint(1, 9))
    x = (10 ** random.uniform(-2, 1) * torch.randn(shape)).requires_grad_()
    given = x.detach().clone()
    y = excite(x, down, up)
    gradients = torch.autograd.grad(y.square().sum(), [x, down.weight, down.bias, up.weight])
    return {"maps": y, "gradients": list(gradients), "unchanged": torch.equal(x, given)}


# Which images lose their branch is left to the answer: asked is what holds for every draw.


@behaviour("stochastic")
def behaviour_stochastic(
    stochastic: Callable[[Tensor, Map, float, bool], Tensor], seed: int
) -> dict[str, object]:
    """Rows and maps of up to four axes, any chance below 1, in training and outside."""
    random = Random(seed)
    torch.manual_seed(seed)
    shape = [random.randint(1, 4) for _ in range(random.randint(0, 3))]
    chance = random.choice([0.0, random.uniform(0.01, 0.97)])
    x = 10 ** random.uniform(-1, 1) * (0.5 + torch.rand(500, *shape))
    given = x.clone()
    whole = stochastic(x, torch.exp, chance, False)
    torch.manual_seed(seed)
    y = stochastic(x, torch.tanh, chance, True)
    torch.manual_seed(seed)
    same = torch.equal(y, stochastic(x, torch.tanh, chance, True))
    factor = ((y - x) / x.tanh() * (1 - chance)).reshape(500, -1)
    lost, stays = factor.abs() < 1e-3, (factor - 1).abs() < 1e-3
    room = 6 * (chance * (1 - chance) / 500) ** 0.5 + 1e-9
    return {
        "whole": whole,
        "all or nothing": bool((lost.all(1) | stays.all(1)).all()),
        "share": abs(lost.all(1).double().mean().item() - chance) <= room,
        "the same seed": same,
        "unchanged": torch.equal(x, given),
    }


@behaviour("side_by_side")
def behaviour_side_by_side(
    side_by_side: Callable[[Sequence[Path]], nn.Sequential], seed: int
) -> dict[str, object]:
    """Up to ten paths, up to nine channels, maps of any size."""
    random = Random(seed)
    torch.manual_seed(seed)
    c, d, k = (random.randint(1, 9) for _ in range(3))
    paths = [
        (nn.Conv2d(c, d, 1, bias=False), nn.Conv2d(d, d, 3, padding=1, bias=False),
         nn.Conv2d(d, k, 1, bias=False)) for _ in range(random.randint(1, 10))
    ]  # fmt: skip
    before = [conv.weight.detach().clone() for path in paths for conv in path]
    net = side_by_side(paths)
    x = 10 ** random.uniform(-2, 2) * torch.randn(
        random.randint(1, 4), c, random.randint(1, 8), random.randint(1, 8)
    )
    x.requires_grad_()
    y = net(x)
    gradients = torch.autograd.grad(y.square().sum(), [x, *net.parameters()])
    found = {
        "values": y,
        "gradient": gradients[0],
        # By their lengths: in which order the paths come is left to the answer.
        "gradients": [gradient.norm() for gradient in gradients[1:]],
        "shapes": [list(p.shape) for p in net.parameters()],
    }
    with torch.no_grad():
        for weight in net.parameters():
            weight.zero_()
    after = [conv.weight for path in paths for conv in path]
    found["unchanged"] = [torch.equal(a, b) for a, b in zip(before, after, strict=True)]
    return found


EQUIVALENT = {
    "excite": {
        "the axes of a map, in either order and from either end": [
            "excite: gates = torch.sigmoid(up(F.relu(down(x.mean(dim=(2, 3)))))) → gates = torch.s"
            "igmoid(up(F.relu(down(x.mean(dim=(3, 2))))))",
            "excite: gates = torch.sigmoid(up(F.relu(down(x.mean(dim=(2, 3)))))) → gates = torch.s"
            "igmoid(up(F.relu(down(x.mean(dim=(-2, 3))))))",
        ],
    },
    "stochastic": {
        "one draw is as good as another": [
            "stochastic: (nothing) → @twice",
            "stochastic: (nothing) → drawn = torch.rand(len(x), *(1 for _ in x.shape[1:]))",
            "stochastic: drawn = torch.rand(len(x), *(1 for _ in x.shape[1:])) → drawn = (torch.ra"
            "nd(len(x), *(1 for _ in x.shape[1:])), torch.rand(len(x), *(1 for _ in x.shape[1:])))"
            "[1]",
        ],
        "a branch that is asked again gives the same": [
            "stochastic: (nothing) → added = branch(x)",
            "stochastic: added = branch(x) → added = (branch(x), branch(x))[1]",
        ],
        "what the branch adds has the shape of its input": [
            "stochastic: drawn = torch.rand(len(x), *(1 for _ in x.shape[1:])) → drawn = torch.ran"
            "d(len(added), *(1 for _ in x.shape[1:]))",
            "stochastic: drawn = torch.rand(len(x), *(1 for _ in x.shape[1:])) → drawn = torch.ran"
            "d(len(x), *(1 for _ in added.shape[1:]))",
        ],
        "ones have no order": [
            "stochastic: drawn = torch.rand(len(x), *(1 for _ in x.shape[1:])) → drawn = torch.ran"
            "d(len(x), *(1 for _ in list(x.shape[1:])[::-1]))",
        ],
        "what the branch gave is read once before it is written": [
            "stochastic: added = added * (drawn >= chance) / (1 - chance) → added = added.mul_(dra"
            "wn >= chance) / (1 - chance)",
        ],
        "a drawn number hardly ever is the chance itself": [
            "stochastic: added = added * (drawn >= chance) / (1 - chance) → added = added * (drawn"
            " > chance) / (1 - chance)",
        ],
    },
    "side_by_side": {
        "the parts are read once": [
            "side_by_side: n, parts = (len(paths), list(zip(*paths))) → n, parts = (len(paths), zi"
            "p(*paths))",
        ],
        "a list of a list is the same list": [
            "side_by_side: n, parts = (len(paths), list(zip(*paths))) → n, parts = (len(paths), li"
            "st(list(zip(*paths))))",
        ],
        "the sum over the paths has no order": [
            "side_by_side: firsts, middles, lasts = ([conv.weight for conv in part] for part in pa"
            "rts) → firsts, middles, lasts = ([conv.weight for conv in list(part)[::-1]] for part "
            "in parts)",
        ],
        "the middle layer takes what the first one gives": [
            "side_by_side: inner = n * len(middles[0]) → inner = n * len(firsts[0])",
        ],
        "all paths have the same widths": [
            "side_by_side: inner = n * len(middles[0]) → inner = n * len(middles[-1])",
            "side_by_side: net = nn.Sequential(nn.Conv2d(firsts[0].shape[1], inner, 1, bias=False)"
            ", nn.ReLU(), nn.Conv2d(inner, inner, 3, padding=1, groups=n, bias=False), nn.ReLU(), "
            "nn.Conv2d(inner, len(lasts[0]), 1, bias=False)) → net = nn.Sequential(nn.Conv2d(first"
            "s[-1].shape[1], inner, 1, bias=False), nn.ReLU(), nn.Conv2d(inner, inner, 3, padding="
            "1, groups=n, bias=False), nn.ReLU(), nn.Conv2d(inner, len(lasts[0]), 1, bias=False))",
            "side_by_side: net = nn.Sequential(nn.Conv2d(firsts[0].shape[1], inner, 1, bias=False)"
            ", nn.ReLU(), nn.Conv2d(inner, inner, 3, padding=1, groups=n, bias=False), nn.ReLU(), "
            "nn.Conv2d(inner, len(lasts[0]), 1, bias=False)) → net = nn.Sequential(nn.Conv2d(first"
            "s[0].shape[1], inner, 1, bias=False), nn.ReLU(), nn.Conv2d(inner, inner, 3, padding=1"
            ", groups=n, bias=False), nn.ReLU(), nn.Conv2d(inner, len(lasts[-1]), 1, bias=False))",
        ],
        "neither line needs the other": [
            "side_by_side: net[2].weight.copy_(torch.cat(middles)) → net[2].weight.copy_(torch.cat"
            "(middles))",
            "side_by_side: net[4].weight.copy_(torch.cat(lasts, dim=1)) → net[4].weight.copy_(torc"
            "h.cat(lasts, dim=1))",
        ],
        "what copy_ returns is the tensor itself": [
            "side_by_side: net[0].weight.copy_(torch.cat(firsts)) → net[0].weight.copy_(net[0].wei"
            "ght.copy_(torch.cat(firsts)))",
            "side_by_side: net[2].weight.copy_(torch.cat(middles)) → net[2].weight.copy_(net[2].we"
            "ight.copy_(torch.cat(middles)))",
            "side_by_side: net[4].weight.copy_(torch.cat(lasts, dim=1)) → net[4].weight.copy_(net["
            "4].weight.copy_(torch.cat(lasts, dim=1)))",
        ],
    },
}
