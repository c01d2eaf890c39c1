"""Probes, candidates and wrong answers for the exercise `tail` of chapter 11."""

from collections.abc import Callable
from random import Random
from typing import TYPE_CHECKING

from torch import nn

from grader.exercise import (
    behaviour_of,
    candidate,
    draw_images,
    probe,
    set_weights,
    set_weights_by_shape,
    wrong,
)

if TYPE_CHECKING:  # defined by the chapter

    def passes(test: Callable[..., object], candidate: object) -> bool: ...

    def endless(
        stem: nn.Module, blocks: list[nn.Module], channels: int, classes: int
    ) -> nn.Module: ...


@probe("tail", "values", "the network computes something else", points=2)
def probe_tail(ended: Callable[..., nn.Module], seed: int) -> dict[str, object]:
    random = Random(seed)
    found: dict[str, object] = {}
    few, more, many = random.randint(2, 4), random.randint(5, 8), random.randint(17, 20)
    for channels, classes in [(few, more), (more, 1), (1, many), (many, few), (2, 3), (few, few)]:
        stem = set_weights(nn.Conv2d(1, channels, 3, padding=1), seed)
        blocks = [nn.Tanh(), nn.Conv2d(channels, channels, 1), nn.Softsign()]
        blocks += [nn.Conv2d(channels, channels, 3, padding=1) for _ in range(random.randint(0, 2))]
        blocks = blocks[: 1 if channels == many else None]
        for place, block in enumerate(blocks):
            set_weights(block, seed + place)
        given = list(blocks)
        net = ended(stem, blocks, channels, classes)
        set_weights_by_shape(net, seed, [stem, *given])
        where = f"{channels} channels, {classes} classes"
        found[f"kind, {where}"] = isinstance(net, nn.Sequential)
        found[f"in train mode, {where}"] = all(module.training for module in net.modules())
        found[f"blocks unchanged, {where}"] = list(map(id, blocks)) == list(map(id, given))
        x = draw_images(random, 1, wide=False)
        calls = {
            "train": x,
            "train, small numbers": 10 ** random.uniform(-3, -2) * x.flip(0, 2),
            "eval": draw_images(random, 1, batch=random.randint(6, 9), wide=True),
            "eval, one image": draw_images(
                random, 1, batch=1, magnitude=10 ** random.uniform(1, 3)
            ),
        }
        for mode, images in calls.items():
            net.train(mode.startswith("train"))
            found |= behaviour_of(net, images, where=f"{where}, {mode}")
    other = ended(stem, given[::-1], channels, classes)
    set_weights_by_shape(other, seed, [stem, *given])
    return found | behaviour_of(other, x, where="the same stem, blocks in another order")


@probe("tail", "test", "your test doesn't tell bugs from repairs", points=2)
def probe_tail_test(
    test_end: Callable[..., object], candidate: object, seed: int
) -> dict[str, object]:
    return {"passes": passes(test_end, candidate)}


@candidate("tail")
def flat(stem: nn.Module, blocks: list[nn.Module], channels: int, classes: int) -> nn.Module:
    return nn.Sequential(
        stem,
        *blocks,
        nn.BatchNorm2d(channels),
        nn.ReLU(),
        nn.AdaptiveAvgPool2d(1),
        nn.Flatten(),
        nn.Linear(channels, classes),
    )


@candidate("tail")
def nested(stem: nn.Module, blocks: list[nn.Module], channels: int, classes: int) -> nn.Module:
    head = nn.Sequential(nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(channels, classes))
    rest = nn.Sequential(nn.BatchNorm2d(channels), nn.ReLU())
    return nn.Sequential(stem, *blocks, rest, head)


@candidate("tail")
def grown(stem: nn.Module, blocks: list[nn.Module], channels: int, classes: int) -> nn.Module:
    net = nn.Sequential(stem, *blocks)
    for layer in (nn.BatchNorm2d(channels), nn.ReLU(), nn.AdaptiveAvgPool2d(1), nn.Flatten()):
        net.append(layer)
    return net.append(nn.Linear(channels, classes))


@candidate("tail", bug="nothing comes between the blocks and the pooling")
def flat_endless(
    stem: nn.Module, blocks: list[nn.Module], channels: int, classes: int
) -> nn.Module:
    return nn.Sequential(
        stem,
        *blocks,
        nn.AdaptiveAvgPool2d(1),
        nn.Flatten(),
        nn.Linear(channels, classes),
    )


@candidate("tail", bug="nothing comes between the blocks and the pooling")
def nested_endless(
    stem: nn.Module, blocks: list[nn.Module], channels: int, classes: int
) -> nn.Module:
    head = nn.Sequential(nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(channels, classes))
    rest = nn.Sequential(*blocks)
    return nn.Sequential(stem, rest, head)


@candidate("tail", bug="the ReLU is missing")
def nested_linear(
    stem: nn.Module, blocks: list[nn.Module], channels: int, classes: int
) -> nn.Module:
    head = nn.Sequential(nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(channels, classes))
    rest = nn.Sequential(nn.BatchNorm2d(channels))
    return nn.Sequential(stem, *blocks, rest, head)


@candidate("tail", bug="the ReLU is missing")
def grown_linear(
    stem: nn.Module, blocks: list[nn.Module], channels: int, classes: int
) -> nn.Module:
    net = nn.Sequential(stem, *blocks)
    for layer in (nn.BatchNorm2d(channels), nn.AdaptiveAvgPool2d(1), nn.Flatten()):
        net.append(layer)
    return net.append(nn.Linear(channels, classes))


@candidate("tail", bug="ReLU and BatchNorm are exchanged")
def flat_exchanged(
    stem: nn.Module, blocks: list[nn.Module], channels: int, classes: int
) -> nn.Module:
    return nn.Sequential(
        stem,
        *blocks,
        nn.ReLU(),
        nn.BatchNorm2d(channels),
        nn.AdaptiveAvgPool2d(1),
        nn.Flatten(),
        nn.Linear(channels, classes),
    )


@candidate("tail", bug="ReLU and BatchNorm are exchanged")
def grown_exchanged(
    stem: nn.Module, blocks: list[nn.Module], channels: int, classes: int
) -> nn.Module:
    net = nn.Sequential(stem, *blocks)
    for layer in (nn.ReLU(), nn.BatchNorm2d(channels), nn.AdaptiveAvgPool2d(1), nn.Flatten()):
        net.append(layer)
    return net.append(nn.Linear(channels, classes))


@candidate("tail", bug="BatchNorm and ReLU come before the blocks")
def flat_early(stem: nn.Module, blocks: list[nn.Module], channels: int, classes: int) -> nn.Module:
    return nn.Sequential(
        stem,
        nn.BatchNorm2d(channels),
        nn.ReLU(),
        *blocks,
        nn.AdaptiveAvgPool2d(1),
        nn.Flatten(),
        nn.Linear(channels, classes),
    )


@candidate("tail", bug="BatchNorm and ReLU come before the blocks")
def nested_early(
    stem: nn.Module, blocks: list[nn.Module], channels: int, classes: int
) -> nn.Module:
    head = nn.Sequential(nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(channels, classes))
    rest = nn.Sequential(nn.BatchNorm2d(channels), nn.ReLU())
    return nn.Sequential(stem, rest, *blocks, head)


@wrong("tail", "preact-tail", "the last BatchNorm and ReLU are missing", replaces="ended")
def preact_tail(stem: nn.Module, blocks: list[nn.Module], channels: int, classes: int) -> nn.Module:
    tail: list[nn.Module] = []
    return nn.Sequential(
        stem, *blocks, *tail, nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(channels, classes)
    )


@wrong("tail", "tail-without-relu", "the last ReLU is missing", replaces="ended")
def tail_without_relu(
    stem: nn.Module, blocks: list[nn.Module], channels: int, classes: int
) -> nn.Module:
    tail = [nn.BatchNorm2d(channels)]
    return nn.Sequential(
        stem, *blocks, *tail, nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(channels, classes)
    )


@wrong("tail", "relu-before-bn", "the last ReLU comes before its BatchNorm", replaces="ended")
def relu_before_bn(
    stem: nn.Module, blocks: list[nn.Module], channels: int, classes: int
) -> nn.Module:
    tail = [nn.ReLU(), nn.BatchNorm2d(channels)]
    return nn.Sequential(
        stem, *blocks, *tail, nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(channels, classes)
    )


@wrong(
    "tail",
    "tail-before-blocks",
    "BatchNorm and ReLU come before the blocks, not after them",
    replaces="ended",
)
def tail_before_blocks(
    stem: nn.Module, blocks: list[nn.Module], channels: int, classes: int
) -> nn.Module:
    tail = [nn.BatchNorm2d(channels), nn.ReLU()]
    return nn.Sequential(
        stem, *tail, *blocks, nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(channels, classes)
    )


@wrong("tail", "test-never-fails", "your test passes whatever it is given", replaces="test_end")
def test_never_fails(build: "Callable[..., nn.Module]") -> None:
    net = build(nn.Identity(), [nn.Tanh()], 3, 10)
    kinds = [type(m) for m in net.modules() if not list(m.children())]
    after = kinds[kinds.index(nn.Tanh) + 1 :]
    pass


@wrong(
    "tail",
    "test-always-fails",
    "your test fails even on networks that are right",
    replaces="test_end",
)
def test_always_fails(build: "Callable[..., nn.Module]") -> None:
    net = build(nn.Identity(), [nn.Tanh()], 3, 10)
    kinds = [type(m) for m in net.modules() if not list(m.children())]
    after = kinds[kinds.index(nn.Tanh) + 1 :]
    assert after[:1] == [nn.BatchNorm2d, nn.ReLU], "BatchNorm and ReLU must follow the blocks"


@wrong(
    "tail",
    "test-misses-place",
    "your test does not ask where BatchNorm and ReLU are",
    replaces="test_end",
)
def test_misses_place(build: "Callable[..., nn.Module]") -> None:
    net = build(nn.Identity(), [nn.Tanh()], 3, 10)
    kinds = [type(m) for m in net.modules() if not list(m.children())]
    after = kinds[kinds.index(nn.Tanh) + 1 :]
    assert {nn.BatchNorm2d, nn.ReLU} <= set(kinds), "BatchNorm and ReLU must follow the blocks"


@wrong("tail", "test-misses-relu", "your test does not ask for the ReLU", replaces="test_end")
def test_misses_relu(build: "Callable[..., nn.Module]") -> None:
    net = build(nn.Identity(), [nn.Tanh()], 3, 10)
    kinds = [type(m) for m in net.modules() if not list(m.children())]
    after = kinds[kinds.index(nn.Tanh) + 1 :]
    assert nn.BatchNorm2d in after, "BatchNorm and ReLU must follow the blocks"
