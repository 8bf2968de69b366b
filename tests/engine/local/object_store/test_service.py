"""The S3 server of the local tenancy, started as supervisor starts it, and used by restic."""

import os
import subprocess
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from local import object_store
from local.object_store.endpoint import BACKUP, REPOSITORY, SECTION, Endpoint
from local.paths import LOCAL, State
from local.progress import Report
from local.tenancy import credentials, pki
from tests.support.ports import free_ports
from tests.support.tools import link_tools

COMMAND_SECONDS = 60


class Server:
    """The server of one state folder."""

    def __init__(self, root: Path) -> None:
        self.state = State(root)
        self.endpoint = Endpoint("127.0.0.1", free_ports(1)[0], "localhost")
        self.process: subprocess.Popen[bytes] | None = None

    def up(self) -> None:
        """Start it."""
        object_store.up(self.state, Report(), endpoint=self.endpoint, start=self._start)

    def end(self) -> None:
        """Kill it."""
        if self.process:
            self.process.kill()
            self.process.wait()

    def restic(self, *arguments: str, **others: str) -> subprocess.CompletedProcess[str]:
        """Run restic with the account of the backups."""
        authority = pki.authority(self.state, "tenancy").crt
        variables = {
            "PATH": os.environ["PATH"],
            "RESTIC_REPOSITORY": f"s3:{self.endpoint.url}/{object_store.BUCKET}/local",
            "RESTIC_CACHE_DIR": str(self.state.root / "cache"),
            "AWS_DEFAULT_REGION": object_store.REGION,
            "AWS_ACCESS_KEY_ID": BACKUP,
            "AWS_SECRET_ACCESS_KEY": credentials.password(self.state, SECTION, BACKUP),
            "RESTIC_PASSWORD": credentials.password(self.state, SECTION, REPOSITORY),
        }
        return _run(["restic", "--cacert", str(authority), *arguments], {**variables, **others})

    def _start(self, state: State) -> None:
        script = LOCAL / "object_store" / "serve.sh"
        words = [str(script), str(state.bin / "versitygw"), str(state.object_store)]
        state.logs.mkdir(exist_ok=True)
        with (state.logs / "object-store.log").open("wb") as log:
            self.process = subprocess.Popen(words, stdout=log, stderr=log, env={"PATH": os.environ["PATH"]})


def _run(words: list[str], variables: Mapping[str, str]) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        words, env=dict(variables), capture_output=True, text=True, timeout=COMMAND_SECONDS, check=False
    )


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    link_tools(tmp_path / "bin", ["versitygw"])
    started = Server(tmp_path)
    started.up()
    yield started
    started.end()


def test_restic_uses_the_store_over_verified_tls(server: Server, tmp_path: Path) -> None:
    (tmp_path / "home").mkdir()
    (tmp_path / "home" / "notes").write_text("what alice wrote")

    for arguments in (["init"], ["backup", str(tmp_path / "home")]):
        done = server.restic(*arguments)
        assert done.returncode == 0, done.stderr
    server.end()
    server.up()

    assert "1 snapshots" in server.restic("snapshots").stdout, "the backups outlive a restart"


def test_store_is_closed_to_others(server: Server) -> None:
    assert server.restic("init").returncode == 0
    wrong = server.restic("snapshots", AWS_SECRET_ACCESS_KEY="wrong")
    assert wrong.returncode != 0


def test_secrets_are_in_no_argument_and_in_private_files(server: Server) -> None:
    assert server.process is not None
    arguments = Path(f"/proc/{server.process.pid}/cmdline").read_bytes()
    secrets = credentials.obtain(server.state, SECTION, ["root", BACKUP, REPOSITORY]).values()
    assert not any(secret.encode() in arguments for secret in secrets)
    assert server.state.object_store.stat().st_mode & 0o077 == 0
    for file in (server.state.object_store / "environment", server.state.object_store / "accounts" / "users.json"):
        assert file.stat().st_mode & 0o077 == 0


def test_repeated_start_changes_nothing(server: Server) -> None:
    before = (server.state.object_store / "accounts" / "users.json").read_text()
    process = server.process
    server.up()
    assert server.process is process
    assert (server.state.object_store / "accounts" / "users.json").read_text() == before
