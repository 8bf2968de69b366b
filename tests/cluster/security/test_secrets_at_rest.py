"""No secret of the running tenancy is in its state, logs, images or process arguments; what holds one is private."""

import subprocess
from collections.abc import Mapping
from pathlib import Path

import pytest

from local.paths import PROJECT, State
from tests.cluster.security.secrets import Spelled, as_they_are, files, in_file, known, open_to_others, spelled

pytestmark = pytest.mark.cluster


@pytest.fixture(scope="module")
def state() -> State:
    return State()


@pytest.fixture(scope="module")
def secrets(state: State) -> dict[str, bytes]:
    return known(state)


def holding_one(folders: list[Path], wanted: Spelled) -> dict[str, list[str]]:
    return {str(path): found for path in files(*folders) if (found := in_file(path, wanted))}


def test_the_search_finds_a_secret_that_is_there(secrets: Mapping[str, bytes], state: State, tmp_path: Path) -> None:
    (tmp_path / "plain").write_bytes(b"x" * 5_000_000 + secrets["pass phrase"])
    assert in_file(tmp_path / "plain", spelled(secrets)) == ["pass phrase"]
    assert in_file(state.kubeconfig, spelled(secrets)) == ["key of admin"]


def test_the_stacks_state_and_workspace_hold_none(secrets: Mapping[str, bytes], state: State) -> None:
    folders = [state.engine / "backend", state.engine / "workspace", state.engine / "chart"]
    assert holding_one(folders, spelled(secrets)) == {}


def test_no_log_holds_one(secrets: Mapping[str, bytes], state: State) -> None:
    assert holding_one([state.logs], spelled(secrets)) == {}


def test_no_image_holds_one(secrets: Mapping[str, bytes], state: State) -> None:
    blobs = list(files(state.images / "layout"))
    assert len(blobs) > 4, "there are images"
    assert holding_one([state.images / "layout"], as_they_are(secrets)) == {}


def test_no_process_has_one_among_its_arguments(secrets: Mapping[str, bytes]) -> None:
    for process in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            words = process.read_bytes()
        except OSError:
            continue
        assert [name for name, secret in secrets.items() if secret in words] == [], process


def test_every_file_with_one_is_closed_to_other_users(secrets: Mapping[str, bytes], state: State) -> None:
    folders = [state.pki, state.node / "config", state.directory / "config", state.supervisor]
    holders = [Path(path) for path in holding_one(folders, spelled(secrets))]
    holders += [state.credentials, state.kubeconfig, state.engine / "passphrase"]
    assert len(holders) > 10
    assert [str(path) for path in holders if open_to_others(path, state)] == []


def test_the_repository_and_its_history_hold_none(secrets: Mapping[str, bytes]) -> None:
    history = subprocess.run(
        ["git", "log", "--all", "--patch", "--text", "--no-color"],
        cwd=PROJECT,
        capture_output=True,
        timeout=120,
        check=True,
    ).stdout
    assert [name for name, secret in secrets.items() if secret in history] == []
