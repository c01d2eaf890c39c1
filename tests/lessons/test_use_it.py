"""A network on another task, and in few bits."""

import pytest
import torch
from safetensors.torch import save_file
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from torch import nn

from utils import quantised, transfer
from utils.resnet import resnet8


@pytest.fixture(scope="module")
def digits():
    return transfer.digits()


def test_the_digits_are_all_there_and_enlarged(digits):
    assert digits.X.shape == (1797, 1, 28, 28) and digits.pixels.shape == (1797, 64)
    assert digits.classes == 10 and 0 <= digits.X.min() and digits.X.max() <= 1
    assert torch.allclose(digits.X.mean(dim=(1, 2, 3)), digits.pixels.mean(dim=1), atol=0.03)


def test_some_classes_are_numbered_anew_in_the_given_order():
    y = torch.tensor([3, 1, 7, 3, 0], dtype=torch.uint8)
    X, new = transfer.some_classes(torch.arange(5), y, (7, 3))
    assert X.tolist() == [0, 2, 3] and new.tolist() == [1, 0, 1]


def test_labels_are_drawn_for_each_class_and_fewer_are_part_of_more(digits):
    few, many = (transfer.draw(digits, labels, seed=3) for labels in (10, 100))
    assert digits.y[few.train].bincount().tolist() == [10] * 10
    assert set(few.train.tolist()) < set(many.train.tolist())
    assert torch.equal(few.test, many.test) and torch.equal(few.validation, many.validation)
    everything = [*many.train.tolist(), *many.validation.tolist(), *many.test.tolist()]
    assert sorted(everything) == list(range(1797))
    assert not torch.equal(few.train, transfer.draw(digits, 10, seed=4).train)
    with pytest.raises(ValueError, match="class 0 of digits has 178 images; 150 of at most 100"):
        transfer.draw(digits, 150, seed=0)


@pytest.fixture
def net():
    torch.manual_seed(0)
    net = resnet8(num_classes=6)
    for _ in range(3):
        net(torch.rand(16, 1, 28, 28))
    return net.eval()


def test_what_is_frozen_stays_to_the_bit_and_lets_gradients_through(net, digits):
    body = transfer.body(net)
    before = {name: t.clone() for name, t in body.state_dict().items()}
    front = nn.Conv2d(1, 1, 1)
    both = nn.Sequential(front, transfer.Frozen(body), nn.Linear(128, 10))
    parts = transfer.draw(digits, 2, seed=0)
    weight = front.weight.clone()
    transfer.train_few(both, digits, parts, rate=0.1, steps=3)
    assert all(torch.equal(before[name], t) for name, t in body.state_dict().items())
    assert not torch.equal(front.weight, weight)
    assert both.train()[1].train() is both[1] and not body.training


def test_without_it_the_running_averages_move(net, digits):
    body = transfer.body(net).requires_grad_(False)
    before = {name: t.clone() for name, t in body.state_dict().items()}
    both = nn.Sequential(body, nn.Linear(128, 10))
    transfer.train_few(both, digits, transfer.draw(digits, 2, seed=0), rate=0.1, steps=3)
    moved = {name.split(".")[-1] for name, t in body.state_dict().items()
             if not torch.equal(before[name], t)}  # fmt: skip
    assert moved == {"running_mean", "running_var", "num_batches_tracked"}


def test_a_body_is_the_network_without_its_head(net, digits):
    X = digits.X[:300]
    with torch.no_grad():
        rows = transfer.features(transfer.body(net), X)
        assert torch.allclose(net.fc(rows), net(X), atol=1e-5)
        maps = transfer.features(transfer.body(net, pooled=False), X)
    assert torch.allclose(maps.reshape(300, 128, -1).mean(2), rows, atol=1e-5)


def test_new_statistics_are_those_of_the_images_and_no_weight_moves(net, digits):
    adapted = transfer.with_statistics_of(net, digits.X[:200])
    maps = net.conv1(digits.X[:200])
    assert torch.allclose(adapted.bn1.running_mean, maps.mean(dim=(0, 2, 3)), atol=1e-5)
    assert torch.allclose(adapted.bn1.running_var, maps.var(dim=(0, 2, 3)), rtol=1e-4)
    assert all(map(torch.equal, adapted.parameters(), net.parameters()))
    assert not torch.equal(net.bn1.running_mean, adapted.bn1.running_mean)


def test_the_probe_is_scikit_learns_pipeline(digits):
    parts = transfer.draw(digits, 10, seed=1)
    found = transfer.linear_probe(digits.pixels, digits.y, parts)
    model = make_pipeline(
        StandardScaler(), LogisticRegression(C=found["setting"], max_iter=200)
    ).fit(digits.pixels[parts.train].numpy(), digits.y[parts.train].numpy())
    for part in ("validation", "test"):
        rows = getattr(parts, part)
        score = model.score(digits.pixels[rows].numpy(), digits.y[rows].numpy())
        assert found[part] == pytest.approx(score, abs=0.01)


def test_a_network_learns_a_few_digits_by_heart(digits):
    torch.manual_seed(0)
    parts = transfer.draw(digits, 2, seed=0)
    # 30 steps end between 0.55 and 1, by seed and number of threads; 60 always at 1.
    net = transfer.train_few(resnet8(), digits, parts, rate=0.05, steps=60)
    assert not net.training
    assert transfer.accuracy(net, digits, parts.train) > 0.9


@pytest.mark.parametrize("shape", [(5, 7), (4, 3, 3, 3)])
@pytest.mark.parametrize("bits", [8, 4, 2])
def test_rounding_is_pytorchs_fake_quantisation(shape, bits):
    torch.manual_seed(1)
    weight = torch.randn(shape) * torch.logspace(-3, 2, shape[0]).reshape(-1, *[1] * len(shape[1:]))
    whole, scale = quantised.quantise(weight, bits)
    most = 2 ** (bits - 1) - 1
    zeros = torch.zeros(shape[0], dtype=torch.int32)
    expected = torch.fake_quantize_per_channel_affine(
        weight, scale.flatten(), zeros, 0, -most, most
    )
    assert whole.dtype == torch.int8 and torch.allclose(whole * scale, expected)
    assert whole.abs().flatten(1).amax(1).tolist() == [most] * shape[0]
    assert ((whole * scale - weight).abs() <= scale * 0.5001).all()


def test_one_scale_for_all_and_a_channel_of_zeros():
    weight = torch.tensor([[1.0, -254.0], [0.0, 0.0]])
    whole, scale = quantised.quantise(weight, per_channel=False)
    assert scale.tolist() == [[2.0]] and whole.tolist() == [[0, -127], [0, 0]]
    whole, scale = quantised.quantise(weight)
    assert scale.tolist() == [[2.0], [1.0]] and whole[1].tolist() == [0, 0]
    with pytest.raises(ValueError, match="got 9"):
        quantised.quantise(weight, 9)


def test_a_packed_network_is_the_rounded_one_in_a_third_of_the_bytes(net, tmp_path):
    state = quantised.packed(net)
    again = resnet8(num_classes=6).eval()
    again.load_state_dict(quantised.unpacked(state))
    rounded = quantised.quantised(net)
    assert all(map(torch.equal, again.state_dict().values(), rounded.state_dict().values()))
    save_file(state, tmp_path / "net.safetensors")
    assert (tmp_path / "net.safetensors").stat().st_size == quantised.size(state)
    assert quantised.size(state) < 0.3 * quantised.size(net.state_dict())


def test_rounding_leaves_the_network_itself_alone(net):
    before = {name: t.clone() for name, t in net.state_dict().items()}
    rounded = quantised.quantised(net, bits=3)
    assert all(torch.equal(before[name], t) for name, t in net.state_dict().items())
    assert len(rounded.fc.weight[0].unique()) <= 7
    assert torch.equal(rounded.bn1.weight, net.bn1.weight)
