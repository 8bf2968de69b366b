"""The check of the user's start files, with a real bash."""

import time
from pathlib import Path

import pytest

from components.in_server.pangeo_start import shell

BASH = "/bin/bash"


def check(home: Path, profile: str, name: str = ".bash_profile") -> shell.ShellCheck:
    (home / name).write_text(profile)
    with shell.check({"SHELL": BASH, "HOME": str(home), "PATH": "/usr/bin:/bin"}) as result:
        pass
    return result


@pytest.mark.parametrize(
    ("profile", "is_broken"),
    [
        ("exit 1\n", True),
        ("exec true\n", True),
        ("export A=1\n", False),
        ("read -r answer\n", False),  # it would ask a person
        ("exec /bin/sh\n", False),  # another shell is no fault
    ],
)
def test_only_start_files_that_end_the_shell_are_broken(tmp_path: Path, profile: str, is_broken: bool) -> None:
    assert check(tmp_path, profile).is_broken is is_broken


def test_programs_in_the_background_delay_no_start_and_end_with_the_check(tmp_path: Path) -> None:
    began = time.monotonic()
    pid_file = tmp_path / "pid"
    assert not check(tmp_path, f"sleep 1000 &\necho $! > {pid_file}\n").is_broken
    assert time.monotonic() - began < shell.SECONDS
    process = Path("/proc", pid_file.read_text().strip(), "stat")
    assert not process.exists() or process.read_text().rpartition(")")[2].split()[0] == "Z"


def test_an_endless_start_file_delays_the_start_for_a_limited_time(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shell, "SECONDS", 0.5)
    assert not check(tmp_path, "while true; do sleep 0.1; done\n").is_broken


@pytest.mark.parametrize("profile", ["", "HISTFILE=~/own\nPROMPT_COMMAND='history -a'\n"])
def test_the_check_is_not_in_the_users_history(tmp_path: Path, profile: str) -> None:
    assert not check(tmp_path, profile).is_broken
    assert [each.name for each in tmp_path.iterdir()] == [".bash_profile"]
