"""Saving a run so that it can go on bit for bit, and refusing what can't be gone on with.

A checkpoint is one file, ``run.pt``, in a folder of its own: the weights, the states of optimiser,
learning-rate schedule and random-number generators, the history, and the settings that these
depend on. It is written under another name and renamed, so that it is the previous checkpoint or
the new one, never half of each; and it is read with ``weights_only=True``, so that no checkpoint
can run code.
"""

import io
import json
import pickle
import zipfile
from pathlib import Path
from typing import Any

import torch
from d2l import torch as d2l
from torch.nn.parameter import is_lazy

from utils import files
from utils.budget import show
from utils.data.batches import Batches
from utils.history import History
from utils.training import processes

FILE = "run.pt"
PARTS = {"weights", "optimizer", "schedule", "random", "epoch", "history", "settings"}
# How a step is computed, not what it computes: these may differ between machines.
IMPLEMENTATION = {"params", "lr", "initial_lr", "foreach", "fused", "capturable", "differentiable"}


class CheckpointError(Exception):
    """The checkpoint can't be used; the message says which file, why, and what to do."""


def is_wanted(resume: bool | str, folder: Path | None) -> bool:
    """Whether a run with ``resume`` and a checkpoint in ``folder`` goes on from there.

    Raises
    ------
    ValueError
        When ``resume`` is not True, False or "auto"; when it is True and there is no folder.
    """
    if resume not in (True, False, "auto"):
        raise ValueError(f"Trainer: resume is True, False or 'auto', got {resume!r}.")
    if resume is True and folder is None:
        raise ValueError("Trainer: resume=True needs checkpoint=..., the folder to resume.")
    if resume == "auto":
        return processes.agree(folder is not None and (folder / FILE).exists())
    return bool(resume)


def settings_of(trainer: d2l.Trainer) -> dict[str, Any]:
    """What schedule, optimiser and the order of the data depend on, before the first step."""
    optimizer, loader = trainer.optim, trainer.train_dataloader
    schedule = type(trainer.schedule).__name__ if trainer.schedule else "none"
    settings: dict[str, Any] = trainer.model.hparams | {
        "optimizer": type(optimizer).__name__,
        "tensors to optimize": sum(len(group["params"]) for group in optimizer.param_groups),
        "gradient_clip_val": trainer.gradient_clip_val,
        "schedule": trainer.model.hparams.get("schedule", schedule),
        "max_epochs": trainer.max_epochs,
        "steps an epoch": trainer.num_train_batches,
        "batch_size": getattr(loader, "batch_size", None),
        "drop_last": getattr(loader, "drop_last", None),
        "evaluated on": trainer.evaluated,
    }
    if isinstance(loader, Batches):
        settings |= {
            "training images": len(loader.images), "pixels": loader.size,
            "augment": loader.augment, "progressive": loader.progressive, "seed": loader.seed,
        }  # fmt: skip
    for number, group in enumerate(optimizer.param_groups, start=1):
        where = f" of parameter group {number}" if len(optimizer.param_groups) > 1 else ""
        rates = {"lr": group.get("initial_lr", group["lr"])}
        rates |= {name: group[name] for name in group.keys() - IMPLEMENTATION}
        settings |= {f"{name}{where}": value for name, value in rates.items()}
    return {name: json.loads(json.dumps(v)) for name, v in settings.items() if is_plain(v)}


def is_plain(value: Any) -> bool:
    """Whether ``value`` consists of numbers, words and lists of them."""
    if isinstance(value, (list, tuple)):
        return all(map(is_plain, value))
    return value is None or isinstance(value, (bool, int, float, str))


def save(trainer: d2l.Trainer) -> None:
    """Write the run of ``trainer`` as it stands after an epoch; the first process does.

    Raises
    ------
    CheckpointError
        When it can't be put into a file, or the file can't be written.
    """
    random = processes.gather(random_states(trainer.device))
    if processes.is_first():
        state = {
            "weights": trainer.model.state_dict(),
            "optimizer": trainer.optim.state_dict(),
            "schedule": trainer.schedule.state_dict() if trainer.schedule else None,
            "random": random,
            "epoch": trainer.epoch + 1,
            "history": json.dumps(trainer.history.to_dict()),
            "settings": trainer.settings,
        }
        write(trainer.checkpoint / FILE, state)
    processes.wait()


def write(path: Path, state: dict[str, Any]) -> None:
    """Store ``state``, or say why it can't be stored."""
    content = io.BytesIO()
    try:
        torch.save(state, content)
    except (pickle.PicklingError, TypeError, AttributeError, RuntimeError) as error:
        raise CheckpointError(
            f"The run can't be saved: its state holds what no file can hold ({error}). Keep plain "
            "numbers and tensors in the state of model, optimiser and schedule, or leave out "
            "checkpoint=..."
        ) from error
    try:
        files.remove_unfinished(path.parent, path.name)
        files.write(path, content.getvalue())
    except OSError as error:
        raise CheckpointError(
            f"The checkpoint could not be written to {path.parent} ({error}). The previous one, "
            "if any, is whole. Free some space, or name another folder with checkpoint=..."
        ) from error


def read(folder: Path) -> dict[str, Any]:
    """The state that lies in ``folder``.

    Raises
    ------
    CheckpointError
        When there is none, or when the file is cut short, altered or something else.
    """
    path = folder / FILE
    if not path.is_file():
        raise CheckpointError(
            f"{folder} holds no checkpoint (no {FILE}). Start without resume=True, or name the "
            "folder of the earlier run."
        )
    try:
        state = torch.load(path, map_location="cpu", weights_only=True)
        missing = PARTS - state.keys()
    except (
        pickle.UnpicklingError, zipfile.BadZipFile, RuntimeError, OSError, EOFError, KeyError,
        TypeError, AttributeError,
    ) as error:  # fmt: skip
        raise CheckpointError(
            f"{path} is cut short, altered or no checkpoint ({type(error).__name__}: "
            f"{str(error).splitlines()[0] if str(error) else 'no details'}). "
            "Delete the folder and start again without resume=True."
        ) from error
    if missing:
        raise CheckpointError(
            f"{path} lacks {', '.join(sorted(missing))}: it is no checkpoint, or one of another "
            "version of the course. Delete the folder and start again without resume=True."
        )
    return state


def load(trainer: d2l.Trainer, data: d2l.DataModule) -> int:
    """Let ``trainer`` take up the run in its folder; return how many epochs it has done.

    Data that were given no seed take the run's.

    Raises
    ------
    CheckpointError
        As `read`, and when the run belongs to another architecture or was started with other
        settings; the model is then as it was.
    """
    folder, state = trainer.checkpoint, read(trainer.checkpoint)
    difference = first_difference(state["weights"], trainer.model.state_dict())
    if difference:
        raise CheckpointError(
            f"The checkpoint in {folder} belongs to another architecture: {difference}. "
            "Build the network that was saved, or name another folder."
        )
    refuse_other_settings(trainer, data, state["settings"])
    if state["epoch"] > trainer.max_epochs:
        raise CheckpointError(
            f"The run in {folder} has done {state['epoch']} epochs already; got "
            f"max_epochs={trainer.max_epochs}. Resume it with as many or more."
        )
    trainer.model.load_state_dict(state["weights"])
    trainer.optim.load_state_dict(state["optimizer"])
    if trainer.schedule is not None:
        trainer.schedule.load_state_dict(state["schedule"])
    if isinstance(trainer.train_dataloader, Batches):
        trainer.train_dataloader.seed = state["settings"]["seed"]
    trainer.settings = state["settings"] | {"max_epochs": trainer.max_epochs}
    set_random_states(state["random"], trainer.device)
    about = trainer.history.about
    trainer.history = History.from_dict(json.loads(state["history"]))
    now = f"after epoch {state['epoch']}, {about['device']}, {about['precision']}"
    trainer.history.about["resumed"] = [*trainer.history.about.get("resumed", []), now]
    return state["epoch"]


def first_difference(saved: dict[str, Any], wanted: dict[str, Any]) -> str:
    """Where two state dicts disagree, in words; empty if nowhere."""
    for name in wanted:
        if name not in saved:
            return f"it has no {name}, which the network has"
        if is_lazy(wanted[name]) or not isinstance(wanted[name], torch.Tensor):
            continue
        if saved[name].shape != wanted[name].shape:
            return (
                f"its {name} has shape {tuple(saved[name].shape)}, the network's "
                f"{tuple(wanted[name].shape)}"
            )
    extra = [name for name in saved if name not in wanted]
    return f"it has {extra[0]}, which the network lacks" if extra else ""


def refuse_other_settings(
    trainer: d2l.Trainer, data: d2l.DataModule, saved: dict[str, Any]
) -> None:
    """Stop unless the run was started with the settings that ``trainer`` has now."""
    now = dict(processes.agree(trainer.settings))
    if processes.agree(getattr(data, "hparams", {}).get("seed")) is None:
        now["seed"] = saved.get("seed")
    if trainer.schedule is None:  # a constant learning rate goes on for as long as one likes
        now["max_epochs"] = saved["max_epochs"]
    others = [name for name in saved | now if saved.get(name) != now.get(name)]
    # Another optimiser has settings of other names; the ones that both have say enough.
    names = [name for name in others if name in saved and name in now] or others
    if names:
        before, after = (
            ", ".join(f"{name} {show(settings.get(name, 'none'))}" for name in names)
            for settings in (saved, now)
        )
        raise CheckpointError(
            f"The run in {trainer.checkpoint} was started with {before}; got {after}. Resume it "
            "with the settings it was started with, or name another folder for a new run."
        )


def random_states(device: torch.device) -> dict[str, torch.Tensor]:
    """The states of the generators that a run on ``device`` draws from."""
    states = {"cpu": torch.get_rng_state()}
    if device.type == "cuda":
        states["cuda"] = torch.cuda.get_rng_state(device)
    return states


def set_random_states(saved: list[dict[str, torch.Tensor]], device: torch.device) -> None:
    """Let this process draw what the interrupted run would have drawn here.

    A process that the interrupted run did not have starts a stream of its own.
    """
    rank = processes.rank()
    states = saved[min(rank, len(saved) - 1)]
    torch.set_rng_state(states["cpu"])
    if device.type == "cuda" and "cuda" in states:
        torch.cuda.set_rng_state(states["cuda"], device)
    if rank >= len(saved):
        torch.manual_seed(int(torch.randint(2**62, ())) + rank)
