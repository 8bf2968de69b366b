"""The command ``members delete-archive``: deletes the archives of a user's home from the repository."""

from collections.abc import Callable
from dataclasses import replace

from components.cli.audit_log import BEGUN, NOT_KNOWN, AuditLog
from components.cli.homes.amounts import format_time
from components.cli.homes.archives import choose_archives, select_archives
from components.cli.homes.deletion_plan import Refused
from components.cli.homes.facts import read_homes
from components.cli.members import Group, new_entry, prepare_log, record
from components.cli.restore.command import ended_by_signals
from components.cli.restore.plan import claim_of
from components.cli.restore.session import Session


def delete_archive(
    session: Session, group: Group, user: str, account: str | None, *, confirm: Callable[[str], bool], log: AuditLog
) -> bool:
    """Report which archives are deleted, and delete them if that is confirmed. Other backups stay.

    Args:
        session: the repository and the cluster.
        group: the users' group, for the log.
        user: the user.
        account: the ``ipaUniqueID`` of the user's account, if several have had the name.
        confirm: returns whether the operator has named the user whose name is given.
        log: records the deletion.

    Returns:
        Whether the archives are deleted.

    Raises:
        MembersRefused: the log cannot be written.
        RestoreRefused: the repository cannot be used; repeat the command.
        CannotAsk: the cluster gives no answer.
    """
    report = session.steps.report
    prepare_log(log)
    with ended_by_signals():
        homes = [home for home in read_homes(session.api, session.namespace) if home.user == user]
        archives = select_archives(session.snapshots(), user)
        chosen = choose_archives(group.stack, user, account, archives, homes)
        if isinstance(chosen, Refused):
            report(f"nothing was deleted: {chosen.reason}")
            report(f"→ {chosen.fix}")
            return False
        report("This deletes, and cannot be undone:")
        for each in chosen:
            owner = (each.home and each.home.user_id) or "an account that is not known"
            time = f"{format_time(each.time)} UTC"
            report(f"  the archive {each.short_id} of {time} of the home {claim_of(each)}, of {owner}")
        if not confirm(user):
            report(f"nothing was deleted; to confirm without a question, add --yes {user}")
            return False
        entry = new_entry(group, user, f"delete archive {', '.join(each.short_id for each in chosen)}")
        record(replace(entry, outcome=BEGUN), log)
        try:
            session.steps.run(["forget", *(each.id for each in chosen)], f"the archive of {user}")
        except BaseException:
            record(replace(entry, outcome=NOT_KNOWN), log)
            raise
        record(entry, log)
    report(f"done: the archives of {user} are deleted; earlier backups of the home stay as pangeo:backup.keep says")
    return True
