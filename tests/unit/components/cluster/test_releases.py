import pytest

from components.cluster.releases import Repair, Revision, explanation, repair_for


def history(*statuses: str) -> list[Revision]:
    return [Revision(number, status, "") for number, status in enumerate(statuses, start=1)]


def rollback_to(*statuses: str) -> int | None:
    remedy = repair_for("vis", "vis", history(*statuses))
    assert remedy is not None
    return remedy.rollback_to


@pytest.mark.parametrize(
    "statuses", [(), ("deployed",), ("failed",), ("superseded", "pending-upgrade", "deployed"), ("deployed", "failed")]
)
def test_a_release_whose_latest_revision_is_settled_needs_nothing(statuses: tuple[str, ...]) -> None:
    assert repair_for("vis", "vis", history(*statuses)) is None


def test_a_killed_upgrade_goes_back_to_what_is_deployed() -> None:
    assert rollback_to("superseded", "deployed", "failed", "pending-upgrade") == 2


def test_a_killed_rollback_goes_back_to_what_is_deployed_or_else_was_last() -> None:
    assert rollback_to("deployed", "failed", "pending-rollback") == 1
    assert rollback_to("superseded", "superseded", "pending-rollback") == 2


def test_what_was_never_deployed_is_uninstalled() -> None:
    assert rollback_to("pending-install") is None
    assert rollback_to("failed", "pending-upgrade") is None


def test_revisions_count_by_number_and_not_by_their_order() -> None:
    remedy = repair_for("vis", "vis", reversed(history(*["superseded"] * 9, "deployed", "pending-upgrade")))
    assert remedy is not None
    assert (remedy.stuck.number, remedy.rollback_to) == (11, 10)


def test_what_will_be_done_is_told_as_the_command_it_is() -> None:
    stuck = Revision(4, "pending-upgrade", "2026-11-22T21:00:00Z")
    assert Repair("vis", "vis", stuck, rollback_to=3).steps.startswith("helm rollback vis 3: ")
    assert Repair("vis", "vis", stuck, rollback_to=None).steps.startswith("helm uninstall vis: ")
    assert explanation("vis", "vis", stuck) == (
        "the Helm release vis/vis is pending-upgrade (revision 4) since 2026-11-22T21:00:00Z: unless helm or pulumi is "
        "at work on it now, a run was killed, and neither pulumi refresh nor pulumi up mends that"
    )
