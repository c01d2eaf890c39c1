"""Right answers to the exercise `version`, of different structure."""

# %% both figures in a function


def figures(depths, first_on_small_map):
    work, pixels = 118_013_952, 11
    channels, side, apart = 64, 56, 4
    for stage, depth in enumerate(depths):
        width, small = 64 << stage, 56 >> stage
        for block in range(depth):
            changes = block == 0 and stage > 0
            work += channels * width * (small if first_on_small_map else side) ** 2
            work += 9 * width * width * small * small + 4 * width * width * small * small
            work += channels * 4 * width * small * small if block == 0 else 0
            if changes and first_on_small_map:
                apart *= 2
            pixels += 2 * apart
            if changes and not first_on_small_map:
                apart *= 2
            channels, side = 4 * width, small
    return work + 2048 * 1000, pixels


def version(depths, multiply_adds, pixels):
    if (multiply_adds, pixels) == figures(depths, True):
        return "v1"
    return "v1.5" if (multiply_adds, pixels) == figures(depths, False) else "neither"


# %% a list of convolutions


def convolutions(depths, v1):
    found, inputs, side = [(3, 64, 7, 2, 112)], 64, 56
    for stage, depth in enumerate(depths):
        width = 64 * 2**stage
        for block in range(depth):
            stride = 2 if stage and not block else 1
            early, late = (stride, 1) if v1 else (1, stride)
            found += [(inputs, width, 1, early, side // early)]
            found += [(width, width, 3, late, side // stride)]
            found += [(width, 4 * width, 1, 1, side // stride)]
            inputs, side = 4 * width, side // stride
    return found


def version(depths, multiply_adds, pixels):
    ends = ((64, 256, 56), (256, 512, 28), (512, 1024, 14), (1024, 2048, 7))
    shortcuts = sum(i * o * s * s for i, o, s in ends)
    for name in ("v1", "v1.5"):
        work, sees, apart = shortcuts + 2048 * 1000, 1, 1
        for number, (i, o, k, s, side) in enumerate(convolutions(depths, name == "v1")):
            work += i * o * k * k * side * side
            sees, apart = sees + (k - 1) * apart, apart * s
            if number == 0:
                sees, apart = sees + 2 * apart, apart * 2
        if work == multiply_adds and sees == pixels:
            return name
    return "neither"


# %% closed forms


def version(depths, multiply_adds, pixels):
    a, b, c, d = depths
    unit = (64 * 56) ** 2  # halved sides and doubled widths leave it as it is
    rest = 7 * 7 * 3 * 64 * 112**2 + 2048 * 1000 + 17 * unit * sum(depths) + unit
    known = {
        (rest + 18 * unit, 11 + 8 * a + 16 * b + 32 * c + 64 * d): "v1",
        (rest + 36 * unit, 11 + 8 * (a + 1) + 16 * b + 32 * c + 64 * (d - 1)): "v1.5",
    }
    return known.get((multiply_adds, pixels), "neither")
