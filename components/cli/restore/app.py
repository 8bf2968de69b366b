"""The commands ``backup list`` and ``backup restore``: read arguments, call one function, print, end."""

import os
import sys
from datetime import datetime
from typing import Annotated

import typer

from components.cli.arguments import AsJson, LogFile, OneStack, Stack
from components.cli.audit_log import AuditLog, default_path
from components.cli.diagnose.result import EXIT_FAILED, EXIT_OK
from components.cli.output import print_json, print_rows
from components.cli.restore import listing
from components.cli.restore.command import Options, restore
from components.cli.restore.errors import RestoreRefused
from components.cli.restore.session import Source, open_session
from components.cli.restore.snapshots import parse_time
from components.cli.stack import open_stack
from components.cli.terminal import errors_reported, report
from components.programs import report_on_stderr

LIST_EXAMPLES = ("backup list vis", "backup list vis --user alice", "backup list vis --json")
RESTORE_EXAMPLES = (
    "backup restore vis --user alice --path notebooks/tides.ipynb",
    "backup restore vis --user alice --path notebooks --before 2026-11-30",
    "backup restore vis --user alice --in-place",
    "backup restore vis --all --hub-database",
)

FromTenancy = Annotated[
    str | None,
    typer.Option(
        "--from", metavar="NAME", help="Use the backups of the tenancy with this clusterName, in this bucket."
    ),
]
FromPrefix = Annotated[
    str | None, typer.Option(help="With --from: the folder of its repository in the bucket, if it is not its name.")
]
FromSecret = Annotated[
    str | None, typer.Option(help="With --from: the Secret in this tenancy's namespace with its keys and its password.")
]


def list_backups(
    stack: Stack = None,
    user: Annotated[str | None, typer.Option(help="Show all backups of this user's home.")] = None,
    from_tenancy: FromTenancy = None,
    prefix: FromPrefix = None,
    secret: FromSecret = None,
    as_json: AsJson = False,
) -> None:
    """List the backups: a line for each home, also of homes that no longer exist, and for the hub's database.

    The list is read by a pod in the tenancy's namespace, so restic is not needed on this machine.
    """
    with errors_reported():
        opened = open_stack(stack).with_kubeconfig()
        with open_session(opened, Source(from_tenancy, prefix, secret), os.environ, report_on_stderr) as session:
            found = session.snapshots()
            groups = listing.group_by_home(each for each in found if user is None or each.user == user)
            if user is not None and not groups:
                raise RestoreRefused(f"there is no backup of a home of {user}")
            shown = [each for group in groups.values() for each in (group if user else group[-1:])]
            sizes = {each.id: each for each in session.with_sizes(shown)}
            groups = {key: [sizes.get(each.id, each) for each in group] for key, group in groups.items()}
            claims = session.claims()
    if as_json:
        print_json(listing.as_json(groups, claims))
    elif user is not None:
        print_rows(
            listing.SNAPSHOT_HEADINGS, listing.snapshot_rows(each for group in groups.values() for each in group)
        )
    else:
        print_rows(listing.HOME_HEADINGS, listing.home_rows(groups, claims))


def restore_backup(
    stack: OneStack,
    user: Annotated[str | None, typer.Option(help="Restore the home of this user, or a part of it.")] = None,
    claim: Annotated[
        str | None, typer.Option(help="The volume claim of the home, if the user has several, from backup list.")
    ] = None,
    path: Annotated[
        str | None, typer.Option(help="Restore only this file or folder of the home, such as notebooks/tides.ipynb.")
    ] = None,
    whole_tenancy: Annotated[
        bool, typer.Option("--all", help="Restore all homes that do not exist. Existing homes are left alone.")
    ] = False,
    hub_database: Annotated[
        bool, typer.Option("--hub-database", help="Restore the hub's database, with the hub stopped meanwhile.")
    ] = False,
    snapshot: Annotated[
        str | None, typer.Option(metavar="ID", help="The backup to use, from backup list. Default: the newest.")
    ] = None,
    before: Annotated[
        str | None,
        typer.Option(metavar="TIME", help="Use the newest backup before this time in UTC: 2026-11-30T12:00."),
    ] = None,
    in_place: Annotated[
        bool,
        typer.Option(
            "--in-place",
            help="Move files to where they were. Files that differ are shown before, and kept in a new folder.",
        ),
    ] = False,
    other_account: Annotated[
        bool,
        typer.Option(
            "--other-account", help="The FreeIPA account of the home is another than at the time of the backup."
        ),
    ] = False,
    from_tenancy: FromTenancy = None,
    prefix: FromPrefix = None,
    secret: FromSecret = None,
    yes: Annotated[
        str | None,
        typer.Option(metavar="NAME", help="Confirm without a question: the user, or the clusterName of a tenancy."),
    ] = None,
    log: LogFile = None,
) -> None:
    """Restore a file, a home, or a whole tenancy.

    By default, files are restored into a new folder of the home, such as restored-2026-11-30. Nothing is overwritten:
    the command shows what it would replace, asks, and keeps what was there. It can be repeated after any interruption.

    Exit code 1: something was not restored.
    """
    with errors_reported():
        options = Options(
            user=user,
            claim=claim,
            path=path,
            whole_tenancy=whole_tenancy,
            hub_database=hub_database,
            snapshot=snapshot,
            before=_time(before),
            in_place=in_place,
            other_account=other_account,
        )
        options.check()
        opened = open_stack(stack).with_kubeconfig()
        audit_log = AuditLog(log or default_path(opened.name, os.environ))
        with open_session(opened, Source(from_tenancy, prefix, secret), os.environ, report) as session:
            is_restored = restore(session, options, lambda name: _has_named(name, yes), audit_log)
    sys.exit(EXIT_OK if is_restored else EXIT_FAILED)


def _time(text: str | None) -> datetime | None:
    if text is None:
        return None
    try:
        return parse_time(text)
    except ValueError:
        raise RestoreRefused(
            f"--before {text} is not a time; write for example 2026-11-30 or 2026-11-30T12:00"
        ) from None


def _has_named(name: str, given: str | None) -> bool:
    if given is None and sys.stdin.isatty():
        given = input(f"To do this, type the name {name}: ")
    if given is not None and given.strip() == name:
        return True
    report(f"not confirmed; to confirm without a question, add --yes {name}")
    return False
