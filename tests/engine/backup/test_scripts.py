"""The scripts of the backup's pods with the real restic: locks, backups of the future, and kills at any moment."""

import json
import os
import random
import signal
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

import pytest

from components.in_backup import scripts
from components.in_backup.pods import host_name
from tests.support.restic import Repository, create_repository
from tests.support.waiting import LIMIT_SECONDS

RUN = "0b9c5a3e-11f0-4d6a-9d57-7a1f4f3a9c11"

KILLS = int(os.environ.get("PANGEO_BACKUP_KILLS", "3"))
"""Number of kills, spread over backups, deletions and checks; more can be set to look for rare faults."""


@dataclass(frozen=True)
class Container:
    """A container of the backup's pods, on this machine."""

    folder: Path
    repository: Repository

    def start(self, script: str, *arguments: str, host: str = "backup") -> "subprocess.Popen[bytes]":
        """Start a script on a host of a name, in a session of its own."""
        for place, own in (("/dev/termination-log", "message"), (scripts.CACHE, "cache")):
            script = script.replace(place, str(self.folder / own))
        (self.folder / "cache").mkdir(exist_ok=True)
        return subprocess.Popen(
            ["unshare", "--uts", "sh", "-c", f'hostname {host}; exec "$@"', "-", "sh", "-c", script, "-", *arguments],
            env={**os.environ, **self.repository.variables},
            start_new_session=True,
        )

    def run(self, script: str, *arguments: str, host: str = "backup") -> tuple[int, str]:
        """Run a script, and return its exit code and termination message."""
        code = self.start(script, *arguments, host=host).wait(LIMIT_SECONDS)
        return code, (self.folder / "message").read_text()

    def kill_after(self, seconds: float, script: str, *arguments: str, host: str) -> None:
        """Start a script, and kill all of its processes after a time, as the end of a node does."""
        process = self.start(script, *arguments, host=host)
        time.sleep(seconds)
        os.killpg(process.pid, signal.SIGKILL)
        process.wait(LIMIT_SECONDS)


@pytest.fixture
def container(tmp_path: Path) -> Container:
    (tmp_path / "backup").mkdir()
    return Container(tmp_path, create_repository(tmp_path / "backup"))


def _locks(container: Container) -> list[Path]:
    """Return the complete locks: restic gives a file its name when it is written."""
    folder = container.repository.folder / "repository" / "locks"
    return [each for each in folder.iterdir() if "-tmp-" not in each.name]


def _hold_lock(container: Container, host: str) -> None:
    """Leave the exclusive lock of a killed deletion on a host of this name."""
    process = container.start("exec restic check --read-data", host=host)
    deadline = time.monotonic() + LIMIT_SECONDS
    while not _locks(container) and time.monotonic() < deadline and process.poll() is None:
        time.sleep(0.005)
    os.killpg(process.pid, signal.SIGKILL)
    process.wait(LIMIT_SECONDS)
    assert _locks(container), "it was killed with its lock"


def test_lock_of_an_ended_run_is_removed_at_once(container: Container, tmp_path: Path) -> None:
    (tmp_path / "home").mkdir()
    (tmp_path / "home" / "large").write_bytes(random.randbytes(30 << 20))
    container.repository.restic("backup", str(tmp_path / "home"))
    _hold_lock(container, host_name(RUN, "backup-forget"))

    code, message = container.run(scripts.OPEN, host=host_name(RUN, "backup-open"))

    assert code == 0, message
    assert not _locks(container)


def test_lock_of_another_program_stays(container: Container, tmp_path: Path) -> None:
    (tmp_path / "home").mkdir()
    (tmp_path / "home" / "large").write_bytes(random.randbytes(30 << 20))
    container.repository.restic("backup", str(tmp_path / "home"))
    _hold_lock(container, "desk")

    code, message = container.run(scripts.OPEN, host=host_name(RUN, "backup-open"))

    assert code == 0, message
    assert _locks(container)


def test_nothing_is_deleted_while_there_is_a_backup_of_the_future(container: Container, tmp_path: Path) -> None:
    (tmp_path / "home").mkdir()
    for when in ("2020-01-01 01:00:00", "2020-01-02 01:00:00", "2040-01-01 01:00:00"):
        container.repository.restic("backup", f"--time={when}", str(tmp_path / "home"))
    arguments = ["forget", "--prune", "--group-by=host,paths", "--keep-daily=1"]

    code, message = container.run(scripts.FORGET, *arguments)

    assert code == 1
    assert "there is a backup of the future, 2040-01-01T01:00" in message
    assert len(container.repository.snapshots()) == 3
    newest = max(container.repository.snapshots(), key=lambda each: str(each["time"]))
    container.repository.restic("forget", str(newest["id"]))
    assert container.run(scripts.FORGET, *arguments)[0] == 0
    assert [each["time"][:10] for each in container.repository.snapshots()] == ["2020-01-02"]


def test_permanent_error_ends_restic_at_once(tmp_path: Path) -> None:
    """The program stands for restic, which repeats a request that the store has refused for good."""
    programs = tmp_path / "programs"
    programs.mkdir()
    line = "Save(<data/1>) returned error, retrying after 1s: client.PutObject: QuotaExceeded"
    stand_in = (
        f"#!{sys.executable}\nimport signal, sys, time\nsignal.signal(signal.SIGINT, lambda *_: sys.exit(130))\n"
        f"print({line!r}, file=sys.stderr, flush=True)\ntime.sleep(60)\n"
    )
    (programs / "restic").write_text(stand_in)
    (programs / "restic").chmod(0o755)
    others = {"PATH": f"{programs}:{os.environ['PATH']}"}
    began = time.monotonic()

    code, message = Container(tmp_path, Repository(tmp_path, others=others)).run(scripts.RUN, "backup", "/x")

    assert (code, message) == (130, f"{line}\n")
    assert time.monotonic() - began < 30


def test_kills_lose_no_backup(container: Container, tmp_path: Path) -> None:
    """Neither of a backup, nor of a deletion or a check: every earlier backup can be restored whole."""
    home, chance = tmp_path / "home", random.Random(1)
    home.mkdir()
    expected: dict[str, dict[str, bytes]] = {}

    def back_up() -> None:
        for name in ("kept", f"file-{chance.randrange(4)}"):
            (home / name).write_bytes(chance.randbytes(2 << 20))
        text = container.repository.restic("backup", "--json", str(home)).splitlines()[-1]
        expected[json.loads(text)["snapshot_id"]] = {path.name: path.read_bytes() for path in home.iterdir()}

    steps = (
        (scripts.RUN, ("backup", "--json", str(home))),
        (scripts.FORGET, ("forget", "--prune", "--group-by=host,paths", "--keep-last=2")),
        (scripts.EXCLUSIVE, ("check", "--read-data-subset=5G")),
    )
    for number in range(KILLS):
        back_up()
        script, arguments = steps[number % len(steps)]
        container.kill_after(chance.uniform(0.2, 2.0), script, *arguments, host=host_name(RUN, f"backup-{number}"))
        code, message = container.run(scripts.OPEN, host=host_name(RUN, "backup-open"))
        assert code == 0, message

    last = list(expected)[-1]
    there = {str(each["id"]) for each in container.repository.snapshots()}
    assert last in there or any(each.startswith(last) for each in there)
    container.repository.restic("check", "--read-data")
    for id_ in [each for each in expected if any(full.startswith(each) for full in there)]:
        target = tmp_path / f"restored-{id_}"
        container.repository.restic("restore", id_, f"--target={target}", "--verify")
        restored = target / home.relative_to("/")
        assert {path.name: path.read_bytes() for path in restored.iterdir()} == expected[id_]
