"""Several processes training one network: what the trainers need of ``torch.distributed``.

Under ``torchrun`` environment variables tell each process how many there are and which one it is;
without it, everything here is a no-op for one process.
"""

import os
from typing import Any

import torch
from torch import Tensor, nn
from torch import distributed as dist

from utils.device import choose_device


def number(variable: str, otherwise: int) -> int:
    """The number, 0 or more, in an environment variable; ``otherwise`` if it is unset or empty."""
    text = os.environ.get(variable, "").strip()
    if text and not (text.isascii() and text.isdigit()):
        raise ValueError(
            f"The environment variable {variable} is {text!r}; torchrun would have put a whole "
            "number there. Unset it to train in one process, or start with torchrun."
        )
    return int(text) if text else otherwise


def world_size() -> int:
    """How many processes ``torchrun`` started; 1 without it."""
    return max(1, number("WORLD_SIZE", 1))


def rank() -> int:
    """This process's number, from 0; always 0 where there is only one process."""
    return number("RANK", 0) if world_size() > 1 else 0


def is_first() -> bool:
    """Whether this process is the one that prints and saves."""
    return rank() == 0


def refuse_several() -> None:
    """Stop where several processes would each train a network of its own.

    Raises
    ------
    ValueError
        Under ``torchrun`` with more than one process.
    """
    if world_size() > 1:
        raise ValueError(
            f"Trainer: {world_size()} processes were started, and each would train a network of "
            "its own. Use utils.training.DistributedTrainer, which shares the work, or start one "
            "process."
        )


def own_device(name: str = "auto") -> torch.device:
    """The device of this process: where several share a machine, each takes a GPU of its own.

    ``name`` is as in `utils.device.choose_device`.

    Raises
    ------
    ValueError
        When there are fewer GPUs than processes, or when one device is named for all.
    """
    device = choose_device(name)
    if world_size() == 1 or device.type == "cpu":
        return device
    if device.type != "cuda":
        if name == "auto":
            return torch.device("cpu")
        raise ValueError(
            f"Several processes can't share the device {name!r}; use the device 'cpu', or one "
            "process."
        )
    neighbours, local_rank = number("LOCAL_WORLD_SIZE", 1), number("LOCAL_RANK", 0)
    if name != "auto" and torch.device(name).index is not None:
        if neighbours == 1:
            return device
        raise ValueError(
            f"The device {name!r} is one GPU, and {neighbours} processes on this machine need one "
            "each. Use the device 'cuda': each process then takes its own."
        )
    if local_rank >= torch.cuda.device_count():
        raise ValueError(
            f"This is process {local_rank} (from 0) of {neighbours} on this machine, and PyTorch "
            f"sees {torch.cuda.device_count()} GPU here; each process needs one of its own. Start "
            "fewer (--nproc-per-node), or use the device 'cpu'."
        )
    return torch.device("cuda", local_rank)


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


def gather(value: Any) -> list[Any]:
    """Every process's ``value``, by rank, in every process."""
    if world_size() == 1:
        return [value]
    values: list[Any] = [None] * world_size()
    dist.all_gather_object(values, value)
    return values


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
