"""What a cell can set for the whole process, put back before a probe draws its inputs.

The solution's probes run in a process where nothing of it was set. Where a student's cell has
made float64 the default, the same probe with the same seed would draw other numbers, and a right
answer would seem wrong. What only the student's own code depends on, such as the folder it is in
or how deep it may recurse, stays as the cells have left it.
"""

import random
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np
import torch

# How to read a setting, and how to put it back; taken before any student's code runs.
SETTINGS: list[tuple[Callable[..., Any], Callable[..., Any]]] = [
    (torch.get_default_dtype, torch.set_default_dtype),
    (lambda: None, torch.set_default_device),  # None: none was ever set
    # Not `use_deterministic_algorithms`, which imports a compiler for seconds.
    (torch.get_deterministic_debug_mode, torch.set_deterministic_debug_mode),
    (torch.get_num_threads, torch.set_num_threads),
    (torch.get_float32_matmul_precision, torch.set_float32_matmul_precision),
    (torch.is_anomaly_enabled, torch.autograd.set_detect_anomaly),
    (lambda: False, torch.set_flush_denormal),  # torch has no function that tells it
    (np.geterr, lambda old: np.seterr(**old)),
]
SEEDS: list[Callable[[int], Any]] = [torch.manual_seed, np.random.seed, random.seed]
INFERENCE, GRAD, AUTOCAST = torch.inference_mode, torch.enable_grad, torch.autocast
CATCH_WARNINGS, SIMPLE_FILTER = warnings.catch_warnings, warnings.simplefilter


def seed_all(seed: int) -> None:
    """Seed every generator that has a global state."""
    for start in SEEDS:
        start(seed)


class Settings:
    """The settings as they are when it is made."""

    def __init__(self) -> None:
        self.found = [(put, get()) for get, put in SETTINGS]

    @contextmanager
    def restored(self) -> Iterator[None]:
        """All settings as they were; also gradients, no autocast, and no warning is an error."""
        for put, value in self.found:
            put(value)
        with INFERENCE(False), GRAD(), AUTOCAST("cpu", enabled=False), CATCH_WARNINGS():
            SIMPLE_FILTER("default")
            yield
