"""Probes and wrong answers for the exercises of chapter 12."""

from collections.abc import Callable, Sequence
from random import Random

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from grader.exercise import probe, wrong

Map = Callable[[Tensor], Tensor]


class Averaged(nn.Module):
    """The mean over all places of a map."""

    def forward(self, x: Tensor) -> Tensor:
        return x.mean((2, 3))


@probe("read_out", "values", "some depth gives other logits, or there is one too few", points=2)
def probe_read_out(
    read_out: Callable[[Map, Sequence[Map], Map, Tensor], Tensor], seed: int
) -> dict[str, object]:
    """Convolutional and linear networks of up to six blocks, and one without any; one image and
    many, small numbers and large ones, with large logits."""
    random = Random(seed)
    torch.manual_seed(seed)
    found: dict[str, object] = {}
    for blocks in (random.randint(2, 6), 0, 1, random.randint(2, 6)):
        channels, classes = random.randint(2, 6), random.randint(2, 7)
        for rows, size in ((3, 2.0), (random.randint(5, 9), 50.0), (1, 1.0), (2, 0.02), (5, 0.02)):
            X = size * torch.randn(rows, 3, 5, random.randint(4, 7)).clamp(-4, 4)
            X -= size / 4 if rows == 3 else 0
            stem, head = nn.Conv2d(3, channels, 3, padding=1), nn.Linear(channels, classes)
            body = [
                nn.Sequential(nn.Conv2d(channels, channels, 3, padding=1), nn.Tanh())
                for _ in range(blocks)
            ]
            head.weight.data *= 100
            given = X.clone()
            where = f"{len(found)}: {blocks} blocks, {rows} images"
            answer = nn.Sequential(Averaged(), head)
            found[where] = read_out(stem, body, answer, X)
            found[f"{where}: X unchanged"] = torch.equal(X, given)
            found[f"{where}: other images"] = read_out(stem, body, answer, 1 - X)
            flat = nn.Linear(5, channels)
            layers = [nn.Linear(channels, channels) for _ in range(blocks)]
            rest = size * torch.randn(rows, 5).clamp(-4, 4)
            found[f"{where}, linear"] = read_out(flat, layers, head, rest)
    return found


@wrong("read_out", "no-stem", "what the head says right after the stem is missing")
def no_stem(
    stem: nn.Module, blocks: list[nn.Module], head: nn.Module, X: torch.Tensor
) -> torch.Tensor:
    x, answers = stem(X), []
    for block in blocks:
        x = block(x)
        answers.append(head(x))
    return torch.stack(answers) if answers else head(x)[:0]


@wrong("read_out", "no-last", "what the head says after the last block is missing")
def no_last(
    stem: nn.Module, blocks: list[nn.Module], head: nn.Module, X: torch.Tensor
) -> torch.Tensor:
    x, answers = stem(X), []
    for block in blocks:
        answers.append(head(x))
        x = block(x)
    return torch.stack(answers) if answers else head(x)[:0]


@wrong("read_out", "all-from-the-stem", "each block gets the stem's output, not the block before's")
def all_from_the_stem(
    stem: nn.Module, blocks: list[nn.Module], head: nn.Module, X: torch.Tensor
) -> torch.Tensor:
    x = stem(X)
    return torch.stack([head(x), *(head(block(x)) for block in blocks)])


@wrong("read_out", "only-what-was-added", "the head reads what the block added, not the stream")
def only_what_was_added(
    stem: nn.Module, blocks: list[nn.Module], head: nn.Module, X: torch.Tensor
) -> torch.Tensor:
    x = stem(X)
    answers = [head(x)]
    for block in blocks:
        after = block(x)
        answers.append(head(after - x))
        x = after
    return torch.stack(answers)


@wrong("read_out", "summed", "the logits of the depths are added up")
def summed(
    stem: nn.Module, blocks: list[nn.Module], head: nn.Module, X: torch.Tensor
) -> torch.Tensor:
    x = stem(X)
    answers = [head(x)]
    for block in blocks:
        x = block(x)
        answers.append(answers[-1] + head(x))
    return torch.stack(answers)


@wrong("read_out", "probabilities", "these are probabilities; logits were asked for")
def probabilities(
    stem: nn.Module, blocks: list[nn.Module], head: nn.Module, X: torch.Tensor
) -> torch.Tensor:
    x = stem(X)
    answers = [F.softmax(head(x), dim=1)]
    for block in blocks:
        x = block(x)
        answers.append(F.softmax(head(x), dim=1))
    return torch.stack(answers)


@wrong("read_out", "images-first", "the depth comes first, then the images")
def images_first(
    stem: nn.Module, blocks: list[nn.Module], head: nn.Module, X: torch.Tensor
) -> torch.Tensor:
    x = stem(X)
    answers = [head(x)]
    for block in blocks:
        x = block(x)
        answers.append(head(x))
    return torch.stack(answers, dim=1)


@probe("by_length", "parts", "the gradient is split in another way", points=4)
def probe_by_length(
    by_length: Callable[[Sequence[Map], Tensor, Tensor], Tensor], seed: int
) -> dict[str, object]:
    """Branches that bend, that only mix, and none; inputs of two and of four dimensions, one row
    and several, small numbers and large ones."""
    random = Random(seed)
    torch.manual_seed(seed)
    found: dict[str, object] = {}
    for count in (2, random.randint(3, 5), 0, 1):
        width = random.randint(2, 5)
        for shape, size in (
            ((3, width), 1.0), ((2, width, 4, 3), 30.0), ((1, width), 1.0), ((4, width), 0.02),
            ((random.randint(5, 7), width, 3, 3), 0.02), ((1, width, 3, 4), 30.0),
        ):  # fmt: skip
            branches: list[Map] = [
                nn.Sequential(
                    nn.Linear(width, width) if len(shape) == 2 else nn.Conv2d(width, width, 1),
                    nn.Tanh() if random.random() < 0.8 else nn.Identity(),
                ).double()
                for _ in range(count)
            ]
            x, gradient = size * torch.randn(2, *shape).clamp(-4, 4).double()
            given = x.clone(), gradient.clone()
            parts = by_length(branches, x, gradient)
            where = f"{len(found)}: {count} branches, {len(shape)} dimensions"
            found[where] = parts / size
            found[f"{where}: given tensors unchanged"] = [
                torch.equal(x, given[0]), torch.equal(gradient, given[1])
            ]  # fmt: skip
            found[f"{where}: other values"] = by_length(branches, *torch.randn(2, *shape).double())
    return found


@wrong("by_length", "at-the-start", "each branch is derived at x, not where it stood")
def at_the_start(
    branches: list[nn.Module], x: torch.Tensor, gradient: torch.Tensor
) -> torch.Tensor:
    parts = [gradient]
    for branch in reversed(branches):
        given = x.detach().clone().requires_grad_()
        y = branch(given)
        through = [torch.autograd.grad(y, given, part, retain_graph=True)[0] for part in parts]
        none = torch.zeros_like(gradient)
        parts = [a + b for a, b in zip([*parts, none], [none, *through], strict=True)]
    return torch.stack(parts)


@wrong("by_length", "first-branch-first", "the gradient meets the last branch first")
def first_branch_first(
    branches: list[nn.Module], x: torch.Tensor, gradient: torch.Tensor
) -> torch.Tensor:
    inputs = [x.detach()]
    for branch in branches:
        inputs.append((inputs[-1] + branch(inputs[-1])).detach())
    parts = [gradient]
    for branch, given in zip(branches, inputs[:-1], strict=True):
        given.requires_grad_()
        y = branch(given)
        through = [torch.autograd.grad(y, given, part, retain_graph=True)[0] for part in parts]
        none = torch.zeros_like(gradient)
        parts = [a + b for a, b in zip([*parts, none], [none, *through], strict=True)]
    return torch.stack(parts)


@wrong("by_length", "longest-first", "entry 0 belongs to the path through no branch")
def longest_first(
    branches: list[nn.Module], x: torch.Tensor, gradient: torch.Tensor
) -> torch.Tensor:
    inputs = [x.detach()]
    for branch in branches:
        inputs.append((inputs[-1] + branch(inputs[-1])).detach())
    parts = [gradient]
    for branch, given in zip(reversed(branches), reversed(inputs[:-1]), strict=True):
        given.requires_grad_()
        y = branch(given)
        through = [torch.autograd.grad(y, given, part, retain_graph=True)[0] for part in parts]
        none = torch.zeros_like(gradient)
        parts = [a + b for a, b in zip([*parts, none], [none, *through], strict=True)]
    return torch.stack(parts[::-1])


@wrong("by_length", "block-for-branch", "the whole block is derived, shortcut included")
def block_for_branch(
    branches: list[nn.Module], x: torch.Tensor, gradient: torch.Tensor
) -> torch.Tensor:
    inputs = [x.detach()]
    for branch in branches:
        inputs.append((inputs[-1] + branch(inputs[-1])).detach())
    parts = [gradient]
    for branch, given in zip(reversed(branches), reversed(inputs[:-1]), strict=True):
        given.requires_grad_()
        y = given + branch(given)
        through = [torch.autograd.grad(y, given, part, retain_graph=True)[0] for part in parts]
        none = torch.zeros_like(gradient)
        parts = [a + b for a, b in zip([*parts, none], [none, *through], strict=True)]
    return torch.stack(parts)


@wrong("by_length", "mean-path", "the paths of a length are summed, not averaged")
def mean_path(branches: list[nn.Module], x: torch.Tensor, gradient: torch.Tensor) -> torch.Tensor:
    from math import comb

    inputs = [x.detach()]
    for branch in branches:
        inputs.append((inputs[-1] + branch(inputs[-1])).detach())
    parts = [gradient]
    for branch, given in zip(reversed(branches), reversed(inputs[:-1]), strict=True):
        given.requires_grad_()
        y = branch(given)
        through = [torch.autograd.grad(y, given, part, retain_graph=True)[0] for part in parts]
        none = torch.zeros_like(gradient)
        parts = [a + b for a, b in zip([*parts, none], [none, *through], strict=True)]
    return torch.stack([part / comb(len(branches), k) for k, part in enumerate(parts)])


@wrong("by_length", "one-branch-each", "only paths through a single branch are counted")
def one_branch_each(
    branches: list[nn.Module], x: torch.Tensor, gradient: torch.Tensor
) -> torch.Tensor:
    parts = [torch.zeros_like(gradient) for _ in range(len(branches) + 1)]
    parts[0], given = gradient, x.detach()
    for branch in branches:
        start = given.clone().requires_grad_()
        y = branch(start)
        parts[1] = parts[1] + torch.autograd.grad(y, start, gradient)[0]
        given = (given + y).detach()
    return torch.stack(parts)


@wrong("by_length", "no-direct", "the path through no branch is missing")
def no_direct(branches: list[nn.Module], x: torch.Tensor, gradient: torch.Tensor) -> torch.Tensor:
    inputs = [x.detach()]
    for branch in branches:
        inputs.append((inputs[-1] + branch(inputs[-1])).detach())
    parts = [gradient]
    for branch, given in zip(reversed(branches), reversed(inputs[:-1]), strict=True):
        given.requires_grad_()
        y = branch(given)
        through = [torch.autograd.grad(y, given, part, retain_graph=True)[0] for part in parts]
        none = torch.zeros_like(gradient)
        parts = [a + b for a, b in zip([*parts, none], [none, *through], strict=True)]
    return torch.stack(parts)[1:]


@wrong("by_length", "one-chain", "through k branches means the last k, and nothing else")
def one_chain(branches: list[nn.Module], x: torch.Tensor, gradient: torch.Tensor) -> torch.Tensor:
    inputs = [x.detach()]
    for branch in branches:
        inputs.append((inputs[-1] + branch(inputs[-1])).detach())
    parts = [gradient]
    for branch, given in zip(reversed(branches), reversed(inputs[:-1]), strict=True):
        given.requires_grad_()
        parts.append(torch.autograd.grad(branch(given), given, parts[-1])[0])
    return torch.stack(parts)


@probe("downhill", "cosines", "for some image the cosine is another one", points=2)
def probe_downhill(
    downhill: Callable[[Tensor, Tensor, Tensor], Tensor], seed: int
) -> dict[str, object]:
    """Images and rows of all sizes, wide and high, steps of all lengths, some of no length."""
    random = Random(seed)
    torch.manual_seed(seed)
    found: dict[str, object] = {}
    side = random.randint(2, 3)
    shapes = (7,), (3, side, side + 2), (random.randint(1, 4),), (1, side + 3, side), (8, 3, 3)
    for number, shape in enumerate(shapes):
        for images in (2, random.randint(5, 9), 1, 3):
            before, step, gradient = torch.randn(3, images, *shape)
            gradient *= 40 if number % 2 else 1
            size = 10 ** torch.empty(images, *(1 for _ in shape)).uniform_(-2, 2)
            after = before + size * (step - random.uniform(-1, 1) * gradient + 0.5)
            given = [x.clone() for x in (before, after, gradient)]
            where = f"{number}: {images} of {shape}"
            found[where] = downhill(before, after, 0.3 * gradient)
            near = 0.01 * before, 0.01 * (before + step), 0.01 * gradient / gradient.abs().max()
            found[f"{where}, small"] = downhill(*near)
            after = torch.where(torch.arange(images).view_as(size) % 2 == 0, before, after)
            found[f"{where}, some without a step"] = downhill(before, after, gradient)
            found[f"{where}: unchanged"] = [
                torch.equal(a, b) for a, b in zip(given[::2], (before, gradient), strict=True)
            ]
    return found


@wrong("downhill", "uphill", "the loss falls against the gradient: the sign is missing")
def uphill(before: torch.Tensor, after: torch.Tensor, gradient: torch.Tensor) -> torch.Tensor:
    return F.cosine_similarity((after - before).flatten(1), gradient.flatten(1), dim=1)


@wrong("downhill", "whole-batch", "this is one cosine for all images together")
def whole_batch(before: torch.Tensor, after: torch.Tensor, gradient: torch.Tensor) -> torch.Tensor:
    step, down = (after - before).flatten(), -gradient.flatten()
    return F.cosine_similarity(step, down, dim=0).expand(len(before))


@wrong("downhill", "stream-for-step", "the step is what the block added, not where it ended")
def stream_for_step(
    before: torch.Tensor, after: torch.Tensor, gradient: torch.Tensor
) -> torch.Tensor:
    return F.cosine_similarity(after.flatten(1), -gradient.flatten(1), dim=1)


@wrong("downhill", "not-normalised", "a cosine is divided by the lengths of both vectors")
def not_normalised(
    before: torch.Tensor, after: torch.Tensor, gradient: torch.Tensor
) -> torch.Tensor:
    return -((after - before) * gradient).flatten(1).sum(1)


@wrong("downhill", "place-by-place", "cosines of single places were averaged, not those of images")
def place_by_place(
    before: torch.Tensor, after: torch.Tensor, gradient: torch.Tensor
) -> torch.Tensor:
    cosines = F.cosine_similarity(after - before, -gradient, dim=1)
    return cosines.reshape(len(before), -1).mean(1)


@wrong("downhill", "nothing-is-nan", "where nothing was added, 0 is divided by 0")
def nothing_is_nan(
    before: torch.Tensor, after: torch.Tensor, gradient: torch.Tensor
) -> torch.Tensor:
    step, down = (after - before).flatten(1), -gradient.flatten(1)
    return (step * down).sum(1) / (step.norm(dim=1) * down.norm(dim=1))


@wrong("downhill", "centred", "this is a correlation: the means were subtracted first")
def centred(before: torch.Tensor, after: torch.Tensor, gradient: torch.Tensor) -> torch.Tensor:
    step, down = (after - before).flatten(1), -gradient.flatten(1)
    step, down = step - step.mean(1, keepdim=True), down - down.mean(1, keepdim=True)
    return F.cosine_similarity(step, down, dim=1)
