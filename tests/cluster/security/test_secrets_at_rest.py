"""Secrets of the running tenancy: absent from state, logs, images and process arguments, else in private files."""

import subprocess
from collections.abc import Mapping
from pathlib import Path

import pytest

from local.paths import PROJECT, State
from tests.cluster.security.secrets import (
    SearchedBytes,
    files,
    in_all_encodings,
    in_plain_text,
    is_readable_by_others,
    known_secrets,
    search_file,
)

pytestmark = pytest.mark.cluster


@pytest.fixture(scope="module")
def state() -> State:
    return State()


@pytest.fixture(scope="module")
def secrets(state: State) -> dict[str, bytes]:
    return known_secrets(state)


def files_with_secrets(folders: list[Path], searched: SearchedBytes) -> dict[str, list[str]]:
    return {str(path): found for path in files(*folders) if (found := search_file(path, searched))}


def test_the_search_finds_a_secret(secrets: Mapping[str, bytes], state: State, tmp_path: Path) -> None:
    (tmp_path / "plain").write_bytes(b"x" * 5_000_000 + secrets["passphrase"])
    assert search_file(tmp_path / "plain", in_all_encodings(secrets)) == ["passphrase"]
    assert search_file(state.kubeconfig, in_all_encodings(secrets)) == ["key of admin"]


def test_state_and_workspace_contain_no_secret(secrets: Mapping[str, bytes], state: State) -> None:
    folders = [state.engine / "backend", state.engine / "workspace", state.engine / "chart"]
    assert files_with_secrets(folders, in_all_encodings(secrets)) == {}


def test_logs_contain_no_secret(secrets: Mapping[str, bytes], state: State) -> None:
    assert files_with_secrets([state.logs], in_all_encodings(secrets)) == {}


def test_images_contain_no_secret(secrets: Mapping[str, bytes], state: State) -> None:
    blobs = list(files(state.images / "layout"))
    assert len(blobs) > 4, "no images were found"
    assert files_with_secrets([state.images / "layout"], in_plain_text(secrets)) == {}


def test_process_arguments_contain_no_secret(secrets: Mapping[str, bytes]) -> None:
    for process in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            words = process.read_bytes()
        except OSError:
            continue
        assert [name for name, secret in secrets.items() if secret in words] == [], process


def test_files_with_secrets_are_not_readable_by_others(secrets: Mapping[str, bytes], state: State) -> None:
    folders = [state.pki, state.node / "config", state.directory / "config", state.supervisor]
    holders = [Path(path) for path in files_with_secrets(folders, in_all_encodings(secrets))]
    holders += [state.credentials, state.kubeconfig, state.engine / "passphrase"]
    assert len(holders) > 10
    assert [str(path) for path in holders if is_readable_by_others(path, state)] == []


def test_the_git_history_contains_no_secret(secrets: Mapping[str, bytes]) -> None:
    history = subprocess.run(
        ["git", "log", "--all", "--patch", "--text", "--no-color"],
        cwd=PROJECT,
        capture_output=True,
        timeout=120,
        check=True,
    ).stdout
    assert [name for name, secret in secrets.items() if secret in history] == []
