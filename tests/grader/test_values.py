"""Values cross the pipe plainly or not at all; comparing them tells nothing of the expected."""

import json
from collections import OrderedDict

import numpy as np
import pytest
import torch

from grader.comparison import compare, differ
from grader.decoding import decode, one_line
from grader.inside.encoding import NotPlain, encode
from grader.inside.weights import set_weights, set_weights_by_shape


def there_and_back(**values):
    records, spoilt = decode(encode("values", 0, values=values))
    assert not spoilt
    return records[0]["values"]


def test_plain_values_come_back_as_they_were():
    array = np.arange(6, dtype=">i4").reshape(2, 3)
    back = there_and_back(
        a=array, t=torch.eye(2), n=None, b=True, i=-3, f=0.5, s="ü", l=[1, [2.5, "x"]], e=(1,)
    )
    assert np.array_equal(back["a"], array) and back["a"].dtype == "<i4"
    assert np.array_equal(back["t"], np.eye(2)) and back["t"].dtype == "<f4"
    assert back["b"] is True and back["n"] is None
    assert (back["i"], back["f"], back["s"]) == (-3, 0.5, "ü")
    assert back["l"] == [1, [2.5, "x"]] and back["e"] == [1]
    assert there_and_back(h=torch.tensor([1.5], dtype=torch.bfloat16))["h"] == [1.5]
    assert there_and_back(z=torch.zeros(0, 3))["z"].shape == (0, 3)
    assert np.isnan(there_and_back(x=float("nan"))["x"])


class Always(torch.Tensor):
    """Equal to everything."""

    def __eq__(self, other):
        return True


class Text(str):
    """Equal to everything."""

    def __eq__(self, other):
        return True

    __hash__ = str.__hash__


@pytest.mark.parametrize(
    "value",
    [
        torch.ones(2).as_subclass(Always),
        Text("x"),
        object(),
        np.array(["x"]),
        np.array([object()]),
        {"nested": 1},
        torch.ones(2).to_sparse(),
    ],
)
def test_what_is_not_plain_does_not_cross(value):
    with pytest.raises(NotPlain):
        encode("values", 0, values={"x": value})


def test_a_probe_that_returns_no_dict_or_too_much_is_refused():
    with pytest.raises(NotPlain, match="returning list"):
        encode("values", 0, values=[1])
    with pytest.raises(NotPlain, match="at most"):
        encode("values", 0, values={"x": np.zeros(2**22)})


def record(values, blob=b"", **more):
    header = json.dumps({"kind": "values", "probe": 0, "values": values, **more}).encode()
    return len(header).to_bytes(4, "little") + header + blob


@pytest.mark.parametrize(
    "forged",
    [
        b"PASS",
        b"\xff\xff\xff\xff" + b"x" * 100,
        b"\x02\0\0\0[]",
        b"\x02\0\0\0{}",
        record({"x": ["array", "|O8", [1]]}, b"12345678"),
        record({"x": ["array", "<f4", [-1]]}),
        record({"x": ["array", "<f4", [2**40]]}),
        record({"x": ["array", "<f4", [2**30, 2**30, 2**30]]}),
        record({"x": ["array", "<f4", [0, 2**31 - 1, 2**31 - 1, 2**31 - 1]]}),
        record({"x": ["array", "<f4", [2**31 - 1, 2**31 - 1, 2**31 - 1, 0]]}),
        record({"x": ["array", "|b1", [0, *[2**30] * 3]]}),
        record({}, kind=["values"]),
        record({}, kind={"values": 1}),
        record({"x": ["array", "<f4", [1.0]]}, b"1234"),
        record({"x": ["array", "<f4", [2]]}, b"1234"),
        record({"x": ["int", True]}),
        record({"x": ["verdict", "passed"]}),
        record({"x": "passed"}),
        record([1]),
        record({}, probe=None),
        record({}, probe=True),
        record({}, kind="verdict"),
        record(json.loads("[" * 900 + "]" * 900)),
        b"\xa0\x86\x01\x00" + b"[" * 100_000,
    ],
)
def test_forged_bytes_are_no_values_and_harm_nobody(forged):
    good = encode("values", 0, values={"x": 1})
    records, spoilt = decode(good + forged)
    assert [r["values"] for r in records] == [{"x": 1}] and spoilt


ODD = [None, True, -1, 2**31 - 1, 10**400, 1e308, float("nan"), "x", "\ud800", [], [[]], {}, [2, 2]]


def changed(tree):
    """Copies of ``tree`` in each of which one branch is something odd."""
    yield from ODD
    branches = tree.items() if isinstance(tree, dict) else enumerate(tree)
    for key, branch in branches if isinstance(tree, dict | list) else ():
        for other in changed(branch) if isinstance(branch, dict | list) else ODD:
            copy = tree.copy()
            copy[key] = other
            yield copy


def test_no_odd_header_stops_whoever_reads_and_compares_it():
    mine = {"a": np.ones((2, 1), "f4"), "l": [1, "x"], "f": 0.5, "n": None, "b": True}
    whole = encode("values", 0, values=mine)
    length = int.from_bytes(whole[:4], "little")
    for header in changed(json.loads(whole[4 : 4 + length])):
        text = json.dumps(header).encode()
        records, spoilt = decode(len(text).to_bytes(4, "little") + text + whole[4 + length :])
        assert records or spoilt
        for found in records:
            if found["kind"] == "values":
                assert compare(found["values"], mine, 1e-4) != ""


def test_a_record_cut_short_spoils_itself_alone():
    whole = encode("values", 0, values={"x": np.ones(3)})
    for length in range(1, len(whole)):
        records, spoilt = decode(whole + whole[:length])
        assert len(records) == 1 and spoilt


def test_a_truth_value_that_is_neither_0_nor_1_is_true():
    records, _ = decode(record({"x": ["array", "|b1", [2]]}, b"\x07\x00"))
    assert records[0]["values"]["x"].tolist() == [True, False]


def test_tolerance_is_torchs():
    for got, expected in (
        (1.0001, 1.0),
        (1.00021, 1.0),
        (1e-5, 0.0),
        (2e-4, 0.0),
        (-1e4, -1e4 + 1),
    ):
        close = torch.allclose(
            torch.tensor(got, dtype=torch.float64),
            torch.tensor(expected, dtype=torch.float64),
            rtol=1e-4,
            atol=1e-4,
        )
        arrays = (np.array([got]), np.array([expected]))
        assert (differ(got, expected, 1e-4) is None) == close
        assert (differ(*arrays, 1e-4) is None) == close


@pytest.mark.parametrize(
    "got, expected, words",
    [
        (np.zeros((2, 3)), np.zeros((3, 2)), "has shape (2, 3) where (3, 2) is expected"),
        (np.zeros(2, int), np.zeros(2), "holds integers where real numbers are expected"),
        (np.array([1.0, np.nan]), np.ones(2), "holds NaN"),
        (np.array([1.0, 1.25]), np.ones(2), "differs"),
        (np.array([1.0, np.inf]), np.ones(2), "differs"),
        (np.array([1, 2]), np.array([1, 3]), "differs"),
        (True, 1, "is a truth value where a number is expected"),
        ("1", 1, "is a text where a number is expected"),
        (None, np.ones(2), "is nothing (None) where an array of shape (2,) is expected"),
        (10**400, 1.0, "differs"),
        (3, 4, "differs"),
        ([1, 2], [1, 3], "differs"),
        ([1, None], [1, "x"], "has an entry that is nothing (None) where a text is expected"),
        ([1], [1, 3], "has 1 entries where 2 are expected"),
        ("x", "the answer", "differs"),
        (False, True, "differs"),
    ],
)
def test_a_difference_is_told_in_words(got, expected, words):
    assert differ(got, expected, 1e-4) == words


@pytest.mark.parametrize(
    "value",
    [np.nan, np.inf, 3, True, "x", None, [1, "x"], np.array([np.nan, np.inf, 1.0]), np.ones(0)],
)
def test_a_value_agrees_with_itself(value):
    assert differ(value, value, 0) is None


def test_a_number_and_an_array_without_axes_are_the_same():
    assert differ(np.array(2.0), 2, 0) is None and differ(2.0, np.array(2), 0) is None


def test_missing_and_additional_values_are_named():
    assert compare({}, {"output": 1}, 0) == "`output` is missing"
    assert compare({"output": 1, "z": 1}, {"output": 1}, 0) == "`z` is not expected"
    assert compare({"output": 1}, {"output": 1}, 0) is None


def test_texts_from_students_become_one_line_without_addresses():
    text = one_line("<A at 0x7f00aa>\n\x1b[31mred\ud800" + "x" * 1000)
    assert text.startswith("<A at 0x…>  [31mred x") and len(text) == 300


class Net(torch.nn.Module):
    def __init__(self, first, second):
        super().__init__()
        for name in (first, second):
            kind = torch.nn.Conv2d(8, 8, 3) if name == "conv" else torch.nn.BatchNorm2d(8)
            setattr(self, name, kind)


def test_fill_gives_the_same_names_the_same_weights_whatever_the_order():
    torch.manual_seed(1)
    one, other = set_weights(Net("conv", "bn"), 7), set_weights(Net("bn", "conv"), 7)
    state = other.state_dict()
    assert all(torch.equal(value, state[name]) for name, value in one.state_dict().items())
    assert not torch.equal(set_weights(Net("conv", "bn"), 8).conv.weight, one.conv.weight)
    assert abs(one.conv.weight.std() * 72**0.5 - 1) < 0.2
    assert (one.bn.weight - 1).abs().max() < 0.6 and one.bn.running_var.min() > 0


def test_fill_knows_what_is_in_a_sequential_by_its_place():
    def net(names):
        layers = (torch.nn.Linear(2, 3), torch.nn.ReLU(), torch.nn.Linear(3, 3))
        body = torch.nn.Sequential(OrderedDict(zip(names, layers, strict=True)))
        return set_weights(torch.nn.ModuleDict({"body": body}), 5).state_dict()

    one, other = net("012"), net(["first", "relu", "second"])
    assert list(other) != list(one)
    assert all(map(torch.equal, one.values(), other.values()))
    assert not torch.equal(one["body.0.bias"], one["body.2.bias"])


def test_fill_leaves_torchs_random_numbers_alone():
    torch.manual_seed(1)
    before = torch.get_rng_state()
    net = Net("conv", "bn")
    torch.set_rng_state(before)
    set_weights(net, 3)
    assert torch.equal(torch.get_rng_state(), before)


def test_weights_by_shape_depend_on_no_name_and_leave_what_was_given():
    def net(names, given):
        layers = (given, torch.nn.ReLU(), torch.nn.Linear(3, 4))
        return torch.nn.Sequential(OrderedDict(zip(names, layers, strict=True)))

    given = torch.nn.Linear(2, 3)
    before = given.weight.clone()
    one, other = net("abc", given), net("xyz", given)
    for module in (one, other):
        assert set_weights_by_shape(module, 7, [given]) is module
    assert torch.equal(one.c.weight, other.z.weight) and torch.equal(given.weight, before)
    assert not torch.equal(set_weights_by_shape(net("abc", given), 8, [given]).c.weight,
                           one.c.weight)  # fmt: skip
    set_weights_by_shape(one, 7)
    assert not torch.equal(given.weight, before)
