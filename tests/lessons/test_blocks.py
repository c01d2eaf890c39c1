"""Blocks and shortcuts, against torchvision and against values worked out by hand."""

import pytest
import torch
from torch import nn
from torchvision.models.resnet import BasicBlock as TheirBasicBlock
from torchvision.models.resnet import Bottleneck as TheirBottleneck

from utils.blocks import (
    BasicBlock,
    Bottleneck,
    PreActBasicBlock,
    PreActBottleneck,
    Residual,
    is_residual,
)
from utils.shortcuts import ZeroPadShortcut, make_shortcut, projection

KINDS = (BasicBlock, Bottleneck, PreActBasicBlock, PreActBottleneck)


def ones(module):
    """All convolution weights 1, so that outputs can be worked out by hand."""
    for m in module.modules():
        if isinstance(m, nn.Conv2d):
            nn.init.ones_(m.weight)
    return module


def test_a_zero_branch_makes_residual_the_identity():
    linear = nn.Linear(7, 7)
    nn.init.zeros_(linear.weight)
    nn.init.zeros_(linear.bias)
    x = torch.randn(5, 7)
    assert torch.equal(Residual(linear)(x), x)


def test_residual_adds_and_projects():
    x = torch.tensor([[1.0, 2.0]])
    double = nn.Linear(2, 2, bias=False)
    with torch.no_grad():
        double.weight.copy_(2 * torch.eye(2))
    assert Residual(double)(x).tolist() == [[3.0, 6.0]]
    assert Residual(double, projection=double)(x).tolist() == [[4.0, 8.0]]
    assert x.tolist() == [[1.0, 2.0]], "the input must be left alone"


@pytest.mark.parametrize("out", [1, 4])
def test_residual_refuses_what_pytorch_would_broadcast_or_not(out):
    with pytest.raises(ValueError, match="must have the same shape.*projection"):
        Residual(nn.Linear(6, out))(torch.zeros(3, 6))


@pytest.mark.parametrize("stride", [1, 2])
@pytest.mark.parametrize("channels", [(16, 16), (16, 32)])
@pytest.mark.parametrize("training", [False, True])
def test_basic_block_equals_torchvisions(stride, channels, training):
    i, o = channels
    ours = BasicBlock(i, o, stride)
    shortcut = None
    if not isinstance(ours.downsample, nn.Identity):
        shortcut = nn.Sequential(nn.Conv2d(i, o, 1, stride, bias=False), nn.BatchNorm2d(o))
    theirs = TheirBasicBlock(i, o, stride, shortcut)
    same_outputs_and_gradients(ours, theirs, torch.randn(4, i, 9, 9), training)


@pytest.mark.parametrize("stride", [1, 2])
@pytest.mark.parametrize("channels", [(64, 64), (32, 64)])
def test_bottleneck_equals_torchvisions(stride, channels):
    i, o = channels
    ours = Bottleneck(i, o, stride)
    shortcut = None
    if not isinstance(ours.downsample, nn.Identity):
        shortcut = nn.Sequential(nn.Conv2d(i, o, 1, stride, bias=False), nn.BatchNorm2d(o))
    theirs = TheirBottleneck(i, o // 4, stride, shortcut)
    same_outputs_and_gradients(ours, theirs, torch.randn(4, i, 9, 9), training=True)


def same_outputs_and_gradients(ours, theirs, x, training):
    theirs.load_state_dict(ours.state_dict())
    results = []
    for block in (ours, theirs):
        block.train(training)
        leaf = x.clone().requires_grad_()
        y = block(leaf)
        y.square().sum().backward()
        results.append((y, leaf.grad, [p.grad for p in block.parameters()]))
    (y1, g1, p1), (y2, g2, p2) = results
    torch.testing.assert_close(y1, y2)
    torch.testing.assert_close(g1, g2)
    for a, b in zip(p1, p2, strict=True):
        torch.testing.assert_close(a, b)


def test_basic_block_by_hand():
    """One pixel, one channel, weights 1: conv sees x; BN in eval mode divides by sqrt(1 + eps)."""
    block = ones(BasicBlock(1, 1)).eval()
    x = torch.tensor([[[[3.0]]]])
    assert block(x).item() == pytest.approx(6.0, rel=1e-4)
    assert block(-x).item() == 0.0, "the ReLU comes after the addition: -3 + 0, then cut off"


def test_the_branch_can_be_negative_and_the_output_can_not():
    block, x = BasicBlock(8, 8), torch.randn(4, 8, 6, 6)
    assert (block.branch(x) < 0).any()
    assert (block(x) >= 0).all()


def test_the_stride_is_on_the_first_convolution_and_biases_only_without_norm():
    block = BasicBlock(8, 16, stride=2)
    assert (block.conv1.stride, block.conv2.stride) == ((2, 2), (1, 1))
    assert block.conv1.bias is None and block.downsample[0].bias is None


class NoNorm(nn.Identity):
    """Derived from what switches the norm off."""


@pytest.mark.parametrize("norm", [nn.Identity, NoNorm, lambda channels: nn.Identity()])
@pytest.mark.parametrize("kind", KINDS)
def test_a_convolution_has_a_bias_where_no_norm_follows(kind, norm):
    convolutions = [m for m in kind(8, 8, norm=norm).modules() if isinstance(m, nn.Conv2d)]
    assert convolutions and all(m.bias is not None for m in convolutions)
    assert all(m.bias is None for m in kind(8, 8).modules() if isinstance(m, nn.Conv2d))


def test_bottleneck_stride_placement():
    v15, v1 = Bottleneck(16, 32, 2), Bottleneck(16, 32, 2, stride_on="1x1")
    assert (v15.conv1.stride, v15.conv2.stride) == ((1, 1), (2, 2))
    assert (v1.conv1.stride, v1.conv2.stride) == ((2, 2), (1, 1))


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("size", [1, 7, 8, 13])
@pytest.mark.parametrize("shortcut", ["A", "B", "C", "none"])
def test_shapes_fit_for_odd_and_even_sizes(kind, size, shortcut):
    block = kind(16, 32, stride=2, shortcut=shortcut).eval()
    assert block(torch.zeros(2, 16, size, size)).shape == (2, 32, -(-size // 2), -(-size // 2))


def test_option_a_keeps_pixels_and_pads_zeros_without_parameters():
    x = torch.randn(2, 3, 5, 5)
    pad = ZeroPadShortcut(3, 8, stride=2)
    y = pad(x)
    assert torch.equal(y[:, :3], x[:, :, ::2, ::2]) and (y[:, 3:] == 0).all()
    assert list(pad.parameters()) == []
    with pytest.raises(ValueError, match="can't remove any: got 8 in and 3 out"):
        ZeroPadShortcut(8, 3)


def test_which_blocks_project():
    assert isinstance(make_shortcut("B", 8, 8), nn.Identity)
    assert isinstance(make_shortcut("A", 8, 8), nn.Identity)
    for kind, i, o, s in (("B", 8, 16, 1), ("B", 8, 8, 2), ("C", 8, 8, 1)):
        assert isinstance(make_shortcut(kind, i, o, s), nn.Sequential)
    assert make_shortcut("none", 8, 16, 2) is None
    assert is_residual(BasicBlock(8, 8)) and not is_residual(BasicBlock(8, 8, shortcut="none"))


@pytest.mark.parametrize("i, o, stride", [(4, 6, 1), (8, 8, 2)])
@pytest.mark.parametrize("kind", KINDS)
def test_an_identity_that_does_not_fit_is_refused_at_construction(kind, i, o, stride):
    i, o = 4 * i, 4 * o
    with pytest.raises(ValueError, match=f"{i} channels into {o} at stride {stride}"):
        kind(i, o, stride, shortcut="identity")


def test_unknown_options_are_named():
    with pytest.raises(ValueError, match="Unknown shortcut 'D'; choose one of identity, A, B"):
        BasicBlock(4, 4, shortcut="D")
    with pytest.raises(ValueError, match="must be a multiple of 4, got 30"):
        Bottleneck(16, 30)
    with pytest.raises(ValueError, match="'3x3' or '1x1', got '2x2'"):
        Bottleneck(16, 32, stride_on="2x2")


def test_preactivation_takes_x_or_the_activated_x():
    x = torch.randn(2, 8, 6, 6)
    block = PreActBasicBlock(8, 8).eval()
    nn.init.zeros_(block.conv2.weight)
    assert torch.equal(block(x), x), "identity: x itself, no ReLU after the addition"
    block = PreActBasicBlock(8, 16).eval()
    nn.init.zeros_(block.conv2.weight)
    activated = torch.relu(block.bn1(x))
    torch.testing.assert_close(block(x), block.downsample(activated))
    assert isinstance(block.downsample, nn.Conv2d), "no norm of its own after the shared one"


@pytest.mark.parametrize("kind", KINDS)
def test_no_block_changes_its_input(kind):
    x = torch.randn(2, 16, 6, 6)
    before = x.clone()
    kind(16, 16)(x)
    assert torch.equal(x, before)


def test_gradients_against_finite_differences():
    torch.manual_seed(0)
    for kind in (BasicBlock, PreActBasicBlock):
        block = kind(2, 2).double().eval()
        x = torch.randn(1, 2, 3, 3, dtype=torch.double, requires_grad=True)
        assert torch.autograd.gradcheck(block, (x,))


def test_the_projection_counts():
    assert sum(p.numel() for p in projection(16, 32, 2).parameters()) == 16 * 32 + 2 * 32


def test_a_residual_can_be_traced_and_exported():
    block = Residual(nn.Sequential(nn.Linear(5, 5), nn.ReLU()))
    x, rows = torch.randn(7, 5), torch.export.Dim("rows", min=1)
    torch.testing.assert_close(torch.fx.symbolic_trace(block)(x), block(x))
    program = torch.export.export(block, (torch.zeros(2, 5),), dynamic_shapes={"x": {0: rows}})
    torch.testing.assert_close(program.module()(x), block(x))
