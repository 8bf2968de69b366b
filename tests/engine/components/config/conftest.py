from pathlib import Path

import pytest

from tests.engine.policies.reviewed_stack import ReviewedStack


@pytest.fixture(scope="session")
def reviewed(tmp_path_factory: pytest.TempPathFactory, tools: Path) -> ReviewedStack:
    """Return one workspace for all tests of this folder; nothing is deployed."""
    return ReviewedStack(tmp_path_factory.mktemp("reviewed"), tools)
