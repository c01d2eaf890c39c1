"""Probes, candidates and wrong answers for the exercise `branch` of chapter 11."""

from collections.abc import Callable
from random import Random
from typing import TYPE_CHECKING

import torch
from torch import nn

from grader.exercise import behaviour_of, candidate, draw_images, probe, set_weights_by_shape, wrong

if TYPE_CHECKING:  # defined by the chapter

    def passes(test: Callable[..., object], candidate: object) -> bool: ...


@probe("branch", "values", "the branch returns something else", points=2)
def probe_branch(branch: Callable[..., nn.Module], seed: int) -> dict[str, object]:
    random = Random(seed)
    found: dict[str, object] = {}
    a, b, c = random.sample(range(2, 8), 3)
    for i, width, o, stride in [
        (a, b, c, 1),
        (c, a, b, 2),
        (a, a, a, 1),
        (b, c, 1, 3),
        (1, 1, b, 2),
    ]:
        layers = branch(i, width, o, *([stride] if stride > 1 else []))
        where = f"{i} to {o} channels by {width}, stride {stride}"
        found[f"in train mode, {where}"] = all(module.training for module in layers.modules())
        set_weights_by_shape(layers, seed)
        x = draw_images(random, i, wide=False)
        calls = {
            "train": x,
            "train, small numbers": 10 ** random.uniform(-3, -2) * x.flip(0, 1, 2),
            "eval": draw_images(random, i, batch=random.randint(6, 9), wide=True),
            "eval, one image": draw_images(
                random, i, batch=1, magnitude=10 ** random.uniform(2, 4)
            ),
        }
        for mode, images in calls.items():
            layers.train(mode.startswith("train"))
            found |= behaviour_of(layers, images, where=f"{where}, {mode}")
    return found


@probe("branch", "test", "your test doesn't tell bugs from repairs", points=2)
def probe_branch_test(
    test_branch: Callable[..., object], candidate: object, seed: int
) -> dict[str, object]:
    return {"passes": passes(test_branch, candidate)}


@candidate("branch")
def written_out(i: int, width: int, o: int, stride: int = 1) -> nn.Module:
    return nn.Sequential(
        nn.Conv2d(i, width, 1, bias=False),
        nn.BatchNorm2d(width),
        nn.ReLU(),
        nn.Conv2d(width, width, 3, stride, padding=1, bias=False),
        nn.BatchNorm2d(width),
        nn.ReLU(),
        nn.Conv2d(width, o, 1, bias=False),
        nn.BatchNorm2d(o),
    )


@candidate("branch")
def planned(i: int, width: int, o: int, stride: int = 1) -> nn.Module:
    plan = [(i, width, 1, 1, 0), (width, width, 3, stride, 1), (width, o, 1, 1, 0)]
    parts = [
        nn.Sequential(nn.Conv2d(a, b, k, s, p, bias=False), nn.BatchNorm2d(b), nn.ReLU())
        for a, b, k, s, p in plan
    ]
    parts[-1][2] = nn.Identity()
    return nn.Sequential(*parts)


@candidate("branch")
def paired(i: int, width: int, o: int, stride: int = 1) -> nn.Module:
    made = nn.Sequential()
    for a, b in [(i, width), (width, width), (width, o)]:
        middle = len(made) == 3
        kernel, step = (3, stride) if middle else (1, 1)
        made.append(nn.Conv2d(a, b, kernel, step, padding=kernel // 2, bias=False))
        made.append(nn.BatchNorm2d(num_features=b))
        made.append(nn.ReLU())
    return made[:-1]


@candidate("branch", bug="its first BatchNorm is as wide as the input")
def written_out_wide(i: int, width: int, o: int, stride: int = 1) -> nn.Module:
    return nn.Sequential(
        nn.Conv2d(i, width, 1, bias=False),
        nn.BatchNorm2d(i),
        nn.ReLU(),
        nn.Conv2d(width, width, 3, stride, padding=1, bias=False),
        nn.BatchNorm2d(width),
        nn.ReLU(),
        nn.Conv2d(width, o, 1, bias=False),
        nn.BatchNorm2d(o),
    )


@candidate("branch", bug="its first BatchNorm is as wide as the input")
def planned_wide(i: int, width: int, o: int, stride: int = 1) -> nn.Module:
    plan = [(i, width, i, 1, 1, 0), (width, width, width, 3, stride, 1), (width, o, o, 1, 1, 0)]
    parts = [
        nn.Sequential(nn.Conv2d(a, b, k, s, p, bias=False), nn.BatchNorm2d(n), nn.ReLU())
        for a, b, n, k, s, p in plan
    ]
    parts[-1][2] = nn.Identity()
    return nn.Sequential(*parts)


@candidate("branch", bug="its map shrinks")
def written_out_bare(i: int, width: int, o: int, stride: int = 1) -> nn.Module:
    return nn.Sequential(
        nn.Conv2d(i, width, 1, bias=False),
        nn.BatchNorm2d(width),
        nn.ReLU(),
        nn.Conv2d(width, width, 3, stride, padding=0, bias=False),
        nn.BatchNorm2d(width),
        nn.ReLU(),
        nn.Conv2d(width, o, 1, bias=False),
        nn.BatchNorm2d(o),
    )


@candidate("branch", bug="its map shrinks")
def paired_bare(i: int, width: int, o: int, stride: int = 1) -> nn.Module:
    made = nn.Sequential()
    for a, b in [(i, width), (width, width), (width, o)]:
        middle = len(made) == 3
        kernel, step = (3, stride) if middle else (1, 1)
        made.append(nn.Conv2d(a, b, kernel, step, bias=False))
        made.append(nn.BatchNorm2d(num_features=b))
        made.append(nn.ReLU())
    return made[:-1]


@wrong(
    "branch",
    "bottleneck-bn-width",
    "a BatchNorm is as wide as its convolution's input, not its output",
    replaces="branch",
)
def bottleneck_bn_width(i: int, width: int, o: int, stride: int = 1) -> nn.Module:
    layers = []
    for a, b, kernel, step in [(i, width, 1, 1), (width, width, 3, stride), (width, o, 1, 1)]:
        layers += [
            nn.Conv2d(a, b, kernel, step, padding=kernel // 2, bias=False),
            nn.BatchNorm2d(a),
            nn.ReLU(),
        ]
    return nn.Sequential(*layers[:-1])


@wrong(
    "branch",
    "bottleneck-no-padding",
    "the 3x3 has no padding, so the map shrinks",
    replaces="branch",
)
def bottleneck_no_padding(i: int, width: int, o: int, stride: int = 1) -> nn.Module:
    layers = []
    for a, b, kernel, step in [(i, width, 1, 1), (width, width, 3, stride), (width, o, 1, 1)]:
        layers += [
            nn.Conv2d(a, b, kernel, step, padding=0, bias=False),
            nn.BatchNorm2d(b),
            nn.ReLU(),
        ]
    return nn.Sequential(*layers[:-1])


@wrong(
    "branch",
    "padding-on-1x1",
    "the 1x1 convolutions have padding, so the map grows",
    replaces="branch",
)
def padding_on_1x1(i: int, width: int, o: int, stride: int = 1) -> nn.Module:
    layers = []
    for a, b, kernel, step in [(i, width, 1, 1), (width, width, 3, stride), (width, o, 1, 1)]:
        layers += [
            nn.Conv2d(a, b, kernel, step, padding=1, bias=False),
            nn.BatchNorm2d(b),
            nn.ReLU(),
        ]
    return nn.Sequential(*layers[:-1])


@wrong(
    "branch", "relu-before-add", "a ReLU ends the branch, before the addition", replaces="branch"
)
def relu_before_add(i: int, width: int, o: int, stride: int = 1) -> nn.Module:
    layers = []
    for a, b, kernel, step in [(i, width, 1, 1), (width, width, 3, stride), (width, o, 1, 1)]:
        layers += [
            nn.Conv2d(a, b, kernel, step, padding=kernel // 2, bias=False),
            nn.BatchNorm2d(b),
            nn.ReLU(),
        ]
    return nn.Sequential(*layers)


@wrong("branch", "bias-before-bn", "a convolution has a bias", replaces="branch")
def bias_before_bn(i: int, width: int, o: int, stride: int = 1) -> nn.Module:
    layers = []
    for a, b, kernel, step in [(i, width, 1, 1), (width, width, 3, stride), (width, o, 1, 1)]:
        layers += [nn.Conv2d(a, b, kernel, step, padding=kernel // 2), nn.BatchNorm2d(b), nn.ReLU()]
    return nn.Sequential(*layers[:-1])


@wrong(
    "branch", "test-never-fails", "your test passes whatever it is given", replaces="test_branch"
)
def test_never_fails(branch: "Callable[..., nn.Module]") -> None:
    for stride, size in [(1, 7), (2, 4)]:
        pass
        pass


@wrong(
    "branch",
    "test-always-fails",
    "your test fails even on branches that are right",
    replaces="test_branch",
)
def test_always_fails(branch: "Callable[..., nn.Module]") -> None:
    for stride, size in [(1, 7), (2, 4)]:
        y = branch(6, 4, 16, stride)(torch.rand(2, 6, 7, 7))
        assert y.shape != (2, 16, size, size), "the map has another shape"


@wrong(
    "branch",
    "test-misses-size",
    "your test does not look at the map's height and width",
    replaces="test_branch",
)
def test_misses_size(branch: "Callable[..., nn.Module]") -> None:
    for stride, size in [(1, 7), (2, 4)]:
        y = branch(6, 4, 16, stride)(torch.rand(2, 6, 7, 7))
        assert y.shape[:2] == (2, 16), "the map has another shape"


@wrong(
    "branch",
    "test-misses-width",
    "your test never lets the width differ from the input's channels",
    replaces="test_branch",
)
def test_misses_width(branch: "Callable[..., nn.Module]") -> None:
    for stride, size in [(1, 7), (2, 4)]:
        y = branch(6, 6, 16, stride)(torch.rand(2, 6, 7, 7))
        assert y.shape == (2, 16, size, size), "the map has another shape"
