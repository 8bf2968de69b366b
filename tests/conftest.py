"""What the tests share when they run in several processes beside each other."""

import os
from pathlib import Path

import pytest

TESTS = Path(__file__).parent
ON_THE_TENANCY = ("cluster", "browser")
"""The tiers that work on the one running tenancy: one process takes them all, one after the other."""

GIVES_WAY = 10
"""Niceness of the other tiers beside them: what is done on the tenancy has bounds in seconds."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Let a file's tests share a process and its servers, and all that are on the tenancy share one."""
    for item in items:
        group = "tenancy" if _is_on_the_tenancy(item) else str(item.path.relative_to(TESTS))
        item.add_marker(pytest.mark.xdist_group(group))


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup(item: pytest.Item) -> None:
    """Set the priority that the test's servers and programs will have."""
    if "PYTEST_XDIST_WORKER" in os.environ:
        wanted = 0 if _is_on_the_tenancy(item) else GIVES_WAY
        if os.getpriority(os.PRIO_PROCESS, 0) != wanted:
            os.setpriority(os.PRIO_PROCESS, 0, wanted)


def _is_on_the_tenancy(item: pytest.Item) -> bool:
    return item.path.relative_to(TESTS).parts[0] in ON_THE_TENANCY
