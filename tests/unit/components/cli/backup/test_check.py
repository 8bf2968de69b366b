"""The check of the backup in ``status``."""

from datetime import UTC, datetime, timedelta

from components.cli.backup.check import assess, unfinished_restores
from components.cli.diagnose.result import Status
from components.in_backup.results import FAILED, RUNNING, SUCCEEDED, Check, Result, Run, now_text

NOW = datetime(2026, 12, 2, 8, 0, tzinfo=UTC)


def ago(**delta: int) -> str:
    return now_text(NOW - timedelta(**delta))


def result(**changes: object) -> Result:
    run = Run("nightly", ago(hours=6), ended=ago(hours=5), state=SUCCEEDED, volumes=3, good=3)
    restored = Check(ago(hours=5), True, user="bob", size=52 * 1024**2)
    return Result(**{"run": run, "last_good": ago(hours=5), "test_restore": restored, **changes})  # type: ignore[arg-type]


def test_a_complete_run_is_good() -> None:
    found = assess(result(), "vis", NOW)
    assert found.status is Status.GOOD
    assert found.message == (
        "last complete run 5 hours ago; test restore 5 hours ago: the home of bob, 52 MB, is intact"
    )


def test_no_run_is_a_warning() -> None:
    found = assess(Result(), "vis", NOW)
    assert (found.status, found.message) == (Status.WARNING, "there was no run yet")
    assert found.fix == "python -m components backup run vis"


def test_homes_that_were_not_backed_up_are_named() -> None:
    run = Run("nightly", ago(hours=6), state=FAILED, volumes=3, good=2, failed={"alice": "the pod failed"})
    found = assess(result(run=run, last_good=ago(days=1)), "vis", NOW)
    assert found.status is Status.WARNING
    assert found.message.startswith("last complete run 24 hours ago; alice: the pod failed; test restore")


def test_a_run_that_never_succeeded_is_broken() -> None:
    run = Run("nightly", ago(hours=6), state=FAILED, error="the store does not answer")
    found = assess(result(run=run, last_good="", test_restore=None), "vis", NOW)
    assert found.status is Status.BROKEN
    assert found.message == "no complete run yet; the last run failed: the store does not answer; no test restore yet"


def test_a_home_whose_snapshot_failed_is_named() -> None:
    run = Run("nightly", ago(hours=6), state=SUCCEEDED, volumes=3, good=3, without_snapshot={"alice": "no space"})
    found = assess(result(run=run), "vis", NOW)
    assert found.status is Status.WARNING
    assert found.message.endswith("; alice: read on its node, because its snapshot failed: no space")


def test_an_old_run_is_a_warning_then_broken() -> None:
    assert assess(result(last_good=ago(days=3)), "vis", NOW).status is Status.WARNING
    assert assess(result(last_good=ago(days=9)), "vis", NOW).status is Status.BROKEN


def test_a_failed_test_restore_is_a_warning() -> None:
    failed = Check(ago(hours=5), False, "checksum differs", "bob")
    found = assess(result(test_restore=failed), "vis", NOW)
    assert found.status is Status.WARNING
    assert "test restore failed 5 hours ago: checksum differs" in found.message


def test_a_run_in_progress_shows_what_it_does() -> None:
    run = Run("nightly", ago(minutes=4), state=RUNNING, doing="1 of 3 volumes are backed up; backing up bob")
    assert "a run began 4 minutes ago: 1 of 3 volumes" in assess(result(run=run), "vis", NOW).message


def test_results_are_read_as_they_were_written() -> None:
    assert Result.from_json(result().to_json()) == result()
    assert Result.from_json('{"run": {"unknown": 1}}') == Result()


def test_half_restored_homes_are_named() -> None:
    claims = [
        {"metadata": {"annotations": {"hub.jupyter.org/username": "alice", "tenancy.pangeo/restoring": "f00"}}},
        {"metadata": {"annotations": {"hub.jupyter.org/username": "bob"}}},
    ]
    found = assess(result(), "vis", NOW, unfinished_restores(claims))
    assert found.status is Status.WARNING
    assert (
        "the homes of alice; repeat those with: python -m components backup restore vis --user alice" in found.message
    )


def test_a_result_of_the_future_is_a_warning() -> None:
    found = assess(result(last_good=ago(days=-30)), "vis", NOW)
    assert found.status is Status.WARNING
    assert "ended in the future" in found.message


def test_deleted_homes_are_named() -> None:
    run = Run("nightly", ago(hours=6), ended=ago(hours=5), state=SUCCEEDED, deleted={"bob": "claim-bob"})
    assert "deleted during the run: bob" in assess(result(run=run), "vis", NOW).message


def test_archives_of_former_members_are_named() -> None:
    run = Run("nightly", ago(hours=6), state=SUCCEEDED, archived={"claim-eve": "94cfed16"})
    found = assess(result(run=run), "vis", NOW)
    assert found.status is Status.GOOD
    assert found.message.endswith("; archived: claim-eve")


def test_home_that_could_not_be_archived_is_a_warning() -> None:
    run = Run("nightly", ago(hours=6), state=SUCCEEDED, not_archived={"claim-eve": "some files could not be read"})
    found = assess(result(run=run), "vis", NOW)
    assert found.status is Status.WARNING
    assert (
        "claim-eve was not archived: some files could not be read; to archive one, also files of root: "
        "python -m components members archive-home vis USER" in found.message
    )
