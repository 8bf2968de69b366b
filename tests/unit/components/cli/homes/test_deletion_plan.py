"""Which home is deleted, what the operator is shown, and what is refused."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from components.cli.homes.deletion_plan import Namespace, Plan, Refused, Request, plan_deletion
from components.cli.homes.home import Home, Volume
from components.cli.homes.owners import Absence, Owner
from components.cluster.identity import ClusterId
from components.ownership.mark import Owner as Deployment
from tests.unit.components.cli.homes.homes import ID, NOW, home

CLUSTER = ClusterId("https://k8s.example.org:6443", "u-i-d")
MARK = str(Deployment("vis", CLUSTER.uid, "1234"))
OWN = Namespace("vis", MARK, has_release=True)
NOT_A_MEMBER = "no member of vis_notebook_users any more"
AWAY: Mapping[Owner, Absence] = {("bob", ID): Absence(NOT_A_MEMBER)}
BOB = home("bob", used_gb=8.5, last_start=NOW - timedelta(days=90), away_since=NOW - timedelta(days=30))


def plan(
    *homes: Home, namespace: Namespace = OWN, absences: Mapping[Owner, Absence] = AWAY, **request: Any
) -> Plan | Refused:
    return plan_deletion(Request("vis", "bob", **request), namespace, CLUSTER, homes, absences, NOW)


def lines(*homes: Home, **options: Any) -> list[str]:
    made = plan(*homes, **options)
    assert isinstance(made, Plan), made
    return list(made.lines)


def reason(*homes: Home, **options: Any) -> str:
    made = plan(*homes, **options)
    assert isinstance(made, Refused), made
    return made.reason


def test_everything_that_is_deleted_is_shown() -> None:
    assert lines(BOB) == [
        "This deletes, and cannot be undone:",
        f"  the home claim-bob of bob, of the FreeIPA account {ID}: {NOT_A_MEMBER}",
        "    10 GB, used GB 8.5 (85 %), last start 2026-09-02 12:00 UTC, away since 2026-11-01 12:00 UTC",
        "    its volume pv-bob with all files, 10 GB",
    ]


def test_what_is_not_known_is_said() -> None:
    unbound = home("bob", user_id="")
    shown = "\n".join(lines(unbound, absences={("bob", ""): Absence("there is no such user in FreeIPA")}))

    assert "of an account that is not known: there is no such user in FreeIPA" in shown
    assert "used GB unknown, last start unknown, away since unknown" in shown


def with_volume(**changes: Any) -> Home:
    assert BOB.volume is not None
    return replace(BOB, volume=replace(BOB.volume, **changes))


def test_retained_and_foreign_volumes_are_explained() -> None:
    assert lines(with_volume(policy="Retain"))[-1] == (
        "      its reclaim policy is Retain, which would keep the files; it is set to Delete"
    )
    assert lines(with_volume(policy="Retain", is_provisioned=False))[-1] == (
        "      Kubernetes did not make this volume and does not delete its files: they are left in your storage"
    )


def test_volume_without_a_claim_is_deleted_whoever_has_the_name_now() -> None:
    left = home(
        "bob", claim="", uid="", volume=Volume("pv-bob", "uid", "Retain", "Released", True, "uid of a deleted claim")
    )

    assert lines(left, absences={})[1] == (
        f"  what is left of a home of bob, of the FreeIPA account {ID}: its claim is deleted already"
    )


def test_begun_deletion_can_be_confirmed_or_lifted() -> None:
    begun = replace(BOB, deletion="2026-12-01T11:59:00+00:00", last_start=NOW)

    assert lines(begun)[-1] == (
        "  This deletion began at 2026-12-01T11:59:00+00:00; if it is not confirmed, it is lifted"
    )


@pytest.mark.parametrize(
    ("found", "message"),
    [
        (replace(BOB, is_of_hub=False), "has no marks of a home of this tenancy's hub"),
        (replace(BOB, pods=("jupyter-bob",), server="running"), "claim-bob is in use by jupyter-bob"),
        (replace(BOB, last_start=NOW - timedelta(seconds=299)), "its pod may still be created"),
        (replace(BOB, last_start=NOW - timedelta(seconds=9), away_since=None), "its pod may still be created"),
        (replace(BOB, user_id="another"), "the owner of claim-bob may log in"),
    ],
)
def test_home_is_refused(found: Home, message: str) -> None:
    assert message in reason(found)


def test_end_of_the_access_also_ended_a_recent_start() -> None:
    assert lines(replace(BOB, last_start=NOW - timedelta(seconds=60), away_since=NOW - timedelta(seconds=30)))


def test_pod_is_described_in_its_namespace() -> None:
    backup = plan(replace(BOB, pods=("backup-bob",)))

    assert isinstance(backup, Refused)
    assert backup.fix == "wait until this has ended: kubectl describe pod backup-bob --namespace vis"


def test_renamed_user_who_may_log_in_is_refused() -> None:
    renamed = {("bob", ID): Absence("the account is called rob now", is_admitted=True)}

    assert reason(BOB, absences=renamed) == "the owner of claim-bob may log in: the account is called rob now"
    assert lines(BOB, absences=renamed, even_if_member=True)


def test_member_is_deleted_only_if_that_is_meant() -> None:
    refused = plan(BOB, absences={})
    assert refused == Refused(
        "the owner of claim-bob may log in",
        "first: python -m components members remove vis bob; or add --even-if-member",
    )
    assert lines(BOB, absences={}, even_if_member=True)


def test_only_one_home_is_deleted() -> None:
    second = home("bob", claim="claim-bob--second")

    assert reason() == "bob has no home in the namespace vis"
    assert reason(BOB, second) == "bob has several homes: claim-bob, claim-bob--second"
    assert reason(BOB, home="claim-eve") == "bob has no home claim-eve; there are: claim-bob"
    assert "claim-bob--second" in lines(BOB, second, home="claim-bob--second")[1]
    present = replace(second, user_id="another")
    assert "claim-bob " in lines(BOB, present)[1], "the other one is used"


@pytest.mark.parametrize(
    ("mark", "has_release", "message"),
    [
        (str(Deployment("climate", CLUSTER.uid, "1")), True, "the namespace vis belongs to stack climate"),
        (str(Deployment("vis", "another", "1")), True, "the namespace vis belongs to stack vis, cluster another"),
        ("", False, "has neither an owner's mark nor the Helm release of this stack"),
    ],
)
def test_namespace_of_others_is_refused(mark: str, has_release: bool, message: str) -> None:
    assert message in reason(BOB, namespace=Namespace("vis", mark, has_release=has_release))


def test_adopted_namespace_with_the_release_is_accepted() -> None:
    assert lines(BOB, namespace=Namespace("vis", "", has_release=True))


def test_change_of_a_fact_is_another_plan() -> None:
    def key(found: Home) -> object:
        made = plan(found)
        assert isinstance(made, Plan)
        return made.key

    assert key(BOB) == key(replace(BOB, use=None, resource_version="2", deletion="now"))
    assert key(BOB) != key(replace(BOB, last_start=NOW - timedelta(days=1)))
    assert key(BOB) != key(with_volume(policy="Retain"))
    assert key(BOB) != key(replace(BOB, uid="another"))
