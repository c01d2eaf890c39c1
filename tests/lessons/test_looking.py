"""Maps of what a network looks at, their comparison, and whether its confidence can be believed."""

import pytest
import torch
from scipy.optimize import minimize_scalar
from scipy.stats import spearmanr
from sklearn.calibration import calibration_curve
from torch import nn
from torch.nn import functional as F

from utils.inspection import (
    edges,
    expected_calibration_error,
    fit_temperature,
    grad_cam,
    gradient_times_input,
    randomised,
    rank_correlation,
    reliability,
    saliency,
)
from utils.resnet import resnet8


@pytest.fixture
def net():
    torch.manual_seed(0)
    net = resnet8(in_channels=2)
    for _ in range(3):
        net(torch.randn(8, 2, 16, 16))  # running averages of their own
    return net.eval()


@pytest.fixture
def images():
    return torch.rand(3, 2, 16, 16, generator=torch.Generator().manual_seed(1))


CLASSES = torch.tensor([4, 0, 9])


def test_of_a_linear_network_the_map_is_its_weights():
    linear = nn.Sequential(nn.Flatten(), nn.Linear(2 * 3 * 3, 4))
    X = torch.randn(5, 2, 3, 3)
    classes = torch.tensor([0, 3, 1, 1, 2])
    weights = linear[1].weight[classes].detach().reshape(5, 2, 3, 3)
    assert torch.allclose(saliency(linear, X, classes), weights.abs().amax(1))
    assert torch.allclose(gradient_times_input(linear, X, classes), (weights * X).abs().sum(1))


def test_the_gradient_is_that_of_finite_differences(net, images):
    net.double()
    X, found = images.double(), saliency(net, images.double(), CLASSES)
    for row, column in ((0, 0), (7, 9), (15, 3)):
        slopes = []
        for channel in range(2):
            step = torch.zeros_like(X)
            step[:, channel, row, column] = 1e-6
            with torch.no_grad():
                rise = net(X + step) - net(X - step)
            slopes.append(rise.gather(1, CLASSES[:, None])[:, 0].abs() / 2e-6)
        assert torch.allclose(torch.stack(slopes).amax(0), found[:, row, column], rtol=1e-4)


def test_before_a_pooled_linear_head_grad_cam_is_cam(net, images):
    """Selvaraju et al. 2017, section 3.1: there the weights are those of the head."""
    maps = []
    hook = net.layer3.register_forward_hook(lambda module, given, out: maps.append(out))
    with torch.no_grad():
        net(images)
    hook.remove()
    h, w = maps[0].shape[2:]
    weights = net.fc.weight[CLASSES].detach()[:, :, None, None] / (h * w)
    expected = F.relu((weights * maps[0]).sum(1))
    assert torch.allclose(grad_cam(net, images, CLASSES), expected, atol=1e-6)
    assert expected.any() and not grad_cam(net, images, CLASSES, "layer2").isnan().any()


@pytest.mark.parametrize("method", [saliency, gradient_times_input, grad_cam])
def test_looking_changes_nothing_whatever_the_mode(net, images, method):
    net.train().layer2.eval()
    before = {name: t.clone() for name, t in net.state_dict().items()}
    modes = [module.training for module in net.modules()]
    given = images.clone()
    found = method(net, images, CLASSES)
    assert torch.equal(found, method(net.eval(), images, CLASSES)), "eval mode is looked at"
    assert found.shape[0] == 3 and found.ndim == 3 and not found.requires_grad
    assert all(torch.equal(before[name], t) for name, t in net.state_dict().items())
    assert all(p.grad is None for p in net.parameters()) and torch.equal(images, given)
    assert not net.layer3._forward_hooks
    net.train().layer2.eval()
    assert modes == [module.training for module in net.modules()]


def test_grad_cam_refuses_what_has_no_maps(net, images):
    with pytest.raises(ValueError, match="no module 'layer9'; it has conv1, bn1"):
        grad_cam(net, images, CLASSES, "layer9")
    with pytest.raises(ValueError, match=r"'fc' has shape \(3, 10\)"):
        grad_cam(net, images, CLASSES, "fc")
    assert not net.fc._forward_hooks


def test_the_edges_of_a_ramp_are_its_slope_and_of_a_plane_none():
    ramp = torch.arange(6.0).expand(1, 1, 5, 6)
    assert torch.equal(edges(ramp)[0, 1:-1, 1:-1], torch.full((3, 4), 2.0))
    assert not edges(torch.ones(1, 1, 5, 5))[0, 1:-1, 1:-1].any()


def test_layers_are_made_random_in_a_copy(net):
    torch.manual_seed(5)
    fresh = resnet8(in_channels=2)
    before = {name: t.clone() for name, t in net.state_dict().items()}
    changed = randomised(net, fresh, ["fc", "layer3"]).state_dict()
    for name, t in net.state_dict().items():
        assert torch.equal(t, before[name]), "the trained network stays"
        taken = fresh if name.startswith(("fc", "layer3")) else net
        assert torch.equal(changed[name], taken.state_dict()[name])
    with pytest.raises(ValueError, match="no module 'layer4'"):
        randomised(net, fresh, ["layer4"])


def test_the_rank_correlation_is_scipys_with_ties():
    random = torch.Generator().manual_seed(0)
    first = torch.randint(0, 9, (6, 5, 7), generator=random).float()
    second = first + torch.randint(-4, 5, (6, 5, 7), generator=random)
    found = rank_correlation(first, second)
    for a, b, rho in zip(first, second, found, strict=True):
        assert spearmanr(a.flatten(), b.flatten()).statistic == pytest.approx(rho.item())
    where = torch.rand(6, 5, 7, generator=random) < 0.5
    for a, b, w, rho in zip(
        first, second, where, rank_correlation(first, second, where), strict=True
    ):
        assert spearmanr(a[w], b[w]).statistic == pytest.approx(rho.item())


def test_a_constant_map_agrees_with_nothing_and_shapes_must():
    maps = torch.rand(2, 4, 4)
    assert rank_correlation(maps, torch.ones(2, 4, 4)).tolist() == [0, 0]
    assert rank_correlation(maps, maps.exp()).tolist() == pytest.approx([1, 1])
    with pytest.raises(ValueError, match="one shape"):
        rank_correlation(maps, maps[:, :3])


@pytest.fixture
def predictions():
    random = torch.Generator().manual_seed(3)
    logits = 2 * torch.randn(900, 4, generator=random)
    labels = torch.multinomial((logits / 1.7).softmax(1), 1, generator=random)[:, 0]
    return logits, labels


def test_the_bins_are_those_of_scikit_learn(predictions):
    logits, labels = predictions
    p = logits.softmax(1)
    right = (p.argmax(1) == labels).numpy()
    accuracy, confidence = calibration_curve(right, p.amax(1).numpy(), n_bins=12)
    found = reliability(p, labels, 12)
    assert found.accuracy.tolist() == pytest.approx(accuracy.tolist())
    assert found.confidence.tolist() == pytest.approx(confidence.tolist())
    assert float(found.share.sum()) == pytest.approx(1)


def test_the_calibration_error_by_hand():
    p = torch.tensor([[0.9, 0.1], [0.2, 0.8], [0.95, 0.05], [0.55, 0.45]])
    labels = torch.tensor([0, 1, 1, 1])
    assert expected_calibration_error(p, labels, 1) == pytest.approx(0.3)
    assert expected_calibration_error(p, labels, 10) == pytest.approx(
        (0.1 + 0.2 + 0.95 + 0.55) / 4
    ), "0.9 stands on a border and belongs to the bin below"
    assert expected_calibration_error(torch.eye(3), torch.arange(3)) == 0


@pytest.mark.parametrize(
    "p, labels, bins", [([[2.0, 1.0]], [0], 5), ([[0.5, 0.5]], [0], 0), ([[0.5, 0.5]], [], 5)]
)
def test_what_can_not_be_binned_is_refused(p, labels, bins):
    with pytest.raises(ValueError, match="reliability"):
        reliability(torch.tensor(p), torch.tensor(labels).long(), bins)


def test_the_temperature_is_scipys_minimum(predictions):
    logits, labels = predictions

    def loss(T):
        return F.cross_entropy(logits.double() / T, labels).item()

    best = minimize_scalar(loss, bounds=(0.05, 20), method="bounded").x
    assert fit_temperature(logits, labels) == pytest.approx(best, rel=1e-3)
    assert 1.4 < best < 2, "the labels were drawn at 1.7"
    assert fit_temperature(3 * logits, labels) == pytest.approx(3 * best, rel=1e-3)


def test_without_a_mistake_there_is_no_best_temperature(predictions):
    logits, labels = predictions
    assert fit_temperature(logits, logits.argmax(1)) == pytest.approx(0.01, rel=1e-3)
    with pytest.raises(ValueError, match="no predictions"):
        fit_temperature(logits[:0], labels[:0])
