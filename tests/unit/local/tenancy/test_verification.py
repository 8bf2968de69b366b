"""The result of ``make verify``."""

import signal
import sys
from pathlib import Path

import pytest

from local.failure import Failure
from local.paths import State
from local.tenancy import verification


@pytest.fixture
def state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> State:
    """A deployment whose verification ends with the code in a file."""
    python = tmp_path / "python"
    python.write_text(f"#!/bin/sh\nexit $(cat {tmp_path / 'code'})\n")
    python.chmod(0o755)
    monkeypatch.setattr(sys, "executable", str(python))
    monkeypatch.setattr(verification, "prepare_workspace", lambda _: tmp_path)
    monkeypatch.setattr(verification, "shell_environment", lambda _, environment: dict(environment))
    return State(tmp_path / "state")


@pytest.mark.parametrize("code", [0, 3])
def test_checks_that_could_not_run_are_no_failure(state: State, tmp_path: Path, code: int) -> None:
    (tmp_path / "code").write_text(str(code))

    verification.verify(state)


def test_failed_check_is_a_failure(state: State, tmp_path: Path) -> None:
    (tmp_path / "code").write_text("1")

    with pytest.raises(Failure, match="the verification failed"):
        verification.verify(state)


def test_interrupted_verification_is_no_failure(state: State, tmp_path: Path) -> None:
    (tmp_path / "code").write_text(str(128 + signal.SIGINT))

    with pytest.raises(KeyboardInterrupt):
        verification.verify(state)
