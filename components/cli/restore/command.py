"""The command ``backup restore``: checks its options, asks, restores, and records it in the log."""

import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime

from components.cli import audit_log
from components.cli.audit_log import BEGUN, DONE, NOT_KNOWN, AuditLog, Entry
from components.cli.restore.errors import RestoreRefused
from components.cli.restore.homes import HomeRestore, restore_home
from components.cli.restore.session import Session
from components.cli.restore.snapshots import Snapshot, select_home
from components.cli.restore.whole import plan_tenancy, restore_tenancy

SIGNALS = (signal.SIGTERM, signal.SIGHUP)
"""Signals that end the command as Ctrl+C does: pods are deleted, and the hub is started again."""


@dataclass(frozen=True)
class Options:
    """The options of ``backup restore``."""

    user: str | None = None
    claim: str | None = None
    path: str | None = None
    whole_tenancy: bool = False
    hub_database: bool = False
    snapshot: str | None = None
    before: datetime | None = None
    in_place: bool = False
    other_account: bool = False

    def check(self) -> None:
        """Check that the options fit together.

        Raises:
            RestoreRefused: they do not; names all contradictions.
        """
        wanted = [self.user is not None, self.whole_tenancy, self.hub_database and not self.whole_tenancy]
        problems = []
        if wanted.count(True) != 1:
            problems.append("write one of --user NAME, --all and --hub-database")
        only_of_user = {
            "--claim": self.claim,
            "--path": self.path,
            "--snapshot": self.snapshot,
            "--in-place": self.in_place,
        }
        problems += [f"{name} needs --user" for name, value in only_of_user.items() if value and self.user is None]
        if self.snapshot and self.before:
            problems.append("write --snapshot or --before, not both")
        if problems:
            raise RestoreRefused("; ".join(problems))


def restore(session: Session, options: Options, confirm: Callable[[str], bool], log: AuditLog) -> bool:
    """Restore what the options say. Return whether it was restored completely.

    Args:
        session: the repository and the cluster.
        options: what to restore.
        confirm: returns whether the operator agrees to replace something, by typing the name that it receives.
        log: records what is restored.

    Raises:
        RestoreRefused: nothing more was restored; the text has the reason.
        CannotAsk: the cluster gives no answer.
    """
    options.check()
    try:
        log.prepare()
    except OSError as error:
        raise RestoreRefused(f"the log {log.path} cannot be written: {error.strerror}; nothing was restored") from None
    with ended_by_signals():
        snapshots = session.snapshots()
        if options.user is not None:
            return _restore_home(session, options, options.user, snapshots, confirm, log)
        return _restore_tenancy(session, options, snapshots, confirm, log)


def _restore_home(
    session: Session,
    options: Options,
    user: str,
    snapshots: list[Snapshot],
    confirm: Callable[[str], bool],
    log: AuditLog,
) -> bool:
    snapshot = select_home(snapshots, user, options.claim, options.snapshot, options.before)
    wanted = HomeRestore(snapshot, options.path, options.in_place, options.other_account)
    place = "in place" if options.in_place else "beside"
    entry = _entry(session, user, f"restore {options.path or 'home'} of {snapshot} {place}")
    log.write(replace(entry, outcome=BEGUN))
    try:
        is_restored = restore_home(session, wanted, confirm)
    except BaseException:
        log.write(replace(entry, outcome=NOT_KNOWN))
        raise
    log.write(replace(entry, outcome=DONE if is_restored else "declined"))
    return is_restored


def _restore_tenancy(
    session: Session, options: Options, snapshots: list[Snapshot], confirm: Callable[[str], bool], log: AuditLog
) -> bool:
    report = session.steps.report
    chosen = snapshots if options.whole_tenancy else [each for each in snapshots if each.home is None]
    plan = plan_tenancy(chosen, session.claims(), options.before, database=options.hub_database)
    if not plan.homes and plan.database is None:
        kinds = f"exist, or are archived ({len(plan.archived)})" if plan.archived else "exist"
        report(f"all homes of the backup {kinds}; nothing was changed")
        return True
    for line in plan.lines:
        report(line)
    if not confirm(session.steps.tenancy.cluster_name):
        report("nothing was changed")
        return False
    entry = _entry(session, "", "restore tenancy" if options.whole_tenancy else "restore hub database")
    log.write(replace(entry, outcome=BEGUN))

    def done(user: str) -> None:
        log.write(_entry(session, user, "restore home" if user else "restore hub database"))

    failures = restore_tenancy(session, plan, done)
    for line in failures:
        report(f"not restored: {line}")
    log.write(replace(entry, outcome=NOT_KNOWN if failures else DONE))
    return not failures


def _entry(session: Session, user: str, change: str) -> Entry:
    return Entry(
        time=audit_log.now(),
        who="",
        operator=audit_log.operator(),
        stack=session.stack,
        group="",
        change=change,
        user=user,
        outcome=DONE,
    )


@contextmanager
def ended_by_signals() -> Iterator[None]:
    """End the block by ``KeyboardInterrupt`` at a signal, so that its pods are deleted."""

    def end(number: int, frame: object) -> None:
        raise KeyboardInterrupt

    former = {each: signal.signal(each, end) for each in SIGNALS}
    try:
        yield
    finally:
        for each, handler in former.items():
            signal.signal(each, handler)
