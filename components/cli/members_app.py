"""The commands ``members …``: read arguments, call one function, print, return an exit code."""

import os
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated

import typer

from components.cli import members as membership
from components.cli.accept.command import accept_user
from components.cli.accept.reused import find_reused_names
from components.cli.arguments import (
    AsJson,
    BindDn,
    CaFile,
    LogFile,
    OneStack,
    Stack,
    Users,
    check_environment,
    examples,
)
from components.cli.audit_log import AuditLog, default_path
from components.cli.bind_password import require_password
from components.cli.diagnose.result import EXIT_FAILED, EXIT_OK
from components.cli.members import Change, Group
from components.cli.output import print_json, print_rows
from components.cli.removed_access import end_removed_access
from components.cli.stack import OpenStack, open_stack
from components.cli.terminal import ask, errors_reported, report
from components.cluster.errors import CannotAsk
from components.escape import escape_lines

members = typer.Typer(
    no_args_is_help=True,
    help="List, add or remove users that may log in.\n\nThey are the members of the tenancy's FreeIPA group.",
    epilog=examples("members list vis", "members add vis alice bob", "members remove vis bob"),
    rich_markup_mode=None,
)


@members.command("list", epilog=examples("members list vis", "members list vis --json"))
def list_members(stack: Stack = None, bind_dn: BindDn = None, as_json: AsJson = False) -> None:
    """List the members of the group, with those of groups in it."""
    with errors_reported():
        group = _group(open_stack(stack).with_kubeconfig(), bind_dn)
        found = membership.list_members(group)
        reused = _find_reused_names(group, found.unique_ids)
    nested = group.tenancy.identity.nested_groups
    if as_json:
        print_json(
            {
                "group": group.name,
                "users": found.users,
                "byWayOfGroups": found.indirect_users,
                "nestedGroupsCount": nested,
                "groups": found.groups,
                "others": found.others,
                "reusedNames": reused,
            }
        )
        return
    rows = [[user, "direct", "yes"] for user in found.users]
    rows += [[user, "through a group", "yes" if nested else "no"] for user in found.indirect_users]
    print_rows(["user", "member", "may log in"], rows)
    groups = f"; groups in it: {', '.join(found.groups)}" if found.groups else ""
    print(f"{group.name}: {len(found.users)} direct members{groups}")
    for user in reused or ():
        fix = f"python -m components members accept {group.stack} {user} --same-person (or --new-person)"
        print(f"{user}: the name belonged to another FreeIPA account before, so its log-in is refused\n→ {fix}")


@members.command("add", epilog=examples("members add vis alice bob"))
def add_members(stack: OneStack, user: Users, bind_dn: BindDn = None, log: LogFile = None) -> None:
    """Let users log in. They must exist in FreeIPA."""
    _change_members(stack, "add", user, bind_dn, log)


@members.command("remove", epilog=examples("members remove vis bob", "members remove vis bob --keep-server"))
def remove_members(
    stack: OneStack,
    user: Users,
    keep_server: Annotated[
        bool, typer.Option("--keep-server", help="Let the running server and Dask clusters go on.")
    ] = False,
    ca_file: CaFile = None,
    bind_dn: BindDn = None,
    log: LogFile = None,
) -> None:
    """Remove users from the group, and end their access to the hub.

    Their log-ins, sessions and API tokens end at once, and their servers and Dask clusters stop. Their FreeIPA entries
    and homes stay.

    Exit code 1: something has not ended; the command can be repeated.
    """
    with errors_reported():
        opened = open_stack(stack)
        env, audit_log = check_environment(ca_file), AuditLog(log or default_path(opened.name, os.environ))
        group = _group(opened, bind_dn)
        removed = membership.change_members(group, "remove", user, audit_log, print)
        is_ended = end_removed_access(opened, group, removed, audit_log, env, report, keep_server=keep_server)
    sys.exit(EXIT_OK if is_ended else EXIT_FAILED)


@members.command(
    "accept",
    epilog=examples("members accept vis alice --same-person", "members accept vis alice --new-person --yes"),
)
def accept_member(
    stack: OneStack,
    user: Annotated[str, typer.Argument(help="User name in FreeIPA.")],
    person: Annotated[
        bool | None,
        typer.Option(
            "--same-person/--new-person",
            help="Whether the new account belongs to the same person as the one that had the name before.",
            show_default=False,
        ),
    ] = None,
    yes: Annotated[bool, typer.Option("--yes", help="Confirm without a question.")] = False,
    bind_dn: BindDn = None,
    log: LogFile = None,
) -> None:
    """Decide who may use the files and rights of a user name that FreeIPA gave to another account.

    The same person keeps the home and the hub's rights. A new person starts with an empty home and without rights; the
    volume of the former home is kept, and the command prints how to use it again. It can be repeated after an
    interruption.
    """
    if person is None:
        raise typer.BadParameter("write --same-person or --new-person")
    with errors_reported():
        opened = open_stack(stack).with_kubeconfig()
        is_accepted = accept_user(
            _group(opened, bind_dn),
            user,
            same_person=person,
            confirm=lambda: yes or ask("Make these changes?"),
            log=AuditLog(log or default_path(opened.name, os.environ)),
            environment=os.environ,
            report=report,
        )
    sys.exit(EXIT_OK if is_accepted else EXIT_FAILED)


def _find_reused_names(group: Group, unique_ids: Mapping[str, str]) -> list[str] | None:
    """Return the members whose names belonged to other accounts; None, with a message, if the cluster is not read."""
    try:
        return find_reused_names(group.tenancy, unique_ids, os.environ)
    except CannotAsk as failure:
        message = f"whether names were given to other persons was not checked: {failure}"
        print(escape_lines(message), file=sys.stderr)
        return None


def _change_members(stack: str, change: Change, users: list[str], bind_dn: str | None, log: Path | None) -> None:
    with errors_reported():
        opened = open_stack(stack)
        audit_log = AuditLog(log or default_path(opened.name, os.environ))
        membership.change_members(_group(opened, bind_dn), change, users, audit_log, print)


def _group(stack: OpenStack, bind_dn: str | None) -> Group:
    return Group(stack.tenancy, stack.name, bind_dn or stack.tenancy.identity.bind_dn, require_password(stack))
