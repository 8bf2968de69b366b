"""Passwords are made once, kept privately, and never made up again."""

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


def test_a_password_once_made_is_kept(state: State) -> None:
    first = credentials.obtain(state, "directory", ["alice", "bob"])
    assert first["alice"] != first["bob"]
    assert credentials.obtain(state, "directory", ["bob", "carol"])["bob"] == first["bob"]
    assert credentials.password(state, "directory", "alice") == first["alice"]


def test_sections_keep_accounts_of_the_same_name_apart(state: State) -> None:
    directory = credentials.obtain(state, "directory", ["admin"])
    assert credentials.obtain(state, "stack", ["admin"]) != directory
    assert credentials.obtain(state, "directory", ["admin"]) == directory


def test_only_the_owner_reads_the_file(state: State) -> None:
    credentials.obtain(state, "directory", ["alice"])
    assert stat.S_IMODE(state.credentials.stat().st_mode) == 0o600
    assert not state.credentials.with_suffix(".partial").exists()


def test_an_interrupted_write_does_no_harm(state: State) -> None:
    kept = credentials.obtain(state, "directory", ["alice"])
    state.credentials.with_suffix(".partial").write_text('{"directory": {"al')
    assert credentials.obtain(state, "directory", ["alice", "bob"])["alice"] == kept["alice"]


def test_makers_at_the_same_time_lose_no_password(state: State) -> None:
    accounts = [f"user{number}" for number in range(20)]
    with ThreadPoolExecutor(8) as pool:
        made = list(pool.map(lambda name: credentials.obtain(state, "directory", [name]), accounts))
    assert credentials.obtain(state, "directory", accounts) == {
        name: each[name] for name, each in zip(accounts, made, strict=True)
    }


def test_an_unknown_account_is_named(state: State) -> None:
    with pytest.raises(Failure, match="no password of directory account dave"):
        credentials.password(state, "directory", "dave")


@pytest.mark.parametrize("content", ["{", "[]", '{"directory": "secret"}', '{"directory": {"alice": 3}}'])
def test_a_damaged_file_is_said_so_without_its_content(state: State, content: str) -> None:
    state.root.mkdir()
    state.credentials.write_text(content)
    with pytest.raises(Failure, match="is not JSON of the form") as failure:
        credentials.obtain(state, "directory", ["alice"])
    assert "secret" not in failure.value.what
