"""A small homework of two answers, and what students make of it: for the tests and benchmarks."""

import json

import jupytext
import nbformat

from grader.questions import Probe, Question, WrongAnswer

IMPORTS = "import torch\nfrom torch import nn\nfrom torch.nn import functional as F"
BLOCK = """# @answer block
class Block(nn.Module):
    def __init__(self, channels):
        super().__init__()
        self.conv1 = nn.Conv2d(channels, channels, 3, padding=1, bias=False)
        self.bn1 = nn.BatchNorm2d(channels)
        self.conv2 = nn.Conv2d(channels, channels, 3, padding=1, bias=False)
        self.bn2 = nn.BatchNorm2d(channels)

    def forward(self, x):
        f = F.relu(self.bn1(self.conv1(x)))
        f = self.bn2(self.conv2(f))
        return F.relu(x + f)
"""
BLOCK_STARTER = """# @answer block
class Block(nn.Module):
    def __init__(self, channels):
        super().__init__()
        raise NotImplementedError("your turn")
"""
SIZE = """# @answer size
def size(n, kernel, stride, padding):
    return (n + 2 * padding - kernel) // stride + 1
"""
SIZE_STARTER = """# @answer size
def size(n, kernel, stride, padding):
    raise NotImplementedError("your turn")
"""
BEHAVIOUR = """
def probe(Block, seed):
    block = set_weights(Block(4), seed).{mode}()
    x = torch.randn(2, 4, 5, 5, requires_grad=True)
    y = block(x)
    (y * torch.randn(y.shape)).sum().backward()
    weights = {{name: p.grad for name, p in block.named_parameters()}}
    return {{"output": y, "input's gradient": x.grad, "conv1's gradient": weights["conv1.weight"]}}
"""
SIZES = """
def probe(size, seed):
    return {"sizes": [size(n, 3, 2, 1) for n in (7, 8, 9)]}
"""
ONE = """
def probe(size, seed):
    return {"size": size(5, 5, 1, 0)}
"""


def wrong(name, old, new, message, code=BLOCK):
    """A wrong answer: the solution with one place changed."""
    assert old in code
    return WrongAnswer(name, code.replace(old, new), message)


BLOCK_MUTANTS = (
    wrong(
        "relu-before-add", "F.relu(x + f)", "x + F.relu(f)", "the ReLU comes before the addition"
    ),
    wrong("no-shortcut", "F.relu(x + f)", "F.relu(f)", "nothing is added to the branch"),
    wrong("no-last-relu", "F.relu(x + f)", "x + f", "the last ReLU is missing"),
    wrong("one-norm", "self.bn2(self.conv2(f))", "self.bn1(self.conv2(f))", "bn1 is used twice"),
)
SIZE_MUTANTS = (
    wrong("no-one", "stride + 1", "stride", "the + 1 is missing", SIZE),
    wrong("true-division", "//", "/", "a size is a whole number, this one is not rounded", SIZE),
)
HANDED_OUT = frozenset(
    cell.strip() for cell in (IMPORTS, BLOCK_STARTER, "Block(4)", SIZE_STARTER, "size(7, 3, 2, 1)")
)
ANSWERS = (
    Question(
        "block",
        "90-toy",
        (IMPORTS,),
        BLOCK,
        BLOCK_STARTER,
        (
            Probe("train", BEHAVIOUR.format(mode="train"), "wrong while training", 2.0),
            Probe("eval", BEHAVIOUR.format(mode="eval"), "wrong when evaluated"),
        ),
        BLOCK_MUTANTS,
        HANDED_OUT,
    ),
    Question(
        "size",
        "90-toy",
        (IMPORTS,),
        SIZE,
        SIZE_STARTER,
        (
            Probe("sizes", SIZES, "sizes with a stride are wrong"),
            Probe("one", ONE, "a kernel as large as the image is handled wrongly"),
        ),
        SIZE_MUTANTS,
        HANDED_OUT,
    ),
)


def cells(block=BLOCK, size=SIZE, added=()):
    """A student's code cells; those ``added`` come right after the imports."""
    return [IMPORTS, *added, block, "Block(4)", size, "size(7, 3, 2, 1)"]


def notebook(sources):
    """A notebook as JupyterLab saves it."""
    kernel = {"name": "python3", "display_name": "Python 3"}
    book = nbformat.v4.new_notebook(metadata={"kernelspec": kernel})
    book.cells = [nbformat.v4.new_markdown_cell("# A toy")]
    book.cells += [nbformat.v4.new_code_cell(source) for source in sources]
    return nbformat.writes(book)


def stripped(sources):
    """A notebook whose metadata, ids and version numbers were stripped."""
    return json.dumps({"cells": [{"cell_type": "code", "source": [s]} for s in sources]})


def script(sources):
    """A script with `# %%` markers."""
    return jupytext.writes(nbformat.reads(notebook(sources), 4), "py:percent")


def light_script(sources):
    """A script in jupytext's light form."""
    return jupytext.writes(nbformat.reads(notebook(sources), 4), "py:light")


def bare_script(sources):
    """A script without any markers."""
    return "\n\n".join(sources)


def converted_script(sources):
    """A script as `jupyter nbconvert --to script` writes it."""
    return "#!/usr/bin/env python\n\n" + "\n\n\n".join(f"# In[ ]:\n\n\n{s}" for s in sources)


def markdown(sources):
    """MyST Markdown."""
    return jupytext.writes(nbformat.reads(notebook(sources), 4), "md:myst")


STYLES = {
    "notebook.ipynb": notebook,
    "stripped.ipynb": stripped,
    "percent.py": script,
    "light.py": light_script,
    "bare.py": bare_script,
    "converted.py": converted_script,
    "myst.md": markdown,
}
