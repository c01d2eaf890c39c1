"""Probes, candidates and wrong answers for the exercise `loss` of chapter 11."""

from collections.abc import Callable
from random import Random
from typing import TYPE_CHECKING

import torch
from torch.nn import functional as F

from grader.exercise import behaviour_of, candidate, probe, wrong

if TYPE_CHECKING:  # defined by the chapter

    def passes(test: Callable[..., object], candidate: object) -> bool: ...

    def doubled_loss(logits: torch.Tensor, labels: torch.Tensor) -> torch.Tensor: ...


@probe("loss", "values", "the loss or its gradient is another one", points=2)
def probe_loss(
    loss: Callable[[torch.Tensor, torch.Tensor], torch.Tensor], seed: int
) -> dict[str, object]:
    random, chance = Random(seed), torch.Generator().manual_seed(seed)
    found: dict[str, object] = {}
    few, more, many = random.randint(2, 4), random.randint(5, 9), random.randint(25, 30)
    for images, classes, size in [
        (few, more, 3.0),
        (1, few, 1.0),
        (many, more, 10 ** random.uniform(2, 3)),
        (more, many, 0.01),
        (more, many, 3.0),
        (many, 2, 0.3),
        (2, more, 2.0),
        (2, few, 0.02),
        (3, few, 2.0),
        (more, more, 3.0),
    ]:
        logits = size * torch.randn(images, classes, generator=chance)
        labels = torch.randint(classes, (images,), generator=chance)
        labels[0] = classes - 1
        labels[-1] = random.choice([0, classes - 1])
        if size >= 1:  # a large loss, of one image, too
            logits[-1, labels[-1]] = logits[-1].min() - 40 * images
        if size < 0.1:
            labels *= 0
        where = f"{images} images, {classes} classes, logits of about {size:.2g}"
        found |= behaviour_of(loss, logits, labels, where=where)
    return found


@probe("loss", "test", "your test doesn't tell bugs from repairs", points=2)
def probe_loss_test(
    test_loss: Callable[..., object], candidate: object, seed: int
) -> dict[str, object]:
    return {"passes": passes(test_loss, candidate)}


@candidate("loss")
def by_hand(logits: torch.Tensor, labels: torch.Tensor) -> torch.Tensor:
    right = logits.gather(1, labels[:, None]).squeeze(1)
    return (logits.logsumexp(1) - right).mean()


@candidate("loss")
def in_two_steps(logits: torch.Tensor, labels: torch.Tensor) -> torch.Tensor:
    likely = logits.log_softmax(dim=1)
    return F.nll_loss(likely, labels)


@candidate("loss")
def shifted(logits: torch.Tensor, labels: torch.Tensor) -> torch.Tensor:
    highest = logits.max(dim=1, keepdim=True).values
    return F.cross_entropy(logits - highest, labels)


@candidate("loss", bug="a softmax comes before the cross-entropy, which does one itself")
def doubled(logits: torch.Tensor, labels: torch.Tensor) -> torch.Tensor:
    likely = logits.softmax(dim=1)
    return F.cross_entropy(likely, labels)


@candidate("loss", bug="a softmax comes before the cross-entropy, which does one itself")
def doubled_by_hand(logits: torch.Tensor, labels: torch.Tensor) -> torch.Tensor:
    likely = logits.log_softmax(1).exp()
    right = likely.gather(1, labels[:, None]).squeeze(1)
    return (likely.logsumexp(1) - right).mean()


@candidate("loss", bug="the logarithm is missing")
def not_logged(logits: torch.Tensor, labels: torch.Tensor) -> torch.Tensor:
    likely = logits.softmax(dim=1)
    return F.nll_loss(likely, labels)


@candidate("loss", bug="the logarithm is missing")
def not_logged_by_hand(logits: torch.Tensor, labels: torch.Tensor) -> torch.Tensor:
    highest = logits.max(dim=1, keepdim=True).values
    raised = (logits - highest).exp()
    right = raised.gather(1, labels[:, None]).squeeze(1)
    return -(right / raised.sum(1)).mean()


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
