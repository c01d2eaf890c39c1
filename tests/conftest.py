"""What holds for the tests of every folder: a test is slow, or skips, for a reason that counts."""

import os

import pytest


def pytest_collection_modifyitems(items):
    """Refuse ``@pytest.mark.slow`` without ``reason="..."``."""
    for item in items:
        for mark in item.iter_markers("slow"):
            if not mark.kwargs.get("reason"):
                raise pytest.UsageError(f"{item.nodeid}: write @pytest.mark.slow(reason=...)")


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item):
    """Turn a skipped test of the grader into a failure where COURSE_REQUIRE_SANDBOX is set.

    What is skipped there is skipped for want of a sandbox; a machine that must have one sets it.
    """
    report = yield
    skipped = report.skipped and not hasattr(report, "wasxfail")
    required = os.environ.get("COURSE_REQUIRE_SANDBOX") and item.path.parent.name == "grader"
    if skipped and required:
        *_, reason = report.longrepr
        report.outcome, report.longrepr = "failed", f"COURSE_REQUIRE_SANDBOX is set, but: {reason}"
    return report
