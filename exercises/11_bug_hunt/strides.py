"""Probes, candidates and wrong answers for the exercise `strides` of chapter 11."""

from collections.abc import Callable
from random import Random
from typing import TYPE_CHECKING

from grader.exercise import candidate, probe, wrong

if TYPE_CHECKING:  # defined by the chapter

    def passes(test: Callable[..., object], candidate: object) -> bool: ...

    def museum_strides(blocks: tuple[int, ...]) -> list[int]: ...


@probe("strides", "values", "the strides are others", points=2)
def probe_strides(strides: Callable[[tuple[int, ...]], list[int]], seed: int) -> dict[str, object]:
    random = Random(seed)
    tables = [(2, 2, 2, 2), (1, 1, 1), (random.randint(2, 9),), (1, 2, 1), (1,)]
    for stages, most in [(2, 4), (3, 3), (5, 16), (7, 3)]:
        tables.append(tuple(random.randint(1, most) for _ in range(stages)))
    tables += [(random.randint(13, 30), 2), (2, random.randint(13, 30))]
    return {
        f"{n}: {blocks}": [int(stride) for stride in strides(blocks)]
        for n, blocks in enumerate(tables)
    }


@probe("strides", "test", "your test doesn't tell bugs from repairs", points=2)
def probe_strides_test(
    test_strides: Callable[..., object], candidate: object, seed: int
) -> dict[str, object]:
    return {"passes": passes(test_strides, candidate)}


@candidate("strides")
def by_number(blocks: tuple[int, ...]) -> list[int]:
    return [
        2 if not number and stage else 1
        for stage, count in enumerate(blocks)
        for number in range(count)
    ]


@candidate("strides")
def in_a_loop(blocks: tuple[int, ...]) -> list[int]:
    made: list[int] = []
    for count in blocks:
        first = 2 if made else 1
        made += [first, *(count * [1])][:count]
    return made


@candidate("strides")
def put_right(blocks: tuple[int, ...]) -> list[int]:
    made: list[int] = []
    for count in blocks:
        for number in range(count):
            made.append(1 if number else 2)
    return [1, *made[1:]] if made else made


@candidate("strides", bug="only the very first block halves the map")
def first_of_all(blocks: tuple[int, ...]) -> list[int]:
    made: list[int] = []
    for count in blocks:
        for _ in range(count):
            made.append(2 if not made else 1)
    return made


@candidate("strides", bug="only the very first block halves the map")
def first_by_number(blocks: tuple[int, ...]) -> list[int]:
    return [
        1 if number or stage else 2 for stage, count in enumerate(blocks) for number in range(count)
    ]


@candidate("strides", bug="every block of the later stages halves the map")
def all_later(blocks: tuple[int, ...]) -> list[int]:
    return [2 if stage else 1 for stage, count in enumerate(blocks) for _ in range(count)]


@candidate("strides", bug="every block of the later stages halves the map")
def all_in_a_loop(blocks: tuple[int, ...]) -> list[int]:
    made: list[int] = []
    for count in blocks:
        each = 2 if made else 1
        made += count * [each]
    return made


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
