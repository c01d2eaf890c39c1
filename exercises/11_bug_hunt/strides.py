"""Probes and wrong answers for the exercise `strides` of chapter 11."""

import random
from collections.abc import Callable
from typing import TYPE_CHECKING

from grader.exercise import probe, wrong

if TYPE_CHECKING:  # defined by the chapter

    def passes(test: Callable[..., object], candidate: object) -> bool: ...

    def museum_strides(blocks: tuple[int, ...]) -> list[int]: ...


@probe("strides", "values", "the strides are others", points=2)
def probe_strides(strides: Callable[[tuple[int, ...]], list[int]], seed: int) -> dict[str, object]:
    tables = [(2, 2, 2, 2), (3, 4, 6, 3), (1, 1, 1), (5,), (1, 2, 1)]
    return {str(blocks): [int(stride) for stride in strides(blocks)] for blocks in tables}


@probe("strides", "test", "your test doesn't tell bugs from repairs", points=2)
def probe_strides_test(test_strides: Callable[..., object], seed: int) -> dict[str, object]:
    def each_stage(
        first: int, others: int, stage_one: int = 1
    ) -> Callable[[tuple[int, ...]], list[int]]:
        return lambda blocks: [
            (first if not k else others) if s else (stage_one if not k else 1)
            for s, count in enumerate(blocks)
            for k in range(count)
        ]

    candidates = {
        "the bug": museum_strides,
        "every block halves": each_stage(2, 2),
        "a right one": each_stage(2, 1),
    }
    order = random.Random(seed).sample(sorted(candidates), len(candidates))
    return {name: passes(test_strides, candidates[name]) for name in order}


@wrong(
    "strides",
    "stride-test-reversed",
    "only the first block of all halves, and no later stage shrinks",
    replaces="strides",
)
def stride_test_reversed(blocks: tuple[int, ...]) -> list[int]:
    return [
        2 if stage == 0 and number == 0 else 1
        for stage, count in enumerate(blocks)
        for number in range(count)
    ]


@wrong("strides", "first-stage-halves", "the first stage halves, too", replaces="strides")
def first_stage_halves(blocks: tuple[int, ...]) -> list[int]:
    return [
        2 if number == 0 else 1 for stage, count in enumerate(blocks) for number in range(count)
    ]


@wrong("strides", "every-block-halves", "every block of a later stage halves", replaces="strides")
def every_block_halves(blocks: tuple[int, ...]) -> list[int]:
    return [2 if stage > 0 else 1 for stage, count in enumerate(blocks) for number in range(count)]


@wrong(
    "strides", "one-per-stage", "there is one stride a stage, not one a block", replaces="strides"
)
def one_per_stage(blocks: tuple[int, ...]) -> list[int]:
    return [
        2 if stage > 0 and number == 0 else 1
        for stage, count in enumerate(blocks)
        for number in range(1)
    ]


@wrong(
    "strides", "test-never-fails", "your test passes whatever it is given", replaces="test_strides"
)
def test_never_fails(strides: "Callable[[tuple[int, ...]], list[int]]") -> None:
    pass


@wrong(
    "strides",
    "test-always-fails",
    "your test fails even on strides that are right",
    replaces="test_strides",
)
def test_always_fails(strides: "Callable[[tuple[int, ...]], list[int]]") -> None:
    assert list(strides((2, 3, 1))) == [1, 1, 2, 1, 2, 1], "wrong strides"


@wrong(
    "strides",
    "test-misses-later-blocks",
    "your test tries stages of a single block only",
    replaces="test_strides",
)
def test_misses_later_blocks(strides: "Callable[[tuple[int, ...]], list[int]]") -> None:
    assert list(strides((1, 1, 1))) == [1, 2, 2], "wrong strides"
