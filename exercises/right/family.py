"""Right answers to the exercise `family`, of different structure."""

# %% two dictionaries


def family():
    basic = {18: (2, 2, 2, 2), 34: (3, 4, 6, 3)}
    bottleneck = {50: (3, 4, 6, 3), 101: (3, 4, 23, 3), 152: (3, 8, 36, 3)}
    found = {f"resnet{n}": ("basic", depths) for n, depths in basic.items()}
    return found | {f"resnet{n}": ("bottleneck", depths) for n, depths in bottleneck.items()}


def weighted_layers(kind, depths):
    convolutions = 2 if kind == "basic" else 3
    return 2 + convolutions * sum(depths)


# %% rows of text


def family():
    rows = """
        18 basic 2 2 2 2
        34 basic 3 4 6 3
        50 bottleneck 3 4 6 3
        101 bottleneck 3 4 23 3
        152 bottleneck 3 8 36 3
    """
    found = {}
    for row in rows.strip().splitlines():
        depth, kind, *numbers = row.split()
        found["resnet" + depth] = kind, tuple(map(int, numbers))
    return found


def weighted_layers(kind, depths):
    count = 1
    for depth in depths:
        for _ in range(depth):
            count += len("12" if kind == "basic" else "123")
    return count + 1


# %% stages that two networks share


def family():
    ends = {18: ("basic", 2, 2, 2, 2), 34: ("basic", 3, 4, 6, 3)}
    for depth, second, third in ((50, 4, 6), (101, 4, 23), (152, 8, 36)):
        ends[depth] = ("bottleneck", 3, second, third, 3)
    return {f"resnet{depth}": (kind, tuple(rest)) for depth, (kind, *rest) in ends.items()}


def weighted_layers(kind, depths):
    match kind:
        case "basic":
            return sum(depths) * 2 + 2
        case "bottleneck":
            return sum(depths) * 3 + 2
