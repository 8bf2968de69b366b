"""A run of tests within a test, with this project's ``tests/conftest.py``."""

import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from local.paths import PROJECT

TIMEOUT_SECONDS = 60


def inner_run(
    folder: Path, tests: str, *options: str, launcher: Sequence[str] = ()
) -> subprocess.CompletedProcess[str]:
    """What pytest makes of ``tests``, written to ``test_a_run.py`` in ``folder``.

    Args:
        folder: the test's own.
        tests: the text of a test module.
        options: of pytest's command line.
        launcher: a command that runs the one that follows it.
    """
    file = folder / "test_a_run.py"
    file.write_text(tests)
    pytest = [sys.executable, "-m", "pytest", "-q", "-p", "tests.conftest", f"--rootdir={folder}", *options, str(file)]
    return subprocess.run(
        [*launcher, *pytest], cwd=PROJECT, check=False, capture_output=True, text=True, timeout=TIMEOUT_SECONDS
    )
