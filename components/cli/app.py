"""The command line: reads words, calls one function, prints, ends with an exit code. Nothing else is decided here."""

import getpass
import os
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any

import typer

from components.cli import members as membership
from components.cli.audit_log import AuditLog, default_path
from components.cli.check import check as check_stacks
from components.cli.diagnose.checks import CheckEnvironment
from components.cli.diagnose.doctor import diagnose
from components.cli.diagnose.drift import drift as compare
from components.cli.diagnose.result import SOMETHING_BROKEN
from components.cli.diagnose.status import status as look_at
from components.cli.members import Asked, MembersRefused
from components.cli.new import new
from components.cli.output import console, print_findings, print_json, print_rows
from components.cli.stack import OpenedStack, opened
from components.cli.stack_reports import checked, room
from components.cli.stack_writer import certificate_text
from components.config.problems import InvalidTenancy
from components.config.stack_file import STACKS
from components.escape import escape_control_characters
from components.freeipa.errors import PASSWORD_VARIABLE, FreeIpaError, PasswordMissing

app = typer.Typer(
    add_completion=False, no_args_is_help=True, pretty_exceptions_enable=False, help="One tenancy, day by day."
)
members = typer.Typer(no_args_is_help=True, help="Who may log in: the members of the tenancy's FreeIPA group.")
app.add_typer(members, name="members")

Stack = Annotated[str | None, typer.Argument(help="a stack's name or file; may be left out where there is one")]
Stacks = Annotated[list[str] | None, typer.Argument(help="stacks' names or files; all in stacks/ when none is named")]
AsJson = Annotated[bool, typer.Option("--json", help="for machines")]
CaFile = Annotated[
    str | None, typer.Option(help="PEM of the authority of the hub's certificate, if it is a private one")
]
BindDn = Annotated[str | None, typer.Option(help="ask FreeIPA as this account instead of identity.bindDn")]
Users = Annotated[list[str], typer.Argument(help="user names, as FreeIPA shows them")]
OneStack = Annotated[str, typer.Argument(help="a stack's name or file")]
LogFile = Annotated[Path | None, typer.Option(help="where changes are written down, a line of JSON each")]

app.command()(new)


@app.command()
def check(
    stack: Stacks = None,
    dns: Annotated[bool, typer.Option("--dns", help="also resolve each pangeoDomain, as a preview does")] = False,
    as_json: AsJson = False,
) -> None:
    """Check stack files, without the engine, a cluster or secrets."""
    names = stack or []
    if as_json:
        reports = checked(names, STACKS, ask_dns=dns, environment=os.environ)
        print_json(reports)
        sys.exit(0 if reports and all(report["good"] for report in reports) else 1)
    done = check_stacks(names, STACKS, ask_dns=dns, environment=os.environ)
    print("\n".join(done.lines))
    sys.exit(0 if done.good else 1)


@app.command()
def capacity(stack: Stacks = None, as_json: AsJson = False) -> None:
    """How many notebooks fit the workers that a stack file states."""
    rooms, refused = room(stack or [], STACKS)
    if as_json:
        print_json(rooms)
    elif rooms:
        _print_rooms(rooms)
    _refuse(refused)


def _print_rooms(rooms: list[dict[str, Any]]) -> None:
    rows, warnings = [], []
    for each in rooms:
        size = f"{each['notebookCpus']:g} CPUs, {each['notebookRamGb']:g} GB"
        fits = each["capacity"] or {}
        keys = ("workers", "notebooksPerWorker", "notebooks", "expectedUsers", "workersNeeded", "daskWorkers")
        rows.append([each["stack"], size, *("–" if fits.get(key) is None else str(fits[key]) for key in keys)])
        warnings += [f"{each['stack']}: warning: {said}" for said in each["warnings"]]
        if not fits:
            warnings.append(f"{each['stack']}: says nothing of its workers; pangeo:workers lets this be counted")
    headings = ["stack", "notebook", "workers", "notebooks on one", "in all"]
    print_rows([*headings, "expected users", "workers needed", "Dask workers beside them"], rows)
    print("\n".join(warnings))


@app.command()
def status(
    stack: Stack = None,
    ca_file: CaFile = None,
    no_drift: Annotated[bool, typer.Option("--no-drift", help="without the preview, which takes a minute")] = False,
    as_json: AsJson = False,
) -> None:
    """Release, hub, certificates, servers, directory, drift. Exit code 1: something is broken, 3: not all seen."""
    with _told(), _working("looking"):
        mine = opened(stack).with_cluster()
        project = mine.path.resolve().parent.parent
        findings = look_at(
            mine.tenancy,
            stack=mine.name,
            env=_surroundings(ca_file),
            drift=None if no_drift else lambda: compare(mine.name, project, os.environ),
        )
    sys.exit(print_findings(mine.name, findings, as_json=as_json))


@app.command()
def doctor(
    stack: Stack = None,
    user: Annotated[str | None, typer.Option(help="who cannot log in")] = None,
    ca_file: CaFile = None,
    as_json: AsJson = False,
) -> None:
    """Which link from the browser to FreeIPA is broken. Exit code 1: one is, 3: none seen, but not all looked at."""
    with _told():
        mine = opened(stack).with_cluster()
        env = _surroundings(ca_file)
        password = _password_later(mine)
        with _working("looking"):
            findings = diagnose(mine.tenancy, stack=mine.name, user=user, password=password, env=env)
    sys.exit(print_findings(f"{mine.name}{f', {user}' if user else ''}", findings, as_json=as_json))


@members.command("list")
def list_members(stack: Stack = None, bind_dn: BindDn = None, as_json: AsJson = False) -> None:
    """Who is in the group, directly or by way of another group."""
    with _told():
        asked = _asked(opened(stack), bind_dn)
        found = membership.listed(asked)
    nested = asked.tenancy.identity.nested_groups
    if as_json:
        print_json(
            {
                "group": asked.tenancy.notebook_users_group,
                "users": found.users,
                "byWayOfGroups": found.by_way_of_groups,
                "nestedGroupsCount": nested,
                "groups": found.groups,
                "others": found.others,
            }
        )
        return
    rows = [[user, "direct", "yes"] for user in found.users]
    rows += [[user, "by way of a group", "yes" if nested else "no"] for user in found.by_way_of_groups]
    print_rows(["user", "member", "may log in"], rows)
    through = f"; groups in it: {', '.join(found.groups)}" if found.groups else ""
    print(f"{asked.tenancy.notebook_users_group}: {len(found.users)} direct members{through}")


@members.command("add")
def add_members(stack: OneStack, user: Users, bind_dn: BindDn = None, log: LogFile = None) -> None:
    """Let users log in. Nobody who is not in FreeIPA is added."""
    _change_members(stack, membership.ADD, user, bind_dn, log)


@members.command("remove")
def remove_members(stack: OneStack, user: Users, bind_dn: BindDn = None, log: LogFile = None) -> None:
    """Take users' right to log in. Their entries in FreeIPA, their homes and running servers stay."""
    _change_members(stack, membership.REMOVE, user, bind_dn, log)


def _change_members(stack: str, change: str, users: list[str], bind_dn: str | None, log: Path | None) -> None:
    with _told():
        mine = opened(stack)
        asked = _asked(mine, bind_dn)
        journal = AuditLog(log or default_path(mine.name, os.environ))
        membership.changed(asked, change, users, journal, print)


def _asked(mine: OpenedStack, bind_dn: str | None) -> Asked:
    return Asked(mine.tenancy, mine.name, bind_dn or mine.tenancy.identity.bind_dn, _given(_password_or_none(mine)))


def _password_or_none(mine: OpenedStack) -> str | None:
    try:
        return mine.password(os.environ)
    except PasswordMissing:
        if not sys.stdin.isatty():
            return None
        return getpass.getpass(f"FreeIPA bind password ({PASSWORD_VARIABLE} is not set): ", sys.stderr) or None


def _password_later(mine: OpenedStack) -> Callable[[], str]:
    """Asked for at once, while the terminal is free; what is the matter with it is said when it is needed."""
    try:
        secret = _password_or_none(mine)
    except InvalidTenancy as closed:
        refusal = closed

        def fail() -> str:
            raise refusal

        return fail
    return lambda: _given(secret)


def _given(password: str | None) -> str:
    if not password:
        raise PasswordMissing
    return password


def _surroundings(ca_file: str | None) -> CheckEnvironment:
    authority = certificate_text(ca_file, "--ca-file") if ca_file is not None else None
    return CheckEnvironment(os.environ, datetime.now(UTC), authority)


@contextmanager
def _told() -> Iterator[None]:
    """A refusal is a sentence on standard error and an exit code."""
    try:
        yield
    except (InvalidTenancy, FreeIpaError, MembersRefused) as refusal:
        _refuse([refusal])


def _refuse(refusals: Sequence[Exception]) -> None:
    """Say why, a refusal after the other, and end; nothing where there is none."""
    for refusal in refusals:
        print("\n".join(map(escape_control_characters, str(refusal).split("\n"))), file=sys.stderr)
    if refusals:
        sys.exit(SOMETHING_BROKEN)


@contextmanager
def _working(what: str) -> Iterator[None]:
    with console(stderr=True).status(what):
        yield
