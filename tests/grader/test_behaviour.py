"""What a probe learns from one call: every kind of mistake shows, and no style of writing does."""

from random import Random

import pytest
import torch
from torch import nn

from grader import exercise
from grader.comparison import compare
from grader.inside.behaviour import (
    behaviour_of,
    behaviour_of_block,
    draw_images,
    fingerprints,
)
from grader.inside.encoding import encode
from grader.inside.weights import set_weights


class Block(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv, self.bn = nn.Conv2d(3, 3, 3, padding=1, bias=False), nn.BatchNorm2d(3)

    def forward(self, x):
        return torch.relu(x + self.bn(self.conv(x)))


class Otherwise(nn.Module):
    """The same block under other names, in another order, with another order of additions."""

    def __init__(self, block):
        super().__init__()
        self.after = nn.Sequential(nn.Identity(), block.bn)
        self.before = nn.ModuleDict({"first": block.conv})
        self.relu = nn.ReLU()

    def forward(self, x):
        y = self.after(self.before["first"](x))
        y += x
        return self.relu(y)


def plain(found):
    """Values as they are after they have crossed the pipe."""
    encode("values", 0, values=found)
    return {name: arrays(value) for name, value in found.items()}


def arrays(value):
    if isinstance(value, torch.Tensor):
        return value.detach().numpy()
    return [arrays(item) for item in value] if isinstance(value, list) else value


def seen(change=None, train=True, magnitude=1.0):
    """The values of a block after ``change`` was made to it."""
    block = set_weights(Block(), 3).train(train)
    x = draw_images(Random(7), 3, magnitude=magnitude)
    call = (change(block) if change else None) or block
    return plain(behaviour_of(call, x))


@pytest.mark.parametrize("magnitude", [1e-3, 1.0, 1e4])
@pytest.mark.parametrize("train", [True, False])
def test_names_order_and_structure_do_not_matter(train, magnitude):
    assert compare(seen(Otherwise, train, magnitude), seen(None, train, magnitude), 1e-4) is None


def overwriting(block):
    block.forward = lambda x: Block.forward(block, x.mul_(1 + 1e-5))


def without_gradient(block):
    block.forward = lambda x: torch.relu(x.detach() + block.bn(block.conv(x)))


def decaying(block):
    def forward(x):
        block.conv.weight.data *= 1 + 1e-3
        return Block.forward(block, x)

    block.forward = forward


def to_another_mode(block):
    block.forward = lambda x: (Block.forward(block, x), block.train(not block.training))[0]


def frozen(block):
    block.bn.bias.requires_grad_(False)


def scaled_gradient(block):
    block.conv.weight.register_hook(lambda gradient: 1.01 * gradient)


def twice(block):
    block.forward = lambda x: (block.bn(block.conv(x)), Block.forward(block, x))[1]


def another_momentum(block):
    block.bn.momentum = 0.2


CHANGES = {
    overwriting: "input unchanged",
    without_gradient: "gradient of the input",
    decaying: "parameters unchanged",
    to_another_mode: "mode unchanged",
    frozen: "parameters without a gradient",
    scaled_gradient: "gradients of the parameters",
    twice: "buffers afterwards",
    another_momentum: "buffers afterwards",
}


@pytest.mark.parametrize("change", CHANGES, ids=lambda change: change.__name__)
def test_what_a_call_does_beside_its_output_is_seen(change):
    found, right = seen(change), seen()
    differing = {n for n in right if compare({n: found[n]}, {n: right[n]}, 1e-4)}
    assert CHANGES[change] in differing


def test_the_gradient_is_that_of_finite_differences():
    """Along a direction, and of the linear function of the output that the helper draws."""
    x, to = draw_images(Random(1), 2).double(), torch.linspace(0, 1, 2)[:, None, None]
    ((unit, gradient),) = behaviour_of(torch.sin, x)["gradient of the input"]
    factors = torch.randn(x.shape, generator=torch.Generator().manual_seed(x.numel()))
    up, down = ((torch.sin(x + step * to) * factors).sum() for step in (1e-5, -1e-5))
    assert torch.isclose((up - down) / 2e-5, unit * (gradient * to).sum(), rtol=1e-6)


def test_modules_among_the_inputs_are_told_with_their_gradients_and_stay_themselves():
    layer = nn.Linear(2, 2)
    found = behaviour_of(lambda x, layer: layer(x), torch.ones(1, 2), layer)
    assert [size for size, _ in found["gradients of the parameters"]] == [2, 4]
    assert found["parameters without a gradient"] == 0 and len(found["input unchanged"]) == 1


def test_what_gives_no_tensor_or_no_gradient_is_told_and_no_error():
    x = torch.ones(2, 2)
    assert behaviour_of(lambda x: None, x)["output"] is None
    found = behaviour_of(lambda x: x.detach(), x, where="here")
    assert found["gradient of the input, here"] == [None]


def test_a_gradient_that_is_zero_but_for_rounding_is_zero():
    """A bias before a BatchNorm in train mode has no effect; what is computed is noise."""
    net = nn.Sequential(nn.Conv2d(2, 4, 3), nn.BatchNorm2d(4))
    found = behaviour_of(net, draw_images(Random(0), 2, batch=4, wide=True))
    fours = dict(map(tuple, found["gradients of the parameters"]))[4]
    assert fours.shape == (3, 3) and (fours[0, 0], fours[1:].eq(0).sum(1).min()) == (0, 1)


def test_fingerprints_tell_tensors_of_equal_length_apart_and_not_their_order():
    one, other = torch.tensor([3.0, 4.0]), torch.tensor([4.0, 3.0])
    assert compare({"f": arrays(fingerprints([one, other]))},
                   {"f": arrays(fingerprints([other, one]))}, 0) is None  # fmt: skip
    assert compare({"f": arrays(fingerprints([one]))}, {"f": arrays(fingerprints([other]))}, 1e-2)


def test_drawn_images_are_far_from_square_and_as_asked_for():
    drawn = [draw_images(Random(seed), 2, magnitude=100) for seed in range(40)]
    sizes = [(x.shape[2], x.shape[3]) for x in drawn]
    assert all(max(size) > 3 * min(size) for size in sizes)
    assert {h > w for h, w in sizes} == {True, False} and len({len(x) for x in drawn}) == 4
    assert all(30 < x.std() < 300 for x in drawn)
    tall = draw_images(Random(0), 5, batch=1, wide=False)
    assert tall.shape[:2] == (1, 5) and tall.shape[2] > tall.shape[3]
    assert torch.equal(tall, draw_images(Random(0), 5, batch=1, wide=False))


def test_what_probes_import_is_what_they_meet_in_the_sandbox():
    x = exercise.draw_images(Random(0), 2, batch=1, wide=True)
    assert torch.equal(x, draw_images(Random(0), 2, batch=1, wide=True))
    mine, inside = (f(nn.ReLU(), x, where="w") for f in (exercise.behaviour_of, behaviour_of))
    assert compare(plain(mine), plain(inside), 0) is None


def test_a_block_is_called_twice_in_drawn_modes_on_images_of_many_sizes():
    class Witness(nn.Module):
        def __init__(self):
            super().__init__()
            self.seen = []

        def forward(self, x):
            self.seen.append((self.training, *x.shape))
            return 2 * x

    block = Witness()
    for seed in range(60):
        found = behaviour_of_block(block, 3, 2, Random(seed))
        assert len([name for name in found if name.startswith("output")]) == 2
    modes, batches, channels, heights, widths = map(set, zip(*block.seen, strict=True))
    assert modes == {True, False} and batches == {1, 2, 5} and channels == {3}
    assert min(heights) == min(widths) == 1 and max(heights) >= 7
    trained = [shape for shape in block.seen if shape[0]]
    assert min(height for _, _, _, height, _ in trained) >= 5, "BatchNorm sees more than one place"


def test_what_is_made_small_is_small_throughout_and_else_the_same():
    x = torch.tensor([[1.0, -300.0], [0.5, 20.0]])
    small = exercise.made_small(x)
    assert small.abs().max() == pytest.approx(0.09) and torch.allclose(small * 300 / 0.09, x)
