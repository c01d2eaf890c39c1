"""Probes, candidates and wrong answers for the exercise `head` of chapter 11."""

from collections.abc import Callable
from random import Random
from typing import TYPE_CHECKING

import torch
from torch import nn
from torch.nn import functional as F

from grader.exercise import behaviour_of, candidate, draw_images, probe, set_weights_by_shape, wrong

if TYPE_CHECKING:  # defined by the chapter

    def passes(test: Callable[..., object], candidate: object) -> bool: ...

    def article_head(channels: int, classes: int) -> nn.Module: ...


@probe("head", "values", "the head returns something else", points=2)
def probe_head(head: Callable[[int, int], nn.Module], seed: int) -> dict[str, object]:
    random = Random(seed)
    found: dict[str, object] = {}
    few, more, many = random.randint(2, 4), random.randint(5, 9), random.randint(17, 24)
    for channels, classes in [(few, more), (many, few), (1, many), (more, 1), (more, more), (2, 3)]:
        layers, where = head(channels, classes), f"{channels} channels, {classes} classes"
        found[f"kind, {where}"] = isinstance(layers, nn.Sequential) and layers.training
        set_weights_by_shape(layers, seed)
        calls = {
            "one place": draw_images(random, channels)[:, :, :1, :1],
            "wide, large numbers": draw_images(
                random, channels, magnitude=10 ** random.uniform(2, 4), wide=True
            ),
            "high, small numbers": draw_images(
                random, channels, magnitude=10 ** random.uniform(-3, -2), wide=False
            ),
            "one image": draw_images(random, channels, batch=1),
            "many images": draw_images(random, channels, batch=random.randint(6, 17)),
        }
        for call, x in calls.items():
            layers.train(call in ("one place", "many images"))
            found |= behaviour_of(layers, x, where=f"{where}, {call}")
    return found


@probe("head", "test", "your test doesn't tell bugs from repairs", points=2)
def probe_head_test(
    test_head: Callable[..., object], candidate: object, seed: int
) -> dict[str, object]:
    return {"passes": passes(test_head, candidate)}


@candidate("head")
def own_mean(channels: int, classes: int) -> nn.Module:
    class Mean(nn.Module):
        def forward(self, x: torch.Tensor) -> torch.Tensor:
            return x.mean((2, 3))

    return nn.Sequential(Mean(), nn.Linear(channels, classes))


@candidate("head")
def adaptive(channels: int, classes: int) -> nn.Module:
    pool = nn.AdaptiveAvgPool2d((1, 1))
    return nn.Sequential(pool, nn.Flatten(), nn.Linear(channels, classes))


@candidate("head")
def whole_window(channels: int, classes: int) -> nn.Module:
    class Pool(nn.Module):
        def forward(self, x: torch.Tensor) -> torch.Tensor:
            return F.avg_pool2d(x, kernel_size=x.shape[2:]).flatten(1)

    return nn.Sequential(Pool(), nn.Linear(in_features=channels, out_features=classes))


@candidate("head", bug="its pooling changes nothing")
def window_of_one(channels: int, classes: int) -> nn.Module:
    pool = nn.AvgPool2d(kernel_size=(1, 1))
    return nn.Sequential(pool, nn.Flatten(), nn.Linear(channels, classes))


@candidate("head", bug="its pooling changes nothing")
def own_window_of_one(channels: int, classes: int) -> nn.Module:
    class Mean(nn.Module):
        def forward(self, x: torch.Tensor) -> torch.Tensor:
            return F.avg_pool2d(x, kernel_size=1).flatten(1)

    return nn.Sequential(Mean(), nn.Linear(in_features=channels, out_features=classes))


@candidate("head", bug="it takes maps of about 7 by 7 alone")
def window_of_seven(channels: int, classes: int) -> nn.Module:
    pool = nn.AvgPool2d(7)
    return nn.Sequential(pool, nn.Flatten(), nn.Linear(channels, classes))


@candidate("head", bug="it takes maps of about 7 by 7 alone")
def own_window_of_seven(channels: int, classes: int) -> nn.Module:
    class Pool(nn.Module):
        def forward(self, x: torch.Tensor) -> torch.Tensor:
            return F.avg_pool2d(x, kernel_size=(7, 7)).flatten(1)

    return nn.Sequential(Pool(), nn.Linear(channels, classes))


@wrong(
    "head", "avgpool-noop", "an average over windows of one pixel changes nothing", replaces="head"
)
def avgpool_noop(channels: int, classes: int) -> nn.Module:
    return nn.Sequential(nn.AvgPool2d(1), nn.Flatten(), nn.Linear(channels, classes))


@wrong(
    "head",
    "fixed-pool",
    "the pooling window has a fixed size, and fits one size of image",
    replaces="head",
)
def fixed_pool(channels: int, classes: int) -> nn.Module:
    return nn.Sequential(nn.AvgPool2d(7), nn.Flatten(), nn.Linear(channels, classes))


@wrong(
    "head", "max-pool", "the head takes the maximum over all places, not the mean", replaces="head"
)
def max_pool(channels: int, classes: int) -> nn.Module:
    return nn.Sequential(nn.AdaptiveMaxPool2d(1), nn.Flatten(), nn.Linear(channels, classes))


@wrong("head", "test-never-fails", "your test passes whatever it is given", replaces="test_head")
def test_never_fails(head: "Callable[[int, int], nn.Module]") -> None:
    for size in (1, 3, 8):
        pass


@wrong(
    "head",
    "test-always-fails",
    "your test fails even on heads that are right",
    replaces="test_head",
)
def test_always_fails(head: "Callable[[int, int], nn.Module]") -> None:
    for size in (1, 3, 8):
        assert head(5, 10)(torch.rand(2, 5, size, size)).shape != (2, 10), "wrong shape"


@wrong(
    "head",
    "test-misses-large-maps",
    "your test tries maps of a single pixel only",
    replaces="test_head",
)
def test_misses_large_maps(head: "Callable[[int, int], nn.Module]") -> None:
    for size in (1,):
        assert head(5, 10)(torch.rand(2, 5, size, size)).shape == (2, 10), "wrong shape"


@wrong(
    "head",
    "test-misses-other-sizes",
    "your test tries maps of a middling size only",
    replaces="test_head",
)
def test_misses_other_sizes(head: "Callable[[int, int], nn.Module]") -> None:
    for size in (7,):
        assert head(5, 10)(torch.rand(2, 5, size, size)).shape == (2, 10), "wrong shape"
