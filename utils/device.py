"""The device to compute on, what it can do, and the machine in words."""

import os
import platform
import time
from collections.abc import Mapping
from pathlib import Path

import torch

CPUINFO = Path("/proc/cpuinfo")


def choose_device(name: str = "auto") -> torch.device:
    """The device to compute on: ``"auto"`` takes CUDA, then Apple's MPS, then the CPU.

    Where several processes share a machine, `utils.training.processes.own_device` gives each its
    own.

    Raises
    ------
    ValueError
        When a device is asked for by name that PyTorch does not know or this machine lacks.
    """
    if name == "auto":
        if torch.cuda.is_available():
            return torch.device("cuda", 0)
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
    has = cpu_capabilities()
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


def cpu_model() -> str:
    """The processor's name."""
    name = cpu_capabilities().get("cpu_name") or platform.processor() or platform.machine()
    return str(name)


def cpu_capabilities() -> Mapping[str, object]:
    """What the processor is (``cpu_name``) and has, such as ``avx512_bf16``.

    PyTorch tells it in later versions. For earlier ones Linux does, by the same names; elsewhere
    nothing is known, and what is not known counts as not there.
    """
    if hasattr(torch.cpu, "get_capabilities"):
        return torch.cpu.get_capabilities()
    if not CPUINFO.exists():
        return {}
    lines = CPUINFO.read_text(encoding="utf-8", errors="replace").splitlines()
    fields = {key.strip(): value.strip() for key, _, value in (s.partition(":") for s in lines)}
    has = dict.fromkeys(fields.get("flags", "").split(), True)
    return {"cpu_name": fields.get("model name", ""), **has}


def machine() -> dict[str, str]:
    """Machine and versions, as written beside every recorded number."""
    import torchvision

    return {
        "device": describe_device(choose_device()),
        "cores": str(os.cpu_count()),
        "system": platform.system(),
        "python": platform.python_version(),
        "torch": torch.__version__,
        "torchvision": torchvision.__version__,
        "date": time.strftime("%Y-%m-%d", time.gmtime()),
    }
