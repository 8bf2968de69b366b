"""The commands ``members archive-home`` and ``members delete-archive``: read arguments, call one function, end."""

import os
import sys
from dataclasses import replace
from typing import Annotated

import typer

from components.cli.arguments import BindDn, LogFile, OneStack, user_name
from components.cli.audit_log import AuditLog, default_path
from components.cli.bind_password import require_password
from components.cli.diagnose.result import EXIT_FAILED, EXIT_OK
from components.cli.homes.archive_command import archive_home
from components.cli.homes.archives import select_archives
from components.cli.homes.delete_archive_command import delete_archive
from components.cli.homes.deletion_plan import Request
from components.cli.members import Group
from components.cli.restore.session import Source, open_session
from components.cli.restore.snapshots import Snapshot
from components.cli.stack import OpenStack, open_stack
from components.cli.terminal import errors_reported, has_named, report

ARCHIVE_EXAMPLES = ("members archive-home vis bob", "members archive-home vis bob --yes bob")
DELETE_EXAMPLES = ("members delete-archive vis bob", "members delete-archive vis bob --yes bob")

LIST_SECONDS = 60.0
"""Time limit for the pod that lists the archives to start; without capacity for it, the list of members is not delayed
for longer."""

UserName = Annotated[str | None, typer.Option(metavar="NAME", help="The user's name, to confirm without a question.")]


def read_archives(stack: OpenStack) -> list[Snapshot] | None:
    """Return the archives of homes with their sizes; None without the section ``backup``.

    Raises:
        RestoreRefused: the repository cannot be read.
        CannotAsk: the cluster gives no answer.
    """
    if stack.tenancy.backup is None:
        return None
    with open_session(stack, Source(), os.environ, lambda line: None) as session:
        short = replace(session, steps=replace(session.steps, start_seconds=LIST_SECONDS))
        return short.with_sizes(select_archives(short.snapshots()))


def archive_member_home(
    stack: OneStack,
    user: Annotated[str, typer.Argument(help="User whose home is archived.")],
    home: Annotated[str, typer.Option(metavar="NAME", help="Claim of the home, if the user has several.")] = "",
    yes: UserName = None,
    bind_dn: BindDn = None,
    log: LogFile = None,
) -> None:
    """Archive the home of a former member in the repository of backups, then delete it with its volume.

    The archive is a last backup that is kept until members delete-archive. All of it is read for trial before anything
    is deleted. A home that is in use, whose owner may log in, or that has unreadable files, is refused. The command can
    be repeated after an interruption, and continues. A user who starts a server meanwhile keeps the home.

    Exit code 1: the home was not deleted.
    """
    with errors_reported():
        opened = open_stack(stack).with_kubeconfig()
        group = Group(opened.tenancy, opened.name, bind_dn or opened.tenancy.identity.bind_dn, require_password(opened))
        with open_session(opened, Source(), os.environ, report) as session:
            is_archived = archive_home(
                session,
                group,
                Request(opened.name, user_name(user), home),
                confirm=lambda name: has_named(name, yes, "user"),
                log=AuditLog(log or default_path(opened.name, os.environ)),
            )
    sys.exit(EXIT_OK if is_archived else EXIT_FAILED)


def delete_member_archive(
    stack: OneStack,
    user: Annotated[str, typer.Argument(help="User whose archives are deleted.")],
    account: Annotated[
        str | None, typer.Option(metavar="ID", help="The ipaUniqueID of the account, if several had the name.")
    ] = None,
    yes: UserName = None,
    log: LogFile = None,
) -> None:
    """Delete the archives of a former member's home from the repository of backups.

    The command shows them before it asks for the user's name. Other backups of the home stay as long as
    pangeo:backup.keep says.

    Exit code 1: nothing was deleted.
    """
    with errors_reported():
        opened = open_stack(stack).with_kubeconfig()
        group = Group(opened.tenancy, opened.name, "", "")
        with open_session(opened, Source(), os.environ, report) as session:
            is_deleted = delete_archive(
                session,
                group,
                user_name(user),
                account,
                confirm=lambda name: has_named(name, yes, "user"),
                log=AuditLog(log or default_path(opened.name, os.environ)),
            )
    sys.exit(EXIT_OK if is_deleted else EXIT_FAILED)
