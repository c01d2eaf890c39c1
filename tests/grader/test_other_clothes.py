"""Chapter 11: a test that asks for how a repair is written hears so from its visible check."""

import pytest
from test_exercises import ANSWERS, complaints

pytestmark = pytest.mark.slow(reason="runs answers through the visible checks")
OF = {answer.name: (exercise, answer) for exercise, answer in ANSWERS}

# What a student might add to a right test, line by line, that right repairs need not fulfil.
DEMANDS = {
    "projection": "    assert isinstance(shortcut(4, 6, 1), nn.Conv2d)",
    "branch": "    assert isinstance(branch(6, 4, 16)[1], nn.BatchNorm2d)",
    "head": "    assert isinstance(head(5, 10)[-1], nn.Linear)",
    "chain": '    assert "1.weight" in chain(nn.Linear, 3, 4).state_dict()',
    "question": '    assert hasattr(Block(nn.Identity(), 4, 4), "branch")',
    "norms": '    assert hasattr(Block(4), "bn1") and hasattr(Block(4), "bn2")',
    "tail": "    assert isinstance(build(nn.Identity(), [nn.Tanh()], 3, 10)[2], nn.BatchNorm2d)",
    "accuracy": (
        "    calls, net = [], nn.Linear(3, 2)\n"
        "    net.register_forward_hook(lambda *_: calls.append(1))\n"
        "    accuracy(net, 2 * [(torch.rand(4, 3), torch.zeros(4).long())])\n"
        "    assert len(calls) == 2"
    ),
    "loss": (
        "    logits, labels = torch.randn(64, 10), torch.randint(10, (64,))\n"
        "    assert torch.equal(loss(logits, labels), F.cross_entropy(logits, labels))"
    ),
    "strides": "    assert strides(blocks=(2, 2)) == [1, 1, 2, 1]",
    "running": (
        "    rows = torch.rand(37, 200)\n"
        "    mean, var = running(torch.zeros(200), torch.ones(200), rows)\n"
        "    expected = torch.lerp(torch.zeros(200), rows.mean(0), 0.1)\n"
        "    assert torch.equal(mean, expected)"
    ),
    "gradient": (
        "    x = torch.rand(7, 11)\n    assert torch.equal(gradient(x), 2 * x / x.numel())"
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", DEMANDS)
def test_a_test_that_demands_how_a_repair_is_written_is_told_so(name):
    exercise, answer = OF[name]
    said = complaints(exercise, answer, f"{answer.solution.rstrip()}\n{DEMANDS[name]}\n")
    assert [what for what, words in said.items() if words] == ["your test"], said
    assert "other clothes" in said["your test"]


def test_there_is_one_for_each_test_that_students_write():
    assert set(DEMANDS) == {a.name for e, a in ANSWERS if "\ndef test_" in a.solution}
