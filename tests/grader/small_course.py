"""A course of one small exercise: its chapter, and its probe and wrong answer."""

SOURCE = """\
# 90. A small exercise

Why?

<!-- chapter only -->
A secret of the chapter.

```{code-cell} ipython3
import torchvision
```

Another. <!-- /chapter only --> Public again.

```{code-cell} ipython3
# @context
import torch
```

```{code-cell} ipython3
:tags: [hide-input]

# @answer double
def double(x):
    ### BEGIN SOLUTION
    return 2 * x
    ### END SOLUTION
```

```{code-cell} ipython3
# @check double: three
assert double(3) == 6, "double(3) must be 6"
```
"""
PROBES = """\
from collections.abc import Callable

from grader.exercise import probe, wrong


@probe("double", "number", "double computes something else", points=3)
def probe_double(double: Callable[[int], int], seed: int) -> dict[str, object]:
    return {"double": double(seed)}


@wrong("double", "square", "you squared it")
def squared(x):
    return x * x
"""
