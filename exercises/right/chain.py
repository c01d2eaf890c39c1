"""Right answers to the exercise `chain`, of different structure."""

import torch
from torch import nn

# %% a generator; blocks counted while they are made


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


# %% appended one by one; the parameters are counted


def chain(block, channels, n):
    made = nn.Sequential()
    for number in range(n):
        made.add_module(f"block{number}", block(channels, channels))
    return made


def test_chain(chain):
    def size(net):
        return sum(p.numel() for p in net.parameters())

    for n in (1, 2, 3, 6):
        assert size(chain(nn.Linear, 5, n)) == n * size(nn.Linear(5, 5)), n


# %% map over two lists; one block is changed and all others stay


def chain(block, channels, n):
    return nn.Sequential(*map(block, [channels] * n, [channels] * n))


def test_chain(chain):
    net = chain(nn.Linear, 2, 5)
    assert isinstance(net, nn.Module)
    weights = [p for name, p in net.named_parameters(remove_duplicate=False) if "weight" in name]
    assert len(weights) == 5
    for n, weight in enumerate(weights):
        for other in weights:
            nn.init.zeros_(other)
        nn.init.ones_(weight)
        assert [bool(other.any()) for other in weights] == [k == n for k in range(5)]


# %% halves put together; the ids of the blocks


def chain(block, channels, n):
    if n < 2:
        return nn.Sequential(*[block(channels, channels)] * n)
    return nn.Sequential(*chain(block, channels, n // 2), *chain(block, channels, n - n // 2))


def test_chain(chain):
    class Block(nn.Module):
        def __init__(self, i, o):
            super().__init__()
            self.scale = nn.Parameter(torch.ones(i, o))

    net = chain(Block, 3, 7)
    blocks = [m for m in net.modules() if isinstance(m, Block)]
    assert len(blocks) == 7 and all(b.scale.shape == (3, 3) for b in blocks)
