"""Inputs from the whole range that the exercises of chapter 12 allow, for the mutation engine."""

from collections.abc import Callable, Sequence
from random import Random

import torch
from torch import Tensor, nn

from grader.exercise import behaviour

Map = Callable[[Tensor], Tensor]


@behaviour("read_out")
def behaviour_read_out(
    read_out: Callable[[Map, Sequence[Map], Map, Tensor], Tensor], seed: int
) -> dict[str, object]:
    """Up to eight blocks, up to a dozen inputs, maps or rows."""
    random = Random(seed)
    torch.manual_seed(seed)
    width, rows, blocks = random.randint(1, 8), random.randint(1, 12), random.randint(0, 8)
    head = nn.Linear(width, random.randint(1, 9))
    X = 10 ** random.uniform(-2, 2) * torch.randn(rows, random.randint(1, 6), 4, 5)
    if random.random() < 0.5:
        stem: Map = nn.Conv2d(X.shape[1], width, 1)
        body: list[Map] = [nn.Conv2d(width, width, 3, padding=1) for _ in range(blocks)]

        def answer(x: Tensor) -> Tensor:
            return head(x.relu().mean((2, 3)))
    else:
        X = X[:, 0, 0]
        stem = nn.Linear(5, width)
        body = [nn.Sequential(nn.Linear(width, width), nn.ReLU()) for _ in range(blocks)]
        answer = head
    return {
        "answers": read_out(stem, body, answer, X),
        "of other inputs": read_out(stem, body, answer, 1 - X),
    }


@behaviour("by_length")
def behaviour_by_length(
    by_length: Callable[[Sequence[Map], Tensor, Tensor], Tensor], seed: int
) -> dict[str, object]:
    """Up to six branches, of which some are linear; one to four dimensions."""
    random = Random(seed)
    torch.manual_seed(seed)
    width = random.randint(1, 6)
    shape = random.choice([(), (random.randint(1, 8),), (2, random.randint(1, 4))]) + (width,)
    branches: list[Map] = [
        nn.Sequential(nn.Linear(width, width), random.choice([nn.Tanh(), nn.Identity()])).double()
        for _ in range(random.randint(0, 6))
    ]
    x, gradient = torch.randn(2, *shape).double()
    given = x.clone(), gradient.clone()
    return {
        "parts": by_length(branches, x, gradient),
        "unchanged": [torch.equal(x, given[0]), torch.equal(gradient, given[1])],
    }


@behaviour("downhill")
def behaviour_downhill(
    downhill: Callable[[Tensor, Tensor, Tensor], Tensor], seed: int
) -> dict[str, object]:
    """One to three dimensions beside the images, steps of any length and of none."""
    random = Random(seed)
    torch.manual_seed(seed)
    images = random.randint(1, 12)
    shape = [random.randint(1, 6) for _ in range(random.randint(1, 3))]
    before, step, gradient = torch.randn(3, images, *shape)
    if random.random() < 0.3:
        step = step * (torch.arange(images) % 2).reshape(-1, *(1 for _ in shape))
    return {"cosines": downhill(before, before + 10 ** random.uniform(-2, 2) * step, gradient)}


EQUIVALENT = {
    "downhill": {
        "cosine_similarity goes along axis 1 by itself": [
            "downhill: return F.cosine_similarity(step, -gradient.flatten(1), dim=1) → return F.co"
            "sine_similarity(step, -gradient.flatten(1))",
        ],
        "a cosine has two sides that may change places": [
            "downhill: return F.cosine_similarity(step, -gradient.flatten(1), dim=1) → return F.co"
            "sine_similarity(-gradient.flatten(1), step, dim=1)",
        ],
        "the last axis of two is axis 1": [
            "downhill: return F.cosine_similarity(step, -gradient.flatten(1), dim=1) → return F.co"
            "sine_similarity(step, -gradient.flatten(1), dim=-1)",
        ],
    },
    "by_length": {
        "nothing is kept between two calls": [
            "by_length: (nothing) → @twice",
        ],
        "what is asked for gradients is x itself, and its numbers stay": [
            "by_length: inputs = [x.detach()] → inputs = [x]",
        ],
        "grad goes back to the given input and no further": [
            "by_length: inputs.append((inputs[-1] + branch(inputs[-1])).detach()) → inputs.append("
            "inputs[-1] + branch(inputs[-1]))",
        ],
        "one input has one gradient": [
            "by_length: through = [torch.autograd.grad(y, given, part, retain_graph=True)[0] for p"
            "art in parts] → through = [torch.autograd.grad(y, given, part, retain_graph=True)[-1]"
            " for part in parts]",
        ],
        "all of them have one shape and one type": [
            "by_length: none = torch.zeros_like(gradient) → none = torch.zeros_like(torch.zeros_li"
            "ke(gradient))",
            "by_length: none = torch.zeros_like(gradient) → none = torch.zeros_like(x)",
            "by_length: none = torch.zeros_like(gradient) → none = torch.zeros_like(given)",
            "by_length: none = torch.zeros_like(gradient) → none = torch.zeros_like(y)",
        ],
        "each is read once before it is written, and only zeros are added to what was given": [
            "by_length: parts = [a + b for a, b in zip(parts + [none], [none] + through)] → parts "
            "= [a.add_(b) for a, b in zip(parts + [none], [none] + through)]",
        ],
        "a sum has no order": [
            "by_length: parts = [a + b for a, b in zip(parts + [none], [none] + through)] → parts "
            "= [a + b for a, b in zip([none] + through, parts + [none])]",
        ],
    },
    "read_out": {
        "nothing is kept between two calls": [
            "read_out: (nothing) → @twice",
        ],
        "a network that is asked again gives the same": [
            "read_out: (nothing) → x = stem(X)",
            "read_out: (nothing) → answers = [head(x)]",
            "read_out: x = stem(X) → x = (stem(X), stem(X))[1]",
            "read_out: answers = [head(x)] → answers = [(head(x), head(x))[1]]",
            "read_out: x = block(x) → x = (block(x), block(x))[1]",
            "read_out: answers.append(head(x)) → answers.append((head(x), head(x))[1])",
        ],
    },
}
