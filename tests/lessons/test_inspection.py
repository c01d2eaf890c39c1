"""Shapes, costs, gradients and counts, against the papers and finite differences."""

import pytest
import torch
from torch import nn

from utils.blocks import BasicBlock
from utils.inspection import (
    confusion_matrix,
    diagram_rows,
    gradient_norms,
    input_gradient,
    most_confused,
    summary,
)
from utils.resnet import cifar_resnet, from_table_1, plain18, resnet8, resnet18


@pytest.mark.parametrize("name, billions", [
    ("resnet18", 1.8), ("resnet34", 3.6), ("resnet50", 3.8),
])  # fmt: skip
def test_multiply_adds_are_those_of_table_1(name, billions):
    """Table 1 of the paper; its ResNet-50 has the stride on the 1x1, ours on the 3x3: 4.1."""
    measured = summary(from_table_1(name, 1000, 3), (1, 3, 224, 224)).multiply_adds / 1e9
    assert measured == pytest.approx(4.1 if name == "resnet50" else billions, abs=0.1)


def test_a_summary_adds_up_and_leaves_the_network_as_it_was():
    net = resnet18().train()
    before = {k: v.clone() for k, v in net.state_dict().items()}
    found = summary(net, (2, 1, 96, 96))
    assert found.table["parameters"].sum() == found.parameters == 11_175_370
    assert found.table["multiply_adds"].sum() == found.multiply_adds
    assert found.table.loc["layer4", "output"] == "2 x 512 x 3 x 3"
    assert net.training and all(torch.equal(v, before[k]) for k, v in net.state_dict().items())
    assert "11,175,370" in str(found) and "11,175,370" in found._repr_html_()


def test_gradient_norms_equal_a_finite_difference():
    torch.manual_seed(0)
    net, X, y = cifar_resnet(8).double(), torch.rand(4, 1, 14, 14).double(), torch.arange(4)
    norms = gradient_norms(net, X, y)
    assert list(norms)[0] == "conv1" and list(norms)[-1] == "fc" and len(norms) == 8
    weight, step = net.fc.weight, 1e-6
    net.train()
    slopes = []
    with torch.no_grad():
        for index in range(weight.numel()):
            values = []
            for sign in (1, -1):
                weight.view(-1)[index] += sign * step
                values.append(nn.functional.cross_entropy(net(X), y).item())
                weight.view(-1)[index] -= sign * step
            slopes.append((values[0] - values[1]) / (2 * step))
    assert norms["fc"] == pytest.approx(torch.tensor(slopes).norm().item(), rel=1e-5)


def test_gradient_norms_leave_statistics_and_mode_alone():
    net = resnet8().eval()
    before = {k: v.clone() for k, v in net.state_dict().items()}
    gradient_norms(net, torch.rand(4, 1, 28, 28), torch.arange(4))
    assert not net.training and all(p.grad is None for p in net.parameters())
    assert all(torch.equal(v, before[k]) for k, v in net.state_dict().items())


def test_a_1x1_of_stride_2_never_sees_three_quarters_of_the_pixels():
    block = BasicBlock(4, 8, stride=2).eval()
    unseen = (input_gradient(block.downsample, (1, 4, 8, 8)) == 0).float().mean()
    assert unseen == 0.75
    assert (input_gradient(block.branch, (1, 4, 8, 8)) > 0).all()


def test_the_confusion_matrix_counts():
    labels, answers = torch.tensor([0, 0, 1, 2, 2, 2]), torch.tensor([0, 1, 1, 0, 0, 2])
    counts = confusion_matrix(labels, answers, 3)
    assert counts.tolist() == [[1, 1, 0], [0, 1, 0], [2, 0, 1]]
    assert most_confused(counts, 2) == [(2, 0, 2), (0, 1, 1)]


@pytest.mark.parametrize("bad", [-1, 10])
def test_labels_outside_the_classes_are_named(bad):
    with pytest.raises(ValueError, match=f"labels must lie in 0 to 9, got {bad}"):
        confusion_matrix(torch.tensor([1, bad]), torch.tensor([1, 2]))


def test_a_diagram_tells_the_shortcuts_apart():
    kinds = [row["kind"] for row in diagram_rows(resnet18(), (1, 1, 64, 64))]
    assert (kinds.count("identity"), kinds.count("projection")) == (5, 3)
    assert "plain" in {row["kind"] for row in diagram_rows(plain18(), (1, 1, 64, 64))}
