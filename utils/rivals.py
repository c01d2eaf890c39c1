"""A linear model, trees and the residual network on the same rows of a table.

Each rival gets the same training rows and three settings, and the one with the smallest error on
the validation rows is tried on the test rows, once. `compare` repeats that for several splits and
`advice` says in one sentence which to use.
"""

import math
import time
from collections.abc import Callable, Iterable, Mapping, Sequence

import numpy as np
import torch
from torch.nn import functional as F

from utils.data.tables import Prepared, Table, prepare
from utils.seeding import seed_everything
from utils.tabular import TabularResNet, error, fit

Found = dict[str, float]  # validation and test error, and processor seconds
Tried = tuple[float, float]  # validation and test error
PENALTIES = (0.1, 10.0, 1000.0)
TREE_RATES = (0.03, 0.1, 0.3)
NETS: tuple[dict[str, float], ...] = (
    dict(blocks=2, dropout=0.0), dict(blocks=4, dropout=0.0), dict(blocks=4, dropout=0.2),
)  # fmt: skip
MOST_TREES = 1_000
STEPS, MOST_EPOCHS = 3_000, 60


def linear(data: Prepared, seed: int, steps: int) -> Iterable[Tried]:
    """Ridge regression, or logistic regression for classes, with three penalties."""
    from sklearn.linear_model import LogisticRegression, Ridge

    X, y = arrays(data.train)
    for penalty in PENALTIES:
        ridge = Ridge(penalty) if data.outputs == 1 else LogisticRegression(
            C=1 / penalty, max_iter=2_000)  # fmt: skip
        ridge.fit(X, y)
        yield missed(ridge.predict, data.validation), missed(ridge.predict, data.test)


def trees(data: Prepared, seed: int, steps: int) -> Iterable[Tried]:
    """Histogram gradient boosting with three rates, each stopping by itself.

    It holds back a tenth of the training rows and stops when 20 trees in a row do not help there.
    Source: Friedman 2001; scikit-learn's form is that of LightGBM (Ke and others 2017).
    """
    from sklearn.ensemble import HistGradientBoostingClassifier, HistGradientBoostingRegressor

    kind = HistGradientBoostingRegressor if data.outputs == 1 else HistGradientBoostingClassifier
    for rate in TREE_RATES:
        model = kind(
            learning_rate=rate, max_iter=MOST_TREES, early_stopping=True, n_iter_no_change=20,
            random_state=seed,
        ).fit(*arrays(data.train))  # fmt: skip
        yield missed(model.predict, data.validation), missed(model.predict, data.test)


def patience(rows: int, steps: int) -> tuple[int, int]:
    """Epochs of the network, and rows of a batch: about ``steps`` steps, 60 epochs at most."""
    batch = 256 if rows >= 4_000 else 32
    return min(MOST_EPOCHS, max(1, round(steps / max(1, rows // batch)))), batch


def residual(data: Prepared, seed: int, steps: int) -> Iterable[Tried]:
    """The network of `utils.tabular`: two blocks, four, and four with dropout."""
    X, y = data.train
    epochs, batch = patience(len(X), steps)
    for settings in NETS:
        seed_everything(seed)
        net = TabularResNet(X.shape[1], data.outputs, **settings)  # type: ignore[arg-type]  # whole numbers and shares
        loss = F.mse_loss if data.outputs == 1 else F.cross_entropy
        fit(net, X, y, loss, epochs, rate=3e-3, batch=batch)
        yield error(net, *data.validation), error(net, *data.test)


MODELS: dict[str, Callable[[Prepared, int, int], Iterable[Tried]]] = {  # the simplest first
    "ridge": linear, "trees": trees, "residual": residual,
}  # fmt: skip


def arrays(pair: tuple[torch.Tensor, torch.Tensor]) -> tuple[np.ndarray, np.ndarray]:
    """Rows and targets as scikit-learn takes them: ``(n, d)`` and ``(n,)``."""
    return pair[0].numpy(), pair[1].reshape(-1).numpy()


def missed(
    predict: Callable[[np.ndarray], np.ndarray], pair: tuple[torch.Tensor, torch.Tensor]
) -> float:
    """`utils.tabular.error` of what a model of scikit-learn's predicts."""
    X, y = arrays(pair)
    if pair[1].dtype == torch.int64:
        return float((predict(X) != y).mean())
    return math.sqrt(float(((predict(X) - y) ** 2).mean()))


def measure(data: Prepared, model: str, seed: int, steps: int = STEPS) -> Found:
    """Validation and test error of one rival, in the units of the table, and processor seconds.

    Parameters
    ----------
    data : Prepared
    model : str
        One of ``MODELS``.
    seed : int
        Of what is random in the model.
    steps : int
        Of the network's training, for each of its settings; at most 60 epochs are made.

    Raises
    ------
    ValueError
        For an unknown model.
    """
    if model not in MODELS:
        raise ValueError(f"measure: no model {model!r}; choose one of {', '.join(MODELS)}.")
    began = time.process_time()
    validation, test = min(MODELS[model](data, seed, steps))
    seconds = time.process_time() - began
    return {"validation": data.scale * validation, "test": data.scale * test, "seconds": seconds}


def compare(
    table: Table, seeds: Sequence[int] = (0, 1, 2), rows: int | None = None, steps: int = STEPS
) -> dict[str, list[Found]]:
    """What each rival reaches on a table, once per seed; a seed stands for another split as well.

    Parameters
    ----------
    table : Table
    seeds : sequence of int
    rows : int, optional
        At most so many training rows.
    steps : int
        Of the network's training, for each of its settings.
    """
    found: dict[str, list[Found]] = {model: [] for model in MODELS}
    for seed in seeds:
        data = prepare(table, seed, rows)
        for model in MODELS:
            found[model].append(measure(data, model, seed, steps))
    return found


def advice(name: str, found: Mapping[str, Sequence[Found]]) -> str:
    """Which model to use, in a sentence.

    The models stand in the order of their simplicity. A later one is preferred only if its
    validation error was smaller on every split; test errors are told and decide nothing.

    Parameters
    ----------
    name : str
        Of the table.
    found : mapping
        What `compare` returned.
    """
    models = list(found)
    chosen = models[0]
    for model in models[1:]:
        pairs = zip(found[model], found[chosen], strict=True)
        if all(mine["validation"] < other["validation"] for mine, other in pairs):
            chosen = model
    told = {model: range_of([one["test"] for one in runs]) for model, runs in found.items()}
    seconds = {model: sum(one["seconds"] for one in runs) for model, runs in found.items()}
    others = ", ".join(f"{m} {told[m]} in {seconds[m]:.1f} s" for m in models if m != chosen)
    return (
        f"{name}: use {chosen}, whose error on the test rows of {len(found[chosen])} splits was "
        f"{told[chosen]} after {seconds[chosen]:.1f} s of computing; the others: {others}."
    )


def range_of(values: Sequence[float]) -> str:
    """The smallest and the largest of some numbers, in words."""
    low, high = (f"{v:.3g}" if v < 1000 else f"{v:,.0f}" for v in (min(values), max(values)))
    return low if low == high else f"{low} to {high}"
