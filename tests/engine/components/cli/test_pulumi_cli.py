"""Every failure of the real Pulumi CLI while it decrypts a stack's secret: its own message, and a fix that fits."""

import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from local.paths import PROJECT
from tests.support.tenancies import stack_text

pytestmark = pytest.mark.engine

STACK = "vis"
SECRET = "sesame-open"
SECONDS = 300


class Workspace:
    """A project with a stack whose bind password is encrypted, and an operator who lists the members."""

    def __init__(self, folder: Path, tools: Path) -> None:
        self.folder = folder
        (folder / "Pulumi.yaml").symlink_to(PROJECT / "Pulumi.yaml")
        (folder / "stacks").mkdir()
        lines = [line for line in stack_text().splitlines() if not line.startswith("encryptionsalt")]
        (folder / "stacks" / f"Pulumi.{STACK}.yaml").write_text("\n".join(lines))
        self.environment = {
            **{key: value for key, value in os.environ.items() if not key.startswith(("PULUMI", "FREEIPA"))},
            "PATH": f"{tools}:{os.defpath}",
            "PYTHONPATH": str(PROJECT),
            "PULUMI_HOME": str(self._folder("home")),
            "PULUMI_BACKEND_URL": self._folder("backend").as_uri(),
            "PULUMI_CONFIG_PASSPHRASE": "only for this test",
            "PULUMI_SKIP_UPDATE_CHECK": "true",
        }
        self._pulumi("stack", "init", STACK)
        self._pulumi("config", "set", "--secret", "pangeo:identityBindPassword", SECRET, "--stack", STACK)

    def error(self, *without: str, **changes: str) -> str:
        """Return the command's error with these environment variables left out and changed."""
        environment = {key: value for key, value in {**self.environment, **changes}.items() if key not in without}
        done = subprocess.run(
            [sys.executable, "-m", "components", "members", "list", STACK],
            cwd=self.folder,
            env=environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=SECONDS,
            check=False,
        )
        assert done.returncode == 1
        assert "Traceback" not in done.stderr
        assert SECRET not in done.stdout + done.stderr
        return done.stderr

    def _folder(self, name: str) -> Path:
        (self.folder / name).mkdir()
        return self.folder / name

    def _pulumi(self, *words: str) -> None:
        done = subprocess.run(
            ["pulumi", *words, "--non-interactive"],
            cwd=self.folder,
            env=self.environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=SECONDS,
            check=False,
        )
        assert done.returncode == 0, done.stderr


@pytest.fixture(scope="module")
def workspace(tmp_path_factory: pytest.TempPathFactory, tools: Path) -> Workspace:
    return Workspace(tmp_path_factory.mktemp("workspace"), tools)


def test_wrong_passphrase(workspace: Workspace) -> None:
    error = workspace.error(PULUMI_CONFIG_PASSPHRASE="wrong")
    assert "the bind password is encrypted and cannot be decrypted: pulumi config --json failed" in error
    assert "error: incorrect passphrase" in error
    assert "→ the passphrase is not this stack's" in error


def test_no_passphrase(workspace: Workspace) -> None:
    error = workspace.error("PULUMI_CONFIG_PASSPHRASE")
    assert "error: passphrase must be set with PULUMI_CONFIG_PASSPHRASE" in error
    assert "→ set PULUMI_CONFIG_PASSPHRASE, or" in error


def test_not_logged_in(workspace: Workspace) -> None:
    error = workspace.error("PULUMI_BACKEND_URL")
    assert "error: PULUMI_ACCESS_TOKEN must be set for login" in error
    assert "→ log in to the stack's backend" in error


def test_unreachable_backend(workspace: Workspace) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    error = workspace.error(PULUMI_BACKEND_URL=f"https://127.0.0.1:{port}", PULUMI_ACCESS_TOKEN="pul-hidden")
    assert "connection refused" in error
    assert "→ the backend cannot be used; check the network" in error
    assert "pul-hidden" not in error


def test_folder_of_the_backend_is_missing(workspace: Workspace) -> None:
    error = workspace.error(PULUMI_BACKEND_URL=(workspace.folder / "missing").as_uri())
    assert "unable to open state directory" in error
    assert "→ the backend cannot be used" in error


def test_stack_in_another_backend(workspace: Workspace, tmp_path: Path) -> None:
    error = workspace.error(PULUMI_BACKEND_URL=tmp_path.as_uri())
    assert f"error: no stack named '{STACK}' found" in error
    assert "→ this backend does not have the stack" in error


def test_program_not_on_path(workspace: Workspace, tmp_path: Path) -> None:
    assert "the pulumi program is not on PATH\n→ install the Pulumi CLI" in workspace.error(PATH=str(tmp_path))
