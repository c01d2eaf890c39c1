"""Probes, candidates and wrong answers for the exercise `gradient` of chapter 11."""

from collections.abc import Callable
from random import Random
from typing import TYPE_CHECKING

import torch

from grader.exercise import candidate, probe, wrong

if TYPE_CHECKING:  # defined by the chapter

    def passes(test: Callable[..., object], candidate: object) -> bool: ...

    def museum_gradient(x: torch.Tensor) -> torch.Tensor: ...


@probe("gradient", "values", "the gradient is another one", points=2)
def probe_gradient(
    gradient: Callable[[torch.Tensor], torch.Tensor], seed: int
) -> dict[str, object]:
    random, chance = Random(seed), torch.Generator().manual_seed(seed)
    found: dict[str, object] = {}
    few, more, many = random.randint(2, 4), random.randint(5, 9), random.randint(13, 40)
    shapes = [
        (2, 2),
        (1,),
        (many,),
        (more, few),
        (few, more),
        (1, few, more),
        (few, 2, 3, 2),
        (random.randint(14, 20), more, 2),
        (3, few),
        (2, 3),
        (),
    ]
    for n, shape in enumerate(shapes):
        for size in (0.01, 1.0, 10 ** random.uniform(2, 3)):
            x = size * torch.randn(shape, generator=chance)
            given = x.clone()
            slope = gradient(given)
            where = f"{n}: {shape}, {size:.2g}"
            found |= {f"shape, {where}": list(slope.shape), f"gradient, {where}": slope / size}
            found[f"input unchanged, {where}"] = torch.equal(x, given)
    return found


@probe("gradient", "test", "your test doesn't tell bugs from repairs", points=2)
def probe_gradient_test(
    test_gradient: Callable[..., object], candidate: object, seed: int
) -> dict[str, object]:
    return {"passes": passes(test_gradient, candidate)}


@candidate("gradient")
def scaled(x: torch.Tensor) -> torch.Tensor:
    return x * (2 / x.numel())


@candidate("gradient")
def twice_over_all(x: torch.Tensor) -> torch.Tensor:
    count = 1
    for size in x.shape:
        count *= size
    return (x + x) / count


@candidate("gradient")
def doubled_and_divided(x: torch.Tensor) -> torch.Tensor:
    return 2 * x / x.numel()


@candidate("gradient", bug="it is right for four numbers alone")
def halved(x: torch.Tensor) -> torch.Tensor:
    return x / 2


@candidate("gradient", bug="it is right for four numbers alone")
def halved_over_all(x: torch.Tensor) -> torch.Tensor:
    count = 1
    for _ in range(2):
        count *= 2
    return (x + x) / count


@candidate("gradient", bug="it divides by the count of rows")
def over_rows(x: torch.Tensor) -> torch.Tensor:
    return 2 * x / len(x)


@candidate("gradient", bug="it divides by the count of rows")
def scaled_over_rows(x: torch.Tensor) -> torch.Tensor:
    return x * (2 / x[:, None].shape[0])


@wrong(
    "gradient", "right-for-four", "x/2 is the gradient for four numbers only", replaces="gradient"
)
def right_for_four(x: torch.Tensor) -> torch.Tensor:
    return x / 2


@wrong(
    "gradient",
    "not-divided",
    "the mean divides by the count of numbers, and so does its gradient",
    replaces="gradient",
)
def not_divided(x: torch.Tensor) -> torch.Tensor:
    return 2 * x


@wrong(
    "gradient",
    "rows-only",
    "the formula divides by the count of rows, not of numbers",
    replaces="gradient",
)
def rows_only(x: torch.Tensor) -> torch.Tensor:
    return 2 * x / len(x)


@wrong("gradient", "no-square-rule", "the 2 of the square is missing", replaces="gradient")
def no_square_rule(x: torch.Tensor) -> torch.Tensor:
    return x / x.numel()


@wrong(
    "gradient",
    "test-never-fails",
    "your test passes whatever it is given",
    replaces="test_gradient",
)
def test_never_fails(gradient: "Callable[[torch.Tensor], torch.Tensor]") -> None:
    for shape in [(2, 2), (3,), (2, 3, 4)]:
        x = torch.rand(shape, requires_grad=True)
        x.square().mean().backward()
        pass


@wrong(
    "gradient",
    "test-always-fails",
    "your test fails even on formulas that are right",
    replaces="test_gradient",
)
def test_always_fails(gradient: "Callable[[torch.Tensor], torch.Tensor]") -> None:
    for shape in [(2, 2), (3,), (2, 3, 4)]:
        x = torch.rand(shape, requires_grad=True)
        x.square().mean().backward()
        assert torch.allclose(
            gradient(x.detach()),
            2 * x.grad,  # type: ignore[operator, arg-type]  # backward() has set it
        ), "not PyTorch's gradient"


@wrong(
    "gradient", "test-misses-shapes", "your test tries four numbers only", replaces="test_gradient"
)
def test_misses_shapes(gradient: "Callable[[torch.Tensor], torch.Tensor]") -> None:
    for shape in [(2, 2)]:
        x = torch.rand(shape, requires_grad=True)
        x.square().mean().backward()
        assert torch.allclose(
            gradient(x.detach()),
            x.grad,  # type: ignore[arg-type]  # backward() has set it
        ), "not PyTorch's gradient"


@wrong("gradient", "test-misses-matrices", "your test tries vectors only", replaces="test_gradient")
def test_misses_matrices(gradient: "Callable[[torch.Tensor], torch.Tensor]") -> None:
    for shape in [(3,), (5,)]:
        x = torch.rand(shape, requires_grad=True)
        x.square().mean().backward()
        assert torch.allclose(
            gradient(x.detach()),
            x.grad,  # type: ignore[arg-type]  # backward() has set it
        ), "not PyTorch's gradient"
