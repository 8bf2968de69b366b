"""The settings that rules know against the packages of the hub's image."""

import subprocess
from pathlib import Path

import pytest

from local.paths import PROJECT
from tests.engine.hub.conftest import hub_python

__all__ = ["hub_python"]

pytestmark = pytest.mark.engine


def test_what_is_written_down_is_what_the_hubs_classes_have(hub_python: Path) -> None:
    asked = subprocess.run(
        [hub_python, "-m", "policies.traits", "--check"],
        cwd=PROJECT,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert (asked.returncode, asked.stdout, asked.stderr) == (0, "", "")
