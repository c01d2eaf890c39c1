"""Probes and wrong answers for the exercise `gradient` of chapter 11."""

import random
from collections.abc import Callable
from typing import TYPE_CHECKING

import torch

from grader.exercise import probe, wrong

if TYPE_CHECKING:  # defined by the chapter

    def passes(test: Callable[..., object], candidate: object) -> bool: ...

    def museum_gradient(x: torch.Tensor) -> torch.Tensor: ...


@probe("gradient", "values", "the gradient is another one", points=2)
def probe_gradient(
    gradient: Callable[[torch.Tensor], torch.Tensor], seed: int
) -> dict[str, object]:
    random_numbers = torch.Generator().manual_seed(seed)
    shapes = [(2, 2), (1,), (7,), (3, 5), (2, 3, 4)]
    return {str(shape): gradient(torch.randn(shape, generator=random_numbers)) for shape in shapes}


@probe("gradient", "test", "your test doesn't tell bugs from repairs", points=2)
def probe_gradient_test(test_gradient: Callable[..., object], seed: int) -> dict[str, object]:
    def divided_by(count: Callable[[torch.Tensor], int]) -> Callable[[torch.Tensor], torch.Tensor]:
        return lambda x: x * (2 / count(x))

    candidates = {
        "the bug": museum_gradient,
        "rows only": divided_by(len),
        "a right one": divided_by(torch.numel),
    }
    order = random.Random(seed).sample(sorted(candidates), len(candidates))
    return {name: passes(test_gradient, candidates[name]) for name in order}


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
