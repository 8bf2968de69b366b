"""The archive of a home: the order of its steps, and what is there after a kill, a start or a fault at each of them."""

from collections.abc import Callable

import pytest

from components.cli.homes.delete_archive_command import delete_archive
from components.cli.restore.errors import RestoreRefused
from components.in_backup.repository import SINCE_ARCHIVE
from components.in_hub.home_marks import ARCHIVE, ARCHIVED_AT, DELETION_BEGUN
from tests.unit.components.cli.homes.archive_tenancy import CLAIM, USER, ArchiveTenancy, Killed, archived
from tests.unit.components.cli.homes.homes import ID

__all__ = ["archived"]

MOMENTS = (("archive", 0), ("list", 0), ("verify", 0), ("list", 1), ("delete claim-bob", 0), ("delete pv-bob", 0))
"""The moments of an archive, each with the number of times that it has come before."""


def at_last(moment: str, action: Callable[[], None], skip: int = 0) -> Callable[[str], None]:
    """Do something once at a moment, after it has come ``skip`` times."""
    left = [skip]

    def look(name: str) -> None:
        if name == moment and left[0] >= 0:
            left[0] -= 1
            if left[0] < 0:
                action()

    return look


def kill() -> None:
    raise Killed


def test_home_is_backed_up_and_verified_and_then_deleted(archived: ArchiveTenancy) -> None:
    moments: list[str] = []
    archived.at = moments.append

    assert archived.archive()

    assert moments == ["archive", "list", "verify", "list", "delete claim-bob", "delete pv-bob"]
    [archive] = archived.archives
    assert archived.steps[0] == [
        *("archive", "/homes/bob", "vis-pangeo", "home", "user=bob", f"id={ID}", "claim=claim-bob", "gb=10"),
        "archived",
    ]
    assert archived.steps[2] == ["verify", archive]
    assert archived.objects == {}
    assert archived.outcomes == ["begun", "done"]
    assert archived.lines[0] == (
        "This makes a last backup in https://s3.example.org/backups/vis-pangeo, reads all of it for trial, and then "
        "deletes:"
    )
    assert archived.lines[-1] == (
        "if bob is admitted again, the hub creates an empty home; to give the files back: python -m components backup "
        f"restore vis --user bob --snapshot {archive[:8]}"
    )


@pytest.mark.parametrize("is_after", [False, True])
@pytest.mark.parametrize(("moment", "skip"), MOMENTS)
def test_killed_command_has_lost_nothing_and_is_continued(
    archived: ArchiveTenancy, moment: str, skip: int, is_after: bool
) -> None:
    look = at_last(moment, kill, skip)
    archived.at, archived.after = ((lambda _: None), look) if is_after else (look, lambda _: None)
    with pytest.raises(Killed):
        archived.archive()
    assert archived.has_home or archived.archives, "the home or its archive is there"

    assert archived.archive()

    assert archived.objects == {}
    assert archived.archives


def test_archive_that_is_verified_is_not_repeated(archived: ArchiveTenancy) -> None:
    archived.at = at_last("delete claim-bob", kill)
    with pytest.raises(Killed):
        archived.archive()
    archived.steps.clear()

    assert archived.archive()

    assert {step for step, *_ in archived.steps} == {"list"}
    assert archived.lines[0].startswith("This continues: the home is archived as ")


@pytest.mark.parametrize("moment", ["archive", "verify", "list", "delete claim-bob"])
def test_server_that_starts_meanwhile_keeps_the_home(archived: ArchiveTenancy, moment: str) -> None:
    archived.at = at_last(moment, archived.start_server)

    if moment == "delete claim-bob":
        # The start changes the claim between the command's last look and the deletion, which names the version.
        send = archived.send

        def start_first(method: str, path: str, body: dict[str, object] | None = None) -> tuple[int, dict[str, object]]:
            if method == "DELETE":
                archived.start_server()
            return send(method, path, body)

        archived.send = start_first  # type: ignore[method-assign]
        with pytest.raises(Exception, match="cannot be deleted now"):
            archived.archive()
    else:
        assert not archived.archive()
        assert archived.lines[-2] == "nothing was deleted: the home was used or changed meanwhile"

    assert archived.has_home
    assert not {ARCHIVE, DELETION_BEGUN} & archived.annotations().keys()


@pytest.mark.parametrize("moment", ["archive", "verify", "list"])
def test_user_who_is_admitted_again_meanwhile_keeps_the_home(archived: ArchiveTenancy, moment: str) -> None:
    def admit() -> None:
        archived.is_member = True

    archived.at = at_last(moment, admit)

    assert not archived.archive()

    assert archived.has_home
    assert DELETION_BEGUN not in archived.annotations()


def test_nothing_is_deleted_without_the_archive_in_the_repository(archived: ArchiveTenancy) -> None:
    archived.after = at_last("verify", archived.snapshots.clear)

    assert not archived.archive()

    assert archived.has_home
    assert archived.lines[-2] == "nothing was deleted: the archive is not in the repository any more"


@pytest.mark.parametrize("step", ["archive", "verify"])
def test_nothing_is_deleted_after_a_failed_step(archived: ArchiveTenancy, step: str) -> None:
    def fail() -> None:
        raise RestoreRefused("some files cannot be read")

    archived.at = at_last(step, fail)
    with pytest.raises(RestoreRefused):
        archived.archive()

    assert archived.has_home
    assert DELETION_BEGUN not in archived.annotations()
    assert archived.outcomes == ["begun", "not known"]


def test_home_of_a_member_is_not_archived(archived: ArchiveTenancy) -> None:
    archived.is_member = True

    assert not archived.archive()

    assert archived.steps == []
    assert archived.lines == [
        "nothing was deleted: the owner of claim-bob may log in",
        "→ first: python -m components members remove vis bob",
    ]


def test_half_restored_home_is_not_archived(archived: ArchiveTenancy) -> None:
    archived.begin_restore()

    assert not archived.archive()

    assert archived.steps == []
    assert archived.lines == [
        "nothing was deleted: claim-bob is half restored, because a restore is not finished",
        "→ first: python -m components backup restore vis --user bob",
    ]


@pytest.mark.parametrize("moment", ["archive", "verify", "list"])
def test_home_into_which_files_are_restored_meanwhile_is_kept(archived: ArchiveTenancy, moment: str) -> None:
    archived.at = at_last(moment, archived.begin_restore)

    assert not archived.archive()

    assert archived.has_home


def test_another_answer_lifts_an_archive_that_was_killed(archived: ArchiveTenancy) -> None:
    archived.at = at_last("verify", kill)
    with pytest.raises(Killed):
        archived.archive()
    assert archived.annotations()[ARCHIVE] == "begun"

    assert not archived.archive(lambda _: False)

    assert ARCHIVE not in archived.annotations()
    assert archived.lines[-2] == "the archive that had begun was lifted"


def test_volume_of_a_home_that_was_used_after_its_archive_is_not_deleted(archived: ArchiveTenancy) -> None:
    archived.after = at_last("delete claim-bob", kill)
    with pytest.raises(Killed):
        archived.archive()
    archived.back_up(USER)

    assert not archived.archive()

    assert list(archived.objects) == ["/api/v1/persistentvolumes/pv-bob"]


def delete(archived: ArchiveTenancy, account: str | None = None, typed: str = USER) -> bool:
    return delete_archive(archived.session, archived.group, USER, account, confirm=typed.__eq__, log=archived.log)


def test_exactly_the_archives_of_the_user_are_deleted(archived: ArchiveTenancy) -> None:
    archived.back_up(USER)
    archived.back_up("alice", "archived")
    own = [archived.back_up(USER, "archived"), archived.back_up(USER, "archived")]

    assert not delete(archived, typed="alice")
    assert len(archived.snapshots) == 4
    assert delete(archived)

    assert archived.steps[-1] == ["forget", *own]
    assert archived.outcomes == ["begun", "done"]


def test_archive_of_a_home_that_is_not_deleted_yet_stays(archived: ArchiveTenancy) -> None:
    archived.at = at_last("delete claim-bob", kill)
    with pytest.raises(Killed):
        archived.archive()

    assert not delete(archived)

    assert archived.lines[-2].startswith(f"nothing was deleted: the archive of {CLAIM} is not finished")


def test_archives_of_several_accounts_need_one_to_be_named(archived: ArchiveTenancy) -> None:
    archived.back_up(USER, "archived")
    other = archived.back_up(USER, "archived", user_id="another")

    assert not delete(archived)
    assert archived.lines[-1] == "→ name one with --account"
    assert delete(archived, "another")

    assert archived.steps[-1] == ["forget", other]


def mark_as_archived_by_a_run(archived: ArchiveTenancy) -> str:
    archive = archived.back_up(USER, "archived")
    archived.back_up(USER, SINCE_ARCHIVE)
    archived.annotations().update({ARCHIVE: archive, ARCHIVED_AT: "2026-11-30T01:02:00+00:00"})
    return archive


def test_archive_that_a_run_has_made_is_continued(archived: ArchiveTenancy) -> None:
    archive = mark_as_archived_by_a_run(archived)

    assert archived.archive()

    assert archived.lines[0] == f"This continues: the home is archived as {archive[:8]}. It deletes:"
    assert {step for step, *_ in archived.steps} == {"list"}
    assert archived.objects == {}


def test_archive_that_a_run_has_made_outlives_another_answer(archived: ArchiveTenancy) -> None:
    archive = mark_as_archived_by_a_run(archived)

    assert not archived.archive(lambda _: False)

    assert archived.annotations()[ARCHIVE] == archive
    assert ARCHIVED_AT in archived.annotations()


def test_new_archive_replaces_that_of_a_run_which_is_not_in_the_repository(archived: ArchiveTenancy) -> None:
    mark_as_archived_by_a_run(archived)
    archived.snapshots.clear()
    archived.at = at_last("verify", kill)
    with pytest.raises(Killed):
        archived.archive()

    assert archived.annotations()[ARCHIVE] == "begun"
    assert ARCHIVED_AT not in archived.annotations()
