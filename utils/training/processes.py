"""Several processes training one network: what `Trainer` needs of ``torch.distributed``.

Under ``torchrun`` the environment names this process's rank; without it, everything here is a
no-op for one process.
"""

import os
from typing import Any

import torch
from torch import Tensor, nn
from torch import distributed as dist


def world_size() -> int:
    """How many processes ``torchrun`` started; 1 without it."""
    return int(os.environ.get("WORLD_SIZE", 1))


def rank() -> int:
    """This process's number, from 0."""
    return int(os.environ.get("RANK", 0))


def is_first() -> bool:
    """Whether this process is the one that prints and saves."""
    return rank() == 0


def start(device: torch.device) -> None:
    """Join the other processes, with NCCL on GPUs and gloo elsewhere."""
    if world_size() > 1 and not dist.is_initialized():
        if device.type == "cuda":
            torch.cuda.set_device(device)
        dist.init_process_group("nccl" if device.type == "cuda" else "gloo")


def stop() -> None:
    """Leave the group; waiting for nobody."""
    if dist.is_available() and dist.is_initialized():
        dist.destroy_process_group()


def total(values: Tensor) -> Tensor:
    """The sum of ``values`` over all processes, in every process."""
    if world_size() > 1:
        dist.all_reduce(values)
    return values


def agree(value: Any) -> Any:
    """The first process's ``value``, in every process."""
    if world_size() == 1:
        return value
    box = [value]
    dist.broadcast_object_list(box, src=0)
    return box[0]


def share_buffers(model: nn.Module) -> None:
    """Give every process the first one's running statistics, so that all evaluate one network."""
    if world_size() > 1:
        for buffer in model.buffers():
            dist.broadcast(buffer, src=0)


def is_about_others(error: Exception) -> bool:
    """Whether ``error`` says that another process is gone, and nothing about this one."""
    lost = ("Connection closed by peer", "Connection reset by peer", "Broken pipe", "timed out")
    return isinstance(error, dist.DistError) or any(words in str(error) for words in lost)


def wait() -> None:
    """Until every process has come here."""
    if world_size() > 1:
        dist.barrier()
