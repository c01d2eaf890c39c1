"""Looking at a network without changing it."""

import torch
from torch import nn


class evaluating:
    """A context in which ``net`` is in eval mode and no gradients are kept."""

    def __init__(self, net: nn.Module):
        self.net, self.no_grad = net, torch.no_grad()

    def __enter__(self) -> nn.Module:
        self.was_training = self.net.training
        self.net.eval()
        self.no_grad.__enter__()
        return self.net

    def __exit__(self, *error) -> None:
        self.no_grad.__exit__(*error)
        self.net.train(self.was_training)
