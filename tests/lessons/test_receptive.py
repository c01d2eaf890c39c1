"""The receptive field, against published figures and pencil and paper."""

import pytest
import torch
import torchvision
from torch import nn

from utils.blocks import Bottleneck
from utils.inspection import effective_field, receptive_field
from utils.resnet import ResNet, cifar_resnet, resnet18


class V1(Bottleneck):
    stride_on = "1x1"


# Araujo, Norris and Sim 2019, "Computing Receptive Fields of Convolutional Neural Networks",
# Distill: resnet_v1_50 and resnet_v1_101.
@pytest.mark.parametrize("depths, pixels", [((3, 4, 6, 3), 483), ((3, 4, 23, 3), 1027)])
def test_v1_has_the_published_receptive_field(depths, pixels):
    net = ResNet(V1, depths, (4, 4, 4, 4))  # the widths make no difference
    assert receptive_field(net, "layer4") == pixels


def test_it_adds_up_kernel_by_kernel():
    """Each kernel adds its size less one, times the strides before it."""
    net = nn.Sequential(
        nn.Conv2d(3, 2, 7, 2, 3), nn.MaxPool2d(3, 2, 1), nn.Conv2d(2, 2, 3, 1, 1), nn.ReLU(),
        nn.Conv2d(2, 2, 3, 1, 2, dilation=2),
    )  # fmt: skip
    sides = [receptive_field(net, name, 200) for name in "0124"]
    assert sides == [7, 7 + 2 * 2, 11 + 2 * 4, 19 + 4 * 4]


def test_torchvisions_network_and_ours_see_the_same():
    theirs = receptive_field(torchvision.models.resnet18(weights=None), "layer3")
    assert theirs == receptive_field(resnet18(), "layer3") == 211


def test_the_longest_path_decides_and_shortcuts_do_not():
    assert receptive_field(cifar_resnet(8), "layer3") == receptive_field(
        cifar_resnet(8, shortcut="none"), "layer3"
    )


def test_the_network_is_left_as_it_was():
    net = cifar_resnet(8).train()
    before = {name: value.clone() for name, value in net.state_dict().items()}
    receptive_field(net, "layer1.0")
    assert net.training and all(p.grad is None for p in net.parameters())
    assert all(torch.equal(value, before[name]) for name, value in net.state_dict().items())


def test_bad_input_gets_a_sentence():
    with pytest.raises(ValueError, match="no layer 'layer9'; it has conv1, bn1"):
        receptive_field(resnet18(), "layer9")
    with pytest.raises(ValueError, match="sees the border of an image of 100 pixels; give more"):
        receptive_field(resnet18(), "layer4", pixels=100)


def test_the_effective_field_of_two_kernels_of_ones_is_worked_out_by_hand():
    """Columns weigh 1, 2, 3, 2, 1; of their squares' sum, 19, three hold 17 and four 18."""
    net = nn.Sequential(nn.Conv2d(1, 1, 3, 1, 1), nn.Conv2d(1, 1, 3, 1, 1))
    for layer in net:
        nn.init.ones_(layer.weight)
    widths = [effective_field(net, "1", 16, share) for share in (9 / 20, 17 / 20, 18 / 20, 1)]
    assert widths == [1, 3, 4, 5]
    nn.init.zeros_(net[0].weight)
    net[0].weight.data[0, 0, 1, 1] = 1  # sees nothing but its middle: three equal columns are left
    assert [effective_field(net, "1", 16, share) for share in (0.6, 0.9)] == [2, 3]


def test_the_effective_field_is_inside_the_receptive_one_and_changes_nothing():
    net = cifar_resnet(8).train()
    before = {name: value.clone() for name, value in net.state_dict().items()}
    assert effective_field(net, "layer3", 96, 1) <= receptive_field(net, "layer3")
    assert net.training and all(p.grad is None for p in net.parameters())
    assert all(torch.equal(value, before[name]) for name, value in net.state_dict().items())
    with pytest.raises(ValueError, match="effective_field: the network has no layer 'x'"):
        effective_field(net, "x")
    with pytest.raises(ValueError, match="share must be above 0 and at most 1, got 2"):
        effective_field(net, "layer1", share=2)
