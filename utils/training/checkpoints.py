"""Saving a run so that it can go on bit for bit, and refusing what can't be gone on with.

A checkpoint is a folder with two files: the weights, as safetensors, and everything else
(optimiser, schedule, random numbers, history) in ``run.pt``, read with ``weights_only=True``, so
that no checkpoint can run code. ``run.pt`` names its weights and is renamed into place last:
killed at any moment, the folder holds the previous checkpoint or the new one, never half of each.
"""

import json
import os
import pickle
import zipfile
from pathlib import Path

import torch
from d2l import torch as d2l
from safetensors import SafetensorError
from safetensors.torch import load_file, save_file
from torch import nn

from utils.data.batches import Batches
from utils.history import History


class CheckpointError(Exception):
    """The checkpoint can't be used; the message says which file, why, and what to do."""


def save(folder: Path, model: nn.Module, state: dict, tag: str) -> None:
    """Write model and state to ``folder`` as the checkpoint ``tag``, replacing the one there."""
    weights = folder / f"weights-{tag}.safetensors"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        tensors = {k: v.detach().cpu().contiguous() for k, v in model.state_dict().items()}
        write_then_rename(weights, lambda path: save_file(tensors, path))
        state = {**state, "weights": weights.name}
        write_then_rename(folder / "run.pt", lambda path: torch.save(state, path))
    except (OSError, SafetensorError, RuntimeError) as error:
        raise CheckpointError(
            f"The checkpoint could not be written to {folder} ({error}). The previous one, if "
            "any, is whole. Free some space or name another folder with checkpoint=..."
        ) from error
    for old in folder.glob("weights-*.safetensors"):
        if old != weights:
            old.unlink()


def write_then_rename(path: Path, write) -> None:
    """Call ``write`` with a temporary name, force it to disk, rename it to ``path``."""
    partial = path.with_name(f"{path.name}.{os.getpid()}.part")
    try:
        write(partial)
        with open(partial, "rb+") as file:
            os.fsync(file.fileno())
        partial.replace(path)
    finally:
        partial.unlink(missing_ok=True)


def load(folder: Path, model: nn.Module) -> dict:
    """Put the weights of the checkpoint in ``folder`` into ``model``; return the other state.

    Raises
    ------
    CheckpointError
        When there is none, when a file is cut short or altered, or when it belongs to another
        architecture; ``model`` is then as it was.
    """
    path = folder / "run.pt"
    if not path.is_file():
        raise CheckpointError(
            f"{folder} holds no checkpoint (no run.pt). Start without resume=True, or name the "
            "folder of the earlier run."
        )
    try:
        state = torch.load(path, map_location="cpu", weights_only=True)
        path = folder / state["weights"]
        weights = load_file(path)
    except (
        SafetensorError, pickle.UnpicklingError, zipfile.BadZipFile, RuntimeError, OSError,
        EOFError, KeyError, TypeError,
    ) as error:  # fmt: skip
        raise CheckpointError(
            f"{path} is cut short, altered or no checkpoint ({type(error).__name__}: "
            f"{str(error).splitlines()[0] if str(error) else 'no details'}). "
            "Delete the folder and start again without resume=True."
        ) from error
    difference = first_difference(weights, model.state_dict())
    if difference:
        raise CheckpointError(
            f"The checkpoint in {folder} belongs to another architecture: {difference}. "
            "Build the network that was saved, or name another folder."
        )
    model.load_state_dict(weights)
    return state


def first_difference(saved: dict, wanted: dict) -> str:
    """Where two state dicts disagree, in words; empty if nowhere."""
    for name in wanted:
        if name not in saved:
            return f"it has no {name}, which the network has"
        if saved[name].shape != wanted[name].shape:
            return (
                f"its {name} has shape {tuple(saved[name].shape)}, the network's "
                f"{tuple(wanted[name].shape)}"
            )
    extra = [name for name in saved if name not in wanted]
    return f"it has {extra[0]}, which the network lacks" if extra else ""


def save_run(trainer: d2l.Trainer) -> None:
    """Write the run of ``trainer`` as it stands after an epoch."""
    state = {
        "epoch": trainer.epoch + 1,
        "max_epochs": trainer.max_epochs,
        "optimizer": trainer.optim.state_dict(),
        "schedule": trainer.schedule.state_dict() if trainer.schedule else None,
        "random": torch.get_rng_state(),
        "loader_seed": getattr(trainer.train_dataloader, "seed", None),
        "history": json.dumps(trainer.history.to_dict()),
    }
    if trainer.device.type == "cuda":
        state["random_cuda"] = torch.cuda.get_rng_state(trainer.device)
    save(trainer.checkpoint, trainer.model, state, f"epoch{trainer.epoch + 1:04d}")


def load_run(trainer: d2l.Trainer) -> int:
    """Let ``trainer`` take up the run in its folder; return how many epochs it has done.

    Raises
    ------
    CheckpointError
        As `load`, and when the run was planned for another number of epochs.
    """
    state = load(trainer.checkpoint, trainer.model)
    if state["max_epochs"] != trainer.max_epochs and trainer.schedule is not None:
        raise CheckpointError(
            f"The run in {trainer.checkpoint} was planned for {state['max_epochs']} epochs and "
            f"its learning rates depend on that; got max_epochs={trainer.max_epochs}. Resume "
            f"with {state['max_epochs']}, or start a new run."
        )
    trainer.optim.load_state_dict(state["optimizer"])
    if trainer.schedule is not None:
        trainer.schedule.load_state_dict(state["schedule"])
    torch.set_rng_state(state["random"])
    if "random_cuda" in state and trainer.device.type == "cuda":
        torch.cuda.set_rng_state(state["random_cuda"], trainer.device)
    if isinstance(trainer.train_dataloader, Batches):
        trainer.train_dataloader.seed = state["loader_seed"]
    about = trainer.history.about
    trainer.history = History.from_json(state["history"])
    resumed = trainer.history.about.get("resumed", [])
    now = f"after epoch {state['epoch']}, {about['device']}"
    trainer.history.about["resumed"] = [*resumed, now]
    return state["epoch"]
