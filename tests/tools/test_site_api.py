"""The page of the course's code says what each file of it says, without importing any."""

import importlib
import inspect
import subprocess
import sys

import pytest

from tools import site_api
from tools.notebooks import ROOT

PAGE = site_api.page(ROOT)
TEXT = """\
Bring $x$ to a shape, *never* twice.

Parameters
----------
x : Tensor, (N, 64)
    What is brought, with `` * `` and
    a second line.
other
Shapes: ``(N, 1)``.

Raises
------
ValueError
    When it has none.

Examples
--------
>>> f(1)
2
"""


def test_the_page_is_made_where_there_is_no_pytorch():
    code = (
        "import sys; sys.modules['torch'] = sys.modules['matplotlib'] = None\n"
        "from pathlib import Path; from tools import site_api; print(len(site_api.page(Path('.'))))"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True)
    assert int(done.stdout) == len(PAGE), done.stderr


@pytest.mark.parametrize("name", [m.name for m in site_api.modules(ROOT)])
def test_every_public_name_of_a_module_has_its_heading(name):
    module = importlib.import_module(name)
    for said, thing in vars(module).items():
        own = getattr(thing, "__module__", "") == name and not said.startswith("_")
        if own and (inspect.isclass(thing) or inspect.isfunction(thing)) and thing.__doc__:
            if thing.__doc__.startswith(f"{said}("):  # what a dataclass says where nobody did
                continue
            assert f"\n### `{said}`\n" in PAGE, said


@pytest.mark.parametrize(
    "name", ["utils.blocks.Residual", "utils.training.Trainer", "utils.figures.lines"]
)
def test_a_name_is_given_as_it_is_imported_with_the_arguments_that_it_takes(name):
    module, _, last = name.rpartition(".")
    thing = getattr(importlib.import_module(module), last)
    after = PAGE.partition(f"\n```python\n{name}(")[2].partition("```")[0]
    for argument in inspect.signature(thing).parameters:
        assert argument in after


def test_a_docstring_becomes_markdown_that_shows_what_it_says():
    assert site_api.formatted(TEXT) == (
        "Bring \\$x\\$ to a shape, *never* twice.\n\n**Parameters**\n\n"
        "- `x` (Tensor, (N, 64)): What is brought, with `` * `` and a second line.\n- `other`\n\n"
        "Shapes: `` (N, 1) ``.\n\n**Raises**\n\n- `ValueError`: When it has none.\n\n"
        "**Examples**\n\n```python\n>>> f(1)\n2\n```"
    )


def test_private_names_are_left_out():
    assert "`_" not in PAGE and "### `__" not in PAGE
