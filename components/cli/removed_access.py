"""The second part of ``members remove``: the end of the removed users' access at the hub."""

from collections.abc import Callable, Sequence
from dataclasses import replace

from components.cli.audit_log import AuditLog
from components.cli.diagnose.checks import CheckEnvironment
from components.cli.hub_access import AccessNotEnded, HubAccess, connect, end_access, explain_remaining
from components.cli.members import Group, find_admitted, find_unique_ids, record_end_of_access
from components.cli.pulumi_cli import PulumiFailed
from components.cli.stack import OpenStack


def end_removed_access(
    stack: OpenStack,
    group: Group,
    users: Sequence[str],
    log: AuditLog,
    env: CheckEnvironment,
    report: Callable[[str], None],
    *,
    keep_server: bool,
) -> bool:
    """End the access of users that are no longer in the group. Return whether it has ended for all of them.

    A user that may still log in for another reason is left alone.

    Args:
        stack: the stack.
        group: the stack's group, and the account to read it with.
        users: the users.
        log: records for each user whether the access has ended.
        env: the environment, and the authority of the hub's certificate.
        report: receives lines for the operator.
        keep_server: let running servers and Dask clusters go on.

    Raises:
        FreeIpaError: the directory could not be read.
        MembersRefused: the log cannot be written.
    """
    admitted = find_admitted(group, users)
    for user, reason in admitted.items():
        report(f"{user} {reason} and may still log in: nothing was stopped")
    hub, failure = _connect(stack, env) if len(admitted) < len(users) else (None, "")
    if hub is not None:
        hub = replace(hub, ids=find_unique_ids(group, users))
    is_ended = True
    for user in users:
        if user in admitted:
            continue
        has_ended, reason = False, failure
        if hub is not None:
            try:
                has_ended = end_access(hub, user, keep_server=keep_server, report=report)
                reason = "not everything has stopped"
            except AccessNotEnded as error:
                reason = str(error)
        if not has_ended:
            report(explain_remaining(group.tenancy, group.stack, user, reason, keep_server=keep_server))
        record_end_of_access(group, user, log, is_ended=has_ended)
        is_ended = is_ended and has_ended
    return is_ended


def _connect(stack: OpenStack, env: CheckEnvironment) -> tuple[HubAccess | None, str]:
    try:
        return connect(stack.with_kubeconfig().tenancy, env), ""
    except (AccessNotEnded, PulumiFailed) as failure:
        return None, str(failure)
