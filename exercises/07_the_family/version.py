"""Probes and wrong answers for the exercise `version` of chapter 7."""

from collections.abc import Callable
from random import Random

from grader.exercise import probe, wrong


@probe("version", "clues", "for some network or some pair of clues the version is wrong", points=3)
def probe_clues(version: Callable[[list[int], int, int], str], seed: int) -> dict[str, object]:
    # Blocks a stage; multiply-adds of v1 and of v1.5; receptive fields of both.
    networks = [
        ((3, 4, 6, 3), 3_857_973_248, 4_089_184_256, 483, 427),
        ((3, 4, 23, 3), 7_570_194_432, 7_801_405_440, 1027, 971),
        ((3, 8, 36, 3), 11_282_415_616, 11_513_626_624, 1507, 1451),
        ((1, 1, 1, 1), 1_237_581_824, 1_468_792_832, 131, 75),
        ((2, 2, 2, 2), 2_111_045_632, 2_342_256_640, 251, 195),
        ((3, 30, 48, 8), 19_798_687_744, 20_029_898_752, 2563, 2507),
        ((6, 3, 7, 11), 6_259_998_720, 6_491_209_728, 1035, 979),
        ((1, 2, 9, 2), 3_421_241_344, 3_652_452_352, 467, 411),
        ((6, 10, 1, 9), 6_041_632_768, 6_272_843_776, 827, 771),
        ((4, 1, 2, 7), 3_421_241_344, 3_652_452_352, 571, 515),
        ((7, 2, 4, 2), 3_639_607_296, 3_870_818_304, 355, 299),
        ((9, 7, 1, 10), 6_259_998_720, 6_491_209_728, 867, 811),
        ((2, 4, 11, 11), 6_478_364_672, 6_709_575_680, 1147, 1091),
        ((10, 1, 10, 10), 7_133_462_528, 7_364_673_536, 1067, 1011),
    ]
    random, found = Random(seed), []
    for depths, work_1, work_2, field_1, field_2 in random.sample(networks, len(networks)):
        pairs = [(work_1, field_1), (work_2, field_2), (work_1, field_2), (work_2, field_1)]
        off = random.choice([-1000, -2, 1, 1000])
        pairs += [(work_1 + off, field_1), (work_2, field_2 + random.choice([-8, -1, 1, 8]))]
        pairs += [(work_2 + off, field_2), (work_1, field_1 + random.choice([-8, -1, 1, 8]))]
        for work, field in random.sample(pairs, len(pairs)):
            given = list(depths)
            found.append([str(version(given, work, field)), given == list(depths)])
    return {"told": found}


@wrong("version", "work-alone", "the receptive field is not looked at")
def work_alone(depths: list[int], multiply_adds: int, pixels: int) -> str:
    for name in ("v1", "v1.5"):
        work, side, channels = 7 * 7 * 3 * 64 * 112**2, 56, 64
        for stage, depth in enumerate(depths):
            width = 64 * 2**stage
            for block in range(depth):
                after = side // (2 if stage > 0 and block == 0 else 1)
                first = after if name == "v1" else side
                work += channels * width * first**2 + 13 * width**2 * after**2
                if block == 0:
                    work += channels * 4 * width * after**2
                side, channels = after, 4 * width
        if work + channels * 1000 == multiply_adds:
            return name
    return "neither"


@wrong("version", "field-alone", "the multiply-adds are not looked at")
def field_alone(depths: list[int], multiply_adds: int, pixels: int) -> str:
    for name in ("v1", "v1.5"):
        sees, apart = 11, 4
        for stage, depth in enumerate(depths):
            for block in range(depth):
                stride = 2 if stage > 0 and block == 0 else 1
                sees += 2 * apart * (stride if name == "v1" else 1)
                apart *= stride
        if sees == pixels:
            return name
    return "neither"


@wrong("version", "closest", "figures that fit neither version get the name of the closer one")
def closest(depths: list[int], multiply_adds: int, pixels: int) -> str:
    gaps = {}
    for name in ("v1", "v1.5"):
        work, sees, apart, side, channels = 7 * 7 * 3 * 64 * 112**2, 11, 4, 56, 64
        for stage, depth in enumerate(depths):
            width = 64 * 2**stage
            for block in range(depth):
                stride = 2 if stage > 0 and block == 0 else 1
                after = side // stride
                first = after if name == "v1" else side
                work += channels * width * first**2 + 13 * width**2 * after**2
                if block == 0:
                    work += channels * 4 * width * after**2
                sees += 2 * apart * (stride if name == "v1" else 1)
                apart *= stride
                side, channels = after, 4 * width
        gaps[name] = abs(work + channels * 1000 - multiply_adds) / 1e6 + abs(sees - pixels)
    return min(gaps, key=lambda name: gaps[name])


@wrong("version", "exchanged", "the two versions are taken for each other")
def exchanged(depths: list[int], multiply_adds: int, pixels: int) -> str:
    for name in ("v1", "v1.5"):
        work, sees, apart, side, channels = 7 * 7 * 3 * 64 * 112**2, 11, 4, 56, 64
        for stage, depth in enumerate(depths):
            width = 64 * 2**stage
            for block in range(depth):
                stride = 2 if stage > 0 and block == 0 else 1
                after = side // stride
                first = after if name == "v1.5" else side
                work += channels * width * first**2 + 13 * width**2 * after**2
                if block == 0:
                    work += channels * 4 * width * after**2
                sees += 2 * apart * (stride if name == "v1.5" else 1)
                apart *= stride
                side, channels = after, 4 * width
        if (work + channels * 1000, sees) == (multiply_adds, pixels):
            return name
    return "neither"


@wrong("version", "no-projections", "the projections' work is left out")
def no_projections(depths: list[int], multiply_adds: int, pixels: int) -> str:
    for name in ("v1", "v1.5"):
        work, sees, apart, side, channels = 7 * 7 * 3 * 64 * 112**2, 11, 4, 56, 64
        for stage, depth in enumerate(depths):
            width = 64 * 2**stage
            for block in range(depth):
                stride = 2 if stage > 0 and block == 0 else 1
                after = side // stride
                first = after if name == "v1" else side
                work += channels * width * first**2 + 13 * width**2 * after**2
                sees += 2 * apart * (stride if name == "v1" else 1)
                apart *= stride
                side, channels = after, 4 * width
        if (work + channels * 1000, sees) == (multiply_adds, pixels):
            return name
    return "neither"


@wrong("version", "known-by-heart", "only the networks of the paper are known")
def known_by_heart(depths: list[int], multiply_adds: int, pixels: int) -> str:
    known: dict[tuple[int, ...], str] = {
        (3, 4, 6, 3, 3_857_973_248, 483): "v1",
        (3, 4, 6, 3, 4_089_184_256, 427): "v1.5",
        (3, 4, 23, 3, 7_570_194_432, 1027): "v1",
        (3, 4, 23, 3, 7_801_405_440, 971): "v1.5",
        (3, 8, 36, 3, 11_282_415_616, 1507): "v1",
        (3, 8, 36, 3, 11_513_626_624, 1451): "v1.5",
    }
    return known.get((*depths, multiply_adds, pixels), "neither")
