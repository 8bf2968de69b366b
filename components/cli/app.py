"""The command line ``python -m components``: reads arguments, calls one function, prints, returns an exit code."""

import getpass
import os
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from components.cli import members as membership
from components.cli.accept.command import accept_user
from components.cli.accept.reused import find_reused_names
from components.cli.audit_log import AuditLog, default_path
from components.cli.capacity import print_capacities, stack_capacities
from components.cli.check import check_stacks
from components.cli.diagnose.checks import CheckEnvironment
from components.cli.diagnose.doctor import diagnose
from components.cli.diagnose.drift import check_drift
from components.cli.diagnose.result import EXIT_FAILED, EXIT_OK
from components.cli.diagnose.status import check_status
from components.cli.members import Change, Group, MembersRefused
from components.cli.new import new
from components.cli.output import console, print_json, print_results, print_rows
from components.cli.pulumi_cli import PulumiFailed
from components.cli.remove.command import remove_tenancy
from components.cli.removed_access import end_removed_access
from components.cli.repair.command import repair_stack
from components.cli.stack import OpenStack, open_stack
from components.cli.stack_writer import read_certificate
from components.cluster.errors import CannotAsk
from components.cluster.helm import HelmFailed
from components.config.problems import InvalidTenancy
from components.config.stack_file import STACKS
from components.escape import escape_control_characters, escape_lines
from components.freeipa.errors import PASSWORD_VARIABLE, FreeIpaError, PasswordInvalid, PasswordMissing
from components.version import program_version

EXIT_CODES = "Exit code 1: a check failed; 3: no check failed, but some could not run."


def examples(*commands: str) -> str:
    """Return the last paragraph of a command's help text, with examples of its use."""
    return "\b\nExamples:\n" + "\n".join(f"  python -m components {command}" for command in commands)


app = typer.Typer(
    add_completion=False,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    help="Commands for the operator of a tenancy. A stack is given by its name or by its file.",
    epilog=examples("check", "doctor vis --user alice", "members add vis alice"),
    rich_markup_mode=None,
)
members = typer.Typer(
    no_args_is_help=True,
    help="List, add or remove users that may log in.\n\nThey are the members of the tenancy's FreeIPA group.",
    epilog=examples("members list vis", "members add vis alice bob", "members remove vis bob"),
    rich_markup_mode=None,
)
app.add_typer(members, name="members")

Stack = Annotated[str | None, typer.Argument(help="Name or file of the stack. Not needed if there is only one.")]
Stacks = Annotated[list[str] | None, typer.Argument(help="Names or files of stacks. Default: all in stacks/.")]
OneStack = Annotated[str, typer.Argument(help="Name or file of the stack.")]
Users = Annotated[list[str], typer.Argument(help="User names in FreeIPA.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]
CaFile = Annotated[
    str | None, typer.Option(help="PEM file of the authority of the hub's certificate, if it is a private one.")
]
BindDn = Annotated[str | None, typer.Option(help="Log in to FreeIPA as this account instead of identity.bindDn.")]
LogFile = Annotated[Path | None, typer.Option(help="File that records each change as a line of JSON.")]


def _print_version(value: bool) -> None:
    if value:
        print(program_version())
        raise typer.Exit


@app.callback()
def main(
    version: Annotated[
        bool, typer.Option("--version", callback=_print_version, is_eager=True, help="Print the program's version.")
    ] = False,
) -> None:
    """Read the options that precede a command."""


app.command(epilog=examples("new vis", "new vis --external-ip 192.171.139.83 --cpus 2 --ram-gb 4 --storage-gb 10"))(new)


@app.command(epilog=examples("check", "check vis --dns", "check --json"))
def check(
    stack: Stacks = None,
    dns: Annotated[bool, typer.Option("--dns", help="Also resolve each pangeoDomain, as a preview does.")] = False,
    as_json: AsJson = False,
) -> None:
    """Check stack files, without engine, cluster or secrets.

    Exit code 1: a stack file has a problem.
    """
    with _errors_reported():
        reports = check_stacks(stack or [], STACKS, resolve_domains=dns, environment=os.environ)
    if as_json:
        print_json([report.as_json() for report in reports])
    else:
        print("\n".join(line for report in reports for line in report.lines()))
    sys.exit(EXIT_OK if all(report.is_good for report in reports) else EXIT_FAILED)


@app.command(epilog=examples("capacity", "capacity vis"))
def capacity(stack: Stacks = None, as_json: AsJson = False) -> None:
    """Calculate how many notebooks fit on the stated nodes.

    The nodes are those in pangeo:workers; the cluster is not read.
    """
    with _errors_reported():
        capacities, errors = stack_capacities(stack or [], STACKS)
    print_capacities(capacities, as_json=as_json)
    _exit_with(errors)


@app.command(epilog=examples("status vis", "status vis --no-drift --json") + f"\n\n{EXIT_CODES}")
def status(
    stack: Stack = None,
    ca_file: CaFile = None,
    no_drift: Annotated[bool, typer.Option("--no-drift", help="Leave out the preview, which takes a minute.")] = False,
    as_json: AsJson = False,
) -> None:
    """Check all parts of a tenancy, and drift.

    They are the Helm release, pods, notebook servers, homes, domain, certificates, the hub and the directory servers.
    """
    with _errors_reported(), console(stderr=True).status("checking"):
        opened = open_stack(stack).with_kubeconfig()
        project = opened.path.resolve().parent.parent
        results = check_status(
            opened.tenancy,
            stack=opened.name,
            env=_check_environment(ca_file),
            drift=None if no_drift else lambda: check_drift(opened.name, project, os.environ),
        )
    sys.exit(print_results(opened.name, results, as_json=as_json))


@app.command(epilog=examples("doctor vis", "doctor vis --user alice") + f"\n\n{EXIT_CODES}")
def doctor(
    stack: Stack = None,
    user: Annotated[str | None, typer.Option(help="User that cannot log in.")] = None,
    ca_file: CaFile = None,
    as_json: AsJson = False,
) -> None:
    """Check every step of a log-in, from the browser to FreeIPA."""
    with _errors_reported():
        opened = open_stack(stack).with_kubeconfig()
        env = _check_environment(ca_file)
        password = _deferred_password(opened)
        with console(stderr=True).status("checking"):
            results = diagnose(opened.tenancy, stack=opened.name, user=user, password=password, env=env)
    sys.exit(print_results(opened.name, results, as_json=as_json, user=user))


@app.command(epilog=examples("repair vis", "repair vis --yes", "repair vis --interrupted"))
def repair(
    stack: Stack = None,
    yes: Annotated[bool, typer.Option("--yes", help="Repair without a question.")] = False,
    interrupted: Annotated[
        bool,
        typer.Option(
            "--interrupted",
            help="State that neither pulumi nor helm is running on this tenancy any more. Needed for 20 minutes after "
            "the run that was killed began.",
        ),
    ] = False,
) -> None:
    """Repair what a killed run left in the cluster and in the state.

    The command reports what it will do and asks before it changes anything. It changes a Helm release only if both the
    stack's state and the cluster show that a run was interrupted. Users' home volumes are not changed.

    Exit code 1: something still needs a repair, or the repair was refused.
    """
    with _errors_reported():
        is_repaired = repair_stack(
            open_stack(stack).with_kubeconfig(),
            confirm=lambda: yes or _ask("Do this?"),
            is_interrupted=interrupted,
            environment=os.environ,
            report=lambda line: print(escape_lines(line), flush=True),
        )
    sys.exit(EXIT_OK if is_repaired else EXIT_FAILED)


@app.command(epilog=examples("remove vis", "remove vis --yes vis-pangeo"))
def remove(
    stack: OneStack,
    yes: Annotated[
        str | None,
        typer.Option(metavar="NAME", help="The clusterName, to confirm without a question."),
    ] = None,
) -> None:
    """Delete what pulumi destroy kept: the namespace with all homes, and the users' group.

    Run pulumi destroy first. The command deletes only what a destroy of this stack kept, and shows it before it asks
    for the cluster's name. The files of all users are lost.

    Exit code 1: something remains, or the removal was refused.
    """
    with _errors_reported():
        opened = open_stack(stack)
        password = _require(_find_password(opened))
        is_removed = remove_tenancy(
            opened.with_kubeconfig(),
            password=password,
            confirm=lambda name: _has_named(name, yes),
            environment=os.environ,
            report=lambda line: print(escape_lines(line), flush=True),
        )
    sys.exit(EXIT_OK if is_removed else EXIT_FAILED)


@members.command("list", epilog=examples("members list vis", "members list vis --json"))
def list_members(stack: Stack = None, bind_dn: BindDn = None, as_json: AsJson = False) -> None:
    """List the members of the group, with those of groups in it."""
    with _errors_reported():
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
    with _errors_reported():
        opened = open_stack(stack)
        env, audit_log = _check_environment(ca_file), AuditLog(log or default_path(opened.name, os.environ))
        group = _group(opened, bind_dn)
        removed = membership.change_members(group, "remove", user, audit_log, print)
        is_ended = end_removed_access(opened, group, removed, audit_log, env, _report, keep_server=keep_server)
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
    with _errors_reported():
        opened = open_stack(stack).with_kubeconfig()
        is_accepted = accept_user(
            _group(opened, bind_dn),
            user,
            same_person=person,
            confirm=lambda: yes or _ask("Make these changes?"),
            log=AuditLog(log or default_path(opened.name, os.environ)),
            environment=os.environ,
            report=_report,
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
    with _errors_reported():
        opened = open_stack(stack)
        audit_log = AuditLog(log or default_path(opened.name, os.environ))
        membership.change_members(_group(opened, bind_dn), change, users, audit_log, print)


def _report(line: str) -> None:
    print(escape_lines(line), flush=True)


def _group(stack: OpenStack, bind_dn: str | None) -> Group:
    password = _require(_find_password(stack))
    return Group(stack.tenancy, stack.name, bind_dn or stack.tenancy.identity.bind_dn, password)


def _find_password(stack: OpenStack) -> str | None:
    try:
        return stack.password(os.environ)
    except PasswordMissing:
        if not sys.stdin.isatty():
            return None
        return getpass.getpass(f"FreeIPA bind password ({PASSWORD_VARIABLE} is not set): ", sys.stderr) or None


def _deferred_password(stack: OpenStack) -> Callable[[], str]:
    """Ask for the password now, before a progress display occupies the terminal; raise errors only when it is used."""
    try:
        password = _find_password(stack)
    except (PulumiFailed, PasswordInvalid) as invalid:
        error = invalid

        def fail() -> str:
            raise error

        return fail
    return lambda: _require(password)


def _require(password: str | None) -> str:
    if not password:
        raise PasswordMissing
    return password


def _check_environment(ca_file: str | None) -> CheckEnvironment:
    authority = read_certificate(ca_file, "--ca-file") if ca_file is not None else None
    return CheckEnvironment(os.environ, datetime.now(UTC), authority)


def _has_named(name: str, given: str | None) -> bool:
    """Return whether the operator has named the cluster: in an option, else at the terminal."""
    if given is None and sys.stdin.isatty():
        given = input(f"To delete all of this, type the cluster's name, {name}: ")
    return given is not None and given.strip() == name


def _ask(question: str) -> bool:
    """Return whether the operator agrees; False where there is no terminal."""
    if not sys.stdin.isatty():
        return False
    return input(f"{question} [y/N] ").strip().lower() in ("y", "yes")


@contextmanager
def _errors_reported() -> Iterator[None]:
    """End the command with a message on standard error and exit code 1 for each expected error of the block."""
    try:
        yield
    except (InvalidTenancy, FreeIpaError, MembersRefused, CannotAsk, HelmFailed, PulumiFailed) as error:
        _exit_with([error])


def _exit_with(errors: Sequence[Exception]) -> None:
    """Print the errors and end the command; do nothing if there are none."""
    for error in errors:
        print("\n".join(map(escape_control_characters, str(error).split("\n"))), file=sys.stderr)
    if errors:
        sys.exit(EXIT_FAILED)
