"""Real tables: `diamonds`, scikit-learn's small ones, your own CSV; split and standardised.

Two things go wrong more often with tables than with images. Equal rows land on both sides of a
split, so that the test asks for what was learnt by heart; and statistics of the test rows find
their way into the training data. `split` keeps equal rows together, `Standardiser` looks at the
training rows alone, and `prepare` does both.

`diamonds` is the table of ggplot2 (H. Wickham and others, MIT licence) in the form in which
plotnine ships it (copyright Hassan Kibirige, MIT licence): see ``diamonds/README.md``.
"""

import gzip
import hashlib
import io
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch

from utils.data.sources import DataError

DIAMONDS = Path(__file__).parent / "diamonds" / "diamonds.csv.gz"
DIAMONDS_SHA256 = "9574730b03aba241d899c4a97511c5061b19358fab89510774fb6c24168345c4"
GRADES = {  # from the worst to the best, which is their number
    "cut": ("Fair", "Good", "Very Good", "Premium", "Ideal"),
    "color": ("J", "I", "H", "G", "F", "E", "D"),
    "clarity": ("I1", "SI2", "SI1", "VS2", "VS1", "VVS2", "VVS1", "IF"),
}
SMALL = ("breast_cancer", "diabetes", "digits", "wine")  # scikit-learn's, at most 1,797 rows
MOST_WORDS = 30  # a column with more different words is an identifier or free text
SHARES = (0.7, 0.1, 0.2)
CLIP = 6.0
Pair = tuple[torch.Tensor, torch.Tensor]


@dataclass(frozen=True)
class Table:
    """Rows of numbers and what is to be predicted from them.

    Attributes
    ----------
    name : str
    X : np.ndarray
        Shape (N, d), float64; missing values are ``nan``.
    y : np.ndarray
        Shape (N,): float64 for a quantity, int64 for the number of a class.
    columns : tuple of str
        The d names.
    target : str
        What ``y`` is called, with its unit.
    classes : tuple of str
        The names of the classes; empty for a quantity.
    """

    name: str
    X: np.ndarray
    y: np.ndarray
    columns: tuple[str, ...]
    target: str
    classes: tuple[str, ...] = ()

    def __len__(self) -> int:
        return len(self.X)

    @property
    def outputs(self) -> int:
        """How many numbers a network has to put out: one for a quantity, else one per class."""
        return len(self.classes) or 1

    def __repr__(self) -> str:
        what = f"one of {len(self.classes)} classes" if self.classes else "a quantity"
        return (
            f"{self.name}: {len(self):,} rows, {len(self.columns)} columns; {self.target}, {what}"
        )


@dataclass(frozen=True)
class Prepared:
    """A table split and standardised, as float32 tensors.

    Attributes
    ----------
    train, validation, test : (X, y)
        X of shape (n, d). y of shape (n, 1), standardised like a column, for a quantity; (n,),
        int64, for classes.
    scale : float
        What one unit of a standardised target is in the units of the table; 1 for classes.
    outputs : int
        As in `Table`.
    """

    train: Pair
    validation: Pair
    test: Pair
    scale: float
    outputs: int


def diamonds() -> Table:
    """53,940 diamonds, nine columns each; the target is the natural logarithm of the price.

    The three grades are numbers from 0, the worst. Carat is a weight of 0.2 g, x, y and z are in
    mm, depth and table in per cent; prices are in US dollars.

    Raises
    ------
    DataError
        When the bundled file is missing or is not the published one.
    """
    import pandas as pd

    frame = pd.read_csv(io.BytesIO(read_bundled(DIAMONDS, DIAMONDS_SHA256)))
    price = np.log(frame.pop("price").to_numpy(dtype=np.float64))
    for column, grades in GRADES.items():
        frame[column] = frame[column].map({grade: i for i, grade in enumerate(grades)})
    X = frame.to_numpy(dtype=np.float64)
    return Table("diamonds", X, price, tuple(frame.columns), "log price (dollars)")


def read_bundled(path: Path, sha256: str) -> bytes:
    """The decompressed content of a file that is part of the course, if it is what it should be."""
    again = "It is part of the course: fetch the course again, or restore it with git."
    try:
        content = gzip.decompress(path.read_bytes())
    except (OSError, EOFError, zlib.error) as error:
        raise DataError(f"{path} can't be read ({error}). {again}") from None
    if hashlib.sha256(content).hexdigest() != sha256:
        raise DataError(
            f"{path} is not the published file ({len(content):,} bytes, and the checksum differs). "
            f"{again}"
        )
    return content


def small(name: str) -> Table:
    """One of the tables that scikit-learn brings along, which are for demonstrations.

    Parameters
    ----------
    name : str
        One of ``SMALL``.
    """
    from sklearn import datasets

    if name not in SMALL:
        raise ValueError(f"small: there is no table {name!r}; choose one of {', '.join(SMALL)}.")
    found = getattr(datasets, f"load_{name}")()
    columns = tuple(str(column) for column in found.feature_names)
    if name == "diabetes":
        return Table(name, found.data, found.target, columns, "progression after a year")
    classes = tuple(str(c) for c in found.target_names)
    return Table(name, found.data.astype(np.float64), found.target.astype(np.int64), columns,
                 "class", classes)  # fmt: skip


def read_csv(path: str | Path, target: str, drop: Sequence[str] = ()) -> Table:
    """Your own table: a CSV file with a header, and the name of the column to predict.

    Numbers stay numbers, and an empty field is a missing value. A column of at most 30 different
    words becomes one column of zeros and ones per word. A target of words, or of yes and no, makes
    a table of classes; rows without a target are left out.

    Parameters
    ----------
    path : str or Path
    target : str
    drop : sequence of str
        Columns to leave out, such as a number that only counts the rows.

    Raises
    ------
    ValueError
        When a named column is not there, when a column holds too many different words, or when
        nothing is left to learn from.
    """
    import pandas as pd

    frame = pd.read_csv(path)
    there = ", ".join(str(column) for column in frame.columns)
    for column in (target, *drop):
        if column not in frame.columns:
            raise ValueError(f"read_csv: {path} has no column {column!r}; it has {there}.")
    frame = frame.dropna(subset=[target]).drop(columns=list(drop))
    y, words = frame.pop(target), []
    for column in frame.columns:
        if not pd.api.types.is_numeric_dtype(frame[column]):
            words.append(column)
            if (different := frame[column].nunique()) > MOST_WORDS:
                raise ValueError(
                    f"read_csv: column {column!r} holds {different:,} different words, at most "
                    f"{MOST_WORDS} can be columns of their own. Leave it out with "
                    f"drop=[{column!r}], or turn it into numbers first."
                )
    frame = pd.get_dummies(frame, columns=words, dtype=float)
    if frame.empty or y.nunique() < 2:
        raise ValueError(
            f"read_csv: {len(frame):,} rows with {len(frame.columns)} columns and {y.nunique()} "
            f"different values of {target!r}; there must be rows, columns and two values."
        )
    name = Path(path).stem
    X, columns = frame.to_numpy(dtype=np.float64), tuple(str(c) for c in frame.columns)
    if pd.api.types.is_numeric_dtype(y) and not pd.api.types.is_bool_dtype(y):
        return Table(name, X, y.to_numpy(dtype=np.float64), columns, target)
    codes, found = pd.factorize(y, sort=True)
    return Table(name, X, codes.astype(np.int64), columns, target, tuple(map(str, found)))


def groups(X: np.ndarray) -> np.ndarray:
    """A number for each row ``(N,)``, from 0 on; rows that are equal in all columns share theirs.

    Parameters
    ----------
    X : np.ndarray
        Shape (N, d); missing values are equal to each other.
    """
    filled = np.where(np.isnan(X), np.inf, X)
    _, found = np.unique(filled, axis=0, return_inverse=True)
    return np.asarray(found).reshape(-1)


def split(
    X: np.ndarray, seed: int, shares: tuple[float, float, float] = SHARES
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Row numbers for training, validation and test, drawn at random, equal rows kept together.

    Parameters
    ----------
    X : np.ndarray
        Shape (N, d). Rows count as equal when all columns are; what is to be predicted may differ.
    seed : int
    shares : three numbers
        Of the rows; they add up to 1 and are kept up to the size of a group of equal rows.

    Raises
    ------
    ValueError
        When the shares are no shares, or a part would be empty.
    """
    if min(shares) <= 0 or abs(sum(shares) - 1) > 1e-9:
        raise ValueError(f"split: the shares must be positive and add up to 1, got {shares}.")
    group = groups(X)
    order = np.random.default_rng(seed).permutation(group.max() + 1)
    place = np.argsort(order)[group]  # of a row's group in the drawn order
    rows = np.argsort(place, kind="stable")
    ends = [
        np.searchsorted(place[rows], place[rows[round(share * len(X)) - 1]], side="right")
        for share in np.cumsum(shares)[:2]  # to the end of the group in which the part ends
    ]
    parts = np.split(rows, ends)
    if min(map(len, parts)) == 0:
        raise ValueError(
            f"split: {len(X)} rows, {group.max() + 1} of them different, leave a part of "
            f"{shares} empty; a table needs more rows."
        )
    return parts[0], parts[1], parts[2]


class Standardiser:
    """Makes each column's mean 0 and its standard deviation 1, measured on the rows given here.

    A column that is the same in all those rows becomes 0 there. Missing values become 0, the mean.
    What lies more than 6 standard deviations away is set to 6: two diamonds are recorded as 58.9
    and 31.8 mm wide, and such a mistake should not decide.

    Parameters
    ----------
    X : np.ndarray
        Shape (N, d), the *training* rows.

    Attributes
    ----------
    mean, scale : np.ndarray
        Shape (d,); ``scale`` is 1 where all values are equal.
    """

    def __init__(self, X: np.ndarray):
        missing = np.isnan(X).all(axis=0)
        filled = np.where(missing, 0.0, X)
        self.mean = np.nanmean(filled, axis=0)
        varies = np.nanmax(filled, axis=0) > np.nanmin(filled, axis=0)
        self.scale = np.where(varies, np.nanstd(filled, axis=0), 1.0)

    def __call__(self, X: np.ndarray) -> np.ndarray:
        """``X`` (n, d) in these units."""
        return np.nan_to_num(np.clip((X - self.mean) / self.scale, -CLIP, CLIP))


def prepare(table: Table, seed: int, rows: int | None = None) -> Prepared:
    """Split and standardise a table; statistics come from its training rows alone.

    Parameters
    ----------
    table : Table
    seed : int
        Of the split.
    rows : int, optional
        At most so many training rows; validation and test rows stay what they are.
    """
    train, validation, test = split(table.X, seed)
    train = np.random.default_rng(seed).permutation(train)[:rows]
    column = Standardiser(table.X[train])
    mean, scale = table.y[train].mean(), table.y[train].std() or 1.0

    def pair(part: np.ndarray) -> Pair:
        X = torch.from_numpy(column(table.X[part])).float()
        if table.classes:
            return X, torch.from_numpy(table.y[part])
        return X, torch.from_numpy((table.y[part] - mean) / scale).float()[:, None]

    return Prepared(pair(train), pair(validation), pair(test),
                    1.0 if table.classes else float(scale), table.outputs)  # fmt: skip
