"""The stored settings of the hub's classes, compared with the packages of the hub's image."""

import subprocess
from pathlib import Path

import pytest

from local.paths import PROJECT
from tests.engine.hub.conftest import hub_python

__all__ = ["hub_python"]

pytestmark = pytest.mark.engine


def test_stored_settings_match_the_hubs_classes(hub_python: Path) -> None:
    check = subprocess.run(
        [hub_python, "-m", "policies.traits", "--check"],
        cwd=PROJECT,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert (check.returncode, check.stdout, check.stderr) == (0, "", "")
