"""Plain objects: behaviour that the recorded exchanges do not contain."""

import re

import grpc  # type: ignore[import-untyped]
import pytest
from pulumi.runtime.proto import provider_pb2
from pulumi.runtime.proto.provider_pb2_grpc import ResourceProviderStub

from local.stand_ins.plugins.diff import Kind, changes
from local.stand_ins.plugins.errors import OperationFailed
from local.stand_ins.plugins.kubernetes import objects
from local.stand_ins.plugins.kubernetes.kinds import OBJECT_KINDS
from local.stand_ins.plugins.kubernetes.object_resource import awaited_condition, joined_managers
from local.stand_ins.plugins.wire import to_struct

NAMESPACE = OBJECT_KINDS["kubernetes:core/v1:Namespace"]
CRD = OBJECT_KINDS["kubernetes:apiextensions.k8s.io/v1:CustomResourceDefinition"]
INGRESS = OBJECT_KINDS["kubernetes:networking.k8s.io/v1:Ingress"]


def test_object_without_a_namespace_is_put_into_the_default_one() -> None:
    inputs, _ = objects.check(INGRESS, {"metadata": {"name": "i"}})
    assert inputs["metadata"]["namespace"] == "default"


def test_object_without_a_name_is_refused() -> None:
    assert list(objects.check(NAMESPACE, {})[1]) == ["metadata.name"]


def test_refresh_leaves_out_what_others_added() -> None:
    inputs = {"spec": {"rules": [{"host": "a"}]}}
    live = {"spec": {"rules": [{"host": "changed", "http": {}}, {"host": "b"}], "tls": []}}
    assert objects.refreshed_inputs(inputs, live) == {"spec": {"rules": [{"host": "changed"}]}}


def test_field_that_the_server_dropped_is_a_change_unless_the_kind_is_typed() -> None:
    metadata = {"name": "a", "labels": {}}
    for kind, changes_found in ((CRD, True), (NAMESPACE, False)):
        state = {"__inputs": {"metadata": metadata}, "metadata": {"name": "a", "uid": "1"}}
        found = objects.compare(kind, state, {"metadata": metadata})
        assert (found.changes == provider_pb2.DiffResponse.DIFF_SOME) is changes_found


def test_field_manager_is_the_annotations_then_the_states() -> None:
    annotated = {"metadata": {"annotations": {"pulumi.com/patchFieldManager": "named"}}}
    state = {"__fieldManager": "pulumi-kubernetes-1"}
    assert objects.field_manager(annotated, state) == "named"
    assert objects.field_manager({"metadata": {}}, state) == "pulumi-kubernetes-1"
    assert re.fullmatch("pulumi-kubernetes-[0-9a-f]{8}", objects.field_manager({"metadata": {}}, {}))


def test_true_and_1_are_different_values() -> None:
    assert [change.kind for change in changes({"a": True}, {"a": 1})] == [Kind.UPDATE]
    assert list(changes({"a": 1}, {"a": 1.0})) == []


def test_fields_of_creation_and_kubectl_are_taken_over() -> None:
    created = {"manager": "pulumi-kubernetes", "operation": "Update", "fieldsV1": {"f:metadata": {"f:a": {}}}}
    edited = {"manager": "kubectl-label", "operation": "Update", "fieldsV1": {"f:metadata": {"f:b": {}}}}
    foreign = {"manager": "cert-manager", "operation": "Update", "fieldsV1": {"f:metadata": {"f:c": {}}}}
    status = {"manager": "kubectl-edit", "operation": "Update", "subresource": "status", "fieldsV1": {"f:status": {}}}
    joined = joined_managers([created, edited, foreign, status], "pulumi-kubernetes-1", "v1")
    assert joined is not None
    assert joined[0]["manager"] == "pulumi-kubernetes-1"
    assert joined[0]["fieldsV1"] == {"f:metadata": {"f:a": {}, "f:b": {}}}
    assert joined[1:] == [foreign, status]


def test_own_fields_are_not_taken_over_again() -> None:
    own = {"manager": "pulumi-kubernetes-1", "operation": "Apply", "fieldsV1": {"f:metadata": {}}}
    assert joined_managers([own], "pulumi-kubernetes-1", "v1") is None


@pytest.mark.parametrize(("value", "condition"), [("", None), ("condition=Established", "Established")])
def test_awaited_condition_is_read_from_the_annotation(value: str, condition: str | None) -> None:
    assert awaited_condition({"metadata": {"annotations": {"pulumi.com/waitFor": value}}}) == condition


@pytest.mark.parametrize("value", ["jsonpath={.status.phase}=Bound", "condition=Ready=False", '["condition=A"]'])
def test_unsupported_wait_annotation_is_refused(value: str) -> None:
    with pytest.raises(OperationFailed, match="write condition=<type> or install the official plugin"):
        awaited_condition({"metadata": {"annotations": {"pulumi.com/waitFor": value}}})


def test_unsupported_type_is_refused_with_the_supported_ones(kubernetes: ResourceProviderStub) -> None:
    request = provider_pb2.CheckRequest(urn="urn:pulumi:s::p::kubernetes:apps/v1:Deployment::d", news=to_struct({}))
    with pytest.raises(grpc.RpcError) as refused:
        kubernetes.Check(request, timeout=30)
    message = "does not implement kubernetes:apps/v1:Deployment; it implements kubernetes:apiextensions.k8s.io/v1:"
    assert message in refused.value.details()


def test_preview_without_a_server_returns_the_inputs(kubernetes: ResourceProviderStub) -> None:
    inputs = to_struct({"metadata": {"name": "n"}})
    request = provider_pb2.CreateRequest(
        urn="urn:pulumi:s::p::kubernetes:core/v1:Namespace::n", properties=inputs, preview=True
    )
    assert kubernetes.Create(request, timeout=30).properties == inputs
