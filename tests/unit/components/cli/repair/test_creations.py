from typing import Any

import pytest

from components.cli.repair.creations import (
    GROUP_TYPE,
    Creation,
    KubernetesName,
    kubernetes_name,
    list_creations,
    unresolved_operations,
)
from components.cli.repair.state import CONTRACT_TYPE, RELEASE_TYPE, PendingOperation, StateFacts

INGRESS = {"apiVersion": "networking.k8s.io/v1", "kind": "Ingress", "metadata": {"name": "pangeo", "namespace": "vis"}}
INGRESS_NAME = KubernetesName("networking.k8s.io/v1", "Ingress", "vis", "pangeo")
INGRESS_TYPE = "kubernetes:networking.k8s.io/v1:Ingress"


def creation(kind: str, inputs: dict[str, Any] | None = None, operation: str = "creating") -> PendingOperation:
    return PendingOperation(operation, f"urn:pulumi:vis::pangeo::{kind}::vis", kind, inputs or {})


def outcomes(
    *pending: PendingOperation,
    urns: frozenset[str] = frozenset(),
    existing: frozenset[KubernetesName] = frozenset(),
    release_remains: bool = False,
) -> dict[str, str]:
    """Return the outcomes by the resource's name."""
    state = StateFacts(None, None, urns, frozenset(), pending)
    return {each.name: each.outcome for each in list_creations(state, existing, release_remains=release_remains)}


def test_resource_that_the_state_has_was_created_since() -> None:
    release = creation(RELEASE_TYPE)
    assert outcomes(release, urns=frozenset({release.urn}), release_remains=True) == {
        "Release vis": "it was created since"
    }


def test_release_is_known_to_be_missing_only_if_it_is_not_in_the_cluster() -> None:
    assert outcomes(creation(RELEASE_TYPE)) == {"Release vis": "it is not in the cluster; the next up installs it"}
    assert outcomes(creation(RELEASE_TYPE), release_remains=True) == {"Release vis": ""}


def test_kubernetes_object_is_looked_for_in_the_cluster() -> None:
    ingress = creation(INGRESS_TYPE, INGRESS)
    assert outcomes(ingress)["Ingress vis"].startswith("it is not in the cluster")
    assert outcomes(ingress, existing=frozenset({INGRESS_NAME}))["Ingress vis"].startswith("it is in the cluster")


@pytest.mark.parametrize(
    "kind",
    [CONTRACT_TYPE, "random:index/randomPassword:RandomPassword", "pulumi:providers:kubernetes", "pangeo:caas:Hub"],
)
def test_resource_that_is_only_in_the_state_was_not_created(kind: str) -> None:
    (outcome,) = outcomes(creation(kind)).values()
    assert outcome == "nothing was created outside the state; the next up creates it"


def test_group_is_left_to_the_next_up() -> None:
    (outcome,) = outcomes(creation(GROUP_TYPE)).values()
    assert outcome.startswith("the next up looks for it in the directory")


def test_outcome_of_an_unknown_kind_is_not_known() -> None:
    assert outcomes(creation("aws:s3/bucket:Bucket")) == {"Bucket vis": ""}
    assert outcomes(creation(INGRESS_TYPE, {"kind": "Ingress"})) == {"Ingress vis": ""}, "its name is not known"


def test_other_operations_are_no_creations() -> None:
    assert outcomes(creation(RELEASE_TYPE, operation="updating"), creation(RELEASE_TYPE, operation="deleting")) == {}


def test_resource_that_was_interrupted_twice_is_listed_once() -> None:
    state = StateFacts(None, None, frozenset(), frozenset(), (creation(RELEASE_TYPE), creation(RELEASE_TYPE)))
    assert len(list_creations(state, (), release_remains=False)) == 1


def test_identity_of_a_kubernetes_object() -> None:
    assert kubernetes_name(creation(INGRESS_TYPE, INGRESS)) == INGRESS_NAME
    assert kubernetes_name(creation(RELEASE_TYPE, {"name": "vis"})) is None
    assert kubernetes_name(creation(GROUP_TYPE, INGRESS)) is None
    secret = {"4dabf18193072939515e22adb298388d": "1b47061264138c4ac30d75fd1eb44270"}
    assert kubernetes_name(creation(INGRESS_TYPE, {**INGRESS, "metadata": {"name": secret}})) is None


def test_operations_without_a_known_outcome_are_unresolved() -> None:
    pending = (creation(RELEASE_TYPE, operation="updating"), creation(INGRESS_TYPE, operation="deleting"))
    state = StateFacts(None, None, frozenset(), frozenset(), (*pending, creation(GROUP_TYPE)))
    known, unknown = Creation("urn:group", "Group vis", "the next up looks"), Creation("urn:bucket", "Bucket b", "")

    assert unresolved_operations(state, (known,)) == ["deleting Ingress vis", "updating Release vis"]
    assert unresolved_operations(state, (unknown,))[-1] == "creating Bucket b"
