"""Right answers to the exercise `strides`, of different structure."""

# %% lists added up; the size of the map


def strides(blocks):
    out = []
    for k, n in enumerate(blocks):
        out += [1 if k == 0 else 2] + [1] * (n - 1)
    return out


def test_strides(strides):
    got, size = strides([2, 2, 2]), 56
    for stride in got:
        size = -(-size // stride)
    assert size == 14 and got[0] == 1 and got[2] == 2
    assert len(got) == 6 and got[4] == 2


# %% ones, then twos where stages begin; a table

from itertools import accumulate


def strides(blocks):
    made = [1] * sum(blocks)
    for place in list(accumulate(blocks))[:-1]:
        made[place] = 2
    return made


def test_strides(strides):
    table = {
        (1,): [1],
        (3,): [1, 1, 1],
        (1, 1): [1, 2],
        (2, 3): [1, 1, 2, 1, 1],
        (1, 2, 1): [1, 2, 1, 2],
        (3, 4, 6, 3): [1, 1, 1] + [2, 1, 1, 1] + [2, 1, 1, 1, 1, 1] + [2, 1, 1],
    }
    for blocks, expected in table.items():
        assert list(strides(blocks)) == expected, blocks


# %% a generator; properties


def each(blocks):
    for stage, count in enumerate(blocks):
        for number in range(count):
            yield 2 if stage and not number else 1


def strides(blocks):
    return [*each(blocks)]


def test_strides(strides):
    for blocks in ((4, 2), (2, 2, 2, 2), (3, 1, 3)):
        made = list(strides(blocks))
        assert len(made) == sum(blocks)
        begins = [sum(blocks[:k]) for k in range(1, len(blocks))]
        assert [n for n, stride in enumerate(made) if stride == 2] == begins, made
        assert set(made) <= {1, 2}
