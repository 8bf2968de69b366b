"""Two real directory servers, of which the first is faulty: log-ins, reads and the program's own account."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import replace

import pytest

from components.freeipa import connection_errors, errors, settings
from components.freeipa.group_errors import ServersFailed
from components.freeipa.replicas import read_on_each_server
from components.freeipa.session import open_session
from components.freeipa.settings import Directory
from components.freeipa.users import open_users
from components.in_hub.membership import find_memberships
from tests.support.administrator import Administrator
from tests.support.directory import ThrowAwayDirectory
from tests.support.faulty_directory import FAULTS, faulty, locking_accounts

pytestmark = pytest.mark.engine

GROUP = "k1_notebook_users"
RECEIVE_SECONDS = 5
"""Timeout of an answer: half of the usual one, because a server with a disabled database gives none."""
WRONG = "a wrong password"


@pytest.fixture
def both(directory: ThrowAwayDirectory, other_directory: ThrowAwayDirectory) -> Directory:
    servers = [f"{server.host}:{server.ldaps_port}" for server in (other_directory, directory)]
    authorities = other_directory.ca_pem + directory.ca_pem
    both = settings.directory(servers, "ldaps", authorities, directory.operator_dn)
    return replace(both, receive_timeout_seconds=RECEIVE_SECONDS)


@contextmanager
def refused_log_ins(*servers: ThrowAwayDirectory) -> Iterator[list[int]]:
    """Give a list to which the number of refused log-ins at each server is added at the end."""
    logs = [server.state.directory / "logs" / "access" for server in servers]
    before = [log.read_text().count("err=49") for log in logs]
    counts: list[int] = []
    yield counts
    counts += [log.read_text().count("err=49") - count for log, count in zip(logs, before, strict=True)]


@pytest.mark.parametrize("fault", FAULTS)
def test_log_in_goes_to_the_healthy_server(
    both: Directory, directory: ThrowAwayDirectory, other_directory: ThrowAwayDirectory, fault: str
) -> None:
    with faulty(other_directory, fault), open_session(both, directory.operator_password) as session:
        assert session.attempt("asking").server == str(both.servers[1])


@pytest.mark.parametrize("fault", FAULTS)
def test_membership_is_read_at_the_healthy_server(
    both: Directory,
    directory: ThrowAwayDirectory,
    other_directory: ThrowAwayDirectory,
    administrator: Administrator,
    fault: str,
) -> None:
    group = directory.group_dn(GROUP)
    administrator.make(GROUP, "for this test", [directory.operator_dn])
    with faulty(other_directory, fault):
        assert find_memberships(both, directory.operator_password, {group}, nested=False).groups == {group}


@pytest.mark.parametrize("fault", FAULTS)
def test_wrong_password_is_tried_once(
    both: Directory, directory: ThrowAwayDirectory, other_directory: ThrowAwayDirectory, fault: str
) -> None:
    with (
        refused_log_ins(directory, other_directory) as counts,
        faulty(other_directory, fault),
        pytest.raises(errors.WrongPassword),
        open_session(both, WRONG),
    ):
        pass
    assert counts == [1, 0]


def test_account_locked_by_failed_log_ins_ends_the_log_in(
    both: Directory, directory: ThrowAwayDirectory, other_directory: ThrowAwayDirectory
) -> None:
    bob = replace(both, servers=(both.servers[1], both.servers[0]), bind_dn=directory.user_dn("bob"))
    with locking_accounts(directory, 2):
        for _ in range(2):
            with pytest.raises(errors.WrongPassword), open_session(bob, WRONG):
                pass
        with (
            refused_log_ins(other_directory) as counts,
            pytest.raises(errors.AccountUnusable, match="retry limit"),
            open_session(bob, directory.password("bob")),
        ):
            pass
    assert counts == [0]


def test_faulty_server_never_locks_an_account_with_the_right_password(
    both: Directory, directory: ThrowAwayDirectory, other_directory: ThrowAwayDirectory
) -> None:
    carol = replace(both, bind_dn=directory.user_dn("carol"))
    with locking_accounts(directory, 2), faulty(other_directory, "minimum SSF"):
        for _ in range(5):
            with open_session(carol, directory.password("carol")):
                pass


def test_disabled_account_ends_the_log_in(both: Directory, directory: ThrowAwayDirectory) -> None:
    first = replace(both, servers=(both.servers[1], both.servers[0]))
    with (
        Administrator.at(directory) as administrator,
        administrator.locked(directory.operator_dn),
        pytest.raises(errors.AccountUnusable),
        open_session(first, directory.operator_password),
    ):
        pass


@pytest.mark.parametrize("fault", FAULTS)
def test_faults_of_all_servers_are_no_verdict_on_the_password(
    both: Directory, directory: ThrowAwayDirectory, other_directory: ThrowAwayDirectory, fault: str
) -> None:
    with ExitStack() as faults:
        for server in (directory, other_directory):
            faults.enter_context(faulty(server, fault))
        with pytest.raises(errors.AllServersFailed) as raised, open_session(both, directory.operator_password):
            pass
    kinds = {type(each) for each in raised.value.failures}
    assert kinds == {errors.LogInFailed if fault == "minimum SSF" else connection_errors.TimedOut}


@pytest.mark.parametrize("fault", FAULTS)
def test_members_are_changed_at_the_healthy_server(
    both: Directory,
    directory: ThrowAwayDirectory,
    other_directory: ThrowAwayDirectory,
    administrator: Administrator,
    fault: str,
) -> None:
    administrator.make(GROUP, "for this test")
    with (
        faulty(other_directory, fault),
        open_users(both, directory.suffix, directory.operator_password) as users,
    ):
        assert users.find_group(GROUP)
        users.add_member(GROUP, "alice")
        assert users.members(GROUP).users == ("alice",)


def test_deployment_names_the_faulty_server(
    both: Directory, directory: ThrowAwayDirectory, other_directory: ThrowAwayDirectory
) -> None:
    with faulty(other_directory, "minimum SSF"), pytest.raises(ServersFailed, match="could not check") as raised:
        read_on_each_server(both, directory.suffix, GROUP, directory.operator_password)
    assert [failure.attempt.server for failure in raised.value.failures] == [str(both.servers[0])]
