"""Device, seeds, and how much this machine can afford to run.

`budget` is the course's one knob. Chapters state what they would run at each size; the machine,
or the variable ``COURSE_BUDGET``, decides which it is.
"""

import ctypes
import os
import platform
import random
import time
from types import SimpleNamespace

import numpy as np
import torch

BUDGETS = {
    "smoke": "seconds a chapter, for tests",
    "cpu": "minutes a chapter, the default without a GPU",
    "gpu": "the full runs, the default with a GPU",
    "record": "what `make results` records on a machine without a GPU",
}


def device(name: str = "auto") -> torch.device:
    """The device to compute on: ``"auto"`` takes CUDA, then Apple's MPS, then the CPU.

    Raises
    ------
    ValueError
        When a device is asked for by name that PyTorch does not know or this machine lacks.
    """
    if name == "auto":
        if torch.cuda.is_available():
            return torch.device("cuda", int(os.environ.get("LOCAL_RANK", 0)))
        return torch.device("mps" if torch.backends.mps.is_available() else "cpu")
    try:
        wanted = torch.device(name)
    except RuntimeError:
        raise ValueError(
            f"Unknown device {name!r}; choose 'auto', 'cpu', 'cuda', 'cuda:1' or 'mps'."
        ) from None
    there = {
        "cpu": True,
        "cuda": torch.cuda.is_available() and (wanted.index or 0) < torch.cuda.device_count(),
        "mps": torch.backends.mps.is_available(),
    }.get(wanted.type, False)
    if not there:
        raise ValueError(f"Device {name!r} is not on this machine; device='auto' takes what is.")
    return wanted


def has_fast_bf16(where: torch.device) -> bool:
    """Whether ``where`` computes bfloat16 in hardware built for it.

    A CPU needs AMX or AVX512-BF16; others emulate it, at half the speed of float32.
    """
    if where.type == "cuda":
        return torch.cuda.is_bf16_supported(including_emulation=False)
    has = torch.cpu.get_capabilities()
    return where.type == "cpu" and any(has.get(name) for name in ("amx_bf16", "avx512_bf16"))


def choose_precision(precision: str, where: torch.device) -> str:
    """``"auto"`` by the device; refuse bf16 where hardware does not have it."""
    if precision not in ("auto", "fp32", "bf16"):
        raise ValueError(f"Trainer: precision is 'auto', 'fp32' or 'bf16', got {precision!r}.")
    fast = has_fast_bf16(where)
    if precision == "bf16" and not fast:
        raise ValueError(
            f"Trainer: precision='bf16' on {describe_device(where)}, which only emulates "
            "bfloat16 and would be slower than float32. Use precision='auto' or 'fp32'."
        )
    if precision == "auto":
        return "bf16" if fast and where.type == "cuda" else "fp32"
    return precision


def describe_device(where: torch.device) -> str:
    """``where`` in words: the GPU's name, or the CPU's model and thread count."""
    if where.type == "cuda":
        return f"{where} ({torch.cuda.get_device_name(where)})"
    if where.type == "cpu":
        return f"cpu ({cpu_model()}, {torch.get_num_threads()} threads)"
    return str(where)


def keep_memory() -> bool:
    """Whether this process from now on keeps memory that PyTorch frees, for its next step.

    By default glibc gives pieces of more than 32 MB back to the system at once, and the system
    hands out pages anew, cleared, one fault each, step after step. Can't be taken back. Elsewhere
    than in glibc nothing is changed, and the answer is False.
    """
    if platform.libc_ver()[0] != "glibc":
        return False
    trim_threshold, mmap_threshold = -1, -3  # numbers of <malloc.h>
    mallopt = ctypes.CDLL(None).mallopt
    return bool(mallopt(mmap_threshold, 2**30) and mallopt(trim_threshold, 2**31 - 1))


def pages_fetched() -> int:
    """How many pages of memory the system handed to this process so far; 0 on Windows."""
    if platform.system() == "Windows":
        return 0
    import resource

    return resource.getrusage(resource.RUSAGE_SELF).ru_minflt


def cpu_model() -> str:
    """The processor's name."""
    return torch.cpu.get_capabilities().get("cpu_name") or platform.processor()


def machine() -> dict[str, str]:
    """Machine and versions, as written beside every recorded number."""
    import torchvision

    return {
        "device": describe_device(device()),
        "cores": str(os.cpu_count()),
        "system": platform.system(),
        "python": platform.python_version(),
        "torch": torch.__version__,
        "torchvision": torchvision.__version__,
        "date": time.strftime("%Y-%m-%d", time.gmtime()),
    }


def seed_everything(seed: int) -> None:
    """Seed Python's, NumPy's and PyTorch's random numbers."""
    random.seed(seed)
    np.random.seed(seed)
    torch.manual_seed(seed)


def budget_name() -> str:
    """The budget in force: ``COURSE_BUDGET`` if set, else ``gpu`` or ``cpu`` by the machine."""
    name = os.environ.get("COURSE_BUDGET") or ("gpu" if torch.cuda.is_available() else "cpu")
    if name not in BUDGETS:
        raise ValueError(
            f"COURSE_BUDGET is {name!r}, which is no budget; set it to one of "
            f"{', '.join(BUDGETS)}, or unset it."
        )
    return name


def budget(*, smoke: dict, cpu: dict, gpu: dict, record: dict | None = None) -> SimpleNamespace:
    """Choose how much to run here, and say so.

    Parameters
    ----------
    smoke, cpu, gpu : dict
        The same settings at three sizes: for tests, for a processor, and in full.
    record : dict, optional
        What `make results` runs on a machine without a GPU; ``gpu`` when not given.

    Returns
    -------
    SimpleNamespace
        The chosen settings as attributes, and ``name``.

    Examples
    --------
    >>> run = budget(smoke=dict(epochs=1), cpu=dict(epochs=3), gpu=dict(epochs=10))
    ... # prints, on a laptop:  budget cpu: epochs 3 (full run: 10)
    """
    sizes = {"smoke": smoke, "cpu": cpu, "gpu": gpu, "record": gpu if record is None else record}
    for size, settings in sizes.items():
        if settings.keys() != gpu.keys():
            odd = ", ".join(sorted(settings.keys() ^ gpu.keys()))
            raise ValueError(
                f"budget: the sizes must have the same settings; {size} differs in {odd}."
            )
    name = budget_name()
    chosen = sizes[name]
    words = [
        f"{key} {show(value)}" + ("" if value == gpu[key] else f" (full run: {show(gpu[key])})")
        for key, value in chosen.items()
    ]
    print(f"budget {name}: " + ", ".join(words))
    return SimpleNamespace(name=name, **chosen)


def show(value) -> str:
    """A setting as a reader writes it: thousands apart, tuples without brackets, yes or no."""
    if isinstance(value, (tuple, list)):
        return "/".join(show(v) for v in value) or "none"
    if isinstance(value, bool):
        return "yes" if value else "no"
    return f"{value:,}" if isinstance(value, int) else str(value)


def headline(text: str) -> None:
    """Print the chapter's one number; `make run` shows it in its table."""
    print(f"headline: {text}")


def in_notebook() -> bool:
    """Whether this code runs in a Jupyter kernel."""
    try:
        from IPython import get_ipython
    except ImportError:
        return False
    shell = get_ipython()
    return shell is not None and hasattr(shell, "kernel")


def wants_progress() -> bool:
    """Whether to show progress bars: not in continuous integration, not in smoke runs."""
    return not os.environ.get("CI") and os.environ.get("COURSE_BUDGET") != "smoke"
