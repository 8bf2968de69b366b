"""Passwords are generated once and stored privately."""

import stat
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from local.failure import Failure
from local.paths import State
from local.tenancy import credentials


@pytest.fixture
def state(tmp_path: Path) -> State:
    return State(tmp_path / "state")


def test_password_is_generated_once(state: State) -> None:
    first = credentials.obtain(state, "directory", ["alice", "bob"])
    assert first["alice"] != first["bob"]
    assert credentials.obtain(state, "directory", ["bob", "carol"])["bob"] == first["bob"]
    assert credentials.password(state, "directory", "alice") == first["alice"]


def test_sections_separate_accounts_of_the_same_name(state: State) -> None:
    directory = credentials.obtain(state, "directory", ["admin"])
    assert credentials.obtain(state, "stack", ["admin"]) != directory
    assert credentials.obtain(state, "directory", ["admin"]) == directory


def test_file_is_readable_by_its_owner_only(state: State) -> None:
    credentials.obtain(state, "directory", ["alice"])
    assert stat.S_IMODE(state.credentials.stat().st_mode) == 0o600
    assert not state.credentials.with_suffix(".partial").exists()


def test_interrupted_write_keeps_the_passwords(state: State) -> None:
    kept = credentials.obtain(state, "directory", ["alice"])
    state.credentials.with_suffix(".partial").write_text('{"directory": {"al')
    assert credentials.obtain(state, "directory", ["alice", "bob"])["alice"] == kept["alice"]


def test_concurrent_calls_lose_no_password(state: State) -> None:
    accounts = [f"user{number}" for number in range(20)]
    with ThreadPoolExecutor(8) as pool:
        made = list(pool.map(lambda name: credentials.obtain(state, "directory", [name]), accounts))
    assert credentials.obtain(state, "directory", accounts) == {
        name: each[name] for name, each in zip(accounts, made, strict=True)
    }


def test_unknown_account_is_named(state: State) -> None:
    with pytest.raises(Failure, match="no password of directory account dave"):
        credentials.password(state, "directory", "dave")


@pytest.mark.parametrize("content", ["{", "[]", '{"directory": "secret"}', '{"directory": {"alice": 3}}'])
def test_damaged_file_is_reported_without_its_content(state: State, content: str) -> None:
    state.root.mkdir()
    state.credentials.write_text(content)
    with pytest.raises(Failure, match="is not JSON of the form") as failure:
        credentials.obtain(state, "directory", ["alice"])
    assert "secret" not in failure.value.message
