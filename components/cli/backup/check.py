"""The check ``backup`` of the commands ``status`` and ``backup status``."""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta

from components.cli.diagnose.result import CheckResult, broken, good, unknown, warning
from components.cluster.client import Api
from components.cluster.errors import CannotAsk
from components.config.tenancy import Tenancy
from components.in_backup.results import CONFIG_MAP, RUNNING, Check, Result
from components.in_hub.home_marks import RESTORING
from components.in_hub.user_id import NAME_ANNOTATION
from components.readiness.objects import Object, field, items

BACKUP = "backup"
OLD = timedelta(days=2)
"""Age of the last good run that is a warning; runs are nightly by default."""

TOO_OLD = timedelta(days=8)
"""Age that is a problem, as in the alert ``PangeoBackupOld``."""

FUTURE = timedelta(minutes=5)
"""Largest difference of clocks that is no problem."""

MOST_NAMES = 5


def read_result(api: Api, namespace: str) -> Result:
    """Return the result of the last runs.

    Raises:
        CannotAsk: the cluster does not give it.
    """
    return Result.from_config_map(api.get(f"/api/v1/namespaces/{namespace}/configmaps/{CONFIG_MAP}"))


def check_backup(tenancy: Tenancy, api: Api, stack: str, now: datetime) -> CheckResult:
    """Check the age of the last run, what it could not back up, and the test restore.

    Args:
        tenancy: the tenancy.
        api: the cluster.
        stack: the stack's name, for suggested commands.
        now: the time.
    """
    if tenancy.backup is None:
        return warning(BACKUP, "the stack file has no section backup: no homes are backed up", "set pangeo:backup")
    try:
        claims = items(api.get(f"/api/v1/namespaces/{tenancy.namespace}/persistentvolumeclaims"), "items")
        return assess(read_result(api, tenancy.namespace), stack, now, unfinished_restores(claims))
    except CannotAsk as failure:
        return unknown(BACKUP, str(failure), "run pulumi up, if the section backup is new")


def unfinished_restores(claims: Iterable[Object]) -> list[str]:
    """Return the users whose homes are half restored. Pure."""
    annotated = [field(claim, "metadata", "annotations") or {} for claim in claims]
    return sorted(str(each.get(NAME_ANNOTATION)) for each in annotated if RESTORING in each)


def assess(result: Result, stack: str, now: datetime, unfinished: Sequence[str] = ()) -> CheckResult:
    """Judge the result of the last runs. Pure.

    Args:
        result: the result.
        stack: the stack's name, for suggested commands.
        now: the time.
        unfinished: users whose homes are half restored.
    """
    run, fix = result.run, f"python -m components backup run {stack}"
    if run is None:
        return warning(BACKUP, "there was no run yet", fix)
    details = {
        "lastGood": result.last_good,
        "failed": run.failed,
        "incomplete": run.incomplete,
        "archived": run.archived,
        "notArchived": run.not_archived,
    }
    details |= {"withoutSnapshot": run.without_snapshot} if run.without_snapshot else {}
    parts = [f"last complete run {describe_age(result.last_good, now)}" if result.last_good else "no complete run yet"]
    parts += [f"a run began {describe_age(run.began, now)}: {run.doing}"] if run.state == RUNNING else []
    problems = [f"the last run failed: {run.error}"] if run.error else []
    names = [f"{name}: {message}" for name, message in sorted(run.failed.items())]
    if unfinished:
        problems.append(
            f"half restored, by restores that are under way or were interrupted: the homes of {', '.join(unfinished)}; "
            f"repeat those with: python -m components backup restore {stack} --user {unfinished[0]}"
        )
    problems += names[:MOST_NAMES]
    problems += [f"and {len(names) - MOST_NAMES} more were not backed up"] if len(names) > MOST_NAMES else []
    unarchived = [f"{claim} was not archived: {message}" for claim, message in sorted(run.not_archived.items())]
    if unarchived:
        more = f", and {len(unarchived) - MOST_NAMES} more" if len(unarchived) > MOST_NAMES else ""
        command = f"python -m components members archive-home {stack} USER"
        problems.append(f"{'; '.join(unarchived[:MOST_NAMES])}{more}; to archive one, also files of root: {command}")
    problems += [
        f"{title} {describe_age(check.at, now)}: {check.message}"
        for title, check in (
            ("test restore failed", result.test_restore),
            ("the hub's database was not restored for trial", result.database_restore),
            ("old backups were not deleted", result.retention),
            ("the check of the repository failed", result.check),
        )
        if check is not None and not check.is_good
    ]
    parts += [_describe_restore(result.test_restore, now)] if result.test_restore else ["no test restore yet"]
    parts += [f"{name}: {message}" for name, message in sorted(run.incomplete.items())[:MOST_NAMES]]
    parts += [
        f"{name}: read on its node, because its snapshot failed: {message}"
        for name, message in sorted(run.without_snapshot.items())[:MOST_NAMES]
    ]
    parts += [f"deleted during the run: {', '.join(sorted(run.deleted)[:MOST_NAMES])}"] if run.deleted else []
    if run.archived:
        parts.append(f"archived: {', '.join(sorted(run.archived))}")
    age = now - datetime.fromisoformat(result.last_good) if result.last_good else None
    if age is not None and age < -FUTURE:
        problems.append(f"the last complete run ended in the future, at {result.last_good}: a clock is or was wrong")
    message = "; ".join([*parts[:1], *problems, *parts[1:]])
    if (age is None and (run.error or run.failed)) or (age is not None and age > TOO_OLD):
        return broken(BACKUP, message, fix, **details)
    if problems or run.incomplete or run.without_snapshot or (age is not None and age > OLD):
        return warning(BACKUP, message, fix, **details)
    return good(BACKUP, message, **details)


def _describe_restore(check: Check, now: datetime) -> str:
    if not check.is_good:
        return f"the home of {check.user} was chosen for the test restore"
    size = f"{check.size / 1024**2:.0f} MB"
    return f"test restore {describe_age(check.at, now)}: the home of {check.user}, {size}, is intact"


def describe_age(at: str, now: datetime) -> str:
    """Return how long ago a time was."""
    seconds = max(0, round((now - datetime.fromisoformat(at)).total_seconds()))
    for unit, length in (("days", 86_400), ("hours", 3600), ("minutes", 60)):
        if seconds >= 2 * length:
            return f"{seconds // length} {unit} ago"
    return f"{seconds} s ago"
