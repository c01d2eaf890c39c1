"""Tables: whole, split without twins, standardised by their training rows; networks and rivals."""

import gzip
import math
from pathlib import Path

import numpy as np
import pytest
import torch
from sklearn.linear_model import Ridge
from sklearn.model_selection import GroupShuffleSplit
from sklearn.preprocessing import StandardScaler
from torch import nn
from torch.nn import functional as F

from utils import rivals
from utils.blocks import Residual
from utils.data import DataError, tables
from utils.recordings import load
from utils.tabular import (
    PadFeatures,
    TabularResNet,
    error,
    fit,
    init_he,
    init_identity,
    tabular_branch,
)


@pytest.fixture(scope="module")
def diamonds():
    return tables.diamonds()


@pytest.fixture
def lines():
    """600 rows whose target is a line through five columns and a little noise."""
    random = np.random.default_rng(0)
    X = random.normal(size=(600, 5)) * [1, 10, 0.1, 3, 1] + [0, 5, 0, -2, 1]
    y = X @ [1.0, 0.2, 5.0, -1.0, 0.0] + 0.1 * random.normal(size=600)
    return tables.Table("lines", X, y, tuple("abcde"), "height (m)")


# --- the data ---


def test_the_diamonds_are_those_of_ggplot2(diamonds):
    # https://ggplot2.tidyverse.org/reference/diamonds.html: rows, and the ranges it states
    assert diamonds.X.shape == (53_940, 9) and len(diamonds.y) == 53_940
    prices = np.exp(diamonds.y)
    assert [round(prices.min()), round(prices.max())] == [326, 18_823]
    ranges = {c: (v.min(), v.max()) for c, v in zip(diamonds.columns, diamonds.X.T, strict=True)}
    assert ranges["carat"] == (0.2, 5.01) and ranges["z"] == (0, 31.8)
    assert ranges["depth"] == (43, 79) and ranges["table"] == (43, 95)
    assert [ranges[c][1] for c in ("cut", "color", "clarity")] == [4, 6, 7]
    assert diamonds.X[0].tolist() == [0.23, 4, 5, 1, 61.5, 55, 3.95, 3.98, 2.43], "its first row"


@pytest.mark.parametrize(
    "content, sentence",
    [
        (b"", "is not the published file .0 bytes"),
        (b"no gzip file", "can't be read"),
        (gzip.compress(b"carat", mtime=0), "is not the published file"),
    ],
)
def test_a_damaged_table_is_named_and_not_read(tmp_path, monkeypatch, content, sentence):
    path = tmp_path / "diamonds.csv.gz"
    path.write_bytes(content)
    monkeypatch.setattr(tables, "DIAMONDS", path)
    with pytest.raises(DataError, match=f"diamonds.csv.gz {sentence}.*part of the course"):
        tables.diamonds()


def test_the_small_tables_are_scikit_learns():
    rows = {name: tables.small(name).X.shape for name in tables.SMALL}
    assert rows == {"breast_cancer": (569, 30), "diabetes": (442, 10), "digits": (1797, 64),
                    "wine": (178, 13)}  # fmt: skip
    assert [tables.small(name).outputs for name in tables.SMALL] == [2, 1, 10, 3]
    with pytest.raises(ValueError, match="no table 'iris2'; choose one of breast_cancer"):
        tables.small("iris2")


# --- the split ---


def test_equal_rows_are_on_one_side_and_each_row_is_used_once(diamonds):
    group = tables.groups(diamonds.X)
    assert len(set(group)) == len(np.unique(diamonds.X, axis=0)) < len(diamonds)
    parts = tables.split(diamonds.X, seed=1)
    assert sorted(np.concatenate(parts)) == list(range(len(diamonds)))
    sides = [set(group[part]) for part in parts]
    assert not sides[0] & sides[1] and not sides[0] & sides[2] and not sides[1] & sides[2]
    for part, share in zip(parts, tables.SHARES, strict=True):
        assert abs(len(part) - share * len(diamonds)) <= 2 * np.bincount(group).max()


def test_scikit_learn_agrees_that_the_groups_do_not_cross(diamonds):
    group = tables.groups(diamonds.X[:5_000])
    train, test = next(GroupShuffleSplit(1, random_state=0).split(diamonds.X[:5_000], groups=group))
    assert not set(group[train]) & set(group[test])


def test_missing_values_are_equal_to_each_other():
    X = np.array([[1, np.nan], [1, np.nan], [np.nan, 1], [1, 2.0]])
    group = tables.groups(X)
    assert group[0] == group[1] and len(set(group)) == 3


def test_a_split_is_drawn_from_its_seed():
    X = np.arange(40.0)[:, None]
    first, again, other = (tables.split(X, seed)[2].tolist() for seed in (1, 1, 2))
    assert first == again != other


@pytest.mark.parametrize(
    "rows, shares, sentence",
    [
        (40, (0.5, 0.5, 0.5), "must be positive and add up to 1, got"),
        (40, (1.0, 0.1, -0.1), "must be positive"),
        (1, tables.SHARES, "1 rows, 1 of them different, leave a part"),
    ],
)
def test_a_split_that_cannot_be_is_refused(rows, shares, sentence):
    with pytest.raises(ValueError, match=sentence):
        tables.split(np.arange(float(rows))[:, None], 0, shares)


# --- units ---


def test_columns_are_standardised_as_scikit_learn_does_it_by_the_training_rows():
    random = np.random.default_rng(0)
    train, test = random.normal(3, 2, (50, 4)), random.normal(2, 1, (20, 4))
    train[:, 2] = 0.1  # a mean of which is not exact
    theirs, ours = StandardScaler().fit(train), tables.Standardiser(train)
    assert np.allclose(ours(train), theirs.transform(train))
    assert np.allclose(ours(test), theirs.transform(test))
    assert abs(ours(train)[:, 2]).max() < 1e-9


def test_missing_values_become_the_mean_and_far_ones_are_cut_off():
    train = np.array([[1.0, np.nan], [3, np.nan], [np.nan, np.nan]])
    ours = tables.Standardiser(train)
    assert ours(train).tolist() == [[-1, 0], [1, 0], [0, 0]]
    assert ours(np.array([[1e9, 5.0]])).tolist() == [[6, 5]]


def test_no_number_of_the_test_rows_reaches_the_training_rows(lines):
    before = tables.prepare(lines, seed=3)
    *_, test = tables.split(lines.X, 3)
    lines.X[test, 1:] *= 1.5  # not the first: groups are numbered in the order of their rows
    lines.y[test] += 100
    after = tables.prepare(lines, seed=3)
    assert torch.equal(before.train[0], after.train[0]) and before.scale == after.scale
    assert torch.equal(before.validation[1], after.validation[1])


def test_prepared_targets_are_standardised_and_come_back_in_their_unit(lines):
    data = tables.prepare(lines, seed=0, rows=200)
    X, y = data.train
    assert X.shape == (200, 5) and y.shape == (200, 1) and X.dtype == y.dtype == torch.float32
    assert abs(y.mean()) < 1e-5 and y.std(correction=0) == pytest.approx(1, abs=1e-5)
    train, *_ = tables.split(lines.X, 0)
    assert data.scale == pytest.approx(lines.y[train].std(), rel=0.2)
    classes = tables.prepare(tables.small("wine"), seed=0)
    assert classes.train[1].dtype == torch.int64 and classes.scale == 1 and classes.outputs == 3


# --- your own CSV ---

CSV = """name,size,colour,price,fresh
a,1,red,10,yes
b,2,blue,20,no
c,,red,30,yes
d,4,green,,no
"""


@pytest.fixture
def csv(tmp_path):
    path = tmp_path / "fruit.csv"
    path.write_text(CSV)
    return path


def test_a_csv_becomes_numbers_and_rows_without_a_target_are_left_out(csv):
    table = tables.read_csv(csv, "price", drop=["name"])
    assert table.columns == ("size", "colour_blue", "colour_red", "fresh_no", "fresh_yes")
    assert table.y.tolist() == [10, 20, 30] and np.isnan(table.X[2, 0])
    assert table.X[1].tolist() == [2, 1, 0, 1, 0] and not table.classes


def test_a_target_of_words_makes_classes(csv):
    table = tables.read_csv(csv, "fresh", drop=["name"])
    assert table.classes == ("no", "yes") and table.y.tolist() == [1, 0, 1, 0]
    assert "4 rows, 5 columns; fresh, one of 2 classes" in repr(table)


def test_what_a_csv_lacks_is_said_in_a_sentence(csv, monkeypatch):
    with pytest.raises(ValueError, match="no column 'cost'; it has name, size, colour"):
        tables.read_csv(csv, "cost")
    monkeypatch.setattr(tables, "MOST_WORDS", 2)
    with pytest.raises(ValueError, match=r"'name' holds 3 different.*drop=\['name'\]"):
        tables.read_csv(csv, "price")
    csv.write_text("a,b\n1,2\n3,2\n")
    with pytest.raises(ValueError, match="1 different values of 'b'"):
        tables.read_csv(csv, "b")


# --- networks ---


def test_the_network_is_that_of_the_paper_written_out():
    torch.manual_seed(0)
    net, x = TabularResNet(4, 2, blocks=2, width=6, hidden=10), torch.randn(7, 4)
    y = net.stem(x)
    for block in net.blocks:
        assert type(block) is Residual
        norm, first, _, _, last, _ = block.module
        centred = (y - y.mean(0)) / (y.var(0, correction=0) + norm.eps).sqrt()
        y = y + F.linear(
            F.relu(F.linear(centred, first.weight, first.bias)), last.weight, last.bias
        )
    norm, _, linear = net.head
    centred = (y - y.mean(0)) / (y.var(0, correction=0) + norm.eps).sqrt()
    assert torch.allclose(net(x), linear(F.relu(centred)), atol=1e-5)


def test_the_plain_twin_has_the_same_layers_and_adds_nothing():
    torch.manual_seed(0)
    ours = TabularResNet(4, 1, 3, 6, 10)
    plain = TabularResNet(4, 1, 3, 6, 10, shortcut=False)
    shapes = [[tuple(p.shape) for p in net.parameters()] for net in (ours, plain)]
    assert shapes[0] == shapes[1]
    for p in (p for net in (ours, plain) for p in net.blocks.parameters()):
        nn.init.zeros_(p)
    x = torch.randn(5, 6)
    assert torch.equal(ours.blocks(x), x) and not plain.blocks(x).any()


def test_dropout_in_the_trunk_hits_the_shortcut_and_in_the_branch_it_does_not():
    x = torch.ones(50, 8)
    for place in ("branch", "trunk"):
        torch.manual_seed(0)
        net = TabularResNet(8, 1, 1, 8, 8, last_dropout=0.5, dropout_in=place).train()
        for p in net.blocks.parameters():
            nn.init.zeros_(p)
        assert bool((net.blocks(x) == 0).any()) == (place == "trunk")
        assert torch.equal(net.eval().blocks(x), x)
    with pytest.raises(ValueError, match="dropout_in is 'head', not one of"):
        TabularResNet(8, 1, dropout_in="head")


def test_padding_appends_zeros_and_refuses_to_remove():
    assert PadFeatures(2, 4)(torch.tensor([[1.0, 2]])).tolist() == [[1, 2, 0, 0]]
    assert "extra=2" in repr(PadFeatures(2, 4))
    with pytest.raises(ValueError, match="can't remove any: got 4 in and 2 out"):
        PadFeatures(4, 2)


def test_a_plain_chain_can_start_as_the_identity():
    torch.manual_seed(0)
    net = init_identity(TabularResNet(5, 1, 6, 8, 16, norm=False, shortcut=False))
    x = torch.randn(9, 8)
    assert torch.allclose(net.blocks(x), x, atol=1e-5)
    with pytest.raises(ValueError, match="12 columns inside and 8 outside"):
        init_identity(tabular_branch(8, 12))


def test_he_weights_have_the_variance_of_the_paper_and_keep_a_signals_size():
    torch.manual_seed(0)
    branch = init_he(tabular_branch(400, 600, norm=False))
    first, last = branch[1], branch[4]
    assert first.weight.var().item() == pytest.approx(2 / 400, rel=0.02)
    assert last.weight.var().item() == pytest.approx(1 / 600, rel=0.02)
    x = torch.randn(500, 400)
    assert branch(x).square().mean().item() == pytest.approx(1, rel=0.1)


# --- training and rivals ---


def test_chapter_14_tells_the_steps_that_its_network_makes():
    settings = load("tables-rivals").settings
    made = []
    for rows in settings["rows"]:
        epochs, batch = rivals.patience(rows, settings["steps"])
        made.append(round(epochs * (rows // batch), -2))
    said = f"about {made[0]:,}, {made[1]:,}, {made[2]:,} and {made[3]:,} steps"
    text = Path("chapters/14-residuals-for-tables.md").read_text("utf-8")
    assert f"{said}, of 32 rows below 4,000 and of 256 above" in text


def test_without_a_hidden_layer_training_finds_what_ridge_finds(lines):
    data = tables.prepare(lines, seed=0)
    torch.manual_seed(0)
    net, epochs = nn.Linear(5, 1), []
    fit(net, *data.train, F.mse_loss, 40, 0.05, batch=32, after_epoch=epochs.append)
    X, y = (part.numpy() for part in data.train)
    found = Ridge(1e-6).fit(X, y[:, 0])
    assert net.weight[0].tolist() == pytest.approx(found.coef_.tolist(), abs=0.02)
    assert epochs == list(range(1, 41)) and not net.training
    missed = found.predict(data.test[0].numpy()) - data.test[1][:, 0].numpy()
    assert error(net, *data.test) == pytest.approx(math.sqrt((missed**2).mean()), rel=0.05)


def test_one_row_is_too_few_to_train_on():
    with pytest.raises(ValueError, match="1 rows; BatchNorm needs at least two"):
        fit(nn.Linear(2, 1), torch.ones(1, 2), torch.ones(1, 1), F.mse_loss, 1, 0.1)


def test_the_error_of_classes_is_the_share_of_wrong_ones():
    labels = torch.tensor([0, 1, 1, 0])
    assert error(nn.Identity(), F.one_hot(torch.tensor([0, 1, 0, 0])).float(), labels) == 0.25


def test_each_rival_finds_a_line_and_tells_its_seconds(lines):
    data = tables.prepare(lines, seed=0)
    found = {model: rivals.measure(data, model, 0, steps=300) for model in rivals.MODELS}
    assert found["ridge"]["test"] == pytest.approx(0.1, rel=0.2), "the noise"
    spread = lines.y.std()
    assert all(one["test"] < 0.5 * spread and one["seconds"] >= 0 for one in found.values())
    with pytest.raises(ValueError, match="no model 'forest'; choose one of ridge, trees, residual"):
        rivals.measure(data, "forest", 0)


def test_the_same_seed_gives_the_same_error(lines):
    data = tables.prepare(lines, seed=0)
    for model in ("trees", "residual"):
        first, again = (rivals.measure(data, model, 3, steps=20)["test"] for _ in "ab")
        assert first == again


def test_a_later_rival_is_recommended_only_if_it_won_every_validation():
    def runs(*validation, test=1.0):
        return [{"validation": v, "test": test, "seconds": 2.0} for v in validation]

    found = {"ridge": runs(3, 3), "trees": runs(1, 2), "residual": runs(0.5, 2.5, test=0.1)}
    said = rivals.advice("mine", found)
    assert said.startswith("mine: use trees, whose error on the test rows of 2 splits was 1")
    assert "ridge 1 in 4.0 s, residual 0.1 in 4.0 s" in said
    found["residual"] = runs(0.5, 1.5)
    assert "use residual" in rivals.advice("mine", found)


def test_a_table_of_lines_is_one_for_ridge(lines):
    found = rivals.compare(lines, seeds=(0, 1), rows=100, steps=20)
    assert {model: len(runs) for model, runs in found.items()} == {
        "ridge": 2, "trees": 2, "residual": 2}  # fmt: skip
    assert "use ridge" in rivals.advice(lines.name, found)
