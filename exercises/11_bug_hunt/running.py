"""Probes and wrong answers for the exercise `running` of chapter 11."""

import random
from collections.abc import Callable
from typing import TYPE_CHECKING

import torch
from torch import nn

from grader.exercise import probe, wrong

if TYPE_CHECKING:  # defined by the chapter

    def passes(test: Callable[..., object], candidate: object) -> bool: ...


@probe("running", "values", "the averages are others", points=2)
def probe_running(
    running: Callable[..., tuple[torch.Tensor, torch.Tensor]], seed: int
) -> dict[str, object]:
    found: dict[str, object]
    random_rows = torch.Generator().manual_seed(seed)
    mean, var, found = torch.zeros(4), torch.ones(4), {}
    for count, momentum in [(2, 0.1), (5, 0.3), (50, 0.01)]:
        rows = torch.randn(count, 4, generator=random_rows) * 3
        mean, var = running(mean, var, rows, momentum)
        found |= {f"mean {count}": mean, f"variance {count}": var}
    return found


@probe("running", "test", "your test doesn't tell bugs from repairs", points=2)
def probe_running_test(test_running: Callable[..., object], seed: int) -> dict[str, object]:
    def kept(correction: int, old: bool) -> Callable[..., tuple[torch.Tensor, torch.Tensor]]:
        def running(
            mean: torch.Tensor, var: torch.Tensor, batch: torch.Tensor, momentum: float = 0.1
        ) -> tuple[torch.Tensor, torch.Tensor]:
            new = 1 - momentum if old else momentum
            variance = (batch - batch.mean(0)).square().sum(0) / (len(batch) - correction)
            return mean + new * (batch.mean(0) - mean), var + new * (variance - var)

        return running

    candidates = {
        "the bug": kept(0, False),
        "the other momentum": kept(1, True),
        "a right one": kept(1, False),
    }
    order = random.Random(seed).sample(sorted(candidates), len(candidates))
    return {name: passes(test_running, candidates[name]) for name in order}


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
