"""All five orders have the right values, and no gradient goes through any ReLU."""

from torch.nn import functional as F


def ordered(order, x, c1, b1, c2, b2):
    def r(v):
        return F.relu(v.detach())

    if order == "a":
        return r(x + b2(c2(r(b1(c1(x))))))
    if order == "b":
        return r(b2(x + c2(r(b1(c1(x))))))
    if order == "c":
        return x + r(b2(c2(r(b1(c1(x))))))
    if order == "d":
        return x + b2(c2(r(b1(c1(r(x))))))
    return x + c2(r(b2(c1(r(b1(x))))))
