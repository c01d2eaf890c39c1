"""Test-time averaging: one network, asked about several views of an image."""

from torch import Tensor, nn
from torch.nn import functional as F


class Averaged(nn.Module):
    """The mean of what ``net`` says to several views of each image.

    Two views are the image and its mirror image; six add both, shifted by one pixel towards the
    upper left and the lower right, with half the weight (Jordan 2024, arXiv 2404.00498,
    section 3.5). Costs as many forward passes.

    Shapes: as ``net``, ``(N, C, H, W)`` to ``(N, classes)``.

    Raises
    ------
    ValueError
        For another number of views.
    """

    VIEWS = (1, 2, 6)

    def __init__(self, net: nn.Module, views: int) -> None:
        super().__init__()
        if views not in self.VIEWS:
            raise ValueError(f"Averaged: there are averages over 1, 2 or 6 views, got {views!r}.")
        self.net, self.views = net, views

    def forward(self, X: Tensor) -> Tensor:
        if self.views == 1:
            return self.net(X)
        if self.views == 2:
            return (self.net(X) + self.net(X.flip(-1))) / 2
        padded = F.pad(X, (1, 1, 1, 1))
        views = []
        for shift, weight in ((1, 2), (2, 1), (0, 1)):
            view = padded[:, :, shift : shift + X.shape[2], shift : shift + X.shape[3]]
            views.append(weight * (self.net(view) + self.net(view.flip(-1))))
        return sum(views[1:], start=views[0]) / 8
