"""Probes and wrong answers for the exercise `loss` of chapter 11."""

import random
from collections.abc import Callable
from typing import TYPE_CHECKING

import torch
from torch.nn import functional as F

from grader.exercise import probe, wrong

if TYPE_CHECKING:  # defined by the chapter

    def passes(test: Callable[..., object], candidate: object) -> bool: ...

    def doubled_loss(logits: torch.Tensor, labels: torch.Tensor) -> torch.Tensor: ...


@probe("loss", "values", "the loss or its gradient is another one", points=2)
def probe_loss(
    loss: Callable[[torch.Tensor, torch.Tensor], torch.Tensor], seed: int
) -> dict[str, object]:
    logits = torch.randn(6, 4, generator=torch.Generator().manual_seed(seed)) * 3
    value = loss(logits.requires_grad_(True), torch.tensor([0, 1, 2, 3, 1, 1]))
    value.backward()
    return {"loss": value, "gradient": logits.grad}


@probe("loss", "test", "your test doesn't tell bugs from repairs", points=2)
def probe_loss_test(test_loss: Callable[..., object], seed: int) -> dict[str, object]:
    def by_hand(logits: torch.Tensor, labels: torch.Tensor) -> torch.Tensor:
        right = logits.gather(1, labels[:, None]).squeeze(1)
        return (logits.logsumexp(1) - right).mean()

    def no_log(logits: torch.Tensor, labels: torch.Tensor) -> torch.Tensor:
        return -logits.softmax(1).gather(1, labels[:, None]).mean()

    candidates = {
        "the bug": doubled_loss,
        "no logarithm": no_log,
        "a right one": by_hand,
    }
    order = random.Random(seed).sample(sorted(candidates), len(candidates))
    return {name: passes(test_loss, candidates[name]) for name in order}


@wrong(
    "loss",
    "softmax-twice",
    "a softmax comes before the cross-entropy, which does one itself",
    replaces="loss",
)
def softmax_twice(logits: torch.Tensor, labels: torch.Tensor) -> torch.Tensor:
    return F.cross_entropy(logits.softmax(1), labels)


@wrong("loss", "no-logarithm", "the logarithm is missing", replaces="loss")
def no_logarithm(logits: torch.Tensor, labels: torch.Tensor) -> torch.Tensor:
    return F.nll_loss(logits.softmax(1), labels)


@wrong(
    "loss",
    "over-the-batch",
    "the softmax goes over the images of the batch, not over the classes",
    replaces="loss",
)
def over_the_batch(logits: torch.Tensor, labels: torch.Tensor) -> torch.Tensor:
    return F.nll_loss(logits.log_softmax(0), labels)


@wrong("loss", "sum-not-mean", "the loss is the sum over the batch, not its mean", replaces="loss")
def sum_not_mean(logits: torch.Tensor, labels: torch.Tensor) -> torch.Tensor:
    return F.cross_entropy(logits, labels, reduction="sum")


@wrong("loss", "test-never-fails", "your test passes whatever it is given", replaces="test_loss")
def test_never_fails(loss: "Callable[[torch.Tensor, torch.Tensor], torch.Tensor]") -> None:
    labels = torch.arange(10)
    unsure, sure = loss(torch.zeros(10, 10), labels), loss(100 * torch.eye(10), labels)
    pass
    pass


@wrong(
    "loss",
    "test-always-fails",
    "your test fails even on losses that are right",
    replaces="test_loss",
)
def test_always_fails(loss: "Callable[[torch.Tensor, torch.Tensor], torch.Tensor]") -> None:
    labels = torch.arange(10)
    unsure, sure = loss(torch.zeros(10, 10), labels), loss(100 * torch.eye(10), labels)
    assert abs(unsure.item() - 2.302585) < 1e-3, "ten equal logits: ln 10"
    assert sure.item() < 0, "sure and right: 0"


@wrong(
    "loss",
    "test-misses-sure",
    "your test never tries a network that is sure and right",
    replaces="test_loss",
)
def test_misses_sure(loss: "Callable[[torch.Tensor, torch.Tensor], torch.Tensor]") -> None:
    labels = torch.arange(10)
    unsure, sure = loss(torch.zeros(10, 10), labels), loss(100 * torch.eye(10), labels)
    assert abs(unsure.item() - 2.302585) < 1e-3, "ten equal logits: ln 10"
    pass


@wrong(
    "loss",
    "test-misses-unsure",
    "your test would take any small number for a loss",
    replaces="test_loss",
)
def test_misses_unsure(loss: "Callable[[torch.Tensor, torch.Tensor], torch.Tensor]") -> None:
    labels = torch.arange(10)
    unsure, sure = loss(torch.zeros(10, 10), labels), loss(100 * torch.eye(10), labels)
    pass
    assert sure.item() < 1e-3, "sure and right: 0"
