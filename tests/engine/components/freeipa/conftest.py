from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from components.freeipa import settings
from components.freeipa.groups import Groups, open_groups
from components.freeipa.settings import Directory
from tests.engine.components.freeipa.driven_group import DESCRIPTION, GROUP, OWNER, Given, Start
from tests.engine.components.freeipa.plugin import Plugin, plugin
from tests.engine.components.freeipa.scripted_directory import at, refused_port, serve, tls, trusted
from tests.support.administrator import Administrator
from tests.support.directory import ThrowAwayDirectory, throw_away_directory

__all__ = ["at", "refused_port", "serve", "tls", "trusted"]


class Account:
    """Account that uses the client under test."""

    def __init__(self, server: ThrowAwayDirectory, bind_dn: str, password: str) -> None:
        self.server = server
        self.password = password
        self.settings: Directory = settings.directory(
            [f"{server.host}:{server.ldaps_port}"], "ldaps", server.ca_pem, bind_dn
        )

    @contextmanager
    def groups(self, suffix: str | None = None) -> Iterator[Groups]:
        with open_groups(self.settings, suffix or self.server.suffix, self.password) as ipa:
            yield ipa


@pytest.fixture
def operator(directory: ThrowAwayDirectory) -> Account:
    return Account(directory, directory.operator_dn, directory.operator_password)


@pytest.fixture
def reader(directory: ThrowAwayDirectory) -> Account:
    return Account(directory, directory.reader_dn, directory.password("reader"))


@pytest.fixture
def administrator(directory: ThrowAwayDirectory) -> Iterator[Administrator]:
    """FreeIPA's administrator, over another connection. Groups that it read or created are deleted afterwards."""
    with Administrator.at(directory) as administrator:
        yield administrator
        administrator.delete_groups()


@pytest.fixture(scope="session")
def other_directory(directory: ThrowAwayDirectory) -> Iterator[ThrowAwayDirectory]:
    """Another organisation's directory with the same suffix, and even the same account and password."""
    with throw_away_directory() as other:
        with Administrator.at(other) as administrator:
            administrator.set_password(other.operator_dn, directory.operator_password)
        yield other


@pytest.fixture
def given(directory: ThrowAwayDirectory) -> Given:
    def properties(**changes: Any) -> dict[str, Any]:
        return {
            "servers": [f"localhost:{directory.ldaps_port}"],
            "tls": "ldaps",
            "caCertificate": directory.ca_pem,
            "bindDn": directory.operator_dn,
            "suffix": directory.suffix,
            "name": GROUP,
            "description": DESCRIPTION,
            "existingGroup": "refuse",
            "protect": False,
            "mark": str(OWNER),
            **changes,
        }

    return properties


@pytest.fixture
def start(tmp_path: Path) -> Start:
    def launch(environment: dict[str, str] | None = None, config: dict[str, str] | None = None) -> Any:
        return plugin(tmp_path / "plugin.log", environment=environment or {}, config=config or {})

    return launch


@pytest.fixture
def provider(start: Start, directory: ThrowAwayDirectory, tmp_path: Path) -> Iterator[Plugin]:
    """Plugin with the password in its environment. None of its answers or output may contain the password."""
    with start({"FREEIPA_BIND_PASSWORD": directory.operator_password}) as driven:
        yield driven
    assert directory.operator_password not in driven.heard
    assert directory.operator_password not in (tmp_path / "plugin.log").read_text()
