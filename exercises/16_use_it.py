"""Probes and wrong answers for the exercises of chapter 16."""

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
            found[f"{case}: call {place}, after train({mode})"] = frozen(batches[place])
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


def predictions(random: Random, rows: int, bins: int) -> tuple[torch.Tensor, torch.Tensor]:
    """Probabilities and labels: of many sharpnesses, no confidence near a border of a bin."""
    chance = torch.Generator().manual_seed(random.randrange(2**31))
    classes = random.randint(2, 6)
    sharp = torch.empty(4 * rows, 1).uniform_(0.2, random.choice([1, 4]), generator=chance)
    logits = sharp * torch.randn(4 * rows, classes, generator=chance)
    p = logits.softmax(dim=1)
    place = p.amax(dim=1) * bins
    p = p[(place - place.round()).abs() > 0.01][:rows]
    labels = torch.randint(0, classes, (len(p),), generator=chance)
    sure = torch.rand(len(p), generator=chance) < random.uniform(0.2, 0.95)
    return p, torch.where(sure, p.argmax(dim=1), labels)


@probe("calibration", "values", "for some predictions the error is another one", points=2)
def probe_values(
    calibration_error: Callable[[torch.Tensor, torch.Tensor, int], float], seed: int
) -> dict[str, object]:
    random = Random(seed)
    found: dict[str, object] = {}
    for bins in (1, 2, random.randint(3, 9), 10, 15, random.randint(16, 40)):
        p, labels = predictions(random, random.randint(30, 400), bins)
        found[f"{bins} bins"] = float(calibration_error(p, labels, bins))
        one = float(calibration_error(p[:1], labels[:1], bins))
        found[f"{bins} bins, one prediction"] = one
    return found


@probe("calibration", "sure", "where the network is quite sure, the error is another one")
def probe_sure(
    calibration_error: Callable[[torch.Tensor, torch.Tensor, int], float], seed: int
) -> dict[str, object]:
    """Confidence 1, whose bin is the last: always right, never, and now and then."""
    random = Random(seed)
    found: dict[str, object] = {}
    for case in range(3):
        classes, bins = random.randint(2, 5), random.choice([1, 5, 10, 15])
        labels = torch.arange(classes).repeat(4)
        sure = torch.eye(classes)[labels]
        wrong_way = sure.roll(1, dims=1)
        cut = random.randint(1, 7)
        half = torch.where(torch.arange(len(labels))[:, None] < cut, wrong_way, sure)
        nearly = sure * 0.98 + (1 - sure) * 0.02 / (classes - 1)
        both = torch.cat([half, nearly])  # in one bin; too sure, and not sure enough
        for name, p in {"always": sure, "never": wrong_way, "at times": half}.items():
            found[f"{case}: right {name}"] = float(calibration_error(p, labels, bins))
        found[f"{case}: 1 and 0.98"] = float(calibration_error(both, labels.repeat(2), bins))
    return found


@wrong("calibration", "bins-count-alike", "each bin counts alike, however few it holds")
def bins_count_alike(probabilities: torch.Tensor, labels: torch.Tensor, bins: int) -> float:
    confidence, predicted = probabilities.max(dim=1)
    place = (confidence * bins).long().clamp(max=bins - 1)
    gaps = []
    for number in place.unique():
        here = place == number
        gaps.append(abs((predicted == labels)[here].float().mean() - confidence[here].mean()))
    return float(sum(gaps) / len(gaps))


@wrong("calibration", "signs-cancel", "too sure in one bin and not sure enough in another cancel")
def signs_cancel(probabilities: torch.Tensor, labels: torch.Tensor, bins: int) -> float:
    confidence, predicted = probabilities.max(dim=1)
    place = (confidence * bins).long().clamp(max=bins - 1)
    error = torch.tensor(0.0)
    for number in place.unique():
        here = place == number
        gap = (predicted == labels)[here].float().mean() - confidence[here].mean()
        error += here.float().mean() * gap
    return float(error.abs())


@wrong(
    "calibration", "true-class", "it takes the true class's probability, not the predicted class's"
)
def true_class(probabilities: torch.Tensor, labels: torch.Tensor, bins: int) -> float:
    confidence = probabilities[torch.arange(len(labels)), labels]
    predicted = probabilities.argmax(dim=1)
    place = (confidence * bins).long().clamp(max=bins - 1)
    error = 0.0
    for number in place.unique():
        here = place == number
        gap = (predicted == labels)[here].float().mean() - confidence[here].mean()
        error += float(here.float().mean() * gap.abs())
    return error


@wrong(
    "calibration", "each-prediction", "the distance is one of means in a bin, not of predictions"
)
def each_prediction(probabilities: torch.Tensor, labels: torch.Tensor, bins: int) -> float:
    confidence, predicted = probabilities.max(dim=1)
    return float(((predicted == labels).float() - confidence).abs().mean())


@wrong("calibration", "sure-lost", "a confidence of exactly 1 falls out of the last bin")
def sure_lost(probabilities: torch.Tensor, labels: torch.Tensor, bins: int) -> float:
    confidence, predicted = probabilities.max(dim=1)
    right = (predicted == labels).float()
    place = (confidence * bins).long()
    error = torch.tensor(0.0)
    for number in range(bins):
        here = place == number
        if here.any():
            gap = right[here].mean() - confidence[here].mean()
            error += here.float().mean() * gap.abs()
    return float(error)


@wrong("calibration", "middle-of-the-bin", "the confidence is the mean of the bin, not its middle")
def middle_of_the_bin(probabilities: torch.Tensor, labels: torch.Tensor, bins: int) -> float:
    confidence, predicted = probabilities.max(dim=1)
    place = (confidence * bins).long().clamp(max=bins - 1)
    error = 0.0
    for number in place.unique():
        here = place == number
        gap = (predicted == labels)[here].float().mean() - (number + 0.5) / bins
        error += float(here.float().mean() * gap.abs())
    return error


def weight_of(random: Random, shape: tuple[int, ...]) -> torch.Tensor:
    """A weight whose channels have any size; none of its numbers is near half a step."""
    chance = torch.Generator().manual_seed(random.randrange(2**31))
    whole = torch.randint(-110, 111, shape, generator=chance).float()
    whole += torch.empty(shape).uniform_(-0.45, 0.45, generator=chance)
    flat = whole.flatten(1)
    place = torch.randint(0, flat.shape[1], (len(flat),), generator=chance)
    side = torch.randint(0, 2, (len(flat),), generator=chance) * 2.0 - 1
    flat[torch.arange(len(flat)), place] = 127 * side
    size = 10 ** torch.empty(len(flat), 1).uniform_(-5, 2, generator=chance)
    return (flat * size).reshape(shape)


@probe("rounded", "values", "for some weight numbers or scales are other ones", points=2)
def probe_rounded(
    to_int8: Callable[[torch.Tensor], tuple[torch.Tensor, torch.Tensor]], seed: int
) -> dict[str, object]:
    """Linear layers and convolutions; channels of very different sizes."""
    random = Random(seed)
    found: dict[str, object] = {}
    for case in range(6):
        rest = [(random.randint(2, 30),), (random.randint(1, 6), 3, random.choice([1, 3]))][
            case % 2
        ]
        weight = weight_of(random, (random.randint(1, 9), *rest))
        largest = weight.abs().flatten(1).amax(dim=1)
        numbers, steps = to_int8(weight)
        found[f"{case}: types and shapes"] = [
            str(numbers.dtype), list(numbers.shape), str(steps.dtype), list(steps.shape),
        ]  # fmt: skip
        found[f"{case}: whole numbers"] = numbers.int()
        found[f"{case}: scales, by the largest weight"] = 127 * steps.flatten() / largest
        found[f"{case}: other numbers"] = to_int8(-weight.flip(0))[0].int()
    return found


@probe("rounded", "zeros", "a channel of zeros, or the weight that was given, comes out wrong")
def probe_zeros(
    to_int8: Callable[[torch.Tensor], tuple[torch.Tensor, torch.Tensor]], seed: int
) -> dict[str, object]:
    random = Random(seed)
    found: dict[str, object] = {}
    for case in range(3):
        shape = [(random.randint(3, 8), 5), (random.randint(3, 8), 2, 3, 3)][case % 2]
        weight = weight_of(random, shape)
        empty = random.sample(range(len(weight)), 1 if case < 2 else len(weight))
        weight[empty] = 0
        before = weight.clone()
        numbers, steps = to_int8(weight)
        found |= {
            f"{case}: whole numbers": numbers[empty].int(),
            f"{case}: scales": steps.flatten()[empty],
            f"{case}: nothing is NaN": bool((numbers * steps).isfinite().all()),
            f"{case}: the weight is unchanged": torch.equal(weight, before),
        }
    return found


@wrong(
    "rounded", "one-scale", "one scale for all channels: those of small weights keep few numbers"
)
def one_scale(weight: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    largest = weight.abs().max()
    scale = largest / 127 if largest > 0 else torch.tensor(1.0)
    each = scale.expand(len(weight)).reshape(-1, *[1] * (weight.ndim - 1)).clone()
    each[(weight == 0).flatten(1).all(dim=1)] = 1.0
    return (weight / each).round().to(torch.int8), each


@wrong("rounded", "cut-off", "the type int8 cuts off what stands behind the point: round first")
def cut_off(weight: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    largest = weight.abs().amax(dim=tuple(range(1, weight.ndim)), keepdim=True)
    scale = torch.where(largest > 0, largest / 127, 1.0)
    return (weight / scale).to(torch.int8), scale


@wrong("rounded", "wraps-around", "int8 ends at 127: in steps of 1/128 the largest wraps around")
def wraps_around(weight: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    largest = weight.abs().amax(dim=tuple(range(1, weight.ndim)), keepdim=True)
    scale = torch.where(largest > 0, largest / 128, 1.0)
    return (weight / scale).round().int().to(torch.int8), scale


@wrong("rounded", "positive-alone", "a negative weight can be the largest: take absolute values")
def positive_alone(weight: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    largest = weight.amax(dim=tuple(range(1, weight.ndim)), keepdim=True)
    scale = torch.where(largest > 0, largest / 127, 1.0)
    return (weight / scale).round().int().to(torch.int8), scale


@wrong("rounded", "divided-by-zero", "a channel of zeros has the scale 0, and 0 / 0 is NaN")
def scale_of_zero(weight: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    scale = weight.abs().amax(dim=tuple(range(1, weight.ndim)), keepdim=True) / 127
    return (weight / scale).nan_to_num().round().to(torch.int8), scale


@wrong("rounded", "flat-scale", "the scale lacks its dimensions of size 1")
def flat_scale(weight: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    largest = weight.abs().flatten(1).amax(dim=1)
    scale = torch.where(largest > 0, largest / 127, 1.0)
    each = scale.reshape(-1, *[1] * (weight.ndim - 1))
    return (weight / each).round().to(torch.int8), scale


@wrong("rounded", "written-over", "the weight that was given is written over")
def written_over(weight: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    largest = weight.abs().amax(dim=tuple(range(1, weight.ndim)), keepdim=True)
    scale = torch.where(largest > 0, largest / 127, 1.0)
    return weight.div_(scale).round().to(torch.int8), scale
