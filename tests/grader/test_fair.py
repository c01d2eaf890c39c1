"""Right answers written in another way than the course's pass all checks and get all points."""

import pytest
from test_exercises import EXERCISES, complaints
from test_mutants import ANSWERS

from grader.diagnosis import judge

RIGHT = {
    "staircase": """
def staircase(y, n):
    size = len(y) // n
    return torch.cat([torch.full((size,), y[k : k + size].mean().item())
                      for k in range(0, len(y), size)])
""",
    "contains": """
def steps_contain(large, small):
    ends = {k / large for k in range(large + 1)}
    return all(min(abs(k / small - e) for e in ends) < 1e-9 for k in range(small + 1))
""",
    "diagnose": """
def diagnose(shallow, deep):
    (a, b), (c, d) = shallow, deep
    return "degradation" if c > a else ["neither", "overfitting"][d > b]
""",
    "table": """
class TableBlock(torch.nn.Module):
    def __init__(self, features, hidden):
        super().__init__()
        self.inner = nn.Linear(features, hidden)
        self.outer = nn.Linear(hidden, features)
        with torch.no_grad():
            for p in self.outer.parameters():
                p.zero_()

    def forward(self, x):
        return self.outer(self.inner(x).clamp(min=0)).add(x)
""",
    "padded": """
def padded(x, out_channels, stride):
    x = x[..., ::stride, ::stride]
    n, c, h, w = x.shape
    return torch.cat([x, x.new_zeros(n, out_channels - c, h, w)], dim=1)
""",
    "pooled": """
class PooledShortcut(nn.Module):
    def __init__(self, i, o, stride):
        super().__init__()
        self.pool = nn.AvgPool2d(stride, stride, ceil_mode=True, count_include_pad=False)
        self.conv, self.bn = nn.Conv2d(i, o, (1, 1), bias=False), nn.BatchNorm2d(o)

    def forward(self, x):
        for layer in (self.pool, self.conv, self.bn):
            x = layer(x)
        return x
""",
    "basic": """
class BasicBlock(nn.Module):
    def __init__(self, in_channels, out_channels, stride=1):
        super().__init__()
        def conv(i, o, k, s):
            return nn.Conv2d(i, o, k, s, padding=k // 2, bias=False)
        self.conv1 = conv(in_channels, out_channels, 3, stride)
        self.bn1 = nn.BatchNorm2d(out_channels)
        self.conv2, self.bn2 = conv(out_channels, out_channels, 3, 1), nn.BatchNorm2d(out_channels)
        self.downsample = nn.Identity() if (stride, in_channels) == (1, out_channels) else (
            nn.Sequential(conv(in_channels, out_channels, 1, stride), nn.BatchNorm2d(out_channels)))
        self.relu = nn.ReLU(inplace=True)

    def forward(self, x):
        out = self.relu(self.bn1(self.conv1(x)))
        out = self.bn2(self.conv2(out))
        out += self.downsample(x)
        return self.relu(out)
""",
    "layers": """
def layers(net):
    count = 0
    for name, module in net.named_modules():
        if "downsample" in name.split("."):
            continue
        count += type(module) in (nn.Conv2d, nn.Linear)
    return count
""",
    "confusion": """
def confusion(truth, answer, classes):
    counts = torch.zeros(classes, classes, dtype=torch.long)
    for i, j in zip(truth.tolist(), answer.tolist()):
        counts[i, j] += 1
    return counts
""",
    "merged": """
def merged_accuracy(matrix, group):
    right = 0.0
    for i in range(len(matrix)):
        for j in range(len(matrix)):
            if i == j or (i in group and j in group):
                right += float(matrix[i, j])
    return right / float(matrix.sum())
""",
    "projection": """
def shortcut(i, o, stride):
    if i == o and stride == 1:
        return nn.Identity()
    return nn.Conv2d(i, o, kernel_size=1, stride=stride, bias=False)

def test_shortcut(shortcut):
    for i in (3, 8):
        for o in (3, 8):
            for stride in (1, 2):
                x, s = torch.randn(2, i, 11, 11), shortcut(i, o, stride)
                assert s(x).shape == nn.Conv2d(i, o, 3, stride, padding=1)(x).shape
                same = i == o and stride == 1
                assert isinstance(s, nn.Identity) if same else not isinstance(s, nn.Identity)
                assert sum(p.numel() for p in s.parameters()) == (0 if same else i * o)
""",
    "branch": """
def branch(i, width, o, stride=1):
    class Branch(nn.Module):
        def __init__(self):
            super().__init__()
            self.a = nn.Sequential(nn.Conv2d(i, width, 1, bias=False), nn.BatchNorm2d(width))
            self.b = nn.Sequential(nn.Conv2d(width, width, 3, stride, 1, bias=False),
                                   nn.BatchNorm2d(width))
            self.c = nn.Sequential(nn.Conv2d(width, o, 1, bias=False), nn.BatchNorm2d(o))
        def forward(self, x):
            return self.c(F.relu(self.b(F.relu(self.a(x)))))
    return Branch()

def test_branch(branch):
    i, width, o = 8, 5, 12
    for stride, side in ((1, 9), (2, 5)):
        made = branch(i, width, o, stride)
        assert made(torch.randn(2, i, 9, 9)).shape == (2, o, side, side)
        assert all(m.bias is None for m in made.modules() if isinstance(m, nn.Conv2d))
        count = sum(p.numel() for p in made.parameters())
        assert count == i * width + 9 * width**2 + width * o + 2 * (2 * width + o)
""",
    "head": """
class Mean(nn.Module):
    def forward(self, x):
        return x.mean((-1, -2))

def head(channels, classes):
    return nn.Sequential(Mean(), nn.Linear(channels, classes))

def test_head(head):
    made = head(4, 10)
    for size in [(1, 1), (2, 2), (7, 7), (15, 9)]:
        x = torch.randn(3, 4, *size)
        assert torch.allclose(made(x), made(x.mean(dim=(2, 3), keepdim=True)), atol=1e-5)
""",
    "chain": """
def chain(block, channels, n):
    return nn.Sequential(*(block(channels, channels) for _ in range(n)))

def test_chain(chain):
    made = []
    def block(a, b):
        made.append((a, b))
        return nn.Linear(a, b)
    net = chain(block, 3, 4)
    assert made == [(3, 3)] * 4
    assert len({p.data_ptr() for p in net.parameters()}) == 8
""",
    "question": """
class Repaired(nn.Module):
    def __init__(self, branch, i, o):
        super().__init__()
        self.branch, self.shortcut = branch, nn.Identity()
        if i != o:
            self.shortcut = nn.Linear(i, o, bias=False)

    def forward(self, x):
        out = self.branch(x).clone()
        out += self.shortcut(x)
        return out

def test_block(Block):
    x = torch.randn(3, 4)
    old, wide = x.clone(), nn.Linear(4, 6)
    block = Block(wide, 4, 6)
    assert torch.allclose(block(x), wide(x) + block.shortcut(x))
    assert sum(p.numel() for p in block.parameters()) == 30 + 24
    assert torch.allclose(Block(nn.Identity(), 4, 4)(x), old + old)
    assert torch.equal(x, old)
""",
    "norms": """
class TwoNorms(nn.Module):
    def __init__(self, channels):
        super().__init__()
        for k in "12":
            setattr(self, f"conv{k}", nn.Conv2d(channels, channels, 3, padding=1, bias=False))
            setattr(self, f"bn{k}", nn.BatchNorm2d(channels))
        self.relu = nn.ReLU(inplace=True)

    def forward(self, x):
        out = self.relu(self.bn1(self.conv1(x)))
        out = self.bn2(self.conv2(out))
        out += x
        return self.relu(out)

def test_norms(Block):
    block, calls = Block(3).train(), {}
    for m in block.modules():
        if isinstance(m, nn.BatchNorm2d):
            calls[m] = 0
            m.register_forward_hook(lambda m, *_: calls.__setitem__(m, calls[m] + 1))
    block(torch.randn(4, 3, 6, 6))
    assert list(calls.values()) == [1, 1]
""",
    "tail": """
def ended(stem, blocks, channels, classes):
    end = nn.Sequential(nn.BatchNorm2d(channels), nn.ReLU(inplace=True))
    return nn.Sequential(stem, nn.Sequential(*blocks), end, nn.AdaptiveAvgPool2d((1, 1)),
                         nn.Flatten(1), nn.Linear(channels, classes))

def test_end(build):
    mark = nn.Hardtanh()
    net = build(nn.Conv2d(1, 2, 1), [mark], 2, 3)
    order = [m for m in net.modules() if not list(m.children())]
    place = order.index(mark)
    assert isinstance(order[place + 1], nn.BatchNorm2d)
    assert isinstance(order[place + 2], nn.ReLU)
""",
    "accuracy": """
def accuracy(net, batches):
    was, right, count = net.training, 0.0, 0
    net.train(False)
    with torch.inference_mode():
        for x, y in batches:
            right += (net(x).max(1).indices == y).float().mean().item() * len(y)
            count += len(y)
    net.train(was)
    return right / count

def test_accuracy(accuracy):
    x, y, seen = torch.randn(12, 3), torch.randint(0, 2, (12,)), []
    for mode in (True, False):
        net = nn.Linear(3, 2).train(mode)
        net.register_forward_hook(lambda m, *_: seen.append((m.training, torch.is_grad_enabled())))
        accuracy(net, zip(x.split(4), y.split(4)))
        assert net.training is mode
    assert set(seen) == {(False, False)}
""",
    "loss": """
def loss(logits, labels):
    return -(logits - logits.logsumexp(1, keepdim=True))[torch.arange(len(labels)), labels].mean()

def test_loss(loss):
    z, y = torch.randn(8, 10) * 5, torch.randint(10, (8,))
    assert torch.allclose(loss(z, y), F.cross_entropy(z, y))
""",
    "strides": """
def strides(blocks):
    out = []
    for k, n in enumerate(blocks):
        out += [1 if k == 0 else 2] + [1] * (n - 1)
    return out

def test_strides(strides):
    got, size = strides([2, 2, 2]), 56
    for stride in got:
        size = -(-size // stride)
    assert size == 14 and got[0] == 1 and got[2] == 2
""",
    "running": """
def running(mean, var, batch, momentum=0.1):
    norm = nn.BatchNorm1d(batch.shape[1], momentum=momentum).train()
    norm.running_mean.copy_(mean), norm.running_var.copy_(var)
    norm(batch)
    return norm.running_mean, norm.running_var

def test_running(running):
    m, v = running(torch.zeros(2), torch.ones(2), torch.tensor([[0.0, 1.0], [2.0, 5.0]]))
    assert torch.allclose(m, torch.tensor([0.1, 0.3]))
    assert torch.allclose(v, torch.tensor([1.1, 1.7]))
""",
    "gradient": """
def gradient(x):
    return x / (x.numel() / 2)

def test_gradient(gradient):
    x, step = torch.randn(3, 5).double(), 1e-6
    for place in range(15):
        by = torch.zeros(15).double()
        by[place] = step
        up, down = (x + by.reshape(3, 5)), (x - by.reshape(3, 5))
        slope = (up.square().mean() - down.square().mean()) / (2 * step)
        assert abs(slope - gradient(x).flatten()[place]) < 1e-6
""",
}
OF = {answer.name: (exercise, answer) for exercise in EXERCISES for answer in exercise.questions}


@pytest.mark.parametrize("name", RIGHT)
def test_every_visible_check_passes(name):
    assert not any(complaints(*OF[name], f"# @answer {name}\n{RIGHT[name]}").values())


@pytest.mark.parametrize("name", RIGHT)
def test_the_grader_gives_all_points(grader, references, name):
    answer = OF[name][1]
    run = grader.run(answer, f"# @answer {name}\n{RIGHT[name]}", [])
    verdicts = judge(references[name], grader.probe_results(answer, run))
    assert [verdict.reason for verdict in verdicts if not verdict.passed] == []


def test_every_answer_of_the_bug_hunt_is_tried_in_another_way():
    assert {a.name for a in ANSWERS if a.chapter == "11-bug-hunt"} <= set(RIGHT)
