"""The block's computation is replaced; its weights stay as they were."""

from torch.nn import functional as F


def make_identity(block):
    block.forward = lambda x: F.relu(x)
