"""The loss around a network, against closed forms and PyTorch's own Hessian."""

import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from utils.inspection import largest_curvature, loss_surface, random_direction


class Point(nn.Module):
    """Weights and nothing else."""

    def __init__(self, *values: float):
        super().__init__()
        self.at = nn.Parameter(torch.tensor(values, dtype=torch.double))


def quadratic(matrix: Tensor):
    return lambda net: net.at @ matrix @ net.at / 2


@pytest.fixture
def small() -> nn.Module:
    torch.manual_seed(0)
    return nn.Sequential(
        nn.Conv2d(2, 4, 3), nn.BatchNorm2d(4), nn.Tanh(), nn.Flatten(), nn.Linear(16, 3)
    ).double()


@pytest.fixture
def loss():
    generator = torch.Generator().manual_seed(1)
    X = torch.randn(6, 2, 4, 4, dtype=torch.double, generator=generator)
    y = torch.tensor([0, 1, 2, 0, 1, 2])
    return lambda net: F.cross_entropy(net(X), y)


def state(net: nn.Module) -> dict[str, Tensor]:
    return {name: value.clone() for name, value in net.state_dict().items()}


def test_a_quadratic_has_the_surface_of_its_formula():
    matrix = torch.tensor([[4.0, 1], [1, -2]], dtype=torch.double)
    first, second = (torch.tensor(v, dtype=torch.double) for v in ([1, 2], [-1, 0.5]))
    steps = [-1.0, 0.0, 0.5, 2.0]
    found = loss_surface(Point(3, -1), quadratic(matrix), [[first], [second]], steps)
    start = torch.tensor([3.0, -1], dtype=torch.double)
    for i, a in enumerate(steps):
        for j, b in enumerate(steps):
            at = start + a * first + b * second
            assert found[i, j].item() == pytest.approx((at @ matrix @ at / 2).item(), abs=1e-5)


def test_a_line_is_the_middle_row_of_a_plane(small, loss):
    along, across = random_direction(small, 0), random_direction(small, 1)
    steps = [-0.5, 0.0, 0.5]
    plane = loss_surface(small, loss, [along, across], steps)
    assert torch.equal(plane[:, 1], loss_surface(small, loss, [along], steps))


def test_a_network_is_as_it_was_to_the_bit(small, loss):
    before = state(small)
    loss_surface(small.train(), loss, [random_direction(small)], [-0.3, 0.1, 0.7])
    largest_curvature(small, loss)
    after = state(small)
    assert small.training
    assert all(torch.equal(before[name], after[name]) for name in before)
    assert all(weights.grad is None for weights in small.parameters())


def test_a_network_is_as_it_was_after_an_error(small):
    before = state(small)

    def fails(net: nn.Module) -> Tensor:
        raise RuntimeError("no loss")

    with pytest.raises(RuntimeError, match="no loss"):
        loss_surface(small, fails, [random_direction(small)], [1.0])
    assert all(torch.equal(value, before[name]) for name, value in state(small).items())


def test_each_filter_of_a_direction_has_the_norm_of_its_own(small):
    for weights, drawn in zip(small.parameters(), random_direction(small, 3), strict=True):
        if weights.ndim < 2:
            assert not drawn.any()
        else:
            mine, own = drawn.flatten(1).norm(dim=1), weights.flatten(1).norm(dim=1)
            torch.testing.assert_close(mine, own.detach())


def test_filters_multiplied_before_a_norm_change_nothing_but_the_raw_slice(small, loss):
    steps = [-1.0, -0.5, 0.0, 0.5, 1.0]

    def slices(how: str) -> Tensor:
        return loss_surface(small, loss, [random_direction(small, 0, how)], steps)

    before = {how: slices(how) for how in ("filter", "none")}
    with torch.no_grad():
        small[0].weight *= 10
        small[0].bias *= 10
    after = {how: slices(how) for how in ("filter", "none")}
    torch.testing.assert_close(after["filter"], before["filter"], rtol=1e-4, atol=1e-4)
    assert (after["none"] - before["none"]).abs().max() > 0.1


def test_a_seed_gives_a_direction_and_leaves_the_random_numbers_alone(small):
    torch.manual_seed(5)
    expected = torch.rand(3)
    torch.manual_seed(5)
    one, again, other = (random_direction(small, seed) for seed in (1, 1, 2))
    assert torch.equal(torch.rand(3), expected)
    assert all(torch.equal(a, b) for a, b in zip(one, again, strict=True))
    assert not torch.equal(one[0], other[0])


@pytest.mark.parametrize("matrix", [[[4.0, 1], [1, -2]], [[1.0, 3], [3, -7]], [[0.0, 0], [0, 0]]])
def test_the_curvature_of_a_quadratic_is_its_eigenvalue(matrix):
    matrix = torch.tensor(matrix, dtype=torch.double)
    values = torch.linalg.eigvalsh(matrix)
    largest = values[values.abs().argmax()].item()
    found = largest_curvature(Point(1, 2), quadratic(matrix), iterations=100)
    assert found == pytest.approx(largest, abs=1e-6)


def test_the_curvature_of_a_network_is_that_of_its_whole_hessian(loss):
    torch.manual_seed(2)
    net = nn.Sequential(nn.Flatten(), nn.Linear(32, 3), nn.Tanh(), nn.Linear(3, 3)).double()
    names = [name for name, _ in net.named_parameters()]
    sizes = [weights.numel() for weights in net.parameters()]
    shapes = [weights.shape for weights in net.parameters()]

    def at(flat: Tensor) -> Tensor:
        parts = (part.reshape(s) for part, s in zip(flat.split(sizes), shapes, strict=True))
        named = dict(zip(names, parts, strict=True))
        return loss(lambda X: torch.func.functional_call(net, named, X))

    flat = nn.utils.parameters_to_vector(net.parameters()).detach()
    values = torch.linalg.eigvalsh(torch.autograd.functional.hessian(at, flat))
    largest = values[values.abs().argmax()].item()
    assert largest_curvature(net, loss, iterations=300) == pytest.approx(largest, rel=1e-3)


def test_a_rate_above_two_by_the_curvature_climbs_and_one_below_falls():
    matrix = torch.tensor([[5.0, 1], [1, 2]], dtype=torch.double)
    loss = quadratic(matrix)
    edge = 2 / largest_curvature(Point(1, 1), loss, iterations=100)

    def after(rate: float) -> float:
        net = Point(1, 1)
        optimiser = torch.optim.SGD(net.parameters(), rate)
        for _ in range(200):
            optimiser.zero_grad()
            loss(net).backward()
            optimiser.step()
        return loss(net).item()

    assert after(0.95 * edge) < 1e-3 < 1e3 < after(1.05 * edge)


def test_bad_arguments_get_a_sentence(small, loss):
    with pytest.raises(ValueError, match="'filter' or 'none', got 'layer'"):
        random_direction(small, normalised="layer")
    with pytest.raises(ValueError, match="at least 1 iteration, got 0"):
        largest_curvature(small, loss, iterations=0)
