"""Probes, candidates and wrong answers for the exercise `projection` of chapter 11."""

from collections.abc import Callable
from random import Random
from typing import TYPE_CHECKING

import torch
from torch import nn

from grader.exercise import behaviour_of, candidate, draw_images, probe, set_weights_by_shape, wrong

if TYPE_CHECKING:  # defined by the chapter

    def passes(test: Callable[..., object], candidate: object) -> bool: ...

    def forgetful_shortcut(i: int, o: int, stride: int) -> nn.Module: ...


@probe("projection", "values", "the shortcut returns something else", points=2)
def probe_projection(
    shortcut: Callable[[int, int, int], nn.Module], seed: int
) -> dict[str, object]:
    random = Random(seed)
    found: dict[str, object] = {}
    (a, b, c), many = random.sample(range(2, 8), 3), random.randint(13, 20)
    shapes = [(a, a, 1), (max(a, b), min(a, b), 1), (min(a, c), max(a, c), 1), (b, b, 2)]
    for i, o, stride in [
        *shapes,
        (1, random.randint(17, 20), 2),
        (random.randint(17, 20), 2, 4),
        (many, many, 1),
        (12, many, 1),
        (many, 12, 1),
        (1, 1, 1),
        (2, 1, 1),
        (1, 2, 1),
        (c, c, 3),
        (a, 1, 3),
    ]:
        layer, where = shortcut(i, o, stride), f"{i} to {o} channels, stride {stride}"
        found[f"in train mode, {where}"] = layer.training
        set_weights_by_shape(layer, seed)
        size = 10 ** random.uniform(2, 4)
        calls = {
            "large numbers": draw_images(random, i, magnitude=size, wide=False),
            "one image": draw_images(random, i, batch=1, magnitude=1 / size, wide=True),
            "many images": draw_images(random, i, batch=random.randint(6, 17)),
        }
        for call, x in calls.items():
            layer.train(call != "one image")
            found |= behaviour_of(layer, x, where=f"{where}, {call}")
    return found


@probe("projection", "test", "your test doesn't tell bugs from repairs", points=2)
def probe_projection_test(
    test_shortcut: Callable[..., object], candidate: object, seed: int
) -> dict[str, object]:
    return {"passes": passes(test_shortcut, candidate)}


@candidate("projection")
def wrapped(i: int, o: int, stride: int) -> nn.Module:
    fits = nn.Conv2d(i, o, (1, 1), (stride, stride), bias=False)
    return fits if stride > 1 or i != o else nn.Identity()


@candidate("projection")
def returned_early(i: int, o: int, stride: int) -> nn.Module:
    if i == o and stride == 1:
        return nn.Identity()
    return nn.Conv2d(in_channels=i, out_channels=o, kernel_size=1, stride=stride, bias=False)


@candidate("projection")
def listed(i: int, o: int, stride: int) -> nn.Module:
    layers: list[nn.Module] = [nn.Identity()]
    if (o, stride) != (i, 1):
        layers.append(nn.Conv2d(i, o, 1, stride, bias=False))
    return layers[-1]


@candidate("projection", bug="it forgets the stride where the channels stay")
def channels_alone(i: int, o: int, stride: int) -> nn.Module:
    if i != o:
        return nn.Conv2d(in_channels=i, out_channels=o, kernel_size=1, stride=stride, bias=False)
    return nn.Identity()


@candidate("projection", bug="it forgets the stride where the channels stay")
def channels_listed(i: int, o: int, stride: int) -> nn.Module:
    layers: list[nn.Module] = [nn.Identity()]
    if (o, 1) != (i, 1):
        layers.append(nn.Conv2d(i, o, (1, 1), (stride, stride), bias=False))
    return layers[-1]


@candidate("projection", bug="it projects where nothing changes")
def eager(i: int, o: int, stride: int) -> nn.Module:
    return nn.Conv2d(i, o, 1, stride, bias=False)


@candidate("projection", bug="it projects where nothing changes")
def eager_in_time(i: int, o: int, stride: int) -> nn.Module:
    if stride > 1 or o > 0:
        return nn.Sequential(nn.Conv2d(i, o, kernel_size=1, stride=stride, bias=False))
    return nn.Identity()


@wrong(
    "projection",
    "channel-test-only",
    "the shortcut projects only if channels change and forgets the stride",
    replaces="shortcut",
)
def channel_test_only(i: int, o: int, stride: int) -> nn.Module:
    same = i == o
    return nn.Identity() if same else nn.Conv2d(i, o, 1, stride, bias=False)


@wrong(
    "projection",
    "needless-projection",
    "there is a projection where the identity is enough",
    replaces="shortcut",
)
def needless_projection(i: int, o: int, stride: int) -> nn.Module:
    same = False
    return nn.Identity() if same else nn.Conv2d(i, o, 1, stride, bias=False)


@wrong(
    "projection",
    "stride-mismatch",
    "the projection's stride is not the branch's",
    replaces="shortcut",
)
def stride_mismatch(i: int, o: int, stride: int) -> nn.Module:
    same = i == o and stride == 1
    return nn.Identity() if same else nn.Conv2d(i, o, 1, 1, bias=False)


@wrong("projection", "bias-on-projection", "the projection has a bias", replaces="shortcut")
def bias_on_projection(i: int, o: int, stride: int) -> nn.Module:
    same = i == o and stride == 1
    return nn.Identity() if same else nn.Conv2d(i, o, 1, stride)


@wrong(
    "projection",
    "test-never-fails",
    "your test passes whatever it is given",
    replaces="test_shortcut",
)
def test_never_fails(shortcut: "Callable[[int, int, int], nn.Module]") -> None:
    for i, o, stride in [(4, 4, 1), (4, 6, 1), (4, 4, 2), (4, 6, 2)]:
        y = shortcut(i, o, stride)(torch.rand(2, i, 7, 7))
        size = 4 if stride == 2 else 7
        pass
    pass


@wrong(
    "projection",
    "test-always-fails",
    "your test fails even on shortcuts that are right",
    replaces="test_shortcut",
)
def test_always_fails(shortcut: "Callable[[int, int, int], nn.Module]") -> None:
    for i, o, stride in [(4, 4, 1), (4, 6, 1), (4, 4, 2), (4, 6, 2)]:
        y = shortcut(i, o, stride)(torch.rand(2, i, 7, 7))
        size = 4 if stride == 2 else 7
        assert y.shape != (2, o, size, size), "does not fit the branch"
    assert not list(shortcut(4, 4, 1).parameters()), "a needless projection"


@wrong(
    "projection",
    "test-misses-stride",
    "your test never tries equal channels with a stride",
    replaces="test_shortcut",
)
def test_misses_stride(shortcut: "Callable[[int, int, int], nn.Module]") -> None:
    for i, o, stride in [(4, 4, 1), (4, 6, 1), (4, 6, 2)]:
        y = shortcut(i, o, stride)(torch.rand(2, i, 7, 7))
        size = 4 if stride == 2 else 7
        assert y.shape == (2, o, size, size), "does not fit the branch"
    assert not list(shortcut(4, 4, 1).parameters()), "a needless projection"


@wrong(
    "projection",
    "test-misses-parameters",
    "your test never asks for a shortcut without parameters",
    replaces="test_shortcut",
)
def test_misses_parameters(shortcut: "Callable[[int, int, int], nn.Module]") -> None:
    for i, o, stride in [(4, 4, 1), (4, 6, 1), (4, 4, 2), (4, 6, 2)]:
        y = shortcut(i, o, stride)(torch.rand(2, i, 7, 7))
        size = 4 if stride == 2 else 7
        assert y.shape == (2, o, size, size), "does not fit the branch"
    assert str(shortcut(4, 4, 1).parameters()), "a needless projection"
