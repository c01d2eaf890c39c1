"""What a mutant's functions are wrapped in: results kept, calls counted, cases singled out.

This text stands before a mutant that uses it; it is no part of the grader itself.
"""

from collections.abc import Callable
from typing import Any

import torch
from torch import nn

Wrapped = Callable[..., Any]


def object_of(given: tuple[Any, ...]) -> int:
    """Which object's method was called; 0 for a plain function."""
    return id(given[0]) if given and isinstance(given[0], nn.Module) else 0


def first_result(function: Wrapped) -> Wrapped:
    """Gives what its first call gave, for each object."""
    kept: dict[int, Any] = {}

    def call(*given: Any, **named: Any) -> Any:
        if object_of(given) not in kept:
            kept[object_of(given)] = function(*given, **named)
        return kept[object_of(given)]

    return call


def first_result_for_shapes(function: Wrapped) -> Wrapped:
    """Gives what its first call with such shapes and numbers gave."""
    kept: dict[str, Any] = {}

    def kind(value: Any) -> object:
        if isinstance(value, torch.Tensor):
            return tuple(value.shape)
        return id(value) if isinstance(value, nn.Module) else value

    def call(*given: Any, **named: Any) -> Any:
        key = str([kind(value) for value in (*given, *named.values())])
        if key not in kept:
            kept[key] = function(*given, **named)
        return kept[key]

    return call


def twice(function: Wrapped) -> Wrapped:
    """Runs everything twice and gives the second result."""

    def call(*given: Any, **named: Any) -> Any:
        function(*given, **named)
        return function(*given, **named)

    return call


def when(case: str, wrong: str) -> Callable[[Wrapped], Wrapped]:
    """Wrong in one case alone: `CASES` and `EFFECTS` say which and how."""

    def wrap(function: Wrapped) -> Wrapped:
        calls: dict[int, int] = {}

        def call(*given: Any, **named: Any) -> Any:
            values = [*given, *named.values()]
            calls[object_of(given)] = number = calls.get(object_of(given), 0) + 1
            if not CASES[case][1](values, number):
                return function(*given, **named)
            if wrong == "input-detached":
                given = tuple(v.detach() if isinstance(v, torch.Tensor) else v for v in given)
            result = function(*given, **named)
            if wrong == "input-written":
                for value in tensors(values):
                    value.data.mul_(2)
            return EFFECTS[wrong](result) if wrong in EFFECTS else result

        return call

    return wrap


def tensors(values: list[Any]) -> list[torch.Tensor]:
    """The tensors among ``values``."""
    return [value for value in values if isinstance(value, torch.Tensor)]


def axes(values: list[Any]) -> list[torch.Tensor]:
    """The tensors with one axis at least among ``values``."""
    return [value for value in tensors(values) if value.dim()]


def maps(values: list[Any]) -> list[torch.Tensor]:
    """The tensors of four axes among ``values``."""
    return [value for value in tensors(values) if value.dim() == 4]


def numbers(values: list[Any]) -> list[Any]:
    """The whole numbers among ``values``."""
    return [value for value in values if type(value) is int]


def largest(values: list[Any]) -> float:
    """The largest magnitude in all tensors."""
    return max((float(v.abs().max()) for v in tensors(values) if v.numel()), default=0.0)


def trains(values: list[Any]) -> bool | None:
    """Whether the module among ``values`` trains; None where there is none."""
    return next((v.training for v in values if isinstance(v, nn.Module)), None)


ANY = "any"
# By name: what a function must be or take for it (a kind), and whether a call is one.
CASES: dict[str, tuple[str, Callable[[list[Any], int], bool]]] = {
    "always": (ANY, lambda given, call: True),
    "later-calls": (ANY, lambda given, call: call > 1),
    "third-call": (ANY, lambda given, call: call == 3),
    "training": ("method", lambda given, call: trains(given) is True),
    "evaluating": ("method", lambda given, call: trains(given) is False),
    "one-image": ("tensor", lambda given, call: any(v.shape[:1] == (1,) for v in tensors(given))),
    "many-images": ("tensor", lambda given, call: any(len(v) > 4 for v in tensors(given))),
    "wide": ("map", lambda given, call: any(v.shape[-1] > v.shape[-2] for v in maps(given))),
    "high": ("map", lambda given, call: any(v.shape[-1] < v.shape[-2] for v in maps(given))),
    "odd-side": ("map", lambda given, call: any(v.shape[-1] % 2 == 1 for v in maps(given))),
    "large-values": ("tensor", lambda given, call: largest(given) > 20),
    "small-values": ("tensor", lambda given, call: 0 < largest(given) < 0.1),
    "no-gradient-asked": (
        "tensor", lambda given, call: not any(v.requires_grad for v in tensors(given))
    ),
    "number-above-12": ("int", lambda given, call: any(n > 12 for n in numbers(given))),
    "a-number-is-1": ("int", lambda given, call: 1 in numbers(given)),
    "equal-numbers": (
        "int", lambda given, call: len(numbers(given)) > len(set(numbers(given)))
    ),
    "falling-numbers": (
        "int", lambda given, call: numbers(given)[:2] != sorted(numbers(given)[:2])
    ),
    "second-call": (ANY, lambda given, call: call == 2),
    "even-calls": (ANY, lambda given, call: call % 2 == 0),
    "two-images": ("tensor", lambda given, call: any(len(v) == 2 for v in axes(given))),
    "odd-batch": ("tensor", lambda given, call: any(len(v) % 2 == 1 for v in axes(given))),
    "odd-channels": ("map", lambda given, call: any(v.shape[1] % 2 == 1 for v in maps(given))),
    "many-channels": ("map", lambda given, call: any(v.shape[1] > 6 for v in maps(given))),
    "one-channel": ("map", lambda given, call: any(v.shape[1] == 1 for v in maps(given))),
    "even-height": ("map", lambda given, call: any(v.shape[2] % 2 == 0 for v in maps(given))),
    "large-maps": ("map", lambda given, call: any(v[0, 0].numel() > 24 for v in maps(given))),
    "negative-mean": ("tensor", lambda given, call: any(v.sum() < 0 for v in tensors(given))),
    "a-number-is-odd": ("int", lambda given, call: any(n % 2 == 1 for n in numbers(given))),
    "a-number-is-2": ("int", lambda given, call: 2 in numbers(given)),
    "a-number-is-3": ("int", lambda given, call: 3 in numbers(given)),
    "rising-numbers": (
        "int", lambda given, call: numbers(given)[:2] != sorted(numbers(given)[:2], reverse=True)
    ),
}  # fmt: skip


def on_tensor(change: Callable[[torch.Tensor], Any]) -> Callable[[Any], Any]:
    """``change`` where the result is a tensor; numbers become one larger, truths the opposite."""

    def effect(result: Any) -> Any:
        if isinstance(result, torch.Tensor):
            return change(result)
        return not result if isinstance(result, bool) else result + 1

    return effect


EFFECTS: dict[str, Callable[[Any], Any]] = {
    "detached": lambda result: result.detach(),
    "larger": on_tensor(lambda result: result * 1.1),
    "first-repeated": lambda result: result[:1].expand(result.shape),
    "turned": lambda result: result.flip(-1),
    "clipped": lambda result: result.clamp(-20, 20),
    "rolled": lambda result: result.roll(1, 0),
    "exchanged": lambda result: result.flip(1),
    "coarse": lambda result: result.bfloat16().float(),
    "offset": on_tensor(lambda result: result + 0.01),
    "doubled": lambda result: 2 * result,
    "half-gradient": lambda result: result / 2 + result.detach() / 2,
}
