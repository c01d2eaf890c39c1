"""The residual stream: what the blocks of a network read, add to, and hand on.

The functions here take a network such as `utils.isotropic.Isotropic`: it has a ``stem``, a
``body``, a ``nn.Sequential`` of blocks that keep the shape of their input, and a ``head``, a
function from what the last block gives to logits. The *stream* is what runs between the blocks:
the stem's output, then each block's.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Protocol, cast

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from utils.inspection.modes import evaluating, unchanged


class Streaming(Protocol):
    """What a network must have to be looked at here."""

    stem: nn.Module
    body: nn.Sequential

    def head(self, stream: Tensor) -> Tensor: ...


def parts(net: nn.Module, who: str) -> Streaming:
    """``net``, if it has a stem, a body of blocks and a head; ValueError if not."""
    if not isinstance(getattr(net, "body", None), nn.Sequential) or not (
        hasattr(net, "stem") and callable(getattr(net, "head", None))
    ):
        raise ValueError(
            f"{who}: the network needs a stem, a body (a nn.Sequential of blocks) and a head, as "
            f"utils.isotropic.Isotropic has them; {type(net).__name__} has not."
        )
    return cast(Streaming, net)


@contextmanager
def reordered(net: nn.Module, order: Sequence[int]) -> Iterator[nn.Module]:
    """A context in which the blocks of ``net`` run in another order, or some of them not at all.

    Parameters
    ----------
    net : nn.Module
        With a ``body``, see above. Afterwards it is as it was.
    order : sequence of int
        Numbers of blocks, from 0: ``[1, 0, 2]`` swaps the first two of three, ``[0, 2]`` leaves
        out the second.

    Raises
    ------
    ValueError
        When a block is not there, or is named twice.
    """
    whole = parts(net, "reordered").body
    for i in order:
        if not 0 <= i < len(whole):
            raise ValueError(f"reordered: there are blocks 0 to {len(whole) - 1}, and no {i}.")
    if len(set(order)) < len(order):
        raise ValueError(f"reordered: a block stands twice in {list(order)}.")
    try:
        net.body = nn.Sequential(*(whole[i] for i in order))
        yield net
    finally:
        net.body = whole


@contextmanager
def lesion(net: nn.Module, *blocks: int) -> Iterator[nn.Module]:
    """A context in which ``blocks``, numbered from 0, are taken out of ``net``.

    What a block would have read goes on to the next one. Errors as in `reordered`.

    Source: Veit, Wilber and Belongie 2016 (arXiv 1605.06431), section 4.1.
    """
    count = len(parts(net, "lesion").body)
    absent = sorted(set(blocks) - set(range(count)))
    if absent:
        raise ValueError(f"lesion: there are blocks 0 to {count - 1}, and no {absent[0]}.")
    with reordered(net, [i for i in range(count) if i not in blocks]):
        yield net


def stream(net: nn.Module, X: Tensor) -> list[Tensor]:
    """What runs between the blocks for a batch ``X``: the stem's output, then each block's.

    In the mode in which ``net`` is; gradients flow if they are on.
    """
    whole = parts(net, "stream")
    return onwards(whole.body, whole.stem(X))


def onwards(body: nn.Sequential, x: Tensor) -> list[Tensor]:
    """What goes into the first block, then what comes out of each."""
    found = [x]
    for block in body:
        found.append(block(found[-1]))
    return found


def read_out(net: nn.Module, X: Tensor) -> Tensor:
    """The logits if the network ended earlier: its head, applied after the stem and each block.

    Parameters
    ----------
    net : nn.Module
        See above; in eval mode meanwhile.
    X : Tensor
        A batch ``(N, ...)``.

    Returns
    -------
    Tensor
        ``(blocks + 1, N, classes)``; the last is what the network answers.

    Source: "logit lens", nostalgebraist 2020, for transformers.
    """
    whole = parts(net, "read_out")
    with evaluating(net):
        return torch.stack([whole.head(maps) for maps in stream(net, X)])


def stream_gradients(net: nn.Module, X: Tensor, y: Tensor) -> list[Tensor]:
    """The gradient of the summed cross-entropy with respect to each part of the `stream`.

    In the mode in which ``net`` is. Returns ``blocks + 1`` tensors of the stream's shape.
    """
    whole = parts(net, "stream_gradients")
    with unchanged(net), torch.enable_grad():
        found = onwards(whole.body, whole.stem(X).detach().requires_grad_())
        loss = F.cross_entropy(whole.head(found[-1]), y, reduction="sum")
        return list(torch.autograd.grad(loss, found))


def branch_cosines(net: nn.Module, X: Tensor, y: Tensor) -> Tensor:
    """For each block and image: does it go downhill?

    The cosine of what a block adds to its input with the negative gradient of the loss at that
    input. 1 would be a step of gradient descent on the stream, 0 a step across.

    Parameters
    ----------
    net : nn.Module
        See above; in the mode in which it is.
    X, y : Tensor
        A batch ``(N, ...)`` and its labels ``(N,)``.

    Returns
    -------
    Tensor
        ``(blocks, N)``.

    Source: Jastrzębski et al. 2018 (arXiv 1710.04773), section 4.2.
    """
    with unchanged(net):
        gradients = stream_gradients(net, X, y)
        with torch.no_grad():
            maps = stream(net, X)
    added = [(after - before).flatten(1) for before, after in zip(maps, maps[1:], strict=False)]
    downhill = [-gradient.flatten(1) for gradient in gradients[:-1]]
    pairs = zip(added, downhill, strict=True)
    return torch.stack([F.cosine_similarity(*pair) for pair in pairs])


def path_lengths(net: nn.Module, X: Tensor, y: Tensor) -> Tensor:
    """The gradient at the first block's input, split by how many branches it came through.

    With a shortcut around every block, the loss's gradient comes back along each of the
    ``2 ** blocks`` paths that go through a block's branch or past it. All paths through ``k``
    branches are summed here, exactly: the terms are counted on the way back, block by block.

    Parameters
    ----------
    net : nn.Module
        See above; each block gives its input plus a branch. In the mode in which it is: in train
        mode BatchNorm uses the batch, as a training step does.
    X, y : Tensor
        A batch ``(N, ...)`` and its labels ``(N,)``.

    Returns
    -------
    Tensor
        ``(blocks + 1, N, ...)``; entry ``k`` is the sum over the paths through ``k`` branches, and
        all entries add up to the whole gradient.

    Source: Veit, Wilber and Belongie 2016 (arXiv 1605.06431), section 4.3, who sample paths.
    """
    whole = parts(net, "path_lengths")
    with unchanged(net), torch.enable_grad():
        with torch.no_grad():
            maps = stream(net, X)
        last = maps[-1].requires_grad_()
        loss = F.cross_entropy(whole.head(last), y, reduction="sum")
        by_length = list(torch.autograd.grad(loss, last))
        for block, before in zip(reversed(whole.body), reversed(maps[:-1]), strict=True):
            x = before.detach().requires_grad_()
            branch = block(x) - x
            through = [torch.autograd.grad(branch, x, g, retain_graph=True)[0] for g in by_length]
            none = torch.zeros_like(x)
            by_length = [
                past + taken
                for past, taken in zip([*by_length, none], [none, *through], strict=True)
            ]
    return torch.stack(by_length)
