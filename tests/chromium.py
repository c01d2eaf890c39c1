"""A browser for tests: required where ``COURSE_REQUIRE_BROWSER`` is set, else skipped in words."""

import importlib
import os
from typing import Any, NoReturn

import pytest

from tools import paper

# What Chromium says of a busy machine, and not of the page.
OF_THE_MACHINE = ("Slow network is detected",)


def without(what: str) -> NoReturn:
    """Skip a test for want of something; fail where a browser is required, as in CI."""
    if os.environ.get("COURSE_REQUIRE_BROWSER"):
        pytest.fail(f"COURSE_REQUIRE_BROWSER is set, but: {what}")
    pytest.skip(what)


def required(module: str) -> Any:
    """A module that drives a browser, or judges what it shows."""
    try:
        return importlib.import_module(module)
    except ImportError:
        name = module.partition(".")[0]
        without(f"{name} is not installed (requirements-browser.txt)")


def command() -> str:
    """The command of the browser."""
    return paper.browser() or without("no Chromium on this machine")


def told(messages: list[str]) -> list[str]:
    """What a page said, without what the browser says of the machine."""
    return [text for text in messages if not text.startswith(OF_THE_MACHINE)]
