"""A group read through each configured server, so that a wrong name or certificate of one server is found too."""

from collections.abc import Collection
from dataclasses import replace

from components.freeipa import connection_errors, errors, group_errors
from components.freeipa.groups import LookUp, open_groups
from components.freeipa.settings import Directory, ServerAddress

_NOT_ANSWERING = (
    connection_errors.ConnectionRefused,
    connection_errors.ConnectFailed,
    connection_errors.TimedOut,
    connection_errors.ServerClosed,
    errors.Busy,
    errors.Referral,
    errors.LogInFailed,
    errors.SearchFailed,
)
"""Failures of a server that may be down or faulty for a while. All others show a wrong setting."""


def read_on_each_server(
    directory: Directory, suffix: str, name: str, password: str, may_be_down: Collection[ServerAddress] = ()
) -> list[LookUp]:
    """Search for the group at every server of the directory.

    A refused log-in ends the search, because failed log-ins lock the account.

    Args:
        directory: the servers and the account.
        suffix: the directory's suffix.
        name: the group's name.
        password: the account's password.
        may_be_down: servers that need not answer, as long as another one does.

    Raises:
        Unreachable: the only server cannot be used.
        ServersFailed: some of several servers cannot be used.
        FreeIpaError: a search failed.
    """
    readings: list[LookUp] = []
    failures: list[errors.Unreachable] = []
    tolerated: list[errors.Unreachable] = []
    for server in directory.servers:
        try:
            with open_groups(replace(directory, servers=(server,)), suffix, password) as ipa:
                readings.append(ipa.look_up(name))
        except errors.Unreachable as failure:
            may_go_on = server in may_be_down and isinstance(failure, _NOT_ANSWERING)
            (tolerated if may_go_on else failures).append(failure)
    if not readings:
        failures += tolerated
    if failures:
        raise failures[0] if len(directory.servers) == 1 else group_errors.ServersFailed(failures)
    _check_same_directory(readings)
    return readings


def _check_same_directory(readings: list[LookUp]) -> None:
    first = readings[0]
    for other in readings[1:]:
        if other.directory_id != first.directory_id:
            raise group_errors.AnotherDirectory(other.attempt, f"not the directory of {first.attempt.server}")
