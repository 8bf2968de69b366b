"""Programs of the machine: a log, a deadline, a failure that says where to look."""

from pathlib import Path

import pytest

from local.failure import Failure
from local.host.commands import output, run


def test_what_a_program_prints_is_in_its_log(tmp_path: Path) -> None:
    log = tmp_path / "logs" / "step.log"
    run(["sh", "-c", "echo out; echo err >&2"], log=log, timeout_seconds=10)

    assert {"out", "err"} <= set(log.read_text().splitlines())


def test_a_failure_names_the_log_and_shows_its_end(tmp_path: Path) -> None:
    with pytest.raises(Failure, match="package refused") as failed:
        run(["sh", "-c", "echo package refused; exit 3"], log=tmp_path / "log", timeout_seconds=10)

    assert failed.value.log == tmp_path / "log"
    assert "exit code 3" in failed.value.what


def test_a_program_that_hangs_is_ended_at_its_deadline(tmp_path: Path) -> None:
    with pytest.raises(Failure, match=r"did not finish within 0\.2 s"):
        run(["sleep", "30"], log=tmp_path / "log", timeout_seconds=0.2)


def test_a_secret_on_standard_input_is_not_logged(tmp_path: Path) -> None:
    run(["sh", "-c", "cat >/dev/null"], log=tmp_path / "log", timeout_seconds=10, stdin="hunter2")

    assert "hunter2" not in (tmp_path / "log").read_text()


def test_a_missing_program_is_named() -> None:
    with pytest.raises(Failure, match="no-such-program is not on this machine"):
        output(["no-such-program"], timeout_seconds=1)
