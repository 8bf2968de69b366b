from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from components.freeipa import settings
from components.freeipa.groups import Groups, open_groups
from components.freeipa.settings import Directory
from tests.support.administrator import Administrator
from tests.support.directory import ThrowAwayDirectory


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
