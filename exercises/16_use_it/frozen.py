"""Probes and wrong answers for the exercise `frozen` of chapter 16."""

from collections.abc import Callable
from random import Random
from typing import Any

import torch
from torch import nn

from grader.exercise import probe, set_weights, wrong


def layers(random: Random, dropout: bool) -> tuple[nn.Sequential, int, int]:
    """A network with BatchNorm, its inputs and its outputs; all of its numbers are set."""
    inputs, width, outputs = (random.randint(2, 9) for _ in range(3))
    parts = [nn.Linear(inputs, width), nn.BatchNorm1d(width), nn.ReLU(),
             nn.Dropout(0.4 if dropout else 0.0), nn.Linear(width, outputs)]  # fmt: skip
    return set_weights(nn.Sequential(*parts), random.randrange(10_000)), inputs, outputs


@probe("frozen", "outputs", "in some mode it computes something else")
def probe_outputs(Frozen: Callable[[nn.Module], Any], seed: int) -> dict[str, object]:
    """Any order of modes, set on it or from outside; as given, the network is in either mode."""
    random, chance = Random(seed), torch.Generator().manual_seed(seed)
    found: dict[str, object] = {}
    for case, given in enumerate((True, False, True)):
        net, inputs, outputs = layers(random, dropout=True)
        frozen = Frozen(net.train(given))
        both = nn.Sequential(frozen, nn.Linear(outputs, 3))
        sizes = [(2, 1.0), (2 * random.randint(2, 8) + 1, 40.0), (6, 0.02), (3, 1.0), (9, 1.0)]
        batches = [size * torch.randn(rows, inputs, generator=chance) for rows, size in sizes]
        found[f"{case}: as it is made"] = frozen(batches[0])
        random.shuffle(batches)
        for place, mode in enumerate(random.sample([True, True, False, False, True], 5)):
            (both if random.random() < 0.6 else frozen).train(mode)
            x = batches[place].requires_grad_()
            y = frozen(x)
            (y * torch.randn(y.shape, generator=chance)).sum().backward()
            found[f"{case}: call {place}, after train({mode})"] = y
            found[f"{case}: call {place}, gradient of the input"] = x.grad
        found[f"{case}: after eval(), one row"] = both.eval()[0](batches[0][:1])
        found[f"{case}: train() and eval() give it back"] = [
            frozen.train() is frozen, frozen.train(False) is frozen, frozen.eval() is frozen,
        ]  # fmt: skip
        frozen.train(False)
        found[f"{case}: its own flag"] = [frozen.training, frozen.train().training]
    return found


@probe("frozen", "training", "training changes it, or no gradient comes through it", points=2)
def probe_training(Frozen: Callable[[nn.Module], Any], seed: int) -> dict[str, object]:
    """Five steps with a layer in front and one behind, and with weight decay."""
    random, chance = Random(seed), torch.Generator().manual_seed(seed)
    found: dict[str, object] = {}
    for case in range(2):
        net, inputs, outputs = layers(random, dropout=False)
        front = set_weights(nn.Linear(4, inputs), random.randrange(10_000))
        back = set_weights(nn.Linear(outputs, 2), random.randrange(10_000))
        both = nn.Sequential(front, Frozen(net), back)
        trained = [p for p in both.parameters() if p.requires_grad]
        found[f"{case}: tensors that train"] = len(trained)
        optimizer = torch.optim.SGD(trained, 0.01, weight_decay=0.01)
        for step in range(5):
            x = torch.randn(12, 4, generator=chance, requires_grad=True)
            optimizer.zero_grad()
            both.train(step != 2)(x).square().mean().backward()
            assert x.grad is not None, "no gradient reaches the input"
            found[f"{case}: gradient of the input, step {step}"] = x.grad
            found[f"{case}: parameters with a gradient, step {step}"] = sum(
                p.grad is not None for p in both.parameters()
            )
            optimizer.step()
        kept = sorted(t.double().square().sum().item() for t in both[1].state_dict().values())
        found[f"{case}: what it holds"] = kept
        found[f"{case}: the layer in front"] = front.weight
    return found


@wrong(
    "frozen", "still-in-train-mode",
    "BatchNorm and dropout are in train mode still: averages move without any gradient",
)  # fmt: skip
class StillInTrainMode(nn.Module):
    def __init__(self, net: nn.Module) -> None:
        super().__init__()
        self.net = net.requires_grad_(False)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.net(x)


@wrong("frozen", "eval-once", "train() of the whole network takes it out of eval mode again")
class EvalOnce(nn.Module):
    def __init__(self, net: nn.Module) -> None:
        super().__init__()
        self.net = net.requires_grad_(False).eval()

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.net(x)


@wrong("frozen", "weights-still-train", "eval mode stops no gradient: the weights still train")
class WeightsStillTrain(nn.Module):
    def __init__(self, net: nn.Module) -> None:
        super().__init__()
        self.net = net

    def train(self, mode: bool = True) -> "WeightsStillTrain":
        super().train(mode)
        self.net.eval()
        return self

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        self.net.eval()
        return self.net(x)


@wrong("frozen", "no-way-through", "no_grad stops the gradient on its way to the input as well")
class NoWayThrough(nn.Module):
    def __init__(self, net: nn.Module) -> None:
        super().__init__()
        self.net = net.requires_grad_(False)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        self.net.eval()
        with torch.no_grad():
            return self.net(x)


@wrong("frozen", "batchnorm-alone", "BatchNorm is in eval mode, and dropout is not")
class BatchNormAlone(nn.Module):
    def __init__(self, net: nn.Module) -> None:
        super().__init__()
        self.net = net.requires_grad_(False)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        for module in self.net.modules():
            if isinstance(module, nn.BatchNorm1d):
                module.eval()
        return self.net(x)


@wrong("frozen", "train-gives-nothing", "train() must give back the module, as all others do")
class TrainGivesNothing(nn.Module):
    def __init__(self, net: nn.Module) -> None:
        super().__init__()
        self.net = net.requires_grad_(False).eval()

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.net(x)

    def train(self, mode: bool = True) -> None:  # type: ignore[override]  # the mistake
        self.training = mode
        self.net.eval()
