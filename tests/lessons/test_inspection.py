"""Shapes, costs, gradients and counts, against the papers and finite differences."""

import pytest
import torch
from torch import nn

from utils.blocks import BasicBlock
from utils.inspection import (
    confusion_matrix,
    diagram_rows,
    evaluating,
    gradient_norms,
    input_gradient,
    most_confused,
    predict,
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
    net, X = cifar_resnet(8, num_classes=2).double(), torch.rand(4, 1, 8, 8).double()
    y = torch.tensor([0, 1, 0, 1])
    norms = gradient_norms(net, X, y)
    assert list(norms)[0] == "conv1" and list(norms)[-1] == "fc" and len(norms) == 8
    features = []
    net.fc.register_forward_hook(lambda module, inputs, output: features.append(inputs[0]))
    net.train()(X)
    weight, step, slopes = net.fc.weight, 1e-6, []
    with torch.no_grad():
        for index in range(weight.numel()):
            values = []
            for sign in (1, -1):
                weight.view(-1)[index] += sign * step
                logits = nn.functional.linear(features[0], weight, net.fc.bias)
                values.append(nn.functional.cross_entropy(logits, y).item())
                weight.view(-1)[index] -= sign * step
            slopes.append((values[0] - values[1]) / (2 * step))
    assert norms["fc"] == pytest.approx(torch.tensor(slopes).norm().item(), rel=1e-5)


IMAGES, LABELS = torch.rand(4, 1, 28, 28), torch.arange(4)


def forward_in_context(net):
    with evaluating(net):
        net(IMAGES)


LOOKS = {
    "summary": lambda net: summary(net, (2, 1, 28, 28)),
    "diagram_rows": lambda net: diagram_rows(net, (2, 1, 28, 28)),
    "predict": lambda net: predict(net, [(IMAGES, LABELS)]),
    "evaluating": forward_in_context,
    "gradient_norms": lambda net: gradient_norms(net, IMAGES, LABELS),
    "input_gradient": lambda net: input_gradient(net, (2, 1, 28, 28)),
    "input_gradient of a method": lambda net: input_gradient(net.forward, (2, 1, 28, 28)),
}


class Tally(nn.Module):
    """Counts its calls, in a buffer that no state dict holds; fails at the call it is told to."""

    def __init__(self, fails):
        super().__init__()
        self.fails = fails
        self.register_buffer("calls", torch.zeros(()), persistent=False)

    def forward(self, x):
        self.calls = self.calls + 1
        if self.fails:
            raise RuntimeError("as told")
        return nn.functional.dropout(x, 0.1, self.training)


def fine_tuned(training, fails):
    """A network as it may stand in the middle of fine-tuning: frozen norms, gradients, a hook."""
    torch.manual_seed(0)
    net = resnet8()
    net.avgpool = nn.Sequential(net.avgpool, Tally(fails))
    net.train(training)
    net.bn1.eval()
    net.layer2.train(not training)
    nn.functional.cross_entropy(net.fc(torch.rand(4, 128)), LABELS).backward()
    net.layer1.register_forward_hook(lambda module, inputs, output: None)
    return net


def state(net):
    """All that a look could leave behind, by name."""
    found = {"random numbers": torch.get_rng_state(), "grad mode": torch.is_grad_enabled()}
    for name, module in net.named_modules():
        found[f"mode of {name}"] = module.training
        found[f"hooks of {name}"] = [
            len(hooks) for key, hooks in sorted(vars(module).items()) if key.endswith("_hooks")
        ]
    for kind, tensors in (("buffer", net.named_buffers()), ("parameter", net.named_parameters())):
        found |= {f"{kind} {name}": tensor.detach().clone() for name, tensor in tensors}
    for name, parameter in net.named_parameters():
        found[f"gradient of {name}"] = None if parameter.grad is None else parameter.grad.clone()
    return found


def differences(before, after):
    def same(a, b):
        return torch.equal(a, b) if isinstance(a, torch.Tensor) else a == b

    assert before.keys() == after.keys()
    return [name for name in before if not same(before[name], after[name])]


@pytest.mark.parametrize("fails", [False, True], ids=["", "with an error"])
@pytest.mark.parametrize("training", [True, False], ids=["in train mode", "in eval mode"])
@pytest.mark.parametrize("name", LOOKS)
def test_a_look_changes_nothing(name, training, fails):
    net = fine_tuned(training, fails)
    before, kept = state(net), {n: p.grad for n, p in net.named_parameters()}
    if fails:
        with pytest.raises(RuntimeError, match="as told"):
            LOOKS[name](net)
    else:
        LOOKS[name](net)
    assert differences(before, state(net)) == []
    assert all(p.grad is kept[n] for n, p in net.named_parameters())


def test_an_error_before_the_first_layer_leaves_no_hook():
    net = resnet8()
    for look in (summary, diagram_rows):
        with pytest.raises(ValueError, match="takes 1 channel"):
            look(net, (2, 3, 28, 28))
    assert not any(module._forward_hooks for module in net.modules())


@pytest.mark.parametrize("name", LOOKS)
def test_a_look_works_in_the_networks_own_type_and_without_grad_mode(name):
    double = nn.Sequential(resnet8().double())
    for module in double.modules():
        module.register_forward_pre_hook(
            lambda module, inputs: tuple(x.double() for x in inputs)
            if name in ("predict", "evaluating", "gradient_norms") else None
        )  # fmt: skip
    with torch.no_grad():
        LOOKS[name](double)


def test_gradient_norms_are_those_of_the_next_training_step():
    """Frozen norms keep their running averages: the gradients differ from those in train mode."""
    torch.manual_seed(0)
    net = resnet8().train()
    net(IMAGES)  # so that averages and batch statistics differ
    for module in net.modules():
        if isinstance(module, nn.BatchNorm2d):
            module.eval()
    found = gradient_norms(net, IMAGES, LABELS)
    nn.functional.cross_entropy(net(IMAGES), LABELS).backward()
    assert found["conv1"] == pytest.approx(net.conv1.weight.grad.norm().item(), rel=1e-5)


def test_gradient_norms_leave_out_frozen_weights_and_give_0_where_the_loss_does_not_reach():
    net = resnet8()
    net.conv1.weight.requires_grad_(False)
    net.unused = nn.Linear(2, 2)
    norms = gradient_norms(net, IMAGES, LABELS)
    assert "conv1" not in norms and norms["unused"] == 0 and norms["fc"] > 0
    with pytest.raises(ValueError, match="no convolution or linear layer with a trainable weight"):
        gradient_norms(net.requires_grad_(False), IMAGES, LABELS)


def test_input_gradient_refuses_what_it_could_not_put_back():
    net = resnet8()
    with pytest.raises(TypeError, match="expected a module or a method of one"):
        input_gradient(lambda x: net(x), (1, 1, 28, 28))


def test_predictions_are_probabilities_in_order():
    net, batches = resnet8().eval(), [(IMAGES[:3], LABELS[:3]), (IMAGES[3:], LABELS[3:])]
    probabilities, labels = predict(net, batches)
    torch.testing.assert_close(probabilities, net(IMAGES).softmax(1).detach())
    assert labels.tolist() == [0, 1, 2, 3]
    with pytest.raises(ValueError, match="the loader has no batch"):
        predict(net, [])


def test_a_network_without_parameters_has_a_summary():
    found = summary(nn.Sequential(nn.MaxPool2d(2), nn.ReLU()), (1, 3, 8, 8))
    assert found.parameters == 0 and found.table.loc["0", "output"] == "1 x 3 x 4 x 4"


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
