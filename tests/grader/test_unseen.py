"""Wrong answers that the course does not list, and no visible check sees, get no full marks.

Each is the solution with some text exchanged. Together they try what a probe with one size, one
mode or one call passes by: sizes, strides, batches, magnitudes, gradients, what is left behind.
"""

import pytest
from test_exercises import EXERCISES, complaints

pytestmark = pytest.mark.slow(reason="gives every answer of it to the checks and to the sandbox")

OF = {answer.name: (exercise, answer) for exercise in EXERCISES for answer in exercise.questions}
Edits = dict[str, str]  # text of the solution to what stands there instead

BLOCK: dict[str, Edits] = {  # what can be wrong with basic and bottleneck alike
    "no projection for stride 3": {"stride != 1": "stride == 2"},
    "no projection to fewer channels": {
        "in_channels != out_channels": "in_channels < out_channels"
    },
    "another epsilon": {"nn.BatchNorm2d(out_channels)": "nn.BatchNorm2d(out_channels, eps=1e-4)"},
    "an average of all batches": {
        "nn.BatchNorm2d(out_channels)": "nn.BatchNorm2d(out_channels, momentum=None)"
    },
    "large numbers cut": {"F.relu(self.bn1(self.conv1(x)))": "F.relu6(self.bn1(self.conv1(x)))"},
    "larger ones cut": {
        "y = F.relu(self.bn1(self.conv1(x)))": "y = self.bn1(self.conv1(x)).clamp(0, 50)"
    },
    "a leak": {"F.relu(self.bn1(self.conv1(x)))": "F.leaky_relu(self.bn1(self.conv1(x)), 1e-3)"},
    "half precision": {
        "y = F.relu(self.bn1(self.conv1(x)))": "y = F.relu(self.bn1(self.conv1(x))).half().float()"
    },
    "a weight without gradient": {
        "self.bn1(self.conv1(x))": "self.bn1(F.conv2d(x, self.conv1.weight.detach(), None, "
        "self.conv1.stride, self.conv1.padding))"
    },
    "a shift without gradient": {
        "self.downsample = nn.Identity()": "self.bn1.bias.requires_grad_(False)\n        "
        "self.downsample = nn.Identity()"
    },
    "a norm stays in eval mode": {"self.bn1(self.conv1(x))": "self.bn1.eval()(self.conv1(x))"},
    "no gradient in train mode": {
        "self.downsample(x)": "(self.downsample(x).detach() if self.training else "
        "self.downsample(x))"
    },
    "a doubled gradient": {
        "y = F.relu(self.bn1(self.conv1(x)))": "y = F.relu(self.bn1(self.conv1(x)))\n        "
        "y.requires_grad and y.register_hook(lambda g: 1.01 * g)"
    },
    "a rare dropout": {"self.downsample(x)": "F.dropout(self.downsample(x), 0.05, self.training)"},
    "a weight that decays": {
        "y = F.relu(self.bn1(self.conv1(x)))": "y = F.relu(self.bn1(self.conv1(x)))\n        "
        "self.conv1.weight.data *= 0.9"
    },
    "one place squeezed": {"self.downsample(x)": "self.downsample(x).squeeze(3)"},
    "a square map in mind": {"self.downsample(x)": "self.downsample(x)[..., : x.shape[2]]"},
    "a tall map in mind": {"self.downsample(x)": "self.downsample(x)[..., : x.shape[3], :]"},
    "at most two images": {
        "y = F.relu(self.bn1(self.conv1(x)))": "y = F.relu(self.bn1(self.conv1(x[:4])))\n        "
        "y = torch.cat([y, y[: max(0, len(x) - 4)]])"
    },
    "the first map kept": {
        "y = F.relu(self.bn1(self.conv1(x)))": "y = F.relu(self.bn1(self.conv1(x)))\n        "
        "self.first = getattr(self, 'first', y.detach().mean())\n        "
        "y = y + self.first - y.detach().mean()"
    },
    "made in eval mode": {
        "self.downsample = nn.Identity()": "self.downsample = nn.Identity().eval()"
    },
}
PREACT_ACTIVATED = "activated = F.relu(self.bn1(x))"
UNSEEN: dict[str, dict[str, Edits]] = {
    "basic": BLOCK,
    "bottleneck": {
        **{
            n: edits
            for n, edits in BLOCK.items()
            if n not in ("a leak", "a norm stays in eval mode")
        },
        "a quarter of other channels": {
            "width = out_channels // 4": "width = out_channels // 4 if in_channels == out_channels "
            "or out_channels % 8 else in_channels // 2"
        },
        "version 1 with stride 2 only": {"else (stride, 1)": "else (2 if stride > 1 else 1, 1)"},
        "version 1 without projection": {
            "stride != 1:": "stride != 1 and (stride_on == '3x3' or stride == 2):"
        },
    },
    "preact": {
        "no projection for stride 3": {"stride != 1": "stride == 2"},
        "no projection to fewer channels": {
            "in_channels != out_channels": "in_channels < out_channels"
        },
        "a shape decides at run time": {
            "isinstance(self.downsample, nn.Identity)": "x.shape == y.shape"
        },
        "large numbers cut": {PREACT_ACTIVATED: "activated = F.relu6(self.bn1(x))"},
        "another epsilon": {
            "self.bn1 = nn.BatchNorm2d(in_channels)": "self.bn1 = nn.BatchNorm2d(in_channels, 1e-4)"
        },
        "running averages that rest": {
            "self.bn2 = nn.BatchNorm2d(out_channels)": "self.bn2 = nn.BatchNorm2d(out_channels, "
            "momentum=0.01)"
        },
        "no gradient to the projection": {
            "self.downsample(activated)": "self.downsample(activated.detach())"
        },
        "no gradient in train mode": {
            "return x + y": "return (x.detach() if self.training else x) + y"
        },
        "a dropout": {"return x + y": "return x + F.dropout(y, 0.1, self.training)"},
        "one image squeezed": {"return x + y": "return (x + y).squeeze(0)"},
        "overwritten in train mode": {
            "return x + y": "return x.add_(y) if self.training else x + y"
        },
        "a frozen scale": {
            "self.downsample = nn.Identity()": "self.downsample = nn.Identity()\n        "
            "self.bn2.weight.requires_grad_(False)"
        },
        "starts in evaluation mode": {
            "self.downsample = nn.Identity()": "self.downsample = nn.Identity()\n        "
            "self.bn2.eval()"
        },
    },
    "network": {
        "at most 20 places": {"y.mean(dim=(2, 3))": "y.flatten(2)[..., :20].mean(2)"},
        "one image squeezed": {"y.mean(dim=(2, 3))": "y.mean(dim=(2, 3)).squeeze(0)"},
        "large numbers cut": {"y = F.relu(self.bn(y))": "y = F.relu(self.bn(y)).clamp(max=20)"},
        "no gradient in train mode": {
            "y = self.body(self.stem(x))": "y = self.body(self.stem(x).detach() if self.training "
            "else self.stem(x))"
        },
        "a frozen stem": {
            "self.bn = nn": "self.stem.weight.requires_grad_(False)\n        self.bn = nn"
        },
        "a body called twice": {
            "y = self.body(self.stem(x))": "self.body(self.stem(x))\n        "
            "y = self.body(self.stem(x))"
        },
        "a dropout": {"self.fc(y.mean": "self.fc(F.dropout(y, 0.1, self.training).mean"},
        "another momentum": {"nn.BatchNorm2d(width)": "nn.BatchNorm2d(width, momentum=0.2)"},
        "another epsilon": {"nn.BatchNorm2d(width)": "nn.BatchNorm2d(width, eps=1e-3)"},
        "backwards": {
            "self.body(self.stem(x))": "nn.Sequential(*list(self.body)[::-1])(self.stem(x))"
        },
        "a frozen head": {
            "return self.fc(": "return F.linear(bias=self.fc.bias.detach(), "
            "weight=self.fc.weight, input="
        },
    },
    "ordered": {
        "a shortcut without gradient": {"return x + r(b2": "return x.detach() + r(b2"},
        "large numbers cut": {"r = F.relu": "r = lambda v: v.clamp(0, 99)"},
        "a norm in eval mode": {
            "r = F.relu": "r = F.relu\n    b2 = b2.eval() if isinstance(b2, nn.Module) else b2"
        },
        "a norm called twice": {
            'if order == "b":': 'if order == "b":\n        b2(c2(r(b1(c1(x)))))'
        },
        "overwritten": {"r = F.relu": "r = F.relu\n    x = x.mul_(1 + 1e-3 * (x.ndim > 0))"},
        "only whole batches": {
            'if order == "a":': 'if order == "a" and x.shape[:1] == (1,):\n'
            '        return r(x + b2(c2(r(b1(c1(x)))))).squeeze(0)\n    if order == "a":'
        },
    },
    "stage": {
        "as many blocks as before": {"blocks - 1": "min(blocks, 3) - 1"},
        "at least two blocks": {"blocks - 1": "max(blocks - 1, 1)"},
        "stride 2 or none": {"out_channels, stride)]": "out_channels, min(stride, 2))]"},
        "a wider one": {
            "block(out_channels, out_channels, 1)": "block(out_channels, "
            "max(in_channels, out_channels), 1)"
        },
        "kept for later": {"def stage(": "from functools import cache\n@cache\ndef stage("},
        "frozen": {
            "return nn.Sequential(*layers)": "return nn.Sequential(*layers).requires_grad_(False)"
        },
        "in eval mode": {"return nn.Sequential(*layers)": "return nn.Sequential(*layers).eval()"},
        "backwards": {
            "return nn.Sequential(*layers)": "found = nn.Sequential(*layers)\n"
            "    found.forward = lambda x: nn.Sequential(*layers[::-1])(x)\n    return found"
        },
    },
    "costs": {
        "at most 64 channels": {"middle = c // 4": "c = min(c, 64)\n    middle = c // 4"},
        "at most 7 rows": {"middle = c // 4": "h = min(h, 7)\n    middle = c // 4"},
        "a middle of one or 16": {"middle = c // 4": "middle = 1 if c == 4 else 16"},
    },
    "rewrite": {
        "nearly the same heights": {
            "(pieces != pieces[:, :1]).any()": "(pieces / pieces[:, :1] - 1).abs().max() > 1e-3"
        },
        "at most 40 steps": {"return pieces[:, 0]": "return pieces[:40, 0]"},
        "some of the places": {
            "(pieces != pieces[:, :1]).any()": "(pieces != pieces[:, :1])[:, [0, 1, 2, -1][: "
            "pieces.shape[1]]].any()"
        },
        "written into the argument": {
            "    return pieces[:, 0]": "    heights.abs_()\n    return pieces[:, 0]"
        },
    },
    "between": {
        "inside only": {"net, other": "t = min(max(t, 0), 1)\n    net, other"},
        "the last part in train mode": {"return net": "net[-1].train()\n    return net"},
        "counts mixed": {"if mine.is_floating_point():": "if True:"},
        "scales left": {
            "if mine.is_floating_point():": "if mine.is_floating_point() and not "
            "(mine.dim() == 1 and name.endswith('weight')):"
        },
        "the second shared": {
            "return net": "if t == 1:\n        net.load_state_dict(other)\n"
            "        net[0] = second[0]\n    return net"
        },
        "the second in eval mode": {"return net": "second.eval()\n    return net"},
    },
    "identify": {
        "from the last stage": {
            '"layer1.0.conv3.weight" in state': '"layer4.2.conv3.weight" in state'
        },
        "few blocks": {"len(blocks))": "min(len(blocks), 23))"},
        "a dictionary emptied": {
            "    return block": '    state.pop("fc.weight", None)\n    return block'
        },
    },
    "receptive": {
        "at most a hundred layers": {"in layers:": "in layers[:100]:"},
        "large kernels cut": {"(kernel - 1)": "(min(kernel, 9) - 1)"},
        "a list emptied": {
            "    return pixels, apart": "    del layers[:]\n    return pixels, apart"
        },
    },
    "version": {
        "few blocks": {"range(depth)": "range(min(depth, 40))"},
        "about right": {
            "(work + channels * 1000, sees) == (multiply_adds, pixels)": "abs(work + channels * "
            "1000 - multiply_adds) <= 1000 and sees == pixels"
        },
        "depths counted down": {
            "for block in range(depth):": "depths[stage] -= 0 if name == 'v1' else depth\n"
            "            for block in range(depth):"
        },
    },
    "cifar": {
        "few blocks": {"n = (depth - 2) // 6": "n = min((depth - 2) // 6, 5)"},
        "another epsilon": {"self.bn1 = nn.BatchNorm2d(16)": "self.bn1 = nn.BatchNorm2d(16, 1e-3)"},
        "at most four images": {"return self.fc(x.": "return self.fc(x[:4]."},
        "a weight without gradient": {
            "self.bn1(self.conv1(x))": "self.bn1(F.conv2d(x, self.conv1.weight.detach(), None, 1, "
            "1))"
        },
        "large numbers cut": {
            "F.relu(self.bn1(self.conv1(x)))": "self.bn1(self.conv1(x)).clamp(0, 50)"
        },
    },
    "identity": {
        "another epsilon": {"nn.init.constant_(bn.weight, (1 + bn.eps) ** 0.5)": "bn.eps = 0.0"},
        "another variance": {
            "nn.init.constant_(bn.weight, (1 + bn.eps) ** 0.5)": "bn.running_var.fill_(1 - bn.eps)"
        },
        "another forward for all": {
            "nn.init.dirac_(conv.weight)": "type(block).forward = lambda self, x: F.relu(x)"
        },
        "a hook": {
            "nn.init.dirac_(conv.weight)": "block.register_forward_hook("
            "lambda m, given, out: F.relu(given[0]))"
        },
        "layers left out": {
            "for conv, bn in (": "for k in '12':\n        "
            "setattr(block, f'conv{k}', nn.Identity())\n        "
            "setattr(block, f'bn{k}', nn.Identity())\n    "
            "for conv, bn in () and ("
        },
        "three channels": {
            "nn.init.dirac_(conv.weight)": "nn.init.zeros_(conv.weight)\n        "
            "conv.weight.data[range(3), range(3), 1, 1] = 1"
        },
        "frozen": {
            "nn.init.dirac_(conv.weight)": "nn.init.dirac_(conv.weight.requires_grad_(False))"
        },
    },
    "both_signs": {
        "three channels": {
            "copy = nn.init.dirac_(torch.empty(channels, channels, 3, 3))": "copy = torch.zeros("
            "channels, channels, 3, 3)\n    copy[range(channels), range(channels), 1, 1] = "
            "torch.tensor([1.0 if c < 3 else 0.0 for c in range(channels)])"
        },
        "large numbers cut": {
            "return": "second.register_forward_pre_hook(lambda m, x: x[0].clamp(max=5e3))\n"
            "    return"
        },
    },
    "widen": {
        "three channels": {
            "wide_first.weight[:old] = first.weight": "wide_first.weight[:3] = first.weight[:3]"
        },
        "the first layer's other biases": {
            "wide_first.bias[:old] = first.bias": "wide_first.bias[:3] = first.bias[:3]"
        },
        "a frozen bias": {
            "return wide_first, wide_second": "wide_second.bias.requires_grad_(False)\n    "
            "return wide_first, wide_second"
        },
        "ones far behind never heard": {
            "wide_first.bias[:old] = first.bias": "wide_first.bias[:old] = first.bias\n"
            "        wide_first.bias[8:] = -1e4 if old > 3 else 0"
        },
    },
}
CASES = [(answer, name) for answer, wrong in UNSEEN.items() for name in wrong]


def code(answer, name):
    """The solution of ``answer`` with the text of its wrong answer ``name`` exchanged."""
    text = OF[answer][1].solution
    for old, new in UNSEEN[answer][name].items():
        assert old in text, (answer, name, old)
        text = text.replace(old, new)
    return text


@pytest.mark.parametrize("answer, name", CASES)
def test_it_passes_every_visible_check(answer, name):
    assert not any(complaints(*OF[answer], code(answer, name)).values())


@pytest.mark.parametrize("answer, name", CASES)
def test_it_gets_no_full_marks(judged, answer, name):
    points, best, _ = judged(answer, code(answer, name), "abc"[CASES.index((answer, name)) % 3])
    assert points < best
