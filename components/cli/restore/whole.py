"""The restore of a whole tenancy into a new stack: all homes, and the hub's database."""

from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import datetime

from components.cli.restore.errors import RestoreRefused
from components.cli.restore.homes import HomeRestore, restore_home
from components.cli.restore.hub import restore_database, stopped_hub
from components.cli.restore.listing import size_text, subject
from components.cli.restore.plan import Claim, claim_of
from components.cli.restore.session import Session
from components.cli.restore.snapshots import Snapshot, before, newest_by_home, select_database, time_text


@dataclass(frozen=True)
class Plan:
    """What a restore of a tenancy does."""

    homes: tuple[Snapshot, ...]
    """The homes that do not exist, or that an interrupted restore has not finished."""
    existing: tuple[Snapshot, ...]
    """The homes that exist and are left alone."""
    database: Snapshot | None
    """None to leave the hub's database alone."""
    archived: tuple[Snapshot, ...] = ()
    """The homes of former members that were archived, which are left out."""

    @property
    def lines(self) -> list[str]:
        """The plan for the operator."""
        size = sum(each.size or 0 for each in self.homes)
        known = f", {size_text(size)}" if all(each.size is not None for each in self.homes) and self.homes else ""
        lines = [f"restores {len(self.homes)} homes that do not exist here{known}:"]
        lines += [f"  {subject(each):24} from {time_text(each.time)}" for each in self.homes]
        if self.existing:
            names = ", ".join(subject(each) for each in self.existing)
            lines.append(f"leaves alone {len(self.existing)} homes that exist: {names}")
        if self.archived:
            names = ", ".join(subject(each) for each in self.archived)
            lines.append(f"leaves out {len(self.archived)} archived homes, to restore one: --user NAME: {names}")
        if self.database:
            lines.append(
                f"replaces the hub's database by that of {time_text(self.database.time)}; the present one is kept"
            )
        return lines


def plan_tenancy(
    snapshots: Sequence[Snapshot], claims: Mapping[str, Claim], limit: datetime | None, *, database: bool
) -> Plan:
    """Return what a restore of the whole tenancy does. Homes that exist are never changed by it.

    Args:
        snapshots: the tenancy's snapshots.
        claims: the claims of the namespace.
        limit: the time of the newest backup to use; None for the last of each home.
        database: whether the hub's database is restored.

    Raises:
        RestoreRefused: there is no backup.
    """
    newest = newest_by_home(before(snapshots, limit)).values()
    if not newest and not database:
        raise RestoreRefused(f"there is no backup of a home{f' before {time_text(limit)}' if limit else ''}")
    absent = [each for each in newest if claim_of(each) not in claims or claims[claim_of(each)].unfinished]
    missing = [each for each in absent if not each.is_of_archived]
    return Plan(
        homes=tuple(missing),
        existing=tuple(each for each in newest if each not in absent),
        archived=tuple(each for each in absent if each.is_of_archived),
        database=select_database(snapshots, limit) if database else None,
    )


def restore_tenancy(session: Session, plan: Plan, done: Callable[[str], None]) -> list[str]:
    """Restore homes and the hub's database, with the hub stopped. Return a line for each home that failed.

    It can be repeated: homes that are complete are left alone then.

    Args:
        session: the repository and the cluster.
        plan: what to restore.
        done: is called with the name of each user whose home is complete, and with an empty one for the database.

    Raises:
        RestoreRefused: the hub cannot be stopped, or its database was not restored.
        CannotAsk: the cluster gives no answer.
    """
    failures: list[str] = []
    report = session.steps.report
    with ExitStack() as stack:
        # Without the hub, nobody starts a server in a home that is half restored.
        stack.enter_context(stopped_hub(session.api, session.namespace, report))
        if plan.database:
            restore_database(session, plan.database)
            done("")
        for number, snapshot in enumerate(plan.homes, start=1):
            report(f"home {number} of {len(plan.homes)}: {subject(snapshot)}")
            try:
                if not restore_home(session, HomeRestore(snapshot), lambda _: False):
                    raise RestoreRefused(f"it has other files now; restore it with --user {snapshot.user} --in-place")
                done(snapshot.user)
            except RestoreRefused as error:
                report(str(error))
                failures.append(f"{subject(snapshot)}: {error}")
    return failures
