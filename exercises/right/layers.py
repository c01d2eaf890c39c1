"""Right answers to the exercise `layers`, of different structure."""

from torch import nn

# %% a loop over names


def layers(net):
    count = 0
    for name, module in net.named_modules():
        if "downsample" in name.split("."):
            continue
        count += type(module) in (nn.Conv2d, nn.Linear)
    return count


# %% recursion over children


def layers(net):
    if isinstance(net, nn.Conv2d | nn.Linear):
        return 1
    return sum(layers(child) for name, child in net.named_children() if name != "downsample")


# %% all of them less those on shortcuts


def layers(net):
    def weighted(module):
        return {m for m in module.modules() if isinstance(m, (nn.Conv2d, nn.Linear))}

    aside = set()
    for name, module in net.named_modules():
        if name.rpartition(".")[2] == "downsample":
            aside |= weighted(module)
    return len(weighted(net) - aside)


# %% a stack


def layers(net):
    waiting, found = [net], 0
    while waiting:
        module = waiting.pop()
        match module:
            case nn.Conv2d() | nn.Linear():
                found += 1
            case _:
                waiting.extend(m for n, m in module.named_children() if n != "downsample")
    return found
