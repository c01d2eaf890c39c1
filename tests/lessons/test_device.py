"""What the processor can do is known with every supported PyTorch."""

import platform

import pytest
import torch

from utils import device

CPU = torch.device("cpu")
AMX = """processor\t: 0
model name\t: Intel(R) Xeon(R) Platinum 8488C
flags\t\t: fpu sse2 avx512f avx512_bf16 amx_bf16 amx_tile

processor\t: 1
model name\t: Intel(R) Xeon(R) Platinum 8488C
flags\t\t: fpu sse2 avx512f avx512_bf16 amx_bf16 amx_tile
"""
OLD = "model name\t: Intel(R) Core(TM) i5-8250U CPU @ 1.60GHz\nflags\t\t: fpu sse2 avx2\n"


@pytest.fixture
def old_torch(monkeypatch, tmp_path):
    """A PyTorch that does not tell what the processor can do, on a machine with this cpuinfo."""
    monkeypatch.delattr(torch.cpu, "get_capabilities", raising=False)
    monkeypatch.setattr(device, "CPUINFO", tmp_path / "cpuinfo")
    return tmp_path / "cpuinfo"


@pytest.mark.parametrize("cpuinfo, fast, name", [(AMX, True, "8488C"), (OLD, False, "i5-8250U")])
def test_an_old_torch_leaves_the_processor_to_linux(old_torch, cpuinfo, fast, name):
    old_torch.write_text(cpuinfo)
    assert device.has_fast_bf16(CPU) is fast
    assert name in device.cpu_model() and name in device.describe_device(CPU)


def test_an_old_torch_elsewhere_counts_bf16_as_slow_and_names_the_architecture(old_torch):
    assert device.has_fast_bf16(CPU) is False
    assert device.cpu_model() in (platform.processor(), platform.machine()) != ("", "")


@pytest.mark.skipif(
    not hasattr(torch.cpu, "get_capabilities") or not device.CPUINFO.exists(),
    reason="needs a PyTorch and a system that both tell",
)
def test_linux_and_pytorch_agree_on_bf16_here(monkeypatch):
    told = device.has_fast_bf16(CPU)
    monkeypatch.delattr(torch.cpu, "get_capabilities")
    assert device.has_fast_bf16(CPU) is told
