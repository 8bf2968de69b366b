"""Which existing objects a deployment may use."""

from typing import Any

from components.ownership.existing import Decision, FoundObject, TakenOver, decide, is_adopted
from components.ownership.mark import Mark, Owner

OURS = Owner("vis", "c1", "d1")
OTHER_DEPLOYMENT = Owner("vis", "c1", "d2")
OTHER_STACK = Owner("prod", "c1", "d3")
NEVER_MARKED = "it was not created by this program, or by a version before 0.3"


def namespace(mark: Mark | str = "", **changes: str) -> FoundObject:
    facts = {"kind": "Namespace", "name": "vis", "namespace": "", "uid": "u1", "deletion": ""}
    return FoundObject(**{**facts, "mark": str(mark), **changes})


def ingress(mark: Mark | str = "") -> FoundObject:
    return namespace(mark, kind="Ingress", name="pangeo", namespace="vis", uid="u2")


def marked(owner: Owner, *, kept: bool = False) -> Mark:
    return Mark(owner, kept)


def decision(found: FoundObject, **changes: Any) -> Decision:
    return decide([found], OURS, **{"standing": "first", "permission": "refuse", "taken_over": {}, **changes})


def refusal(found: FoundObject, **changes: Any) -> str:
    (message,) = decision(found, **changes).refusals
    return message


def is_used(found: FoundObject, **changes: Any) -> bool:
    return not decision(found, **changes).refusals


def test_own_object_is_used() -> None:
    assert is_used(namespace(marked(OURS)), standing="marked")


def test_object_of_the_stack_under_its_old_name_is_used() -> None:
    assert is_used(namespace(marked(Owner("before-its-renaming", "c1", "d1"))), standing="marked")


def test_object_that_a_destroy_of_the_stack_kept_is_used_and_not_adopted() -> None:
    assert decision(namespace(marked(OTHER_DEPLOYMENT, kept=True))) == Decision({})


def test_unmarked_object_is_refused_with_both_fixes() -> None:
    assert refusal(namespace()) == (
        "the namespace vis exists already, and it has no mark (tenancy.pangeo/owner), so it was not created by this "
        "program, or by a version before 0.3; choose another clusterName, or, to use this namespace with all that is "
        "in it: pulumi config set --path pangeo:kubernetes.existingNamespace adopt"
    )


def test_object_of_another_owner_is_refused_by_the_owners_name() -> None:
    for owner in (OTHER_DEPLOYMENT, OTHER_STACK, Owner("vis", "c2", "d1")):
        for standing in ("first", "older", "marked"):
            assert f"exists already, and it belongs to {owner}; " in refusal(
                namespace(marked(owner)), standing=standing
            )


def test_object_that_another_stack_kept_is_refused() -> None:
    assert f"it belongs to {OTHER_STACK} (kept by pulumi destroy);" in refusal(
        namespace(marked(OTHER_STACK, kept=True))
    )


def test_mark_that_cannot_be_read_is_shown() -> None:
    assert "is not one of this program: 'the mail team'" in refusal(namespace("the mail team"))


def test_object_that_is_being_deleted_is_refused_even_if_it_is_the_own_one() -> None:
    deleted = namespace(marked(OURS), deletion="2026-01-01T00:00:00Z")
    assert refusal(deleted, standing="marked") == (
        "the namespace vis is being deleted since 2026-01-01T00:00:00Z; wait until it is gone, then run this again"
    )


def test_adopted_namespace_is_recorded() -> None:
    for mark in ("", marked(OTHER_STACK)):
        found = namespace(mark)
        adopted = decision(found, permission="adopt").taken_over
        assert adopted == {"Namespace vis": TakenOver("u1", str(mark), adopted=True)}
        assert is_adopted(found, adopted)
        assert not is_adopted(namespace(uid="another"), adopted)


def test_interrupted_adoption_is_continued_without_the_key() -> None:
    for mark in ("", marked(OTHER_STACK)):
        taken = {"Namespace vis": TakenOver("u1", str(mark), adopted=True)}
        assert is_used(namespace(mark), standing="marked", taken_over=taken)


def test_object_that_another_stack_adopted_later_is_refused() -> None:
    taken = {"Namespace vis": TakenOver("u1", "", adopted=True)}
    assert str(OTHER_STACK) in refusal(
        namespace(marked(OTHER_STACK)), standing="marked", taken_over=taken, permission="adopt"
    )


def test_new_object_under_the_name_of_an_adopted_one_is_refused() -> None:
    taken = {"Namespace vis": TakenOver("u1", "", adopted=True)}
    assert NEVER_MARKED in refusal(namespace(uid="another"), standing="marked", taken_over=taken)


def test_unmarked_objects_of_an_older_version_are_marked_and_not_adopted() -> None:
    for found in (namespace(), ingress()):
        assert decision(found, standing="older") == Decision({found.key: TakenOver(found.uid, "", adopted=False)})


def test_unmarked_object_is_refused_once_the_state_has_an_owner() -> None:
    assert NEVER_MARKED in refusal(ingress(), standing="marked")


def test_unmarked_ingress_is_refused_even_if_the_namespace_is_adopted() -> None:
    message = refusal(ingress(), permission="adopt")
    assert message.startswith("the Ingress vis/pangeo exists already, and it has no mark")
    assert message.endswith("delete it if nothing needs it: kubectl delete ingress pangeo --namespace vis")


def test_ingress_of_a_lost_deployment_is_taken_over_with_its_namespace() -> None:
    found = ingress(marked(OTHER_DEPLOYMENT))
    assert "or, to use it: pulumi config set" in refusal(found)
    assert not is_adopted(found, decision(found, permission="adopt").taken_over), "a destroy deletes it"


def test_foreign_storage_class_can_be_used_without_adoption() -> None:
    found = namespace(kind="StorageClass", name="vis-homes")
    assert "or replace storage.create by storage.className: vis-homes" in refusal(found)


def test_every_refusal_is_reported() -> None:
    both = decide([namespace(), ingress()], OURS, standing="first", permission="refuse", taken_over={})
    assert len(both.refusals) == 2


def test_facts_are_read_from_an_object_of_the_api() -> None:
    metadata = {
        "name": "pangeo",
        "namespace": "vis",
        "uid": "u2",
        "annotations": {"tenancy.pangeo/owner": str(OURS)},
        "deletionTimestamp": "2026-01-01T00:00:00Z",
    }
    found = FoundObject.of({"metadata": metadata}, "Ingress")
    assert found == FoundObject("Ingress", "pangeo", "vis", "u2", str(OURS), "2026-01-01T00:00:00Z")
    assert FoundObject.from_props(found.as_props()) == found


def test_claim_of_others_is_named_with_the_key_that_mounts_it() -> None:
    claim = namespace(kind="PersistentVolumeClaim", name="folder-a", namespace="vis")
    assert refusal(claim).endswith(
        "; give the shared folder another name, or, to mount this claim as it is, replace create or nfs by claim: "
        "folder-a"
    )
    volume = namespace(kind="PersistentVolume", name="vis-folder-a")
    assert refusal(volume).endswith("kubectl delete pv vis-folder-a")
    assert is_used(namespace(marked(OTHER_DEPLOYMENT, kept=True), kind="PersistentVolumeClaim"))
