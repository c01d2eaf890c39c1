"""Probes, candidates and wrong answers for the exercise `accuracy` of chapter 11."""

from collections.abc import Callable
from random import Random
from typing import TYPE_CHECKING, Any

import torch
from torch import nn

from grader.exercise import candidate, probe, set_weights, wrong

if TYPE_CHECKING:  # defined by the chapter

    def passes(test: Callable[..., object], candidate: object) -> bool: ...


@probe("accuracy", "values", "the accuracy is another one, or the network's mode", points=2)
def probe_accuracy(accuracy: Callable[..., float], seed: int) -> dict[str, object]:
    random, chance = Random(seed), torch.Generator().manual_seed(seed)
    """Two networks with as many rows, partly right; then one whose answers are all right, on many
    rows of all magnitudes: whatever moves some of them a little makes one of these wrong."""
    found: dict[str, object] = {}
    few = random.randint(30, 60)
    for features, classes, rows in [
        (random.randint(2, 5), random.randint(3, 6), few), (1, 13, few), (4, 6, 3000)
    ]:  # fmt: skip
        net: Any = nn.Sequential(
            nn.BatchNorm1d(features), nn.Dropout(), nn.Linear(features, classes)
        )
        set_weights(net, seed)
        where = f"{classes} classes, {rows} rows"
        size = 10 ** random.uniform(-1, 2)
        x = size * torch.randn(rows, features, generator=chance)
        y = net.eval()(x).argmax(1)
        right = torch.rand(rows, generator=chance) < random.uniform(0.4, 0.8)
        if rows > few:
            x = 10 ** torch.empty(rows, 1).uniform_(-1, 2.5, generator=chance) * x / size
            y, right = net(x).argmax(1), torch.ones(rows).bool()
        y = y.where(right, (y + 1) % classes)
        before = {name: value.clone() for name, value in net.state_dict().items()}
        for mode in (True, False):
            for count in (rows, 40) if rows > few else (rows, random.randint(5, 9), 2, 1):
                net.train(mode)
                batches = list(zip(x.split(count), y.split(count), strict=True))
                call = f"{where}, train mode {mode}, batches of {count}"
                found[f"accuracy, {call}"] = float(accuracy(net, batches))
                found[f"modes, {call}"] = [module.training for module in net.modules()]
        found[f"half of them, {where}"] = float(accuracy(net, batches[: rows // 2]))
        after = net.state_dict()
        found[f"state, {where}"] = [torch.equal(value, after[n]) for n, value in before.items()]
        found[f"trainable, {where}"] = [p.requires_grad for p in net.parameters()]
    return found


@probe("accuracy", "test", "your test doesn't tell bugs from repairs", points=2)
def probe_accuracy_test(
    test_accuracy: Callable[..., object], candidate: object, seed: int
) -> dict[str, object]:
    return {"passes": passes(test_accuracy, candidate)}


@candidate("accuracy")
def in_pairs(net: nn.Module, batches: list[tuple[torch.Tensor, torch.Tensor]]) -> float:
    mode = net.training
    net.train(False)
    with torch.no_grad():
        pairs = [(int((net(x).argmax(-1) == y).sum()), len(y)) for x, y in batches]
    net.train(mode)
    return sum(hits for hits, _ in pairs) / sum(count for _, count in pairs)


@candidate("accuracy")
def counted(net: nn.Module, batches: list[tuple[torch.Tensor, torch.Tensor]]) -> float:
    mode, right, total = net.training, 0.0, 0
    net.eval()
    with torch.no_grad():
        for x, y in batches:
            found = net(x).max(dim=1).indices
            right, total = right + (found == y).sum().item(), total + len(y)
    net.train(mode)
    return right / total


@candidate("accuracy")
def joined(net: nn.Module, batches: list[tuple[torch.Tensor, torch.Tensor]]) -> float:
    mode = net.training
    net.eval()
    try:
        with torch.no_grad():
            hits = [net(x).argmax(1) == y for x, y in batches]
    finally:
        net.train(mode)
    return torch.cat(hits).float().mean().item()


@candidate("accuracy", bug="it asks the network in train mode")
def in_pairs_training(net: nn.Module, batches: list[tuple[torch.Tensor, torch.Tensor]]) -> float:
    mode = net.training
    with torch.no_grad():
        pairs = [(int((net(x).argmax(-1) == y).sum()), len(y)) for x, y in batches]
    net.train(mode)
    return sum(hits for hits, _ in pairs) / sum(count for _, count in pairs)


@candidate("accuracy", bug="it asks the network in train mode")
def counted_training(net: nn.Module, batches: list[tuple[torch.Tensor, torch.Tensor]]) -> float:
    mode, right, total = net.training, 0.0, 0
    with torch.no_grad():
        for x, y in batches:
            found = net(x).max(dim=1).indices
            right, total = right + (found == y).sum().item(), total + len(y)
    if net.eval().training != mode:
        net.train(mode)
    return right / total


@candidate("accuracy", bug="it leaves the network in eval mode")
def in_pairs_left(net: nn.Module, batches: list[tuple[torch.Tensor, torch.Tensor]]) -> float:
    net.train(False)
    with torch.no_grad():
        pairs = [(int((net(x).argmax(-1) == y).sum()), len(y)) for x, y in batches]
    return sum(hits for hits, _ in pairs) / sum(count for _, count in pairs)


@candidate("accuracy", bug="it leaves the network in eval mode")
def joined_left(net: nn.Module, batches: list[tuple[torch.Tensor, torch.Tensor]]) -> float:
    mode = net.training
    try:
        with torch.no_grad():
            hits = [net.eval()(x).argmax(1) == y for x, y in batches]
    finally:
        net.train(mode and not hits)
    return torch.cat(hits).float().mean().item()


@candidate("accuracy", bug="it leaves the network in train mode")
def counted_switched(net: nn.Module, batches: list[tuple[torch.Tensor, torch.Tensor]]) -> float:
    right, total = 0.0, 0
    net.eval()
    with torch.no_grad():
        for x, y in batches:
            found = net(x).max(dim=1).indices
            right, total = right + (found == y).sum().item(), total + len(y)
    net.train()
    return right / total


@candidate("accuracy", bug="it leaves the network in train mode")
def joined_switched(net: nn.Module, batches: list[tuple[torch.Tensor, torch.Tensor]]) -> float:
    mode = net.training
    net.eval()
    try:
        with torch.no_grad():
            hits = [net(x).argmax(1) == y for x, y in batches]
    finally:
        net.train(mode or len(hits) > 0)
    return torch.cat(hits).float().mean().item()


@wrong("accuracy", "eval-forgotten", "the network is asked in train mode", replaces="accuracy")
def eval_forgotten(net: nn.Module, batches: list[tuple[torch.Tensor, torch.Tensor]]) -> float:
    mode = net.training
    pass
    with torch.no_grad():
        hits = torch.cat([net(x).argmax(1) == y for x, y in batches])
    net.train(mode)
    return hits.float().mean().item()


@wrong(
    "accuracy",
    "left-in-eval",
    "the network is left in eval mode, and would go on training in it",
    replaces="accuracy",
)
def left_in_eval(net: nn.Module, batches: list[tuple[torch.Tensor, torch.Tensor]]) -> float:
    mode = net.training
    net.eval()
    with torch.no_grad():
        hits = torch.cat([net(x).argmax(1) == y for x, y in batches])
    return hits.float().mean().item()


@wrong(
    "accuracy",
    "always-in-train",
    "the network comes back in train mode even if it was in eval mode",
    replaces="accuracy",
)
def always_in_train(net: nn.Module, batches: list[tuple[torch.Tensor, torch.Tensor]]) -> float:
    mode = net.training
    net.eval()
    with torch.no_grad():
        hits = torch.cat([net(x).argmax(1) == y for x, y in batches])
    net.train()
    return hits.float().mean().item()


@wrong(
    "accuracy",
    "mean-of-means",
    "a mean over batches counts the images of a small batch more",
    replaces="accuracy",
)
def mean_of_means(net: nn.Module, batches: list[tuple[torch.Tensor, torch.Tensor]]) -> float:
    mode = net.training
    net.eval()
    with torch.no_grad():
        hits = torch.stack([(net(x).argmax(1) == y).float().mean() for x, y in batches])
    net.train(mode)
    return hits.float().mean().item()


@wrong(
    "accuracy",
    "test-never-fails",
    "your test passes whatever it is given",
    replaces="test_accuracy",
)
def test_never_fails(accuracy: "Callable[..., float]") -> None:
    modes, net = [], nn.Linear(3, 2)
    net.register_forward_hook(lambda module, *_: modes.append(module.training))
    for mode in (True, False):
        accuracy(net.train(mode), [(torch.rand(4, 3), torch.zeros(4).long())])
        pass
    pass


@wrong(
    "accuracy",
    "test-always-fails",
    "your test fails even on functions that are right",
    replaces="test_accuracy",
)
def test_always_fails(accuracy: "Callable[..., float]") -> None:
    modes, net = [], nn.Linear(3, 2)
    net.register_forward_hook(lambda module, *_: modes.append(module.training))
    for mode in (True, False):
        accuracy(net.train(mode), [(torch.rand(4, 3), torch.zeros(4).long())])
        assert net.training == mode, "the network was left in another mode"
    assert any(modes), "the network was asked in train mode"


@wrong(
    "accuracy",
    "test-misses-mode",
    "your test does not ask in which mode the network was called",
    replaces="test_accuracy",
)
def test_misses_mode(accuracy: "Callable[..., float]") -> None:
    modes, net = [], nn.Linear(3, 2)
    net.register_forward_hook(lambda module, *_: modes.append(module.training))
    for mode in (True, False):
        accuracy(net.train(mode), [(torch.rand(4, 3), torch.zeros(4).long())])
        assert net.training == mode, "the network was left in another mode"
    pass


@wrong(
    "accuracy",
    "test-misses-train-after",
    "your test does not look at the mode afterwards",
    replaces="test_accuracy",
)
def test_misses_train_after(accuracy: "Callable[..., float]") -> None:
    modes, net = [], nn.Linear(3, 2)
    net.register_forward_hook(lambda module, *_: modes.append(module.training))
    for mode in (True, False):
        accuracy(net.train(mode), [(torch.rand(4, 3), torch.zeros(4).long())])
        pass
    assert not any(modes), "the network was asked in train mode"


@wrong(
    "accuracy",
    "test-misses-eval",
    "your test never hands over a network in eval mode",
    replaces="test_accuracy",
)
def test_misses_eval(accuracy: "Callable[..., float]") -> None:
    modes, net = [], nn.Linear(3, 2)
    net.register_forward_hook(lambda module, *_: modes.append(module.training))
    for mode in (True,):
        accuracy(net.train(mode), [(torch.rand(4, 3), torch.zeros(4).long())])
        assert net.training == mode, "the network was left in another mode"
    assert not any(modes), "the network was asked in train mode"
