"""Networks, against torchvision and the papers' tables."""

import pytest
import torch
import torchvision
from torch import nn

from utils.blocks import BasicBlock, PreActBasicBlock
from utils.resnet import (
    TABLE_1,
    ResNet,
    cifar_resnet,
    from_table_1,
    plain18,
    resnet8,
    resnet18,
    weighted_layers,
    wide14,
)


def parameters(net):
    return sum(p.numel() for p in net.parameters())


@pytest.mark.parametrize("name, count", [
    ("resnet18", 11_689_512), ("resnet34", 21_797_672), ("resnet50", 25_557_032),
    ("resnet101", 44_549_160), ("resnet152", 60_192_808),
])  # fmt: skip
def test_table_1_has_torchvisions_names_shapes_and_counts(name, count):
    with torch.device("meta"):
        ours = from_table_1(name, num_classes=1000, in_channels=3)
        theirs = getattr(torchvision.models, name)()
    shapes = [{k: v.shape for k, v in net.state_dict().items()} for net in (ours, theirs)]
    assert shapes[0] == shapes[1]
    assert parameters(ours) == count
    assert weighted_layers(ours) == int(name.removeprefix("resnet"))


@pytest.mark.parametrize("name", ["resnet18", "resnet50"])
def test_weights_load_both_ways_and_outputs_are_equal(name):
    torch.manual_seed(0)
    ours = from_table_1(name, 1000, 3).eval()
    theirs = getattr(torchvision.models, name)().eval()
    x = torch.randn(2, 3, 64, 64)
    ours.load_state_dict(theirs.state_dict())
    torch.testing.assert_close(ours(x), theirs(x))
    fresh = from_table_1(name, 1000, 3).eval()
    theirs.load_state_dict(fresh.state_dict())
    torch.testing.assert_close(fresh(x), theirs(x))


@pytest.mark.parametrize("depth, millions", [
    (20, 0.27), (32, 0.46), (44, 0.66), (56, 0.85), (110, 1.7),
])  # fmt: skip
def test_the_cifar_family_has_the_papers_sizes(depth, millions):
    net = cifar_resnet(depth, in_channels=3)
    assert parameters(net) / 1e6 == pytest.approx(millions, abs=0.03 if depth == 110 else 0.0051)
    assert weighted_layers(net) == depth


def test_shapes_of_the_chapter_at_224():
    net, shapes = resnet18().eval(), []
    for name in ("conv1", "maxpool", "layer1", "layer2", "layer3", "layer4", "avgpool", "fc"):
        getattr(net, name).register_forward_hook(lambda m, i, o: shapes.append(tuple(o.shape[1:])))
    net(torch.zeros(1, 1, 224, 224))
    assert shapes == [
        (64, 112, 112), (64, 56, 56), (64, 56, 56), (128, 28, 28), (256, 14, 14), (512, 7, 7),
        (512, 1, 1), (10,),
    ]  # fmt: skip


def test_the_plain_twin_has_the_same_layers_and_no_shortcut():
    twin, net = plain18(), resnet18()
    assert weighted_layers(twin) == weighted_layers(net) == 18
    without = {k: v.shape for k, v in net.state_dict().items() if "downsample" not in k}
    assert {k: v.shape for k, v in twin.state_dict().items()} == without
    assert parameters(cifar_resnet(20)) == parameters(cifar_resnet(20, shortcut="none"))


def test_zero_init_makes_every_block_start_as_the_identity():
    for preact in (False, True):
        net = resnet18(zero_init_residual=True, preact=preact).eval()
        x = torch.rand(2, 64, 8, 8)
        assert torch.equal(net.layer1(x), x)
    assert not torch.equal(resnet18().eval().layer1(x), x)


def test_a_preactivation_network_ends_in_norm_and_relu():
    net = cifar_resnet(20, preact=True)
    assert [type(m) for m in net.tail] == [nn.BatchNorm2d, nn.ReLU]
    assert isinstance(net.layer1[0], PreActBasicBlock)
    assert net(torch.zeros(2, 1, 28, 28)).shape == (2, 10)


def test_no_block_or_norm_is_used_twice():
    net = resnet18()
    net(torch.randn(2, 1, 32, 32))
    tracked = [m.num_batches_tracked.item() for m in net.modules() if isinstance(m, nn.BatchNorm2d)]
    assert tracked == [1] * 20


def test_a_norm_without_parameters_counts_and_works():
    net = cifar_resnet(8, norm=nn.Identity)
    assert not any(isinstance(m, nn.BatchNorm2d) for m in net.modules())
    assert net(torch.zeros(1, 1, 14, 14)).shape == (1, 10)


@pytest.mark.parametrize("build, sentence", [
    (lambda: cifar_resnet(18), "must be 6n\\+2.*got 18"),
    (lambda: from_table_1("resnet19"), "Unknown network 'resnet19'; Table 1 has resnet18"),
    (lambda: resnet18(stem="big"), "Unknown stem 'big'; choose one of imagenet"),
    (lambda: resnet18(num_classes=0), "whole numbers of at least 1"),
    (lambda: ResNet(BasicBlock, (1, 1), (8,)), "2 depths .* and 1 widths"),
    (lambda: cifar_resnet(8, norm=nn.Identity, zero_init_residual=True), "needs a norm"),
    (lambda: resnet18()(torch.zeros(2, 3, 32, 32)), "takes 1 channel.*with 3.*in_channels=3"),
    (lambda: resnet18()(torch.zeros(1, 32, 32)), "expected a batch.*unsqueeze"),
    (lambda: resnet18()(torch.zeros(2, 1, 16, 16)), "16x16 pixels are too small.*at least 17"),
])  # fmt: skip
def test_bad_input_gets_a_sentence(build, sentence):
    with pytest.raises(ValueError, match=sentence):
        build()


def test_the_smallest_image_allowed_works():
    assert resnet18().eval()(torch.zeros(1, 1, 17, 17)).shape == (1, 10)
    assert resnet8()(torch.zeros(2, 1, 28, 28)).shape == (2, 10)
    assert parameters(resnet8()) < 400_000
    assert wide14()(torch.zeros(2, 1, 28, 28)).shape == (2, 10)
    assert weighted_layers(wide14()) == 14 and parameters(wide14()) < 3_000_000
    assert len(TABLE_1) == 5
