"""Probes and wrong answers for the exercises of chapter 15."""

from collections.abc import Callable, Sequence
from functools import partial
from random import Random

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from grader.exercise import probe, wrong

Map = Callable[[Tensor], Tensor]
Path = tuple[nn.Conv2d, nn.Conv2d, nn.Conv2d]


def in_units(x: Tensor) -> list[object]:
    """``x`` by its largest number, and that: large numbers that cancel may differ by rounding."""
    unit = max(1.0, float(x.detach().abs().max()))
    return [unit, x / unit]


@probe("excite", "values", "some maps come out with other values", points=2)
def probe_excite(excite: Callable[[Tensor, Map, Map], Tensor], seed: int) -> dict[str, object]:
    """Maps of all sizes, one image and one channel among them; values, gradients, calls."""
    random = Random(seed)
    torch.random.manual_seed(seed)
    found: dict[str, object] = {}
    for number, (images, channels) in enumerate(
        ((3, 6), (2, 7), (5, 4), (4, 1), (1, 5), (1, 1), (2, 3))
    ):
        squeezed = random.randint(1, 4)
        down, up = nn.Linear(channels, squeezed), nn.Linear(squeezed, channels)
        strong = 2 * up.weight.detach()
        sides = sorted(random.sample(range(1, 8), 2), reverse=number % 2 == 1)  # high and wide
        shape = (images, channels, *sides)
        sizes = [10 ** random.uniform(-1, 0), 10 ** random.uniform(0, 0.9), 30.0, 0.01]
        for size in random.sample(sizes, 4):
            x = size * (torch.randn(shape) + torch.randn(shape[:2])[:, :, None, None])
            if size < 0.1:
                x = x.clamp(-0.09, 0.09)
            with torch.no_grad():  # near 1 a gate's slope, 1 - gate, is rounded away
                up.weight.copy_(strong)
                reach = float(up(down(x.mean((2, 3))).relu()).abs().max())
                up.weight.mul_(min(1.0, 3 / reach))
            x.requires_grad_()
            given = x.detach().clone()
            calls: list[str] = []
            hooks = [
                layer.register_forward_hook(lambda *_, name=name, calls=calls: calls.append(name))
                for name, layer in (("down", down), ("up", up))
            ]
            y = excite(x, down, up)
            for hook in hooks:
                hook.remove()
            where = f"{number}, size {size:.2g}"
            ahead = torch.randn(y.shape, generator=torch.Generator().manual_seed(seed))
            gradients = torch.autograd.grad((y * ahead).sum(), [x, down.weight, up.bias])
            found[f"{where}: maps"] = in_units(y)
            found[f"{where}: calls"] = list(calls)
            found[f"{where}: gradients"] = [in_units(gradient) for gradient in gradients]
            found[f"{where}: x unchanged"] = torch.equal(x, given)
    return found


@wrong("excite", "summed", "a channel is squeezed to its mean, not to its sum")
def summed(x: torch.Tensor, down: nn.Module, up: nn.Module) -> torch.Tensor:
    gates = torch.sigmoid(up(F.relu(down(x.sum(dim=(2, 3))))))
    return x * gates[:, :, None, None]


@wrong("excite", "largest", "a channel is squeezed to its mean, not to its largest value")
def largest(x: torch.Tensor, down: nn.Module, up: nn.Module) -> torch.Tensor:
    gates = torch.sigmoid(up(F.relu(down(x.amax(dim=(2, 3))))))
    return x * gates[:, :, None, None]


@wrong("excite", "no-relu", "there is no ReLU between the two layers, so that they are one")
def no_relu_between(x: torch.Tensor, down: nn.Module, up: nn.Module) -> torch.Tensor:
    gates = torch.sigmoid(up(down(x.mean(dim=(2, 3)))))
    return x * gates[:, :, None, None]


@wrong("excite", "relu-last", "the ReLU stands behind `up`, so that no gate is below one half")
def relu_last(x: torch.Tensor, down: nn.Module, up: nn.Module) -> torch.Tensor:
    gates = torch.sigmoid(F.relu(up(down(x.mean(dim=(2, 3))))))
    return x * gates[:, :, None, None]


@wrong("excite", "softmax", "a softmax lets the channels compete; each gate is its own sigmoid")
def softmax_gates(x: torch.Tensor, down: nn.Module, up: nn.Module) -> torch.Tensor:
    gates = torch.softmax(up(F.relu(down(x.mean(dim=(2, 3))))), dim=1)
    return x * gates[:, :, None, None]


@wrong("excite", "no-sigmoid", "the gates are not brought between 0 and 1")
def no_sigmoid(x: torch.Tensor, down: nn.Module, up: nn.Module) -> torch.Tensor:
    gates = up(F.relu(down(x.mean(dim=(2, 3)))))
    return x * gates[:, :, None, None]


@wrong("excite", "added", "the gates are added; they multiply")
def gates_added(x: torch.Tensor, down: nn.Module, up: nn.Module) -> torch.Tensor:
    gates = torch.sigmoid(up(F.relu(down(x.mean(dim=(2, 3))))))
    return x + gates[:, :, None, None]


@wrong("excite", "whole-batch", "the mean goes over all images of the batch")
def whole_batch(x: torch.Tensor, down: nn.Module, up: nn.Module) -> torch.Tensor:
    means = x.mean(dim=(0, 2, 3)).expand(len(x), -1)
    gates = torch.sigmoid(up(F.relu(down(means))))
    return x * gates[:, :, None, None]


@wrong("excite", "with-shortcut", "x is added here: the block does that, with the whole branch")
def with_shortcut(x: torch.Tensor, down: nn.Module, up: nn.Module) -> torch.Tensor:
    gates = torch.sigmoid(up(F.relu(down(x.mean(dim=(2, 3))))))
    return x + x * gates[:, :, None, None]


# Which images lose their branch is left to the answer: the probes ask what holds for every draw.


@probe("stochastic", "draws", "what is left out, or what stays, is not as it should be", points=3)
def probe_stochastic_draws(
    stochastic: Callable[[Tensor, Map, float, bool], Tensor], seed: int
) -> dict[str, object]:
    """Rows and maps, several chances: which share stays, as a whole, and how large."""
    random = Random(seed)
    torch.random.manual_seed(seed)
    found: dict[str, object] = {}
    shapes = ((random.randint(1, 4),), (2, 3, random.randint(1, 3)), (2, random.randint(2, 5)), ())
    sizes = random.sample([0.02, 1.0, 30.0, 10 ** random.uniform(-1, 1)], 4)
    chances = (0.0, random.uniform(0.05, 0.3), random.uniform(0.4, 0.6), random.uniform(0.7, 0.95))
    for number, (shape, chance) in enumerate(zip(shapes, chances, strict=True)):
        images, size = 3000, sizes[number]
        x = size * (1.5 + torch.rand(images, *shape))
        x.requires_grad_()
        given = x.detach().clone()
        scale = random.choice([-1, 1]) * random.uniform(0.5, 3)
        y = stochastic(x, partial(torch.mul, torch.tensor(scale)), chance, True)
        (gradient,) = torch.autograd.grad(y.sum(), x)
        factor = ((y / x - 1) / scale * (1 - chance)).detach().reshape(images, -1)
        lost, stays = factor.abs() < 1e-3, (factor - 1).abs() < 1e-3
        share = lost.all(1).double().mean().item()
        room = 5 * (chance * (1 - chance) / images) ** 0.5 + 1e-9
        neighbours = (lost[1:, 0] == lost[:-1, 0]).double().mean().item()
        alike = chance**2 + (1 - chance) ** 2
        found |= {
            f"{number}: shape": list(y.shape),
            f"{number}: all or nothing": bool((lost.all(1) | stays.all(1)).all()),
            f"{number}: how large what stays is": factor[~lost].mean().item(),
            f"{number}: the share": abs(share - chance) <= room,
            f"{number}: neighbours": abs(neighbours - alike) <= 0.06,
            f"{number}: gradient": torch.allclose(gradient, (y / x).detach(), atol=1e-3),
            f"{number}: x unchanged": torch.equal(x, given),
        }
        again = []
        for start in (seed, seed, seed + 1):
            torch.manual_seed(start)
            again.append(stochastic(given, lambda z: z, chance, True))
        found[f"{number}: the same seed"] = torch.equal(again[0], again[1])
        found[f"{number}: another seed"] = torch.equal(again[0], again[2])
    return found


@probe("stochastic", "test", "outside training the block gives other values", points=2)
def probe_stochastic_test(
    stochastic: Callable[[Tensor, Map, float, bool], Tensor], seed: int
) -> dict[str, object]:
    """Rows and maps, high ones, wide ones, of one channel, any chance, outside training."""
    random = Random(seed)
    torch.random.manual_seed(seed)
    found: dict[str, object] = {}
    for number, shape in enumerate(((), (3,), (2, 4, 5), (1, 2), (1, 6, 2), (5, 4, 3), (1, 2, 5))):
        chances = (0.0, random.uniform(0.1, 0.5), random.uniform(0.5, 0.95))
        for place, chance in enumerate(chances):
            size = (0.02, 1.0, 40.0)[place]
            x = size * torch.randn(random.sample([1, 2, 3, 6], 4)[place], *shape).clamp(-4, 4)
            x.requires_grad_()
            given = x.detach().clone()
            y = stochastic(x, torch.tanh, chance, False)
            (gradient,) = torch.autograd.grad(y.square().sum(), x)
            found[f"{number}, chance {chance:.2f}"] = [y, gradient]
            found[f"{number}, chance {chance:.2f}, x unchanged"] = torch.equal(x, given)
            again = stochastic(
                (1.0, 40.0)[place % 2] * torch.randn(x.shape), torch.tanh, chance, False
            )
            found[f"{number}, chance {chance:.2f}, other values"] = again
    return found


@wrong("stochastic", "one-for-all", "one draw decides for the whole batch")
def one_for_all(x: torch.Tensor, branch: nn.Module, chance: float, training: bool) -> torch.Tensor:
    added = branch(x)
    if training:
        added = added * (torch.rand(()) >= chance) / (1 - chance)
    return x + added


@wrong("stochastic", "each-value", "single values are left out: that is dropout, no whole branch")
def each_value(x: torch.Tensor, branch: nn.Module, chance: float, training: bool) -> torch.Tensor:
    added = branch(x)
    if training:
        added = added * (torch.rand(x.shape) >= chance) / (1 - chance)
    return x + added


@wrong("stochastic", "not-divided", "the branches that stay are not divided by 1 - chance")
def not_divided(x: torch.Tensor, branch: nn.Module, chance: float, training: bool) -> torch.Tensor:
    added = branch(x)
    if training:
        added = added * (torch.rand(len(x), *(1 for _ in x.shape[1:])) >= chance)
    return x + added


@wrong("stochastic", "divided-by-chance", "the branches that stay are divided by `chance` itself")
def by_chance(x: torch.Tensor, branch: nn.Module, chance: float, training: bool) -> torch.Tensor:
    added = branch(x)
    if training:
        drawn = torch.rand(len(x), *(1 for _ in x.shape[1:]))
        added = added * (drawn >= chance) / (chance or 1)
    return x + added


@wrong("stochastic", "the-other-way", "`chance` is that of being left out, not of staying")
def other_way(x: torch.Tensor, branch: nn.Module, chance: float, training: bool) -> torch.Tensor:
    added = branch(x)
    if training:
        drawn = torch.rand(len(x), *(1 for _ in x.shape[1:]))
        added = added * (drawn < chance) / (chance or 1)
    return x + added


@wrong("stochastic", "shortcut-too", "the shortcut is left out with the branch: the image is lost")
def shortcut_too(x: torch.Tensor, branch: nn.Module, chance: float, training: bool) -> torch.Tensor:
    y = x + branch(x)
    if training:
        y = y * (torch.rand(len(x), *(1 for _ in x.shape[1:])) >= chance) / (1 - chance)
    return y


@wrong("stochastic", "sum-divided", "x is divided by 1 - chance too; only the branch is")
def sum_divided(x: torch.Tensor, branch: nn.Module, chance: float, training: bool) -> torch.Tensor:
    added = branch(x)
    if training:
        stays = torch.rand(len(x), *(1 for _ in x.shape[1:])) >= chance
        return torch.where(stays, (x + added) / (1 - chance), x)
    return x + added


@wrong("stochastic", "always", "branches are left out outside training as well")
def at_test_too(x: torch.Tensor, branch: nn.Module, chance: float, training: bool) -> torch.Tensor:
    drawn = torch.rand(len(x), *(1 for _ in x.shape[1:]))
    return x + branch(x) * (drawn >= chance) / (1 - chance)


@wrong("stochastic", "twice", "outside training the branch is scaled again: once is enough")
def scaled_twice(x: torch.Tensor, branch: nn.Module, chance: float, training: bool) -> torch.Tensor:
    added = branch(x)
    if training:
        drawn = torch.rand(len(x), *(1 for _ in x.shape[1:]))
        return x + added * (drawn >= chance) / (1 - chance)
    return x + (1 - chance) * added


@probe("side_by_side", "values", "the one branch does not give the sum of the paths", points=3)
def probe_side_by_side(
    side_by_side: Callable[[Sequence[Path]], nn.Sequential], seed: int
) -> dict[str, object]:
    """One to six paths of all widths: values, gradients, parameters, and the paths afterwards.

    Many paths twice with the same widths and other weights.
    """
    random = Random(seed)
    torch.random.manual_seed(seed)
    found: dict[str, object] = {}
    many = random.randint(4, 6)
    for count in (1, 2, many):
        for turn in range(2):
            if turn == 0 or count != many:
                c, k = random.randint(1, 5), random.randint(1, 6)
                d = random.randint(4, 5) if count == many else random.randint(2, 4)
            if turn == 0 and count != many:
                c, d = c if count == 2 else 1, 1
            paths = [
                (nn.Conv2d(c, d, 1, bias=False), nn.Conv2d(d, d, 3, padding=1, bias=False),
                 nn.Conv2d(d, k, 1, bias=False)) for _ in range(count)
            ]  # fmt: skip
            before = [conv.weight.detach().clone() for path in paths for conv in path]
            built = side_by_side(paths)
            where = f"{turn}: {count} paths, {c}, {d} and {k} channels"
            x = 10 ** random.uniform(-1, 1) * torch.randn(2, c, random.randint(2, 6), 5)
            x.requires_grad_()
            y = built(x)
            found[f"{where}: values"] = y
            found[f"{where}: gradient"] = torch.autograd.grad(y.square().sum(), x)[0]
            found[f"{where}: parameters"] = sum(p.numel() for p in built.parameters())
            found[f"{where}: trainable"] = all(p.requires_grad for p in built.parameters())
            found[f"{where}: layers"] = [
                [type(layer).__name__, getattr(layer, "groups", 0)] for layer in built
            ]
            for parameter in built.parameters():
                parameter.data.fill_(0)
            after = [conv.weight for path in paths for conv in path]
            found[f"{where}: paths unchanged"] = [
                torch.equal(a, b) for a, b in zip(before, after, strict=True)
            ]
    return found


@wrong("side_by_side", "dense", "the middle convolution is full of zeros; groups need none of them")
def dense(paths: list[tuple[nn.Conv2d, nn.Conv2d, nn.Conv2d]]) -> nn.Sequential:
    firsts, middles, lasts = ([conv.weight for conv in part] for part in zip(*paths, strict=True))
    d = len(middles[0])
    inner = len(paths) * d
    net = nn.Sequential(
        nn.Conv2d(firsts[0].shape[1], inner, 1, bias=False), nn.ReLU(),
        nn.Conv2d(inner, inner, 3, padding=1, bias=False), nn.ReLU(),
        nn.Conv2d(inner, len(lasts[0]), 1, bias=False),
    )  # fmt: skip
    with torch.no_grad():
        whole = torch.zeros(inner, inner, 3, 3)
        for i, middle in enumerate(middles):
            whole[i * d : (i + 1) * d, i * d : (i + 1) * d] = middle
        weights = torch.cat(firsts), whole, torch.cat(lasts, dim=1)
        for parameter, weight in zip(net.parameters(), weights, strict=True):
            parameter.copy_(weight)
    return net


@wrong("side_by_side", "mean", "this is the mean of the paths; their sum was asked for")
def mean_of_paths(paths: list[tuple[nn.Conv2d, nn.Conv2d, nn.Conv2d]]) -> nn.Sequential:
    firsts, middles, lasts = ([conv.weight for conv in part] for part in zip(*paths, strict=True))
    inner = len(paths) * len(middles[0])
    net = nn.Sequential(
        nn.Conv2d(firsts[0].shape[1], inner, 1, bias=False), nn.ReLU(),
        nn.Conv2d(inner, inner, 3, padding=1, groups=len(paths), bias=False), nn.ReLU(),
        nn.Conv2d(inner, len(lasts[0]), 1, bias=False),
    )  # fmt: skip
    with torch.no_grad():
        last = torch.cat(lasts, dim=1) / len(paths)
        for parameter, weight in zip(
            net.parameters(), (torch.cat(firsts), torch.cat(middles), last), strict=True
        ):
            parameter.copy_(weight)
    return net


@wrong("side_by_side", "no-weights", "the convolutions keep the weights they were made with")
def own_weights(paths: list[tuple[nn.Conv2d, nn.Conv2d, nn.Conv2d]]) -> nn.Sequential:
    first, middle, last = paths[0]
    inner = len(paths) * middle.out_channels
    torch.manual_seed(0)
    return nn.Sequential(
        nn.Conv2d(first.in_channels, inner, 1, bias=False), nn.ReLU(),
        nn.Conv2d(inner, inner, 3, padding=1, groups=len(paths), bias=False), nn.ReLU(),
        nn.Conv2d(inner, last.out_channels, 1, bias=False),
    )  # fmt: skip


@wrong("side_by_side", "first-path", "every group has the weights of the first path")
def first_path(paths: list[tuple[nn.Conv2d, nn.Conv2d, nn.Conv2d]]) -> nn.Sequential:
    paths = [paths[0]] * len(paths)
    firsts, middles, lasts = ([conv.weight for conv in part] for part in zip(*paths, strict=True))
    inner = len(paths) * len(middles[0])
    net = nn.Sequential(
        nn.Conv2d(firsts[0].shape[1], inner, 1, bias=False), nn.ReLU(),
        nn.Conv2d(inner, inner, 3, padding=1, groups=len(paths), bias=False), nn.ReLU(),
        nn.Conv2d(inner, len(lasts[0]), 1, bias=False),
    )  # fmt: skip
    with torch.no_grad():
        weights = torch.cat(firsts), torch.cat(middles), torch.cat(lasts, dim=1)
        for parameter, weight in zip(net.parameters(), weights, strict=True):
            parameter.copy_(weight)
    return net


@wrong("side_by_side", "relu-at-the-end", "a ReLU behind the last layer: a sum may be negative")
def relu_at_the_end(paths: list[tuple[nn.Conv2d, nn.Conv2d, nn.Conv2d]]) -> nn.Sequential:
    firsts, middles, lasts = ([conv.weight for conv in part] for part in zip(*paths, strict=True))
    inner = len(paths) * len(middles[0])
    net = nn.Sequential(
        nn.Conv2d(firsts[0].shape[1], inner, 1, bias=False), nn.ReLU(),
        nn.Conv2d(inner, inner, 3, padding=1, groups=len(paths), bias=False), nn.ReLU(),
        nn.Conv2d(inner, len(lasts[0]), 1, bias=False), nn.ReLU(),
    )  # fmt: skip
    with torch.no_grad():
        weights = torch.cat(firsts), torch.cat(middles), torch.cat(lasts, dim=1)
        for parameter, weight in zip(net.parameters(), weights, strict=True):
            parameter.copy_(weight)
    return net
