"""What the command ``remove`` deletes, leaves and refuses."""

from typing import Any

import pytest

from components.cli.remove.plan import GroupFound, Plan, Refused, Remains, Volume, plan_removal
from components.cluster.identity import ClusterId
from components.freeipa.names import notebook_users_description
from components.ownership.existing import FoundObject
from components.ownership.mark import Mark, Owner

CLUSTER = ClusterId("https://10.0.0.1:6443", "c1")
KEPT = Mark(Owner("vis", "c1", "d1"), is_kept=True)
NOT_OURS = [
    Mark(Owner("vis", "c1", "d1"), is_kept=False),
    Mark(Owner("prod", "c1", "d2"), is_kept=True),
    Mark(Owner("vis", "c2", "d3"), is_kept=True),
]


def namespace(mark: Mark | str = KEPT) -> FoundObject:
    return FoundObject("Namespace", "vis-pangeo", "", "u1", str(mark), "")


def storage_class(mark: Mark | str = KEPT) -> FoundObject:
    return FoundObject("StorageClass", "vis-pangeo-homes", "", "u2", str(mark), "")


def group(mark: Mark | str = KEPT) -> GroupFound:
    return GroupFound("vis_pangeo_notebook_users", f"{notebook_users_description('vis-pangeo')} [{mark}]", 12)


def home(user: str, *, retained: bool = False) -> Volume:
    return Volume(f"claim-{user}", user, f"pv-{user}", outlives_claim=retained)


def plan(*objects: FoundObject, resources: tuple[str, ...] = (), **facts: Any) -> Plan | Refused:
    return plan_removal(Remains(CLUSTER, objects, **facts), "vis", "vis-pangeo", resources)


def test_everything_that_a_destroy_of_the_stack_kept_is_deleted() -> None:
    found = plan(namespace(), storage_class(), group=group(), volumes=(home("alice"), home("bob")))
    assert isinstance(found, Plan)
    assert (found.objects, found.group) == ((namespace(), storage_class()), group())
    assert found.lines == (
        "This deletes, and cannot be undone:",
        "  the namespace vis-pangeo with 2 homes: alice, bob",
        "  the storage class vis-pangeo-homes",
        "  the FreeIPA group vis_pangeo_notebook_users with 12 members",
    )


def test_volumes_that_outlive_their_claims_are_listed() -> None:
    database = Volume("hub-db-dir", "", "pv-db", outlives_claim=True)
    found = plan(namespace(), volumes=(home("alice", retained=True), home("bob"), database))
    assert isinstance(found, Plan)
    assert found.lines == (
        "This deletes, and cannot be undone:",
        "  the namespace vis-pangeo with 2 homes: alice, bob",
        "    and 1 other volume: hub-db-dir",
        "These volumes have the reclaim policy Retain, so they and their files are left. Delete them, and then the "
        "disks behind them in your cloud:",
        "  kubectl delete pv pv-alice  # alice",
        "  kubectl delete pv pv-db  # hub-db-dir",
    )


def test_claim_of_others_is_not_deleted_with_the_namespace() -> None:
    folder = Volume("folder-a", "", "", outlives_claim=False, is_of_hub=False, mark=str(NOT_OURS[0]))
    found = plan(namespace(), volumes=(home("alice"), folder))
    assert isinstance(found, Plan)
    assert found.lines[2] == "    and 1 shared folder: folder-a", "of this stack, and no longer in its file"
    for mark in ("", str(NOT_OURS[1]), str(NOT_OURS[2])):
        archive = Volume("archive-data", "", "", outlives_claim=False, is_of_hub=False, mark=mark)
        assert plan(namespace(), volumes=(home("alice"), folder, archive)) == Refused(
            "volume claims that this stack did not create are in the namespace vis-pangeo: archive-data",
            "copy the files that are needed, then delete the claims, for example: kubectl delete pvc archive-data "
            "--namespace vis-pangeo",
        )
        assert isinstance(plan(namespace(""), group=group(), volumes=(archive,)), Plan), "this namespace is left"


def test_many_homes_are_counted() -> None:
    found = plan(namespace(), volumes=tuple(home(f"u{number:03}") for number in range(25)))
    assert isinstance(found, Plan)
    assert "with 25 homes: u000, u001," in found.lines[1]
    assert found.lines[1].endswith("u019 and 5 more")


def test_deployed_tenancy_is_refused() -> None:
    assert plan(namespace(), resources=("kubernetes:core/v1:Namespace",)) == Refused(
        "the state of the stack vis still has 1 resources", "first run: pulumi destroy --stack vis"
    )


def test_namespace_with_a_release_is_refused() -> None:
    found = plan(namespace(), releases=("theirs",))
    assert isinstance(found, Refused)
    assert found.reason == "Helm releases are in the namespace vis-pangeo: theirs"


@pytest.mark.parametrize("mark", NOT_OURS)
def test_nothing_is_deleted_if_one_object_belongs_to_others(mark: Mark) -> None:
    for found in (
        plan(namespace(mark), group=group()),
        plan(namespace(), storage_class(mark)),
        plan(namespace(), group=group(mark)),
        plan(namespace(mark), releases=("theirs",)),
    ):
        assert isinstance(found, Refused)
        assert found.reason.endswith(f"was not kept by a destroy of this stack: it belongs to {mark}")


def test_object_without_a_mark_is_left() -> None:
    found = plan(namespace(""), group=group(), volumes=(home("alice", retained=True),))
    assert isinstance(found, Plan)
    assert (found.objects, found.group) == ((), group())
    assert found.lines[-1] == "  the namespace vis-pangeo"
    assert plan(namespace()) == Plan(objects=(namespace(),)), "the other way round, and repeated after a failure"


def test_nothing_is_left_of_a_removed_tenancy() -> None:
    found = plan()
    assert isinstance(found, Plan)
    assert found.is_empty
    assert found.lines == ("nothing is left that a destroy of this stack kept",)
