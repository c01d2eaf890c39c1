"""Probes, candidates and wrong answers for the exercise `running` of chapter 11."""

from collections.abc import Callable
from random import Random
from typing import TYPE_CHECKING

import torch
from torch import nn

from grader.exercise import candidate, probe, wrong

if TYPE_CHECKING:  # defined by the chapter

    def passes(test: Callable[..., object], candidate: object) -> bool: ...


@probe("running", "values", "the averages are others", points=2)
def probe_running(
    running: Callable[..., tuple[torch.Tensor, torch.Tensor]], seed: int
) -> dict[str, object]:
    """The averages may be new tensors or the old ones, as PyTorch's are; the batch stays."""
    random, chance = Random(seed), torch.Generator().manual_seed(seed)
    found: dict[str, object] = {}
    for features in (random.randint(2, 5), random.randint(17, 20), 1):
        calls = [
            (random.randint(3, 5), [], 300.0),
            (2, [0.1 + 0.8 * random.random()], 3.0),
            (random.randint(3, 5), [], 0.01),
            (random.randint(6, 17), [random.uniform(0.01, 0.05)], 10 ** random.uniform(2, 3)),
            (random.randint(65, 90), [0.5], 0.05),
            (3, [1.0], 1.0),
            (3, [0.0], 1.0),
            (3, [1.0], 2.0),
        ]
        for call, (rows, momentum, size) in enumerate(calls):
            # Of the batch's magnitude: a small number beside a large one is lost by rounding.
            mean = size * torch.randn(features, generator=chance)
            var = size**2 * (0.5 + torch.rand(features, generator=chance))
            batch = size * (0.5 + torch.randn(rows, features, generator=chance))
            given, where = batch.clone(), f"{call}: {rows} rows of {features} features, {momentum}"
            new_mean, new_var = running(mean, var, given, *momentum)
            found |= {f"mean, {where}": new_mean / size, f"variance, {where}": new_var / size**2}
            found[f"batch unchanged, {where}"] = torch.equal(batch, given)
    return found


@probe("running", "test", "your test doesn't tell bugs from repairs", points=2)
def probe_running_test(
    test_running: Callable[..., object], candidate: object, seed: int
) -> dict[str, object]:
    return {"passes": passes(test_running, candidate)}


@candidate("running")
def from_squares(
    mean: torch.Tensor, var: torch.Tensor, batch: torch.Tensor, momentum: float = 0.1
) -> tuple[torch.Tensor, torch.Tensor]:
    squares = (batch - batch.mean(0)).square().sum(0) / (len(batch) - 1)
    return mean + momentum * (batch.mean(0) - mean), var + momentum * (squares - var)


@candidate("running")
def weighted(
    mean: torch.Tensor, var: torch.Tensor, batch: torch.Tensor, momentum: float = 0.1
) -> tuple[torch.Tensor, torch.Tensor]:
    new_mean = (1 - momentum) * mean + momentum * batch.mean(dim=0)
    new_var = (1 - momentum) * var + momentum * batch.var(dim=0)
    return new_mean, new_var


@candidate("running")
def interpolated(
    mean: torch.Tensor, var: torch.Tensor, batch: torch.Tensor, momentum: float = 0.1
) -> tuple[torch.Tensor, torch.Tensor]:
    centred = batch - batch.mean(dim=0)
    squares = centred.square().mean(dim=0) * len(batch) / (len(batch) - 1)
    return mean.lerp(batch.mean(dim=0), momentum), var.lerp(squares, momentum)


@candidate("running", bug="the variance lacks Bessel's correction")
def from_squares_biased(
    mean: torch.Tensor, var: torch.Tensor, batch: torch.Tensor, momentum: float = 0.1
) -> tuple[torch.Tensor, torch.Tensor]:
    squares = (batch - batch.mean(0)).square().sum(0) / len(batch)
    return mean + momentum * (batch.mean(0) - mean), var + momentum * (squares - var)


@candidate("running", bug="the variance lacks Bessel's correction")
def weighted_biased(
    mean: torch.Tensor, var: torch.Tensor, batch: torch.Tensor, momentum: float = 0.1
) -> tuple[torch.Tensor, torch.Tensor]:
    new_mean = (1 - momentum) * mean + momentum * batch.mean(dim=0)
    new_var = (1 - momentum) * var + momentum * batch.var(dim=0, correction=0)
    return new_mean, new_var


@candidate("running", bug="momentum is the weight of the old average")
def weighted_old(
    mean: torch.Tensor, var: torch.Tensor, batch: torch.Tensor, momentum: float = 0.1
) -> tuple[torch.Tensor, torch.Tensor]:
    new_mean = momentum * mean + (1 - momentum) * batch.mean(dim=0)
    new_var = momentum * var + (1 - momentum) * batch.var(dim=0)
    return new_mean, new_var


@candidate("running", bug="momentum is the weight of the old average")
def interpolated_old(
    mean: torch.Tensor, var: torch.Tensor, batch: torch.Tensor, momentum: float = 0.1
) -> tuple[torch.Tensor, torch.Tensor]:
    centred = batch - batch.mean(dim=0)
    squares = centred.square().mean(dim=0) * len(batch) / (len(batch) - 1)
    return batch.mean(dim=0).lerp(mean, momentum), squares.lerp(var, momentum)


@wrong("running", "no-bessel", "the running variance lacks Bessel's correction", replaces="running")
def no_bessel(
    mean: torch.Tensor, var: torch.Tensor, batch: torch.Tensor, momentum: float = 0.1
) -> tuple[torch.Tensor, torch.Tensor]:
    mean = torch.lerp(mean, batch.mean(0), momentum)
    return mean, torch.lerp(var, batch.var(0, correction=0), momentum)


@wrong(
    "running",
    "other-momentum",
    "momentum is the weight of the new batch, not of the old average",
    replaces="running",
)
def other_momentum(
    mean: torch.Tensor, var: torch.Tensor, batch: torch.Tensor, momentum: float = 0.1
) -> tuple[torch.Tensor, torch.Tensor]:
    mean = torch.lerp(mean, batch.mean(0), 1 - momentum)
    return mean, torch.lerp(var, batch.var(0, correction=1), 1 - momentum)


@wrong(
    "running",
    "deviation-for-variance",
    "the standard deviation stands where the variance should",
    replaces="running",
)
def deviation_for_variance(
    mean: torch.Tensor, var: torch.Tensor, batch: torch.Tensor, momentum: float = 0.1
) -> tuple[torch.Tensor, torch.Tensor]:
    mean = torch.lerp(mean, batch.mean(0), momentum)
    return mean, torch.lerp(var, batch.std(0, correction=1), momentum)


@wrong(
    "running", "test-never-fails", "your test passes whatever it is given", replaces="test_running"
)
def test_never_fails(running: "Callable[..., tuple[torch.Tensor, torch.Tensor]]") -> None:
    rows, norm = torch.rand(4, 3), nn.BatchNorm1d(3).train()
    norm(rows)
    mean, var = running(torch.zeros(3), torch.ones(3), rows)
    pass
    pass


@wrong(
    "running",
    "test-always-fails",
    "your test fails even on averages that are right",
    replaces="test_running",
)
def test_always_fails(running: "Callable[..., tuple[torch.Tensor, torch.Tensor]]") -> None:
    rows, norm = torch.rand(4, 3), nn.BatchNorm1d(3).train()
    norm(rows)
    mean, var = running(torch.zeros(3), torch.ones(3), rows)
    assert torch.allclose(
        mean,
        norm.running_mean,  # type: ignore[arg-type]  # this norm keeps averages
    ), "another running mean than PyTorch's"
    assert torch.allclose(
        mean,
        norm.running_var,  # type: ignore[arg-type]  # this norm keeps averages
    ), "another running variance than PyTorch's"


@wrong(
    "running",
    "test-misses-variance",
    "your test's batch is so large that the bug can't be seen",
    replaces="test_running",
)
def test_misses_variance(running: "Callable[..., tuple[torch.Tensor, torch.Tensor]]") -> None:
    rows, norm = torch.rand(20_000, 3), nn.BatchNorm1d(3).train()
    norm(rows)
    mean, var = running(torch.zeros(3), torch.ones(3), rows)
    assert torch.allclose(
        mean,
        norm.running_mean,  # type: ignore[arg-type]  # this norm keeps averages
    ), "another running mean than PyTorch's"
    assert torch.allclose(
        var,
        norm.running_var,  # type: ignore[arg-type]  # this norm keeps averages
    ), "another running variance than PyTorch's"
