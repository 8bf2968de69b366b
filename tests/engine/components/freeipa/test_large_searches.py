"""Searches with more results than the directory's size limit, in a real directory with a small limit."""

from collections.abc import Iterator

import ldap3
import pytest

from components.freeipa import errors
from components.freeipa.session import open_session
from components.freeipa.settings import Directory, ServerAddress
from components.freeipa.users import Users
from local.directory.client import connection
from local.directory.endpoint import MANAGER
from tests.support.administrator import Administrator
from tests.support.directory import ThrowAwayDirectory, throw_away_directory
from tests.support.hub_users import People

pytestmark = pytest.mark.engine

SIZE_LIMIT = 10
MEMBERS, INNER = "large_notebook_users", "large_inner"
DIRECT = tuple(f"direct{number:02}" for number in range(25))
INDIRECT = tuple(f"indirect{number:02}" for number in range(25))


@pytest.fixture(scope="module")
def directory() -> Iterator[ThrowAwayDirectory]:
    """Directory with groups that are larger than its size limit; no other test uses it."""
    with throw_away_directory() as server:
        people = People(server)
        people.add(*DIRECT, *INDIRECT)
        with Administrator.at(server) as administrator:
            administrator.make(INNER, "large", [server.user_dn(user) for user in INDIRECT])
            members = [server.group_dn(INNER), *(server.user_dn(user) for user in DIRECT)]
            administrator.make(MEMBERS, "large", members)
        limit_size(server, SIZE_LIMIT)
        yield server


def limit_size(server: ThrowAwayDirectory, entries: int) -> None:
    with connection(server.state, server.endpoint, MANAGER, "manager") as manager:
        limit = {"nsslapd-sizelimit": [(ldap3.MODIFY_REPLACE, [str(entries)])]}
        manager.modify("cn=config", limit)  # type: ignore[no-untyped-call]


@pytest.fixture
def users(directory: ThrowAwayDirectory) -> Iterator[Users]:
    servers = (ServerAddress(directory.host, directory.ldaps_port),)
    settings = Directory(servers, "ldaps", directory.ca_pem, directory.operator_dn)
    with open_session(settings, directory.operator_password) as session:
        yield Users(session, directory.suffix)


def test_all_members_are_listed(users: Users) -> None:
    found = users.members(MEMBERS)

    assert found.users == DIRECT
    assert found.indirect_users == INDIRECT
    assert found.groups == (INNER,)


def test_similar_name_is_found_among_many(users: Users) -> None:
    assert users.nearest("indirect1") in INDIRECT


def test_limit_that_permits_no_page_is_reported_with_a_fix(directory: ThrowAwayDirectory, users: Users) -> None:
    limit_size(directory, 1)
    try:
        with pytest.raises(errors.LimitExceeded, match="set a higher nsslapd-sizelimit"):
            users.members(MEMBERS)
    finally:
        limit_size(directory, SIZE_LIMIT)
