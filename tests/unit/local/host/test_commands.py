"""Programs run with a log, a time limit and a failure that names the log."""

from pathlib import Path

import pytest

from local.failure import Failure
from local.host.commands import output, run


def test_output_is_appended_to_the_log(tmp_path: Path) -> None:
    log = tmp_path / "logs" / "step.log"
    run(["sh", "-c", "echo out; echo err >&2"], log=log, timeout_seconds=10)

    assert {"out", "err"} <= set(log.read_text().splitlines())


def test_failure_shows_the_end_of_the_log(tmp_path: Path) -> None:
    with pytest.raises(Failure, match="package refused") as failed:
        run(["sh", "-c", "echo package refused; exit 3"], log=tmp_path / "log", timeout_seconds=10)

    assert failed.value.log == tmp_path / "log"
    assert "exit code 3" in failed.value.message


def test_program_is_killed_after_its_timeout(tmp_path: Path) -> None:
    with pytest.raises(Failure, match=r"did not finish within 0\.2 s"):
        run(["sleep", "30"], log=tmp_path / "log", timeout_seconds=0.2)


def test_standard_input_is_not_logged(tmp_path: Path) -> None:
    run(["sh", "-c", "cat >/dev/null"], log=tmp_path / "log", timeout_seconds=10, stdin="hunter2")

    assert "hunter2" not in (tmp_path / "log").read_text()


def test_missing_program_is_named() -> None:
    with pytest.raises(Failure, match="no-such-program is not installed"):
        output(["no-such-program"], timeout_seconds=1)
