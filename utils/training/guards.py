"""What stops a training run with a sentence: a loss that is no number, a map with one value."""

import math
from collections.abc import Iterator
from contextlib import contextmanager

import torch
from d2l import torch as d2l

from utils.data.batches import Batches
from utils.training.steps import loss_and_output
from utils.training.tally import Tally

CHECK_EVERY = 25  # steps between looks at the losses for NaN: each look waits for the device


class TrainingError(Exception):
    """Training can't go on; the message says where it stopped and what to try."""


def refuse_settings(max_epochs: int, gradient_clip_val: float) -> None:
    """Stop where a number of epochs or a norm is none, with what was given and what may be."""
    if not isinstance(max_epochs, int) or max_epochs < 0:
        raise ValueError(f"Trainer: max_epochs must be 0 or more, got {max_epochs!r}.")
    if gradient_clip_val < 0:
        raise ValueError(
            "Trainer: gradient_clip_val is a norm, or 0 not to clip; it must be 0 or more, got "
            f"{gradient_clip_val!r}."
        )


def refuse_nan(trainer: d2l.Trainer, tally: Tally, rates: list[float]) -> None:
    """Stop when one of the last `CHECK_EVERY` losses of an epoch is no number.

    ``rates`` are the learning rates of the epoch's steps so far.

    Raises
    ------
    TrainingError
        With the step, the learning rate, and what to try.
    """
    step = tally.first_not_finite((len(rates) - 1) // CHECK_EVERY * CHECK_EVERY)
    if step is not None:
        raise TrainingError(
            f"The training loss became {float(tally.losses[step])} at step "
            f"{trainer.epoch * trainer.num_train_batches + step + 1} (epoch {trainer.epoch + 1}), "
            f"at a learning rate of {rates[step]:.3g}. Try a learning rate ten times smaller, or "
            "gradient_clip_val=1.0; then look for a division by zero or a log of zero in the model."
        )


def refuse_no_batch(trainer: d2l.Trainer) -> None:
    """Stop before a run without a single training batch."""
    if trainer.num_train_batches == 0:
        raise ValueError(
            "Trainer: the data gives no training batch; with drop_last=True there must be at "
            "least one whole batch. Use a smaller batch_size."
        )


# A norm layer in train mode divides by a standard deviation: of one value there is none. With one
# image a map of 1x1 leaves one value a channel; a larger map, or a second image, is no trouble.


def is_about_one_value(error: ValueError) -> bool:
    """Whether ``error`` is PyTorch's refusal to normalise one value per channel."""
    return "Expected more than 1 value per channel" in str(error)


@contextmanager
def explaining_one_value() -> Iterator[None]:
    """In this context PyTorch's refusal to normalise one value per channel says what to do."""
    try:
        yield
    except ValueError as error:
        if not is_about_one_value(error):
            raise
        raise ValueError(
            "Trainer: a batch came down to one image, and a norm layer whose map is 1x1 can't take "
            f"a variance over one value per channel (PyTorch: {error}). Set drop_last=True in the "
            "loader, or choose another batch_size or larger images."
        ) from error


def refuse_one_value(trainer: d2l.Trainer, pieces: int = 1) -> None:
    """Stop before the first epoch if a norm layer would get one value per channel in a later one.

    If the loader's batches, shared by its processes and cut into ``pieces``, ever come down to
    one image, the model is shown one now, at the smallest size that it will meet. Its buffers
    (running averages) and the random numbers are then as they were. Loaders of other kinds
    can't be asked beforehand; `explaining_one_value` is for them.

    Raises
    ------
    ValueError
        With what leaves one image, and what to choose instead.
    """
    loader = trainer.train_dataloader
    if not isinstance(loader, Batches) or trainer.max_epochs == 0:
        return
    images = first_with_single_images(loader, pieces)
    if images is None:
        return
    shapes = [(side, side) for side in loader.progressive[: trainer.max_epochs]]
    if len(shapes) < trainer.max_epochs:
        shapes.append(loader.size)
    batch = loader.batch(torch.tensor([0]), {}, min(shapes, key=math.prod))
    buffers = [(buffer, buffer.clone()) for buffer in trainer.model.buffers()]
    devices = [trainer.device] if trainer.device.type == "cuda" else []
    try:
        with torch.no_grad(), torch.random.fork_rng(devices), trainer.autocast():
            loss_and_output(trainer.model.train(), trainer.prepare_batch(batch))
    except ValueError as error:
        if not is_about_one_value(error):
            raise
        raise ValueError(one_value_sentence(loader, images, pieces, error)) from error
    finally:
        for buffer, before in buffers:
            buffer.data.copy_(before)


def first_with_single_images(loader: Batches, pieces: int) -> int | None:
    """How many images the first batch has of which one is computed alone; None if none is."""
    whole, rest = divmod(len(loader.images), loader.batch_size)
    batches = [loader.batch_size] * (whole > 0) + [rest] * (rest > 0 and not loader.drop_last)
    for images in batches:
        shares = {len(range(rank, images, loader.world)) for rank in range(loader.world)}
        if any(1 in sizes(share, pieces) for share in shares if 0 not in shares):
            return images
    return None


def sizes(images: int, pieces: int) -> list[int]:
    """How many images each part has when ``images`` are cut up by `torch.chunk`."""
    return [len(part) for part in torch.empty(images).chunk(pieces)]


def one_value_sentence(loader: Batches, images: int, pieces: int, error: ValueError) -> str:
    """What leaves one image, and what to choose instead."""
    last = images != loader.batch_size
    what = f"{len(loader.images):,} images in batches of {loader.batch_size}"
    what += f" leave {images} for the last batch" if last else ""
    choose = ["drop_last=True in FashionMNIST"] if last else []
    choose.append("another batch_size" if last else "a larger batch_size")
    if loader.world > 1:
        what += f", shared by {loader.world} processes"
        choose.append("fewer processes")
    if pieces > 1:
        what += f", computed in accumulate={pieces} pieces"
        choose.append("a smaller accumulate")
    return (
        f"Trainer: {what}: so the network is given a single image, and a norm layer whose map is "
        f"then 1x1 can't take a variance over one value per channel (PyTorch: {error}). Choose "
        f"{', or '.join([*choose, 'larger images'])}."
    )
