"""The commands ``members …``: read arguments, call one function, print, return an exit code."""

import os
import sys
from pathlib import Path
from typing import Annotated

import typer

from components.cli import members as membership
from components.cli.accept.command import accept_user
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
    user_name,
)
from components.cli.audit_log import AuditLog, default_path
from components.cli.bind_password import require_password
from components.cli.diagnose.result import EXIT_FAILED, EXIT_OK
from components.cli.homes.archive_app import (
    ARCHIVE_EXAMPLES,
    DELETE_EXAMPLES,
    archive_member_home,
    delete_member_archive,
    read_archives,
)
from components.cli.homes.delete_command import delete_home
from components.cli.homes.deletion_plan import Request
from components.cli.homes.list_command import print_listing, read_listing
from components.cli.homes.listing import Order
from components.cli.members import Change, Group
from components.cli.removed_access import end_removed_access
from components.cli.stack import OpenStack, open_stack
from components.cli.terminal import ask, errors_reported, has_named, report

members = typer.Typer(
    no_args_is_help=True,
    help="List, add or remove users that may log in, and archive or delete homes of former ones.\n\n"
    "They are the members of the tenancy's FreeIPA group.",
    epilog=examples("members list vis", "members add vis alice bob", "members remove vis bob"),
    rich_markup_mode=None,
)
members.command("archive-home", epilog=examples(*ARCHIVE_EXAMPLES))(archive_member_home)
members.command("delete-archive", epilog=examples(*DELETE_EXAMPLES))(delete_member_archive)


@members.command("list", epilog=examples("members list vis", "members list vis --sort used", "members list vis --json"))
def list_members(
    stack: Stack = None,
    sort: Annotated[
        Order,
        typer.Option(help="Order: by name, the fullest homes first, the largest first, the longest unused first."),
    ] = Order.USER,
    bind_dn: BindDn = None,
    as_json: AsJson = False,
) -> None:
    """List the members of the group, with those of groups in it, and their homes; then homes of former members.

    A home's size and use, the last start of a server and a running server are read from the cluster, also while the hub
    does not run. With the section backup, a pod reads the repository, and archived homes are listed last.

    Exit code 1: the members are not known; the homes are listed nevertheless if the cluster can be read.
    """
    with errors_reported():
        opened = open_stack(stack).with_kubeconfig()
        listed = read_listing(_group(opened, bind_dn), os.environ, lambda: read_archives(opened))
    print_listing(listed, sort, as_json=as_json)
    sys.exit(EXIT_OK if listed.members is not None else EXIT_FAILED)


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


@members.command("delete-home", epilog=examples("members delete-home vis bob", "members delete-home vis bob --yes bob"))
def delete_member_home(
    stack: OneStack,
    user: Annotated[str, typer.Argument(help="User whose home is deleted.")],
    home: Annotated[
        str, typer.Option(metavar="NAME", help="Claim or volume of the home, if the user has several.")
    ] = "",
    even_if_member: Annotated[
        bool, typer.Option("--even-if-member", help="Also delete the home of a user who may log in.")
    ] = False,
    yes: Annotated[
        str | None, typer.Option(metavar="NAME", help="The user's name, to confirm without a question.")
    ] = None,
    bind_dn: BindDn = None,
    log: LogFile = None,
) -> None:
    """Delete the home of a former member, with its volume and all files.

    The command shows what it deletes before it asks for the user's name. It refuses a home that is in use, or whose
    owner may log in. It can be repeated after an interruption, and finishes what is missing; until then, no server
    starts with the home. Backups are not changed.

    Exit code 1: something remains, or the deletion was refused.
    """
    with errors_reported():
        opened = open_stack(stack).with_kubeconfig()
        is_deleted = delete_home(
            _group(opened, bind_dn),
            Request(opened.name, user_name(user), home, even_if_member),
            confirm=lambda name: has_named(name, yes, "user"),
            log=AuditLog(log or default_path(opened.name, os.environ)),
            environment=os.environ,
            report=report,
        )
    sys.exit(EXIT_OK if is_deleted else EXIT_FAILED)


def _change_members(stack: str, change: Change, users: list[str], bind_dn: str | None, log: Path | None) -> None:
    with errors_reported():
        opened = open_stack(stack)
        audit_log = AuditLog(log or default_path(opened.name, os.environ))
        membership.change_members(_group(opened, bind_dn), change, users, audit_log, print)


def _group(stack: OpenStack, bind_dn: str | None) -> Group:
    return Group(stack.tenancy, stack.name, bind_dn or stack.tenancy.identity.bind_dn, require_password(stack))
