from typing import Any

from components.cli.repair.state import (
    CONTRACT_TYPE,
    NAMESPACE_TYPE,
    RELEASE_TYPE,
    drop_creations,
    read_state,
)
from components.cluster.identity import ClusterId
from components.ownership.mark import Owner

CLUSTER = {"server": "https://api.example:6443", "uid": "c-1"}
OWNER = {"stack": "vis", "deployment": "d1"}


def resource(kind: str, **more: Any) -> dict[str, Any]:
    return {"urn": f"urn:pulumi:vis::pangeo::{kind}::vis", "type": kind, **more}


def contract(**outputs: Any) -> dict[str, Any]:
    return resource(CONTRACT_TYPE, inputs={}, outputs={"cluster": CLUSTER, **outputs})


def export(*resources: dict[str, Any], pending: list[tuple[str, dict[str, Any]]] | None = None) -> dict[str, Any]:
    operations = [{"type": operation, "resource": each} for operation, each in pending or []]
    deployment = {"resources": list(resources), **({"pending_operations": operations} if operations else {})}
    return {"version": 3, "deployment": deployment}


def test_empty_backend_knows_nothing() -> None:
    for state in (read_state({"version": 3, "deployment": {}}), read_state({}), read_state(export())):
        assert state.cluster is None
        assert not state.has_release
        assert state.pending == ()


def test_contract_names_the_cluster_and_the_owner() -> None:
    state = read_state(export(contract(owner=OWNER)))

    assert state.cluster == ClusterId("https://api.example:6443", "c-1")
    assert state.owner == Owner("vis", "c-1", "d1")


def test_contract_of_an_older_version_has_no_owner() -> None:
    assert read_state(export(contract())).owner is None


def test_contract_whose_creation_was_interrupted_counts() -> None:
    interrupted = resource(CONTRACT_TYPE, inputs={"cluster": CLUSTER, "owner": OWNER})

    assert read_state(export(pending=[("creating", interrupted)])).owner == Owner("vis", "c-1", "d1")


def test_release_that_is_being_deleted_or_replaced_is_not_there() -> None:
    assert read_state(export(resource(RELEASE_TYPE))).has_release
    assert not read_state(export(resource(RELEASE_TYPE, delete=True))).has_release
    assert not read_state(export(resource(RELEASE_TYPE, pendingReplacement=True))).has_release
    assert not read_state(export(pending=[("creating", resource(RELEASE_TYPE))])).has_release
    assert read_state(export(resource(NAMESPACE_TYPE))).has_namespace


def test_interrupted_creation_of_the_release_is_found() -> None:
    assert read_state(export(pending=[("creating", resource(RELEASE_TYPE))])).creates_release
    assert not read_state(export(pending=[("updating", resource(RELEASE_TYPE))])).creates_release


def test_only_the_named_creations_are_dropped() -> None:
    release, namespace = resource(RELEASE_TYPE), resource(NAMESPACE_TYPE)
    before = export(contract(), pending=[("creating", release), ("updating", release), ("creating", namespace)])

    after = drop_creations(before, {release["urn"]})
    assert after == export(contract(), pending=[("updating", release), ("creating", namespace)])

    last = drop_creations(export(contract(), pending=[("creating", release)]), {release["urn"]})
    assert last == export(contract()), "as the engine writes it"
    assert before["deployment"]["pending_operations"][0]["type"] == "creating", "the state given is not changed"
