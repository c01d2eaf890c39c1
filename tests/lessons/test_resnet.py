"""Networks, against torchvision and the papers' tables."""

import warnings
from functools import partial

import pytest
import torch
import torchvision
from packaging.version import Version
from torch import nn
from torchvision.models.feature_extraction import create_feature_extractor

from utils.blocks import BasicBlock, Bottleneck, PreActBasicBlock, PreActBottleneck
from utils.inspection import summary
from utils.resnet import (
    TABLE_1,
    ResNet,
    cifar_resnet,
    from_table_1,
    plain18,
    resnet8,
    resnet18,
    resnet34,
    resnet50,
    resnet101,
    resnet152,
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


class V1(Bottleneck):
    stride_on = "1x1"


class ResNeXtBlock(Bottleneck):
    groups, widen = 32, 2


class WideBlock(Bottleneck):
    widen = 2


# torchvision's ResNeXt has no block of 64 groups that is as easily said: 64x4d has widen 4.
@pytest.mark.parametrize("name, block", [
    ("resnext50_32x4d", ResNeXtBlock), ("wide_resnet50_2", WideBlock),
])  # fmt: skip
def test_a_derived_block_makes_another_family_of_torchvisions(name, block):
    torch.manual_seed(0)
    ours = ResNet(block, (3, 4, 6, 3), (64, 128, 256, 512), 1000, 3).eval()
    theirs = getattr(torchvision.models, name)().eval()
    x = torch.randn(2, 3, 64, 64)
    ours.load_state_dict(theirs.state_dict())
    torch.testing.assert_close(ours(x), theirs(x))


# He et al. 2016a, Table 1, in billions. The paper has 3.8 for ResNet-50; 3.858 is counted.
@pytest.mark.parametrize("block, depths, shortcut, billions", [
    (BasicBlock, (2, 2, 2, 2), "A", 1.8), (BasicBlock, (3, 4, 6, 3), "A", 3.6),
    (V1, (3, 4, 6, 3), "B", 3.858), (V1, (3, 4, 23, 3), "B", 7.6), (V1, (3, 8, 36, 3), "B", 11.3),
])  # fmt: skip
def test_multiply_adds_are_those_of_table_1(block, depths, shortcut, billions):
    with torch.device("meta"):
        net = ResNet(block, depths, (64, 128, 256, 512), 1000, 3, shortcut=shortcut)
    found = summary(net, (1, 3, 224, 224)).multiply_adds / 1e9
    assert round(found, len(str(billions)) - str(billions).index(".") - 1) == billions


def test_every_name_of_table_1_is_a_function_too():
    for name, build in {"resnet34": resnet34, "resnet50": resnet50, "resnet101": resnet101,
                        "resnet152": resnet152}.items():  # fmt: skip
        with torch.device("meta"):
            assert parameters(build()) == parameters(from_table_1(name))


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


KINDS = (BasicBlock, Bottleneck, PreActBasicBlock, PreActBottleneck)


@pytest.mark.parametrize("parent", KINDS)
def test_a_derived_block_makes_the_same_network(parent):
    class Derived(parent):
        """Nothing of its own, and derived twice."""

    twice = type("Twice", (Derived,), {})
    networks = []
    for block in (parent, twice):
        torch.manual_seed(0)
        networks.append(ResNet(block, (1, 1), (8, 8), zero_init_residual=True))
    theirs, ours = networks
    assert str(ours).replace("Twice", parent.__name__) == str(theirs)
    for (name, a), b in zip(theirs.state_dict().items(), ours.state_dict().values(), strict=True):
        assert torch.equal(a, b), name
    block = ours.layer1[0].eval()
    x = torch.rand(1, 8 * parent.expansion, 4, 4)
    if isinstance(block.downsample, nn.Identity):
        assert torch.equal(block(x), x), "the branch starts at zero"
    assert ours.preact == issubclass(parent, (PreActBasicBlock, PreActBottleneck))


def test_a_norm_with_weights_starts_at_zero_whatever_its_type():
    net = resnet8(norm=partial(nn.GroupNorm, 8), zero_init_residual=True)
    assert not net.layer1[0].bn2.weight.any() and net.layer1[0].bn1.weight.all()
    affine = partial(nn.InstanceNorm2d, affine=True)
    assert not resnet8(norm=affine, zero_init_residual=True).layer1[0].bn2.weight.any()


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


class Foreign(nn.Module):
    """A block that is not ours."""

    expansion = 1

    def __init__(self, in_channels, out_channels, stride, *, shortcut, norm):
        super().__init__()
        self.downsample = nn.Identity()


@pytest.mark.parametrize("build, sentence", [
    (lambda: cifar_resnet(18), "must be 6n\\+2.*got 18"),
    (lambda: from_table_1("resnet19"), "Unknown network 'resnet19'; Table 1 has resnet18"),
    (lambda: resnet18(stem="big"), "Unknown stem 'big'; choose one of imagenet"),
    (lambda: resnet18(num_classes=0), "whole numbers of at least 1"),
    (lambda: ResNet(BasicBlock, (1, 1), (8,)), "2 depths .* and 1 widths"),
    (lambda: cifar_resnet(8, norm=nn.Identity, zero_init_residual=True),
     "needs a norm with weights, and BasicBlock.bn2 is Identity"),
    (lambda: resnet8(norm=nn.InstanceNorm2d, zero_init_residual=True),
     "needs a norm with weights, and BasicBlock.bn2 is InstanceNorm2d"),
    (lambda: resnet18(norm=partial(nn.BatchNorm2d, affine=False), zero_init_residual=True),
     "needs a norm with weights, and BasicBlock.bn2 is BatchNorm2d"),
    (lambda: plain18(zero_init_residual=True), "this BasicBlock has no shortcut"),
    (lambda: ResNet(Foreign, (1,), (8,), zero_init_residual=True), "Foreign is not derived from"),
    (lambda: ResNet(BasicBlock(8, 8), (1,), (8,)), "block must be a class with an `expansion`"),
    (lambda: ResNet(partial(BasicBlock), (1,), (8,)), "block must be a class with an `expansion`"),
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


@pytest.fixture(scope="module")
def twins_by_name():
    """Ours and torchvision's ResNet-18 with the same weights, in eval mode."""
    torch.manual_seed(0)
    ours, theirs = resnet18(1000, 3).eval(), torchvision.models.resnet18().eval()
    ours.load_state_dict(theirs.state_dict())
    return ours, theirs


def test_features_are_extracted_as_from_torchvisions(twins_by_name):
    names = ["relu", "layer1.0.conv1", "layer1.1", "layer2", "layer4.1.bn2", "flatten", "fc"]
    x = torch.randn(1, 3, 64, 64)
    ours, theirs = (create_feature_extractor(net, names)(x) for net in twins_by_name)
    for name in names:
        torch.testing.assert_close(ours[name], theirs[name], msg=name)


@pytest.mark.parametrize("shortcut", ["A", "B", "none"])
@pytest.mark.parametrize("preact", [False, True])
def test_fx_traces_every_kind_of_network(shortcut, preact):
    net = cifar_resnet(8, shortcut=shortcut, preact=preact).eval()
    traced = torch.fx.symbolic_trace(net)
    for size in (14, 28):
        x = torch.rand(2, 1, size, size)
        torch.testing.assert_close(traced(x), net(x))


# Earlier versions fix sizes while they trace, torchvision's networks' as well; tried: 2.4, 2.11.
traces_freely = pytest.mark.skipif(
    Version(torch.__version__).release < (2, 15), reason="this PyTorch fixes sizes while it traces"
)


@traces_freely
def test_an_export_takes_images_of_any_size(twins_by_name):
    """Height and width are free as far as torchvision's ResNet leaves them free."""
    sides = {2: torch.export.Dim("height", min=33), 3: torch.export.Dim("width", min=33)}
    x = torch.randn(2, 3, 40, 72)
    outputs, limits = [], []
    for net in twins_by_name:
        example = torch.zeros(2, 3, 64, 48)
        program = torch.export.export(net, (example,), dynamic_shapes={"x": sides})
        outputs.append(program.module()(x))
        limits.append(sorted(str(found) for found in program.range_constraints.values()))
    torch.testing.assert_close(*outputs)
    assert limits[0] == limits[1]


@pytest.mark.filterwarnings("ignore:.*is deprecated:FutureWarning")
def test_a_jit_trace_takes_other_sizes_and_warns_of_nothing():
    net = resnet8().eval()
    with warnings.catch_warnings():
        warnings.simplefilter("error", torch.jit.TracerWarning)
        traced = torch.jit.trace(net, torch.zeros(1, 1, 28, 28))
    x = torch.rand(3, 1, 40, 20)
    torch.testing.assert_close(traced(x), net(x))


@traces_freely
def test_a_compiled_network_still_refuses_in_a_sentence():
    net = torch.compile(resnet8().eval(), backend="eager")
    assert net(torch.zeros(2, 1, 28, 28)).shape == (2, 10)
    with pytest.raises(ValueError, match="takes 1 channel.*with 3"):
        net(torch.zeros(2, 3, 28, 28))
